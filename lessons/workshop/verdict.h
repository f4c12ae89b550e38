// What the checker says about a student's program.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lessons/workshop/exercise_file.h"

namespace lessons {

/// The first place where the program's state leaves the right one.
struct Difference {
  std::string tile;        ///< "m", "l", "O"; of a result "Y", "O", "L"
  std::int32_t step = -1;  ///< tile j (or merge number) after which it was shown; -1: the result in HBM
  std::int32_t row = 0, col = 0;
  double got = 0, want = 0;
};

struct CheckResult {
  std::string id;
  Words title;
  enum class State { passed, failed, skipped } state = State::skipped;  ///< skipped: an earlier one failed
  double points = 0, points_max = 0;
  Words message;          ///< one or two sentences: what is wrong, where, with numbers
  std::string detail;     ///< the compiler's or the program's own words; may be empty
  std::string case_name;  ///< the run that failed
  std::optional<Difference> first;
  std::vector<Difference> shown;  ///< all that the program showed of that row at that step, right or wrong
  int line = 0;                   ///< of the student's file, if one is to blame
};

struct Verdict {
  std::string exercise, stage, file;
  std::vector<CheckResult> checks;
  double seconds = 0;           ///< compile and check
  std::int64_t hbm_bytes = -1;  ///< read and written by all of its runs together; -1: not all of them ran
  std::string failure_file;     ///< a scenario that opens at the moment of the first difference; empty: none
  bool passed() const;
  double points() const;
  double points_max() const;
  const CheckResult* first_failed() const;
};

struct CheckOptions {
  std::string assets;          ///< machines
  std::string failure_folder;  ///< where the failing run is left; empty: nowhere
  double seconds_max = 10;     ///< of the student's program, all cases together
  std::int64_t memory_bytes_max = std::int64_t{1} << 30;
  std::int64_t output_bytes_max = 64 << 10;  ///< of what it prints
};

/// Compiles the file with the system's compiler ($CXX, or c++), runs it in a child process with limits on time, memory
/// and output, and judges what it recorded. Whatever the program does gives a verdict; throws sim::Error only where no
/// compiler is found or the machine refuses (no space, no processes).
Verdict check_stage(const Exercise& exercise, const Stage& stage, const std::string& file, const CheckOptions& options);

}  // namespace lessons
