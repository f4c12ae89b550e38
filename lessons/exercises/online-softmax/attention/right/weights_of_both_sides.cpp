// Every tile of keys gives its own m, l and O; they are merged into the running ones with weights for both sides.
#include "exercise.h"

using namespace exercise;

namespace {

struct Running {
  Tile m, l, O;
};

Running part_of(Block& block, const Attention& a, const Tile& Q, std::int32_t j) {
  Tile V = block.load(rows(a.V, j, a.Bc));
  Tile K = block.load(rows(a.K, j, a.Bc));
  Tile S = a.scale * dot(Q, T(K));
  Running part;
  part.m = rowmax(S);
  Tile P = exp_diff(S, part.m);
  part.O = dot(P, V);
  part.l = rowsum(P);
  return part;
}

void merge_into(Running& row, Running part) {
  Tile m = max(row.m, part.m);
  Tile weight = exp_diff(row.m, m), weight_of_part = exp_diff(part.m, m);
  row.l = weight * row.l + weight_of_part * part.l;
  row.O = weight * std::move(row.O) + weight_of_part * std::move(part.O);
  row.m = std::move(m);
}

}  // namespace

void attention(Block& block, const Attention& a) {
  const std::int32_t i = block.index(), count = a.rows_of(i);
  const Tile Q = block.load(rows(a.Q, i, a.Br));
  Running row{block.fill(-kInfinity, {count, 1}), block.fill(0, {count, 1}), block.fill(0, {count, a.d()})};
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    merge_into(row, part_of(block, a, Q, j));
    show("O", j, row.O);
    show("l", j, row.l);
    show("m", j, row.m);
  }
  block.store(rows(a.L, i, a.Br), row.m + log(row.l));
  block.store(rows(a.O, i, a.Br), row.O / row.l);
}
