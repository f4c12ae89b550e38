// One pass of a softmax over scores in registers, as between the two products of FlashAttention-2: what the mixture of
// units costs, against each unit's own time.
#include <algorithm>
#include <limits>
#include <map>

#include "kernels/parts/softmax.cuh"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kPasses = 200;
constexpr int kRuns = 9;
constexpr int kColumns = 32;  // of each of a lane's two rows: the warp's scores are 16 x 128

enum class Part { Exp, Max, Both, BothAndBarrier };

/// One lane's share of S, O, l and m.
struct Lane {
  float s[2][kColumns], o[2][kColumns], l[2], m[2];

  __device__ void start() {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
#pragma unroll
      for (int i = 0; i < kColumns; ++i) {
        s[row][i] = static_cast<float>((threadIdx.x * 37 + row * 11 + i * 5) % 64) * 0.03f - 1;
        o[row][i] = static_cast<float>(threadIdx.x + i);
      }
      l[row] = 0;
      m[row] = static_cast<float>(threadIdx.x % 4) * 0.1f;
    }
  }

  /// S becomes 2^(S c - m c); its sum is returned. The pairs in fp16 take the places of even columns, so that the next
  /// pass needs them and no instruction more: as fp32 they are small numbers.
  __device__ float exponentiate(int row, float c) {
    const float mc = m[row] * c;
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kColumns; i += 2) {
      const float low = kernels::exp2_approx(fmaf(s[row][i], c, -mc));
      const float high = kernels::exp2_approx(fmaf(s[row][i + 1], c, -mc));
      sum += low;
      sum += high;
      s[row][i] = __uint_as_float(kernels::pack<__half>(low, high));
      s[row][i + 1] = high;
    }
    return sum;
  }

  /// The maximum alone. Even and odd columns start from the last maximum: those of pairs, as in `step`, would not
  /// change from pass to pass.
  __device__ void maximise(int row) {
    float even = m[row], odd = m[row];
#pragma unroll
    for (int i = 0; i < kColumns; i += 2) {
      even = fmaxf(even, s[row][i]);
      odd = fmaxf(odd, s[row][i + 1]);
    }
    m[row] = kernels::quad_max(fmaxf(even, odd));
  }

  /// Lines 9 and 10 of FlashAttention-2 without the product, instruction by instruction as kernels/flash2.cuh.
  __device__ void step(int row, float c) {
    const float before = m[row];
#pragma unroll
    for (int i = 0; i < kColumns; i += 2) {
      m[row] = fmaxf(m[row], fmaxf(s[row][i], s[row][i + 1]));
    }
    m[row] = kernels::quad_max(m[row]);
    const float alpha = kernels::exp2_approx(fmaf(before, c, -(m[row] * c)));
    l[row] = alpha * l[row] + exponentiate(row, c);
#pragma unroll
    for (int i = 0; i < kColumns; ++i) {
      o[row][i] *= alpha;
    }
  }

  __device__ float sum() const {
    float total = 0;
#pragma unroll
    for (int row = 0; row < 2; ++row) {
#pragma unroll
      for (int i = 0; i < kColumns; ++i) {
        total += s[row][i] + o[row][i];
      }
      total += l[row] + m[row];
    }
    return total;
  }
};

template <Part P>
__global__ void __launch_bounds__(256, 1) run_passes(int passes, float c, float* sink, Span* spans) {
  Lane lane;
  lane.start();
  begin_span(spans[blockIdx.x]);
#pragma unroll 1
  for (int pass = 0; pass < passes; ++pass) {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      if constexpr (P == Part::Exp) {
        lane.l[row] += lane.exponentiate(row, c);
      } else if constexpr (P == Part::Max) {
        lane.maximise(row);
      } else {
        lane.step(row, c);
      }
    }
    if constexpr (P == Part::BothAndBarrier) {
      __syncthreads();
    }
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * blockDim.x + threadIdx.x] = lane.sum();
}

/// From the first block's begin to the last one's end, over SMs: blocks that share an SM don't get equal parts of it.
SpanSummary summarize_sms(const std::vector<Span>& spans) {
  struct Ends {
    long long begin = std::numeric_limits<long long>::max(), end = 0;
  };
  std::map<unsigned, Ends> by_sm;
  for (const Span& span : spans) {
    Ends& ends = by_sm[span.sm];
    ends.begin = std::min(ends.begin, span.clock_begin);
    ends.end = std::max(ends.end, span.clock_end);
  }
  std::vector<double> cycles;
  for (const auto& [sm, ends] : by_sm) {
    cycles.push_back(static_cast<double>(ends.end - ends.begin));
  }
  return {median(cycles), summarize(spans).clock_mhz};
}

template <Part P>
void measure_part(Context& context, const std::string& name, const std::string& text, int warps, int resident) {
  const auto kernel = run_passes<P>;
  const int smem = limit_residency(context, reinterpret_cast<const void*>(kernel), resident);
  const Shape shape{resident * context.card.multiProcessorCount, 32 * warps};
  DeviceArray<float> sink(static_cast<std::size_t>(shape.blocks) * shape.threads);
  std::vector<Span> last(shape.blocks);
  std::vector<SpanSummary> summaries;
  time_spans(context.stream, kRuns, shape.blocks, [&](Span* spans) {
    kernel<<<shape.blocks, shape.threads, smem, context.stream>>>(kPasses, 0.2f, sink.data(), spans);
    check(cudaMemcpyAsync(last.data(), spans, last.size() * sizeof(Span), cudaMemcpyDeviceToHost, context.stream),
          "copying spans");
    check(cudaStreamSynchronize(context.stream), "running passes");
    summaries.push_back(summarize_sms(last));
  });
  summaries.erase(summaries.begin());  // warm-up
  context.record(clocks_per({"pass." + name,
                             text,
                             "clocks",
                             ", clocks in which every warp of the SM makes one pass over 64 fp32 a lane; 200 passes",
                             {{"warps", static_cast<double>(warps)}, {"blocks_per_sm", static_cast<double>(resident)}},
                             {}},
                            shape, summaries, kPasses));
}

}  // namespace

void measure_pass(Context& context) {
  for (const auto& [warps, resident] : {std::pair{4, 1}, std::pair{4, 2}, std::pair{8, 1}}) {
    measure_part<Part::Exp>(context, "exp", "scale and subtract, exp2, sum, pairs to fp16", warps, resident);
    measure_part<Part::Max>(context, "max", "maximum of two rows, two shuffles each", warps, resident);
    measure_part<Part::Both>(context, "both", "maximum, then exp and sum, and 64 accumulators rescaled", warps,
                             resident);
    measure_part<Part::BothAndBarrier>(context, "exp_barrier", "the same as pass.both and a __syncthreads", warps,
                                       resident);
  }
}

}  // namespace microbench
