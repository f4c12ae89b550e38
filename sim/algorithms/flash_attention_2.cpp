// FlashAttention-2, forward pass. Dao 2023, Algorithm 1; numbers are its lines.
// One block works on one i: Q_i, O_i, l, m stay on the chip while K and V go by. The printed line 10 inverts the
// rescaling factor; the inverse is an erratum. As the shipped kernels do, scores stay unscaled and the scale is
// folded into the exponent, so that a score costs one FMA and one exponential.
#include <limits>

#include "sim/algorithms/common.h"
#include "sim/algorithms/list.h"

namespace sim {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Flash2 {
  Tensor Q, K, V, O, L;
  std::int32_t Br, Bc;
  int stages;
  bool causal;
  float scale;
};

// The margin holds the paper's line numbers.
// clang-format off
void flash_attention_2(Block& block, const Flash2& a) {
  const auto& [Q, K, V, O, L, Br, Bc, stages, causal, scale] = a;
  const std::int32_t i = block.index();                                  //  3
  const Region Qi_hbm = rows(Q, i, Br);
  const std::int32_t count = Qi_hbm.shape.rows, d = Q.shape.cols;
  const Causal visible{Q.shape.rows, K.shape.rows};
  const std::int32_t keys = causal ? visible.visible_keys(i * Br, count) : K.shape.rows;
  const std::int32_t unmasked = causal ? visible.fully_visible_keys(i * Br, count) : K.shape.rows;

  Tile Qi = block.load(Qi_hbm);                                          //  4
  Tile Oi = block.fill(0, {count, d});                                   //  5
  Tile li = block.fill(0, {count, 1});
  Tile mi = block.fill(-kInf, {count, 1});

  const std::int32_t Tc = ceil_div(keys, Bc);
  for (const std::int32_t j : block.steps(0, Tc, 0, unmasked / Bc)) {    //  6
    Tile Kj = block.load(rows(K, j, Bc), stages);                        //  7
    Tile Vj = block.load(rows(V, j, Bc), stages);
    Tile Sij = dot(Qi, T(Kj));                                           //  8
    if (unmasked < j * Bc + Kj.shape().rows) {
      Sij = causal_mask(std::move(Sij), visible, i * Br, j * Bc);
    }
    Kj.release();
    Tile mij = max(rowmax(Sij), mi);                                     //  9
    Tile Pij = exp_diff(std::move(Sij), mij, scale);
    Tile alpha = exp_diff(std::move(mi), mij, scale);
    li = alpha * std::move(li) + rowsum(Pij);
    Oi = alpha * std::move(Oi);                                          // 10
    mma(Oi, convert(Q.dtype, std::move(Pij)), Vj);
    mi = std::move(mij);
  }                                                                      // 11

  Oi = std::move(Oi) / li;                                               // 12
  Tile Li = scale * std::move(mi) + log(std::move(li));                  // 13
  block.store(rows(O, i, Br), Oi);                                       // 14
  block.store(rows(L, i, Br), Li);                                       // 15
}
// clang-format on

Plan plan(const Problem& problem, const Schedule& s, const Machine&) {
  Plan plan;
  plan.algorithm = "flash2";
  const auto [Q, K, V, O] = add_attention_tensors(plan, problem);
  const std::int32_t slices = problem.slices();
  const Tensor L = plan.add("LSE", TensorRole::output, DType::fp32, {problem.seqlen_q, 1}, slices, slices);
  const bool causal = problem.mask == Mask::causal;
  const Flash2 a{Q, K, V, O, L, s.block_q, s.block_kv, s.stages, causal, softmax_scale(problem)};
  Kernel kernel;
  kernel.name = "flash2";
  kernel.source_file = "sim/algorithms/flash_attention_2.cpp";
  kernel.blocks = ceil_div(problem.seqlen_q, s.block_q);
  kernel.slices = slices;
  kernel.warps = s.warps;
  kernel.matmul = matmul_unit(problem);
  kernel.program = [a](Block& block) { flash_attention_2(block, a); };
  if (!causal) {
    kernel.same_work_as = all_but_ragged(problem.seqlen_q, s.block_q);
  }
  plan.kernels.push_back(kernel);
  return plan;
}

// What the library ships: 128 x 128 and 4 warps for d <= 64, 128 x 64 and 4 warps for d <= 128, 128 x 64 and 8 warps
// above (flash-attention, csrc/flash_attn, launch templates). FP32 operands take twice the room.
Schedule schedule(const Problem& problem, const Schedule& given, const Machine& machine) {
  Schedule s = given;
  s.block_q = choose(given.block_q, 128, problem.seqlen_q);
  s.block_kv = choose(given.block_kv, problem.head_dim <= 64 ? 128 : 64, problem.seqlen_kv);
  s.stages = given.stages > 0 ? given.stages : 1;
  s.warps = given.warps > 0 ? given.warps : (problem.head_dim <= 128 ? 4 : 8);
  return shrink_to_fit(problem, given, s, machine, plan);
}

}  // namespace

const Algorithm kFlash2 = {"flash2", "FlashAttention-2", "Dao 2023 (FlashAttention-2), Algorithm 1",
                           false,    schedule,           plan};

}  // namespace sim
