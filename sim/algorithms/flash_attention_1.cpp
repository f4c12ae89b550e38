// FlashAttention, forward pass. Dao et al. 2022, Algorithm 1; numbers are its lines.
// One block works on one head: the outer loop goes over K and V, the inner over Q, and O, l, m travel to HBM and
// back each time. Scores are scaled and masked as its Algorithm 2 does.
#include <limits>

#include "sim/algorithms/common.h"
#include "sim/algorithms/list.h"

namespace sim {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Flash1 {
  Tensor Q, K, V, O, l, m;
  std::int32_t Br, Bc;
  bool causal;
  float scale;
};

// The margin holds the paper's line numbers.
// clang-format off
void flash_attention_1(Block& block, const Flash1& a) {
  const auto& [Q, K, V, O, l, m, Br, Bc, causal, scale] = a;
  const std::int32_t Nq = Q.shape.rows, Nk = K.shape.rows;
  const std::int32_t Tr = ceil_div(Nq, Br), Tc = ceil_div(Nk, Bc);
  const Causal visible{Nq, Nk};

  for (const std::int32_t i : block.steps(0, Tr, 0, Nq / Br)) {                 //  2
    block.store(rows(O, i, Br), block.fill(0, rows(O, i, Br).shape));
    block.store(rows(l, i, Br), block.fill(0, rows(l, i, Br).shape));
    block.store(rows(m, i, Br), block.fill(-kInf, rows(m, i, Br).shape));
  }

  for (const std::int32_t j : block.steps(0, Tc, 0, causal ? 0 : Nk / Bc)) {    //  5
    Tile Kj = block.load(rows(K, j, Bc));                                       //  6
    Tile Vj = block.load(rows(V, j, Bc));
    // The first row block whose every query sees the whole tile; those after it do too.
    const std::int32_t unmasked = causal ? ceil_div(std::max(j * Bc + Kj.shape().rows - 1 - (Nk - Nq), 0), Br) : 0;
    for (const std::int32_t i : block.steps(0, Tr, unmasked, Nq / Br)) {        //  7
      const Region Oi_hbm = rows(O, i, Br), li_hbm = rows(l, i, Br), mi_hbm = rows(m, i, Br);
      const std::int32_t count = Oi_hbm.shape.rows;
      if (causal && visible.visible_keys(i * Br, count) <= j * Bc) {
        continue;  // every key of the tile lies in the future of every query
      }
      Tile Qi = block.load(rows(Q, i, Br));                                     //  8
      Tile Oi = block.load(Oi_hbm);
      Tile li = block.load(li_hbm);
      Tile mi = block.load(mi_hbm);

      Tile Sij = scale * dot(Qi, T(Kj));                                        //  9
      if (causal && visible.fully_visible_keys(i * Br, count) < j * Bc + Kj.shape().rows) {
        Sij = causal_mask(std::move(Sij), visible, i * Br, j * Bc);
      }
      Tile mij = rowmax(Sij);                                                   // 10
      Tile Pij = exp_diff(std::move(Sij), mij);
      Tile lij = rowsum(Pij);

      Tile m_new = max(mi, mij);                                                // 11
      Tile old_weight = exp_diff(mi, m_new) * li;
      Tile weight = exp_diff(mij, m_new);
      Tile l_new = weight * lij + old_weight;

      Tile PV = dot(convert(Q.dtype, std::move(Pij)), Vj);                      // 12
      Tile O_new = (std::move(PV) * weight + Oi * old_weight) / l_new;
      block.store(Oi_hbm, O_new);
      block.store(li_hbm, l_new);                                               // 13
      block.store(mi_hbm, m_new);
    }                                                                           // 14
  }                                                                             // 15
}
// clang-format on

Plan plan(const Problem& problem, const Schedule& s, const Machine&) {
  Plan plan;
  plan.algorithm = "flash1";
  const auto [Q, K, V, O] = add_attention_tensors(plan, problem);
  const std::int32_t slices = problem.slices();
  const Tensor l = plan.add("l", TensorRole::output, DType::fp32, {problem.seqlen_q, 1}, slices, slices);
  const Tensor m = plan.add("m", TensorRole::output, DType::fp32, {problem.seqlen_q, 1}, slices, slices);
  const Flash1 a{Q, K, V, O, l, m, s.block_q, s.block_kv, problem.mask == Mask::causal, softmax_scale(problem)};
  Kernel kernel;
  kernel.name = "flash1";
  kernel.source_file = "sim/algorithms/flash_attention_1.cpp";
  kernel.slices = slices;
  kernel.warps = s.warps;
  kernel.matmul = matmul_unit(problem);
  kernel.program = [a](Block& block) { flash_attention_1(block, a); };
  plan.kernels.push_back(kernel);
  return plan;
}

// Line 1: Bc = ceil(M / 4d), Br = min(Bc, d), with M the elements that SMEM holds.
Schedule schedule(const Problem& problem, const Schedule& given, const Machine& machine) {
  const auto M = static_cast<std::int32_t>(machine.sm.smem_bytes_per_block / size_of(problem.dtype));
  const std::int32_t Bc = ceil_div(M, 4 * problem.head_dim);
  Schedule s = given;
  s.block_kv = choose(given.block_kv, Bc, problem.seqlen_kv);
  s.block_q = choose(given.block_q, std::min(Bc, problem.head_dim), problem.seqlen_q);
  s.stages = 1;
  s.warps = given.warps > 0 ? given.warps : 8;
  return shrink_to_fit(problem, given, s, machine, plan);
}

}  // namespace

const Algorithm kFlash1 = {
    "flash1", "FlashAttention (1)", "Dao et al. 2022 (FlashAttention), Algorithm 1", false, schedule, plan};

}  // namespace sim
