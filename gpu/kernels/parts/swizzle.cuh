// A tile in SMEM, laid out so that neither ldmatrix (8 rows, 16 bytes of each) nor a copy (128 bytes of a row) meets
// a bank twice: rows are cut into chunks of 16 bytes, and a row's chunks are permuted by XOR with the row's number.
#pragma once

#include "kernels/parts/mma.cuh"

namespace kernels {

/// Row-major [kRows, kColumns] of 16-bit elements, at a multiple of 128 bytes in SMEM.
template <class T, int kRows_, int kColumns_>
struct SharedTile {
  static constexpr int kRows = kRows_, kColumns = kColumns_;
  static constexpr int kPitch = kColumns * 2;  ///< bytes from row to row
  static constexpr int kBytes = kRows * kPitch;
  static constexpr int kChunks = kColumns / 8;             ///< of 16 bytes, in a row
  static constexpr int kSpan = kChunks < 8 ? kChunks : 8;  ///< chunks that are permuted among themselves
  static constexpr int kRowsPerLine = 8 / kSpan;           ///< rows in 128 bytes, the width of all banks
  static_assert(sizeof(T) == 2 && kRows % 16 == 0);
  static_assert(kColumns == 16 || kColumns == 32 || kColumns % 64 == 0);

  unsigned address;  ///< in SMEM

  /// Byte offset of a row's chunk.
  __host__ __device__ static constexpr int offset(int row, int chunk) {
    return row * kPitch + (chunk ^ static_cast<int>(static_cast<unsigned>(row) / kRowsPerLine % kSpan)) * 16;
  }
  /// Byte offset of an element.
  __host__ __device__ static constexpr int element_offset(int row, int column) {
    return offset(row, column / 8) + column % 8 * 2;
  }
};

/// Where one lane points ldmatrix_x4 for the 16 x 16 pieces of a tile: piece (i, k) is 16 i rows down and 16 k columns
/// to the right of the first. Permuting by XOR makes a step to the right an XOR of the address, for any lane.
template <class Tile>
struct Pieces {
  unsigned first;

  __host__ __device__ constexpr unsigned operator()(int i, int k) const {
    constexpr int kInSpan = Tile::kSpan / 2;  // pieces
    return (first ^ static_cast<unsigned>(k % kInSpan * 32)) +
           static_cast<unsigned>(k / kInSpan * 128 + i * 16 * Tile::kPitch);
  }
};

/// The same, but addresses derived from it can't be computed before a loop that this is called in: one instruction
/// each, they would take registers that the loop needs for accumulators.
template <class Tile>
__device__ __forceinline__ Pieces<Tile> computed_here(Pieces<Tile> pieces) {
  asm volatile("" : "+r"(pieces.first));
  return pieces;
}

/// Matrices top left, bottom left, top right, bottom right: an A operand's four registers; and, read with
/// ldmatrix_x4_trans from a B that lies row by row ([k, n], as V in P V), b0, b1 of 8 columns and of the next 8.
template <class Tile>
__host__ __device__ constexpr Pieces<Tile> pieces_down_first(Tile tile, int first_row, int lane) {
  return {tile.address + static_cast<unsigned>(Tile::offset(first_row + lane % 16, lane / 16))};
}

/// Matrices top left, top right, bottom left, bottom right: from a B that lies column by column ([n, k], as K in
/// Q K^T), b0, b1 of 8 columns and of the next 8.
template <class Tile>
__host__ __device__ constexpr Pieces<Tile> pieces_right_first(Tile tile, int first_row, int lane) {
  return {tile.address + static_cast<unsigned>(Tile::offset(first_row + lane % 8 + lane / 16 * 8, lane / 8 % 2))};
}

}  // namespace kernels
