// What a checker found wrong with a program: where in the run, what it said, what it got and what it wanted. Kept in a
// scenario's [view] as `failure`, so that the file opens at that moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/scope/run.h"

namespace scope {

struct Failure {
  struct Value {
    std::string tile;  ///< "m", "l", "O"; of a result "Y", "O", "L"
    std::int32_t row = 0, col = 0;
    double got = 0, want = 0;
  };
  std::uint32_t block = 0;  ///< of the one kernel's grid
  std::uint32_t op = 0;     ///< of that block, as issued: the one that made what is wrong
  std::string en, zh;       ///< the verdict
  std::vector<Value> values;
};

/// Nothing if the scenario has none. Throws sim::Error naming the key that is wrong.
std::optional<Failure> failure_of(const sim::Scenario& scenario);

/// The end of the op that made what is wrong, where its block runs.
Cursor cursor_of(const Run& run, const Failure& failure);

}  // namespace scope
