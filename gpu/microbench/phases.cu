// Blocks that share an SM, each alternating matmul (mma.sync) and softmax work (fma and exp2): do they take turns on
// the units, or stay in step and wait for each other?
#include <algorithm>
#include <map>

#include "microbench/mma.h"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kThreads = 128;  // one warp to a quarter of the SM
constexpr int kRounds = 128;
constexpr int kSoftmaxOfClock = 12;  // x 8 exp2 a thread: about half of what the matmul takes
constexpr int kMatmul = 32;          // x 8 mma.sync per warp: 1536 clocks at one per 6

/// Where the blocks of an SM meet before they start; zero before the launch.
struct Gate {
  unsigned arrived;
  unsigned long long start;
};

/// Waits for all blocks of the SM; then the first starts, and each other one `offset` clocks after the one before.
__device__ unsigned pass_gate(Gate* gates, unsigned resident, long long offset) {
  Gate& gate = gates[read_sm()];
  const unsigned place = atomicAdd(&gate.arrived, 1u);
  if (place == resident - 1) {
    atomicExch(&gate.start, static_cast<unsigned long long>(read_clock() + 4000));
  }
  unsigned long long start = 0;
  while (start == 0) {
    start = *static_cast<volatile unsigned long long*>(&gate.start);
  }
  while (read_clock() < static_cast<long long>(start) + place * offset) {
  }
  return place;
}

struct Stamp {
  unsigned place;
  long long begin[kRounds];
};

/// One thread's registers and its part of both kinds of work.
struct Work {
  float d[8][4], value[8], factor;
  unsigned a[4], b[2];

  __device__ void start() {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      a[i] = random_pair<Format::Fp16>(threadIdx.x * 8 + i);
    }
    b[0] = random_pair<Format::Fp16>(threadIdx.x * 8 + 4);
    b[1] = random_pair<Format::Fp16>(threadIdx.x * 8 + 5);
#pragma unroll
    for (int c = 0; c < 8; ++c) {
      d[c][0] = d[c][1] = d[c][2] = d[c][3] = static_cast<float>(c);  // equal chains could become one
      value[c] = static_cast<float>(threadIdx.x + c) * 0.01f;
    }
    factor = 0.1f + static_cast<float>(threadIdx.x) * 0.001f;  // 2^(v f + f) stays finite
  }

  __device__ void multiply(int times) {
#pragma unroll 2
    for (int i = 0; i < times; ++i) {
#pragma unroll
      for (int c = 0; c < 8; ++c) {
        mma<Format::Fp16>(d[c], a, b);
      }
    }
  }

  __device__ void exponentiate(int times) {
#pragma unroll 2
    for (int i = 0; i < times; ++i) {
#pragma unroll
      for (int c = 0; c < 8; ++c) {
        asm volatile("fma.rn.f32 %0, %0, %1, %1;" : "+f"(value[c]) : "f"(factor));
        asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(value[c]));
      }
    }
  }

  __device__ float sum() const {
    float total = 0;
#pragma unroll
    for (int c = 0; c < 8; ++c) {
      total += d[c][0] + d[c][1] + d[c][2] + d[c][3] + value[c];
    }
    return total;
  }
};

__global__ void __launch_bounds__(kThreads) alternate(int matmul, int softmax, unsigned resident, long long offset,
                                                      Gate* gates, float* sink, Span* spans, Stamp* stamps) {
  Work work;
  work.start();
  Stamp& stamp = stamps[blockIdx.x];
  if (threadIdx.x == 0) {
    stamp.place = pass_gate(gates, resident, offset);
  }
  begin_span(spans[blockIdx.x]);
#pragma unroll 1
  for (int round = 0; round < kRounds; ++round) {
    __syncthreads();  // as before the next tile of K
    if (threadIdx.x == 0) {
      stamp.begin[round] = read_clock();
    }
    work.multiply(matmul);
    work.exponentiate(softmax);
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * kThreads + threadIdx.x] = work.sum();
}

struct Run {
  std::vector<SpanSummary> summaries;
  std::vector<Span> spans;  ///< of the last launch
  std::vector<Stamp> stamps;
};

Run run(Context& context, int matmul, int softmax, int resident, double offset) {
  const int blocks = resident * context.card.multiProcessorCount;
  const int smem = limit_residency(context, reinterpret_cast<const void*>(alternate), resident);
  DeviceArray<Gate> gates(1024);
  DeviceArray<float> sink(static_cast<std::size_t>(blocks) * kThreads);
  DeviceArray<Stamp> stamps(blocks);
  Run result;
  result.spans.resize(blocks);
  result.summaries = time_spans(context.stream, 7, blocks, [&](Span* spans) {
    check(cudaMemsetAsync(gates.data(), 0, gates.bytes(), context.stream), "clearing gates");
    alternate<<<blocks, kThreads, smem, context.stream>>>(matmul, softmax, static_cast<unsigned>(resident),
                                                          static_cast<long long>(offset), gates.data(), sink.data(),
                                                          spans, stamps.data());
    check(cudaMemcpyAsync(result.spans.data(), spans, blocks * sizeof(Span), cudaMemcpyDeviceToHost, context.stream),
          "copying spans");
  });
  result.stamps = stamps.download();
  return result;
}

/// How far the second block of each SM is behind the first in this round, as part of a period.
std::vector<double> lags(const Run& run, int round, double period) {
  std::map<unsigned, long long> first, second;
  for (std::size_t i = 0; i < run.spans.size(); ++i) {
    (run.stamps[i].place == 0 ? first : second)[run.spans[i].sm] = run.stamps[i].begin[round];
  }
  std::vector<double> parts;
  for (const auto& [sm, begin] : first) {
    parts.push_back(static_cast<double>(second.at(sm) - begin) / period);
  }
  return parts;
}

const char* const kConditions =
    ", one block of 4 warps each; a round is a barrier, 256 mma.sync a warp, then fma and exp2 of 8 values in turn; "
    "128 "
    "rounds";

double measure_alone(Context& context, const std::string& name, const std::string& text, int matmul, int softmax) {
  const Run alone = run(context, matmul, softmax, 1, 0);
  Result result = clocks_per({name, text, "clocks", kConditions, {{"exp_per_thread", 8.0 * softmax}}, {}},
                             {context.card.multiProcessorCount, kThreads}, alone.summaries, kRounds);
  const double clocks = median(result.samples);
  context.record(std::move(result));
  return clocks;
}

void measure_together(Context& context, int resident, int softmax, double alone, double percent, bool apart) {
  const double offset = apart ? alone / resident : 0;
  const Run together = run(context, kMatmul, softmax, resident, offset);
  const std::vector<std::pair<std::string, double>> at = {{"blocks_per_sm", static_cast<double>(resident)},
                                                          {"softmax_percent_of_matmul", percent},
                                                          {"start_offset_clocks", offset}};
  Result period =
      clocks_per({"phases.period", "clocks of a round of every block of the SM", "clocks", kConditions, at, {}},
                 {resident * context.card.multiProcessorCount, kThreads}, together.summaries, kRounds);
  const double clocks = median(period.samples);
  context.record(std::move(period));
  if (resident == 2 && softmax == kSoftmaxOfClock && !apart) {
    Result clock = {"phases.clock", "SM clock of two such blocks to an SM", "MHz", kConditions, {}, {}};
    for (const SpanSummary& summary : together.summaries) {
      clock.samples.push_back(summary.clock_mhz);
    }
    context.record(std::move(clock));
  }
  if (resident == 2) {
    for (int round : {0, 8, 32, kRounds - 1}) {
      auto here = at;
      here.emplace_back("round", round);
      context.record({"phases.lag", "the second block's round begins this much of a period after the first's",
                      "periods", "over SMs, last run", here, lags(together, round, clocks)});
    }
  }
}

}  // namespace

void measure_phases(Context& context) {
  const double matmul = measure_alone(context, "phases.matmul", "a round of matmul alone, one block", kMatmul, 0);
  for (int softmax : {6, 12, 24}) {
    const double exps = measure_alone(context, "phases.softmax", "a round of softmax alone, one block", 0, softmax);
    const double both =
        measure_alone(context, "phases.one_block", "a round of matmul and softmax, one block", kMatmul, softmax);
    for (int resident : {2, 3}) {
      measure_together(context, resident, softmax, both, 100 * exps / matmul, false);
      measure_together(context, resident, softmax, both, 100 * exps / matmul, true);
    }
  }
}

}  // namespace microbench
