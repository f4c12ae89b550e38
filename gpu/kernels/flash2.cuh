// FlashAttention-2, forward pass: the kernel. Dao 2023, Algorithm 1; numbers are its lines. The tile program of the
// same algorithm, line by line: sim/algorithms/flash_attention_2.cpp.
// Each warp owns kBlockQ / kWarps rows and meets all of K and V; so a row's statistics never leave a quad of lanes.
// Q stays in SMEM and is read again at every step: in registers it would leave no room for two blocks on an SM.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/flash2.h"
#include "kernels/parts/copy.cuh"
#include "kernels/parts/product.cuh"

namespace kernels::flash2 {

template <class Element, int kHeadDim_, int kBlockQ_, int kBlockKv_, int kWarps_, int kStages_>
struct Config {
  using T = Element;  ///< __half or __nv_bfloat16
  static constexpr int kHeadDim = kHeadDim_, kBlockQ = kBlockQ_, kBlockKv = kBlockKv_, kWarps = kWarps_;
  static constexpr int kStages = kStages_;  ///< buffers that K and V have each
  static constexpr int kThreads = kWarps * 32;
  static constexpr int kWarpRows = kBlockQ / kWarps, kTall = kWarpRows / 16;
  using TileQ = SharedTile<T, kBlockQ, kHeadDim>;
  using TileKv = SharedTile<T, kBlockKv, kHeadDim>;
  static constexpr int kSmemBytes = TileQ::kBytes + 2 * kStages * TileKv::kBytes;
  /// As many blocks as fit beside each other with S, O and 63 other registers in every lane; an SM has 65536.
  static constexpr int kRegisters = (kWarpRows * (kBlockKv + kHeadDim) / 32 + 63 + 7) / 8 * 8;
  static constexpr int kBlocksPerSm = 65536 / (kThreads * kRegisters);
  static_assert(kWarpRows % 16 == 0 && kBlocksPerSm > 0);
};

template <class T>
struct Arguments {
  const T *q, *k, *v;
  T* o;
  float* lse;
  int seqlen_q, seqlen_kv;
  int group;     ///< query heads that share one K, V head
  int diagonal;  ///< query q sees keys below min(seqlen_kv, q + diagonal)
  float scale;
};

/// What one block works on.
template <class C>
struct Work {
  const typename C::T *q, *k, *v;  ///< q of its first row; k and v of its head's first
  int first_row, rows;             ///< of the head's queries
  int seqlen_kv, diagonal;
  int keys, unmasked;  ///< one past the last key that any of its rows sees, and that all see

  __device__ __forceinline__ Work(const Arguments<typename C::T>& a, int i, int slice)
      : first_row(i * C::kBlockQ), seqlen_kv(a.seqlen_kv), diagonal(a.diagonal) {
    rows = min(C::kBlockQ, a.seqlen_q - first_row);
    q = a.q + (std::int64_t{slice} * a.seqlen_q + first_row) * C::kHeadDim;
    const std::int64_t kv = std::int64_t{slice / a.group} * a.seqlen_kv * C::kHeadDim;
    k = a.k + kv;
    v = a.v + kv;
    keys = max(0, min(seqlen_kv, first_row + rows - 1 + diagonal));
    unmasked = max(0, min(seqlen_kv, first_row + diagonal));
  }
  __device__ __forceinline__ int steps() const { return (keys + C::kBlockKv - 1) / C::kBlockKv; }
};

/// SMEM: Q_i, then kStages buffers of K, then as many of V. A copy starts as soon as its buffer is free: K of step
/// j + kStages when all warps have S_j, V of that step when all have added P_j V_j. Copies form groups, one for each
/// K_j (Q_i with K_0) and one for each V_j, in the order K_0 V_0 K_1 V_1 ...; 2 kStages - 2 younger ones may be under
/// way when one is waited for, and one more behind K_0, before which no buffer has fallen free. Groups beyond the last
/// step are empty.
template <class C>
struct Copies {
  using Tile = typename C::TileKv;
  unsigned smem;
  int steps;

  __device__ __forceinline__ typename C::TileQ q() const { return {smem}; }
  __device__ __forceinline__ Tile k(int j) const { return buffer(j % C::kStages); }
  __device__ __forceinline__ Tile v(int j) const { return buffer(C::kStages + j % C::kStages); }

  __device__ __forceinline__ void start(const Work<C>& work) const {
    load_tile_async<C::kThreads>(q(), work.q, C::kHeadDim, work.rows);
#pragma unroll
    for (int j = 0; j < C::kStages; ++j) {
      start_k(work, j);
      start_v(work, j);
    }
  }
  /// kWhole: step j is known to exist, and its tile not to be ragged.
  template <bool kWhole = false>
  __device__ __forceinline__ void start_k(const Work<C>& work, int j) const {
    start_tile<kWhole>(work, k(j), work.k, j);
  }
  template <bool kWhole = false>
  __device__ __forceinline__ void start_v(const Work<C>& work, int j) const {
    start_tile<kWhole>(work, v(j), work.v, j);
  }

  /// The next in the order has landed, and all warps are past what they did before.
  __device__ __forceinline__ void wait(bool first = false) const {
    if (first) {
      copies_wait<2 * C::kStages - 1>();
    } else {
      copies_wait<2 * C::kStages - 2>();
    }
    __syncthreads();
  }

 private:
  __device__ __forceinline__ Tile buffer(int index) const {
    return {smem + static_cast<unsigned>(C::TileQ::kBytes + index * Tile::kBytes)};
  }
  template <bool kWhole>
  __device__ __forceinline__ void start_tile(const Work<C>& work, Tile tile, const typename C::T* of_head,
                                             int j) const {
    if (kWhole || j < steps) {
      const int first_key = j * C::kBlockKv;
      load_tile_async<C::kThreads>(tile, of_head + std::int64_t{first_key} * C::kHeadDim, C::kHeadDim,
                                   kWhole ? C::kBlockKv : work.seqlen_kv - first_key);
    }
    copies_commit();
  }
};

/// A warp's rows of O, l and m. A lane has rows 16 a + lane / 4 + 8 b as [a][b]; its l counts its own columns until
/// the end; m is of unscaled scores.
template <class C>
struct Rows {
  Accumulator<C::kWarpRows, C::kHeadDim> O;
  float l[C::kTall][2], m[C::kTall][2];
};

/// Scores of keys that a row doesn't see become -infinity.
template <class C>
__device__ __forceinline__ void mask(Accumulator<C::kWarpRows, C::kBlockKv>& S, const Work<C>& work, int j) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (int a = 0; a < C::kTall; ++a) {
#pragma unroll
    for (int b = 0; b < 2; ++b) {
      const int row = work.first_row + warp * C::kWarpRows + 16 * a + accumulator_row(lane, 2 * b);
      const int seen = min(work.seqlen_kv, row + work.diagonal) - j * C::kBlockKv - accumulator_column(lane, 0);
#pragma unroll
      for (int n = 0; n < S.kWide; ++n) {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          float& score = S.at[a][n][2 * b + e];
          score = 8 * n + e < seen ? score : -INFINITY;
        }
      }
    }
  }
}

/// Lines 9 and 10 but for the product: S becomes P; m, l and O are brought to the new maximum. e^(scale (s - m)) is
/// 2^(s c - m c) with c = scale log2 e: one FMA and one exponential.
template <class C, bool kMasked>
__device__ __forceinline__ void softmax(Accumulator<C::kWarpRows, C::kBlockKv>& S, Rows<C>& rows, float c) {
#pragma unroll
  for (int a = 0; a < C::kTall; ++a) {
#pragma unroll
    for (int b = 0; b < 2; ++b) {
      float m = rows.m[a][b];
#pragma unroll
      for (int n = 0; n < S.kWide; ++n) {
        m = fmaxf(m, fmaxf(S.at[a][n][2 * b], S.at[a][n][2 * b + 1]));
      }
      m = quad_max(m);
      // A row that has seen no key: -infinity less -infinity would be no number.
      const float mc = kMasked && m == -INFINITY ? 0.0f : m * c;
      const float alpha = exp2_approx(fmaf(rows.m[a][b], c, -mc));
      rows.m[a][b] = m;

      float sum = 0;
#pragma unroll
      for (int n = 0; n < S.kWide; ++n) {
#pragma unroll
        for (int e = 2 * b; e < 2 * b + 2; ++e) {
          S.at[a][n][e] = exp2_approx(fmaf(S.at[a][n][e], c, -mc));
          sum += S.at[a][n][e];
        }
      }
      rows.l[a][b] = alpha * rows.l[a][b] + sum;
#pragma unroll
      for (int n = 0; n < rows.O.kWide; ++n) {
        rows.O.at[a][n][2 * b] *= alpha;
        rows.O.at[a][n][2 * b + 1] *= alpha;
      }
    }
  }
}

// The margin holds the paper's line numbers. kMasked: there are keys that some row doesn't see. kWhole: the tiles whose
// copies start here are known to exist and not to be ragged.
// clang-format off
template <class C, bool kMasked, bool kWhole>
__device__ __forceinline__ void step(int j, const Work<C>& work, const Copies<C>& copies, Rows<C>& rows, float c) {
  using T = typename C::T;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const auto Qi = computed_here(pieces_down_first(copies.q(), warp * C::kWarpRows, lane));
  const auto Kj = computed_here(pieces_right_first(copies.k(j), 0, lane));
  const auto Vj = computed_here(pieces_down_first(copies.v(j), 0, lane));

  copies.wait(j == 0);                                                      //  7: K_j
  if (j > 0) {
    copies.template start_v<kWhole>(work, j - 1 + C::kStages);
  }
  Accumulator<C::kWarpRows, C::kBlockKv> S;
  S.fill(0);
  add_product_abt<T>(S, Qi, Kj);                                            //  8
  if constexpr (kMasked) {
    mask<C>(S, work, j);
  }
  copies.wait();                                                            //  7: V_j
  copies.template start_k<kWhole>(work, j + C::kStages);
  softmax<C, kMasked>(S, rows, c);                                          //  9
  add_product_ab<T>(rows.O, convert<T>(S), Vj);                             // 10
}

/// O and LSE go to HBM; O by way of the SMEM of Q, of which a warp alone uses its own rows. A row that saw no key has
/// l = 0, m = -infinity: O = 0, LSE = -infinity.
template <class C>
__device__ __forceinline__ void finish(Rows<C>& rows, const Work<C>& work, const Copies<C>& copies, float scale,
                                       typename C::T* o, float* lse) {
  const int lane = threadIdx.x % 32, first = threadIdx.x / 32 * C::kWarpRows;
  float inverse[C::kTall][2];  // of all rows first: their shuffles and quotients wait for each other's, not for stores
#pragma unroll
  for (int a = 0; a < C::kTall; ++a) {
#pragma unroll
    for (int b = 0; b < 2; ++b) {
      rows.l[a][b] = quad_sum(rows.l[a][b]);
      inverse[a][b] = rows.l[a][b] == 0 ? 0 : __fdividef(1, rows.l[a][b]);  // 12
    }
  }
#pragma unroll
  for (int a = 0; a < C::kTall; ++a) {
#pragma unroll
    for (int b = 0; b < 2; ++b) {
      const int row = first + 16 * a + accumulator_row(lane, 2 * b);
      if (lane % 4 == 0 && row < work.rows) {
        lse[row] = scale * rows.m[a][b] + __logf(rows.l[a][b]);             // 13, 15
      }
#pragma unroll
      for (int n = 0; n < rows.O.kWide; ++n) {
        store_shared(copies.q().address + C::TileQ::element_offset(row, 8 * n + accumulator_column(lane, 0)),
                     pack<typename C::T>(rows.O.at[a][n][2 * b] * inverse[a][b],
                                         rows.O.at[a][n][2 * b + 1] * inverse[a][b]));
      }
    }
  }
  __syncwarp();
  store_rows<C::kWarpRows>(copies.q(), o, C::kHeadDim, first, work.rows, lane);  // 14
}

template <class C>
__global__ void __launch_bounds__(C::kThreads, C::kBlocksPerSm) flash2(const Arguments<typename C::T> a) {
  extern __shared__ __align__(128) unsigned char smem[];
  const int i = blockIdx.x, slice = blockIdx.y;                             //  3
  const Work<C> work(a, i, slice);
  const Copies<C> copies{shared_address(smem), work.steps()};
  copies.start(work);                                                       //  4

  Rows<C> rows;                                                             //  5
  rows.O.fill(0);
#pragma unroll
  for (int n = 0; n < 2 * C::kTall; ++n) {
    rows.l[n / 2][n % 2] = 0;
    rows.m[n / 2][n % 2] = -INFINITY;
  }

  const float c = a.scale * kLog2E;
  const int unmasked_steps = work.unmasked / C::kBlockKv;
  // Most steps: nothing to mask, nothing ragged to copy, and so no code for either in their loop.
  const int whole_steps = min(unmasked_steps, min(copies.steps, work.seqlen_kv / C::kBlockKv) - C::kStages);
  int j = 0;
  for (; j < whole_steps; ++j) {                                            //  6
    step<C, false, true>(j, work, copies, rows, c);
  }
  for (; j < unmasked_steps; ++j) {
    step<C, false, false>(j, work, copies, rows, c);
  }
  for (; j < copies.steps; ++j) {
    step<C, true, false>(j, work, copies, rows, c);
  }                                                                         // 11
  if (copies.steps == 0) {
    copies.wait(true);  // Q may still be on its way to where O will be
  }
  const std::int64_t row = std::int64_t{slice} * a.seqlen_q + work.first_row;
  finish<C>(rows, work, copies, a.scale, a.o + row * C::kHeadDim, a.lse + row);
}
// clang-format on

template <class C>
void launch(const Problem& problem, const Tensors& tensors, cudaStream_t stream) {
  using T = typename C::T;
  static const cudaError_t room =
      cudaFuncSetAttribute(flash2<C>, cudaFuncAttributeMaxDynamicSharedMemorySize, C::kSmemBytes);
  check(room, "flash2: room in SMEM");
  Arguments<T> a{};
  a.q = static_cast<const T*>(tensors.q);
  a.k = static_cast<const T*>(tensors.k);
  a.v = static_cast<const T*>(tensors.v);
  a.o = static_cast<T*>(tensors.o);
  a.lse = tensors.lse;
  a.seqlen_q = problem.seqlen_q;
  a.seqlen_kv = problem.seqlen_kv;
  a.group = problem.heads / problem.kv_heads;
  a.diagonal = problem.causal ? problem.seqlen_kv - problem.seqlen_q + 1 : problem.seqlen_kv;
  a.scale = 1.0f / std::sqrt(static_cast<float>(problem.head_dim));
  const dim3 grid(ceil_div(problem.seqlen_q, C::kBlockQ), problem.slices());
  flash2<C><<<grid, C::kThreads, C::kSmemBytes, stream>>>(a);
  check_launch("flash2");
}

/// One schedule, in both formats.
template <int kHeadDim, int kBlockQ, int kBlockKv, int kWarps, int kStages>
Compiled compiled() {
  return {kHeadDim, Schedule{kBlockQ, kBlockKv, kStages, kWarps, 0, 0},
          launch<Config<__half, kHeadDim, kBlockQ, kBlockKv, kWarps, kStages>>,
          launch<Config<__nv_bfloat16, kHeadDim, kBlockQ, kBlockKv, kWarps, kStages>>};
}

}  // namespace kernels::flash2
