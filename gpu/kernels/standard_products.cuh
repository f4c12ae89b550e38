// The two products of standard attention, S = Q K^T and O = P V; beside sim/algorithms/standard.cpp, scores and output.
// Dao et al. 2022 (FlashAttention), Algorithm 0; the margin holds its line numbers. Four warps a block, each with rows
// of its own: it reads all of the right operand from SMEM.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/parts/copy.cuh"
#include "kernels/parts/product.cuh"
#include "kernels/parts/softmax.cuh"
#include "kernels/parts/swizzle.cuh"

namespace kernels::standard {

constexpr int kProductWarps = 4;

/// Q is [slices, Nq, d], K and V [kv_slices, Nk, d], S and P [slices, Nq, pitch], O as Q; rows of S and P begin at
/// multiples of 16 bytes.
template <class T>
struct Standard {
  const T *Q, *K, *V;
  T *O, *S, *P;
  int Nq, Nk, pitch;
  int Tr, Tc;
  int heads, group;  ///< query heads; how many of them share one K, V head
  float scale;

  __device__ __forceinline__ std::int64_t kv_slice(int slice) const {
    return slice / heads * (heads / group) + slice % heads / group;
  }
};

/// The block's threads copy a piece of P; what lies beyond its valid rows, and beyond the words with valid columns,
/// becomes zero. The rest of a row's last word is zero in P itself.
template <int kThreads, class Tile, class T>
__device__ __forceinline__ void load_piece(Tile tile, const T* source, int pitch, int valid_rows, int valid_columns) {
  constexpr int kChunks = Tile::kChunks, kRowsAtOnce = kThreads / kChunks;
  const int first_row = static_cast<int>(threadIdx.x) / kChunks, chunk = static_cast<int>(threadIdx.x) % kChunks;
  const T* from = source + std::int64_t{first_row} * pitch + chunk * 8;
#pragma unroll
  for (int row = 0; row < Tile::kRows; row += kRowsAtOnce) {
    copy_async_or_zero(tile.address + Tile::offset(first_row + row, chunk), from + std::int64_t{row} * pitch,
                       first_row + row < valid_rows && chunk * 8 < valid_columns);
  }
}

/// Writes the warp's accumulators times `factor` into its rows of a tile, rounded to T.
template <class T, int kRows, int kColumns, class Tile>
__device__ __forceinline__ void stage(const Accumulator<kRows, kColumns>& c, float factor, Tile tile, int first_row,
                                      int lane) {
#pragma unroll
  for (int m = 0; m < c.kTall; ++m) {
#pragma unroll
    for (int n = 0; n < c.kWide; ++n) {
      const float(&at)[4] = c.at[m][n];
#pragma unroll
      for (int e = 0; e < 4; e += 2) {
        const int row = first_row + m * 16 + accumulator_row(lane, e), column = n * 8 + accumulator_column(lane, e);
        store_shared(tile.address + Tile::element_offset(row, column), pack<T>(factor * at[e], factor * at[e + 1]));
      }
    }
  }
}

/// How B lies in SMEM: [kColumns, depth] as K in Q K^T, or [depth, kColumns] as V in P V.
enum class Right { transposed, plain };

template <Right kRight, class Tile>
__device__ __forceinline__ void load_right(unsigned (&right)[4], Pieces<Tile> b, int k, int n) {
  if constexpr (kRight == Right::transposed) {
    ldmatrix_x4(right, b(n, k));
  } else {
    ldmatrix_x4_trans(right, b(k, n));
  }
}

template <int kTall, class Tile>
__device__ __forceinline__ void load_left(unsigned (&left)[kTall][4], Pieces<Tile> a, int k) {
#pragma unroll
  for (int m = 0; m < kTall; ++m) {
    ldmatrix_x4(left[m], a(m, k));
  }
}

/// c += A B with A [kRows, depth] and B in SMEM. `a` is pieces_down_first of the warp's rows; `b` pieces_right_first of
/// a transposed B, pieces_down_first of a plain one. Pieces are read at least one ahead of their use; more, where the
/// loop is unrolled, which a warp with a scheduler of its own needs, and which takes registers.
template <class T, Right kRight, int kUnroll, int kRows, int kColumns, class TileA, class TileB>
__device__ __forceinline__ void add_product(Accumulator<kRows, kColumns>& c, Pieces<TileA> a, Pieces<TileB> b) {
  constexpr int kDepth = TileA::kColumns / 16, kAcross = kColumns / 16, kTall = kRows / 16;
  static_assert(kAcross % 2 == 0);
  unsigned left[kTall][4], next_left[kTall][4], right[2][4];
  load_left(next_left, a, 0);
  load_right<kRight>(right[0], b, 0, 0);
#pragma unroll kUnroll
  for (int k = 0; k < kDepth; ++k) {
#pragma unroll
    for (int m = 0; m < kTall; ++m) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        left[m][e] = next_left[m][e];
      }
    }
    if (k + 1 < kDepth) {
      load_left(next_left, a, k + 1);
    }
#pragma unroll
    for (int n = 0; n < kAcross; ++n) {
      if (n + 1 < kAcross) {
        load_right<kRight>(right[(n + 1) % 2], b, k, n + 1);
      } else if (k + 1 < kDepth) {
        load_right<kRight>(right[0], b, k + 1, 0);
      }
#pragma unroll
      for (int m = 0; m < kTall; ++m) {
        mma<T>(c.at[m][2 * n], left[m], right[n % 2][0], right[n % 2][1]);
        mma<T>(c.at[m][2 * n + 1], left[m], right[n % 2][2], right[n % 2][3]);
      }
    }
  }
}

/// Blocks of an SM that should have registers enough: as many as SMEM holds, and no more than go without spilling.
constexpr int blocks_at_least(int most, int smem_bytes) {
  constexpr int kSmemOfSM = 227 << 10;
  return std::max(1, std::min(most, kSmemOfSM / smem_bytes));
}

template <class T, int Br, int Bc, int d>
struct ScoresTiles {
  using Q = SharedTile<T, Br, d>;
  using K = SharedTile<T, Bc, d>;
  using S = SharedTile<T, Br, Bc>;                                      // over Q and K, when they have been read
  static constexpr int kAccumulators = Br * Bc / (32 * kProductWarps);  ///< a thread
  static constexpr int kBytes = std::max(Q::kBytes + K::kBytes, S::kBytes);
  static constexpr int kBlocksAtLeast = blocks_at_least(kAccumulators >= 128 ? 3 : kAccumulators >= 64 ? 4 : 6, kBytes);
  static constexpr int kUnroll = kBlocksAtLeast > 2 ? 1 : d / 16;
};

// clang-format off
/// Tile (i, j) of S. Scaling is fused; the causal mask is left to the softmax.
template <class T, int Br, int Bc, int d>
__global__ void __launch_bounds__(32 * kProductWarps, ScoresTiles<T, Br, Bc, d>::kBlocksAtLeast)
scores(const Standard<T> a) {
  using Tiles = ScoresTiles<T, Br, Bc, d>;
  constexpr int kThreads = 32 * kProductWarps, kRows = Br / kProductWarps;
  extern __shared__ __align__(128) unsigned char memory[];
  const typename Tiles::Q Qi{shared_address(memory)};
  const typename Tiles::K Kj{Qi.address + Tiles::Q::kBytes};
  const typename Tiles::S staged{Qi.address};
  const int tile = static_cast<int>(blockIdx.x) % (a.Tr * a.Tc), slice = static_cast<int>(blockIdx.x) / (a.Tr * a.Tc);
  const int i = tile / a.Tc, j = tile % a.Tc, lane = static_cast<int>(threadIdx.x) % 32;
  const int first_row = static_cast<int>(threadIdx.x) / 32 * kRows;
  const int valid_rows = a.Nq - i * Br, valid_columns = a.Nk - j * Bc;

  load_tile_async<kThreads>(Qi, a.Q + (std::int64_t{slice} * a.Nq + i * Br) * d, d, valid_rows);         //  1
  load_tile_async<kThreads>(Kj, a.K + (a.kv_slice(slice) * a.Nk + j * Bc) * d, d, valid_columns);
  copies_commit();
  copies_wait<0>();
  __syncthreads();
  Accumulator<kRows, Bc> Sij;
  Sij.fill(0);
  add_product<T, Right::transposed, Tiles::kUnroll>(Sij, pieces_down_first(Qi, first_row, lane),
                                                    pieces_right_first(Kj, 0, lane));
  __syncthreads();
  stage<T>(Sij, a.scale, staged, first_row, lane);
  __syncwarp();
  T* S = a.S + (std::int64_t{slice} * a.Nq + i * Br) * a.pitch + j * Bc;
  store_rows<kRows>(staged, S, a.pitch, first_row, valid_rows, lane, (valid_columns + 7) / 8);
}

template <class T, int Br, int Bc, int d>
struct OutputTiles {
  using P = SharedTile<T, Br, Bc>;
  using V = SharedTile<T, Bc, d>;
  using O = SharedTile<T, Br, d>;  // over the ring, at the end
  static constexpr int kStageBytes = P::kBytes + V::kBytes, kStages = 2;
  static constexpr int kAccumulators = Br * d / (32 * kProductWarps);  ///< a thread
  static constexpr int kBytes = std::max(kStages * kStageBytes, O::kBytes);
  static constexpr int kBlocksAtLeast = blocks_at_least(kAccumulators >= 128 ? 2 : kAccumulators >= 64 ? 4 : 6, kBytes);
  static constexpr int kUnroll = kBlocksAtLeast > 2 ? 1 : Bc / 16;
};

/// Row block i of O. A ring of two stages: pieces j + 1 of P and V are on their way while j is used.
template <class T, int Br, int Bc, int d>
__global__ void __launch_bounds__(32 * kProductWarps, OutputTiles<T, Br, Bc, d>::kBlocksAtLeast)
output(const Standard<T> a) {
  using Tiles = OutputTiles<T, Br, Bc, d>;
  constexpr int kThreads = 32 * kProductWarps, kRows = Br / kProductWarps;
  extern __shared__ __align__(128) unsigned char memory[];
  const unsigned ring = shared_address(memory);
  const int i = static_cast<int>(blockIdx.x) % a.Tr, slice = static_cast<int>(blockIdx.x) / a.Tr;
  const int lane = static_cast<int>(threadIdx.x) % 32, first_row = static_cast<int>(threadIdx.x) / 32 * kRows;
  const int valid_rows = a.Nq - i * Br;
  const T* P = a.P + (std::int64_t{slice} * a.Nq + i * Br) * a.pitch;
  const T* V = a.V + a.kv_slice(slice) * a.Nk * d;
  const auto Pij = [&](int j) { return typename Tiles::P{ring + j % Tiles::kStages * Tiles::kStageBytes}; };
  const auto Vj = [&](int j) { return typename Tiles::V{Pij(j).address + Tiles::P::kBytes}; };
  const auto load = [&](int j) {
    load_piece<kThreads>(Pij(j), P + j * Bc, a.pitch, valid_rows, a.Nk - j * Bc);
    load_tile_async<kThreads>(Vj(j), V + std::int64_t{j} * Bc * d, d, a.Nk - j * Bc);
    copies_commit();
  };

  Accumulator<kRows, d> Oi;
  Oi.fill(0);
  load(0);
#pragma unroll 1
  for (int j = 0; j < a.Tc; ++j) {                                                                       //  3
    copies_wait<0>();
    __syncthreads();  // all threads' copies are there, and nobody reads the other stage any more
    if (j + 1 < a.Tc) {
      load(j + 1);
    }
    add_product<T, Right::plain, Tiles::kUnroll>(Oi, pieces_down_first(Pij(j), first_row, lane),
                                                 pieces_down_first(Vj(j), 0, lane));
  }
  __syncthreads();
  const typename Tiles::O staged{ring};
  stage<T>(Oi, 1, staged, first_row, lane);
  __syncwarp();
  T* O = a.O + (std::int64_t{slice} * a.Nq + i * Br) * d;
  store_rows<kRows>(staged, O, d, first_row, valid_rows, lane);                                          //  4
}
// clang-format on

}  // namespace kernels::standard
