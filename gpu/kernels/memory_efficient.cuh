// The kernels of memory_efficient.cu: their order, buffers and arguments, and what they say in one word each.
#pragma once

#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/parts/copy.cuh"
#include "kernels/parts/product.cuh"

namespace kernels::memory_efficient {

constexpr int kChunkWarps = 4, kChunkThreads = kChunkWarps * 32;
constexpr float kMinusInfinity = -__builtin_huge_valf();

/// The tensors and buffers of all heads. S and P hold one pair of chunks a head, [cq, pitch]; partial results,
/// [chunks of keys, cq, head_dim], and their statistics one chunk of queries.
struct Chunked {
  const void *Q, *K, *V;
  void *O, *S, *P;
  float *partial, *m, *l;
  int heads, group;  ///< group: query heads that share a head of K and V
  int Nq, Nk, cq, pitch, key_chunks;
  bool causal;
  float scale;
};

/// One pair of chunks: queries [first_query, + queries), keys [first_key, + keys), result number `slot`.
struct Chunk {
  int first_query, queries, first_key, keys, slot;
};

/// The kernels of the tile program, in its order: for each chunk of queries, three a chunk of keys, then `combine`.
enum class Kind { scores, softmax, values, combine };
constexpr const char* kNames[] = {"scores", "softmax", "values", "combine"};

struct Step {
  Kind kind;
  int blocks;  ///< a slice
  Chunk chunk;
};

/// The buffers in the workspace, as offsets. Rows of S and P begin at multiples of 16 bytes.
struct Workspace {
  int pitch, key_chunks;
  std::size_t S, P, partial, m, l, bytes;

  Workspace(const Problem& problem, const Schedule& s)
      : pitch(ceil_div(s.block_kv, 8) * 8), key_chunks(ceil_div(problem.seqlen_kv, s.block_kv)) {
    const std::size_t slices = problem.slices(), rows = slices * key_chunks * s.block_q;
    std::size_t end = 0;
    const auto take = [&end](std::size_t bytes) {
      const std::size_t begin = end;
      end += (bytes + 255) / 256 * 256;
      return begin;
    };
    S = take(slices * s.block_q * pitch * 2);
    P = take(slices * s.block_q * pitch * 2);
    partial = take(rows * problem.head_dim * sizeof(float));
    m = take(rows * sizeof(float));
    l = take(rows * sizeof(float));
    bytes = end;
  }
};

/// Grids are (index, slice), the index fastest.
__device__ __forceinline__ std::int64_t slice_of_q() { return blockIdx.y; }
__device__ __forceinline__ std::int64_t slice_of_kv(const Chunked& a) {
  const int slice = static_cast<int>(blockIdx.y);
  return slice / a.heads * (a.heads / a.group) + slice % a.heads / a.group;
}
/// First row of the slice's result number `slot`, in partial, m and l.
__device__ __forceinline__ std::int64_t slot_row(const Chunked& a, int slot) {
  return (slice_of_q() * a.key_chunks + slot) * a.cq;
}

/// What exp_diff subtracts, times log2 e. A row whose maximum is -infinity sees nothing: its e^(-inf - m) shall be 0,
/// which any finite number in m's place gives.
__device__ __forceinline__ float times_log2e_or_0(float m) { return m == kMinusInfinity ? 0.0f : m * kLog2E; }
/// e^(x - m), as 2^x of one fused multiply-add.
__device__ __forceinline__ float exp_diff(float x, float m) {
  return exp2_approx(fmaf(x, kLog2E, -times_log2e_or_0(m)));
}

/// Two neighbours as fp32.
template <class T>
__device__ __forceinline__ float2 unpack(unsigned pair) {
  if constexpr (std::is_same_v<T, __half>) {
    return __half22float2(*reinterpret_cast<const __half2*>(&pair));
  } else {
    return __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(&pair));
  }
}

/// `x`, as if computed here: else every address that hangs on it is computed before the loops and held throughout.
__device__ __forceinline__ int here(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

__device__ __forceinline__ int lane() { return here(static_cast<int>(threadIdx.x)) % 32; }
__device__ __forceinline__ int warp() { return here(static_cast<int>(threadIdx.x)) / 32; }

/// Which tile of a chunk of S the block computes: the grid goes along rows of tiles.
template <int kTile>
struct TileOfScores {
  int i, j;

  __device__ __forceinline__ explicit TileOfScores(const Chunk& c) {
    const int across = (c.keys + kTile - 1) / kTile, index = here(static_cast<int>(blockIdx.x));
    i = index / across;
    j = index % across;
  }
  __device__ __forceinline__ int query(const Chunk& c) const { return c.first_query + i * kTile; }
  __device__ __forceinline__ int key(const Chunk& c) const { return c.first_key + j * kTile; }
  __device__ __forceinline__ int rows(const Chunk& c) const { return min(kTile, c.queries - i * kTile); }
  __device__ __forceinline__ int columns(const Chunk& c) const { return min(kTile, c.keys - j * kTile); }
};

/// How the lanes of a warp lie over its kTile / 4 rows, kLanes to a row: all of them in kSteps steps.
template <int kTile, int kLanes_>
struct RowsOfWarp {
  static constexpr int kLanes = kLanes_;
  static constexpr int kAtOnce = 32 / kLanes, kSteps = kTile / kChunkWarps / kAtOnce;

  /// The lane's row in step 0; kAtOnce further down with every step.
  __device__ __forceinline__ static int first() {
    const int thread = static_cast<int>(threadIdx.x);
    return thread / 32 * (kTile / kChunkWarps) + thread % 32 / kLanes;
  }
  __device__ __forceinline__ static int place() { return static_cast<int>(threadIdx.x) % kLanes; }

  template <class F>
  __device__ __forceinline__ static float reduce(float x, F f) {
#pragma unroll
    for (int distance = kLanes / 2; distance > 0; distance /= 2) {
      x = f(x, __shfl_xor_sync(kAllLanes, x, distance));
    }
    return x;
  }
};

/// 16 bytes of each of the lane's rows, past the L1; `rows` of them are there, counted from its first down.
template <class Rows, class T>
__device__ __forceinline__ void load_rows(uint4 (&to)[Rows::kSteps], const T* from, int pitch, int rows) {
  const std::int64_t stride = here(pitch) * Rows::kAtOnce;
#pragma unroll
  for (int step = 0; step < Rows::kSteps; ++step) {
    to[step] = step * Rows::kAtOnce < rows ? __ldcg(reinterpret_cast<const uint4*>(from + step * stride)) : uint4{};
  }
}

template <class Rows, class T>
__device__ __forceinline__ void store_rows(T* to, const uint4 (&from)[Rows::kSteps], int pitch, int rows) {
  const std::int64_t stride = here(pitch) * Rows::kAtOnce;
#pragma unroll
  for (int step = 0; step < Rows::kSteps; ++step) {
    if (step * Rows::kAtOnce < rows) {
      *reinterpret_cast<uint4*>(to + step * stride) = from[step];
    }
  }
}

/// f(pair's number, left, right) of 8 elements, those from the `inside`th on being -infinity; kWhole: there are none.
template <class T, bool kWhole, class F>
__device__ __forceinline__ void each_pair(uint4 eight, int inside, F f) {
  const unsigned pairs[4] = {eight.x, eight.y, eight.z, eight.w};
#pragma unroll
  for (int pair = 0; pair < 4; ++pair) {
    const float2 both = unpack<T>(pairs[pair]);
    f(pair, kWhole || 2 * pair < inside ? both.x : kMinusInfinity,
      kWhole || 2 * pair + 1 < inside ? both.y : kMinusInfinity);
  }
}

/// The block's threads copy a kTile x kTile piece of P into SMEM: rows below `rows`, and of these the chunks of 8
/// columns that begin below `columns`; the rest is zero.
template <class Tile, class T>
__device__ __forceinline__ void load_square_async(Tile tile, const T* source, std::int64_t pitch, int rows,
                                                  int columns) {
  constexpr int kRowsAtOnce = kChunkThreads / Tile::kChunks;
  const int first_row = static_cast<int>(threadIdx.x) / Tile::kChunks;
  const int chunk = static_cast<int>(threadIdx.x) % Tile::kChunks;
  const bool inside = chunk * 8 < columns;
#pragma unroll
  for (int at = 0; at < Tile::kRows; at += kRowsAtOnce) {
    const int row = first_row + at;
    copy_async_or_zero(tile.address + Tile::offset(row, chunk), source + row * pitch + chunk * 8, inside && row < rows);
  }
}

/// f(element, its row among the warp's, its column), in place.
template <int kRows, int kColumns, class F>
__device__ __forceinline__ void each_element(Accumulator<kRows, kColumns>& tile, F f) {
  const int lane = memory_efficient::lane();
#pragma unroll
  for (int t = 0; t < tile.kTall; ++t) {
#pragma unroll
    for (int n = 0; n < tile.kWide; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        tile.at[t][n][e] = f(tile.at[t][n][e], t * 16 + accumulator_row(lane, e), n * 8 + accumulator_column(lane, e));
      }
    }
  }
}

/// The warp's accumulators, in 16 bit, into its rows of a tile in SMEM.
template <class T, class Tile, int kRows, int kColumns>
__device__ __forceinline__ void stage(Tile tile, const Accumulator<kRows, kColumns>& result, int first_row) {
  const int lane = memory_efficient::lane();
#pragma unroll
  for (int t = 0; t < result.kTall; ++t) {
#pragma unroll
    for (int n = 0; n < result.kWide; ++n) {
#pragma unroll
      for (int e = 0; e < 4; e += 2) {
        const int row = first_row + t * 16 + accumulator_row(lane, e), column = n * 8 + accumulator_column(lane, e);
        store_shared(tile.address + Tile::element_offset(row, column),
                     pack<T>(result.at[t][n][e], result.at[t][n][e + 1]));
      }
    }
  }
}

/// c += A B, A [kRows, depth] and B [depth, kColumns] in SMEM: P V with P read back. Both `pieces_down_first`.
template <class T, int kRows, int kColumns, class TileA, class TileB>
__device__ __forceinline__ void add_product_of_rows(Accumulator<kRows, kColumns>& c, Pieces<TileA> a, Pieces<TileB> b) {
  constexpr int kTall = kRows / 16;
  static_assert(TileA::kColumns == TileB::kRows);
#pragma unroll
  for (int k = 0; k < TileA::kColumns / 16; ++k) {
    unsigned left[kTall][4];
#pragma unroll
    for (int t = 0; t < kTall; ++t) {
      ldmatrix_x4(left[t], a(t, k));
    }
#pragma unroll
    for (int n = 0; n < kColumns / 16; ++n) {
      unsigned right[4];
      ldmatrix_x4_trans(right, b(k, n));
#pragma unroll
      for (int t = 0; t < kTall; ++t) {
        mma<T>(c.at[t][2 * n], left[t], right[0], right[1]);
        mma<T>(c.at[t][2 * n + 1], left[t], right[2], right[3]);
      }
    }
  }
}

}  // namespace kernels::memory_efficient
