// Closed forms of the algorithms whose scores and probabilities go through HBM: standard, memory-efficient.
#include <algorithm>

#include "sim/analysis/closed_forms_parts.h"

namespace sim {

namespace {

// Q K^T and P V as separate kernels, both operands from SMEM: P too.
Formula operand_bytes(const VisitForms& met, const Letters& f) {
  const Formula of_P = f.fma_lanes ? f.Nq * f.Nk * f.Ad : f.Nq * f.Nk;
  return f.e * (f.d * (met.qa + 2 * met.wk) + of_P);
}

// The softmax kernel takes as many rows of S together as make 16 KB, from 1 to 16.
bool fit_together(std::int64_t rows, const Letters& f, const Machine& machine) {
  const std::int64_t elements = rows * f.Nk.value();
  return 2 * elements <= machine.sm.registers;
}

std::int64_t softmax_rows_together(const Letters& f, const Machine& machine) {
  const std::int64_t most = std::min<std::int64_t>(16, f.Nq.value());
  std::int64_t rows = std::clamp<std::int64_t>(16384 / (f.Nk * f.e).value(), 1, most);
  while (rows > 1 && !fit_together(rows, f, machine)) {
    rows /= 2;
  }
  return rows;
}

}  // namespace

// Scores: tile (i, j) of S reads Q_i and K_j. Softmax: rows read once if they stay on the chip. Output:
// row block i of O reads all of V. The mask is applied by the softmax, so nothing is skipped. An element of S costs:
// scale, maximum, exp(a - b) 2, sum, quotient; a row and tile 2 (maximum, sum). A row that is read twice has its
// maximum and sum found together, as softmax_online does, and exp(a - b) taken again.
std::vector<ClosedForm> forms_of_standard(const Problem& p, const Schedule& schedule, const Machine& machine) {
  const Letters f(p, schedule);
  const Tiling tiling{p.seqlen_q, p.seqlen_q, schedule.block_q, p.seqlen_kv, p.seqlen_kv, schedule.block_kv, 0};
  const VisitForms met = visit_forms(visits(tiling, f), false, f.Nq, f.Tr, f);
  const Formula BH = f.B * f.H, NN = f.Nq * f.Nk, NT = f.Nq * f.Tc;
  const std::int64_t rows_together = softmax_rows_together(f, machine);
  const bool once = fit_together(rows_together, f, machine);
  const std::int64_t reads_of_S = once ? 1 : 2;

  FormList list("Dao et al. 2022 (FlashAttention), Algorithm 0");
  list.bytes(f.B * f.e * (f.H * f.Nq * f.d + 2 * f.Hkv * f.Nk * f.d + 2 * f.H * NN),
             BH * f.e * (f.d * (f.Tc * f.Nq + 2 * f.Tr * f.Nk) + (1 + reads_of_S) * NN),
             BH * f.e * (f.Nq * f.d + 2 * NN));
  list.tensor_read("Q", BH * f.d * f.e * NT);
  list.tensor_read("K", BH * f.d * f.e * f.Tr * f.Nk);
  list.tensor_read("V", BH * f.d * f.e * f.Tr * f.Nk);
  list.tensor_read("S", once ? BH * f.e * NN : 2 * BH * f.e * NN);
  list.tensor_read("P", BH * f.e * NN);
  list.tensor_write("S", BH * f.e * NN);
  list.tensor_write("P", BH * f.e * NN);
  list.tensor_write("O", BH * f.Nq * f.d * f.e);
  list.flops(4 * BH * NN * f.d, once ? BH * (6 * NN + 2 * NT) : BH * (8 * NN + 5 * NT),
             once ? BH * NN : BH * (2 * NN + NT));

  // The softmax keeps its rows in registers.
  const Formula ring_rows = min(f.st * f.Bc, f.Nk);
  const Formula peak = max(f.d * (f.Br + f.Bc), ring_rows * (f.Br + f.d));
  list.memory(BH * operand_bytes(met, f), f.e * peak, 2 * f.B * f.e * (f.d * (f.H * f.Nq + f.Hkv * f.Nk) + f.H * NN));
  return list.take();
}

// For each pair of chunks (Br queries, Bc keys) scores, softmax (S read for the maximum and again for e^(S - m)) and
// values, in tiles of t; then once a query chunk the combination of its Tc partial results, with m and l, in fp32.
// The mask skips nothing. An element of S costs: scale, maximum, exp(a - b) 2, sum; a row and tile 2. The combination
// merges them one by one: a row and chunk 8 (maximum, exp(a - b) twice, 2 products, sum), 2 exponentials and 3 d; a
// row d for the quotient.
std::vector<ClosedForm> forms_of_memory_efficient(const Problem& p, const Schedule& schedule, const Machine&) {
  const Letters f(p, schedule);
  const Formula t("t", std::min({schedule.tile > 0 ? schedule.tile : 128, schedule.block_q, schedule.block_kv}));
  const Visits v = visits({p.seqlen_q, schedule.block_q, t.value(), p.seqlen_kv, schedule.block_kv, t.value(), 0}, f);
  const Formula Ur("Ur", v.row_blocks), Uc("Uc", v.key_tiles);
  VisitForms met = visit_forms(v, false, f.Nq, Ur, f);
  met.qt = f.Nq * Uc;
  met.qa = f.fma_lanes ? met.qa : met.qt;
  const Formula BH = f.B * f.H, NN = f.Nq * f.Nk, NT = f.Nq * f.Tc, row = f.d * f.e;

  FormList list("Rabe and Staats 2021 (arXiv 2112.05682), Figure 1, materialised per chunk");
  const Formula partial = 4 * (f.d + 2) * NT, partials = 4 * BH * (f.d + 2) * NT;
  list.bytes(BH * (row * NT + 3 * f.e * NN) + 2 * f.B * f.Hkv * row * f.Tr * f.Nk + partials,
             BH * (row * (f.Nq * Uc + 2 * Ur * f.Nk) + 3 * f.e * NN + partial),
             BH * (f.Nq * row + 2 * f.e * NN + partial));
  list.tensor_read("Q", BH * row * f.Nq * Uc);
  list.tensor_read("K", BH * row * Ur * f.Nk);
  list.tensor_read("V", BH * row * Ur * f.Nk);
  list.tensor_read("S", 2 * BH * f.e * NN);
  list.tensor_read("P", BH * f.e * NN);
  list.tensor_write("S", BH * f.e * NN);
  list.tensor_write("P", BH * f.e * NN);
  for (const bool read : {true, false}) {
    const auto add = read ? &FormList::tensor_read : &FormList::tensor_write;
    (list.*add)("O_chunks", 4 * BH * f.d * NT);
    (list.*add)("m_chunks", 4 * BH * NT);
    (list.*add)("l_chunks", 4 * BH * NT);
  }
  list.tensor_write("O", BH * f.Nq * row);
  list.flops(4 * BH * NN * f.d, BH * (5 * NN + 2 * met.qt + (3 * f.d + 8) * NT + f.Nq * f.d), BH * (NN + 2 * NT));

  // S dies with the last softmax, before the last partial result is written: with one pair of chunks, before any is.
  const Formula of_chunk = f.Br * f.Bc * f.e, results = 4 * f.Tc * f.Br * f.d;
  const bool one_pair = f.Tr.value() * f.Tc.value() == 1;
  const Formula scratch = of_chunk + 8 * f.Tc * f.Br + (one_pair ? max(of_chunk, results) : of_chunk + results);
  list.memory(BH * operand_bytes(met, f), f.e * (t * f.d + t * max(t, f.d)),
              2 * f.B * f.d * f.e * (f.H * f.Nq + f.Hkv * f.Nk) + BH * scratch);
  return list.take();
}

}  // namespace sim
