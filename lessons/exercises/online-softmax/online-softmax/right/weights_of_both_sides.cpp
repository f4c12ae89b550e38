// Every tile's own m and l first, then weights for both sides; l is written before m.
#include "exercise.h"

using namespace exercise;

void online_softmax(Block& block, const Softmax& a) {
  const std::int32_t i = block.index(), tiles = a.tiles();
  Tile l = block.fill(0, {a.rows_of(i), 1});
  Tile m = block.fill(-kInfinity, {a.rows_of(i), 1});
  for (std::int32_t j = 0; j < tiles; ++j) {
    Tile x = block.load(a.in(i, j));
    Tile m_here = rowmax(x);
    Tile l_here = rowsum(exp_diff(x, m_here));
    Tile m_both = max(m, m_here);
    Tile weight_before = exp_diff(m, m_both), weight_here = exp_diff(m_here, m_both);
    l = weight_before * l + weight_here * l_here;
    m = max(m, m_here);
    show("l", j, l);
    show("m", j, m);
  }
  for (std::int32_t j = 0; j < tiles; ++j) {
    Tile x = block.load(a.in(i, j));
    Tile numerator = exp_diff(x, m);
    Tile y = numerator / l;
    block.store(a.out(i, j), y);
  }
}
