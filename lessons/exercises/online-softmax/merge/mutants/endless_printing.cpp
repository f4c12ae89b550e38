// wrong: it prints without end
// dies:  runs
#include <cstdio>
#include <vector>

#include "exercise.h"

using namespace exercise;

struct Running {
  Tile m, l;
};

Running merge(Running a, Running b) {
  Tile m = max(a.m, b.m);
  Tile l = exp_diff(std::move(a.m), m) * std::move(a.l) + exp_diff(std::move(b.m), m) * std::move(b.l);
  return {std::move(m), std::move(l)};
}

// ---- Given ----

// Tile j by itself.
Running part_of(Block& block, const Softmax& a, std::int32_t j) {
  Tile x = block.load(a.in(block.index(), j));
  Tile m = rowmax(x);
  Tile l = rowsum(exp_diff(std::move(x), m));
  return {std::move(m), std::move(l)};
}

// One level of the tree: 0 with 1, 2 with 3, ...; an odd last one goes up as it is. `n` counts merges.
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
  while (std::puts("where am I?") >= 0) {
  }
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
