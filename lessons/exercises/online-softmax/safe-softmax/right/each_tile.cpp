// The loop as a helper that takes a function; nothing is moved, nothing is shown.
#include "exercise.h"

using namespace exercise;

namespace {

template <typename F>
void each_tile(Block& block, const Softmax& a, F f) {
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    f(j, block.load(a.in(block.index(), j)));
  }
}

}  // namespace

void safe_softmax(Block& block, const Softmax& a) {
  Tile m = block.fill(-kInfinity, {a.rows_of(block.index()), 1});
  Tile l = block.fill(0, m.shape());
  each_tile(block, a, [&](std::int32_t, const Tile& x) { m = max(m, rowmax(x)); });
  each_tile(block, a, [&](std::int32_t, const Tile& x) { l = l + rowsum(exp_diff(x, m)); });
  each_tile(block, a, [&](std::int32_t j, const Tile& x) {
    Tile e = exp_diff(x, m);
    Tile y = e / l;
    block.store(a.out(block.index(), j), y);
  });
}
