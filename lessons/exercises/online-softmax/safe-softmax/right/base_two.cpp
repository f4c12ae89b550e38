// Exponentials to base 2 of numbers scaled by log2(e) first: m is in those units, and shown in the row's own.
#include "exercise.h"

using namespace exercise;

void safe_softmax(Block& block, const Softmax& a) {
  constexpr float kLog2E = 1.44269504F, kLn2 = 0.693147181F;
  const std::int32_t i = block.index(), tiles = a.tiles();
  const auto scaled = [&](std::int32_t j) { return kLog2E * block.load(a.in(i, j), 0, Level::registers); };

  Tile m2 = block.fill(-kInfinity, {a.rows_of(i), 1});
  for (std::int32_t j = 0; j < tiles; ++j) {
    m2 = max(rowmax(scaled(j)), m2);
    show("m", j, kLn2 * m2);
  }
  Tile l = block.fill(0, {a.rows_of(i), 1});
  for (std::int32_t j = tiles - 1; j >= 0; --j) {  // any order will do
    l = rowsum(exp_diff(scaled(j), m2, kLn2)) + l;
  }
  Tile weight = block.fill(1, {a.rows_of(i), 1}) / l;
  for (std::int32_t j = 0; j < tiles; ++j) {
    block.store(a.out(i, j), weight * exp_diff(scaled(j), m2, kLn2));
  }
}
