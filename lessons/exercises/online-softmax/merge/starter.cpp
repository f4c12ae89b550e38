// Stage 3, merge: the m and l of two parts of a row become those of both together. One function to write: merge.
// 第 3 关，合并：由一行中两部分各自的 m 和 l，得出两部分合起来的 m 和 l。要写的只有函数 merge。
#include <vector>

#include "exercise.h"

using namespace exercise;

// Of some of a row's numbers: their maximum, and the sum of e^(x - m) over them.
// 一行中若干个数的最大值，以及它们的 e^(x - m) 之和。
struct Running {
  Tile m, l;
};

Running merge(Running a, Running b) {
  // (1) Not right yet: m has to be the maximum of both parts together.
  //     还不对：m 应为两部分合起来的最大值。
  Tile m = std::move(a.m);
  // (2) Not right yet: each part's sum has to be brought to that m before they are added.
  //     还不对：两个和都要先换算到这个 m，再相加。
  Tile l = std::move(a.l) + std::move(b.l);
  return {std::move(m), std::move(l)};
}

// ---- Given: the tree around merge. Read it, leave it. / 以下已写好：调用 merge 的树。读懂即可，不必改动。 ----

// Tile j by itself.
// 只看第 j 块。
Running part_of(Block& block, const Softmax& a, std::int32_t j) {
  Tile x = block.load(a.in(block.index(), j));
  Tile m = rowmax(x);
  Tile l = rowsum(exp_diff(std::move(x), m));
  return {std::move(m), std::move(l)};
}

// One level of the tree: 0 with 1, 2 with 3, ...; an odd last one goes up as it is. `n` counts merges.
// 树的一层：0 与 1、2 与 3……；落单的最后一个原样进入上一层。n 是合并的序号。
std::vector<Running> merge_pairs(std::vector<Running> parts, std::int32_t& n) {
  std::vector<Running> merged;
  for (std::size_t p = 0; p + 1 < parts.size(); p += 2) {
    merged.push_back(merge(std::move(parts[p]), std::move(parts[p + 1])));
    show("m", n, merged.back().m);
    show("l", n, merged.back().l);
    ++n;
  }
  if (parts.size() % 2 == 1) {
    merged.push_back(std::move(parts.back()));
  }
  return merged;
}

void merged_softmax(Block& block, const Softmax& a) {
  std::vector<Running> parts;
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    parts.push_back(part_of(block, a, j));
  }
  std::int32_t n = 0;
  while (parts.size() > 1) {
    parts = merge_pairs(std::move(parts), n);
  }
  const Running& row = parts.front();
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(block.index(), j));
    Tile y = exp_diff(std::move(x), row.m) / row.l;
    block.store(a.out(block.index(), j), y);
  }
}
