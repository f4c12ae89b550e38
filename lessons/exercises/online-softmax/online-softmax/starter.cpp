// Stage 2, online softmax: m and l together in one pass, Y in a second. Four steps to write, numbered, and a loop.
// 第 2 关，在线 softmax：第一遍同时求 m 和 l，第二遍写出 Y。要写的有四步（已编号）和一个循环。
#include "exercise.h"

using namespace exercise;

void online_softmax(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();

  Tile m = block.fill(-kInfinity, {a.rows_of(i), 1});
  Tile l = block.fill(0, {a.rows_of(i), 1});
  for (std::int32_t j = 0; j < a.tiles(); ++j) {
    Tile x = block.load(a.in(i, j));
    // (1) m_new: the maximum of everything seen so far, this tile included.
    //     m_new：到目前为止（含本块）的最大值。
    // (2) alpha: what turns a sum of e^(x - m) into a sum of e^(x - m_new).
    //     alpha：乘上它，e^(x - m) 之和就变成 e^(x - m_new) 之和。
    // (3) l: the old sum, rescaled, and this tile's part.
    //     l：旧的和（重新缩放后）加上本块的那一部分。
    // (4) m becomes m_new.
    //     m 换成 m_new。
    show("m", j, m);
    show("l", j, l);
  }

  // (5) The second pass: Y = e^(x - m) / l, as in stage 1.
  //     第二遍：Y = e^(x - m) / l，与第 1 关相同。
}
