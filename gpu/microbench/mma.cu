// mma.sync m16n8k16 with fp32 accumulation, operands in registers: rate and latency.
#include "microbench/mma.h"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kRounds = 256;

template <Format F, int Chains>
__global__ void multiply(int rounds, float* sink, Span* spans) {
  unsigned a[Chains][4], b[Chains][2];
  float d[Chains][4] = {};
#pragma unroll
  for (int c = 0; c < Chains; ++c) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      a[c][i] = random_pair<F>((threadIdx.x * Chains + c) * 8 + i);
    }
    b[c][0] = random_pair<F>((threadIdx.x * Chains + c) * 8 + 5);
    b[c][1] = random_pair<F>((threadIdx.x * Chains + c) * 8 + 6);
  }
  begin_span(spans[blockIdx.x]);
#pragma unroll 16
  for (int round = 0; round < rounds; ++round) {
#pragma unroll
    for (int c = 0; c < Chains; ++c) {
      mma<F>(d[c], a[c], b[c]);
    }
  }
  end_span(spans[blockIdx.x]);
  float sum = 0;
#pragma unroll
  for (int c = 0; c < Chains; ++c) {
    sum += d[c][0] + d[c][1] + d[c][2] + d[c][3];
  }
  sink[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

/// A chain in which each result is the next one's A: until a result can be read.
template <Format F>
__global__ void multiply_results(int rounds, float* sink, Span* spans) {
  const unsigned b[2] = {random_pair<F>(threadIdx.x * 2), random_pair<F>(threadIdx.x * 2 + 1)};
  float d[4] = {1, 2, 3, 4};
  begin_span(spans[blockIdx.x]);
#pragma unroll 16
  for (int round = 0; round < rounds; ++round) {
    const unsigned a[4] = {__float_as_uint(d[0]), __float_as_uint(d[1]), __float_as_uint(d[2]), __float_as_uint(d[3])};
    mma<F>(d, a, b);
  }
  end_span(spans[blockIdx.x]);
  sink[threadIdx.x] = d[0] + d[1] + d[2] + d[3];
}

void measure_latency(Context& context, const std::string& name, const std::string& measures,
                     const std::function<void(Span*)>& launch) {
  const auto summaries = time_spans(context.stream, 15, 1, launch);
  Result latency{name, measures, "clocks", span_conditions(1, 32, summaries) + ", one chain", {}, {}};
  for (const SpanSummary& summary : summaries) {
    latency.samples.push_back(summary.cycles / kRounds);
  }
  context.record(std::move(latency));
}

template <Format F>
void measure_format(Context& context, const std::string& format, DeviceArray<float>& sink) {
  constexpr int kChains = 4;
  const int blocks = context.card.multiProcessorCount;
  for (int threads : {128, 256, 512}) {
    const auto summaries = time_spans(context.stream, 15, blocks, [&](Span* spans) {
      multiply<F, kChains><<<blocks, threads, 0, context.stream>>>(kRounds, sink.data(), spans);
    });
    Result rate{"mma." + format,
                "mma.sync m16n8k16 from registers, fp32 accumulation, per SM",
                "FLOP/clock",
                span_conditions(blocks, threads, summaries) + ", 4 chains per warp, random data",
                {{"threads", static_cast<double>(threads)}},
                {}};
    for (const SpanSummary& summary : summaries) {
      rate.samples.push_back(kMmaFlops * kRounds * kChains * threads / 32 / summary.cycles);
    }
    context.record(std::move(rate));
  }
  measure_latency(context, "mma." + format + "_latency_add", "mma.sync m16n8k16: to the next that adds to its result",
                  [&](Span* spans) { multiply<F, 1><<<1, 32, 0, context.stream>>>(kRounds, sink.data(), spans); });
  measure_latency(context, "mma." + format + "_latency_read",
                  "mma.sync m16n8k16: to the next that reads its result as A",
                  [&](Span* spans) { multiply_results<F><<<1, 32, 0, context.stream>>>(kRounds, sink.data(), spans); });
}

/// Runs of over 100 000 clocks, with exactly so many blocks to an SM: start and end don't count.
void measure_long_run(Context& context, DeviceArray<float>& sink) {
  constexpr int kLongRounds = 8192;
  for (int resident : {1, 2}) {
    const int smem = limit_residency(context, reinterpret_cast<const void*>(multiply<Format::Fp16, 4>), resident);
    for (int threads : {128, 256, 512}) {
      const Shape shape{resident * context.card.multiProcessorCount, threads};
      const auto summaries = time_spans(context.stream, 9, shape.blocks, [&](Span* spans) {
        multiply<Format::Fp16, 4><<<shape.blocks, threads, smem, context.stream>>>(kLongRounds, sink.data(), spans);
      });
      context.record(
          per_clock({"mma.fp16_long",
                     "mma.sync m16n8k16 from registers, fp32 accumulation, per SM, in a long run",
                     "FLOP/clock",
                     ", 4 chains per warp, 8192 rounds, SMEM allows this many blocks to an SM, random data",
                     {{"threads", static_cast<double>(threads)}, {"blocks_per_sm", static_cast<double>(resident)}},
                     {}},
                    shape, summaries, kMmaFlops * kLongRounds * 4 * threads / 32 * resident));
    }
  }
}

}  // namespace

void measure_mma(Context& context) {
  DeviceArray<float> sink(std::size_t{1024} * context.card.multiProcessorCount);
  measure_format<Format::Fp16>(context, "fp16", sink);
  measure_format<Format::Bf16>(context, "bf16", sink);
  measure_long_run(context, sink);
}

}  // namespace microbench
