// L2: read bandwidth against the working set, of all SMs and of one.
#include <cstdint>

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kThreads = 1024;
constexpr int kLoads = 4;
constexpr std::size_t kTile = std::size_t{kThreads} * kLoads;  // elements that a block reads at once

/// Reads `tiles` tiles `passes` times, past L1. In every pass another block, on another SM, reads a tile.
__global__ void __launch_bounds__(kThreads)
    read_again(const uint4* data, unsigned tiles, int passes, unsigned* sink, Span* spans) {
  unsigned sum = 0;
  begin_span(spans[blockIdx.x]);
  for (int pass = 0; pass < passes; ++pass) {
    for (unsigned tile = (blockIdx.x + pass * 37u) % gridDim.x; tile < tiles; tile += gridDim.x) {
      const uint4* mine = data + tile * kTile + threadIdx.x;
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
  }
  if (sum == 0x12345678u) {
    *sink = sum;
  }
  end_span(spans[blockIdx.x]);
}

/// Bandwidth over a working set of `bytes`, by `blocks` blocks, in bytes per SM clock and in GB/s.
void measure_set(Context& context, const std::string& name, DeviceArray<uint4>& data, std::size_t bytes, int blocks,
                 double total_bytes) {
  DeviceArray<unsigned> sink(1);
  const auto tiles = static_cast<unsigned>(bytes / 16 / kTile);
  const double bytes_per_pass = static_cast<double>(tiles) * kTile * 16;
  const int passes = static_cast<int>(total_bytes / bytes_per_pass) + 1;
  DeviceArray<Span> spans(blocks);
  std::vector<SpanSummary> summaries;
  const auto ms = time_launches(context.stream, 9, [&] {
    read_again<<<blocks, kThreads, 0, context.stream>>>(data.data(), tiles, passes, sink.data(), spans.data());
  });
  summaries.push_back(summarize(spans.download()));
  const std::string conditions = span_conditions(blocks, kThreads, summaries) +
                                 ", 4 16-byte loads per thread past L1, each pass's tiles on other SMs, warm";
  Result rate{name,
              "L2 read bandwidth over this working set",
              "GB/s",
              conditions,
              {{"bytes", static_cast<double>(bytes)}, {"blocks", static_cast<double>(blocks)}},
              {}};
  Result per_clock = rate;
  per_clock.name += "_per_clock";
  per_clock.unit = "bytes/clock";
  for (double m : ms) {
    rate.samples.push_back(bytes_per_pass * passes / m * 1e-6);
    per_clock.samples.push_back(bytes_per_pass * passes / (m * 1e3 * summaries[0].clock_mhz));
  }
  context.record(std::move(rate));
  context.record(std::move(per_clock));
}

}  // namespace

void measure_l2(Context& context) {
  DeviceArray<uint4> data((std::size_t{128} << 20) / sizeof(uint4));
  fill_random(context.stream, data.data(), data.bytes());
  const int blocks = 2 * context.card.multiProcessorCount;
  for (int sms : {1, 2, 4, 8, 16, 33, 66, 132}) {
    measure_set(context, "l2.read_some_sms", data, std::size_t{16} << 20, sms, 0.5e9 * sms);
  }
  for (std::size_t mib : {17, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 72, 96, 128}) {
    measure_set(context, "l2.read", data, mib << 20, blocks, 20e9);
  }
}

}  // namespace microbench
