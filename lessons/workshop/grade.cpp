#include "lessons/workshop/grade.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace lessons {

namespace {

Verdict nothing_checked(const Exercise& exercise, const Stage& stage) {
  Verdict verdict;
  verdict.exercise = exercise.id;
  verdict.stage = stage.id;
  verdict.file = stage.file;
  for (const CheckInfo& info : stage.checks) {
    CheckResult check;
    check.id = info.id;
    check.title = info.title;
    check.points_max = info.points;
    verdict.checks.push_back(check);
  }
  return verdict;
}

template <typename Value, typename Of>
Value sum(const std::vector<GradedStage>& stages, Of of) {
  return std::accumulate(stages.begin(), stages.end(), Value{},
                         [&](Value so_far, const GradedStage& stage) { return so_far + of(stage.verdict); });
}

}  // namespace

bool Grade::passed() const {
  return std::all_of(stages.begin(), stages.end(), [](const GradedStage& stage) { return stage.verdict.passed(); });
}

double Grade::points() const {
  return sum<double>(stages, [](const Verdict& verdict) { return verdict.points(); });
}

double Grade::points_max() const {
  return sum<double>(stages, [](const Verdict& verdict) { return verdict.points_max(); });
}

double Grade::seconds() const {
  return sum<double>(stages, [](const Verdict& verdict) { return verdict.seconds; });
}

std::int64_t Grade::hbm_bytes() const {
  const bool all =
      std::all_of(stages.begin(), stages.end(), [](const GradedStage& stage) { return stage.verdict.hbm_bytes >= 0; });
  return all ? sum<std::int64_t>(stages, [](const Verdict& verdict) { return verdict.hbm_bytes; }) : -1;
}

std::string report_of(const Verdict& verdict, const CheckResult& check, Language language) {
  if (check.state == CheckResult::State::skipped) {
    const CheckResult* first = verdict.first_failed();
    const Words skipped = {"Not checked, since this failed first: {}", "未检查，因为这一项先没通过：{}"};
    return first == nullptr
               ? ""
               : fmt::format(fmt::runtime(in(language, skipped)), clean_text(plain_text(in(language, first->title))));
  }
  std::string text = clean_text(plain_text(in(language, check.message)));
  if (check.line > 0) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : "\n", clean_text(verdict.file), check.line);
  }
  if (!check.detail.empty()) {
    text += (text.empty() ? "" : "\n") + clean_text(check.detail);
  }
  return text;
}

Verdict missing_file(const Exercise& exercise, const Stage& stage) {
  Verdict verdict = nothing_checked(exercise, stage);
  if (!verdict.checks.empty()) {
    verdict.checks[0].state = CheckResult::State::failed;
    verdict.checks[0].message = {fmt::format("'{}' is not there.", stage.file),
                                 fmt::format("没有 '{}' 这个文件。", stage.file)};
  }
  return verdict;
}

Verdict changed_files(const Exercise& exercise, const Stage& stage, const std::vector<std::string>& changed) {
  Verdict verdict = nothing_checked(exercise, stage);
  CheckResult files;
  files.id = "files";
  files.title = {"The given files are as they were", "所给文件未被改动"};
  files.state = CheckResult::State::failed;
  files.message = {fmt::format("'{}' has been changed or removed. It is not yours to write: 'attoscope exercise reset "
                               "--given' puts it back and keeps your version.",
                               fmt::join(changed, "', '")),
                   fmt::format("'{}' 被改动或删除了。它不归你写：'attoscope exercise reset --given' "
                               "会把它恢复原样，并保留你的版本。",
                               fmt::join(changed, "', '"))};
  verdict.checks.insert(verdict.checks.begin(), files);
  return verdict;
}

}  // namespace lessons
