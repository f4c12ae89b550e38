// Change of blocks on an SM, which SM gets which block, and the change of kernels behind real blocks.
#include <algorithm>
#include <cstdio>
#include <map>

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

/// A block that does nothing, for `life` clocks.
__global__ void pass_through(long long life) {
  if (life > 0) {
    const long long begin = read_clock();
    while (read_clock() - begin < life) {
    }
  }
}

/// A block of `life` clocks that really has `Live` registers per thread and more. Its clock starts with its first
/// instruction, not with a barrier.
template <int Live, int MostThreads>
__global__ void __launch_bounds__(MostThreads, 1) live(long long life, unsigned seed, unsigned* sink, Span* spans) {
  const long long begin = read_clock();
  const unsigned long long ns_begin = read_ns();
  unsigned kept[Live];
#pragma unroll
  for (int i = 0; i < Live; ++i) {
    kept[i] = seed * (i + 1);
    asm volatile("" : "+r"(kept[i]));
  }
  while (read_clock() - begin < life) {
  }
  unsigned sum = 0;
#pragma unroll
  for (int i = 0; i < Live; ++i) {
    asm volatile("" : "+r"(kept[i]));
    sum ^= kept[i];
  }
  if (sum == 0x12345678u) {
    *sink = sum;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    const unsigned long long ns_end = read_ns();
    spans[blockIdx.x] = {begin, read_clock(), ns_begin, ns_end, read_sm()};
  }
}

using Kernel = void (*)(long long, unsigned, unsigned*, Span*);

struct Case {
  Kernel kernel;
  int threads;
  int smem;
  int resident;  ///< blocks to an SM
  int registers;
};

Case make_case(Kernel kernel, int threads, int smem) {
  const auto* function = reinterpret_cast<const void*>(kernel);
  cudaFuncAttributes attributes{};
  check(cudaFuncGetAttributes(&attributes, function), "asking for a kernel's size");
  check(cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, smem), "asking for SMEM");
  check(cudaFuncSetAttribute(function, cudaFuncAttributePreferredSharedMemoryCarveout, 100), "asking for SMEM");
  return {kernel, threads, smem, resident_blocks(function, threads, smem), attributes.numRegs};
}

std::vector<Span> run(Context& context, const Case& c, int blocks, long long life) {
  DeviceArray<Span> spans(blocks);
  DeviceArray<unsigned> sink(1);
  for (int i = 0; i < 2; ++i) {  // the first is warm-up
    c.kernel<<<blocks, c.threads, c.smem, context.stream>>>(life, 7, sink.data(), spans.data());
    check(cudaGetLastError(), "starting blocks");
  }
  check(cudaStreamSynchronize(context.stream), "running blocks");
  return spans.download();
}

/// For each block but an SM's first `resident`: its begin less the end of the block whose place it takes, which is the
/// one that ended first of those whose places are free.
std::vector<double> gaps(const std::vector<Span>& spans, int resident) {
  std::map<unsigned, std::vector<Span>> by_sm;
  for (const Span& span : spans) {
    by_sm[span.sm].push_back(span);
  }
  std::vector<double> all;
  for (auto& [sm, blocks] : by_sm) {
    std::vector<long long> ends;
    for (const Span& block : blocks) {
      ends.push_back(block.clock_end);
    }
    std::sort(ends.begin(), ends.end());
    std::sort(blocks.begin(), blocks.end(), [](const Span& a, const Span& b) { return a.clock_begin < b.clock_begin; });
    for (std::size_t i = resident; i < blocks.size(); ++i) {
      all.push_back(static_cast<double>(blocks[i].clock_begin - ends[i - resident]));
    }
  }
  return all;
}

std::vector<std::pair<std::string, double>> point(const Case& c, long long life) {
  return {{"blocks_per_sm", static_cast<double>(c.resident)},
          {"smem_bytes", static_cast<double>(c.smem)},
          {"registers", static_cast<double>(c.registers)},
          {"threads", static_cast<double>(c.threads)},
          {"life_clocks", static_cast<double>(life)}};
}

void measure_gaps(Context& context, const Case& c, long long life) {
  const int blocks = 16 * c.resident * context.card.multiProcessorCount;
  context.record({"turnover.gap", "from a block's last instruction to the first of the one that takes its place",
                  "clocks",
                  "16 blocks in turn for each place on the card, all of one life, thread 0 stores 40 bytes at the end",
                  point(c, life), gaps(run(context, c, blocks, life), c.resident)});
}

/// The SM of each block of the first wave; one line on the terminal for all of them.
void measure_placement(Context& context, const Case& c) {
  const int blocks = c.resident * context.card.multiProcessorCount;
  const std::vector<Span> spans = run(context, c, blocks, 20000);
  std::fprintf(stderr, "turnover.placement, %d blocks per SM:", c.resident);
  for (int block = 0; block < blocks; ++block) {
    std::fprintf(stderr, " %u", spans[block].sm);
    context.results.push_back(
        {"turnover.placement",
         "number of the SM (%smid) that gets this block",
         "SM",
         "first wave, an empty card",
         {{"blocks_per_sm", static_cast<double>(c.resident)}, {"block", static_cast<double>(block)}},
         {static_cast<double>(spans[block].sm)}});
  }
  std::fprintf(stderr, "\n");
}

/// From the end of a kernel's last block to the first block of the next kernel in the stream.
void measure_next_kernel(Context& context, const Case& c, int waves) {
  constexpr long long kLife = 20000;
  const int blocks = waves * c.resident * context.card.multiProcessorCount;
  DeviceArray<Span> first(blocks), second(blocks);
  DeviceArray<unsigned> sink(1);
  std::vector<double> us;
  for (int i = 0; i < 20; ++i) {
    queue_delay(context.stream, 200);
    c.kernel<<<blocks, c.threads, c.smem, context.stream>>>(kLife, 7, sink.data(), first.data());
    c.kernel<<<blocks, c.threads, c.smem, context.stream>>>(kLife, 7, sink.data(), second.data());
    check(cudaStreamSynchronize(context.stream), "running two kernels");
    unsigned long long end = 0, begin = ~0ull;
    for (const Span& span : first.download()) {
      end = std::max(end, span.ns_end);
    }
    for (const Span& span : second.download()) {
      begin = std::min(begin, span.ns_begin);
    }
    us.push_back(static_cast<double>(static_cast<long long>(begin - end)) * 1e-3);
  }
  auto at = point(c, kLife);
  at.emplace_back("waves", waves);
  context.record({"turnover.next_kernel", "from a kernel's last block's end to the next kernel's first instruction",
                  "us", "two kernels in a stream, host ahead, global timer", at, us});
}

/// How fast a grid of very many blocks is dealt.
void measure_rate(Context& context, int threads, long long life) {
  constexpr int kBlocks = 1 << 20;
  const auto ms =
      time_launches(context.stream, 7, [&] { pass_through<<<kBlocks, threads, 0, context.stream>>>(life); });
  const std::vector<std::pair<std::string, double>> at = {{"threads", static_cast<double>(threads)},
                                                          {"life_clocks", static_cast<double>(life)}};
  const char* const conditions = "one grid of 2^20 blocks, no SMEM, few registers, by events";
  Result card = {
      "turnover.rate", "blocks that begin and end in a microsecond, the whole card", "1/us", conditions, at, {}};
  Result sm = {"turnover.rate_per_sm", "the same by the number of SMs", "1/us", conditions, at, {}};
  for (double m : ms) {
    card.samples.push_back(kBlocks / (m * 1e3));
    sm.samples.push_back(kBlocks / (m * 1e3) / context.card.multiProcessorCount);
  }
  context.record(std::move(card));
  context.record(std::move(sm));
}

}  // namespace

void measure_turnover(Context& context) {
  const Kernel fewer = live<112, 512>, most = live<241, 256>;
  for (const auto& [kernel, one_block] : {std::pair{fewer, 512}, std::pair{most, 256}}) {
    for (int resident : {1, 2}) {
      for (int smem : {0, 48 << 10, 96 << 10}) {
        measure_gaps(context, make_case(kernel, one_block / resident, smem), 2000);
      }
    }
  }
  const Case one = make_case(most, 256, 96 << 10);
  const Case two = make_case(most, 128, 96 << 10);
  measure_gaps(context, one, 20000);
  measure_gaps(context, two, 20000);
  measure_placement(context, one);
  measure_placement(context, two);
  measure_next_kernel(context, one, 1);
  measure_next_kernel(context, two, 1);
  measure_next_kernel(context, two, 4);
  for (long long life : {0, 1000}) {
    for (int threads : {32, 128, 256}) {
      measure_rate(context, threads, life);
    }
  }
}

}  // namespace microbench
