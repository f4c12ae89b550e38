// Numbers beside their closed forms, and a row through the softmax.
#include "ui/scope/evidence.h"

#include <cmath>

#include "sim/base/error.h"
#include "tests/catch.h"
#include "tests/scope_cases.h"
#include "ui/scope/caption.h"
#include "ui/scope/softmax_row.h"

using namespace scope;
using scope_cases::blackboard;
using scope_cases::make;

namespace {

Frame end_of_block(const Run& run, std::int32_t kernel, std::uint32_t block) {
  const BlockRun& at = run.block_run(kernel, block);
  return frame_at(run, {at.end_us, {at.sm, at.slot}});
}

// Relations that the numbers of an online softmax obey by themselves.
void check_online(const SoftmaxRow& row, double tolerance) {
  for (const SoftmaxRow::Step& step : row.steps) {
    INFO("step " << step.j);
    REQUIRE(step.done_max);
    CHECK(step.max_rose == (step.m > step.m_old));
    CHECK(step.alpha == Catch::Approx(std::exp(step.m_old - step.m)).margin(tolerance));
    CHECK(step.l == Catch::Approx(step.alpha * step.l_old + step.row_sum).epsilon(tolerance));
    double sum = 0;
    for (std::size_t key = 0; key < step.p.size(); ++key) {
      CHECK(step.p[key] == Catch::Approx(std::exp(step.scores[key] - step.m)).margin(tolerance));
      sum += static_cast<double>(step.p[key]);
    }
    CHECK(step.row_sum == Catch::Approx(sum).epsilon(tolerance));
  }
}

void check_against_safe(const SoftmaxRow& row, double tolerance) {
  REQUIRE_FALSE(row.steps.empty());
  const SoftmaxRow::Step& last = row.steps.back();
  CHECK(last.m == Catch::Approx(row.safe_m).margin(tolerance));
  CHECK(last.l == Catch::Approx(row.safe_l).epsilon(tolerance));
  REQUIRE(last.o.size() == row.safe_o.size());
  for (std::size_t c = 0; c < row.safe_o.size(); ++c) {
    CHECK(last.o[c] / (row.divided ? 1 : last.l) == Catch::Approx(row.safe_o[c]).margin(tolerance));
  }
  for (const SoftmaxRow::Step& step : row.steps) {
    for (std::size_t key = 0; key < step.scores.size(); ++key) {
      const float safe = row.safe_scores[static_cast<std::size_t>(step.first_key) + key];
      CHECK((step.scores[key] == safe || step.scores[key] == Catch::Approx(safe).margin(tolerance)));
    }
  }
}

}  // namespace

TEST_CASE("the online softmax of a row ends where the safe one does") {
  for (const char* algorithm : {"flash1", "flash2"}) {
    for (const bool causal : {false, true}) {
      const auto run = make(blackboard(algorithm, causal));
      const auto blocks = static_cast<std::uint32_t>(run->kernels()[0].blocks.size());
      for (std::int32_t query = 0; query < 8; ++query) {
        INFO(algorithm << " causal " << causal << " row " << query);
        const auto row =
            softmax_row(*run, end_of_block(*run, 0, blocks == 1 ? 0 : static_cast<std::uint32_t>(query) / 2), query);
        REQUIRE(row);
        CHECK(row->online);
        CHECK(row->divided == (std::string(algorithm) == "flash1"));
        CHECK(row->steps_total == static_cast<std::int32_t>(row->steps.size()));
        CHECK(row->steps_total == (causal ? query / 2 + 1 : 4));
        check_online(*row, 1e-5);
        check_against_safe(*row, 1e-5);
        CHECK(row->steps.front().v.size() == 2);
      }
    }
  }
}

TEST_CASE("a row at lecture size, in fp16") {
  const auto run = make(scope_cases::lecture("flash2"));
  const auto row = softmax_row(*run, end_of_block(*run, 0, 3), 511);
  REQUIRE(row);
  CHECK(row->steps_total == 4);
  check_online(*row, 2e-3);
  check_against_safe(*row, 5e-3);
  CHECK_FALSE(softmax_row(*run, end_of_block(*run, 0, 3), 5));    // another block's
  CHECK_FALSE(softmax_row(*run, end_of_block(*run, 0, 3), 512));  // nobody's
}

TEST_CASE("the safe softmax of standard attention, its products by a later kernel") {
  const auto run = make(blackboard("standard", true));
  const auto in_softmax = softmax_row(*run, end_of_block(*run, 1, 0), 5);
  REQUIRE(in_softmax);
  CHECK_FALSE(in_softmax->online);
  CHECK(in_softmax->steps.back().m == Catch::Approx(in_softmax->safe_m));
  CHECK(in_softmax->steps.back().l == Catch::Approx(in_softmax->safe_l));
  CHECK_FALSE(in_softmax->steps.back().done_o);
  const auto after = softmax_row(*run, end_of_block(*run, 2, 2), 5);
  REQUIRE(after);
  REQUIRE(after->steps.back().done_o);
  for (std::size_t c = 0; c < after->safe_o.size(); ++c) {
    CHECK(after->steps.back().o[c] == Catch::Approx(after->safe_o[c]).margin(1e-5));
  }
  CHECK_FALSE(softmax_row(*run, end_of_block(*run, 0, 0), 0));  // scores only
}

TEST_CASE("rows of softmax algorithms and of a split") {
  for (const char* algorithm : {"softmax_online", "softmax_safe", "softmax_naive"}) {
    INFO(algorithm);
    const auto run = make(blackboard(algorithm));
    const auto row = softmax_row(*run, end_of_block(*run, 0, 1), 3);
    REQUIRE(row);
    CHECK(row->online == (std::string(algorithm) == "softmax_online"));
    CHECK(row->steps.size() == 3);
    if (std::string(algorithm) == "softmax_naive") {
      CHECK(row->steps.back().l == Catch::Approx(row->safe_l * std::exp(row->safe_m)));
    } else {
      CHECK(row->steps.back().l == Catch::Approx(row->safe_l));
    }
  }
  const auto split = make(blackboard("flash_decoding"));
  const auto row = softmax_row(*split, end_of_block(*split, 0, 0), 1);
  REQUIRE(row);
  check_online(*row, 1e-5);
  const auto chunks = make(blackboard("memory_efficient"));
  CHECK_FALSE(softmax_row(*chunks, end_of_block(*chunks, 1, 0), 0));
}

TEST_CASE("a softmax row has its program's own letters, maximum and weights") {
  for (const char* algorithm : {"softmax_online", "softmax_safe", "softmax_naive", "flash2"}) {
    INFO(algorithm);
    const bool softmax = std::string(algorithm) != "flash2";
    const auto run = make(blackboard(algorithm));
    const auto row = softmax_row(*run, end_of_block(*run, 0, 1), 3);
    REQUIRE(row);
    CHECK(row->has_max == (std::string(algorithm) != "softmax_naive"));
    CHECK(row->letters.scores == (softmax ? "X" : "S"));
    CHECK(row->letters.p == (softmax ? "Y" : "P"));
    CHECK(row->letters.m == "*m*");
    CHECK(row->letters.sum == (softmax ? "*d*" : "*ℓ*"));
    for (const SoftmaxRow::Step& step : row->steps) {
      CHECK(step.done_weights == softmax);
      for (std::size_t key = 0; key < step.p.size(); ++key) {
        CHECK(step.p[key] == Catch::Approx(std::exp(step.scores[key] - step.p_max)).margin(1e-6));
      }
      for (std::size_t key = 0; key < step.weights.size(); ++key) {
        const double safe = std::exp(static_cast<double>(step.scores[key]) - row->safe_m) / row->safe_l;
        CHECK(step.weights[key] == Catch::Approx(safe).margin(1e-6));
        CHECK(step.weights[key] == Catch::Approx(step.terms[key] / step.divisor).margin(1e-6));
      }
    }
  }
}

TEST_CASE("a row knows no more than has been computed") {
  const auto run = make(blackboard("flash2"));
  const auto trace = run->trace(0, 0);
  std::size_t known = 0;
  for (const std::uint32_t op : trace->real_ops) {
    const auto row = softmax_row(*run, frame_at(*run, {run->op_end_us(0, 0, op), {0, 0}}), 1);
    REQUIRE(row);
    std::size_t now = 0;
    for (const SoftmaxRow::Step& step : row->steps) {
      now += step.done_scores + step.done_max + step.done_p + step.done_alpha + step.done_sum + step.done_o;
      CHECK(step.scores.empty() != step.done_scores);
      CHECK(step.p.empty() != step.done_p);
      CHECK(step.o.empty() != step.done_o);
      CHECK(step.begin_us < step.end_us);
    }
    if (sim::moves_bytes(trace->trace->ops[op].kind)) {
      continue;  // a load may land late
    }
    CHECK(now >= known);
    CHECK(now <= known + 1);
    known = now;
  }
  CHECK(known == 4 * 6);
}

TEST_CASE("the table of bytes ends at the closed forms") {
  for (const sim::Scenario& scenario : scope_cases::all_blackboards()) {
    INFO(scenario.algorithm);
    const auto run = make(scenario);
    const std::vector<BytesRow> end = bytes_table(*run, frame_at(*run, {run->end_us(), {0, 0}}));
    REQUIRE(end.size() == 4);
    for (const BytesRow& row : end) {
      CHECK(row.exact == (row.boundary == Boundary::smem));
      CHECK(row.total_so_far == row.total_end);
      if (row.exact) {
        CHECK(row.closed_form == row.total_end);
        CHECK_FALSE(row.formula.empty());
      } else {
        CHECK(row.closed_form == -1);
      }
    }
    for (const BytesRow& row : bytes_table(*run, frame_at(*run, {0, {0, 0}}))) {
      CHECK(row.total_so_far == 0);
    }
  }
  CHECK_FALSE(closed_form(*make(blackboard("flash2")), "no.such.counter"));
}

TEST_CASE("rooflines and footprints") {
  const auto run = make(blackboard("standard"));
  const Roofline line = roofline(*run);
  CHECK(line.peak_flops > 0);
  CHECK(line.peak_name == "ffma");
  REQUIRE(line.points.size() >= 2);
  for (const Roofline::Point& point : line.points) {
    INFO(point.name);
    CHECK(point.flops <= line.peak_flops);
    CHECK(point.flops > 0);
  }
  for (const sim::Scenario& scenario : scope_cases::all_blackboards()) {
    const auto other = make(scenario);
    const Footprints memory = footprints(*other, {other->block_run(0, 0).end_us, {0, 0}});
    std::int64_t most = 0;
    for (std::size_t i = 0; i < memory.block.size(); ++i) {
      most = std::max(most, memory.block[i].smem);
      CHECK((i == 0 || memory.block[i].t_us >= memory.block[i - 1].t_us));
    }
    CHECK(most <= other->kernels()[0].fit.footprint.smem_peak_bytes);
    CHECK(most <= memory.smem_capacity);
    CHECK(memory.block.back().smem == 0);
    CHECK(memory.hbm.size() == other->kernels().size());
  }
}

TEST_CASE("sweeps end, and say what does not fit") {
  for (const std::string& key : Sweep::keys()) {
    INFO(key);
    Sweep sweep(blackboard("flash2"), key, ATTOSCOPE_SOURCE_ASSETS);
    while (!sweep.done()) {
      sweep.compute_one();
    }
    sweep.compute_one();
    int fit = 0;
    bool has_current = false;
    for (const Sweep::Point& point : sweep.points()) {
      has_current = has_current || point.x == sweep.current();
      CHECK(point.fits == point.why_not.empty());
      fit += point.fits ? 1 : 0;
      if (point.fits) {
        CHECK(point.smem_bytes >= point.compulsory_bytes);
        CHECK(point.time_us > 0);
        CHECK(point.lower_bound_bytes > 0);
      }
    }
    CHECK(has_current);
    CHECK(fit >= 2);
  }
  Sweep tiles(blackboard("flash2"), "block_q", ATTOSCOPE_SOURCE_ASSETS);
  while (!tiles.done()) {
    tiles.compute_one();
  }
  CHECK(tiles.points().size() == 4);  // 1, 2, 4, 8
  CHECK(tiles.points()[1].smem_bytes < tiles.points()[0].smem_bytes);
  CHECK(csv_sweep(tiles).find("block_q,smem_bytes,") == 0);
  CHECK_THROWS_AS(Sweep(blackboard("flash2"), "colour", ATTOSCOPE_SOURCE_ASSETS), sim::Error);
}

TEST_CASE("why a swept value does not fit is said in the strings' language") {
  Strings strings = Strings::load(std::string(ATTOSCOPE_SOURCE_ASSETS) + "/strings");
  int lacking = 0;
  for (const char* key : {"smem_kib", "block_kv", "head_dim"}) {
    Sweep sweep(scope_cases::lecture("flash2"), key, ATTOSCOPE_SOURCE_ASSETS);
    while (!sweep.done()) {
      sweep.compute_one();
      const Sweep::Point& point = sweep.points().back();
      CHECK(point.fits == (point.lacks == Sweep::Point::Lacks::nothing));
      if (point.lacks != Sweep::Point::Lacks::smem && point.lacks != Sweep::Point::Lacks::registers) {
        continue;
      }
      ++lacking;
      INFO(key << " " << point.x << ": " << point.why_not);
      CHECK(point.needs > point.may_use);
      CHECK(point.why_not.find(std::to_string(point.needs)) != std::string::npos);
      strings.use(Language::en);
      CHECK(why_not(point, strings).find(count_text(point.needs)) != std::string::npos);
      strings.use(Language::zh);
      CHECK(why_not(point, strings).find("需要 " + count_text(point.needs)) != std::string::npos);
    }
  }
  CHECK(lacking > 0);
}

TEST_CASE("two runs side by side") {
  const auto one = make(blackboard("flash2")), two = make(blackboard("standard"));
  CHECK(same_time(*one, {1e9, {0, 0}}, *two, {1, 0}) == Cursor{two->end_us(), {1, 0}});
  CHECK(same_time(*one, {0.2, {0, 0}}, *two, {1, 0}) == Cursor{0.2, {1, 0}});
  const auto trace = one->trace(0, 2);
  for (const std::uint32_t op : trace->real_ops) {
    const TileInfo* tile = trace->tile(trace->trace->ops[op].dst);
    if (trace->trace->ops[op].kind != sim::OpKind::matmul || tile->family != Family::s) {
      continue;
    }
    const Cursor there = same_work(*one, {one->op_end_us(0, 2, op), {2, 0}}, *two, {0, 0});
    const Frame frame = frame_at(*two, there);
    REQUIRE(frame.op != nullptr);
    const TileInfo* made = frame.trace->tile(frame.op->dst != 0 ? frame.op->dst : frame.op->a);
    REQUIRE(made != nullptr);
    CHECK(made->family == Family::s);
    CHECK(made->row == tile->row);
    CHECK(made->col == tile->col);
  }
  CHECK(same_work(*one, {0, {0, 0}}, *two, {1, 0}) == Cursor{0, {1, 0}});
  CHECK(same_work(*one, {one->end_us(), {0, 0}}, *two, {1, 0}) == Cursor{two->end_us(), {1, 0}});
}

TEST_CASE("tables as CSV") {
  CHECK(csv({"a", "b"}, {{"1", "x,y"}, {"say \"no\"", "two\nlines"}}) ==
        "a,b\r\n1,\"x,y\"\r\n\"say \"\"no\"\"\",\"two\nlines\"\r\n");
  const auto run = make(blackboard("flash2"));
  const std::string bytes = csv_bytes(*run, frame_at(*run, {run->end_us(), {0, 0}}));
  CHECK(bytes.find("SMEM,read,K,512,512,exact,") != std::string::npos);
  const std::string timeline = csv_timeline(*run, 0, run->end_us(), 0);
  CHECK(timeline.find("flash2,0,0,0,") != std::string::npos);
  CHECK(timeline.find("\"S0,1\"") != std::string::npos);
  CHECK(timeline.find_first_of("*{}") == std::string::npos);
  CHECK(csv_timeline(*run, 0, run->end_us(), 99).find('\n') + 1 == csv_timeline(*run, 0, run->end_us(), 99).size());
}
