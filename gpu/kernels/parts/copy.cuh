// Copies from HBM to SMEM that run beside computation (cp.async), and 16-byte stores of a staged tile to HBM.
#pragma once

#include <cstdint>

#include "kernels/parts/swizzle.cuh"

namespace kernels {

/// 16 bytes, past the L1. Asks the L2 for whole lines of 128 bytes.
__device__ __forceinline__ void copy_async(unsigned to, const void* from) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}

/// The same if `read`, else 16 bytes of zero; `from` is then not touched.
__device__ __forceinline__ void copy_async_or_zero(unsigned to, const void* from, bool read) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(read ? 16 : 0)
               : "memory");
}

/// Closes a group of this thread's copies.
__device__ __forceinline__ void copies_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Waits until all but the last `kYoungest` groups of this thread have landed. Others' copies: a barrier after it.
template <int kYoungest>
__device__ __forceinline__ void copies_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kYoungest) : "memory");
}

/// The block's kThreads threads copy a tile; rows from `valid_rows` on become zero and are not read. `row_stride` is in
/// elements, and a row begins at a multiple of 16 bytes. Neighbouring threads copy neighbouring chunks.
template <int kThreads, class Tile, class T>
__device__ __forceinline__ void load_tile_async(Tile tile, const T* source, std::int64_t row_stride, int valid_rows) {
  constexpr int kChunks = Tile::kChunks, kRowsAtOnce = kThreads / kChunks;
  static_assert(kThreads % kChunks == 0 && Tile::kRows % kRowsAtOnce == 0);
  const int first_row = threadIdx.x / kChunks, chunk = threadIdx.x % kChunks;
  // One address for all threads and 32 bits of each: fewer registers than an address of each.
  const T* from = source + static_cast<unsigned>(first_row * row_stride + chunk * 8);
  if (valid_rows >= Tile::kRows) {
#pragma unroll
    for (int row = 0; row < Tile::kRows; row += kRowsAtOnce) {
      copy_async(tile.address + Tile::offset(first_row + row, chunk), from + row * row_stride);
    }
  } else {
#pragma unroll
    for (int row = 0; row < Tile::kRows; row += kRowsAtOnce) {
      copy_async_or_zero(tile.address + Tile::offset(first_row + row, chunk), from + row * row_stride,
                         first_row + row < valid_rows);
    }
  }
}

__device__ __forceinline__ uint4 load_shared_16(unsigned address) {
  uint4 value;
  asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "r"(address)
               : "memory");
  return value;
}

/// One warp writes kCount rows of a tile, from `first_row` on, to HBM; rows from `valid_rows` of the tile on, and
/// chunks from `valid_chunks` on, are left out. `target` is where row 0 of the tile goes. The rows' stores to SMEM are
/// behind a
/// __syncwarp or a barrier. Four reads are under way before the first is written: one by one, each would be waited for.
template <int kCount, class Tile, class T>
__device__ __forceinline__ void store_rows(Tile tile, T* target, std::int64_t row_stride, int first_row, int valid_rows,
                                           int lane, int valid_chunks = Tile::kChunks) {
  constexpr int kChunks = Tile::kChunks, kReads = kCount * kChunks / 32, kAhead = kReads % 4 == 0 ? 4 : kReads;
  static_assert(kCount * kChunks % 32 == 0 && kAhead <= 4);
#pragma unroll
  for (int read = 0; read < kReads; read += kAhead) {
    uint4 value[kAhead];
#pragma unroll
    for (int k = 0; k < kAhead; ++k) {
      const int at = (read + k) * 32 + lane;
      value[k] = load_shared_16(tile.address + Tile::offset(first_row + at / kChunks, at % kChunks));
    }
#pragma unroll
    for (int k = 0; k < kAhead; ++k) {
      const int at = (read + k) * 32 + lane, row = first_row + at / kChunks, chunk = at % kChunks;
      if (row < valid_rows && chunk < valid_chunks) {
        *reinterpret_cast<uint4*>(target + row * row_stride + chunk * 8) = value[k];
      }
    }
  }
}

}  // namespace kernels
