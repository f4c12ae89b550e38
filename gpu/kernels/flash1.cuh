// What flash1.cu says in one word each: columns of statistics, the mask, and the rows of O that a warp owns.
// A warp owns 16 rows of a tile of Q; in an accumulator each lane holds parts of two of them, lane / 4 and 8 below.
#pragma once

#include <cstdint>

#include "kernels/parts/copy.cuh"
#include "kernels/parts/product.cuh"

namespace kernels::flash1 {

constexpr int kRowsOfWarp = 16;
constexpr float kInfinity = __builtin_huge_valf();

/// `x`, as if computed here: else every address that hangs on it is computed before the loops and held throughout.
__device__ __forceinline__ int here(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

/// Where a thread is: its lane, and the first row of its warp in a tile.
struct Place {
  int lane, own;
};
__device__ __forceinline__ Place place() {
  const int thread = here(static_cast<int>(threadIdx.x));
  return {thread % 32, thread / 32 * kRowsOfWarp};
}

/// One number a row: of rows lane / 4 and lane / 4 + 8. The four lanes of a quad hold the same.
struct Column {
  float at[2];
};

template <class F>
__device__ __forceinline__ Column each_row(F f) {
  return {f(0), f(1)};
}

template <int kColumns, class F>
__device__ __forceinline__ void each_element(Accumulator<kRowsOfWarp, kColumns>& tile, F f) {
#pragma unroll
  for (int n = 0; n < tile.kWide; ++n) {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      tile.at[0][n][e] = f(tile.at[0][n][e], n, e);
    }
  }
}

template <int kColumns>
__device__ __forceinline__ Column rowmax(const Accumulator<kRowsOfWarp, kColumns>& tile) {
  Column result{-kInfinity, -kInfinity};
#pragma unroll
  for (int n = 0; n < tile.kWide; ++n) {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      result.at[e / 2] = fmaxf(result.at[e / 2], tile.at[0][n][e]);
    }
  }
  return each_row([&](int r) { return quad_max(result.at[r]); });
}

/// What exp_diff subtracts, times log2 e. A row whose maximum is -infinity sees nothing: its e^(-inf - m) shall be 0,
/// which any finite number in m's place gives.
__device__ __forceinline__ float subtrahend(float m) { return m == -kInfinity ? 0.0f : m * kLog2E; }

/// e^(x - m), as 2^x of one fused multiply-add.
__device__ __forceinline__ Column exp_diff(Column x, Column m) {
  return each_row([&](int r) { return exp2_approx(fmaf(x.at[r], kLog2E, -subtrahend(m.at[r]))); });
}

/// P = e^(S - m), its row sums l in fp32, and P in 16 bits, all in one sweep: S's registers fall free on the way.
template <class T, int kColumns>
__device__ __forceinline__ LeftOperand<kRowsOfWarp, kColumns> exp_diff_rowsum(
    const Accumulator<kRowsOfWarp, kColumns>& S, Column m, Column& l) {
  const Column subtracted = each_row([&](int r) { return subtrahend(m.at[r]); });
  LeftOperand<kRowsOfWarp, kColumns> P;
  float sum[2] = {0, 0};
#pragma unroll
  for (int n = 0; n < S.kWide; ++n) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const float left = exp2_approx(fmaf(S.at[0][n][2 * r], kLog2E, -subtracted.at[r]));
      const float right = exp2_approx(fmaf(S.at[0][n][2 * r + 1], kLog2E, -subtracted.at[r]));
      sum[r] += left + right;
      P.at[0][n / 2][n % 2 * 2 + r] = pack<T>(left, right);
    }
  }
  l = each_row([&](int r) { return quad_sum(sum[r]); });
  return P;
}

/// -infinity from column `keys` on, and from `first_end` on in the tile's row 0, one column later with every row.
template <int kColumns>
__device__ __forceinline__ void mask(Accumulator<kRowsOfWarp, kColumns>& tile, int keys, int first_end, Place at) {
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int end = min(keys, first_end + at.own + accumulator_row(at.lane, 2 * r)) - accumulator_column(at.lane, 0);
#pragma unroll
    for (int n = 0; n < tile.kWide; ++n) {
#pragma unroll
      for (int e = 0; e < 2; ++e) {
        float& score = tile.at[0][n][2 * r + e];
        score = n * 8 + e < end ? score : -kInfinity;
      }
    }
  }
}

/// The warp's rows of l, in lanes 0 to 15, and of m, in the others: one register until they are wanted. Read past the
/// L1; l and m point at the tile's row 0, and rows from `valid_rows` on give 0.
__device__ __forceinline__ float load_statistics(const float* l, const float* m, int valid_rows, Place at) {
  const int row = at.own + at.lane % kRowsOfWarp;
  return row < valid_rows ? __ldcg((at.lane < kRowsOfWarp ? l : m) + row) : 0.0f;
}
__device__ __forceinline__ Column l_of(float statistics, int lane) {
  return each_row([&](int r) { return __shfl_sync(kAllLanes, statistics, accumulator_row(lane, 2 * r)); });
}
__device__ __forceinline__ Column m_of(float statistics, int lane) {
  return each_row(
      [&](int r) { return __shfl_sync(kAllLanes, statistics, kRowsOfWarp + accumulator_row(lane, 2 * r)); });
}

__device__ __forceinline__ void store_column(float* target, Column column, int valid_rows, Place at) {
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int row = at.own + accumulator_row(at.lane, 2 * r);
    if (at.lane % 4 == 0 && row < valid_rows) {
      target[row] = column.at[r];
    }
  }
}

/// The warp copies its own rows of a tile, [.., kColumns] in HBM; no other warp has to wait for them.
template <class Tile, class T>
__device__ __forceinline__ void load_own_rows_async(Tile tile, const T* source, int valid_rows, Place at) {
  constexpr int kAtOnce = 32 / Tile::kChunks;
  const int first = at.own + at.lane / Tile::kChunks, chunk = at.lane % Tile::kChunks;
#pragma unroll
  for (int row = 0; row < kRowsOfWarp; row += kAtOnce) {
    copy_async_or_zero(tile.address + Tile::offset(first + row, chunk),
                       source + (first + row) * Tile::kColumns + chunk * 8, first + row < valid_rows);
  }
}

template <class Tile, class T>
__device__ __forceinline__ void store_own_rows(Tile tile, T* target, int valid_rows, Place at) {
  store_rows<kRowsOfWarp>(tile, target, Tile::kColumns, at.own, valid_rows, at.lane);
}

__device__ __forceinline__ unsigned load_shared(unsigned address) {
  unsigned pair;
  asm volatile("ld.shared.u32 %0, [%1];" : "=r"(pair) : "r"(address) : "memory");
  return pair;
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

/// O = (PV weight + O old_weight) inverse, on the warp's rows, O in SMEM: each lane writes over what it has read. All
/// is read before anything is written: pair by pair, each read would be waited for, which took 56 clocks a pair.
template <class T, class Tile, int kColumns>
__device__ __forceinline__ void merge_into(Tile O, const Accumulator<kRowsOfWarp, kColumns>& PV, Column weight,
                                           Column old_weight, Column inverse, Place place) {
  const auto address = [&](int n, int r) {
    return O.address + Tile::element_offset(place.own + accumulator_row(place.lane, 2 * r),
                                            n * 8 + accumulator_column(place.lane, 0));
  };
  unsigned old_pairs[PV.kWide][2];
#pragma unroll
  for (int n = 0; n < PV.kWide; ++n) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      old_pairs[n][r] = load_shared(address(n, r));
    }
  }
#pragma unroll
  for (int n = 0; n < PV.kWide; ++n) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const float2 old = unpack<T>(old_pairs[n][r]);
      const float low = (PV.at[0][n][2 * r] * weight.at[r] + old.x * old_weight.at[r]) * inverse.at[r];
      const float high = (PV.at[0][n][2 * r + 1] * weight.at[r] + old.y * old_weight.at[r]) * inverse.at[r];
      store_shared(address(n, r), pack<T>(low, high));
    }
  }
}

}  // namespace kernels::flash1
