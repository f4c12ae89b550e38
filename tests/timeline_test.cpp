// seek(k) is a run of k ops from the start: for every k of small cases, in any order, with values and without; and what
// the timeline knows about who wrote what.
#include "sim/timeline/timeline.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "sim/algorithms/algorithms.h"
#include "sim/analysis/check.h"
#include "sim/base/error.h"
#include "tests/catch.h"
#include "tests/programs.h"

namespace {

using namespace sim;  // NOLINT: tests name most of it

struct Case {
  std::string name;
  Plan plan;
  Values start;
};

Case algorithm_case(const Algorithm& algorithm, Problem problem, Schedule schedule) {
  const Machine machine = load_machine("a100-40gb", ATTOSCOPE_SOURCE_ASSETS);
  problem = checked(problem, algorithm.softmax);
  schedule = algorithm.schedule(problem, schedule, machine);
  Plan plan = algorithm.plan(problem, schedule, machine);
  NumericRun run(plan);
  Inputs inputs;
  inputs.spec.distribution = Distribution::growing_max;
  for (std::int32_t z = 0; z < plan.kernels.front().slices; ++z) {
    set_inputs(run, plan, problem, inputs, z);
  }
  return {algorithm.name, std::move(plan), run.values()};
}

// Two heads that share K and V, ragged in rows and keys.
std::vector<Case> small_cases() {
  Problem problem;
  problem.heads = 2;
  problem.kv_heads = 1;
  problem.seqlen_q = 7;
  problem.seqlen_kv = 9;
  problem.head_dim = 4;
  problem.mask = Mask::causal;
  problem.rows = 5;
  problem.row_length = 11;
  const Schedule schedule{3, 4, 2, 0, 2};
  std::vector<Case> cases;
  for (const Algorithm& algorithm : algorithms()) {
    cases.push_back(algorithm_case(algorithm, problem, schedule));
  }
  for (const tests::Proof& proof : tests::proof_programs()) {
    NumericRun run(proof.plan);
    proof.set_inputs(run);
    cases.push_back({proof.name, proof.plan, run.values()});
  }
  return cases;
}

// What every seek is held against: the plan's ops one after another, by the executors themselves.
template <typename F>
void run_from_start(const Plan& plan, const Values* start, F at_each) {
  State state;
  state.counters.by_tensor.resize(plan.tensors.size());
  if (start != nullptr) {
    state.values = *start;
  }
  for (std::size_t k = 0; k < plan.kernels.size(); ++k) {
    const Kernel& kernel = plan.kernels[k];
    for (std::int32_t slice = 0; slice < kernel.slices; ++slice) {
      for (std::int32_t index = 0; index < kernel.blocks; ++index) {
        Trace trace;
        start != nullptr ? record_block_with(plan, kernel, slice, index, *state.values, trace)
                         : record_block(kernel, index, trace);
        FootprintExecutor footprint;
        for (std::size_t i = 0; i < trace.ops.size(); ++i, ++state.k) {
          state.next = {static_cast<std::int32_t>(k), slice, index, static_cast<std::int64_t>(i)};
          state.footprint = footprint.footprint();
          at_each(state, trace.ops[i]);
          footprint.on(trace.ops[i]);
          count(trace.ops[i], kernel, state.counters);
          if (start != nullptr) {
            NumericBlock(plan, kernel, slice, trace, *state.values).on(trace.ops[i]);
          }
        }
      }
    }
  }
  state.next = {static_cast<std::int32_t>(plan.kernels.size()), 0, 0, 0};
  state.footprint = {};
  at_each(state, Op{});
}

std::vector<std::uint64_t> hashes_from_start(const Plan& plan, const Values* start) {
  std::vector<std::uint64_t> hashes;
  run_from_start(plan, start, [&](const State& state, const Op&) { hashes.push_back(state.hash()); });
  return hashes;
}

// Checkpoints every few ops, and little room for them and for traces: everything that is dropped gets rebuilt.
TimelineOptions cramped() {
  TimelineOptions options;
  options.trace_bytes = 20000;
  options.checkpoint_bytes = 20000;
  options.checkpoint_ns = 300;
  return options;
}

void check_every_op(Timeline& timeline, const std::vector<std::uint64_t>& hashes) {
  const auto ops = static_cast<std::int64_t>(hashes.size()) - 1;
  REQUIRE(timeline.ops() == ops);
  std::vector<std::int64_t> order;
  for (std::int64_t k = 0; k <= ops; ++k) {
    order.push_back(k);
  }
  const auto wrong = [&] {
    return std::count_if(order.begin(), order.end(), [&](std::int64_t k) {
      return timeline.seek(k).hash() != hashes[static_cast<std::size_t>(k)];
    });
  };
  CHECK(wrong() == 0);  // forwards
  std::reverse(order.begin(), order.end());
  CHECK(wrong() == 0);  // backwards
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  CHECK(wrong() == 0);  // anyhow
}

}  // namespace

TEST_CASE("timeline: seek equals a run from the start at every op, without values", "[property]") {
  for (const Case& c : small_cases()) {
    INFO(c.name);
    const std::vector<std::uint64_t> hashes = hashes_from_start(c.plan, nullptr);
    Timeline timeline(c.plan), small(c.plan, cramped());
    check_every_op(timeline, hashes);
    check_every_op(small, hashes);
  }
}

TEST_CASE("timeline: seek equals a run from the start at every op, with values", "[property]") {
  for (const Case& c : small_cases()) {
    INFO(c.name);
    const std::vector<std::uint64_t> hashes = hashes_from_start(c.plan, &c.start);
    Timeline timeline(c.plan, c.start), small(c.plan, c.start, cramped());
    check_every_op(timeline, hashes);
    check_every_op(small, hashes);
    CHECK(small.checkpoints() >= 2);
    std::vector<std::int64_t> far_first = {static_cast<std::int64_t>(hashes.size()) / 2, 3};
    Timeline fresh(c.plan, c.start, cramped());
    for (const std::int64_t k : far_first) {
      CHECK(fresh.seek(k).hash() == hashes[static_cast<std::size_t>(k)]);
    }
  }
}

TEST_CASE("timeline: a state keeps its values whatever happens later") {
  const Case c = small_cases()[6];
  Timeline timeline(c.plan, c.start);
  const State middle = timeline.seek(timeline.ops() / 2);
  const std::uint64_t before = middle.hash();
  timeline.seek(timeline.ops());
  timeline.seek(1);
  CHECK(middle.hash() == before);
}

TEST_CASE("timeline: steps go both ways and stop at the ends") {
  const Case c = small_cases()[5];
  Timeline timeline(c.plan, c.start);
  State state = timeline.seek(40);
  const std::uint64_t there = state.hash();
  state = timeline.step(state, 25);
  CHECK(state.k == 65);
  state = timeline.step(state, -25);
  CHECK(state.hash() == there);
  CHECK(timeline.step(state, -1000).k == 0);
  CHECK(timeline.step(state, 1 << 20).k == timeline.ops());
}

TEST_CASE("timeline: positions and indices are inverse, ops are those of the traces") {
  for (const Case& c : small_cases()) {
    INFO(c.name);
    Timeline timeline(c.plan);
    std::int64_t wrong = 0;
    run_from_start(c.plan, nullptr, [&](const State& state, const Op& op) {
      wrong += !(timeline.locate(state.k) == state.next) || timeline.index_of(state.next) != state.k;
      if (state.k < timeline.ops()) {
        const Op found = timeline.op(state.k);
        wrong += found.kind != op.kind || found.line != op.line || found.row != op.row || found.dst != op.dst;
      }
    });
    CHECK(wrong == 0);
  }
}

TEST_CASE("timeline: large cases, at sampled ops", "[property]") {
  Problem problem;
  problem.heads = 3;
  problem.seqlen_q = 700;
  problem.seqlen_kv = 1100;
  problem.head_dim = 16;
  problem.mask = Mask::causal;
  problem.rows = 333;
  problem.row_length = 3000;
  const Schedule schedule{32, 16, 2, 0, 3};
  for (const Algorithm& algorithm : algorithms()) {
    const Case c = algorithm_case(algorithm, problem, schedule);
    INFO(c.name);
    Timeline timeline(c.plan);
    std::mt19937_64 random(5);
    std::vector<std::int64_t> sampled = {0, 1, timeline.ops() - 1, timeline.ops()};
    for (int i = 0; i < 200; ++i) {
      sampled.push_back(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(timeline.ops())));
    }
    std::sort(sampled.begin(), sampled.end());
    auto next = sampled.begin();
    run_from_start(c.plan, nullptr, [&](const State& state, const Op&) {
      for (; next != sampled.end() && *next == state.k; ++next) {
        CHECK(timeline.seek(state.k).hash() == state.hash());
      }
    });
    CHECK(next == sampled.end());
    Counters all;
    for (const Kernel& kernel : c.plan.kernels) {
      all.add(count_kernel(c.plan, kernel));
    }
    CHECK(timeline.seek(timeline.ops()).counters == all);
  }
}

TEST_CASE("timeline: the last writer of a value is found", "[property]") {
  struct Written {
    TensorId tensor;
    std::int64_t slice;
    std::int32_t row, col;
    std::int64_t by;
  };
  for (const Case& c : small_cases()) {
    INFO(c.name);
    Timeline timeline(c.plan, c.start);
    // Follow every op that writes, and ask about one of its elements now and then.
    std::vector<Written> last;
    std::int64_t wrong = 0;
    std::mt19937 random(7);
    run_from_start(c.plan, &c.start, [&](const State& state, const Op& op) {
      for (const Written& w : last) {
        wrong += random() % 4 == 0 && timeline.last_writer(w.tensor, w.slice, w.row, w.col, state.k) != w.by;
      }
      if (writes_hbm(op.kind)) {
        std::erase_if(last,
                      [&](const Written& w) { return w.tensor == op.tensor && writes_to(op, w.tensor, w.row, w.col); });
        const std::int64_t slice = c.plan.tensors[op.tensor].tensor.slice_of(state.next.slice);
        last.push_back({op.tensor, slice, op.row + op.shape.rows - 1, op.col, state.k});
        if (last.size() > 6) {
          last.erase(last.begin());
        }
      }
    });
    CHECK(wrong == 0);
    CHECK_FALSE(timeline.last_writer(last.back().tensor, last.back().slice, 0, 0, 0).has_value());
    CHECK_FALSE(timeline.last_writer(0, 0, 0, 0, timeline.ops()).has_value());  // an input
  }
}

TEST_CASE("timeline: the last writer of a tile is found") {
  const Case c = small_cases()[6];
  Timeline timeline(c.plan);
  const auto trace = timeline.trace(0, 0, 1);
  const std::int64_t first = timeline.index_of({0, 0, 1, 0});
  std::vector<std::int64_t> by(trace->tiles, -1);
  for (std::size_t i = 0; i < trace->ops.size(); ++i) {
    for (TileId tile = 1; tile < trace->tiles; ++tile) {
      const auto found = timeline.last_writer(tile, first + static_cast<std::int64_t>(i));
      CHECK(found.value_or(-1) == by[tile]);
    }
    if (trace->ops[i].dst != 0) {
      by[trace->ops[i].dst] = first + static_cast<std::int64_t>(i);
    }
  }
}

TEST_CASE("timeline: an error while running leaves the timeline usable") {
  Plan plan;
  const Tensor H = plan.add("H", TensorRole::scratch, DType::fp32, {4, 4}, 1, 1);
  Kernel kernel;
  kernel.name = "wrong";
  kernel.source_file = "tests/timeline_test.cpp";
  kernel.program = [H](Block& block) {
    block.store({H, 0, 0, {2, 4}}, block.fill(1, {2, 4}));
    Tile all = block.load({H, 0, 0, {4, 4}});
  };
  plan.kernels.push_back(kernel);
  Timeline timeline(plan, Values(plan));
  const std::uint64_t before = timeline.seek(3).hash();
  CHECK_THROWS_AS(timeline.seek(timeline.ops()), Error);
  CHECK(timeline.seek(3).hash() == before);
}

TEST_CASE("timeline: checkpoints thin out instead of filling the memory") {
  Problem problem;
  problem.seqlen_q = 64;
  problem.head_dim = 8;
  const Case c = algorithm_case(find_algorithm("flash2"), problem, {8, 8, 1, 0, 0});
  TimelineOptions options = cramped();
  Timeline timeline(c.plan, c.start, options);
  timeline.seek(timeline.ops());
  const std::int64_t thinned = timeline.checkpoints();
  options.checkpoint_bytes = std::int64_t{1} << 30;
  Timeline all(c.plan, c.start, options);
  all.seek(all.ops());
  CHECK(thinned > 2);
  CHECK(thinned < all.checkpoints() / 4);
}
