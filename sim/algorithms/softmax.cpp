// Softmax of the rows of X (rows x V), three ways: naive, safe, online.
// Milakov and Gimelshein 2018, "Online normalizer calculation for softmax" (arXiv 1805.02867); line numbers are
// those of its Algorithms 1 to 3. One block takes Br rows and goes through them Bc columns at a time.
#include <limits>

#include "sim/algorithms/common.h"
#include "sim/algorithms/list.h"

namespace sim {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Softmax {
  Tensor X, Y;
  std::int32_t Br, Bc;
  int stages;

  Steps columns(Block& block) const { return block.steps(0, ceil_div(X.shape.cols, Bc), 0, X.shape.cols / Bc); }
  std::int32_t rows_of(std::int32_t i) const { return std::min(Br, X.shape.rows - i * Br); }
  Region in(std::int32_t i, std::int32_t j) const { return tile_of(X, i, Br, j, Bc); }
  Region out(std::int32_t i, std::int32_t j) const { return tile_of(Y, i, Br, j, Bc); }
};

// The margin holds the paper's line numbers.
// clang-format off
// Algorithm 1: two loads and a store an element. e^x overflows float32 from x = 89.
void softmax_naive(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();
  Tile d = block.fill(0, {a.rows_of(i), 1});                                //  1
  for (const std::int32_t j : a.columns(block)) {                           //  2
    Tile x = block.load(a.in(i, j), a.stages, Level::registers);
    d = std::move(d) + rowsum(exp(std::move(x)));                           //  3
  }                                                                         //  4
  for (const std::int32_t j : a.columns(block)) {                           //  5
    Tile x = block.load(a.in(i, j), a.stages, Level::registers);
    Tile y = exp(std::move(x)) / d;                                         //  6
    block.store(a.out(i, j), y);
  }                                                                         //  7
}

// Algorithm 2: three loads and a store an element, one load for the maximum, so that no exponent is positive.
void softmax_safe(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();
  Tile m = block.fill(-kInf, {a.rows_of(i), 1});                            //  1
  for (const std::int32_t j : a.columns(block)) {                           //  2
    Tile x = block.load(a.in(i, j), a.stages, Level::registers);
    m = max(std::move(m), rowmax(x));                                       //  3
  }                                                                         //  4
  Tile d = block.fill(0, {a.rows_of(i), 1});                                //  5
  for (const std::int32_t j : a.columns(block)) {                           //  6
    Tile x = block.load(a.in(i, j), a.stages, Level::registers);
    d = std::move(d) + rowsum(exp_diff(std::move(x), m));                   //  7
  }                                                                         //  8
  for (const std::int32_t j : a.columns(block)) {                           //  9
    Tile x = block.load(a.in(i, j), a.stages, Level::registers);
    Tile y = exp_diff(std::move(x), m) / d;                                 // 10
    block.store(a.out(i, j), y);
  }                                                                         // 11
}

// Algorithm 3: two loads and a store an element; the sum is rescaled whenever the maximum grows.
void softmax_online(Block& block, const Softmax& a) {
  const std::int32_t i = block.index();
  Tile m = block.fill(-kInf, {a.rows_of(i), 1});                            //  1
  Tile d = block.fill(0, {a.rows_of(i), 1});                                //  2
  for (const std::int32_t j : a.columns(block)) {                           //  3
    Tile x = block.load(a.in(i, j), a.stages, Level::registers);
    Tile m_new = max(rowmax(x), m);                                         //  4
    Tile alpha = exp_diff(std::move(m), m_new);                             //  5  e^(m_(j-1) - m_j)
    d = alpha * std::move(d) + rowsum(exp_diff(std::move(x), m_new));
    m = std::move(m_new);
  }                                                                         //  6
  for (const std::int32_t j : a.columns(block)) {                           //  7
    Tile x = block.load(a.in(i, j), a.stages, Level::registers);
    Tile y = exp_diff(std::move(x), m) / d;                                 //  8
    block.store(a.out(i, j), y);
  }                                                                         //  9
}
// clang-format on

// One warp a row, four rows a block: rows are independent, and a row's tile stays in registers.
Schedule schedule(const Problem& problem, const Schedule& given, const Machine& machine) {
  Schedule s = given;
  s.block_q = choose(given.block_q, 4, problem.rows);
  s.block_kv = choose(given.block_kv, 1024, problem.row_length);
  s.stages = given.stages > 0 ? given.stages : 2;
  s.warps = given.warps > 0 ? given.warps : 4;
  (void)machine;
  return s;
}

Plan plan(const char* name, void (*program)(Block&, const Softmax&), const Problem& problem, const Schedule& s) {
  Plan plan;
  plan.algorithm = name;
  const SoftmaxTensors t = add_softmax_tensors(plan, problem);
  const Softmax a{t.X, t.Y, s.block_q, s.block_kv, s.stages};
  Kernel kernel;
  kernel.name = name;
  kernel.source_file = "sim/algorithms/softmax.cpp";
  kernel.blocks = ceil_div(problem.rows, s.block_q);
  kernel.warps = s.warps;
  kernel.matmul = matmul_unit(problem);
  kernel.lanes_of_a_row = 32;
  kernel.program = [a, program](Block& block) { program(block, a); };
  kernel.same_work_as = all_but_ragged(problem.rows, s.block_q);
  plan.kernels.push_back(kernel);
  return plan;
}

}  // namespace

const Algorithm kSoftmaxNaive = {
    "softmax_naive",
    "Naive softmax",
    "Milakov and Gimelshein 2018, Algorithm 1",
    true,
    schedule,
    [](const Problem& p, const Schedule& s, const Machine&) { return plan("softmax_naive", softmax_naive, p, s); }};

const Algorithm kSoftmaxSafe = {
    "softmax_safe",
    "Safe softmax",
    "Milakov and Gimelshein 2018, Algorithm 2",
    true,
    schedule,
    [](const Problem& p, const Schedule& s, const Machine&) { return plan("softmax_safe", softmax_safe, p, s); }};

const Algorithm kSoftmaxOnline = {
    "softmax_online",
    "Online softmax",
    "Milakov and Gimelshein 2018, Algorithm 3",
    true,
    schedule,
    [](const Problem& p, const Schedule& s, const Machine&) { return plan("softmax_online", softmax_online, p, s); }};

}  // namespace sim
