// SM clock and power under loads that last seconds: copy, mma.sync, wgmma, wgmma with exp; and the clock of single
// launches of mma.sync with pauses between, as kernels are timed.
#include <chrono>
#include <cmath>
#include <thread>

#include "microbench/card.h"
#include "microbench/stopwatch.h"
#include "microbench/wgmma.h"

namespace microbench {
namespace {

constexpr int kCopyThreads = 512;
constexpr int kCopyLoads = 8;

/// Blocks stay and walk the array.
__global__ void __launch_bounds__(kCopyThreads) copy_all(const uint4* from, uint4* to, std::size_t count, Span* spans) {
  begin_span(spans[blockIdx.x]);
  constexpr std::size_t kChunk = kCopyThreads * kCopyLoads;
  for (std::size_t first = blockIdx.x * kChunk + threadIdx.x; first < count; first += gridDim.x * kChunk) {
    uint4 loaded[kCopyLoads];
#pragma unroll
    for (int i = 0; i < kCopyLoads; ++i) {
      loaded[i] = __ldcs(from + first + i * kCopyThreads);
    }
#pragma unroll
    for (int i = 0; i < kCopyLoads; ++i) {
      __stcs(to + first + i * kCopyThreads, loaded[i]);
    }
  }
  end_span(spans[blockIdx.x]);
}

__global__ void multiply(int rounds, float* sink, Span* spans) {
  constexpr int kChains = 4;
  unsigned a[kChains][4], b[kChains][2];
  float d[kChains][4] = {};
#pragma unroll
  for (int c = 0; c < kChains; ++c) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      a[c][i] = random_pair<Format::Fp16>((threadIdx.x * kChains + c) * 8 + i);
    }
    b[c][0] = random_pair<Format::Fp16>((threadIdx.x * kChains + c) * 8 + 5);
    b[c][1] = random_pair<Format::Fp16>((threadIdx.x * kChains + c) * 8 + 6);
  }
  begin_span(spans[blockIdx.x]);
#pragma unroll 16
  for (int round = 0; round < rounds; ++round) {
#pragma unroll
    for (int c = 0; c < kChains; ++c) {
      mma<Format::Fp16>(d[c], a[c], b[c]);
    }
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * blockDim.x + threadIdx.x] = d[0][0] + d[1][1] + d[2][2] + d[3][3];
}

constexpr int kWarpgroups = 3;
constexpr int kTileA = 64 * 128, kTileB = 128 * 128;  // bytes
constexpr int kSmem = kWarpgroups * kTileA + kTileB + 1024;
constexpr int kProducts = 16;  // of m64n128k16 a round: both products of a tile of 64 x 128 scores, head dim 128

/// What one thread does for its 64 of the tile's 64 x 128 scores: scale, 2^x, conversion of pairs.
__device__ void work_on_scores(float (&value)[16], float scale, unsigned& packed) {
#pragma unroll
  for (int i = 0; i < 64; ++i) {
    asm volatile("fma.rn.f32 %0, %0, %1, %1;" : "+f"(value[i % 16]) : "f"(scale));
    asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(value[i % 16]));
    if (i % 2 == 1) {
      unsigned pair;
      asm volatile("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(value[i % 16]), "f"(value[i % 16 - 1]));
      packed ^= pair;
    }
  }
}

template <bool WithExp>
__global__ void __launch_bounds__(128 * kWarpgroups, 1) multiply_async(int rounds, float* sink, Span* spans) {
  extern __shared__ unsigned char smem[];
  unsigned char* tiles = smem + (1024 - __cvta_generic_to_shared(smem) % 1024) % 1024;
  fill_tiles<Format::Fp16>(reinterpret_cast<unsigned*>(tiles), kSmem - 1024);
  const std::uint64_t b = tile_descriptor(tiles);
  const std::uint64_t a = tile_descriptor(tiles + kTileB + threadIdx.x / 128 * kTileA);
  float d[64] = {}, value[16];
  unsigned packed = 0;
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    value[i] = static_cast<float>(threadIdx.x + i) * -0.01f;
  }
  hold(d);
  begin_span(spans[blockIdx.x]);
#pragma unroll 1
  for (int round = 0; round < rounds; ++round) {
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < kProducts; ++k) {
      wgmma<Format::Fp16>(d, a + k % 4 * kDescriptorStep, b + k % 4 * kDescriptorStep);
    }
    wgmma_commit();
    if constexpr (WithExp) {
      work_on_scores(value, 0.125f, packed);
    }
    wgmma_wait<0>();
    hold(d);
  }
  end_span(spans[blockIdx.x]);
  float sum = __uint_as_float(packed) + value[0];
#pragma unroll
  for (int i = 0; i < 64; ++i) {
    sum += d[i];
  }
  sink[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

/// Spans in host memory that the card writes to: reading them doesn't wait for what is queued behind.
class HostSpans {
 public:
  explicit HostSpans(int count) : count_(count) {
    check(cudaMallocHost(&data_, count * sizeof(Span)), "taking host memory");
    check(cudaEventCreate(&done_), "creating an event");
  }
  HostSpans(const HostSpans&) = delete;
  HostSpans& operator=(const HostSpans&) = delete;
  ~HostSpans() {
    cudaFreeHost(data_);
    cudaEventDestroy(done_);
  }
  Span* data() { return data_; }
  void mark(cudaStream_t stream) { check(cudaEventRecord(done_, stream), "recording an event"); }
  SpanSummary wait() {
    check(cudaEventSynchronize(done_), "running a load");
    return summarize({data_, data_ + count_});
  }

 private:
  int count_;
  Span* data_ = nullptr;
  cudaEvent_t done_ = nullptr;
};

struct Load {
  std::string name, text;
  int blocks;
  int launches;  ///< of a few ms each, to be queued at once: about 60 ms
  double work;   ///< of a launch, in TFLOP or GB
  std::string rate_unit;
  std::function<void(Span*)> launch;
};

/// Two batches of launches are queued at any time, so that asking NVML does not let the card idle.
void sustain(Context& context, const Load& load) {
  constexpr double kWarmUp = 1.5, kEnd = 2.5;  // seconds; NVML's power is a mean over one
  HostSpans spans[2] = {HostSpans(load.blocks), HostSpans(load.blocks)};
  const auto queue = [&](int i) {
    for (int launch = 0; launch < load.launches; ++launch) {
      load.launch(spans[i % 2].data());
    }
    check(cudaGetLastError(), "starting a load");
    spans[i % 2].mark(context.stream);
  };
  const std::string conditions = "last second of 2.5, back to back on all SMs, " + load.text;
  Result clock{"clock." + load.name, "SM clock under this load", "MHz", conditions, {}, {}};
  Result power{"power." + load.name, "power of the card under this load (NVML)", "W", conditions, {}, {}};
  Result rate{"sustained." + load.name, "rate of this load", load.rate_unit, conditions, {}, {}};
  const auto begin = std::chrono::steady_clock::now();
  double seconds = 0;
  queue(0);
  for (int i = 1; seconds < kEnd; ++i) {
    queue(i);
    const CardState state = read_card_state(context.pci_bus_id);
    const SpanSummary summary = spans[(i - 1) % 2].wait();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (seconds > kWarmUp) {
      clock.samples.push_back(summary.clock_mhz);
      rate.samples.push_back(load.work * 1e6 * summary.clock_mhz / summary.cycles);
      if (state.power_w) {
        power.samples.push_back(*state.power_w);
      }
    }
  }
  check(cudaStreamSynchronize(context.stream), "running a load");
  context.record(std::move(clock));
  context.record(std::move(rate));
  if (!power.samples.empty()) {
    context.record(std::move(power));
  }
}

/// The clock falls as soon as tensor cores start, deeper for the first microseconds, and rises in the pauses.
void measure_single_launches(Context& context, float* sink) {
  constexpr int kLaunches = 20;
  const int blocks = context.card.multiProcessorCount;
  for (const int rounds : {300, 1000, 3000, 10000, 30000}) {
    HostSpans spans(blocks);
    Result clock{"clock.mma_sync_launch",
                 "SM clock of one launch of mma.sync, 5 ms after the last",
                 "MHz",
                 "256 threads on each SM, fp16, random data, operands in registers",
                 {{"us", std::round(rounds * 4 * 8 * kMmaFlops / 2731 / 1800)}},
                 {}};
    for (int i = 0; i < kLaunches; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      multiply<<<blocks, 256, 0, context.stream>>>(rounds, sink, spans.data());
      check(cudaGetLastError(), "starting a load");
      spans.mark(context.stream);
      clock.samples.push_back(spans.wait().clock_mhz);
    }
    context.record(std::move(clock));
  }
}

template <bool WithExp>
Load async_load(Context& context, DeviceArray<float>& sink, const std::string& name, const std::string& text) {
  constexpr int kRounds = 1500;
  check(cudaFuncSetAttribute(multiply_async<WithExp>, cudaFuncAttributeMaxDynamicSharedMemorySize, kSmem),
        "asking for SMEM");
  const int blocks = context.card.multiProcessorCount;
  return {name,
          text,
          blocks,
          25,
          2.0 * 64 * 128 * 16 * kProducts * kRounds * kWarpgroups * blocks * 1e-12,
          "TFLOP/s",
          [&context, &sink, blocks](Span* spans) {
            multiply_async<WithExp><<<blocks, 128 * kWarpgroups, kSmem, context.stream>>>(kRounds, sink.data(), spans);
          }};
}

}  // namespace

void measure_sustained(Context& context) {
  const int blocks = context.card.multiProcessorCount;
  DeviceArray<float> sink(std::size_t{1024} * blocks);
  {
    constexpr std::size_t kBytes = std::size_t{2} << 30;
    DeviceArray<uint4> from(kBytes / sizeof(uint4)), to(kBytes / sizeof(uint4));
    fill_random(context.stream, from.data(), from.bytes());
    sustain(context,
            {"copy", "copies of 2 GiB, random data", 2 * blocks, 60, 2.0 * kBytes * 1e-9, "GB/s", [&](Span* spans) {
               copy_all<<<2 * blocks, kCopyThreads, 0, context.stream>>>(from.data(), to.data(), from.size(), spans);
             }});
  }
  measure_single_launches(context, sink.data());
  constexpr int kRounds = 100000;
  sustain(context, {"mma_sync", "256 threads per SM, fp16, random data, operands in registers", blocks, 20,
                    kMmaFlops * kRounds * 4 * 8 * blocks * 1e-12, "TFLOP/s",
                    [&](Span* spans) { multiply<<<blocks, 256, 0, context.stream>>>(kRounds, sink.data(), spans); }});
  const std::string text =
      "3 warpgroups per SM, fp16 m64n128k16, A and B in SMEM, random data, waits after 16 products";
  sustain(context, async_load<false>(context, sink, "wgmma", text));
  sustain(context, async_load<true>(context, sink, "wgmma_exp",
                                    text + ", and 64 fma and exp2 and 32 conversions a thread behind them"));
}

}  // namespace microbench
