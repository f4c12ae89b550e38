// Stage 1, safe softmax: Y = e^(x - m) / l in three passes over the row. Three places to fill in, numbered.
// 第 1 关，安全 softmax：把每行读三遍，算出 Y = e^(x - m) / l。要补全的有三处，已编号。
#include "exercise.h"

using namespace exercise;

void safe_softmax(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();  // which rows are this block's / 本线程块负责哪几行

  // First pass: the largest number of every row.
  // 第一遍：每行的最大值。
  Tile m = block.fill(-kInfinity, {a.rows_of(i), 1});
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    // (1) m becomes the larger of m and this tile's row maximum.
    //     m 取 m 与本块行最大值中较大的一个。
    show("m", j, m);
  }

  // Second pass: the sum of e^(x - m) of every row.
  // 第二遍：每行 e^(x - m) 之和。
  Tile l = block.fill(0, {a.rows_of(i), 1});
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    // (2) l grows by this tile's part of the sum.
    //     把本块的那一部分加进 l。
  }

  // Third pass: the result.
  // 第三遍：结果。
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    Tile y = std::move(x);  // (3) e^(x - m) / l instead / 应为 e^(x - m) / l
    block.store(a.out(i, j), y);
  }
}
