// mma.sync m16n8k16 with fp32 accumulation, operands in registers: rate, latency, and the clock it sustains.
#include <chrono>

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr double kFlops = 2.0 * 16 * 8 * 16;
constexpr int kRounds = 256;

enum class Format { Fp16, Bf16 };

template <Format F>
__device__ void mma(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  if constexpr (F == Format::Fp16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
}

/// Two numbers of magnitude 1/2 to 2 in the format, random signs and mantissas: power as with real data.
template <Format F>
__device__ unsigned random_pair(unsigned seed) {
  unsigned h = seed * 2654435761u;
  h = (h ^ (h >> 15)) * 2246822519u;
  h ^= h >> 13;
  return F == Format::Fp16 ? (h & 0x87ff87ffu) | 0x38003800u : (h & 0x80ff80ffu) | 0x3f003f00u;
}

template <Format F, int Chains>
__global__ void multiply(int rounds, float* sink, Span* spans) {
  unsigned a[Chains][4], b[Chains][2];
  float d[Chains][4] = {};
#pragma unroll
  for (int c = 0; c < Chains; ++c) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      a[c][i] = random_pair<F>((threadIdx.x * Chains + c) * 8 + i);
    }
    b[c][0] = random_pair<F>((threadIdx.x * Chains + c) * 8 + 5);
    b[c][1] = random_pair<F>((threadIdx.x * Chains + c) * 8 + 6);
  }
  begin_span(spans[blockIdx.x]);
#pragma unroll 16
  for (int round = 0; round < rounds; ++round) {
#pragma unroll
    for (int c = 0; c < Chains; ++c) {
      mma<F>(d[c], a[c], b[c]);
    }
  }
  end_span(spans[blockIdx.x]);
  float sum = 0;
#pragma unroll
  for (int c = 0; c < Chains; ++c) {
    sum += d[c][0] + d[c][1] + d[c][2] + d[c][3];
  }
  sink[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

/// A chain in which each result is the next one's A: until a result can be read.
template <Format F>
__global__ void multiply_results(int rounds, float* sink, Span* spans) {
  const unsigned b[2] = {random_pair<F>(threadIdx.x * 2), random_pair<F>(threadIdx.x * 2 + 1)};
  float d[4] = {1, 2, 3, 4};
  begin_span(spans[blockIdx.x]);
#pragma unroll 16
  for (int round = 0; round < rounds; ++round) {
    const unsigned a[4] = {__float_as_uint(d[0]), __float_as_uint(d[1]), __float_as_uint(d[2]), __float_as_uint(d[3])};
    mma<F>(d, a, b);
  }
  end_span(spans[blockIdx.x]);
  sink[threadIdx.x] = d[0] + d[1] + d[2] + d[3];
}

void measure_latency(Context& context, const std::string& name, const std::string& measures,
                     const std::function<void(Span*)>& launch) {
  const auto summaries = time_spans(context.stream, 15, 1, launch);
  Result latency{name, measures, "clocks", span_conditions(1, 32, summaries) + ", one chain", {}, {}};
  for (const SpanSummary& summary : summaries) {
    latency.samples.push_back(summary.cycles / kRounds);
  }
  context.record(std::move(latency));
}

template <Format F>
void measure_format(Context& context, const std::string& format, DeviceArray<float>& sink) {
  constexpr int kChains = 4;
  const int blocks = context.card.multiProcessorCount;
  for (int threads : {128, 256, 512}) {
    const auto summaries = time_spans(context.stream, 15, blocks, [&](Span* spans) {
      multiply<F, kChains><<<blocks, threads, 0, context.stream>>>(kRounds, sink.data(), spans);
    });
    Result rate{"mma." + format,
                "mma.sync m16n8k16 from registers, fp32 accumulation, per SM",
                "FLOP/clock",
                span_conditions(blocks, threads, summaries) + ", 4 chains per warp, random data",
                {{"threads", static_cast<double>(threads)}},
                {}};
    for (const SpanSummary& summary : summaries) {
      rate.samples.push_back(kFlops * kRounds * kChains * threads / 32 / summary.cycles);
    }
    context.record(std::move(rate));
  }
  measure_latency(context, "mma." + format + "_latency_add", "mma.sync m16n8k16: to the next that adds to its result",
                  [&](Span* spans) { multiply<F, 1><<<1, 32, 0, context.stream>>>(kRounds, sink.data(), spans); });
  measure_latency(context, "mma." + format + "_latency_read",
                  "mma.sync m16n8k16: to the next that reads its result as A",
                  [&](Span* spans) { multiply_results<F><<<1, 32, 0, context.stream>>>(kRounds, sink.data(), spans); });
}

/// The SM clock after two seconds of nothing but mma.sync on all SMs.
void measure_sustained_clock(Context& context, DeviceArray<float>& sink) {
  constexpr int kThreads = 256;
  const int blocks = context.card.multiProcessorCount;
  DeviceArray<Span> spans(blocks);
  Result clock{"clock.mma_sync",
               "SM clock under mma.sync on all SMs, back to back",
               "MHz",
               "last second of two, 256 threads per SM, fp16, random data, operands in registers",
               {},
               {}};
  const auto begin = std::chrono::steady_clock::now();
  double seconds = 0;
  while (seconds < 2) {
    for (int i = 0; i < 8; ++i) {
      multiply<Format::Fp16, 4><<<blocks, kThreads, 0, context.stream>>>(100000, sink.data(), spans.data());
    }
    check(cudaStreamSynchronize(context.stream), "running mma.sync");
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (seconds > 1) {
      clock.samples.push_back(summarize(spans.download()).clock_mhz);
    }
  }
  context.record(std::move(clock));
}

}  // namespace

void measure_mma(Context& context) {
  DeviceArray<float> sink(std::size_t{512} * context.card.multiProcessorCount);
  measure_format<Format::Fp16>(context, "fp16", sink);
  measure_format<Format::Bf16>(context, "bf16", sink);
  measure_sustained_clock(context, sink);
}

}  // namespace microbench
