// wrong: m starts at 0, so a row of negative numbers has the maximum 0
// dies:  large, m at step 0
#include "exercise.h"

using namespace exercise;

void online_softmax(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();

  Tile m = block.fill(0, {a.rows_of(i), 1});
  Tile l = block.fill(0, {a.rows_of(i), 1});
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    Tile m_new = max(rowmax(x), m);
    Tile alpha = exp_diff(std::move(m), m_new);
    l = alpha * std::move(l) + rowsum(exp_diff(std::move(x), m_new));
    m = std::move(m_new);
    show("m", j, m);
    show("l", j, l);
  }

  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    Tile y = exp_diff(std::move(x), m) / l;
    block.store(a.out(i, j), y);
  }
}
