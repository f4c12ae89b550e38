// The queries are scaled once, by scale log2(e), for exponentials to base 2; the first tile is handled apart; V is
// loaded late. Nothing is shown.
#include "exercise.h"

using namespace exercise;

namespace {

constexpr float kLog2E = 1.44269504F, kLn2 = 0.693147181F;

Tile scores(Block& block, const Attention& a, const Tile& Q2, std::int32_t j) {
  Tile K = block.load(rows(a.K, j, a.Bc));
  return dot(Q2, T(K));
}

}  // namespace

void attention(Block& block, const Attention& a) {
  const std::int32_t i = block.index();
  const Tile Q2 = a.scale * kLog2E * block.load(rows(a.Q, i, a.Br), 0, Level::registers);

  Tile P = scores(block, a, Q2, 0);
  Tile m2 = rowmax(P);
  P = exp_diff(std::move(P), m2, kLn2);
  Tile l = rowsum(P);
  Tile O = dot(P, block.load(rows(a.V, 0, a.Bc)));
  std::int32_t j = 1;
  while (j < a.tiles()) {
    Tile S2 = scores(block, a, Q2, j);
    Tile before = std::move(m2);
    m2 = max(before, rowmax(S2));
    before = exp_diff(std::move(before), m2, kLn2);
    P = exp_diff(S2, m2, kLn2);
    S2.release();
    O = std::move(O) * before;
    l = std::move(l) * before + rowsum(P);
    Tile V = block.load(rows(a.V, j++, a.Bc));
    mma(O, P, V);
  }
  block.store(rows(a.O, i, a.Br), O / l);
  block.store(rows(a.L, i, a.Br), kLn2 * m2 + log(l));
}
