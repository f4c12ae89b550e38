// A verdict in words.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "ui/cli/exercise_command.h"

namespace cli {

namespace {

using lessons::CheckResult;
using lessons::Difference;
using lessons::Verdict;
using State = CheckResult::State;

constexpr int kDetailLinesMax = 24;

std::string plain(Language language, const lessons::Words& words) {
  return lessons::clean_text(lessons::plain_text(lessons::in(language, words)));
}

bool on_terminal() {
  static const bool terminal = isatty(STDOUT_FILENO) != 0;
  return terminal;
}

/// A symbol on a terminal, a word elsewhere.
std::string mark_of(State state, Language language) {
  const Paint paint = state == State::passed ? Paint::green : state == State::failed ? Paint::red : Paint::dim;
  if (on_terminal()) {
    return painted(paint, state == State::passed ? "✓" : state == State::failed ? "✗" : "·");
  }
  const lessons::Words words = state == State::passed   ? lessons::Words{"passed", "通过"}
                               : state == State::failed ? lessons::Words{"FAILED", "未过"}
                                                        : lessons::Words{"skipped", "跳过"};
  return padded_to(lessons::in(language, words), language == Language::zh ? 4 : 7);
}

std::string number(double value) {
  return std::isnan(value) ? "NaN" : std::isinf(value) ? value > 0 ? "inf" : "-inf" : fmt::format("{:.6g}", value);
}

std::string element(const Difference& value) {
  const bool column = value.tile == "m" || value.tile == "l" || value.tile == "L";
  return column ? fmt::format("{}[{}]", value.tile, value.row)
                : fmt::format("{}[{}, {}]", value.tile, value.row, value.col);
}

std::string right_aligned(const std::string& text) {
  constexpr int kColumns = 14;
  return std::string(static_cast<std::size_t>(std::max(2, kColumns - columns_of(text))), ' ') + text;
}

/// Expected against got, of what was shown at that step; the one that differs is marked.
std::string values_table(const CheckResult& check, Language language) {
  std::vector<Difference> rows = check.shown;
  if (rows.empty() && check.first) {
    rows.push_back(*check.first);
  }
  if (rows.empty()) {
    return "";
  }
  const std::string head = rows[0].step < 0 ? say(language, {"result in HBM", "HBM 中的结果"})
                                            : say(language, {"step {}", "第 {} 步"}, rows[0].step);
  std::vector<std::array<std::string, 3>> cells = {
      {head, say(language, {"expected", "应为"}), say(language, {"got", "得到"})}};
  for (const Difference& row : rows) {
    cells.push_back({element(row), number(row.want), number(row.got)});
  }
  const int width = columns_of(std::max_element(cells.begin(), cells.end(), [](const auto& x, const auto& y) {
                                 return columns_of(x[0]) < columns_of(y[0]);
                               })->front());
  std::string out = "\n";
  for (std::size_t n = 0; n < cells.size(); ++n) {
    const bool here = n > 0 && check.first && rows[n - 1].tile == check.first->tile;
    const std::string line =
        "    " + padded_to(cells[n][0], width) + right_aligned(cells[n][1]) + right_aligned(cells[n][2]);
    const std::string mark = here ? say(language, {"  <- differs", "  <- 不同"}) : "";
    out += painted(n == 0 ? Paint::dim : here ? Paint::red : Paint::plain, line + mark) + "\n";
  }
  return out;
}

std::string detail_text(const std::string& detail) {
  std::string out, text = lessons::clean_text(detail);
  int lines = 0;
  while (!text.empty() && lines++ < kDetailLinesMax) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += "    " + painted(Paint::dim, text.substr(0, end)) + "\n";
    text.erase(0, end + 1);
  }
  return (out.empty() ? "" : "\n" + out) + (text.empty() ? "" : "    ...\n");
}

/// "    2_online.cpp:23:  l = l + rowsum(p);"
std::string source_line(const Verdict& verdict, int line) {
  std::ifstream file(verdict.file);
  std::string text;
  for (int n = 0; n < line && std::getline(file, text); ++n) {
  }
  const std::size_t begin = text.find_first_not_of(" \t");
  text = file && begin != std::string::npos ? lessons::shortened(lessons::clean_text(text.substr(begin)), 120) : "";
  return fmt::format("\n    {}:{}{}{}\n", verdict.file, line, text.empty() ? "" : ":  ", text);
}

std::string explained(const Verdict& verdict, const CheckResult& check, Language language) {
  std::string out = "\n  " + painted(Paint::bold, plain(language, check.title)) + "\n";
  out += folded(plain(language, check.message), 4);
  out += values_table(check, language);
  out += check.line > 0 ? source_line(verdict, check.line) : "";
  return out + detail_text(check.detail);
}

std::string heading(const lessons::Exercise* exercise, const StageVerdict& result, Language language) {
  const std::string title = plain(language, result.stage->title);
  const std::string text = exercise == nullptr
                               ? title
                               : say(language, {"Stage {} of {}: {}", "第 {} 关（共 {} 关）：{}"},
                                     lessons::stage_number(*exercise, *result.stage), exercise->stages.size(), title);
  return painted(Paint::bold, text) + "  " + painted(Paint::dim, result.verdict.file) + "\n\n";
}

std::string check_lines(const Verdict& verdict, Language language) {
  int width = 0;
  for (const CheckResult& check : verdict.checks) {
    width = std::max(width, columns_of(plain(language, check.title)));
  }
  std::string out;
  for (const CheckResult& check : verdict.checks) {
    const std::string points =
        check.points_max > 0 ? fmt::format("  {:g}/{:g}", check.points, check.points_max) : std::string();
    out += fmt::format("  {} {}{}\n", mark_of(check.state, language), padded_to(plain(language, check.title), width),
                       painted(Paint::dim, points));
  }
  return out;
}

std::string rows_of(const std::vector<std::pair<std::string, std::string>>& rows) {
  int width = 0;
  for (const auto& [name, value] : rows) {
    width = std::max(width, columns_of(name));
  }
  std::string out;
  for (const auto& [name, value] : rows) {
    out += "  " + padded_to(name, width) + "  " + painted(Paint::bold, value) + "\n";
  }
  return out;
}

std::string after_failure(const Desk& desk, const StageVerdict& result) {
  const Verdict& verdict = result.verdict;
  const Language l = desk.language;
  const std::string stage = std::to_string(lessons::stage_number(*desk.exercise, *result.stage));
  std::vector<std::pair<std::string, std::string>> rows;
  std::error_code ignored;
  if (verdict.first_failed()->id == "files") {
    rows.emplace_back(say(l, {"put it back", "恢复原样"}), command(desk, "reset --given"));
  } else if (!std::filesystem::exists(desk.workspace.path(*result.stage), ignored)) {
    rows.emplace_back(say(l, {"make it again", "重新生成"}), command(desk, "reset " + stage));
  } else {
    rows.emplace_back(say(l, {"a hint", "看提示"}), command(desk, "hint " + stage));
    if (!verdict.failure_file.empty()) {
      rows.emplace_back(say(l, {"see that moment", "看出错的那一刻"}),
                        "attoscope window --open " + verdict.failure_file);
    }
    rows.emplace_back(say(l, {"check again", "再检查"}), command(desk, "check " + stage));
  }
  return "\n" + rows_of(rows);
}

std::string after_pass(const Desk& desk, const StageVerdict& result) {
  const Language l = desk.language;
  const lessons::Stage& stage = *result.stage;
  std::string out =
      "\n" +
      painted(Paint::green,
              say(l, {"Stage {} passed! {:g} of {:g} points.", "第 {} 关通过！得 {:g} 分，满分 {:g} 分。"},
                  lessons::stage_number(*desk.exercise, stage), result.verdict.points(), result.verdict.points_max())) +
      "\n";
  out += folded(plain(l, stage.passed), 2);
  std::vector<std::pair<std::string, std::string>> rows = {
      {say(l, {"a solution", "参考解法"}), desk.shown_path(std::string(lessons::kSolutions) + "/" + stage.file)}};
  const lessons::Stage* next = lessons::current_stage(*desk.exercise, desk.workspace.progress);
  if (next != nullptr) {
    rows.emplace_back(say(l, {"next, stage {}", "下一关，第 {} 关"}, lessons::stage_number(*desk.exercise, *next)),
                      desk.shown_path(next->file));
    rows.emplace_back(say(l, {"then", "然后"}), command(desk, "check"));
    return out + "\n" + rows_of(rows);
  }
  out += "\n" + rows_of(rows) + "\n";
  out += painted(Paint::green,
                 say(l, {"All {} stages have passed.", "全部 {} 关都通过了。"}, desk.exercise->stages.size()));
  return out + "\n" + folded(plain(l, desk.exercise->finished), 2);
}

}  // namespace

std::string told(const Desk& desk, const StageVerdict& result) {
  const CheckResult* failed = result.verdict.first_failed();
  std::string out = heading(desk.exercise, result, desk.language) + check_lines(result.verdict, desk.language);
  if (failed == nullptr) {
    return out + after_pass(desk, result);
  }
  return out + explained(result.verdict, *failed, desk.language) + after_failure(desk, result);
}

std::string told_checks(const lessons::Stage& stage, const Verdict& verdict, Language language) {
  const CheckResult* failed = verdict.first_failed();
  return heading(nullptr, {&stage, verdict}, language) + check_lines(verdict, language) +
         (failed == nullptr ? "" : explained(verdict, *failed, language));
}

std::string progress_text(const Desk& desk) {
  const lessons::Stage* current = lessons::current_stage(*desk.exercise, desk.workspace.progress);
  std::string out;
  int width = 0, passed = 0;
  for (const lessons::Stage& stage : desk.exercise->stages) {
    width = std::max(width, columns_of(plain(desk.language, stage.title)));
  }
  for (const lessons::Stage& stage : desk.exercise->stages) {
    const auto state = desk.workspace.progress.stages.find(stage.id);
    const bool done = state != desk.workspace.progress.stages.end() && state->second.passed;
    passed += done ? 1 : 0;
    out += fmt::format("  {} {}  {}  {}{}\n",
                       done || on_terminal() ? mark_of(done ? State::passed : State::skipped, desk.language)
                                             : say(desk.language, {"to do  ", "待做"}),
                       lessons::stage_number(*desk.exercise, stage),
                       padded_to(plain(desk.language, stage.title), width), desk.shown_path(stage.file),
                       &stage == current ? painted(Paint::yellow, say(desk.language, {"  <- now", "  <- 当前"})) : "");
  }
  const int all = static_cast<int>(desk.exercise->stages.size());
  return out + fmt::format("  {} {}/{}\n", bar(all == 0 ? 0 : static_cast<double>(passed) / all, 24), passed, all);
}

}  // namespace cli
