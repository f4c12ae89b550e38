// Latencies by pointer chase: one thread, each load's address is the value of the load before.
#include <algorithm>

#include "microbench/chain.h"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kRuns = 15;
constexpr int kSteps = 4096;

/// `warm` steps first, unmeasured.
template <Path P>
__global__ void chase(Address start, int warm, int steps, Address* end, Span* span) {
  Address at = start;
#pragma unroll 1
  for (int i = 0; i < warm; ++i) {
    step<P>(at);
  }
  *end = at;  // waits for the last warm step
  begin_span(*span);
#pragma unroll 32
  for (int i = 0; i < steps; ++i) {
    step<P>(at);
  }
  *end = at;
  end_span(*span);
}

/// In SMEM every word holds the byte address of the next.
__global__ void chase_smem(int steps, unsigned* end, Span* span) {
  __shared__ unsigned words[1024];
  const auto base = static_cast<unsigned>(__cvta_generic_to_shared(words));
  for (int i = 0; i < 1024; ++i) {
    words[i] = base + 4 * ((i + 33) % 1024);
  }
  unsigned at = base;
  begin_span(*span);
#pragma unroll 8
  for (int i = 0; i < steps; ++i) {
    asm volatile("ld.volatile.shared.u32 %0, [%0];" : "+r"(at)::"memory");
  }
  *end = at;
  end_span(*span);
}

/// One warp; each lane's row of 16 bytes holds the address that the lane of its result loads next: again its own.
__global__ void chase_ldmatrix(int steps, unsigned* end, Span* span) {
  __shared__ __align__(128) unsigned words[32 * 4];
  const auto base = static_cast<unsigned>(__cvta_generic_to_shared(words));
  for (int i = static_cast<int>(threadIdx.x); i < 32 * 4; i += 32) {
    words[i] = base + 16 * (i % 32);  // lane t gets word t of the first matrix
  }
  unsigned at = base + 16 * threadIdx.x, others = 0;
  begin_span(*span);
#pragma unroll 32
  for (int i = 0; i < steps; ++i) {
    unsigned m[3];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%0];"
                 : "+r"(at), "=r"(m[0]), "=r"(m[1]), "=r"(m[2])::"memory");
    others = m[0] ^ m[1] ^ m[2];  // the last step's: all steps' would be three instructions more
  }
  end[threadIdx.x] = at ^ others;
  end_span(*span);
}

/// Every thread stores what it loaded last and loads it again: its own word, past no barrier.
__global__ void store_and_load(int steps, unsigned* end, Span* span) {
  __shared__ unsigned words[32];
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(words + threadIdx.x));
  unsigned value = threadIdx.x;
  begin_span(*span);
#pragma unroll 32
  for (int i = 0; i < steps; ++i) {
    asm volatile("st.volatile.shared.u32 [%0], %1;" ::"r"(address), "r"(value) : "memory");
    asm volatile("ld.volatile.shared.u32 %0, [%1];" : "=r"(value) : "r"(address) : "memory");
  }
  end[threadIdx.x] = value;
  end_span(*span);
}

/// The word that the next warp has stored. Two buffers by turns: nobody overwrites what is still to be read.
__global__ void __launch_bounds__(128) store_sync_load(int steps, unsigned* end, Span* span) {
  __shared__ unsigned words[2][128];
  const auto base = static_cast<unsigned>(__cvta_generic_to_shared(words));
  const unsigned mine = base + 4 * threadIdx.x, others = base + 4 * ((threadIdx.x + 32) % 128);
  unsigned value = threadIdx.x;
  begin_span(*span);
#pragma unroll 16
  for (int i = 0; i < steps; ++i) {
    const unsigned buffer = i % 2 * 512;
    asm volatile("st.volatile.shared.u32 [%0], %1;" ::"r"(mine + buffer), "r"(value) : "memory");
    __syncthreads();
    asm volatile("ld.volatile.shared.u32 %0, [%1];" : "=r"(value) : "r"(others + buffer) : "memory");
  }
  end[threadIdx.x] = value;
  end_span(*span);
}

/// The block on SM `sm` walks all lines once and notes each load's clocks; the others do nothing.
__global__ void time_each_line(unsigned sm, const Address* chain, int lines, unsigned* clocks) {
  __shared__ volatile Address arrived;
  if (read_sm() != sm) {
    return;
  }
  auto at = reinterpret_cast<Address>(chain);
  for (int i = 0; i < lines; ++i) {
    const long long begin = read_clock();
    step<Path::L2>(at);
    arrived = at;  // a store waits for its value, and the clock is read after it
    clocks[i] = static_cast<unsigned>(read_clock() - begin);
  }
}

void record_steps(Context& context, Result result, const std::vector<SpanSummary>& summaries, int steps,
                  int threads = 1) {
  result.conditions += ", " + span_conditions(1, threads, summaries);
  Result in_ns = result;
  in_ns.name += "_ns";
  in_ns.unit = "ns";
  for (const SpanSummary& summary : summaries) {
    result.samples.push_back(summary.cycles / steps);
    in_ns.samples.push_back(summary.cycles / steps / summary.clock_mhz * 1e3);
  }
  context.record(std::move(result));
  context.record(std::move(in_ns));
}

/// Latency over a random walk of `bytes`. What fits the L2 is read before; what doesn't is flushed out by reading.
void measure_footprint(Context& context, std::size_t bytes, DeviceArray<uint4>& flush) {
  Chain chain(bytes);
  const bool cold = bytes > static_cast<std::size_t>(context.card.l2CacheSize);
  DeviceArray<Address> end(1);
  int run = 0;
  const auto summaries = time_spans(context.stream, kRuns, 1, [&](Span* span) {
    if (cold) {
      read_through(context.stream, flush.data(), flush.bytes());
    } else {
      read_through(context.stream, chain.words.data(), bytes);
    }
    const std::size_t first = static_cast<std::size_t>(run++) * kSteps % chain.order.size();
    chase<Path::L2><<<1, 1, 0, context.stream>>>(chain.line(chain.order[first]), 0, kSteps, end.data(), span);
  });
  record_steps(context,
               {"latency.footprint",
                "load latency past L1 on a random walk over this many bytes",
                "clocks",
                cold ? "L2 flushed by reading, each run walks new lines" : "footprint read into the L2 before",
                {{"bytes", static_cast<double>(bytes)}},
                {}},
               summaries, kSteps);
}

/// The clocks of each line, walked once by one SM.
std::vector<double> walk_lines(Context& context, int sm, Chain& chain, DeviceArray<unsigned>& clocks, int smem) {
  time_each_line<<<context.card.multiProcessorCount, 1, smem, context.stream>>>(
      sm, chain.words.data(), static_cast<int>(clocks.size()), clocks.data());
  check(cudaStreamSynchronize(context.stream), "measuring lines one by one");
  const std::vector<unsigned> measured = clocks.download();
  return {measured.begin(), measured.end()};
}

/// An SM's first load of a line that another unit has just written: the line lies in its home half of the L2 only,
/// near or far. What is read again is near: each half keeps copies of the other's lines.
void measure_near_and_far(Context& context) {
  constexpr int kLines = 256;
  const int sms = context.card.multiProcessorCount;
  const int smem = static_cast<int>(context.card.sharedMemPerBlockOptin) - 1024;  // one block to an SM
  check(cudaFuncSetAttribute(time_each_line, cudaFuncAttributeMaxDynamicSharedMemorySize, smem), "asking for SMEM");
  Chain chain(kLines * kLine);
  const std::vector<Address> original = chain.words.download();
  DeviceArray<Address> source(original.size());
  source.upload(original);
  DeviceArray<unsigned> clocks(kLines);
  std::vector<double> first, again, near, far;
  for (int sm = 0; sm < sms; ++sm) {
    std::vector<double> least(kLines, 1e9);
    for (int run = 0; run < 3; ++run) {
      check(
          cudaMemcpyAsync(chain.words.data(), source.data(), source.bytes(), cudaMemcpyDeviceToDevice, context.stream),
          "writing lines");
      const std::vector<double> measured = walk_lines(context, sm, chain, clocks, smem);
      for (int i = 0; i < kLines; ++i) {
        least[i] = std::min(least[i], measured[i]);
      }
    }
    first.insert(first.end(), least.begin(), least.end());
    near.push_back(quantile(least, 0.25));
    far.push_back(quantile(least, 0.75));
    const std::vector<double> measured = walk_lines(context, sm, chain, clocks, smem);
    again.insert(again.end(), measured.begin(), measured.end());
  }
  const std::string conditions =
      "256 lines of 128 bytes, one thread on one SM, each load timed alone with two clock reads";
  const std::string written = conditions + ", just written by a copy, least of 3 walks";
  context.record({"latency.l2_first",
                  "first load of a line that lies in L2, over all lines and SMs",
                  "clocks",
                  written,
                  {},
                  first});
  context.record({"latency.l2_near", "lower quartile of an SM's first loads, over SMs", "clocks", written, {}, near});
  context.record({"latency.l2_far", "upper quartile of an SM's first loads, over SMs", "clocks", written, {}, far});
  context.record(
      {"latency.l2_again", "second load of a line, over all lines and SMs", "clocks", conditions, {}, again});
}

void measure_round_trips(Context& context) {
  DeviceArray<unsigned> sink(128);
  const auto measure = [&](void (*kernel)(int, unsigned*, Span*), int threads, Result result) {
    const auto summaries = time_spans(context.stream, kRuns, 1, [&](Span* span) {
      kernel<<<1, threads, 0, context.stream>>>(kSteps, sink.data(), span);
    });
    record_steps(context, std::move(result), summaries, kSteps, threads);
  };
  measure(chase_ldmatrix, 32,
          {"latency.ldmatrix", "ldmatrix.x4 latency", "clocks", "each address is loaded by the one before", {}, {}});
  measure(store_and_load, 32,
          {"latency.smem_store_load",
           "SMEM store, load of the same word by the same thread",
           "clocks",
           "each store's value is that of the load before",
           {},
           {}});
  measure(store_sync_load, 128,
          {"latency.store_sync_load",
           "SMEM store, __syncthreads, load of another warp's word",
           "clocks",
           "each store's value is that of the load before",
           {},
           {}});
}

}  // namespace

void measure_latency(Context& context) {
  DeviceArray<unsigned> sink(1);
  record_steps(context, {"latency.smem", "SMEM load latency", "clocks", "dependent 32-bit loads, no conflict", {}, {}},
               time_spans(context.stream, kRuns, 1,
                          [&](Span* span) { chase_smem<<<1, 1, 0, context.stream>>>(kSteps, sink.data(), span); }),
               kSteps);
  measure_round_trips(context);

  Chain small(std::size_t{16} << 10);
  DeviceArray<Address> last(1);
  record_steps(context, {"latency.l1", "L1 hit latency", "clocks", "random walk over 16 KiB, walked before", {}, {}},
               time_spans(context.stream, kRuns, 1,
                          [&](Span* span) {
                            chase<Path::L1><<<1, 1, 0, context.stream>>>(small.line(0), 512, kSteps, last.data(), span);
                          }),
               kSteps);
  measure_near_and_far(context);

  DeviceArray<uint4> flush((std::size_t{512} << 20) / sizeof(uint4));
  fill_random(context.stream, flush.data(), flush.bytes());
  for (std::size_t mib : {1, 4, 16, 24, 32, 48, 128, 512, 1024}) {
    measure_footprint(context, mib << 20, flush);
  }
}

}  // namespace microbench
