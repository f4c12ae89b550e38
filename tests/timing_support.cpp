#include "tests/timing_support.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace timing_test {

using namespace sim;

namespace {
constexpr double kRounding = 1e-6;  // cycles
}

Machine round_machine() {
  Machine m;
  m.name = "round";
  m.chip = {2, 1000};
  m.sm.smem_bytes = 1 << 20;
  m.sm.smem_bytes_per_block = 1 << 20;
  m.sm.registers = 1 << 16;
  m.sm.registers_per_thread_max = 255;
  m.sm.register_allocation_unit = 8;
  m.sm.threads_max = 2048;
  m.sm.blocks_max = 32;
  m.rates.mma_sync_flops_per_clock = 1024;
  m.rates.wgmma_flops_per_clock = 2048;
  m.rates.fp32_lanes = 64;
  m.rates.alu_lanes = 32;
  m.rates.exp_per_clock = 16;
  m.rates.smem_bytes_per_clock = 128;
  m.l2.bytes = 1 << 20;
  m.l2.bytes_per_clock = 128;
  m.l2.bytes_per_clock_per_sm = 64;
  m.l2.latency_cycles = 100;
  m.hbm.bytes = 1LL << 30;
  m.hbm.read_gb_per_s = 32;   // 32 bytes a cycle
  m.hbm.write_gb_per_s = 16;  // 16 bytes a cycle
  m.hbm.latency_ns = 300;     // 300 cycles
  m.hbm.in_flight_bytes_per_sm = 1 << 20;
  m.overheads.launch_us = 3;
  m.overheads.kernel_gap_us = 1;
  m.overheads.block_start_cycles = 50;
  m.overheads.barrier_cycles = 7;
  m.overheads.matmul_latency_cycles = 20;
  m.overheads.shuffle_cycles = 5;
  m.overheads.copy_issue_cycles = 10;
  return m;
}

Bench::Bench(Shape shape, std::int32_t blocks, std::function<void(Block&)> program) {
  A = plan.add("A", TensorRole::input, DType::fp16, shape, 1, 1);
  B = plan.add("B", TensorRole::output, DType::fp16, shape, 1, 1);
  Kernel kernel;
  kernel.name = "test";
  kernel.source_file = "tests/timing_test.cpp";
  kernel.blocks = blocks;
  kernel.program = std::move(program);
  plan.kernels.push_back(kernel);
}

Bench::Result Bench::run(bool spans, bool memoise) const {
  Result result;
  L2Model l2(plan, machine);
  result.l2 = l2.run(0, std::int64_t{blocks_per_sm} * machine.chip.sm_count);
  const SpanSink sink = [&result](const Span& span) { result.spans.push_back(span); };
  result.timing =
      time_kernel({plan, plan.kernels[0], machine, result.l2, blocks_per_sm, memoise, spans ? &sink : nullptr, rules});
  std::stable_sort(result.spans.begin(), result.spans.end(),
                   [](const Span& a, const Span& b) { return a.begin < b.begin; });
  return result;
}

const Span& Bench::Result::span(StepKind kind, int n, std::int64_t block, int role) const {
  for (const Span& span : spans) {
    if (span.kind == kind && span.block == block && (role < 0 || span.role == role) && n-- == 0) {
      return span;
    }
  }
  throw std::runtime_error("no such span");
}

bool begins_at(const Span& span, double t) { return span.begin > t - 1 && std::abs(span.begin - t) < kRounding; }
bool ends_at(const Span& span, double t) { return span.end > t - 1 && std::abs(span.end - t) < kRounding; }

}  // namespace timing_test
