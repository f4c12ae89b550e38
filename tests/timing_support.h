// A round-numbered machine, little kernels, and the question that every timing rule is tested with: is this op under
// way at t, and was it not at t - 1?
#pragma once

#include <functional>
#include <vector>

#include "sim/executors/timing.h"

namespace timing_test {

/// 1 GHz, 2 SMs, one block each unless SMEM allows more; every rate and latency a round number.
sim::Machine round_machine();

/// One kernel over tensors A (rows x cols, fp16, read) and B (like A, written).
struct Bench {
  sim::Machine machine = round_machine();
  sim::Plan plan;
  sim::Tensor A, B;
  sim::TimingRules rules;
  int blocks_per_sm = 1;

  explicit Bench(sim::Shape shape, std::int32_t blocks = 1, std::function<void(sim::Block&)> program = {});
  void program(std::function<void(sim::Block&)> program) { plan.kernels[0].program = std::move(program); }
  sim::Kernel& kernel() { return plan.kernels[0]; }

  struct Result {
    sim::KernelTiming timing;
    std::vector<sim::Span> spans;
    sim::L2Kernel l2;

    /// The n-th span of an op of this kind, in order of its begin, of block `block` (and role, if not negative).
    const sim::Span& span(sim::StepKind kind, int n = 0, std::int64_t block = 0, int role = -1) const;
  };
  Result run(bool spans = true, bool memoise = false) const;
};

/// Under way at cycle t, and not yet at t - 1.
bool begins_at(const sim::Span& span, double t);
/// Still under way at t - 1, and over at t.
bool ends_at(const sim::Span& span, double t);

}  // namespace timing_test
