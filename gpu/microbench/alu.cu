// Scalar units: rate of many independent instructions per SM clock, latency of a dependent chain.
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kChains = 8;
constexpr int kUnrolled = 256;  // instructions in the loop, so that its own three don't count
constexpr int kRounds = 1024;

// Every operation takes its chain's value and the next chain's: nothing can be folded.
struct Fma {
  static constexpr const char* kName = "fma";
  static constexpr const char* kText = "FP32 fused multiply-add";
  static __device__ float apply(float a, float b) {
    asm volatile("fma.rn.f32 %0, %0, %1, %1;" : "+f"(a) : "f"(b));
    return a;
  }
};

struct Add {
  static constexpr const char* kName = "add";
  static constexpr const char* kText = "FP32 addition";
  static __device__ float apply(float a, float b) {
    asm volatile("add.rn.f32 %0, %0, %1;" : "+f"(a) : "f"(b));
    return a;
  }
};

struct Exp2 {
  static constexpr const char* kName = "exp2";
  static constexpr const char* kText = "ex2.approx.ftz.f32 (MUFU)";
  static __device__ float apply(float a, float) {
    asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(a));
    return a;
  }
};

struct Max {
  static constexpr const char* kName = "max";
  static constexpr const char* kText = "FP32 maximum";
  static __device__ float apply(float a, float b) {
    asm volatile("max.f32 %0, %0, %1;" : "+f"(a) : "f"(b));
    return a;
  }
};

struct ConvertPair {
  static constexpr const char* kName = "convert_pair";
  static constexpr const char* kText = "two fp32 to one fp16x2 (cvt.rn.f16x2.f32): 32-bit results";
  static __device__ float apply(float a, float b) {
    unsigned packed;
    asm volatile("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(a), "f"(b));
    return __uint_as_float(packed);
  }
};

struct Shuffle {
  static constexpr const char* kName = "shuffle";
  static constexpr const char* kText = "shfl.sync.bfly";
  static __device__ float apply(float a, float) {
    asm volatile("shfl.sync.bfly.b32 %0, %0, 1, 0x1f, 0xffffffff;" : "+f"(a));
    return a;
  }
};

template <class Op, int Chains>
__global__ void repeat(float* sink, Span* spans) {
  float value[Chains + 1];  // the last is constant
#pragma unroll
  for (int c = 0; c <= Chains; ++c) {
    value[c] = static_cast<float>(threadIdx.x * 7 + c) * 0.01f;
  }
  begin_span(spans[blockIdx.x]);
#pragma unroll(kUnrolled / Chains)
  for (int round = 0; round < kRounds; ++round) {
#pragma unroll
    for (int c = 0; c < Chains; ++c) {
      value[c] = Op::apply(value[c], value[c + 1]);
    }
  }
  end_span(spans[blockIdx.x]);
  float sum = 0;
#pragma unroll
  for (int c = 0; c < Chains; ++c) {
    sum += value[c];
  }
  sink[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

template <class Op>
void measure_op(Context& context, DeviceArray<float>& sink) {
  constexpr int kThreads = 1024;
  const int blocks = context.card.multiProcessorCount;
  const auto rate = time_spans(context.stream, 15, blocks, [&](Span* spans) {
    repeat<Op, kChains><<<blocks, kThreads, 0, context.stream>>>(sink.data(), spans);
  });
  const auto latency = time_spans(
      context.stream, 15, 1, [&](Span* spans) { repeat<Op, 1><<<1, 32, 0, context.stream>>>(sink.data(), spans); });
  const std::string text = Op::kText;
  Result per_clock{std::string("alu.") + Op::kName,
                   text + ": results per SM and clock",
                   "1/clock",
                   span_conditions(blocks, kThreads, rate) + ", 8 chains per thread",
                   {},
                   {}};
  for (const SpanSummary& summary : rate) {
    per_clock.samples.push_back(double{kThreads} * kRounds * kChains / summary.cycles);
  }
  Result chain{std::string("alu.") + Op::kName + "_latency",
               text + ": clocks from one to the next dependent one",
               "clocks",
               span_conditions(1, 32, latency) + ", one chain",
               {},
               {}};
  for (const SpanSummary& summary : latency) {
    chain.samples.push_back(summary.cycles / kRounds);
  }
  context.record(std::move(per_clock));
  context.record(std::move(chain));
}

}  // namespace

void measure_alu(Context& context) {
  DeviceArray<float> sink(std::size_t{1024} * context.card.multiProcessorCount);
  measure_op<Fma>(context, sink);
  measure_op<Add>(context, sink);
  measure_op<Exp2>(context, sink);
  measure_op<Max>(context, sink);
  measure_op<ConvertPair>(context, sink);
  measure_op<Shuffle>(context, sink);
}

}  // namespace microbench
