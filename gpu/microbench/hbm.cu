// HBM: what long streams of reads, writes and copies achieve, and how many bytes must be in flight for it.
#include <cstdint>

#include "microbench/bench.h"

namespace microbench {
namespace {

constexpr std::size_t kStreamBytes = std::size_t{4} << 30;  // the L2 holds 1.5 % of it
constexpr int kThreads = 512;
constexpr int kLoads = 8;  // 16-byte loads in flight per thread
constexpr int kRuns = 20;

__device__ unsigned mix(uint4 v) { return v.x ^ v.y ^ v.z ^ v.w; }

/// The loads stay alive: their sum is stored if it has a value that random data practically never gives.
__device__ void keep(unsigned sum, unsigned* sink) {
  if (sum == 0x12345678u) {
    *sink = sum;
  }
}

/// Each block reads kLoads * kThreads consecutive elements.
__global__ void __launch_bounds__(kThreads) read_stream(const uint4* __restrict__ from, unsigned* sink) {
  const uint4* mine = from + std::size_t{blockIdx.x} * kThreads * kLoads + threadIdx.x;
  uint4 loaded[kLoads];
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    loaded[i] = __ldcs(mine + i * kThreads);
  }
  unsigned sum = 0;
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    sum ^= mix(loaded[i]);
  }
  keep(sum, sink);
}

__global__ void __launch_bounds__(kThreads) write_stream(uint4* to, unsigned seed) {
  uint4* mine = to + std::size_t{blockIdx.x} * kThreads * kLoads + threadIdx.x;
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    const unsigned value = (seed + blockIdx.x * kThreads + threadIdx.x) * 2654435761u + i;
    __stcs(mine + i * kThreads, make_uint4(value, value ^ 0x9e3779b9u, ~value, value * 5));
  }
}

__global__ void __launch_bounds__(kThreads) copy_stream(const uint4* __restrict__ from, uint4* to) {
  const std::size_t first = std::size_t{blockIdx.x} * kThreads * kLoads + threadIdx.x;
  uint4 loaded[kLoads];
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    loaded[i] = __ldcs(from + first + i * kThreads);
  }
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    __stcs(to + first + i * kThreads, loaded[i]);
  }
}

/// One block per SM walks the array; each thread asks for Loads elements, waits for all of them, asks again.
template <int Loads>
__global__ void __launch_bounds__(1024)
    read_in_batches(const uint4* __restrict__ from, std::size_t batches, unsigned* sink) {
  unsigned sum = 0;
#pragma unroll 1
  for (std::size_t batch = blockIdx.x; batch < batches; batch += gridDim.x) {
    const uint4* mine = from + batch * blockDim.x * Loads + threadIdx.x;
    uint4 loaded[Loads];
#pragma unroll
    for (int i = 0; i < Loads; ++i) {
      loaded[i] = __ldcs(mine + i * blockDim.x);
    }
#pragma unroll
    for (int i = 0; i < Loads; ++i) {
      sum ^= mix(loaded[i]);
    }
    if (sum == 0x12345678u) {  // a batch ends before the next one starts
      *sink = sum;
    }
  }
}

std::vector<double> gb_per_s(const std::vector<double>& ms, double bytes) {
  std::vector<double> rates;
  for (double m : ms) {
    rates.push_back(bytes / m * 1e-6);
  }
  return rates;
}

template <int Loads>
void measure_batches(Context& context, const DeviceArray<uint4>& data, uint4* from, unsigned* sink, int threads) {
  const std::size_t bytes_per_batch = std::size_t{16} * threads * Loads;
  const std::size_t batches = data.bytes() / bytes_per_batch;
  const auto ms = time_launches(context.stream, 7, [&] {
    read_in_batches<Loads><<<context.card.multiProcessorCount, threads, 0, context.stream>>>(from, batches, sink);
  });
  context.record({"in_flight.read",
                  "HBM read bandwidth when each SM has this many bytes in flight at most, in batches",
                  "GB/s",
                  "one block of " + std::to_string(threads) + " threads per SM, " + std::to_string(Loads) +
                      " 16-byte loads per thread, 1 GiB, random data",
                  {{"bytes_per_sm", static_cast<double>(bytes_per_batch)},
                   {"threads", static_cast<double>(threads)},
                   {"loads", static_cast<double>(Loads)}},
                  gb_per_s(ms, static_cast<double>(batches * bytes_per_batch))});
}

}  // namespace

void measure_hbm(Context& context) {
  DeviceArray<uint4> from(kStreamBytes / sizeof(uint4)), to(kStreamBytes / sizeof(uint4));
  DeviceArray<unsigned> sink(1);
  fill_random(context.stream, from.data(), from.bytes());
  const auto blocks = static_cast<unsigned>(from.size() / (kThreads * kLoads));
  std::string conditions =
      "4 GiB an array, random data, blocks of 512 threads, 8 16-byte accesses per thread, streaming hint, host ahead";
  const auto bytes = static_cast<double>(kStreamBytes);
  const auto record = [&](const char* name, const char* measures, double moved, const std::function<void()>& launch) {
    context.record(
        {name, measures, "GB/s", conditions, {}, gb_per_s(time_launches(context.stream, kRuns, launch), moved)});
  };
  record("hbm.read", "HBM read bandwidth of a long stream", bytes,
         [&] { read_stream<<<blocks, kThreads, 0, context.stream>>>(from.data(), sink.data()); });
  record("hbm.write", "HBM write bandwidth of a long stream", bytes,
         [&] { write_stream<<<blocks, kThreads, 0, context.stream>>>(to.data(), 1); });
  record("hbm.copy", "HBM bandwidth of a long copy, bytes read and bytes written together", 2 * bytes,
         [&] { copy_stream<<<blocks, kThreads, 0, context.stream>>>(from.data(), to.data()); });
  conditions = "4 GiB an array, random data, host ahead";
  record("hbm.memcpy", "HBM bandwidth of cudaMemcpyAsync on the card, bytes read and bytes written together", 2 * bytes,
         [&] {
           check(cudaMemcpyAsync(to.data(), from.data(), kStreamBytes, cudaMemcpyDeviceToDevice, context.stream),
                 "copying on the card");
         });
}

void measure_in_flight(Context& context) {
  DeviceArray<uint4> data((std::size_t{1} << 30) / sizeof(uint4));
  DeviceArray<unsigned> sink(1);
  fill_random(context.stream, data.data(), data.bytes());
  for (int threads : {32, 64, 128, 256, 512, 1024}) {
    measure_batches<1>(context, data, data.data(), sink.data(), threads);
  }
  for (int threads : {256, 512, 768, 1024}) {
    measure_batches<2>(context, data, data.data(), sink.data(), threads);
    measure_batches<4>(context, data, data.data(), sink.data(), threads);
  }
  for (int threads : {256, 512, 768, 1024}) {
    measure_batches<8>(context, data, data.data(), sink.data(), threads);
  }
}

}  // namespace microbench
