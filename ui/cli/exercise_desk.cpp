// Where the student is: language, exercises, folder; and the verdict over a stage of it.
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "lessons/workshop/student_program.h"
#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/suggest.h"
#include "ui/cli/assets.h"
#include "ui/cli/exercise_command.h"

namespace cli {

namespace {

namespace fs = std::filesystem;

fs::path current_folder() {
  std::error_code failed;
  const fs::path folder = fs::current_path(failed);
  if (failed) {
    throw sim::Error(".", "the current folder is gone: " + failed.message());
  }
  return folder;
}

/// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_of(" \t\n'\"\\$`!*?[](){}<>|&;#~") == std::string::npos;
  if (plain) {
    return text;
  }
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return out + "'";
}

std::string relative_to_here(const std::string& path) {
  std::error_code failed;
  const std::string relative = fs::proximate(path, current_folder(), failed).string();
  return failed || relative.empty() || relative.size() >= path.size() ? path : relative;
}

std::string folder_to_look_in(const ExerciseFlags& flags, const std::string& file) {
  if (!flags.directory.empty()) {
    return flags.directory;
  }
  const fs::path parent = fs::path(file).parent_path();
  return parent.empty() ? current_folder().string() : parent.string();
}

}  // namespace

Language language_from(const std::string& flag) {
  if (!flag.empty()) {
    if (flag != "en" && flag != "zh") {
      throw sim::Error("--lang", fmt::format("'{}' is not one of en, zh", flag), sim::suggestion(flag, {"en", "zh"}));
    }
    return flag == "zh" ? Language::zh : Language::en;
  }
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      return std::string_view(value).substr(0, 2) == "zh" ? Language::zh : Language::en;
    }
  }
  return Language::en;
}

const std::vector<lessons::Exercise>& exercises() {
  static const std::vector<lessons::Exercise> all = [] {
    const char* chosen = std::getenv("ATTOSCOPE_EXERCISES");
    const bool given = chosen != nullptr && *chosen != '\0';
    const std::string folder =
        given ? chosen : (fs::path(assets_directory()) / "../lessons/exercises").lexically_normal().string();
    std::vector<lessons::Exercise> found = lessons::load_exercises(folder);
    if (found.empty()) {
      throw sim::Error(folder, "holds no exercises",
                       "set ATTOSCOPE_EXERCISES to a folder with NAME/exercise.toml in it");
    }
    return found;
  }();
  return all;
}

std::string Desk::shown_path(const std::string& name) const {
  return relative_to_here(fs::path(name).is_absolute() ? name : workspace.path(name));
}

std::string Desk::dir_flag() const {
  return lessons::find_workspace(current_folder().string()) == workspace.folder
             ? ""
             : " --dir " + shell_word(relative_to_here(workspace.folder));
}

std::string command(const Desk& desk, const std::string& words) {
  return "attoscope exercise " + words + desk.dir_flag();
}

Desk find_desk(const ExerciseFlags& flags, const std::string& file) {
  Language language = language_from(flags.language);
  const std::string from = folder_to_look_in(flags, file);
  std::error_code ignored;
  if (!fs::is_directory(from, ignored)) {
    throw sim::Error(from, say(language, {"is no folder", "不是文件夹"}));
  }
  const std::string folder = lessons::find_workspace(from);
  if (folder.empty()) {
    throw sim::Error(from,
                     say(language, {"no exercise was started here: there is no {}", "这里还没有开始练习：没有 {}"},
                         lessons::kStateFile),
                     say(language,
                         {"'attoscope exercise start {}' makes a folder; or name yours with --dir",
                          "'attoscope exercise start {}' 会建一个文件夹；已有文件夹时用 --dir 指出"},
                         exercises().front().id));
  }
  Desk desk{lessons::open_workspace(folder), nullptr, language};
  if (flags.language.empty()) {
    desk.language = desk.workspace.progress.language;
  }
  try {
    desk.exercise = &lessons::find_exercise(exercises(), desk.workspace.progress.exercise);
  } catch (const sim::Error& error) {
    throw sim::Error(desk.workspace.state_path(), "'exercise': " + error.message(), error.hint());
  }
  return desk;
}

std::vector<lessons::GivenFile> given_for(const Desk& desk) {
  return lessons::given_files(*desk.exercise, desk.workspace.progress.language, lessons::sdk().include_folder);
}

lessons::Verdict check_alone(const lessons::Exercise& exercise, const lessons::Stage& stage, const std::string& path,
                             const std::string& failure_folder) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) {
    return lessons::missing_file(exercise, stage);
  }
  const lessons::TemporaryFolder alone;
  const std::string copy = alone.path() + "/" + stage.file;
  sim::write_file(copy, sim::read_file(path));
  lessons::CheckOptions options;
  options.assets = assets_directory();
  options.failure_folder = failure_folder;
  return lessons::check_stage(exercise, stage, copy, options);
}

lessons::Verdict judge(Desk& desk, const lessons::Stage& stage) {
  lessons::Verdict verdict;
  if (const auto changed = lessons::changed_given(desk.workspace, given_for(desk)); !changed.empty()) {
    verdict = lessons::changed_files(*desk.exercise, stage, changed);
  } else {
    verdict = check_alone(*desk.exercise, stage, desk.workspace.path(stage), desk.workspace.path(lessons::kFailures));
  }
  if (verdict.passed()) {
    lessons::mark_passed(desk.workspace, stage);
  }
  verdict.file = desk.shown_path(stage.file);
  if (!verdict.failure_file.empty()) {
    verdict.failure_file = desk.shown_path(verdict.failure_file);
  }
  return verdict;
}

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

lessons::Grade grade_of(const lessons::Exercise& exercise, Language language,
                        const std::vector<StageVerdict>& results) {
  lessons::Grade grade;
  grade.exercise = exercise.id;
  grade.title = exercise.title;
  grade.language = language;
  grade.datetime = now_text();
  for (const StageVerdict& result : results) {
    grade.stages.push_back({lessons::stage_number(exercise, *result.stage), result.stage->title, result.verdict});
  }
  return grade;
}

}  // namespace cli
