// mma.sync fed from SMEM by ldmatrix, as in the inner loop of an attention kernel; and ldmatrix alone.
#include "microbench/mma.h"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

template <bool Transposed>
__device__ void load_matrices(unsigned (&m)[4], unsigned address) {
  if constexpr (Transposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(address));
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(address));
  }
}

constexpr int kLoads = 4096;

/// Each warp loads the same four 8 x 8 matrices of rows 128 bytes apart again and again. Row r's 16-byte chunk is the
/// matrix's number xor r's lowest bits: with three bits the 8 rows lie in different banks, without any all in the same.
template <bool Transposed>
__global__ void load_alone(unsigned swizzle_mask, unsigned zero, unsigned* sink, Span* spans) {
  __shared__ __align__(1024) uint4 chunks[8 * 8];
  for (unsigned i = threadIdx.x; i < 64; i += blockDim.x) {
    chunks[i] = make_uint4(i, i + 1, i + 2, i + 3);
  }
  const unsigned lane = threadIdx.x % 32, row = lane % 8, matrix = lane / 8;
  auto address = static_cast<unsigned>(__cvta_generic_to_shared(chunks + row * 8 + (matrix ^ (row & swizzle_mask))));
  unsigned sum = 0;
  begin_span(spans[blockIdx.x]);
#pragma unroll 16
  for (int i = 0; i < kLoads; ++i) {
    unsigned m[4];
    load_matrices<Transposed>(m, address);
    address += zero;  // or the assembler would load once
    sum ^= m[0] ^ m[1] ^ m[2] ^ m[3];
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

enum class Feed { None, B, AAndB };

constexpr int kDepth = 64;  // k: one head of 64, 4 steps of 16
constexpr int kSteps = kDepth / 16;
constexpr int kColumns = 64;           // of B: rows of a K tile
constexpr int kPairs = kColumns / 16;  // one ldmatrix.x4 brings B for two products of 8 columns
constexpr int kRowBytes = kDepth * 2;
constexpr int kTileBytes = kColumns * kRowBytes;

/// Address of this lane's row for the 16 x 16 block at (row, k step) of a swizzled tile with 128-byte rows.
__device__ unsigned block_address(unsigned tile, int row, int step) {
  const unsigned lane = threadIdx.x % 32;
  const unsigned r = row + lane % 16;
  const unsigned chunk = 2 * step + lane / 16;
  return tile + r * kRowBytes + ((chunk ^ (r % 8)) * 16);
}

template <int Tiles>
struct Operands {
  unsigned a[Tiles][4];
  unsigned b[kPairs][4];
};

template <Feed F, int Tiles>
__device__ void load_step(Operands<Tiles>& operands, unsigned a_tile, unsigned b_tile, int step) {
  if constexpr (F == Feed::AAndB) {
#pragma unroll
    for (int t = 0; t < Tiles; ++t) {
      load_matrices<false>(operands.a[t], block_address(a_tile, t * 16, step));
    }
  }
  if constexpr (F != Feed::None) {
#pragma unroll
    for (int p = 0; p < kPairs; ++p) {
      load_matrices<false>(operands.b[p], block_address(b_tile, p * 16, step));
    }
  }
}

template <int Tiles>
__device__ void multiply_step(float (&d)[Tiles][2 * kPairs][4], const unsigned (&a)[Tiles][4],
                              const unsigned (&b)[kPairs][4]) {
#pragma unroll
  for (int p = 0; p < kPairs; ++p) {
    const unsigned even[2] = {b[p][0], b[p][2]}, odd[2] = {b[p][1], b[p][3]};
#pragma unroll
    for (int t = 0; t < Tiles; ++t) {
      mma<Format::Fp16>(d[t][2 * p], a[t], even);
      mma<Format::Fp16>(d[t][2 * p + 1], a[t], odd);
    }
  }
}

template <int Tiles>
__device__ float sum_of(const float (&d)[Tiles][2 * kPairs][4]) {
  float sum = 0;
#pragma unroll
  for (int t = 0; t < Tiles; ++t) {
#pragma unroll
    for (int p = 0; p < 2 * kPairs; ++p) {
      sum += d[t][p][0] + d[t][p][1] + d[t][p][2] + d[t][p][3];
    }
  }
  return sum;
}

/// S = Q K^T again and again: each warp has `Tiles` x 16 rows of Q and all 64 of K, which all warps read from the same
/// tile. The operands of the next step are asked for before the products of this one.
template <Feed F, int Tiles>
__global__ void __launch_bounds__(256, 1) multiply_fed(int rounds, unsigned zero, float* sink, Span* spans) {
  extern __shared__ __align__(1024) unsigned words[];
  for (int i = static_cast<int>(threadIdx.x); i < (4 + 1) * kTileBytes / 4; i += static_cast<int>(blockDim.x)) {
    words[i] = random_pair<Format::Fp16>(i + 1);
  }
  auto b_tile = static_cast<unsigned>(__cvta_generic_to_shared(words));
  unsigned a_tile = b_tile + kTileBytes + threadIdx.x / 32 * Tiles * 16 * kRowBytes;
  __syncthreads();
  Operands<Tiles> operands[2];
  unsigned kept[kSteps][Tiles][4];  // A, unless it is read again
#pragma unroll
  for (int s = 0; s < kSteps; ++s) {
#pragma unroll
    for (int t = 0; t < Tiles; ++t) {
      load_matrices<false>(kept[s][t], block_address(a_tile, t * 16, s));
    }
  }
  load_step<Feed::AAndB>(operands[0], a_tile, b_tile, 0);
  load_step<Feed::AAndB>(operands[1], a_tile, b_tile, 1);
  float d[Tiles][2 * kPairs][4] = {};
  begin_span(spans[blockIdx.x]);
#pragma unroll 1
  for (int round = 0; round < rounds; ++round) {
    a_tile += zero;  // a tile that never changed could be kept in registers
    b_tile += zero;
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
      load_step<F>(operands[(s + 1) % 2], a_tile, b_tile, (s + 1) % kSteps);
      multiply_step(d, F == Feed::AAndB ? operands[s % 2].a : kept[s], operands[s % 2].b);
    }
  }
  end_span(spans[blockIdx.x]);
  sink[blockIdx.x * blockDim.x + threadIdx.x] = sum_of(d);
}

template <Feed F, int Tiles>
void measure_fed(Context& context, DeviceArray<float>& sink, const std::string& name, const std::string& text) {
  constexpr int kRounds = 512;
  const auto kernel = multiply_fed<F, Tiles>;
  for (int resident : {1, 2}) {
    const int smem = limit_residency(context, reinterpret_cast<const void*>(kernel), resident);
    for (int threads : {128, 256}) {
      if (resident_blocks(reinterpret_cast<const void*>(kernel), threads, smem) < resident) {
        continue;  // too many registers
      }
      const Shape shape{resident * context.card.multiProcessorCount, threads};
      const auto summaries = time_spans(context.stream, 9, shape.blocks, [&](Span* spans) {
        kernel<<<shape.blocks, threads, smem, context.stream>>>(kRounds, 0, sink.data(), spans);
      });
      const double products = static_cast<double>(kRounds) * kSteps * 2 * kPairs * Tiles * threads / 32 * resident;
      context.record(
          per_clock({"mma_feed." + name,
                     "mma.sync m16n8k16 per SM, " + text,
                     "FLOP/clock",
                     ", head dim 64, 64 columns, one ldmatrix.x4 for two n8 tiles of B, next step's operands "
                     "loaded during this one's products",
                     {{"rows_per_warp", 16.0 * Tiles},
                      {"warps", threads / 32.0},
                      {"blocks_per_sm", static_cast<double>(resident)}},
                     {}},
                    shape, summaries, kMmaFlops * products));
    }
  }
}

template <bool Transposed>
void measure_load(Context& context, DeviceArray<unsigned>& sink, unsigned mask, int threads) {
  const Shape shape{context.card.multiProcessorCount, threads};
  const auto summaries = time_spans(context.stream, 9, shape.blocks, [&](Span* spans) {
    load_alone<Transposed><<<shape.blocks, threads, 0, context.stream>>>(mask, 0, sink.data(), spans);
  });
  context.record(per_clock({Transposed ? "mma_feed.ldmatrix_trans" : "mma_feed.ldmatrix",
                            std::string("ldmatrix.x4") + (Transposed ? ".trans" : "") + " alone, per SM",
                            "bytes/clock",
                            ", 512 bytes a warp, rows 128 bytes apart",
                            {{"ways", 8.0 / (mask + 1)}, {"warps", threads / 32.0}},
                            {}},
                           shape, summaries, 512.0 * kLoads * threads / 32));
}

}  // namespace

void measure_mma_feed(Context& context) {
  const auto sms = static_cast<std::size_t>(context.card.multiProcessorCount);
  DeviceArray<unsigned> words(512 * sms);
  for (int threads : {128, 256, 512}) {
    measure_load<false>(context, words, 7, threads);
    measure_load<true>(context, words, 7, threads);
  }
  for (unsigned mask : {3u, 1u, 0u}) {
    measure_load<false>(context, words, mask, 256);
    measure_load<true>(context, words, mask, 256);
  }
  DeviceArray<float> sink(512 * sms);
  measure_fed<Feed::None, 1>(context, sink, "registers", "A and B in registers");
  measure_fed<Feed::B, 1>(context, sink, "b", "A in registers, B from SMEM");
  measure_fed<Feed::AAndB, 1>(context, sink, "a_and_b", "A and B from SMEM");
  measure_fed<Feed::None, 2>(context, sink, "registers", "A and B in registers");
  measure_fed<Feed::B, 2>(context, sink, "b", "A in registers, B from SMEM");
  measure_fed<Feed::AAndB, 2>(context, sink, "a_and_b", "A and B from SMEM");
}

}  // namespace microbench
