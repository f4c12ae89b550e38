// The speeds that the README states. Run: build/release/bin/attoscope_bench
#include <benchmark/benchmark.h>

#include "sim/analysis/check.h"
#include "sim/analysis/simulate.h"
#include "sim/timeline/timeline.h"

namespace {

using namespace sim;

Machine machine(const char* name) { return load_machine(name, ATTOSCOPE_SOURCE_ASSETS); }

Problem attention(std::int32_t batch, std::int32_t heads, std::int32_t length, std::int32_t d, Mask mask = Mask::none) {
  Problem p;
  p.batch = batch;
  p.heads = heads;
  p.seqlen_q = length;
  p.head_dim = d;
  p.mask = mask;
  p.rows = 256;
  p.row_length = length;
  return p;
}

// Bytes, FLOPs and footprint-free counters of one head at 64K tokens.
void io_only(benchmark::State& state, const char* algorithm, Mask mask) {
  const Prepared prepared = prepare({machine("a100-40gb"), algorithm, attention(1, 1, 65536, 64, mask), {}});
  std::int64_t ops = 0;
  for (auto _ : state) {
    for (const Kernel& kernel : prepared.plan.kernels) {
      const Counters counters = count_kernel(prepared.plan, kernel);
      ops += counters.ops;
      benchmark::DoNotOptimize(counters.work.matmul_flops);
    }
  }
  state.counters["ops/s"] = benchmark::Counter(static_cast<double>(ops), benchmark::Counter::kIsRate);
}

// All 132 SMs of the H100 file, B2 H16 N8192 d128.
void timing(benchmark::State& state, bool memoise) {
  const Machine m = machine("h100-sxm");
  const Prepared prepared = prepare({m, "flash2", attention(2, 16, 8192, 128), {}});
  const Kernel& kernel = prepared.plan.kernels[0];
  std::int64_t events = 0;
  for (auto _ : state) {
    const int blocks = fit_kernel(prepared.plan, kernel, m).occupancy.blocks_per_sm;
    L2Model l2(prepared.plan, m);
    const L2Kernel traffic = l2.run(0, std::int64_t{blocks} * m.chip.sm_count);
    const KernelTiming t = time_kernel({prepared.plan, kernel, m, traffic, blocks, memoise, nullptr});
    events += t.events;
    benchmark::DoNotOptimize(t.cycles);
  }
  state.counters["events/s"] = benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}

// Everything that `attoscope run` reports of GPT-2 medium's attention.
void whole_report(benchmark::State& state, const char* algorithm) {
  const Experiment experiment{machine("a100-40gb"), algorithm, attention(64, 16, 1024, 64), {}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(simulate(experiment).time_us);
  }
}

std::uint64_t next_random(std::uint64_t& seed) { return seed = seed * 6364136223846793005u + 1442695040888963407u; }

void seek_counters(benchmark::State& state, const char* algorithm, std::int32_t length) {
  Timeline timeline(prepare({machine("a100-40gb"), algorithm, attention(1, 1, length, 64), {}}).plan);
  std::uint64_t seed = 1;
  for (auto _ : state) {
    const auto k = static_cast<std::int64_t>(next_random(seed) >> 11) % (timeline.ops() + 1);
    benchmark::DoNotOptimize(timeline.seek(k).counters.ops);
  }
}

void seek_values(benchmark::State& state, const char* algorithm) {
  const Prepared prepared = prepare({machine("a100-40gb"), algorithm, attention(1, 1, 512, 64), {}});
  NumericRun inputs(prepared.plan);
  set_inputs(inputs, prepared.plan, prepared.problem, {}, 0);
  Timeline timeline(prepared.plan, inputs.values());
  timeline.seek(timeline.ops());
  std::uint64_t seed = 1;
  for (auto _ : state) {
    const auto k = static_cast<std::int64_t>(next_random(seed) >> 11) % (timeline.ops() + 1);
    benchmark::DoNotOptimize(timeline.seek(k).counters.ops);
  }
}

}  // namespace

BENCHMARK_CAPTURE(io_only, standard, "standard", Mask::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(io_only, memory_efficient, "memory_efficient", Mask::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(io_only, flash1, "flash1", Mask::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(io_only, flash1_causal, "flash1", Mask::causal)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(io_only, flash2, "flash2", Mask::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(io_only, flash2_causal, "flash2", Mask::causal)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(io_only, flash_decoding, "flash_decoding", Mask::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(io_only, flash_decoding_causal, "flash_decoding", Mask::causal)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(io_only, softmax_online, "softmax_online", Mask::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(timing, flash2_h100_full, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(timing, flash2_h100_memoised, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(whole_report, gpt2_standard, "standard")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(whole_report, gpt2_flash2, "flash2")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(seek_counters, flash2_64k, "flash2", 65536)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(seek_counters, flash1_8k, "flash1", 8192)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(seek_values, flash2_512, "flash2")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(seek_values, standard_512, "standard")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(seek_values, flash1_512, "flash1")->Unit(benchmark::kMillisecond);
