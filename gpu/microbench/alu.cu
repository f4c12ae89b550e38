// Scalar units: rate of many independent instructions per SM clock, latency of a dependent chain.
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kChains = 8;
constexpr int kUnrolled = 256;  // instructions in the loop, so that its own three don't count
constexpr int kRounds = 1024;

/// One application of an operation: so many instructions, which count as so many results.
template <int Instructions, int Results>
struct Counts {
  static constexpr int kInstructions = Instructions, kResults = Results;
};
using Single = Counts<1, 1>;

// Every operation takes its chain's value and the next chain's: nothing can be folded.
struct Fma : Single {
  static constexpr const char* kName = "fma";
  static constexpr const char* kText = "FP32 fused multiply-add";
  static __device__ float apply(float a, float b) {
    asm volatile("fma.rn.f32 %0, %0, %1, %1;" : "+f"(a) : "f"(b));
    return a;
  }
};

struct Add : Single {
  static constexpr const char* kName = "add";
  static constexpr const char* kText = "FP32 addition";
  static __device__ float apply(float a, float b) {
    asm volatile("add.rn.f32 %0, %0, %1;" : "+f"(a) : "f"(b));
    return a;
  }
};

struct Exp2 : Single {
  static constexpr const char* kName = "exp2";
  static constexpr const char* kText = "ex2.approx.ftz.f32 (MUFU)";
  static __device__ float apply(float a, float) {
    asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(a));
    return a;
  }
};

struct Max : Single {
  static constexpr const char* kName = "max";
  static constexpr const char* kText = "FP32 maximum";
  static __device__ float apply(float a, float b) {
    asm volatile("max.f32 %0, %0, %1;" : "+f"(a) : "f"(b));
    return a;
  }
};

struct ConvertPair : Single {
  static constexpr const char* kName = "convert_pair";
  static constexpr const char* kText = "two fp32 to one fp16x2 (cvt.rn.f16x2.f32): 32-bit results";
  static __device__ float apply(float a, float b) {
    unsigned packed;
    asm volatile("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(a), "f"(b));
    return __uint_as_float(packed);
  }
};

struct Shuffle : Single {
  static constexpr const char* kName = "shuffle";
  static constexpr const char* kText = "shfl.sync.bfly";
  static __device__ float apply(float a, float) {
    asm volatile("shfl.sync.bfly.b32 %0, %0, 1, 0x1f, 0xffffffff;" : "+f"(a));
    return a;
  }
};

/// The lower half, then the upper half of what that gave: a pair's two conversions.
struct UnpackFp16 : Counts<2, 2> {
  static constexpr const char* kName = "unpack_fp16";
  static constexpr const char* kText = "half of an fp16x2 to fp32 (HADD2.F32), elements";
  static __device__ float apply(float a, float) {
    asm volatile("{.reg .b16 l, h; mov.b32 {l, h}, %0; cvt.f32.f16 %0, l;}" : "+f"(a));
    asm volatile("{.reg .b16 l, h; mov.b32 {l, h}, %0; cvt.f32.f16 %0, h;}" : "+f"(a));
    return a;
  }
};

/// bf16 to fp32 moves two bytes. The bytes to move come from a register: of constants, two moves in a row become one.
struct UnpackBf16 : Counts<2, 2> {
  static constexpr const char* kName = "unpack_bf16";
  static constexpr const char* kText = "half of a bf16x2 to fp32 as a byte permutation (PRMT), elements";
  static __device__ float apply(float a, float b) {
    unsigned bits = __float_as_uint(a);
    asm volatile("prmt.b32 %0, %0, 0, %1;" : "+r"(bits) : "r"(__float_as_uint(b)));
    asm volatile("prmt.b32 %0, 0, %0, %1;" : "+r"(bits) : "r"(__float_as_uint(b)));
    return __uint_as_float(bits);
  }
};

struct CompareSelect : Counts<2, 1> {
  static constexpr const char* kName = "compare_select";
  static constexpr const char* kText = "FP32 comparison and selection by it (FSETP, FSEL), pairs of instructions";
  static __device__ float apply(float a, float b) {
    asm volatile("{.reg .pred p; setp.gt.f32 p, %0, %1; selp.f32 %0, %1, 0f3f000000, p;}" : "+f"(a) : "f"(b));
    return a;
  }
};

/// A quotient, since the reciprocal of a reciprocal would be folded. Finite or not, it takes as long.
struct Reciprocal : Counts<2, 1> {
  static constexpr const char* kName = "reciprocal";
  static constexpr const char* kText = "div.approx.ftz.f32, which is MUFU.RCP and FMUL";
  static __device__ float apply(float a, float b) {
    asm volatile("div.approx.ftz.f32 %0, %1, %0;" : "+f"(a) : "f"(b));
    return a;
  }
};

/// In two formats by turns: two alike in a row would become one instruction of three operands (VHMNMX).
struct MaxPair : Counts<2, 2> {
  static constexpr const char* kName = "max_pair";
  static constexpr const char* kText = "max.f16x2 and max.bf16x2 (HMNMX2), instructions";
  static __device__ float apply(float a, float b) {
    unsigned bits = __float_as_uint(a);
    asm volatile("max.f16x2 %0, %0, %1;" : "+r"(bits) : "r"(__float_as_uint(b)));
    asm volatile("max.bf16x2 %0, %0, %1;" : "+r"(bits) : "r"(__float_as_uint(b)));
    return __uint_as_float(bits);
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
#pragma unroll(kUnrolled / Chains / Op::kInstructions)
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
    per_clock.samples.push_back(double{kThreads} * kRounds * kChains * Op::kResults / summary.cycles);
  }
  Result chain{std::string("alu.") + Op::kName + "_latency",
               text + ": clocks from one to the next dependent one",
               "clocks",
               span_conditions(1, 32, latency) + ", one chain",
               {},
               {}};
  for (const SpanSummary& summary : latency) {
    chain.samples.push_back(summary.cycles / kRounds / Op::kResults);
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
  measure_op<UnpackFp16>(context, sink);
  measure_op<UnpackBf16>(context, sink);
  measure_op<CompareSelect>(context, sink);
  measure_op<Reciprocal>(context, sink);
  measure_op<MaxPair>(context, sink);
}

}  // namespace microbench
