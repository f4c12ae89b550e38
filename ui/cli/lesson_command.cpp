// attoscope lesson: what lessons there are, whether they are right, and a new one to begin with.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lessons/course/lesson.h"
#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/suggest.h"
#include "ui/cli/assets.h"
#include "ui/cli/format.h"
#include "ui/cli/report_json.h"
#include "ui/cli/verbs.h"
#include "ui/scope/caption.h"
#include "ui/scope/lesson_check.h"
#include "ui/window/draw/formula.h"

namespace cli {

namespace {

namespace fs = std::filesystem;

constexpr int kCheckFailed = 1;

struct LessonOptions {
  std::string action, directory;
  std::vector<std::string> names;
  bool json = false;
};

std::string lessons_directory() {
  return (fs::path(assets_directory()) / ".." / "lessons").lexically_normal().string();
}

const char* name_of(lessons::Question::Kind kind) {
  return kind == lessons::Question::Kind::number   ? "number"
         : kind == lessons::Question::Kind::choice ? "choice"
                                                   : "click";
}

const char* name_of(lessons::Badge badge) { return badge == lessons::Badge::exact ? "exact" : "modelled"; }

// ---- list ----

int list(const LessonOptions& options) {
  Table table({"number", "lesson", "title", "steps", "questions"});
  table.align_left(1);
  table.align_left(2);
  Json json = Json::array();
  for (const lessons::Lesson& lesson : lessons::load_course(lessons_directory(), assets_directory())) {
    const auto questions = std::count_if(lesson.steps.begin(), lesson.steps.end(),
                                         [](const lessons::Step& step) { return step.question.has_value(); });
    if (lesson.id == "skeleton") {
      continue;
    }
    table.add({fmt::format("{}", lesson.number), lesson.id, lesson.title.en, fmt::format("{}", lesson.steps.size()),
               fmt::format("{}", questions)});
    json.push_back({{"number", lesson.number},
                    {"lesson", lesson.id},
                    {"title", {{"en", lesson.title.en}, {"zh", lesson.title.zh}}},
                    {"summary", {{"en", lesson.summary.en}, {"zh", lesson.summary.zh}}},
                    {"steps", lesson.steps.size()},
                    {"questions", questions},
                    {"file", lesson.source}});
  }
  print(options.json ? dumped(json) : table.text(0));
  return 0;
}

// ---- check ----

std::string file_called(const std::string& name) {
  std::error_code ignored;
  for (const std::string& path : {name, name + "/lesson.toml", lessons_directory() + "/" + name + "/lesson.toml"}) {
    if (fs::is_regular_file(path, ignored)) {
      return path;
    }
  }
  std::vector<std::string> names;
  for (fs::directory_iterator at(lessons_directory(), ignored), end; !ignored && at != end; at.increment(ignored)) {
    if (fs::exists(at->path() / "lesson.toml", ignored)) {
      names.push_back(at->path().filename().string());
    }
  }
  throw sim::Error(name, "is no file and no lesson", sim::suggestion(name, names));
}

std::string text_of(const scope::StepResult& result) {
  const lessons::Step& step = *result.step;
  std::string line = fmt::format("  {:<24} {:<14} {:<16} {:>12}", step.id, step.scenario, step.at,
                                 result.reached ? scope::time_text(result.t_us) : "-");
  if (result.numbers > 0) {
    line += fmt::format("  {} number{}", result.numbers, result.numbers == 1 ? "" : "s");
  }
  if (!result.answer.empty() && step.question->kind == lessons::Question::Kind::click) {
    line += fmt::format("  click: {}", result.answer);
  } else if (!result.answer.empty()) {
    line += fmt::format("  {}: {} = {} ({})", name_of(step.question->kind), step.question->answer, result.answer,
                        name_of(result.answer_value.badge));
  }
  return line + "\n";
}

std::string text_of(const scope::LessonProblem& problem, const std::string& file) {
  std::string where = problem.line > 0 ? fmt::format("{}:{}", file, problem.line) : file;
  where += problem.step.empty() ? "" : fmt::format(": step '{}'", problem.step);
  return fmt::format("{}: {}{}\n", where, problem.warning ? "warning: " : "", problem.message);
}

/// Prints what there is to say; true if nothing is wrong.
bool check_one(const std::string& name) {
  const std::string file = file_called(name);
  try {
    const lessons::Lesson lesson = lessons::load_lesson(file, assets_directory());
    const scope::LessonCheck check = scope::check_lesson(
        lesson, assets_directory(),
        [](const std::string& formula, const std::string& where) { draw::check_formula(formula, where); });
    std::string out = fmt::format("{}: {}\n", file, lesson.title.en);
    for (const scope::StepResult& result : check.steps) {
      out += text_of(result);
    }
    for (const scope::LessonProblem& problem : check.problems) {
      out += text_of(problem, file);
    }
    print(out);
    return check.passed();
  } catch (const sim::Error& error) {
    print(std::string(error.what()) + "\n");
    return false;
  }
}

int check(const LessonOptions& options) {
  if (options.names.empty()) {
    throw sim::Error("lesson check", "which lesson?", "name a lesson or its file");
  }
  bool all = true;
  for (const std::string& name : options.names) {
    all = check_one(name) && all;
  }
  return all ? 0 : kCheckFailed;
}

// ---- new ----

int make_new(const LessonOptions& options) {
  if (options.names.size() != 1) {
    throw sim::Error("lesson new", "one name is needed", "attoscope lesson new my-lesson");
  }
  const std::string& name = options.names.front();
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos || name.empty()) {
    throw sim::Error("lesson new", fmt::format("'{}' is no name for a lesson", name), "small letters, digits and -");
  }
  const fs::path folder = fs::path(options.directory.empty() ? "." : options.directory) / name;
  const std::string file = (folder / "lesson.toml").string();
  std::error_code fault;
  if (fs::exists(folder, fault)) {
    throw sim::Error(folder.string(), "is there already");
  }
  const std::vector<unsigned char> skeleton = sim::read_file(lessons_directory() + "/skeleton/lesson.toml");
  fs::create_directories(folder, fault);
  if (fault) {
    throw sim::Error(folder.string(), fault.message());
  }
  sim::write_file(file, skeleton);
  print(file + "\n");
  return 0;
}

int lesson(const LessonOptions& options) {
  struct Part {
    const char* name;
    int (*act)(const LessonOptions&);
  };
  static constexpr Part kParts[] = {{"list", list}, {"check", check}, {"new", make_new}};
  std::vector<std::string> names;
  for (const Part& part : kParts) {
    if (options.action == part.name) {
      return part.act(options);
    }
    names.emplace_back(part.name);
  }
  throw sim::Error("lesson", options.action.empty() ? "what?" : fmt::format("can't {} lessons", options.action),
                   sim::suggestion(options.action, names));
}

}  // namespace

Action add_lesson(CLI::App& app) {
  auto options = std::make_shared<LessonOptions>();
  app.add_option("action", options->action, "list, check or new");
  app.add_option("names", options->names, "lessons or their files; new: the folder's name")->type_name("NAME");
  app.add_option("--dir", options->directory, "new: where the folder goes; here, if not given")->type_name("DIR");
  app.add_flag("--json", options->json, "list: print JSON");
  return [options] { return lesson(*options); };
}

}  // namespace cli
