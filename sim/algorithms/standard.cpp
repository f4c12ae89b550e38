// Standard attention: S = Q K^T, P = softmax(S), O = P V as three kernels, with S and P (Nq x Nk) in HBM.
// Dao et al. 2022 (FlashAttention), Algorithm 0; numbers are its lines.
#include <limits>

#include "sim/algorithms/common.h"
#include "sim/algorithms/list.h"

namespace sim {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Standard {
  Tensor Q, K, V, O, S, P;
  std::int32_t Br, Bc;
  std::int32_t softmax_rows;  // of a block of the softmax kernel
  int stages;
  bool causal;
  bool rows_fit;  // the softmax keeps its rows of S on the chip
  float scale;

  std::int32_t Nq() const { return Q.shape.rows; }
  std::int32_t Nk() const { return K.shape.rows; }
  std::int32_t Tc() const { return ceil_div(Nk(), Bc); }
};

// The margin holds the paper's line numbers.
// clang-format off
// Tile (i, j) of S. Scaling is fused; the causal mask is left to the softmax.
void scores(Block& block, const Standard& a) {
  const std::int32_t i = block.index() / a.Tc(), j = block.index() % a.Tc();
  Tile Qi = block.load(rows(a.Q, i, a.Br));                     //  1
  Tile Kj = block.load(rows(a.K, j, a.Bc));
  Tile Sij = a.scale * dot(Qi, T(Kj));
  block.store(tile_of(a.S, i, a.Br, j, a.Bc), Sij);
}

// Piece j of the rows that block i of the softmax works on.
Region piece(const Standard& a, const Tensor& tensor, std::int32_t i, std::int32_t j) {
  return tile_of(tensor, i, a.softmax_rows, j, a.Bc);
}

Tile masked(const Standard& a, Tile scores, std::int32_t i, std::int32_t j) {
  const Causal visible{a.Nq(), a.Nk()};
  return a.causal ? causal_mask(std::move(scores), visible, i * a.softmax_rows, j * a.Bc) : std::move(scores);
}

// Rows of S that fit are read once and kept on the chip between the maximum, the sum and the result.
void softmax_rows(Block& block, const Standard& a) {
  const std::int32_t i = block.index(), count = piece(a, a.S, i, 0).shape.rows;
  std::vector<Tile> S;
  for (std::int32_t j = 0; j < a.Tc(); ++j) {                   //  2
    S.push_back(block.load(piece(a, a.S, i, j), 0, Level::registers));
  }
  Tile m = block.fill(-kInf, {count, 1});
  for (std::int32_t j = 0; j < a.Tc(); ++j) {
    Tile& Sij = S[static_cast<std::size_t>(j)];
    Sij = masked(a, std::move(Sij), i, j);
    m = max(std::move(m), rowmax(Sij));
  }
  Tile l = block.fill(0, {count, 1});
  for (Tile& Sij : S) {
    Sij = exp_diff(std::move(Sij), m);
    l = std::move(l) + rowsum(Sij);
  }
  for (std::int32_t j = 0; j < a.Tc(); ++j) {
    Tile Pij = std::move(S[static_cast<std::size_t>(j)]) / l;
    block.store(piece(a, a.P, i, j), Pij);
  }
}

// Rows too long to keep are read twice: once for m and l together, once for the result.
void softmax_long_rows(Block& block, const Standard& a) {
  const std::int32_t i = block.index(), count = piece(a, a.S, i, 0).shape.rows;
  Tile m = block.fill(-kInf, {count, 1});
  Tile l = block.fill(0, {count, 1});
  for (std::int32_t j = 0; j < a.Tc(); ++j) {                   //  2
    Tile Sij = masked(a, block.load(piece(a, a.S, i, j), a.stages, Level::registers), i, j);
    Tile m_new = max(rowmax(Sij), m);
    Tile alpha = exp_diff(std::move(m), m_new);
    l = alpha * std::move(l) + rowsum(exp_diff(std::move(Sij), m_new));
    m = std::move(m_new);
  }
  for (std::int32_t j = 0; j < a.Tc(); ++j) {
    Tile Sij = masked(a, block.load(piece(a, a.S, i, j), a.stages, Level::registers), i, j);
    Tile Pij = exp_diff(std::move(Sij), m) / l;
    block.store(piece(a, a.P, i, j), Pij);
  }
}

// Row block i of O.
void output(Block& block, const Standard& a) {
  const std::int32_t i = block.index();
  Tile Oi = block.fill(0, rows(a.O, i, a.Br).shape);
  for (const std::int32_t j : block.steps(0, a.Tc(), 0, a.Nk() / a.Bc)) {  //  3
    Tile Pij = block.load(tile_of(a.P, i, a.Br, j, a.Bc), a.stages);
    Tile Vj = block.load(rows(a.V, j, a.Bc), a.stages);
    mma(Oi, Pij, Vj);
  }
  block.store(rows(a.O, i, a.Br), Oi);                          //  4
}
// clang-format on

Kernel kernel(const char* name, std::int32_t blocks, const Problem& problem, int warps,
              std::function<void(Block&)> program) {
  Kernel k;
  k.name = name;
  k.source_file = "sim/algorithms/standard.cpp";
  k.blocks = blocks;
  k.slices = problem.slices();
  k.warps = warps;
  k.matmul = matmul_unit(problem);
  k.program = std::move(program);
  return k;
}

// Do that many rows fit? They are held in registers, as loaded and, once exponentiated, in fp32.
bool rows_fit(std::int32_t rows, const Problem& problem, const Machine& machine) {
  const std::int64_t elements = std::int64_t{rows} * problem.seqlen_kv;
  return elements <= machine.sm.registers / 2;
}

// About 16 KB of rows, at most 16, and fewer where those don't fit.
std::int32_t softmax_rows_a_block(const Problem& problem, const Machine& machine) {
  const std::int64_t row_bytes = std::int64_t{problem.seqlen_kv} * size_of(problem.dtype);
  const std::int32_t most = std::min(16, problem.seqlen_q);
  auto rows = static_cast<std::int32_t>(std::clamp<std::int64_t>((16 << 10) / row_bytes, 1, most));
  while (rows > 1 && !rows_fit(rows, problem, machine)) {
    rows /= 2;
  }
  return rows;
}

Region whole(const Tensor& tensor) { return {tensor, 0, 0, tensor.shape}; }

Plan plan(const Problem& problem, const Schedule& s, const Machine& machine) {
  Plan plan;
  plan.algorithm = "standard";
  const auto [Q, K, V, O] = add_attention_tensors(plan, problem);
  const Shape NxN{problem.seqlen_q, problem.seqlen_kv};
  const Tensor S = plan.add("S", TensorRole::scratch, problem.dtype, NxN, problem.slices(), problem.slices());
  const Tensor P = plan.add("P", TensorRole::scratch, problem.dtype, NxN, problem.slices(), problem.slices());
  Standard a{Q,
             K,
             V,
             O,
             S,
             P,
             s.block_q,
             s.block_kv,
             softmax_rows_a_block(problem, machine),
             s.stages,
             problem.mask == Mask::causal,
             true,
             softmax_scale(problem)};
  a.rows_fit = rows_fit(a.softmax_rows, problem, machine);

  const std::int32_t Tr = ceil_div(problem.seqlen_q, s.block_q), Tc = a.Tc();
  plan.kernels.push_back(kernel("scores", Tr * Tc, problem, s.warps, [a](Block& block) { scores(block, a); }));
  plan.kernels.back().same_work_as = all_but_ragged(NxN, {s.block_q, s.block_kv});
  plan.kernels.back().paper_reads = {whole(Q), whole(K)};

  const std::int32_t softmax_blocks = ceil_div(problem.seqlen_q, a.softmax_rows);
  plan.kernels.push_back(kernel("softmax", softmax_blocks, problem, s.warps, [a](Block& block) {
    a.rows_fit ? softmax_rows(block, a) : softmax_long_rows(block, a);
  }));
  plan.kernels.back().same_work_as = all_but_ragged(problem.seqlen_q, a.softmax_rows);
  plan.kernels.back().lanes_of_a_row = std::clamp(s.block_kv / 8, 1, 32);
  plan.kernels.back().paper_reads = {whole(S)};

  plan.kernels.push_back(kernel("output", Tr, problem, s.warps, [a](Block& block) { output(block, a); }));
  plan.kernels.back().same_work_as = all_but_ragged(problem.seqlen_q, s.block_q);
  plan.kernels.back().paper_reads = {whole(P), whole(V)};
  return plan;
}

Schedule schedule(const Problem& problem, const Schedule& given, const Machine& machine) {
  Schedule s = given;
  s.block_q = choose(given.block_q, 128, problem.seqlen_q);
  s.block_kv = choose(given.block_kv, 128, problem.seqlen_kv);
  s.stages = given.stages > 0 ? given.stages : 2;
  s.warps = given.warps > 0 ? given.warps : 4;
  return shrink_to_fit(problem, given, s, machine, plan);
}

}  // namespace

const Algorithm kStandard = {
    "standard", "Standard attention", "Dao et al. 2022 (FlashAttention), Algorithm 0", false, schedule, plan};

}  // namespace sim
