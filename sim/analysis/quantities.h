// The numbers of a run by name: the paths of `attoscope run --json`, for what refers to a number in words.
#pragma once

#include <string>
#include <vector>

#include "sim/analysis/report.h"

namespace sim {

struct NamedNumber {
  std::string path;  ///< "two_level.by_tensor.S.write_bytes"; kernels are counted from 0: "kernels.0.time_us"
  double value = 0;
  bool exact = true;  ///< else modelled
};

/// Every number of the report, in its order. A run without timing has no modelled bytes and times.
std::vector<NamedNumber> quantities(const Report& report, bool timing = true);

}  // namespace sim
