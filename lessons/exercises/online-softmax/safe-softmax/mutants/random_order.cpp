// wrong: tiles are summed in an order that is drawn anew each time
// dies:  repeatable
#include <numeric>
#include <random>
#include <vector>

#include "exercise.h"

using namespace exercise;

void safe_softmax(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();

  Tile m = block.fill(-kInfinity, {a.rows_of(i), 1});
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    m = max(std::move(m), rowmax(x));
    show("m", j, m);
  }

  std::vector<std::int32_t> order(static_cast<std::size_t>(a.tiles()));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(std::random_device()()));
  Tile l = block.fill(0, {a.rows_of(i), 1});
  for (const std::int32_t j : order) {
    Tile x = block.load(a.in(i, j));
    l = std::move(l) + rowsum(exp_diff(std::move(x), m));
  }

  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    Tile y = exp_diff(std::move(x), m) / l;
    block.store(a.out(i, j), y);
  }
}
