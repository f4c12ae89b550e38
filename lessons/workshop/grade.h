// An exercise's verdicts as graders and teachers' tools read them. Pure functions: nothing is compiled, read or asked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lessons/workshop/verdict.h"
#include "lessons/workshop/workspace_text.h"

namespace lessons {

struct GradedStage {
  int number = 1;  ///< in the exercise
  Words title;
  Verdict verdict;
};

struct Grade {
  std::string exercise;
  Words title;
  Language language = Language::en;
  std::string folder;    ///< before file names in annotations; may be empty
  std::string datetime;  ///< "2026-11-21T12:00:00Z"
  std::vector<GradedStage> stages;

  bool passed() const;
  double points() const;
  double points_max() const;
  double seconds() const;
  std::int64_t hbm_bytes() const;  ///< of all stages; -1 if one was not run to its end
};

/// What Classroom 50 tells its graders through the environment.
struct Submission {
  std::string classroom, assignment, tag, commit, release, review;
};

/// `verdict`'s words about one check, for who reads plain text: message, place, the compiler's words.
std::string report_of(const Verdict& verdict, const CheckResult& check, Language language);

/// The verdict where the student's file is not there.
Verdict missing_file(const Exercise& exercise, const Stage& stage);
/// The verdict where files that were given have been changed: nothing else is checked.
Verdict changed_files(const Exercise& exercise, const Stage& stage, const std::vector<std::string>& changed);

std::string to_json(const Grade& grade);  ///< also that of `check --json`
std::string to_classroom50(const Grade& grade, const Submission& submission);
std::string to_gradescope(const Grade& grade);
std::string to_exercism(const Grade& grade);
std::string to_junit(const Grade& grade);
std::string to_github(const Grade& grade);  ///< annotations of a workflow's log

}  // namespace lessons
