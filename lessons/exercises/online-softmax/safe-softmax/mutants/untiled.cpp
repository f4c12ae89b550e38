// wrong: whole rows are on the chip at once
// dies:  memory
#include "exercise.h"

using namespace exercise;

void safe_softmax(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();
  const Shape whole{a.rows_of(i), a.X.shape.cols};
  Tile x = block.load({a.X, i * a.Br, 0, whole});
  Tile e = exp_diff(x, rowmax(x));
  Tile y = e / rowsum(e);
  block.store({a.Y, i * a.Br, 0, whole}, y);
}
