// Is a kernel right? Fresh inputs of several kinds, poisoned outputs, and the result beside the reference's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure/card.h"
#include "measure/inputs.h"
#include "measure/point.h"

namespace measure {

/// Of one kind of inputs.
struct Comparison {
  InputKind kind = InputKind::normal;
  double max_abs_error = 0, tolerance = 0;
  double lse_error = 0, lse_tolerance = 0;            ///< 0 without statistics
  double relative_error = 0, relative_tolerance = 0;  ///< normal inputs only
  std::string broken;  ///< why it fails whatever the errors are: an element not written, a NaN, a write behind the end
  bool passed() const;
  std::string text() const;  ///< "normal: error 1.2e-4 of 1e-3"
};

struct CheckResult {
  std::vector<Comparison> comparisons;
  std::int64_t rows = 0;  ///< compared, for each kind of inputs; whether elements are finite is looked at for all rows
  bool passed() const;
  std::string failures() const;  ///< one line; empty if passed
  Json to_json() const;
};

/// Leaves normal inputs in `operands`. `thorough`: every kind of inputs, else two of them.
CheckResult check_point(const kernels::Entry& entry, const Point& point, Operands& operands, bool thorough,
                        cudaStream_t stream);

/// Small enough that every kind of inputs costs next to nothing.
bool is_small(const kernels::Problem& problem);

}  // namespace measure
