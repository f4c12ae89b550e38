// An exercise as data: lessons/exercises/NAME/exercise.toml, and beside it a folder for each stage with starter.cpp,
// solution.cpp, right/*.cpp (other right programs) and mutants/*.cpp (wrong ones, each with its cause of death).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lessons/course/lesson.h"

namespace lessons {

/// One run of the student's program: a shape and what goes in.
struct Case {
  std::string name;   ///< "growing", unique in the stage: of failure files
  std::string check;  ///< which check it is part of: "values", "rising", "large", "masked", "nan", ...
  sim::Problem problem;
  sim::Schedule schedule;
  std::string values;  ///< how inputs are made: see values_of() in cases.h
};

/// What a program is held to, in order; the first that fails explains the rest.
struct CheckInfo {
  std::string id;  ///< "compiles", "runs", "values", ..., "bytes", "memory", "repeatable"
  Words title;     ///< "Right on whole numbers"
  double points = 1;
};

struct Stage {
  std::string id;         ///< "safe-softmax"; also the folder's name
  std::string file;       ///< in the student's folder: "1_safe_softmax.cpp"
  std::string function;   ///< of exercise.h: "safe_softmax"
  std::string algorithm;  ///< whose tensors and grid it has: "softmax_safe"
  Words title, task, passed;
  std::vector<Words> hints;        ///< three, from general to specific
  bool tree = false;               ///< show()'s steps are merges of a tree of tiles, not tiles
  std::vector<std::string> state;  ///< what show() is asked for: "m", "l", "O"
  std::string read_bytes_max;      ///< expression over R V Nq Nk d e Br Bc Tr Tc: of HBM reads of a run
  std::string write_bytes_max;
  std::string chip_bytes_max;  ///< of tiles of a block alive at once, SMEM and registers
  std::vector<CheckInfo> checks;
  std::vector<Case> cases;
  std::string folder;  ///< where its files are

  std::string starter() const { return folder + "/starter.cpp"; }
  std::string solution() const { return folder + "/solution.cpp"; }
};

struct Exercise {
  std::string id;  ///< "online-softmax"
  std::string source;
  std::string folder;
  Words title, summary, finished;
  std::vector<Stage> stages;
};

/// Throws sim::Error with file, line, key, value and what was expected.
Exercise load_exercise(const std::string& path);
/// Those below `directory` (DIRECTORY/NAME/exercise.toml), by name.
std::vector<Exercise> load_exercises(const std::string& directory);
/// Throws sim::Error with the nearest name.
const Exercise& find_exercise(const std::vector<Exercise>& all, const std::string& name);

/// A mutant's first lines say why it must die:
///   // wrong: l is not rescaled when the maximum rises
///   // dies:  rising, l at step 1
/// that is the check that fails first, and, if it shows its state, the first tile that differs and when.
struct Mutant {
  std::string path, name, wrong, check, tile;
  std::int32_t step = -1;
};
std::vector<Mutant> mutants_of(const Stage& stage);
std::vector<std::string> right_programs_of(const Stage& stage);  ///< paths: the solution first

}  // namespace lessons
