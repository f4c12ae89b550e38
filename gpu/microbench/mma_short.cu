// A warp's product S = Q K^T when it is short, between two barriers: the code of kernels/parts/product.cuh.
#include "kernels/parts/product.cuh"
#include "microbench/mma.h"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kWarps = 4;
constexpr int kRounds = 512;

template <int Rows, int Columns>
__device__ float sum_of(const kernels::Accumulator<Rows, Columns>& c) {
  float sum = 0;
#pragma unroll
  for (int m = 0; m < c.kTall; ++m) {
#pragma unroll
    for (int n = 0; n < c.kWide; ++n) {
      sum += c.at[m][n][0] + c.at[m][n][1] + c.at[m][n][2] + c.at[m][n][3];
    }
  }
  return sum;
}

/// `never` is a number that no sum reaches: comparing with it waits for the last product, as reading S would. S adds up
/// from round to round, so that every product counts.
template <int Rows, int Columns, int Depth>
__global__ void __launch_bounds__(32 * kWarps, 1) multiply_short(int rounds, float never, float* sink, Span* spans) {
  using TileQ = kernels::SharedTile<__half, Rows * kWarps, Depth>;
  using TileK = kernels::SharedTile<__half, Columns, Depth>;
  extern __shared__ __align__(1024) unsigned words[];
  for (int i = static_cast<int>(threadIdx.x); i < (TileQ::kBytes + TileK::kBytes) / 4; i += 32 * kWarps) {
    words[i] = random_pair<Format::Fp16>(i + 1);
  }
  const unsigned base = kernels::shared_address(words);
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const auto q = kernels::pieces_down_first(TileQ{base}, warp * Rows, lane);
  const auto k = kernels::pieces_right_first(TileK{base + TileQ::kBytes}, 0, lane);
  kernels::Accumulator<Rows, Columns> s;
  s.fill(0);
  begin_span(spans[blockIdx.x]);
#pragma unroll 1
  for (int round = 0; round < rounds; ++round) {
    __syncthreads();
    kernels::add_product_abt<__half>(s, kernels::computed_here(q), kernels::computed_here(k));
    if (s.at[s.kTall - 1][s.kWide - 1][3] == never) {
      words[threadIdx.x] = 0;
    }
    __syncthreads();
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * 32 * kWarps + threadIdx.x] = sum_of(s);
}

template <int Rows, int Columns, int Depth>
void measure_product(Context& context, DeviceArray<float>& sink) {
  const auto kernel = multiply_short<Rows, Columns, Depth>;
  const int smem = limit_residency(context, reinterpret_cast<const void*>(kernel), 1);
  const Shape shape{context.card.multiProcessorCount, 32 * kWarps};
  const auto summaries = time_spans(context.stream, 9, shape.blocks, [&](Span* spans) {
    kernel<<<shape.blocks, shape.threads, smem, context.stream>>>(kRounds, 1e30f, sink.data(), spans);
  });
  context.record(
      clocks_per({"mma_short.clocks",
                  "S = Q K^T of every warp, from barrier to barrier",
                  "clocks",
                  ", fp16, both operands by ldmatrix from SMEM, one piece ahead; two __syncthreads a product",
                  {{"rows_per_warp", static_cast<double>(Rows)},
                   {"columns", static_cast<double>(Columns)},
                   {"depth", static_cast<double>(Depth)}},
                  {}},
                 shape, summaries, kRounds));
}

template <int Rows, int Depth>
void measure_columns(Context& context, DeviceArray<float>& sink) {
  measure_product<Rows, 32, Depth>(context, sink);
  measure_product<Rows, 64, Depth>(context, sink);
  measure_product<Rows, 128, Depth>(context, sink);
}

}  // namespace

void measure_mma_short(Context& context) {
  DeviceArray<float> sink(std::size_t{32} * kWarps * context.card.multiProcessorCount);
  measure_columns<16, 64>(context, sink);
  measure_columns<16, 128>(context, sink);
  measure_columns<32, 64>(context, sink);
  measure_columns<32, 128>(context, sink);
}

}  // namespace microbench
