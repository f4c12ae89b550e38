#include "sim/algorithms/common.h"

#include <algorithm>
#include <cmath>

#include "sim/executors/footprint.h"

namespace sim {

AttentionTensors add_attention_tensors(Plan& plan, const Problem& p) {
  const Shape of_q{p.seqlen_q, p.head_dim}, of_kv{p.seqlen_kv, p.head_dim};
  const Tensor Q = plan.add("Q", TensorRole::input, p.dtype, of_q, p.slices(), p.slices());
  const Tensor K = plan.add("K", TensorRole::input, p.dtype, of_kv, p.kv_slices(), p.slices());
  const Tensor V = plan.add("V", TensorRole::input, p.dtype, of_kv, p.kv_slices(), p.slices());
  const Tensor O = plan.add("O", TensorRole::output, p.dtype, of_q, p.slices(), p.slices());
  return {Q, K, V, O};
}

SoftmaxTensors add_softmax_tensors(Plan& plan, const Problem& p) {
  const Shape shape{p.rows, p.row_length};
  const Tensor X = plan.add("X", TensorRole::input, p.dtype, shape, 1, 1);
  const Tensor Y = plan.add("Y", TensorRole::output, p.dtype, shape, 1, 1);
  return {X, Y};
}

float softmax_scale(const Problem& problem) { return 1.0f / std::sqrt(static_cast<float>(problem.head_dim)); }

MatmulUnit matmul_unit(const Problem& problem) {
  return problem.dtype == DType::fp32 ? MatmulUnit::ffma : MatmulUnit::mma_sync;
}

std::int32_t choose(std::int32_t given, std::int32_t fallback, std::int32_t length) {
  return std::clamp(given > 0 ? given : fallback, 1, std::max(1, length));
}

std::function<std::int32_t(std::int32_t)> all_but_ragged(std::int32_t length, std::int32_t height) {
  return [whole = length / height](std::int32_t i) { return i < whole ? 0 : i; };
}

std::function<std::int32_t(std::int32_t)> all_but_ragged(Shape whole, Shape tile) {
  const std::int32_t rows = whole.rows / tile.rows, columns = whole.cols / tile.cols;
  const std::int32_t across = ceil_div(whole.cols, tile.cols);
  return [rows, columns, across](std::int32_t index) {
    const std::int32_t i = index / across, j = index % across;
    return (i < rows ? 0 : i) * across + (j < columns ? 0 : j);
  };
}

namespace {

// The same tiles on fewer heads and shorter sequences: a few of them show all that a block keeps.
Problem few_tiles(Problem problem, const Schedule& schedule) {
  problem.heads = problem.group();
  problem.kv_heads = 1;
  problem.batch = 1;
  problem.seqlen_q = std::min<std::int64_t>(problem.seqlen_q, std::int64_t{4} * schedule.block_q);
  problem.seqlen_kv = std::min<std::int64_t>(problem.seqlen_kv, std::int64_t{4} * schedule.block_kv);
  return problem;
}

}  // namespace

Schedule shrink_to_fit(const Problem& problem, const Schedule& given, Schedule schedule, const Machine& machine,
                       PlanFunction plan) {
  const bool may_shrink_q = given.block_q == 0, may_shrink_kv = given.block_kv == 0;
  while (!plan_fits(plan(few_tiles(problem, schedule), schedule, machine), machine)) {
    const bool q_first = schedule.block_q >= schedule.block_kv;
    const bool can_q = may_shrink_q && schedule.block_q > 1, can_kv = may_shrink_kv && schedule.block_kv > 1;
    if (!can_q && !can_kv) {
      return schedule;
    }
    std::int32_t& block = can_q && (q_first || !can_kv) ? schedule.block_q : schedule.block_kv;
    block = ceil_div(block, 2);
  }
  return schedule;
}

}  // namespace sim
