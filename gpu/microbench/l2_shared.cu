// L2: what SMs get that read the same tiles at the same time, and what it takes in of stores.
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kThreads = 1024;
constexpr int kLoads = 4;
constexpr unsigned kTile = kThreads * kLoads;  // elements of 16 bytes: 64 KiB
constexpr unsigned kTilesInSet = 384;          // 24 MiB
constexpr int kTiles = 1024;                   // that a block reads
constexpr double kBytes = double{kTiles} * kTile * 16;

/// All blocks are on the card at once: each waits until all have come.
__device__ void wait_for_all(unsigned* arrived) {
  if (threadIdx.x == 0) {
    atomicAdd(arrived, 1u);
    while (*static_cast<volatile unsigned*>(arrived) < gridDim.x) {
    }
  }
  __syncthreads();
}

/// Blocks in groups of `group`: those of one read the same sequence of tiles, groups begin `stride` tiles apart.
__global__ void __launch_bounds__(kThreads)
    read_in_groups(const uint4* data, unsigned group, unsigned stride, unsigned* arrived, unsigned* sink, Span* spans) {
  const unsigned first = blockIdx.x / group * stride;
  unsigned sum = 0;
  wait_for_all(arrived);
  begin_span(spans[blockIdx.x]);
  for (unsigned t = 0; t < kTiles; ++t) {
    const uint4* mine = data + std::size_t{(first + t) % kTilesInSet} * kTile + threadIdx.x;
    uint4 loaded[kLoads];
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      loaded[i] = __ldcg(mine + i * kThreads);
    }
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      sum ^= loaded[i].x ^ loaded[i].y ^ loaded[i].z ^ loaded[i].w;
    }
  }
  if (sum == 0x12345678u) {
    *sink = sum;
  }
  end_span(spans[blockIdx.x]);
}

/// Each block writes its two tiles in turn, again and again.
__global__ void __launch_bounds__(kThreads) write_again(uint4* data, unsigned* arrived, Span* spans) {
  uint4* tiles = data + std::size_t{blockIdx.x} * 2 * kTile + threadIdx.x;
  wait_for_all(arrived);
  begin_span(spans[blockIdx.x]);
  for (unsigned t = 0; t < kTiles / 4; ++t) {
    uint4* mine = tiles + t % 2 * kTile;
    const unsigned value = (t * 1024 + threadIdx.x) * 2654435761u;
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      __stcg(mine + i * kThreads, make_uint4(value, value ^ 0x9e3779b9u, ~value, value * 5 + i));
    }
  }
  __threadfence();  // until the L2 has them
  end_span(spans[blockIdx.x]);
}

class Reader {
 public:
  explicit Reader(Context& context)
      : context_(context), data_(std::size_t{kTilesInSet} * kTile), arrived_(1), sink_(1) {
    fill_random(context.stream, data_.data(), data_.bytes());
    smem_ = limit_residency(context, reinterpret_cast<const void*>(read_in_groups), 1);
  }

  void measure(const std::string& name, const std::string& text, int blocks, unsigned group) {
    const unsigned groups = (blocks + group - 1) / group;
    read_through(context_.stream, data_.data(), data_.bytes());
    const auto summaries = time_spans(context_.stream, 7, blocks, [&](Span* spans) {
      check(cudaMemsetAsync(arrived_.data(), 0, 4, context_.stream), "clearing a counter");
      read_in_groups<<<blocks, kThreads, smem_, context_.stream>>>(data_.data(), group, kTilesInSet / groups,
                                                                   arrived_.data(), sink_.data(), spans);
    });
    Result result{name,
                  text + ", per SM",
                  "bytes/clock",
                  ", one block to an SM, started together, tiles of 64 KiB out of 24 MiB, past L1",
                  {{"sms", static_cast<double>(blocks)}, {"group", static_cast<double>(group)}},
                  {}};
    Result all = result;
    all.name += "_all";
    all.measures = text + ", all together";
    context_.record(per_clock(std::move(result), {blocks, kThreads}, summaries, kBytes));
    context_.record(per_clock(std::move(all), {blocks, kThreads}, summaries, kBytes * blocks));
  }

 private:
  Context& context_;
  DeviceArray<uint4> data_;
  DeviceArray<unsigned> arrived_, sink_;
  int smem_ = 0;
};

void measure_writes(Context& context) {
  const int sms = context.card.multiProcessorCount;
  const int smem = limit_residency(context, reinterpret_cast<const void*>(write_again), 1);
  DeviceArray<uint4> data(std::size_t{2} * kTile * sms);
  DeviceArray<unsigned> arrived(1);
  for (int blocks : {1, 4, 16, 66, sms}) {
    const auto summaries = time_spans(context.stream, 7, blocks, [&](Span* spans) {
      check(cudaMemsetAsync(arrived.data(), 0, 4, context.stream), "clearing a counter");
      write_again<<<blocks, kThreads, smem, context.stream>>>(data.data(), arrived.data(), spans);
    });
    context.record(per_clock({"l2_shared.write",
                              "16-byte stores into lines that lie in the L2, per SM",
                              "bytes/clock",
                              ", one block to an SM that writes its own 128 KiB again and again, fence at the end",
                              {{"sms", static_cast<double>(blocks)}},
                              {}},
                             {blocks, kThreads}, summaries, kBytes / 4));
  }
}

}  // namespace

void measure_l2_shared(Context& context) {
  const int sms = context.card.multiProcessorCount;
  Reader reader(context);
  for (int active : {1, 2, 4, 8, 16, 66, sms}) {
    reader.measure("l2_shared.same", "L2 reads of some SMs that read the same tiles", active, active);
    reader.measure("l2_shared.distinct", "L2 reads of some SMs that read different tiles", active, 1);
  }
  for (unsigned group : {1u, 2u, 4u, 8u, 16u, 33u, 66u, 132u}) {
    reader.measure("l2_shared.groups", "L2 reads of all SMs, in groups that read the same tiles", sms, group);
  }
  measure_writes(context);
}

}  // namespace microbench
