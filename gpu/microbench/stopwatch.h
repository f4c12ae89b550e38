// Clocks inside kernels. The SM clock counts cycles; the global timer counts nanoseconds, coarsely.
#pragma once

#include "microbench/bench.h"

namespace microbench {

/// From the first to the last instruction of a block, as its thread 0 saw it.
struct Span {
  long long clock_begin, clock_end;
  unsigned long long ns_begin, ns_end;
  unsigned sm;

  double cycles() const { return static_cast<double>(clock_end - clock_begin); }
  double clock_mhz() const { return cycles() * 1e3 / static_cast<double>(ns_end - ns_begin); }
};

__device__ inline long long read_clock() {
  long long clock;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(clock)::"memory");
  return clock;
}

__device__ inline unsigned long long read_ns() {
  unsigned long long ns;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns)::"memory");
  return ns;
}

__device__ inline unsigned read_sm() {
  unsigned sm;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
  return sm;
}

/// Starts the block's stopwatch once all its threads have come. The second barrier holds the others back until thread 0
/// has read the clock; it costs the span about one barrier.
__device__ inline void begin_span(Span& span) {
  __syncthreads();
  if (threadIdx.x == 0) {
    span.sm = read_sm();
    span.ns_begin = read_ns();
    span.clock_begin = read_clock();
  }
  __syncthreads();
}

__device__ inline void end_span(Span& span) {
  __syncthreads();
  if (threadIdx.x == 0) {
    span.clock_end = read_clock();
    span.ns_end = read_ns();
  }
}

/// One launch's spans: the median block stands for all.
struct SpanSummary {
  double cycles, clock_mhz;
};
SpanSummary summarize(const std::vector<Span>& spans);

/// Runs `launch(spans)` `runs` times after one warm-up and gives each run's summary. `blocks` spans are written.
std::vector<SpanSummary> time_spans(cudaStream_t stream, int runs, int blocks,
                                    const std::function<void(Span*)>& launch);

/// "n blocks of m threads, SM clock 1980 MHz".
std::string span_conditions(int blocks, int threads, const std::vector<SpanSummary>& summaries);

/// How a kernel was started.
struct Shape {
  int blocks, threads;
};

/// The result with its samples, `amount` per clock, and with shape and clock before its conditions.
Result per_clock(Result result, Shape shape, const std::vector<SpanSummary>& summaries, double amount);

/// The same in clocks for each of `count` things.
Result clocks_per(Result result, Shape shape, const std::vector<SpanSummary>& summaries, double count);

}  // namespace microbench
