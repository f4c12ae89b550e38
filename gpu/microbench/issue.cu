// Mixes of two or three kinds of instructions: does one hide behind the other, in the same warps and in different ones?
#include <tuple>
#include <utility>

#include "microbench/operations.h"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

/// `Times` of an operation in one pattern.
template <class Op, int Times>
struct Part {
  using Operation = Op;
  static constexpr int kTimes = Times;
};

template <class... Parts>
struct Mix {
  static constexpr int kLength = (Parts::kTimes + ...);
  static constexpr int kPatterns = 256 / kLength;  // in the loop, so that its own three instructions don't count
};

template <class P>
struct Running {
  typename P::Operation operation;
  /// This part's share of slot `slot` of the pattern: its instructions are spread evenly over kLength slots.
  template <int Length>
  __device__ void slot(int pattern, int slot) {
    const int before = slot * P::kTimes / Length, after = (slot + 1) * P::kTimes / Length;
    if (after > before) {
      operation.apply((pattern * P::kTimes + before) % P::Operation::kChains);
    }
  }
};

template <class... Parts>
struct All : Running<Parts>... {};

constexpr int kAll = -1;
constexpr int kApart = -2;

template <int Length, int Patterns, class... R>
__device__ __forceinline__ void run_rounds(int rounds, R&... running) {
#pragma unroll 1
  for (int round = 0; round < rounds; ++round) {
#pragma unroll
    for (int pattern = 0; pattern < Patterns; ++pattern) {
#pragma unroll
      for (int slot = 0; slot < Length; ++slot) {
        (running.template slot<Length>(pattern, slot), ...);
      }
    }
  }
}

/// `Only` a part's number: that part alone. kAll: all in every warp. kApart: warps 0 to 3 run the first part alone, 4
/// to 7 the second ..., each as many times more as there are parts.
template <int Only, class... Parts>
__global__ void __launch_bounds__(512) run_mix(int rounds, float* sink, Span* spans) {
  using Mixture = Mix<Parts...>;
  constexpr int kLength = Mixture::kLength, kPatterns = Mixture::kPatterns;
  All<Parts...> all;
  (static_cast<Running<Parts>&>(all).operation.start(3), ...);
  begin_span(spans[blockIdx.x]);
  if constexpr (Only == kAll) {
    run_rounds<kLength, kPatterns>(rounds, static_cast<Running<Parts>&>(all)...);
  } else if constexpr (Only == kApart) {
    constexpr int kParts = sizeof...(Parts);
    const int mine = static_cast<int>(threadIdx.x / 128 % kParts);
    int part = 0;
    ((mine == part++ ? run_rounds<kLength, kPatterns>(rounds * kParts, static_cast<Running<Parts>&>(all)) : void()),
     ...);
  } else {
    run_rounds<kLength, kPatterns>(rounds,
                                   static_cast<Running<std::tuple_element_t<Only, std::tuple<Parts...>>>&>(all));
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * blockDim.x + threadIdx.x] = (static_cast<Running<Parts>&>(all).operation.sum() + ...);
}

constexpr int kRounds = 100;

/// Clocks per 1000 warp instructions of the mixture on an SM; a part alone does its share of the 1000.
template <int Only, class... Parts>
void measure_one(Context& context, DeviceArray<float>& sink, const std::string& name, const std::string& text,
                 int warps) {
  using Mixture = Mix<Parts...>;
  const Shape shape{context.card.multiProcessorCount, 32 * warps};
  const auto summaries = time_spans(context.stream, 7, shape.blocks, [&](Span* spans) {
    run_mix<Only, Parts...><<<shape.blocks, shape.threads, 0, context.stream>>>(kRounds, sink.data(), spans);
  });
  const double instructions = static_cast<double>(kRounds) * Mixture::kLength * Mixture::kPatterns * warps;
  std::string pattern;
  ((pattern += (pattern.empty() ? "" : " + ") + std::to_string(Parts::kTimes) + " " + Parts::Operation::kName), ...);
  context.record(clocks_per({name,
                             text,
                             "clocks per 1000 warp instructions",
                             ", pattern of " + pattern + ", chains of their own",
                             {{"warps", static_cast<double>(warps)}},
                             {}},
                            shape, summaries, instructions / 1000));
}

template <class... Parts>
void measure_mix(Context& context, DeviceArray<float>& sink, const std::string& name) {
  constexpr int kParts = sizeof...(Parts);
  for (int warps : {4, 4 * kParts, 16}) {
    if (warps != 16 || kParts == 2) {
      measure_one<kAll, Parts...>(context, sink, "issue." + name + "_together",
                                  "all parts in the same warps, interleaved", warps);
    }
    if (warps % (4 * kParts) == 0) {
      measure_one<kApart, Parts...>(context, sink, "issue." + name + "_apart",
                                    "as many instructions in all, each part in warps of its own", warps);
    }
  }
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (measure_one<static_cast<int>(I), Parts...>(
         context, sink,
         "issue." + name + "_" + std::tuple_element_t<I, std::tuple<Parts...>>::Operation::kName + "_alone",
         "this part of the mixture alone, in the same number of warps", 8),
     ...);
  }
  (std::index_sequence_for<Parts...>{});
}

/// Results per SM and clock of one kind alone, 16 warps.
template <class Op>
void measure_kind(Context& context, DeviceArray<float>& sink) {
  const Shape shape{context.card.multiProcessorCount, 512};
  const auto summaries = time_spans(context.stream, 7, shape.blocks, [&](Span* spans) {
    run_mix<0, Part<Op, 1>><<<shape.blocks, shape.threads, 0, context.stream>>>(kRounds, sink.data(), spans);
  });
  context.record(per_clock({std::string("fp32.") + Op::kName,
                            "results per SM and clock of one kind of FP32 instruction",
                            "1/clock",
                            ", 8 chains per thread, 256 instructions in the loop",
                            {},
                            {}},
                           shape, summaries, static_cast<double>(kRounds) * 256 * 512));
}

}  // namespace

void measure_issue(Context& context) {
  DeviceArray<float> sink(std::size_t{512} * context.card.multiProcessorCount);
  // The counts make the parts take equally long, where each kind runs at its unit's rate.
  measure_mix<Part<Exp2, 1>, Part<Fma, 8>>(context, sink, "exp2_fma");
  measure_mix<Part<Exp2, 1>, Part<Max, 4>>(context, sink, "exp2_max");
  measure_mix<Part<Fma, 2>, Part<Max, 1>>(context, sink, "fma_max");
  measure_mix<Part<Exp2, 1>, Part<Convert, 4>>(context, sink, "exp2_convert");
  measure_mix<Part<Max, 1>, Part<Convert, 1>>(context, sink, "max_convert");
  measure_mix<Part<Exp2, 1>, Part<Fma, 8>, Part<Convert, 4>>(context, sink, "exp2_fma_convert");
  measure_mix<Part<Mma, 1>, Part<Fma, 6>>(context, sink, "mma_fma");
  measure_mix<Part<Mma, 4>, Part<Exp2, 3>>(context, sink, "mma_exp2");
  measure_mix<Part<Mma, 2>, Part<Max, 6>>(context, sink, "mma_max");
  // One softmax step of two scores: maximum, scale and subtract, power, sum, conversion of the pair.
  measure_one<kAll, Part<Max, 2>, Part<Fma, 2>, Part<Exp2, 2>, Part<Add, 2>, Part<Convert, 1>>(
      context, sink, "issue.softmax_together", "max, fma, exp2, add, convert in the same warps, interleaved", 4);
  measure_one<kAll, Part<Max, 2>, Part<Fma, 2>, Part<Exp2, 2>, Part<Add, 2>, Part<Convert, 1>>(
      context, sink, "issue.softmax_together", "max, fma, exp2, add, convert in the same warps, interleaved", 8);
  // No unit is its limit: 4 warp instructions a clock, 250 clocks.
  measure_mix<Part<Fma, 1>, Part<IntegerAdd, 1>>(context, sink, "fma_iadd");
  measure_mix<Part<Fma, 3>, Part<IntegerAdd, 1>>(context, sink, "fma3_iadd");

  measure_kind<Fma>(context, sink);
  measure_kind<Add>(context, sink);
  measure_kind<AddSame>(context, sink);
  measure_kind<AddDistinct>(context, sink);
  measure_kind<Multiply>(context, sink);
  measure_kind<IntegerAdd>(context, sink);
  measure_mix<Part<Add, 1>, Part<Fma, 1>>(context, sink, "add_fma");
  measure_mix<Part<Add, 1>, Part<Multiply, 1>>(context, sink, "add_mul");
  measure_mix<Part<Multiply, 1>, Part<Fma, 1>>(context, sink, "mul_fma");
}

}  // namespace microbench
