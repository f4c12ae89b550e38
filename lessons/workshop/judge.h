// A recorded program held against the truth: one case at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lessons/workshop/truth.h"
#include "lessons/workshop/verdict.h"
#include "sim/analysis/simulate.h"
#include "sim/tile/recorded.h"

namespace lessons {

/// What was found in one case. Everything is filled in as far as the program goes.
struct CaseFindings {
  std::optional<sim::Error> refused;   ///< playing or executing it failed: where, what, what to do
  std::vector<std::string> unwritten;  ///< results with elements that were never stored: "rows 2 to 3 of Y"
  std::optional<Difference> result;    ///< first wrong element of Y, O or L
  std::optional<Difference> state;     ///< first tile shown that is wrong
  std::vector<Difference> shown;       ///< of that row and step: all that was shown, wrong or not
  bool anything_shown = false;         ///< that could be compared
  double tolerance = 0;                ///< of the results
  std::int64_t read_bytes = 0, write_bytes = 0;
  std::int64_t chip_bytes = 0;    ///< most alive at once, of any block
  int chip_line = 0;              ///< where
  std::int32_t block = 0;         ///< of the difference that `op` is about
  std::optional<std::size_t> op;  ///< op of that block, in issue order, that made the first wrong tile or result
  bool right() const { return !refused && unwritten.empty() && !result; }
};

/// The case as an experiment on the blackboard machine, its program the recorded one (or the algorithm's own: null).
sim::Experiment experiment_of(const Stage& stage, const Case& given, const std::string& assets,
                              std::shared_ptr<const sim::RecordedProgram> program);

CaseFindings examine(const Stage& stage, const Case& given, const sim::Experiment& experiment);

/// Leaves the case as a scenario that shows the moment of the finding: NAME.toml, NAME.program and inputs in `folder`.
/// Returns the scenario's path.
std::string write_failure(const Stage& stage, const Case& given, const CaseFindings& findings,
                          const sim::Experiment& experiment, const Words& message, const std::string& source_file,
                          const std::string& folder);

}  // namespace lessons
