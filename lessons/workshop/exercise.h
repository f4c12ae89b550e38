// What an exercise's program is written with: the language of tile programs (Tile, Block, load, store, dot, rowmax,
// exp,
// ... of sim/tile/tile.h) and the few things below. Tiles hold no numbers while your program runs: it says what is to
// be done, the checker does it, with numbers of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "sim/tile/tile.h"

namespace exercise {

using namespace sim;  // NOLINT(google-build-using-namespace): this is the language that students write

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Y = softmax of every row of X. A block takes up to Br rows, and tiles of up to Bc columns of them.
struct Softmax {
  Tensor X, Y;          ///< rows x columns
  std::int32_t Br, Bc;  ///< rows of a block, columns of a tile; the last ones may be smaller

  /// Tiles across a row: the last may be narrower.
  std::int32_t tiles() const { return ceil_div(X.shape.cols, Bc); }
  /// Rows of block i.
  std::int32_t rows_of(std::int32_t i) const { return std::min(Br, X.shape.rows - i * Br); }
  /// Tile j of block i, of X and of Y.
  Region in(std::int32_t i, std::int32_t j) const { return tile_of(X, i, Br, j, Bc); }
  Region out(std::int32_t i, std::int32_t j) const { return tile_of(Y, i, Br, j, Bc); }
};

/// O = softmax(scale Q K^T) V, and L = the rows' log-sum-exp. A block takes up to Br rows of Q, and tiles of up to Bc
/// rows of K and V.
struct Attention {
  Tensor Q, K, V, O, L;  ///< Q, O: Nq x d; K, V: Nk x d; L: Nq x 1
  std::int32_t Br, Bc;
  float scale;  ///< 1 / sqrt(d)

  /// Tiles of K and V: the last may be shorter.
  std::int32_t tiles() const { return ceil_div(K.shape.rows, Bc); }
  /// Rows of Q of block i, and columns of Q, K, V and O.
  std::int32_t rows_of(std::int32_t i) const { return std::min(Br, Q.shape.rows - i * Br); }
  std::int32_t d() const { return Q.shape.cols; }
};

/// Shows the checker a tile: "this is my m (l, O) after tile j". It costs nothing, and lets the checker tell you the
/// first step at which yours differs. Without it you are told that the result is wrong, not where.
void show(const char* name, std::int32_t j, const Tile& tile);

}  // namespace exercise

/// What the exercise's file must have: one of these.
void safe_softmax(exercise::Block& block, const exercise::Softmax& a);
void online_softmax(exercise::Block& block, const exercise::Softmax& a);
void merged_softmax(exercise::Block& block, const exercise::Softmax& a);
void attention(exercise::Block& block, const exercise::Attention& a);
