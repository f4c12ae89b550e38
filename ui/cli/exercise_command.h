// attoscope exercise: what its sub-verbs share.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lessons/workshop/grade.h"
#include "lessons/workshop/workspace.h"
#include "ui/cli/format.h"
#include "ui/cli/verbs.h"

namespace cli {

inline constexpr int kFailed = 1;

/// What every sub-verb may be given.
struct ExerciseFlags {
  std::string language, directory;
  bool json = false;
};

using Language = lessons::Language;

/// --lang, or else $LC_ALL, $LC_MESSAGES, $LANG: Chinese if it begins with zh. Throws sim::Error for another --lang.
Language language_from(const std::string& flag);

/// Words in the language, with fmt's fields filled in.
template <typename... Values>
std::string say(Language language, const lessons::Words& words, Values&&... values) {
  return fmt::format(fmt::runtime(lessons::in(language, words)), std::forward<Values>(values)...);
}

/// Exercises of $ATTOSCOPE_EXERCISES, or those beside the lessons.
const std::vector<lessons::Exercise>& exercises();

/// The student's folder, the exercise it is of, and the language to speak.
struct Desk {
  lessons::Workspace workspace;
  const lessons::Exercise* exercise = nullptr;
  Language language = Language::en;

  std::string shown_path(const std::string& name) const;  ///< as typed from here: relative where that is shorter
  /// " --dir DIR", if commands need it to find the folder from here.
  std::string dir_flag() const;
};
/// From --dir, or the folder of `file` if it has one, or the current one. Throws sim::Error if there is none.
Desk find_desk(const ExerciseFlags& flags, const std::string& file = {});

std::vector<lessons::GivenFile> given_for(const Desk& desk);
/// "attoscope exercise check --dir ..."
std::string command(const Desk& desk, const std::string& words);

/// A copy of the file, checked where nothing else of the student's is: no exercise.h of their own counts.
lessons::Verdict check_alone(const lessons::Exercise& exercise, const lessons::Stage& stage, const std::string& path,
                             const std::string& failure_folder);
/// The stage's verdict: given files first, then all checks; notes what passed and writes the solution.
lessons::Verdict judge(Desk& desk, const lessons::Stage& stage);

struct StageVerdict {
  const lessons::Stage* stage;
  lessons::Verdict verdict;
};
/// What a verdict says in words: every check, the first failure explained, and what is next.
std::string told(const Desk& desk, const StageVerdict& result);
/// The same without commands of the desk's: for graders.
std::string told_checks(const lessons::Stage& stage, const lessons::Verdict& verdict, Language language);

/// ISO 8601, UTC.
std::string now_text();
lessons::Grade grade_of(const lessons::Exercise& exercise, Language language, const std::vector<StageVerdict>& results);

/// Opens the window at the failing moment: beside this process, or in its place, when it returns only if that can't be.
/// Returns what there is to say: that there is no display, no window, or that it opens.
std::string open_failure(Language language, const std::string& path, bool beside);

/// Text of a terminal: CJK characters are two columns wide, and lines break between them too.
int columns_of(std::string_view text);
std::string padded_to(const std::string& text, int columns);
std::string folded(std::string_view text, int indent, int width = 100);

/// The sub-verbs. Each adds its options to its own CLI::App.
Action add_exercise_list(CLI::App& app);
Action add_exercise_start(CLI::App& app);
Action add_exercise_check(CLI::App& app);
Action add_exercise_watch(CLI::App& app);
Action add_exercise_hint(CLI::App& app);
Action add_exercise_solution(CLI::App& app);
Action add_exercise_reset(CLI::App& app);
Action add_exercise_grade(CLI::App& app);
Action add_exercise_verify(CLI::App& app);

int list_exercises(const ExerciseFlags& flags);
/// One level more for the stage, or the level asked for. The words to print.
std::string next_hint(Desk& desk, const lessons::Stage& stage, int level);
std::string progress_text(const Desk& desk);

void add_language(CLI::App& app, ExerciseFlags& flags);
void add_directory(CLI::App& app, ExerciseFlags& flags);

}  // namespace cli
