// Numbers scaled by log2(e), exponentials to base 2, loads in rings of two, and 1 / l once a row.
#include "exercise.h"

using namespace exercise;

void online_softmax(Block& block, const Softmax& a) {
  constexpr float kLog2E = 1.44269504F, kLn2 = 0.693147181F;
  const std::int32_t i = block.index();
  const Shape column{a.rows_of(i), 1};
  const auto exp2_diff = [](const Operand& x, const Tile& y) { return exp_diff(x, y, kLn2); };

  Tile m2 = block.fill(-kInfinity, column), l = block.fill(0, column);
  for (const std::int32_t j : block.steps(0, a.tiles(), 0, 0)) {
    Tile x2 = kLog2E * block.load(a.in(i, j), 2);
    Tile rescale;
    {
      Tile risen = max(m2, rowmax(x2));
      rescale = exp2_diff(m2, risen);
      m2 = std::move(risen);
    }
    l = std::move(l) * rescale;
    Tile e = exp2_diff(x2, m2);
    l = std::move(l) + rowsum(e);
    show("l", j, l);
  }
  Tile inverse = block.fill(1, column) / l;
  for (const std::int32_t j : block.steps(0, a.tiles(), 0, 0)) {
    Tile x2 = kLog2E * block.load(a.in(i, j), 2);
    Tile y = exp2_diff(x2, m2) * inverse;
    block.store(a.out(i, j), y);
  }
}
