// SMEM: bytes per SM clock, and what bank conflicts cost.
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kThreads = 1024;
constexpr int kLoads = 1024;  // per thread
constexpr int kWords = 8192;  // 32 KiB

/// Every thread loads one word again and again; lanes are `stride` words apart: stride ways of conflict.
__global__ void __launch_bounds__(kThreads) load_words(int stride, unsigned* sink, Span* spans) {
  __shared__ unsigned words[kWords];
  for (int i = threadIdx.x; i < kWords; i += kThreads) {
    words[i] = i;
  }
  const auto address =
      static_cast<unsigned>(__cvta_generic_to_shared(words + (threadIdx.x % 32 * stride + threadIdx.x / 32) % kWords));
  unsigned sum = 0;
  begin_span(spans[blockIdx.x]);
#pragma unroll 32
  for (int i = 0; i < kLoads; ++i) {
    unsigned value;
    asm volatile("ld.volatile.shared.u32 %0, [%1];" : "=r"(value) : "r"(address));
    sum ^= value;
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * kThreads + threadIdx.x] = sum;
}

__global__ void __launch_bounds__(kThreads) load_vectors(unsigned* sink, Span* spans) {
  __shared__ uint4 vectors[kThreads];
  vectors[threadIdx.x] = make_uint4(threadIdx.x, 1, 2, 3);
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(vectors + threadIdx.x));
  unsigned sum = 0;
  begin_span(spans[blockIdx.x]);
#pragma unroll 16
  for (int i = 0; i < kLoads; ++i) {
    uint4 v;
    asm volatile("ld.volatile.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
                 : "r"(address));
    sum ^= v.x ^ v.y ^ v.z ^ v.w;
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * kThreads + threadIdx.x] = sum;
}

Result per_clock(Result result, const std::vector<SpanSummary>& summaries, int blocks, double amount) {
  result.conditions = span_conditions(blocks, kThreads, summaries);
  for (const SpanSummary& summary : summaries) {
    result.samples.push_back(amount / summary.cycles);
  }
  return result;
}

}  // namespace

void measure_smem(Context& context) {
  const int blocks = context.card.multiProcessorCount;
  DeviceArray<unsigned> sink(std::size_t{kThreads} * blocks);
  const double words = double{kThreads} * kLoads;
  context.record(per_clock(
      {"smem.read_vector", "SMEM read bandwidth per SM, 16-byte loads", "bytes/clock", "", {}, {}},
      time_spans(context.stream, 15, blocks,
                 [&](Span* spans) { load_vectors<<<blocks, kThreads, 0, context.stream>>>(sink.data(), spans); }),
      blocks, words * 16));
  for (int ways : {1, 2, 4, 8, 16, 32}) {
    context.record(per_clock(
        {"smem.read_conflict",
         "SMEM read bandwidth per SM, 4-byte loads, with bank conflicts",
         "bytes/clock",
         "",
         {{"ways", static_cast<double>(ways)}},
         {}},
        time_spans(context.stream, 15, blocks,
                   [&](Span* spans) { load_words<<<blocks, kThreads, 0, context.stream>>>(ways, sink.data(), spans); }),
        blocks, words * 4));
  }
}

}  // namespace microbench
