// A student's folder: the stages' files, what is given with them, and what has been reached, kept in .attoscope.toml.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lessons/workshop/exercise_file.h"
#include "lessons/workshop/workspace_text.h"

namespace lessons {

inline constexpr const char* kStateFile = ".attoscope.toml";
inline constexpr const char* kSolutions = "solutions";
inline constexpr const char* kFailures = "failures";

struct StageProgress {
  bool passed = false;
  int hints = 0;  ///< levels that have been shown
};

/// What .attoscope.toml holds.
struct Progress {
  std::string exercise;
  Language language = Language::en;
  std::map<std::string, StageProgress> stages;  ///< by id
  std::map<std::string, std::string> given;     ///< hash of each given file as it was written
};

/// Throws sim::Error naming file, line, key and value, and what to do: no TOML, unknown keys, a later version.
Progress parse_progress(const std::string& text, const std::string& source);
std::string to_toml(const Progress& progress);

struct Workspace {
  std::string folder;
  Progress progress;

  std::string path(const std::string& name) const { return folder + "/" + name; }
  std::string path(const Stage& stage) const { return path(stage.file); }
  std::string state_path() const { return path(kStateFile); }
};

/// The folder with a state file: `from`, the nearest above it, or the only one just below it; "" if there is none.
std::string find_workspace(const std::string& from);
Workspace open_workspace(const std::string& folder);
void save(const Workspace& workspace);

/// A file that comes with the exercise and is not the student's.
struct GivenFile {
  std::string name, text;
  bool fixed = false;  ///< read-only, and a verdict fails while it differs
};

/// README.md, exercise.h, .clangd, compile_flags.txt. `headers` is the folder that holds lessons/ and sim/.
std::vector<GivenFile> given_files(const Exercise& exercise, Language language, const std::string& headers);

struct Started {
  Workspace workspace;
  bool continued = false;         ///< the exercise had been started there
  std::vector<std::string> made;  ///< files that were not there
};

/// Makes what is missing; never overwrites what is there, except given files that nobody has changed.
/// Throws sim::Error if another exercise was started in the folder, or it can't be written.
Started start_exercise(const Exercise& exercise, const std::string& folder, Language language,
                       const std::string& headers);

/// Fixed files that are missing or were changed. Those of an older version are brought up to date without a word.
std::vector<std::string> changed_given(Workspace& workspace, const std::vector<GivenFile>& given);

struct Restored {
  std::string file;
  std::string backup;  ///< where the old one is now; empty: there was none, or it was the same
};
std::vector<Restored> restore_given(Workspace& workspace, const std::vector<GivenFile>& given);
/// The starter again, the old file as FILE.bak-N; what was reached in the stage is forgotten.
Restored reset_stage(Workspace& workspace, const Stage& stage);

/// Notes that the stage has passed and writes its solution. Returns the solution's path, relative to the folder.
std::string mark_passed(Workspace& workspace, const Stage& stage);

/// The first that has not passed; null: all have.
const Stage* current_stage(const Exercise& exercise, const Progress& progress);
/// Which stage `name` means: its id, its number from 1, or the path of its file. Throws sim::Error with the nearest.
const Stage& find_stage(const Exercise& exercise, const std::string& name);
int stage_number(const Exercise& exercise, const Stage& stage);  ///< from 1

std::string readme_of(const Exercise& exercise, Language language);
double points_of(const Stage& stage);

}  // namespace lessons
