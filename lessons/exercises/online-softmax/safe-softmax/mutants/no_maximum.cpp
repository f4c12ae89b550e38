// wrong: e^x overflows, or vanishes, where no maximum is subtracted
// dies:  large
#include "exercise.h"

using namespace exercise;

void safe_softmax(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();
  Tile l = block.fill(0, {a.rows_of(i), 1});
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    l = std::move(l) + rowsum(exp(std::move(x)));
  }
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    Tile y = exp(std::move(x)) / l;
    block.store(a.out(i, j), y);
  }
}
