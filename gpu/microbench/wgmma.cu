// wgmma: rate per shape, operand source and number of warpgroups, and the latency of one.
#include "microbench/wgmma.h"

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

enum class Source { Smem, Registers };  // of A

constexpr int kATile = 64 * 128;   // bytes: 64 rows of 64 16-bit numbers
constexpr int kBTile = 256 * 128;  // of the widest shape
constexpr int kSmem = 3 * kATile + kBTile + 1024;

/// Rounds of 4 products that add to the same accumulators, as along a k of 64. With `Pending` 1 the next round is
/// issued while the last one runs; with 0 each round is waited for.
template <Format F, int N, Source S, int Products, int Pending>
__global__ void __launch_bounds__(384, 1) multiply(int rounds, float* sink, Span* spans) {
  extern __shared__ unsigned char smem[];
  unsigned char* tiles = smem + (1024 - __cvta_generic_to_shared(smem) % 1024) % 1024;  // atoms lie at their multiples
  fill_tiles<F>(reinterpret_cast<unsigned*>(tiles), kSmem - 1024);
  const std::uint64_t b = tile_descriptor(tiles);
  const std::uint64_t a_smem = tile_descriptor(tiles + kBTile + threadIdx.x / 128 * kATile);
  constexpr int kInRegisters = N == 256 ? 1 : 4;  // more don't fit beside 128 accumulators in 168 registers
  unsigned a[kInRegisters][4];
#pragma unroll
  for (int k = 0; k < kInRegisters; ++k) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      a[k][i] = random_pair<F>(threadIdx.x * 16 + k * 4 + i);
    }
  }
  float d[N / 2] = {};
  hold(d);
  begin_span(spans[blockIdx.x]);
#pragma unroll 1
  for (int round = 0; round < rounds; ++round) {
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < Products; ++k) {
      if constexpr (S == Source::Smem) {
        wgmma<F>(d, a_smem + k * kDescriptorStep, b + k * kDescriptorStep);
      } else {
        wgmma<F>(d, a[k % kInRegisters], b + k * kDescriptorStep);
      }
    }
    wgmma_commit();
    wgmma_wait<Pending>();
  }
  wgmma_wait<0>();
  hold(d);
  end_span(spans[blockIdx.x]);
  float sum = 0;
#pragma unroll
  for (int i = 0; i < N / 2; ++i) {
    sum += d[i];
  }
  sink[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

template <Format F, Source S>
std::string case_name() {
  return std::string("wgmma.") + (F == Format::Fp16 ? "fp16" : "bf16") + (S == Source::Smem ? "_smem" : "_registers");
}

template <Source S>
const char* source_text() {
  return S == Source::Smem ? ", A and B from SMEM (128-byte swizzle)" : ", A from registers, B from SMEM";
}

template <Format F, int N, Source S>
void measure_rate(Context& context, DeviceArray<float>& sink) {
  const auto kernel = multiply<F, N, S, 4, 1>;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kSmem), "asking for SMEM");
  for (int warpgroups : {1, 2, 3}) {
    const Shape shape{context.card.multiProcessorCount, 128 * warpgroups};
    const int rounds = 100000 / (4 * (N < 32 ? 32 : N) / 2);
    const auto summaries = time_spans(context.stream, 9, shape.blocks, [&](Span* spans) {
      kernel<<<shape.blocks, shape.threads, kSmem, context.stream>>>(rounds, sink.data(), spans);
    });
    std::vector<double> mhz;
    for (const SpanSummary& summary : summaries) {
      mhz.push_back(summary.clock_mhz);
    }
    const std::vector<std::pair<std::string, double>> at = {{"n", N}, {"warpgroups", static_cast<double>(warpgroups)}};
    context.record(per_clock({case_name<F, S>(),
                              std::string("wgmma m64nNk16, fp32 accumulation, per SM") + source_text<S>(),
                              "FLOP/clock",
                              ", groups of 4 that add to the same accumulators, two groups in flight, random data",
                              at,
                              {}},
                             shape, summaries, 2.0 * 64 * N * 16 * 4 * rounds * warpgroups));
    context.record({case_name<F, S>() + "_clock", "SM clock while that ran (under a millisecond)", "MHz",
                    std::to_string(shape.blocks) + " blocks, a pause before each run", at, mhz});
  }
}

/// From the issue of one product to its result in registers, fence and wait included.
template <int N, Source S>
void measure_latency(Context& context, DeviceArray<float>& sink) {
  constexpr int kRounds = 2000;
  const auto kernel = multiply<Format::Fp16, N, S, 1, 0>;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kSmem), "asking for SMEM");
  const Shape shape{1, 128};
  const auto summaries = time_spans(context.stream, 15, 1, [&](Span* spans) {
    kernel<<<1, 128, kSmem, context.stream>>>(kRounds, sink.data(), spans);
  });
  context.record(clocks_per({case_name<Format::Fp16, S>() + "_latency",
                             std::string("one wgmma m64nNk16 from issue to readable result") + source_text<S>(),
                             "clocks",
                             ", fence, product, commit, wait, again",
                             {{"n", N}},
                             {}},
                            shape, summaries, kRounds));
}

template <Format F, int N>
void measure_sources(Context& context, DeviceArray<float>& sink) {
  measure_rate<F, N, Source::Smem>(context, sink);
  measure_rate<F, N, Source::Registers>(context, sink);
  if constexpr (F == Format::Fp16) {
    measure_latency<N, Source::Smem>(context, sink);
    measure_latency<N, Source::Registers>(context, sink);
  }
}

}  // namespace

void measure_wgmma(Context& context) {
  DeviceArray<float> sink(std::size_t{384} * context.card.multiProcessorCount);
  measure_sources<Format::Fp16, 8>(context, sink);
  measure_sources<Format::Fp16, 32>(context, sink);
  measure_sources<Format::Fp16, 64>(context, sink);
  measure_sources<Format::Fp16, 128>(context, sink);
  measure_sources<Format::Fp16, 256>(context, sink);
  measure_sources<Format::Bf16, 64>(context, sink);
  measure_sources<Format::Bf16, 128>(context, sink);
  measure_sources<Format::Bf16, 256>(context, sink);
}

}  // namespace microbench
