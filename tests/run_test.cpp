// A run placed in time: its bytes are those counted, its ops have moments of their own, places and times go together.
#include "ui/scope/run.h"

#include <algorithm>
#include <cmath>

#include "sim/analysis/simulate.h"
#include "sim/base/error.h"
#include "tests/catch.h"

using namespace scope;

namespace {

sim::Scenario scenario(const std::string& algorithm) {
  sim::Scenario s;
  s.algorithm = algorithm;
  s.machine = "blackboard";
  return s;
}

void set(sim::Scenario& s, const char* key, sim::ScenarioValue value) {
  sim::set_scenario_field(s, *sim::find_scenario_field(key), value, key);
}

void set_all(sim::Scenario& s, const std::vector<std::pair<const char*, std::int64_t>>& values) {
  for (const auto& [key, value] : values) {
    set(s, key, value);
  }
}

std::shared_ptr<Run> make(const sim::Scenario& s, const RunOptions& options = {}) {
  return Run::make(s, ATTOSCOPE_SOURCE_ASSETS, options);
}

bool is_softmax(const std::string& algorithm) { return sim::find_algorithm(algorithm).softmax; }

// Every algorithm small, and some ragged, causal and grouped cases on a machine with many SMs.
std::vector<sim::Scenario> cases() {
  std::vector<sim::Scenario> all;
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    sim::Scenario small = scenario(algorithm.name);
    if (algorithm.softmax) {
      set_all(small, {{"rows", 24}, {"row_length", 40}});
    } else {
      set_all(small, {{"seqlen_q", 24}, {"seqlen_kv", 24}, {"head_dim", 8}});
    }
    all.push_back(small);
    sim::Scenario large = scenario(algorithm.name);
    large.machine = "a100-40gb";
    if (algorithm.softmax) {
      set_all(large, {{"rows", 300}, {"row_length", 517}});
    } else {
      set_all(large, {{"batch", 2}, {"heads", 4}, {"kv_heads", 2}, {"seqlen_q", 333}, {"head_dim", 64}});
      set(large, "mask", std::string("causal"));
    }
    all.push_back(large);
  }
  return all;
}

std::vector<Place> places(const Run& run) {
  std::vector<Place> all;
  for (std::int32_t sm = 0; sm < run.machine().chip.sm_count; ++sm) {
    for (std::int32_t slot = 0; slot < 32; ++slot) {
      if (run.positions({sm, slot}) > 0) {
        all.push_back({sm, slot});
      }
    }
  }
  return all;
}

void check_bytes(const Run& run) {
  const sim::Report& report = run.report();
  for (std::size_t t = 0; t < run.plan().tensors.size(); ++t) {
    const auto id = static_cast<sim::TensorId>(t);
    const sim::Traffic& traffic = report.by_tensor[t].second;
    CHECK(run.bytes(id, Boundary::smem, false).total() == traffic.read_bytes);
    CHECK(run.bytes(id, Boundary::smem, true).total() == traffic.write_bytes + traffic.reduce_bytes);
  }
  const double end = run.end_us();
  CHECK(run.bytes_at(end, Boundary::dram, false) == report.dram_read_bytes);
  CHECK(run.bytes_at(end, Boundary::dram, true) == report.dram_write_bytes);
  CHECK(run.bytes_at(end, Boundary::smem, false) == report.two_level.read_bytes);
  for (const Boundary boundary : {Boundary::smem, Boundary::dram}) {
    std::int64_t before = 0;
    for (int i = 0; i <= 100; ++i) {
      const std::int64_t now = run.bytes_at(end * i / 100, boundary, i % 2 == 0);
      CHECK(now >= 0);
      if (i % 2 == 0) {
        CHECK(now >= before);
        before = now;
      }
    }
  }
}

void check_blocks(const Run& run) {
  for (const KernelRun& kernel : run.kernels()) {
    std::size_t blocks = 0;
    for (const std::vector<std::uint32_t>& slot : kernel.on_slot) {
      double free_at = kernel.begin_us;
      for (const std::uint32_t number : slot) {
        const BlockRun& block = kernel.blocks[number];
        REQUIRE(block.begin_us >= free_at);
        REQUIRE(block.end_us > block.begin_us);
        REQUIRE(block.end_us <= kernel.end_us + 1e-9);
        free_at = block.end_us;
      }
      blocks += slot.size();
    }
    CHECK(blocks == kernel.blocks.size());
  }
}

// The spans of a block are in its trace's order, and name ops that a span of their kind may stand for.
void check_spans(const Run& run) {
  for (std::size_t k = 0; k < run.kernels().size(); ++k) {
    const KernelRun& kernel = run.kernels()[k];
    sim::Trace trace;
    for (std::uint32_t block = 0; block < kernel.blocks.size(); block += 7) {
      sim::record_block(*kernel.kernel, static_cast<std::int32_t>(block) % kernel.kernel->blocks, trace);
      std::int64_t last = -1;
      for (const PlacedSpan& span : kernel.spans_of(block)) {
        REQUIRE(std::int64_t{span.op} > last);
        last = span.op;
        REQUIRE(span.block == block);
        REQUIRE(span.end_us >= span.begin_us);
        const sim::OpKind kind = trace.ops[span.op].kind;
        REQUIRE((span.kind == sim::StepKind::load) == sim::reads_hbm(kind));
        REQUIRE((span.kind == sim::StepKind::store) == sim::writes_hbm(kind));
        REQUIRE(run.op_end_us(static_cast<std::int32_t>(k), block, span.op) >= span.begin_us);
      }
    }
  }
}

void check_place(const Run& run, Place place) {
  const auto ops = static_cast<std::int64_t>(run.positions(place));
  At before;
  double last = -1;
  for (std::int64_t p = 1; p <= ops; ++p) {
    const Cursor cursor{run.time_of(place, static_cast<double>(p)), place};
    REQUIRE(cursor.t_us > last);
    last = cursor.t_us;
    const At at = run.at(cursor);
    REQUIRE(at.share == 1);
    REQUIRE(!at.idle);
    const bool same_block = p > 1 && at.kernel == before.kernel && at.block == before.block;
    REQUIRE(at.number == (same_block ? before.number + 1 : 0));
    REQUIRE((same_block || p == 1 || before.number + 1 == before.count));
    REQUIRE(run.position(cursor) == static_cast<double>(p));
    const Cursor between{run.time_of(place, static_cast<double>(p) - 0.25), place};
    REQUIRE(run.time_of(place, run.position(between)) == Catch::Approx(between.t_us).epsilon(1e-9));
    before = at;
  }
  REQUIRE(before.number + 1 == before.count);
}

}  // namespace

TEST_CASE("a run's bytes, blocks and spans are those of the simulator", "[property]") {
  for (const sim::Scenario& s : cases()) {
    INFO(s.algorithm << " on " << s.machine);
    const std::shared_ptr<Run> run = make(s);
    check_bytes(*run);
    check_blocks(*run);
    check_spans(*run);
    sim::SimulateOptions plain;
    plain.memoise = false;
    const sim::Report report = sim::simulate(sim::experiment_of(s, ATTOSCOPE_SOURCE_ASSETS), plain);
    CHECK(run->report().time_us == Catch::Approx(report.time_us).epsilon(1e-9));
    CHECK(run->report().two_level == report.two_level);
    CHECK(run->report().dram_read_bytes == report.dram_read_bytes);
    CHECK(run->report().dram_write_bytes == report.dram_write_bytes);
  }
}

TEST_CASE("every op of a place has a moment, and places and times go together", "[property]") {
  for (const sim::Scenario& s : cases()) {
    INFO(s.algorithm << " on " << s.machine);
    const std::shared_ptr<Run> run = make(s);
    double ops = 0;
    const std::vector<Place> all = places(*run);
    for (std::size_t i = 0; i < all.size(); ++i) {
      ops += run->positions(all[i]);
      if (i < 4 || i + 1 == all.size()) {
        check_place(*run, all[i]);
      }
    }
    const sim::Timeline timeline(run->plan());
    std::int64_t real = 0;
    for (const sim::Kernel& kernel : run->plan().kernels) {
      real += sim::count_kernel(run->plan(), kernel).ops;
    }
    CHECK(static_cast<std::int64_t>(ops) == real);
    CHECK(real <= timeline.ops());
  }
}

TEST_CASE("before, between and behind blocks a place is idle") {
  sim::Scenario s = scenario("standard");
  set_all(s, {{"seqlen_q", 24}, {"seqlen_kv", 24}, {"head_dim", 8}});
  const std::shared_ptr<Run> run = make(s);
  const Place place = places(*run).front();
  const At first = run->at({0, place});
  CHECK(first.idle);
  CHECK(first.number == 0);
  CHECK(first.share == 0);
  CHECK(run->position({0, place}) == 0);
  const At last = run->at({run->end_us() + 1, place});
  CHECK(last.idle);
  CHECK(last.share == 1);
  CHECK(last.number + 1 == last.count);
  CHECK(run->position({run->end_us() + 1, place}) == run->positions(place));
  CHECK(run->kernel_at(0) == 0);
  CHECK(run->kernel_at(run->end_us() + 1) == static_cast<std::int32_t>(run->kernels().size()) - 1);
  CHECK(run->at({1, {10000, 3}}).idle);
  CHECK(run->positions({-1, 0}) == 0);
  CHECK(run->position({1, {-1, 0}}) == 0);
}

TEST_CASE("a run too large for all spans has the same blocks", "[property]") {
  for (const sim::Scenario& s : cases()) {
    INFO(s.algorithm << " on " << s.machine);
    RunOptions few;
    few.spans_max = 1;
    few.kept_sm = 1;
    const std::shared_ptr<Run> all = make(s), part = make(s, few);
    check_bytes(*part);
    for (std::size_t k = 0; k < all->kernels().size(); ++k) {
      const KernelRun &a = all->kernels()[k], &b = part->kernels()[k];
      CHECK(!b.all_spans);
      CHECK(a.on_slot == b.on_slot);
      CHECK(std::equal(a.blocks.begin(), a.blocks.end(), b.blocks.begin(), [](const BlockRun& x, const BlockRun& y) {
        return x.begin_us == y.begin_us && x.end_us == y.end_us && x.sm == y.sm;
      }));
      for (std::int32_t sm = 0; sm < all->machine().chip.sm_count; ++sm) {
        const bool kept = sm <= 2;
        CHECK(b.lane(sm).size() == (kept ? a.lane(sm).size() : 0));
      }
    }
    for (const Place& place : {places(*part).front(), places(*part).back()}) {
      check_place(*part, place);
    }
    CHECK(part->l2_at(part->end_us()).held.empty());
    CHECK_FALSE(part->l2_at(part->end_us()).known);
    CHECK(all->l2_at(all->end_us()).known);
  }
}

TEST_CASE("a run with too many ops is refused") {
  RunOptions few;
  few.ops_max = 10;
  CHECK_THROWS_AS(make(scenario("flash2"), few), sim::Error);
}

TEST_CASE("L2 holds what was touched last") {
  sim::Scenario s = scenario("flash2");
  s.machine = "a100-40gb";
  set_all(s, {{"seqlen_q", 512}, {"heads", 2}});
  const std::shared_ptr<Run> run = make(s);
  CHECK(run->l2_at(0).held.empty());
  const Run::L2Contents& end = run->l2_at(run->end_us());
  std::int64_t bytes = 0;
  for (const sim::TensorInfo& tensor : run->plan().tensors) {
    bytes += tensor.bytes();
  }
  CHECK(end.held_bytes == bytes);  // all fits
  CHECK(end.evicted.empty());
  CHECK(end.hit_rate == Catch::Approx(run->report().l2_hit_rate));
  CHECK(std::is_sorted(end.held.begin(), end.held.end(),
                       [](const Run::L2Tile& a, const Run::L2Tile& b) { return a.touched_us > b.touched_us; }));

  override_machine(s, "l2.bytes", 128 << 10);
  const std::shared_ptr<Run> small = make(s);
  const Run::L2Contents& full = small->l2_at(1e9);
  CHECK(full.held_bytes <= 128 << 10);
  CHECK(full.evicted.size() == 8);
}

TEST_CASE("values of a block at an op", "[property]") {
  for (const sim::Scenario& s : cases()) {
    if (s.machine != "blackboard") {
      continue;
    }
    INFO(s.algorithm);
    const std::shared_ptr<Run> run = make(s);
    REQUIRE(run->has_values());
    const auto last = static_cast<std::int32_t>(run->kernels().size()) - 1;
    const auto block = static_cast<std::uint32_t>(run->kernels().back().blocks.size()) - 1;
    const auto ops = static_cast<std::uint32_t>(run->trace(last, block)->trace->ops.size());
    const sim::State& state = run->state_after(last, block, ops - 1);
    CHECK(state.k == run->timeline().ops());
    const sim::State& same = run->state_after(last, block, ops - 1);
    CHECK(&same == &state);
    const sim::TensorInfo& out = *run->plan().find(is_softmax(s.algorithm) ? "Y" : "O");
    std::vector<float> row(static_cast<std::size_t>(out.tensor.shape.cols));
    CHECK(state.values->hbm.read(out.tensor.id, 0, 0, 0, {1, out.tensor.shape.cols}, row.data()));
    CHECK(std::all_of(row.begin(), row.end(), [](float x) { return std::isfinite(x); }));
  }
  sim::Scenario large = scenario("flash2");
  large.machine = "a100-40gb";
  set_all(large, {{"seqlen_q", 4096}, {"heads", 16}});
  CHECK(!make(large)->has_values());
}
