// Flash-Decoding: the keys are split among blocks, and a second kernel combines the partial results by their
// log-sum-exp. Dao, Haziza, Massa, Sizov 2023, "Flash-Decoding for long-context inference" (pytorch.org); the inner
// loop is FlashAttention-2's (Dao 2023, Algorithm 1).
// The query heads that share one K, V head are packed into the rows of one tile, so K and V are read once a group:
// slice z of the grid is a K, V head, and its Q is [group * Nq, d].
#include <cmath>
#include <limits>

#include "sim/algorithms/common.h"
#include "sim/algorithms/list.h"

namespace sim {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct FlashDecoding {
  Tensor Q, K, V, O, LSE;
  Tensor O_part, LSE_part;  // [splits * rows, d] and [splits * rows, 1], fp32
  std::int32_t Br, Bc, splits;
  std::int32_t queries;  // of one head: rows repeat them once per head of the group
  int stages;
  bool causal;
  float scale;

  std::int32_t rows_packed() const { return Q.shape.rows; }
  std::int32_t row_blocks() const { return ceil_div(Q.shape.rows, Br); }
  /// Row block i of split s in a tensor that stacks the splits.
  Region part(const Tensor& tensor, std::int32_t s, std::int32_t i) const {
    const std::int32_t count = std::min(Br, rows_packed() - i * Br);
    return {tensor, s * rows_packed() + i * Br, 0, {count, tensor.shape.cols}};
  }
};

void split(Block& block, const FlashDecoding& a) {
  const std::int32_t i = block.index() % a.row_blocks(), s = block.index() / a.row_blocks();
  const Region Qi_hbm = rows(a.Q, i, a.Br);
  const std::int32_t count = Qi_hbm.shape.rows;
  const Causal visible{a.queries, a.K.shape.rows};
  const std::int32_t keys = a.causal ? visible.visible_keys(i * a.Br, count) : a.K.shape.rows;
  const std::int32_t unmasked = a.causal ? visible.fully_visible_keys(i * a.Br, count) : a.K.shape.rows;
  const std::int32_t per_split = ceil_div(ceil_div(a.K.shape.rows, a.Bc), a.splits);
  const std::int32_t last = std::min((s + 1) * per_split, ceil_div(keys, a.Bc));

  Tile Qi = block.load(Qi_hbm);
  Tile Oi = block.fill(0, {count, a.Q.shape.cols});
  Tile li = block.fill(0, {count, 1});
  Tile mi = block.fill(-kInf, {count, 1});
  for (const std::int32_t j : block.steps(s * per_split, last, s * per_split, unmasked / a.Bc)) {
    Tile Kj = block.load(rows(a.K, j, a.Bc), a.stages);
    Tile Vj = block.load(rows(a.V, j, a.Bc), a.stages);
    Tile Sij = dot(Qi, T(Kj));
    if (unmasked < j * a.Bc + Kj.shape().rows) {
      Sij = causal_mask(std::move(Sij), visible, i * a.Br, j * a.Bc);
    }
    Kj.release();
    Tile mij = max(rowmax(Sij), mi);
    Tile Pij = exp_diff(std::move(Sij), mij, a.scale);
    Tile alpha = exp_diff(std::move(mi), mij, a.scale);
    li = alpha * std::move(li) + rowsum(Pij);
    Oi = alpha * std::move(Oi);
    mma(Oi, convert(a.Q.dtype, std::move(Pij)), Vj);
    mi = std::move(mij);
  }
  // A split without visible keys has O = 0 and LSE = -inf: it will weigh nothing.
  Oi = std::move(Oi) / li;
  Tile Li = a.scale * std::move(mi) + log(std::move(li));
  block.store(a.part(a.O_part, s, i), Oi);
  block.store(a.part(a.LSE_part, s, i), Li);
}

// LSE = ln sum_s e^(LSE_s), O = sum_s e^(LSE_s - LSE) O_s.
void combine(Block& block, const FlashDecoding& a) {
  const std::int32_t i = block.index();
  const Region out = rows(a.O, i, a.Br);
  std::vector<Tile> LSE_s;
  Tile largest = block.fill(-kInf, {out.shape.rows, 1});
  for (std::int32_t s = 0; s < a.splits; ++s) {
    LSE_s.push_back(block.load(a.part(a.LSE_part, s, i), 0, Level::registers));
    largest = max(std::move(largest), LSE_s.back());
  }
  Tile sum = block.fill(0, {out.shape.rows, 1});
  for (std::int32_t s = 0; s < a.splits; ++s) {
    sum = std::move(sum) + exp_diff(LSE_s[static_cast<std::size_t>(s)], largest);
  }
  Tile LSE = std::move(largest) + log(std::move(sum));
  Tile O = block.fill(0, out.shape);
  for (std::int32_t s = 0; s < a.splits; ++s) {
    Tile O_s = block.load(a.part(a.O_part, s, i), 0, Level::registers);
    Tile weight = exp_diff(LSE_s[static_cast<std::size_t>(s)], LSE);
    O = std::move(O) + weight * std::move(O_s);
  }
  block.store(out, O);
  block.store(rows(a.LSE, i, a.Br), LSE);
}

// Splits with as many whole key blocks as the first do the same work; so do all row blocks but the last.
std::function<std::int32_t(std::int32_t)> same_split(const FlashDecoding& a) {
  const std::int32_t per_split = ceil_div(ceil_div(a.K.shape.rows, a.Bc), a.splits);
  const std::int32_t full = a.K.shape.rows / (per_split * a.Bc), row_blocks = a.row_blocks();
  return [full, row_blocks, whole = a.rows_packed() / a.Br](std::int32_t index) {
    const std::int32_t i = index % row_blocks, s = index / row_blocks;
    return (s < full ? 0 : s) * row_blocks + (i < whole ? 0 : i);
  };
}

Kernel kernel(const char* name, std::int32_t blocks, const Problem& problem, const Schedule& s,
              std::function<void(Block&)> program) {
  Kernel k;
  k.name = name;
  k.source_file = "sim/algorithms/flash_decoding.cpp";
  k.blocks = blocks;
  k.slices = problem.kv_slices();
  k.warps = s.warps;
  k.matmul = matmul_unit(problem);
  k.program = std::move(program);
  return k;
}

Plan plan(const Problem& problem, const Schedule& s, const Machine&) {
  Plan plan;
  plan.algorithm = "flash_decoding";
  const std::int32_t slices = problem.kv_slices(), packed = problem.group() * problem.seqlen_q;
  const Shape of_q{packed, problem.head_dim}, of_kv{problem.seqlen_kv, problem.head_dim};
  const auto add = [&](const char* name, TensorRole role, DType dtype, Shape shape) {
    return plan.add(name, role, dtype, shape, slices, slices);
  };
  FlashDecoding a;
  a.Q = add("Q", TensorRole::input, problem.dtype, of_q);
  a.K = add("K", TensorRole::input, problem.dtype, of_kv);
  a.V = add("V", TensorRole::input, problem.dtype, of_kv);
  a.O = add("O", TensorRole::output, problem.dtype, of_q);
  a.LSE = add("LSE", TensorRole::output, DType::fp32, {packed, 1});
  a.O_part = add("O_splits", TensorRole::scratch, DType::fp32, {s.splits * packed, problem.head_dim});
  a.LSE_part = add("LSE_splits", TensorRole::scratch, DType::fp32, {s.splits * packed, 1});
  a.Br = s.block_q;
  a.Bc = s.block_kv;
  a.splits = s.splits;
  a.queries = problem.seqlen_q;
  a.stages = s.stages;
  a.causal = problem.mask == Mask::causal;
  a.scale = softmax_scale(problem);
  plan.kernels.push_back(kernel("split", a.row_blocks() * s.splits, problem, s, [a](Block& b) { split(b, a); }));
  if (!a.causal) {
    plan.kernels.back().same_work_as = same_split(a);
  }
  plan.kernels.push_back(kernel("combine", a.row_blocks(), problem, s, [a](Block& b) { combine(b, a); }));
  plan.kernels.back().same_work_as = all_but_ragged(a.rows_packed(), a.Br);
  return plan;
}

// The library's heuristic (flash-attention, num_splits_heuristic): no split if the blocks fill four fifths of the
// machine, else the fewest splits whose last wave is at least 85 % as full as the best choice's.
std::int32_t default_splits(std::int32_t tiles, std::int32_t slots, std::int32_t kv_blocks) {
  if (tiles >= 0.8 * slots) {
    return 1;
  }
  const std::int32_t most = std::min({128, slots, kv_blocks});
  const auto eligible = [&](std::int32_t s) { return s == 1 || ceil_div(kv_blocks, s) != ceil_div(kv_blocks, s - 1); };
  const auto efficiency = [&](std::int32_t s) {
    const double waves = double(tiles) * s / slots;
    return waves / std::ceil(waves);
  };
  double best = 0;
  for (std::int32_t s = 1; s <= most; ++s) {
    best = eligible(s) ? std::max(best, efficiency(s)) : best;
  }
  for (std::int32_t s = 1; s <= most; ++s) {
    if (eligible(s) && efficiency(s) >= 0.85 * best) {
      return s;
    }
  }
  return 1;
}

Schedule schedule(const Problem& problem, const Schedule& given, const Machine& machine) {
  const std::int32_t packed = problem.group() * problem.seqlen_q;
  Schedule s = given;
  s.block_q = choose(given.block_q, 64, packed);
  s.block_kv =
      choose(given.block_kv, problem.head_dim <= 64 ? 256 : (problem.head_dim <= 128 ? 128 : 64), problem.seqlen_kv);
  s.stages = given.stages > 0 ? given.stages : 1;
  s.warps = given.warps > 0 ? given.warps : 4;
  const auto with_splits = [&](Schedule t) {
    const std::int32_t tiles = problem.kv_slices() * ceil_div(packed, t.block_q);
    const std::int32_t kv_blocks = ceil_div(problem.seqlen_kv, t.block_kv);
    t.splits = given.splits > 0 ? given.splits : default_splits(tiles, 2 * machine.chip.sm_count, kv_blocks);
    return t;
  };
  return with_splits(shrink_to_fit(problem, given, with_splits(s), machine, plan));
}

}  // namespace

const Algorithm kFlashDecoding = {
    "flash_decoding", "Flash-Decoding (split K, V)", "Dao et al. 2023, Flash-Decoding", false, schedule, plan};

}  // namespace sim
