// Counting: what each op costs, and that what a plan promises (blocks of the same work, what the papers read) holds.
#include "sim/executors/io.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/algorithms/algorithms.h"
#include "sim/tile/kernel.h"
#include "tests/catch.h"
#include "tests/random_cases.h"

namespace {

using random_cases::Case;
using random_cases::Cases;
using random_cases::plan_of;
using sim::Block;
using sim::Counters;
using sim::DType;
using sim::Kernel;
using sim::MatmulUnit;
using sim::Op;
using sim::OpKind;
using sim::Plan;
using sim::Region;
using sim::Shape;
using sim::Tensor;
using sim::TensorRole;
using sim::Tile;
using sim::Trace;
using sim::Work;

// A plan of one kernel of one block over one 64 x 32 fp16 tensor.
Plan plan_with(const std::function<void(Block&, const Tensor&)>& program, MatmulUnit unit = MatmulUnit::mma_sync,
               int warps = 4) {
  Plan plan;
  const Tensor X = plan.add("X", TensorRole::input, DType::fp16, {64, 32}, 1, 1);
  Kernel kernel;
  kernel.warps = warps;
  kernel.matmul = unit;
  kernel.program = [program, X](Block& block) { program(block, X); };
  plan.kernels.push_back(kernel);
  return plan;
}

Counters count_of(const std::function<void(Block&, const Tensor&)>& program, MatmulUnit unit = MatmulUnit::mma_sync,
                  int warps = 4) {
  const Plan plan = plan_with(program, unit, warps);
  return sim::count_kernel(plan, plan.kernels[0]);
}

Counters count_recorded(const Plan& plan, const Kernel& kernel, std::int32_t index) {
  Counters counters;
  counters.by_tensor.resize(plan.tensors.size());
  Trace trace;
  sim::record_block(kernel, index, trace);
  for (const Op& op : trace.ops) {
    sim::count(op, kernel, counters);
  }
  return counters;
}

// Small enough to record every block.
Cases small_cases(const std::string& algorithm) { return Cases(algorithm, 120, 60); }
constexpr int kSmallCases = 40;

// ---- Promises of a kernel, as a list of what breaks them ----

Op without_address(Op op) {
  op.row = op.col = 0;
  return op;
}

bool same_op(const Op& x, const Op& y) {
  return x.kind == y.kind && x.dtype == y.dtype && x.level == y.level && x.role == y.role &&
         x.transpose_b == y.transpose_b && x.accumulate == y.accumulate && x.reuses_a == y.reuses_a &&
         x.async == y.async && x.a_in_smem == y.a_in_smem && x.b_in_smem == y.b_in_smem && x.stages == y.stages &&
         x.line == y.line && x.tensor == y.tensor && x.barrier == y.barrier && x.dst == y.dst && x.a == y.a &&
         x.b == y.b && x.shape == y.shape && x.inner == y.inner && x.row == y.row && x.col == y.col &&
         x.scalar == y.scalar;
}

std::vector<std::int32_t> blocks_unlike_their_representative(const Kernel& kernel) {
  std::vector<std::int32_t> found;
  Trace own, other;
  for (std::int32_t index = 0; index < kernel.blocks; ++index) {
    const std::int32_t like = kernel.representative(index);
    bool same = like <= index && kernel.representative(like) == like;
    sim::record_block(kernel, index, own);
    sim::record_block(kernel, like, other);
    same = same && own.ops.size() == other.ops.size();
    for (std::size_t at = 0; same && at < own.ops.size(); ++at) {
      same = same_op(without_address(own.ops[at]), without_address(other.ops[at]));
    }
    if (!same) {
      found.push_back(index);
    }
  }
  return found;
}

using Cells = std::vector<bool>;  // of one slice of a tensor, row-major

// Marks the region; returns how many of its cells were marked before.
std::int64_t mark(Cells& cells, Shape whole, std::int32_t row, std::int32_t col, Shape shape) {
  std::int64_t again = 0;
  cells.resize(static_cast<std::size_t>(whole.elements()));
  for (std::int32_t r = row; r < row + shape.rows; ++r) {
    for (std::int32_t c = col; c < col + shape.cols; ++c) {
      const auto at = static_cast<std::size_t>(std::int64_t{r} * whole.cols + c);
      again += cells[at];
      cells[at] = true;
    }
  }
  return again;
}

// Is what the papers count as read exactly what the blocks' loads cover together, each element once?
bool paper_reads_hold(const Plan& plan, const Kernel& kernel) {
  std::map<sim::TensorId, Cells> loaded, said;
  Trace trace;
  for (std::int32_t index = 0; index < kernel.blocks; ++index) {
    sim::record_block(kernel, index, trace);
    for (const Op& op : trace.ops) {
      if (sim::reads_hbm(op.kind)) {
        mark(loaded[op.tensor], plan.tensors[op.tensor].tensor.shape, op.row, op.col, op.shape);
      }
    }
  }
  std::int64_t overlap = 0;
  for (const Region& region : kernel.paper_reads) {
    overlap += mark(said[region.tensor.id], region.tensor.shape, region.row, region.col, region.shape);
  }
  return overlap == 0 && loaded == said;
}

}  // namespace

// ---- What each op costs ----

TEST_CASE("counting: bytes by tensor and direction") {
  const Counters c = count_of([](Block& block, const Tensor& X) {
    Tile x = block.load({X, 0, 0, {8, 32}});
    block.store({X, 8, 0, {8, 32}}, x);
    block.reduce_add({X, 0, 4, {8, 3}}, block.fill(1, {8, 3}));
    block.gather(X, {0, 48, 16}, 4);
  });
  CHECK(c.traffic() == sim::Traffic{8 * 32 * 2 + 3 * 4 * 32 * 2, 8 * 32 * 2, 8 * 3 * 2});
  CHECK(c.by_tensor[0] == c.traffic());
  CHECK(c.work == Work{});
  CHECK(c.ops == 5);
}

TEST_CASE("counting: FLOPs and exponentials of each operation on a 4 x 6 tile") {
  const auto work = [](const std::function<void(const Tile& t, const Tile& column)>& body) {
    const Work w = count_of([&](Block& block, const Tensor&) {
                     const Tile t = block.fill(0, {4, 6}), column = block.fill(0, {4, 1});
                     body(t, column);
                   }).work;
    CHECK(w.matmul_flops == 0);
    return std::pair{w.other_flops, w.exps};
  };
  using Cost = std::pair<std::int64_t, std::int64_t>;
  CHECK(work([](const Tile& t, const Tile& column) { t + column; }) == Cost{24, 0});
  CHECK(work([](const Tile& t, const Tile& column) { t - column; }) == Cost{24, 0});
  CHECK(work([](const Tile& t, const Tile& column) { t* column; }) == Cost{24, 0});
  CHECK(work([](const Tile& t, const Tile& column) { t / column; }) == Cost{24, 0});
  CHECK(work([](const Tile& t, const Tile&) { 2.0f * t; }) == Cost{24, 0});
  CHECK(work([](const Tile&, const Tile& column) { sim::max(column, column); }) == Cost{4, 0});
  CHECK(work([](const Tile& t, const Tile&) { sim::exp(t); }) == Cost{0, 24});
  CHECK(work([](const Tile& t, const Tile& column) { sim::exp_diff(t, column); }) == Cost{48, 24});
  CHECK(work([](const Tile& t, const Tile&) { sim::rowmax(t); }) == Cost{24, 0});
  CHECK(work([](const Tile& t, const Tile&) { sim::rowsum(t); }) == Cost{24, 0});
  CHECK(work([](const Tile& t, const Tile&) { sim::log(t); }) == Cost{0, 0});
  CHECK(work([](const Tile& t, const Tile&) { sim::convert(DType::fp16, t); }) == Cost{0, 0});
  CHECK(work([](const Tile& t, const Tile&) { sim::causal_mask(t, {4, 6}, 0, 0); }) == Cost{0, 0});
}

TEST_CASE("counting: a matmul's FLOPs, instructions and operand bytes on each unit") {
  // 40 x 32 by 24 x 32, transposed, both from SMEM.
  const auto work = [](MatmulUnit unit, int warps) {
    return count_of(
               [](Block& block, const Tensor& X) {
                 const Tile a = block.load({X, 0, 0, {40, 32}}), b = block.load({X, 40, 0, {24, 32}});
                 sim::dot(a, sim::T(b));
               },
               unit, warps)
        .work;
  };
  const std::int64_t flops = 2 * 40 * 32 * 24, a = 40 * 32 * 2, b = 24 * 32 * 2;
  // m16n8k16: 3 x 3 x 2. Three strips of 16 rows, so at most three warps read b.
  CHECK(work(MatmulUnit::mma_sync, 4) == Work{flops, 0, 0, 18, a + 3 * b});
  CHECK(work(MatmulUnit::mma_sync, 2) == Work{flops, 0, 0, 18, a + 2 * b});
  // m64nNk16: one strip, two steps of k.
  CHECK(work(MatmulUnit::wgmma, 4) == Work{flops, 0, 0, 2, a + b});
  // Warp tiles of 32 x 64, 4 bytes an element: b twice.
  CHECK(work(MatmulUnit::ffma, 4) == Work{flops, 0, 0, 0, 2 * a + 2 * 2 * b});
}

TEST_CASE("counting: operands in registers cost no SMEM bytes") {
  const Work w = count_of([](Block& block, const Tensor&) {
                   const Tile a = block.fill(0, {16, 16}), b = block.fill(0, {16, 16});
                   Tile c = sim::dot(a, b);
                   sim::mma(c, a, b);
                 }).work;
  CHECK(w == Work{2 * 2 * 16 * 16 * 16, 0, 0, 4, 0});
}

TEST_CASE("counting: sums and multiples") {
  Counters one = count_of([](Block& block, const Tensor& X) { sim::exp(block.load({X, 0, 0, {1, 32}})); });
  Counters sum;
  sum.add(one, 3);
  sum.add(one);
  CHECK(sum.traffic().read_bytes == 4 * 64);
  CHECK(sum.work.exps == 4 * 32);
  CHECK(sum.ops == 4 * one.ops);
}

// ---- Promises ----

TEST_CASE("blocks said to do the same work do: every op, but for the rows and columns it addresses", "[property]") {
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    Cases cases = small_cases(algorithm.name);
    for (int n = 0; n < kSmallCases; ++n) {
      const Case c = cases.next();
      const Plan plan = plan_of(algorithm.name, c);
      for (const Kernel& kernel : plan.kernels) {
        INFO(algorithm.name << ", kernel " << kernel.name << ": " << c.text());
        REQUIRE(blocks_unlike_their_representative(kernel).empty());
      }
    }
  }
}

TEST_CASE("a false promise of the same work is found") {
  Plan plan = plan_with([](Block& block, const Tensor& X) { block.load(rows(X, block.index(), 24)); });
  Kernel& kernel = plan.kernels[0];
  kernel.blocks = 3;  // 24, 24 and 16 rows
  kernel.same_work_as = [](std::int32_t) { return 0; };
  CHECK(blocks_unlike_their_representative(kernel) == std::vector<std::int32_t>{2});
  kernel.same_work_as = [](std::int32_t index) { return index == 2 ? 2 : 1; };
  CHECK(blocks_unlike_their_representative(kernel) == std::vector<std::int32_t>{0});  // 1 is not the lowest
}

TEST_CASE("a kernel's count is the sum over all its blocks and slices", "[property]") {
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    Cases cases = small_cases(algorithm.name);
    for (int n = 0; n < kSmallCases; ++n) {
      const Case c = cases.next();
      const Plan plan = plan_of(algorithm.name, c);
      for (const Kernel& kernel : plan.kernels) {
        Counters sum;
        sum.by_tensor.resize(plan.tensors.size());
        for (std::int32_t index = 0; index < kernel.blocks; ++index) {
          sum.add(count_recorded(plan, kernel, index), kernel.slices);
        }
        INFO(algorithm.name << ", kernel " << kernel.name << ": " << c.text());
        REQUIRE(sum == sim::count_kernel(plan, kernel));
      }
    }
  }
}

TEST_CASE("a block counts the same streamed as recorded, chunk by chunk", "[property]") {
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    Cases cases(algorithm.name, 700, 20000);  // some thousands of ops: several chunks
    for (int n = 0; n < 10; ++n) {
      const Case c = cases.next();
      const Plan plan = plan_of(algorithm.name, c);
      for (const Kernel* kernel : {&plan.kernels.front(), &plan.kernels.back()}) {
        for (const std::int32_t index : {0, kernel->blocks - 1}) {
          INFO(algorithm.name << ", kernel " << kernel->name << ", block " << index << ": " << c.text());
          REQUIRE(sim::count_block(plan, *kernel, index) == count_recorded(plan, *kernel, index));
        }
      }
    }
  }
}

TEST_CASE("what the papers count as read is what the tiles' loads cover", "[property]") {
  int kernels = 0;
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    Cases cases = small_cases(algorithm.name);
    for (int n = 0; n < kSmallCases; ++n) {
      const Case c = cases.next();
      const Plan plan = plan_of(algorithm.name, c);
      for (const Kernel& kernel : plan.kernels) {
        if (!kernel.paper_reads.empty()) {
          INFO(algorithm.name << ", kernel " << kernel.name << ": " << c.text());
          REQUIRE(paper_reads_hold(plan, kernel));
          ++kernels;
        }
      }
    }
  }
  CHECK(kernels > 3 * kSmallCases);
}

TEST_CASE("a false account of what the papers read is found") {
  Plan plan = plan_with([](Block& block, const Tensor& X) {
    block.load({X, 0, 0, {40, 32}});
    block.load({X, 24, 0, {40, 32}});
  });
  Kernel& kernel = plan.kernels[0];
  const Tensor X = plan.tensors[0].tensor;
  const auto holds = [&](std::vector<Region> reads) {
    kernel.paper_reads = std::move(reads);
    return paper_reads_hold(plan, kernel);
  };
  CHECK(holds({{X, 0, 0, {64, 32}}}));
  CHECK(holds({{X, 0, 0, {30, 32}}, {X, 30, 0, {34, 32}}}));
  CHECK_FALSE(holds({{X, 0, 0, {63, 32}}}));                        // too little
  CHECK_FALSE(holds({{X, 0, 0, {40, 32}}, {X, 39, 0, {25, 32}}}));  // a row twice
  CHECK_FALSE(holds({}));
}

TEST_CASE("the papers' account: operands once for each slice that they have, writes as they are") {
  Plan plan;
  const Tensor Q = plan.add("Q", TensorRole::input, DType::fp16, {8, 4}, 6, 6);
  const Tensor K = plan.add("K", TensorRole::input, DType::fp16, {8, 4}, 2, 6);
  Kernel kernel;
  kernel.slices = 6;
  kernel.program = [=](Block& block) {
    for (int again = 0; again < 3; ++again) {
      block.load(rows(K, 0, 8));
    }
    block.store(rows(Q, 0, 8), block.load(rows(Q, 0, 8)));
  };
  plan.kernels.push_back(kernel);
  const Counters counted = sim::count_kernel(plan, kernel);
  CHECK(counted.traffic().read_bytes == 6 * 4 * 64);
  CHECK(sim::paper_traffic(kernel, counted) == counted.traffic());
  kernel.paper_reads = {{Q, 0, 0, Q.shape}, {K, 0, 0, K.shape}};
  CHECK(sim::paper_traffic(kernel, counted) == sim::Traffic{6 * 64 + 2 * 64, 6 * 64, 0});
}

TEST_CASE("bytes in HBM: inputs and outputs throughout, scratch from first use to last") {
  Plan plan;
  const Tensor in = plan.add("in", TensorRole::input, DType::fp16, {1, 1}, 1, 1);
  const Tensor late = plan.add("late", TensorRole::scratch, DType::fp16, {10, 1}, 1, 1);
  const Tensor never = plan.add("never", TensorRole::scratch, DType::fp16, {1000, 1}, 1, 1);
  const Tensor out = plan.add("out", TensorRole::output, DType::fp32, {100, 1}, 2, 2);
  CHECK(never.id == 2);
  const auto touching = [&](std::vector<Tensor> tensors) {
    Kernel kernel;
    kernel.program = [tensors](Block& block) {
      for (const Tensor& tensor : tensors) {
        block.load(rows(tensor, 0, 1));
      }
    };
    return sim::count_kernel(plan, kernel);
  };
  const std::vector<Counters> kernels = {touching({in}), touching({late}), touching({in}), touching({late}),
                                         touching({out})};
  CHECK(sim::hbm_bytes_by_kernel(plan, kernels) == std::vector<std::int64_t>{802, 822, 822, 822, 802});
}
