// attoscope exercise grade: a student's folder, graded with nothing of it trusted but the stages' programs.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/suggest.h"
#include "ui/cli/exercise_command.h"

namespace cli {

namespace {

namespace fs = std::filesystem;
using lessons::Exercise;
using lessons::Grade;
using lessons::Stage;

struct GradeFlags : ExerciseFlags {
  std::string folder, format = "terminal", output, exercise;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string classroom50(const Grade& grade) {
  return lessons::to_classroom50(grade, {variable("CLASSROOM"), variable("ASSIGNMENT"), variable("SUBMISSION_TAG"),
                                         variable("COMMIT_URL"), variable("RELEASE_URL"), variable("REVIEW_URL")});
}

struct Format {
  const char* name;
  std::string (*write)(const Grade&);  ///< null: in words
  bool always_zero;                    ///< its readers take another exit code for a grader that broke
};

constexpr Format kFormats[] = {{"terminal", nullptr, false},
                               {"json", lessons::to_json, false},
                               {"junit", lessons::to_junit, false},
                               {"classroom50", classroom50, true},
                               {"gradescope", lessons::to_gradescope, true},
                               {"exercism", lessons::to_exercism, true},
                               {"github", lessons::to_github, false}};

const Format& format_called(const std::string& name) {
  std::vector<std::string> names;
  for (const Format& format : kFormats) {
    if (name == format.name) {
      return format;
    }
    names.emplace_back(format.name);
  }
  throw sim::Error("--format", fmt::format("unknown format '{}'", name), sim::suggestion(name, names));
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The one that is named; else that of the state file; else that with the most files in the folder.
const Exercise& exercise_in(const GradeFlags& flags, Language language) {
  if (!flags.exercise.empty()) {
    return lessons::find_exercise(exercises(), flags.exercise);
  }
  const Exercise* best = nullptr;
  std::ptrdiff_t most = 0;
  for (const Exercise& exercise : exercises()) {
    const auto files = std::count_if(exercise.stages.begin(), exercise.stages.end(),
                                     [&](const Stage& stage) { return is_file(fs::path(flags.folder) / stage.file); });
    if (files > most) {
      best = &exercise;
      most = files;
    }
  }
  try {
    const std::string kept = lessons::open_workspace(flags.folder).progress.exercise;
    return lessons::find_exercise(exercises(), kept);
  } catch (const sim::Error&) {  // none, or not to be trusted
    if (best != nullptr) {
      return *best;
    }
  }
  throw sim::Error(flags.folder, say(language, {"holds no exercise's files", "其中没有任何练习的文件"}),
                   say(language,
                       {"expected {} and the like; or say which exercise with --exercise",
                        "应有 {} 等文件；也可用 --exercise 指出是哪个练习"},
                       exercises().front().stages.front().file));
}

std::string told_grade(const Grade& grade, const std::vector<StageVerdict>& results) {
  std::string out;
  for (const StageVerdict& result : results) {
    out += told_checks(*result.stage, result.verdict, grade.language) + "\n";
  }
  return out +
         painted(
             grade.passed() ? Paint::green : Paint::bold,
             say(grade.language, {"{}: {:g} of {:g} points", "{}：得 {:g} 分，满分 {:g} 分"},
                 lessons::plain_text(lessons::in(grade.language, grade.title)), grade.points(), grade.points_max())) +
         "\n";
}

int grade(const GradeFlags& flags) {
  const Language language = language_from(flags.language);
  const Format& format = format_called(flags.format);
  std::error_code ignored;
  if (flags.folder.empty() || !fs::is_directory(flags.folder, ignored)) {
    throw sim::Error("exercise grade",
                     flags.folder.empty() ? say(language, {"which folder?", "哪个文件夹？"})
                                          : say(language, {"'{}' is no folder", "'{}' 不是文件夹"}, flags.folder),
                     "attoscope exercise grade DIR --format terminal");
  }
  const Exercise& exercise = exercise_in(flags, language);
  std::vector<StageVerdict> results;
  for (const Stage& stage : exercise.stages) {
    results.push_back({&stage, check_alone(exercise, stage, (fs::path(flags.folder) / stage.file).string(), "")});
    results.back().verdict.file = stage.file;
  }
  Grade grade = grade_of(exercise, language, results);
  grade.folder = fs::path(flags.folder).lexically_normal().string();
  while (grade.folder.size() > 1 && grade.folder.back() == '/') {
    grade.folder.pop_back();
  }
  const std::string text = format.write == nullptr ? told_grade(grade, results) : format.write(grade);
  flags.output.empty() ? print(text) : sim::write_file(flags.output, text);
  return grade.passed() || format.always_zero ? 0 : kFailed;
}

}  // namespace

Action add_exercise_grade(CLI::App& app) {
  auto flags = std::make_shared<GradeFlags>();
  app.add_option("folder", flags->folder, "what was handed in")->type_name("DIR");
  app.add_option("--format", flags->format, "terminal, json, junit, classroom50, gradescope, exercism or github")
      ->type_name("NAME");
  app.add_option("-o,--output", flags->output, "a file, in place of the standard output")->type_name("FILE");
  app.add_option("--exercise", flags->exercise, "which exercise; else the folder says")->type_name("NAME");
  add_language(app, *flags);
  return [flags] { return grade(*flags); };
}

}  // namespace cli
