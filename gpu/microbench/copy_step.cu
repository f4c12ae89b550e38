// What it costs a block to issue the copy of a tile with the kernels' own code: addresses, the question whether the
// tile is ragged, cp.async and commit.
#include "kernels/parts/copy.cuh"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kTiles = 64, kSkipped = 8;

/// Tiles of kRows x kColumns one after another, each waited for before the next is issued into the other buffer. The
/// queue is empty whenever one is issued.
template <int kThreads, int kRows, int kColumns>
__global__ void __launch_bounds__(kThreads)
    step_through(const __half* data, int row_stride, int valid_rows, int tiles, unsigned* clocks, unsigned* sink) {
  using Tile = kernels::SharedTile<__half, kRows, kColumns>;
  extern __shared__ __align__(128) unsigned char smem[];
  const unsigned first = kernels::shared_address(smem);
#pragma unroll 1
  for (int j = 0; j < tiles; ++j) {
    kernels::copies_wait<0>();
    __syncthreads();
    const long long begin = read_clock();
    const Tile tile{first + static_cast<unsigned>(j % 2 * Tile::kBytes)};
    kernels::load_tile_async<kThreads>(tile, data + std::int64_t{j} * kRows * row_stride, row_stride,
                                       valid_rows - j * kRows);
    kernels::copies_commit();
    const long long end = read_clock();
    if (threadIdx.x == 0) {
      clocks[j] = static_cast<unsigned>(end - begin);
    }
  }
  kernels::copies_wait<0>();
  __syncthreads();
  sink[threadIdx.x] = smem[threadIdx.x];
}

template <int kThreads, int kRows, int kColumns>
void measure_tile(Context& context, DeviceArray<uint4>& data) {
  constexpr int kBytes = kRows * kColumns * 2;
  DeviceArray<unsigned> clocks(kTiles), sink(kThreads);
  const auto kernel = step_through<kThreads, kRows, kColumns>;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 2 * kBytes), "asking for SMEM");
  Result result{"copy_step.issue",
                "issuing the copy of a tile, the queue being empty",
                "clocks",
                "one block, tiles in the L2, rows one after another, thread 0 of all",
                {{"bytes", kBytes}, {"threads", kThreads}},
                {}};
  for (int run = 0; run < 5; ++run) {
    kernel<<<1, kThreads, 2 * kBytes, context.stream>>>(reinterpret_cast<const __half*>(data.data()), kColumns,
                                                        kRows * kTiles, kTiles, clocks.data(), sink.data());
    check(cudaGetLastError(), "starting step_through");
    check(cudaStreamSynchronize(context.stream), "running step_through");
    const std::vector<unsigned> all = clocks.download();
    result.samples.insert(result.samples.end(), all.begin() + kSkipped, all.end());
  }
  context.record(std::move(result));
}

}  // namespace

void measure_copy_step(Context& context) {
  DeviceArray<uint4> data((std::size_t{kTiles} * 32768) / sizeof(uint4));
  fill_random(context.stream, data.data(), data.bytes());
  measure_tile<128, 16, 64>(context, data);
  measure_tile<128, 32, 64>(context, data);
  measure_tile<128, 64, 64>(context, data);
  measure_tile<128, 128, 64>(context, data);
  measure_tile<128, 64, 128>(context, data);
  measure_tile<128, 128, 128>(context, data);
  measure_tile<256, 64, 64>(context, data);
  measure_tile<256, 64, 128>(context, data);
  measure_tile<256, 128, 128>(context, data);
}

}  // namespace microbench
