// cp.async (16 bytes a thread, past L1 into SMEM): latency of a tile, cost of issuing, rate with tiles in flight.
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kThreads = 128;
constexpr int kTile = 16384;                       // bytes: 64 rows of 128 16-bit numbers
constexpr int kPerThread = kTile / 16 / kThreads;  // copies

__device__ void copy_16(unsigned to, const unsigned char* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}
__device__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int Pending>
__device__ void wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

__device__ void copy_tile(unsigned to, const unsigned char* from) {
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) {
    copy_16(to + i * kThreads * 16, from + i * kThreads * 16);
  }
}

struct TileClocks {
  unsigned issued, arrived, all_arrived;  ///< thread 0's copies; the block's
};

/// One block asks for a tile, waits for it, asks for the next, `stride` bytes on.
__global__ void __launch_bounds__(kThreads)
    time_tiles(const unsigned char* data, std::size_t stride, int tiles, TileClocks* clocks, unsigned* sink) {
  __shared__ __align__(128) unsigned char tile[kTile];
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(tile)) + threadIdx.x * 16;
  for (int i = 0; i < tiles; ++i) {
    __syncthreads();
    const long long begin = read_clock();
    copy_tile(to, data + i * stride + threadIdx.x * 16);
    commit();
    const long long issued = read_clock();
    wait<0>();
    const long long arrived = read_clock();
    __syncthreads();
    if (threadIdx.x == 0) {
      clocks[i] = {static_cast<unsigned>(issued - begin), static_cast<unsigned>(arrived - begin),
                   static_cast<unsigned>(read_clock() - begin)};
    }
  }
  sink[threadIdx.x] = tile[threadIdx.x * 77];
}

/// Clocks that a warp spends on `Count` copies in a row, the queue being empty before.
template <int Count>
__global__ void time_issue(const unsigned char* data, int runs, unsigned* clocks, unsigned* sink) {
  extern __shared__ __align__(128) unsigned char smem[];
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(smem)) + threadIdx.x * 16;
  for (int run = 0; run < runs; ++run) {
    __syncthreads();
    const long long begin = read_clock();
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      copy_16(to + i * 2048, data + threadIdx.x * 16 + i * 2048);
    }
    const long long end = read_clock();
    commit();
    wait<0>();
    if (threadIdx.x == 0) {
      clocks[run] = static_cast<unsigned>(end - begin);
    }
  }
  sink[threadIdx.x] = smem[threadIdx.x * 16];
}

/// Each block walks tiles of its own with `Stages` of them in flight.
template <int Stages>
__global__ void __launch_bounds__(kThreads)
    stream_tiles(const unsigned char* data, unsigned tiles_in_set, int tiles, unsigned* sink, Span* spans) {
  extern __shared__ __align__(128) unsigned char smem[];
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(smem)) + threadIdx.x * 16;
  const auto tile = [&](int i) {
    const std::size_t index = (blockIdx.x + static_cast<unsigned>(i) * gridDim.x) % tiles_in_set;
    return data + index * kTile + threadIdx.x * 16;
  };
  begin_span(spans[blockIdx.x]);
#pragma unroll
  for (int i = 0; i < Stages; ++i) {
    copy_tile(to + i * kTile, tile(i));
    commit();
  }
#pragma unroll 1
  for (int i = Stages; i < tiles; ++i) {
    wait<Stages - 1>();
    __syncthreads();  // all have the tile and could read it
    copy_tile(to + i % Stages * kTile, tile(i));
    commit();
  }
  wait<0>();
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * kThreads + threadIdx.x] = smem[threadIdx.x * 16];
}

void measure_tile_latency(Context& context, DeviceArray<uint4>& data, DeviceArray<uint4>& flush, bool cold) {
  constexpr int kTiles = 64;
  constexpr std::size_t kStride = 66 * std::size_t{1024};
  DeviceArray<TileClocks> clocks(kTiles);
  DeviceArray<unsigned> sink(kThreads);
  std::vector<double> issued, arrived, all_arrived;
  for (int run = 0; run < 5; ++run) {
    const auto* from = reinterpret_cast<const unsigned char*>(data.data());
    cold ? read_through(context.stream, flush.data(), flush.bytes())
         : read_through(context.stream, data.data(), kTiles * kStride);
    time_tiles<<<1, kThreads, 0, context.stream>>>(from, kStride, kTiles, clocks.data(), sink.data());
    check(cudaStreamSynchronize(context.stream), "copying tiles");
    for (const TileClocks& tile : clocks.download()) {
      issued.push_back(tile.issued);
      arrived.push_back(tile.arrived);
      all_arrived.push_back(tile.all_arrived);
    }
  }
  const std::string from = cold ? "hbm" : "l2";
  const std::string conditions = "one block of 128 threads, nothing else on the card, 5 runs over 64 tiles of 16 KB, " +
                                 std::string(cold ? "L2 flushed by reading" : "tiles read into the L2 before");
  context.record({"cp_async.tile_issue_" + from,
                  "8 copies of 16 bytes a thread and the commit issued, thread 0",
                  "clocks",
                  conditions,
                  {},
                  issued});
  context.record({"cp_async.tile_" + from + "_thread",
                  "a 16 KB tile: issue to wait_group, thread 0",
                  "clocks",
                  conditions,
                  {},
                  arrived});
  context.record({"cp_async.tile_" + from,
                  "a 16 KB tile: issue to the barrier after wait_group",
                  "clocks",
                  conditions,
                  {},
                  all_arrived});
}

template <int Count>
void measure_issue_cost(Context& context, DeviceArray<uint4>& data) {
  constexpr int kRuns = 101;
  constexpr int kSmem = (Count + 1) * 2048;
  check(cudaFuncSetAttribute(time_issue<Count>, cudaFuncAttributeMaxDynamicSharedMemorySize, kSmem), "asking for SMEM");
  DeviceArray<unsigned> clocks(kRuns), sink(kThreads);
  for (int warps : {1, 4}) {
    time_issue<Count><<<1, warps * 32, kSmem, context.stream>>>(reinterpret_cast<const unsigned char*>(data.data()),
                                                                kRuns, clocks.data(), sink.data());
    check(cudaStreamSynchronize(context.stream), "issuing copies");
    std::vector<double> each;
    for (unsigned c : clocks.download()) {
      each.push_back(static_cast<double>(c) / Count);
    }
    context.record({"cp_async.issue",
                    "clocks per cp.async of 16 bytes a thread, by the time warp 0 has issued all of them",
                    "clocks",
                    "one block, queue empty before, all warps issue the same number, two clock reads included",
                    {{"copies", Count}, {"warps", static_cast<double>(warps)}},
                    each});
  }
}

template <int Stages>
void measure_stages(Context& context, DeviceArray<uint4>& data) {
  constexpr unsigned kTilesInSet = (16u << 20) / kTile;
  constexpr int kTiles = 2048;
  const auto kernel = stream_tiles<Stages>;
  const int smem = limit_residency(context, reinterpret_cast<const void*>(kernel), 1);
  for (int blocks : {1, context.card.multiProcessorCount}) {
    DeviceArray<unsigned> sink(static_cast<std::size_t>(kThreads) * blocks);
    read_through(context.stream, data.data(), std::size_t{kTilesInSet} * kTile);
    const auto summaries = time_spans(context.stream, 9, blocks, [&](Span* spans) {
      kernel<<<blocks, kThreads, smem, context.stream>>>(reinterpret_cast<const unsigned char*>(data.data()),
                                                         kTilesInSet, kTiles, sink.data(), spans);
    });
    context.record(per_clock({"cp_async.l2_per_sm",
                              "cp.async from L2, per SM",
                              "bytes/clock",
                              ", one block to an SM, 16 KB tiles out of 16 MiB",
                              {{"tiles_in_flight", Stages}, {"sms", static_cast<double>(blocks)}},
                              {}},
                             {blocks, kThreads}, summaries, static_cast<double>(kTiles) * kTile));
  }
}

}  // namespace

void measure_cp_async(Context& context) {
  DeviceArray<uint4> data((std::size_t{64} << 20) / sizeof(uint4)), flush((std::size_t{512} << 20) / sizeof(uint4));
  fill_random(context.stream, data.data(), data.bytes());
  fill_random(context.stream, flush.data(), flush.bytes());
  measure_tile_latency(context, data, flush, false);
  measure_tile_latency(context, data, flush, true);
  measure_issue_cost<1>(context, data);
  measure_issue_cost<2>(context, data);
  measure_issue_cost<4>(context, data);
  measure_issue_cost<8>(context, data);
  measure_issue_cost<16>(context, data);
  measure_issue_cost<32>(context, data);
  measure_stages<1>(context, data);
  measure_stages<2>(context, data);
  measure_stages<4>(context, data);
  measure_stages<8>(context, data);
}

}  // namespace microbench
