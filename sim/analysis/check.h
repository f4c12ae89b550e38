// A run with values held against the double-precision reference.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/analysis/reference.h"
#include "sim/analysis/report.h"
#include "sim/base/inputs.h"
#include "sim/executors/numeric.h"

namespace sim {

/// What goes in: arrays of the user's, or, where a span is empty, values made from the seed. They are rounded to the
/// problem's dtype. q is [batch, heads, seqlen_q, head_dim], k and v are [batch, kv_heads, seqlen_kv, head_dim], x is
/// [rows, row_length].
struct Inputs {
  InputSpec spec;
  std::span<const float> q, k, v, x;
};

/// What came out: O [batch, heads, seqlen_q, head_dim], or a softmax's Y [rows, row_length].
struct Outputs {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

struct CheckOptions {
  double flops = 2e10;                        ///< simulate about this many at most; one slice is always run
  double reference_flops = 3e9;               ///< compare a sample of the rows if all would take more
  std::int64_t value_bytes = kValueBytesMax;  ///< limit for the tensors of one slice, and for `Outputs`
};

/// Runs heads x batch, all or an evenly spaced sample with the first and the last, and compares O and, where the
/// algorithm returns it, the log-sum-exp (flash1: m + ln l). Passed means that every value that was computed is finite
/// (or an LSE of a row without keys) and that the errors are within the a-priori bound (analysis/reference.h).
/// With `outputs` all slices are run. Throws Error for what the algorithm or the memory can't take.
CheckReport check(const Experiment& experiment, const Inputs& inputs, Outputs* outputs = nullptr,
                  const CheckOptions& options = {});

/// The bound for `algorithm` as the schedule (complete) cuts it up; range is left to be filled in.
ErrorBound error_bound(const Algorithm& algorithm, const Problem& problem, const Schedule& schedule);

/// Writes the inputs of grid slice `slice` of the plan into `run`; all of them if the plan has one slice.
void set_inputs(NumericRun& run, const Plan& plan, const Problem& problem, const Inputs& inputs, std::int64_t slice);

}  // namespace sim
