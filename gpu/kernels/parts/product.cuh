// Products of a warp: its rows of the result, in accumulators, from operands in SMEM or in registers. A piece of B
// (16 x 16) is read from SMEM once for all the warp's rows, and one piece ahead of its use.
#pragma once

#include "kernels/parts/softmax.cuh"
#include "kernels/parts/swizzle.cuh"

namespace kernels {

/// kRows x kColumns numbers of one warp: tiles of 16 x 8, four numbers of each in every lane.
template <int kRows, int kColumns>
struct Accumulator {
  static constexpr int kTall = kRows / 16, kWide = kColumns / 8;
  float at[kTall][kWide][4];

  __device__ __forceinline__ void fill(float value) {
#pragma unroll
    for (int m = 0; m < kTall; ++m) {
#pragma unroll
      for (int n = 0; n < kWide; ++n) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          at[m][n][e] = value;
        }
      }
    }
  }
};

/// A 16-bit left operand in registers: tiles of 16 x 16.
template <int kRows, int kColumns>
struct LeftOperand {
  static constexpr int kTall = kRows / 16, kWide = kColumns / 16;
  unsigned at[kTall][kWide][4];
};

/// Accumulators as the left operand of the next product: their lanes are already the right ones.
template <class T, int kRows, int kColumns>
__device__ __forceinline__ LeftOperand<kRows, kColumns> convert(const Accumulator<kRows, kColumns>& c) {
  LeftOperand<kRows, kColumns> a;
#pragma unroll
  for (int m = 0; m < a.kTall; ++m) {
#pragma unroll
    for (int k = 0; k < a.kWide; ++k) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const float(&source)[4] = c.at[m][2 * k + e / 2];
        a.at[m][k][e] = pack<T>(source[e % 2 * 2], source[e % 2 * 2 + 1]);
      }
    }
  }
  return a;
}

/// c += A B^T with A [kRows, depth] and B [kColumns, depth] in SMEM: Q K^T. `a` is pieces_down_first of the warp's
/// rows, `b` pieces_right_first.
template <class T, int kRows, int kColumns, class TileA, class TileB>
__device__ __forceinline__ void add_product_abt(Accumulator<kRows, kColumns>& c, Pieces<TileA> a, Pieces<TileB> b) {
  constexpr int kDepth = TileA::kColumns / 16, kAcross = kColumns / 16, kTall = kRows / 16;
  static_assert(TileA::kColumns == TileB::kColumns);
  unsigned left[2][kTall][4], right[2][4];
#pragma unroll
  for (int m = 0; m < kTall; ++m) {
    ldmatrix_x4(left[0][m], a(m, 0));
  }
  ldmatrix_x4(right[0], b(0, 0));
#pragma unroll
  for (int k = 0; k < kDepth; ++k) {
#pragma unroll
    for (int n = 0; n < kAcross; ++n) {
      const int at = k * kAcross + n;
      if (at + 1 < kDepth * kAcross) {
        ldmatrix_x4(right[(at + 1) % 2], b((at + 1) % kAcross, (at + 1) / kAcross));
      }
      if (n == 0 && k + 1 < kDepth) {
#pragma unroll
        for (int m = 0; m < kTall; ++m) {
          ldmatrix_x4(left[(k + 1) % 2][m], a(m, k + 1));
        }
      }
#pragma unroll
      for (int m = 0; m < kTall; ++m) {
        mma<T>(c.at[m][2 * n], left[k % 2][m], right[at % 2][0], right[at % 2][1]);
        mma<T>(c.at[m][2 * n + 1], left[k % 2][m], right[at % 2][2], right[at % 2][3]);
      }
    }
  }
}

/// c += A B with A [kRows, depth] in registers and B [depth, kColumns] in SMEM: P V. `b` is pieces_down_first.
template <class T, int kRows, int kColumns, int kDepth, class TileB>
__device__ __forceinline__ void add_product_ab(Accumulator<kRows, kColumns>& c, const LeftOperand<kRows, kDepth>& a,
                                               Pieces<TileB> b) {
  constexpr int kAcross = kColumns / 16, kPieces = kDepth / 16 * kAcross;
  unsigned right[2][4];
  ldmatrix_x4_trans(right[0], b(0, 0));
#pragma unroll
  for (int k = 0; k < kDepth / 16; ++k) {
#pragma unroll
    for (int n = 0; n < kAcross; ++n) {
      const int at = k * kAcross + n;
      if (at + 1 < kPieces) {
        ldmatrix_x4_trans(right[(at + 1) % 2], b((at + 1) / kAcross, (at + 1) % kAcross));
      }
#pragma unroll
      for (int m = 0; m < kRows / 16; ++m) {
        mma<T>(c.at[m][2 * n], a.at[m][k], right[at % 2][0], right[at % 2][1]);
        mma<T>(c.at[m][2 * n + 1], a.at[m][k], right[at % 2][2], right[at % 2][3]);
      }
    }
  }
}

}  // namespace kernels
