// Closed forms of the algorithms that keep scores on the chip: FlashAttention 1 and 2, Flash-Decoding.
#include <algorithm>

#include "sim/analysis/closed_forms_parts.h"

namespace sim {

namespace {

// Every row block of one head against every tile of K that it meets.
Tiling tiling_of(const Problem& p, const Schedule& schedule, std::int64_t rows) {
  const bool causal = p.mask == Mask::causal;
  return {rows, rows, schedule.block_q, p.seqlen_kv, p.seqlen_kv, schedule.block_kv, causal ? p.seqlen_q : 0};
}

// Q, K, V and O.
Formula inputs_and_output(const Letters& f) { return 2 * f.B * f.d * f.e * (f.H * f.Nq + f.Hkv * f.Nk); }

Formula in_letters(bool causal, const char* sum, std::int64_t value, const Formula& without_mask) {
  return causal ? Formula(sum, value) : without_mask;
}

}  // namespace

// K and V are read once; Q, O, l, m are read, and O, l, m written, once for each tile of K that a row meets. O, l, m
// are also written once to start with. Of S an element costs: scale, maximum, exp(a - b) 2, sum. A row and tile:
// 8 for l and m (maximum, two exp(a - b) of 2, three for l), two exponentials, and 4 d for O (two products, sum,
// quotient).
std::vector<ClosedForm> forms_of_flash1(const Problem& p, const Schedule& schedule, const Machine&) {
  const Letters f(p, schedule);
  const bool causal = p.mask == Mask::causal;
  const Visits v = visits(tiling_of(p, schedule, p.seqlen_q), f);
  const VisitForms met = visit_forms(v, causal, f.Nq, f.Tr, f);
  const Formula BH = f.B * f.H, row = f.d * f.e;

  FormList list("Dao et al. 2022 (FlashAttention), Algorithm 1 and Theorem 2");
  list.bytes(BH * (2 * f.Nk * row + (2 * row + 8) * met.qt), BH * (row + 8) * (f.Nq + met.qt));
  for (const char* tensor : {"K", "V"}) {
    list.tensor_read(tensor, BH * f.Nk * row);
  }
  for (const char* tensor : {"Q", "O"}) {
    list.tensor_read(tensor, BH * row * met.qt);
  }
  list.tensor_write("O", BH * row * (f.Nq + met.qt));
  for (const char* tensor : {"l", "m"}) {
    list.tensor_read(tensor, 4 * BH * met.qt);
    list.tensor_write(tensor, 4 * BH * (f.Nq + met.qt));
  }
  list.flops(4 * BH * f.d * met.qk, BH * (5 * met.qk + (4 * f.d + 8) * met.qt), BH * (met.qk + 2 * met.qt));
  const Formula q = in_letters(causal, "max_i(q_i, k_i > 0)", v.q_max, f.Br);
  list.memory(BH * fused_operand_bytes(met, f), 2 * row * (f.Bc + q) + 8 * q, inputs_and_output(f) + 8 * BH * f.Nq);
  return list.take();
}

// Q is read once, K and V once for each row block that meets them. An element of S costs: maximum, exp(a - b) 2, sum.
// A row and tile: 5 (maximum, exp(a - b) 2, product, sum), one exponential, d to rescale O. A row at the end: d to
// divide O, 2 for the log-sum-exp.
std::vector<ClosedForm> forms_of_flash2(const Problem& p, const Schedule& schedule, const Machine&) {
  const Letters f(p, schedule);
  const bool causal = p.mask == Mask::causal;
  const Visits v = visits(tiling_of(p, schedule, p.seqlen_q), f, (f.st * f.Bc).value());
  const VisitForms met = visit_forms(v, causal, f.Nq, f.Tr, f);
  const Formula BH = f.B * f.H, row = f.d * f.e;

  FormList list("Dao 2023 (FlashAttention-2), Algorithm 1");
  list.bytes(BH * row * (f.Nq + 2 * met.k), BH * f.Nq * (row + 4));
  list.tensor_read("Q", BH * f.Nq * row);
  list.tensor_read("K", BH * row * met.k);
  list.tensor_read("V", BH * row * met.k);
  list.tensor_write("O", BH * f.Nq * row);
  list.tensor_write("LSE", 4 * BH * f.Nq);
  list.flops(4 * BH * f.d * met.qk, BH * (4 * met.qk + (f.d + 5) * met.qt + f.Nq * (f.d + 2)), BH * (met.qk + met.qt));
  const Formula rows_held =
      in_letters(causal, "max_i(q_i + 2 min(st Bc, k_i))", v.qk_max, f.Br + 2 * min(f.st * f.Bc, f.Nk));
  list.memory(BH * fused_operand_bytes(met, f), row * rows_held, inputs_and_output(f) + 4 * BH * f.Nq);
  return list.take();
}

// A head of K and V with its G heads of Q: G Nq packed rows. Every split reads Q and writes O and LSE in fp32, which
// the combination reads back. There a row costs, each split: 6 (maximum; two exp(a - b) of 2; sum), 2 d, two
// exponentials; and one for the log-sum-exp.
std::vector<ClosedForm> forms_of_flash_decoding(const Problem& p, const Schedule& schedule, const Machine&) {
  const Letters f(p, schedule);
  const bool causal = p.mask == Mask::causal;
  const Formula c("c", (f.Tc.value() + f.s.value() - 1) / f.s.value());
  const Formula ring_rows = min(f.st, c) * f.Bc;
  const Visits v = visits(tiling_of(p, schedule, (f.G * f.Nq).value()), f, ring_rows.value());
  const VisitForms met = visit_forms(v, causal, f.G * f.Nq, Formula("Tr", v.row_blocks), f);
  const Formula BH = f.B * f.H, BHkv = f.B * f.Hkv, row = f.d * f.e;

  FormList list("Dao, Haziza, Massa, Sizov 2023 (Flash-Decoding)");
  list.bytes(BH * f.Nq * f.s * (row + 4 * (f.d + 1)) + 2 * BHkv * row * met.k,
             BH * f.Nq * (row + 4 + 4 * f.s * (f.d + 1)));
  list.tensor_read("Q", BH * f.Nq * f.s * row);
  list.tensor_read("K", BHkv * row * met.k);
  list.tensor_read("V", BHkv * row * met.k);
  for (const bool read : {true, false}) {
    const auto add = read ? &FormList::tensor_read : &FormList::tensor_write;
    (list.*add)("O_splits", 4 * BH * f.Nq * f.s * f.d);
    (list.*add)("LSE_splits", 4 * BH * f.Nq * f.s);
  }
  list.tensor_write("O", BH * f.Nq * row);
  list.tensor_write("LSE", 4 * BH * f.Nq);
  list.flops(4 * BHkv * f.d * met.qk, BHkv * (4 * met.qk + (f.d + 5) * met.qt) + BH * f.Nq * (f.s * (3 * f.d + 8) + 1),
             BHkv * (met.qk + met.qt) + 2 * BH * f.Nq * f.s);
  const Formula rows_held =
      in_letters(causal, "max_i(q_i + 2 min(min(st, c) Bc, k_i))", v.qk_max, f.Br + 2 * min(ring_rows, f.Nk));
  list.memory(BHkv * fused_operand_bytes(met, f), row * rows_held,
              inputs_and_output(f) + 4 * BH * f.Nq * (1 + f.s * (f.d + 1)));
  return list.take();
}

}  // namespace sim
