// TMA: copies of whole tiles by one instruction, in a row (cp.async.bulk) and of a 2-D tensor (cp.async.bulk.tensor):
// latency, cost of issuing, rate from L2, bytes in flight against HBM.
#include <cuda.h>
#include <cudaTypedefs.h>

#include <stdexcept>

#include "microbench/mbarrier.h"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

enum class Kind { Bulk, Tensor };

constexpr int kRowBytes = 128;  // of the tensor: 64 16-bit numbers, the widest row of the 128-byte swizzle
constexpr int kMostStages = 32;

template <Kind K>
__device__ void copy_tile(const CUtensorMap& map, const unsigned char* data, std::size_t tile, unsigned bytes,
                          unsigned to, std::uint64_t* barrier) {
  if constexpr (K == Kind::Bulk) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(to),
                 "l"(data + tile * bytes), "r"(bytes), "r"(smem_address(barrier))
                 : "memory");
  } else {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], "
        "[%4];" ::"r"(to),
        "l"(&map), "r"(0), "r"(static_cast<int>(tile * (bytes / kRowBytes))), "r"(smem_address(barrier))
        : "memory");
  }
}

__device__ unsigned align_tile(const unsigned char* smem) { return (smem_address(smem) + 1023) / 1024 * 1024; }

struct TileClocks {
  unsigned issued, arrived;
};

/// One thread asks for a tile, waits for it, asks for the next, `apart` tiles on.
template <Kind K>
__global__ void time_tiles(const __grid_constant__ CUtensorMap map, const unsigned char* data, unsigned bytes,
                           int apart, int tiles, TileClocks* clocks) {
  extern __shared__ unsigned char smem[];
  __shared__ std::uint64_t barrier;
  init_barrier(&barrier, 1);
  const unsigned to = align_tile(smem);
  for (int i = 0; i < tiles; ++i) {
    const long long begin = read_clock();
    arrive_and_expect(&barrier, bytes);
    copy_tile<K>(map, data, static_cast<std::size_t>(i) * apart, bytes, to, &barrier);
    const long long issued = read_clock();
    wait_for(&barrier, i % 2);
    clocks[i] = {static_cast<unsigned>(issued - begin), static_cast<unsigned>(read_clock() - begin)};
  }
}

/// Clocks of `Count` copies in a row by one thread, none under way before.
template <Kind K, int Count>
__global__ void time_issue(const __grid_constant__ CUtensorMap map, const unsigned char* data, unsigned bytes, int runs,
                           unsigned* clocks) {
  extern __shared__ unsigned char smem[];
  __shared__ std::uint64_t barrier;
  init_barrier(&barrier, 1);
  const unsigned to = align_tile(smem);
  for (int run = 0; run < runs; ++run) {
    arrive_and_expect(&barrier, Count * bytes);
    const long long begin = read_clock();
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      copy_tile<K>(map, data, i, bytes, to + i * bytes, &barrier);
    }
    clocks[run] = static_cast<unsigned>(read_clock() - begin);
    wait_for(&barrier, run % 2);
  }
}

/// Thread 0 of each block walks tiles of its own with `stages` of them in flight; nobody reads what arrives.
template <Kind K>
__global__ void stream_tiles(const __grid_constant__ CUtensorMap map, const unsigned char* data, unsigned bytes,
                             int stages, unsigned tiles_in_set, int tiles, Span* spans) {
  extern __shared__ unsigned char smem[];
  __shared__ std::uint64_t barriers[kMostStages];
  const unsigned to = align_tile(smem);
  if (threadIdx.x == 0) {
    for (int s = 0; s < stages; ++s) {
      init_barrier(barriers + s, 1);
    }
  }
  const auto start = [&](int i, int slot) {
    arrive_and_expect(barriers + slot, bytes);
    copy_tile<K>(map, data, (blockIdx.x + static_cast<unsigned>(i) * gridDim.x) % tiles_in_set, bytes,
                 to + slot * bytes, barriers + slot);
  };
  begin_span(spans[blockIdx.x]);
  if (threadIdx.x == 0) {
    for (int i = 0; i < stages; ++i) {
      start(i, i);
    }
    int slot = 0;
    unsigned parity = 0;
    for (int i = 0; i < tiles; ++i) {
      wait_for(barriers + slot, parity);
      if (i + stages < tiles) {
        start(i + stages, slot);
      }
      if (++slot == stages) {
        slot = 0;
        parity ^= 1;
      }
    }
  }
  end_span(spans[blockIdx.x]);
}

/// `data` as rows of 64 16-bit numbers, copied in boxes of `tile_bytes`, swizzled.
CUtensorMap describe(DeviceArray<uint4>& data, unsigned tile_bytes) {
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found{};
  check(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry, 12000, cudaEnableDefault, &found),
        "looking for cuTensorMapEncodeTiled");
  CUtensorMap map{};
  const cuuint64_t size[2] = {kRowBytes / 2, data.bytes() / kRowBytes}, stride[1] = {kRowBytes};
  const cuuint32_t box[2] = {kRowBytes / 2, tile_bytes / kRowBytes}, step[2] = {1, 1};
  if (found != cudaDriverEntryPointSuccess ||
      reinterpret_cast<PFN_cuTensorMapEncodeTiled_v12000>(entry)(
          &map, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2, data.data(), size, stride, box, step, CU_TENSOR_MAP_INTERLEAVE_NONE,
          CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
          CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) != CUDA_SUCCESS) {
    throw std::runtime_error("describing a tensor for TMA: the driver refuses");
  }
  return map;
}

template <Kind K>
std::string kind_name() {
  return K == Kind::Bulk ? "tma.bulk" : "tma.tensor";
}
template <Kind K>
std::string kind_text() {
  return K == Kind::Bulk ? "cp.async.bulk" : "cp.async.bulk.tensor.2d of 128-byte rows, swizzled";
}

const unsigned char* bytes_of(DeviceArray<uint4>& data) { return reinterpret_cast<const unsigned char*>(data.data()); }

template <Kind K>
void measure_latency(Context& context, DeviceArray<uint4>& data, DeviceArray<uint4>& flush, unsigned bytes, bool cold) {
  constexpr int kTiles = 64;
  const int apart = static_cast<int>(65536 / bytes) + 1;
  DeviceArray<TileClocks> clocks(kTiles);
  const CUtensorMap map = describe(data, bytes);
  std::vector<double> issued, arrived;
  for (int run = 0; run < 5; ++run) {
    cold ? read_through(context.stream, flush.data(), flush.bytes())
         : read_through(context.stream, data.data(), std::size_t{kTiles} * apart * bytes);
    time_tiles<K><<<1, 1, bytes + 1024, context.stream>>>(map, bytes_of(data), bytes, apart, kTiles, clocks.data());
    check(cudaStreamSynchronize(context.stream), "copying tiles");
    const std::vector<TileClocks> all = clocks.download();
    for (std::size_t i = 1; i < all.size(); ++i) {  // the first brings the tensor's description too
      issued.push_back(all[i].issued);
      arrived.push_back(all[i].arrived);
    }
  }
  const std::string conditions = "one thread, nothing else on the card, 5 runs over 63 tiles, " +
                                 std::string(cold ? "L2 flushed by reading" : "tiles read into the L2 before");
  const std::vector<std::pair<std::string, double>> at = {{"bytes", static_cast<double>(bytes)}};
  const std::string from = cold ? "_hbm" : "_l2";
  context.record({kind_name<K>() + "_issue" + from, kind_text<K>() + ": expect and copy issued", "clocks", conditions,
                  at, issued});
  context.record({kind_name<K>() + from, kind_text<K>() + ": from before the expect to the wait's success", "clocks",
                  conditions, at, arrived});
}

template <Kind K, int Count>
void measure_issue_cost(Context& context, DeviceArray<uint4>& data) {
  constexpr unsigned kBytes = 2048;
  constexpr int kRuns = 101;
  DeviceArray<unsigned> clocks(kRuns);
  const int smem = Count * kBytes + 1024;
  check(cudaFuncSetAttribute(time_issue<K, Count>, cudaFuncAttributeMaxDynamicSharedMemorySize, smem),
        "asking for SMEM");
  time_issue<K, Count>
      <<<1, 1, smem, context.stream>>>(describe(data, kBytes), bytes_of(data), kBytes, kRuns, clocks.data());
  check(cudaStreamSynchronize(context.stream), "issuing copies");
  std::vector<double> each;
  for (unsigned c : clocks.download()) {
    each.push_back(static_cast<double>(c) / Count);
  }
  context.record({kind_name<K>() + "_issue_each",
                  kind_text<K>() + ": clocks of the issuing thread per copy, several in a row",
                  "clocks",
                  "one thread, 2 KB a copy, none under way before, two clock reads included",
                  {{"copies", Count}},
                  each});
}

template <Kind K>
int ask_for_smem() {
  constexpr int kSmem = 225 * 1024;
  check(cudaFuncSetAttribute(stream_tiles<K>, cudaFuncAttributeMaxDynamicSharedMemorySize, kSmem), "asking for SMEM");
  return kSmem;  // one block to an SM
}

template <Kind K>
void measure_l2_rate(Context& context, DeviceArray<uint4>& data, unsigned bytes, int stages) {
  constexpr std::size_t kSet = std::size_t{16} << 20;
  const int smem = ask_for_smem<K>();
  const CUtensorMap map = describe(data, bytes);
  const auto tiles = static_cast<int>((32u << 20) / bytes);
  for (int blocks : {1, context.card.multiProcessorCount}) {
    read_through(context.stream, data.data(), kSet);
    const auto summaries = time_spans(context.stream, 7, blocks, [&](Span* spans) {
      stream_tiles<K><<<blocks, 32, smem, context.stream>>>(map, bytes_of(data), bytes, stages,
                                                            static_cast<unsigned>(kSet / bytes), tiles, spans);
    });
    context.record(per_clock({kind_name<K>() + "_l2_per_sm",
                              kind_text<K>() + " from L2, per SM",
                              "bytes/clock",
                              ", one block to an SM, out of 16 MiB",
                              {{"bytes", static_cast<double>(bytes)},
                               {"tiles_in_flight", static_cast<double>(stages)},
                               {"sms", static_cast<double>(blocks)}},
                              {}},
                             {blocks, 32}, summaries, static_cast<double>(tiles) * bytes));
  }
}

template <Kind K>
void measure_hbm_rate(Context& context, DeviceArray<uint4>& data, unsigned bytes, int stages) {
  const int smem = ask_for_smem<K>();
  const CUtensorMap map = describe(data, bytes);
  const int blocks = context.card.multiProcessorCount;
  const auto in_set = static_cast<unsigned>(data.bytes() / bytes);
  const int tiles = static_cast<int>(in_set) / blocks;
  DeviceArray<Span> spans(blocks);
  std::vector<double> rates;
  for (double ms : time_launches(context.stream, 5, [&] {
         stream_tiles<K>
             <<<blocks, 32, smem, context.stream>>>(map, bytes_of(data), bytes, stages, in_set, tiles, spans.data());
       })) {
    rates.push_back(static_cast<double>(tiles) * blocks * bytes / ms * 1e-6);
  }
  context.record({K == Kind::Bulk ? "in_flight.tma" : "in_flight.tma_tensor",
                  "HBM read bandwidth when TMA keeps this many bytes in flight on each SM",
                  "GB/s",
                  kind_text<K>() + ", one block to an SM, a tile is asked for when one arrives, 1 GiB, random data",
                  {{"bytes_per_sm", static_cast<double>(bytes) * stages}, {"tile_bytes", static_cast<double>(bytes)}},
                  rates});
}

template <Kind K>
void measure_kind(Context& context, DeviceArray<uint4>& data, DeviceArray<uint4>& flush) {
  for (unsigned bytes : {2048u, 16384u, 32768u}) {
    measure_latency<K>(context, data, flush, bytes, false);
    measure_latency<K>(context, data, flush, bytes, true);
  }
  measure_issue_cost<K, 1>(context, data);
  measure_issue_cost<K, 4>(context, data);
  measure_issue_cost<K, 16>(context, data);
  for (int stages : {1, 2, 4, 8}) {
    measure_l2_rate<K>(context, data, 16384, stages);
  }
  measure_l2_rate<K>(context, data, 4096, 16);
  for (unsigned bytes : {4096u, 16384u, 32768u}) {
    for (int stages : {1, 2, 4, 8}) {
      if (bytes * stages <= 224 * 1024) {
        measure_hbm_rate<K>(context, data, bytes, stages);
      }
    }
  }
  measure_hbm_rate<K>(context, data, 16384, 3);
  measure_hbm_rate<K>(context, data, 16384, 6);
}

}  // namespace

void measure_tma(Context& context) {
  DeviceArray<uint4> data((std::size_t{1} << 30) / sizeof(uint4)), flush((std::size_t{512} << 20) / sizeof(uint4));
  fill_random(context.stream, data.data(), data.bytes());
  fill_random(context.stream, flush.data(), flush.bytes());
  measure_kind<Kind::Bulk>(context, data, flush);
  measure_kind<Kind::Tensor>(context, data, flush);
}

}  // namespace microbench
