// Scores stay unscaled and the scale is folded into the exponent, as shipped kernels do it; so does m until the end,
// and it is not shown.
#include "exercise.h"

using namespace exercise;

void attention(Block& block, const Attention& a) {
  const auto& [Q, K, V, O, L, Br, Bc, scale] = a;
  const std::int32_t i = block.index(), count = a.rows_of(i);

  Tile Qi = block.load(rows(Q, i, Br));
  Tile Oi = block.fill(0, {count, a.d()});
  Tile li = block.fill(0, {count, 1});
  Tile mi = block.fill(-kInfinity, {count, 1});
  for (const std::int32_t j : block.steps(0, a.tiles(), 0, K.shape.rows / Bc)) {
    Tile Kj = block.load(rows(K, j, Bc), 2);
    Tile Vj = block.load(rows(V, j, Bc), 2);
    Tile Sij = dot(Qi, T(Kj));
    Kj.release();
    Tile mij = max(rowmax(Sij), mi);
    Tile Pij = exp_diff(std::move(Sij), mij, scale);
    Tile alpha = exp_diff(std::move(mi), mij, scale);
    li = alpha * std::move(li) + rowsum(Pij);
    Oi = alpha * std::move(Oi);
    mma(Oi, Pij, Vj);
    mi = std::move(mij);
    show("l", j, li);
    show("O", j, Oi);
  }
  Oi = std::move(Oi) / li;
  Tile Li = scale * std::move(mi) + log(std::move(li));
  block.store(rows(O, i, Br), Oi);
  block.store(rows(L, i, Br), Li);
}
