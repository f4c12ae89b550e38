// Stage 4, attention: O = softmax(S) V, S = scale * Q K^T, and S never leaves the chip. Fill in what is numbered.
// 第 4 关，注意力：O = softmax(S) V，S = scale * Q K^T，而 S 始终留在片上。要补全的部分已编号。
#include "exercise.h"

using namespace exercise;

void attention(Block& block, const Attention& a) {
  const std::int32_t i = block.index();
  Tile Q = block.load(rows(a.Q, i, a.Br));
  Tile O = block.fill(0, {a.rows_of(i), a.d()});
  Tile l = block.fill(0, {a.rows_of(i), 1});
  Tile m = block.fill(-kInfinity, {a.rows_of(i), 1});

  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile K = block.load(rows(a.K, j, a.Bc));
    Tile V = block.load(rows(a.V, j, a.Bc));
    // (1) S: the scaled scores of this tile of keys.
    //     S：查询与本块各个键的分数，已乘 scale。
    // (2) m_new, alpha and l: as in stage 2, with S in place of x. P = e^(S - m_new) is used twice: keep it.
    //     m_new、alpha 和 l：同第 2 关，只是 x 换成 S。P = e^(S - m_new) 要用两次，请留着它。
    // (3) O: rescaled as l is, then P V on top: mma(O, P, V) adds it.
    //     O：像 l 一样重新缩放，再加上 P V：mma(O, P, V) 就是把它加上去。
    // (4) m becomes m_new.
    //     m 换成 m_new。
    show("m", j, m);
    show("l", j, l);
    show("O", j, O);
  }

  // (5) O is divided by l, once; then it is stored, and L = m + ln l too.
  //     O 除以 l，只除这一次；然后存回 O，也存回 L = m + ln l。
  block.store(rows(a.O, i, a.Br), O);
}
