// Steps forwards and back, playing, breakpoints, who wrote this last; and the view, kept in a scenario.
#include "ui/scope/moves.h"

#include <cmath>

#include "sim/base/error.h"
#include "tests/catch.h"
#include "tests/scope_cases.h"
#include "ui/scope/view.h"

using namespace scope;
using scope_cases::blackboard;
using scope_cases::make;

namespace {

constexpr std::array<StepUnit, kStepUnits> kUnits = {StepUnit::op, StepUnit::tile, StepUnit::iteration, StepUnit::block,
                                                     StepUnit::kernel};

Breakpoint of_kind(BreakKind kind) {
  Breakpoint point;
  point.kind = kind;
  return point;
}

std::vector<Cursor> hits(const Run& run, const Breakpoint& point, Place place) {
  std::vector<Cursor> all;
  Cursor at{0, place};
  while (const auto hit = run_to(run, at, {point}, 1)) {
    REQUIRE(hit->cursor.t_us > at.t_us);
    REQUIRE(hit->breakpoint == 0);
    at = hit->cursor;
    all.push_back(at);
  }
  return all;
}

}  // namespace

TEST_CASE("a step back undoes a step forward, and a step forward one back") {
  for (const sim::Scenario& scenario : scope_cases::all_blackboards()) {
    const auto run = make(scenario);
    for (const Place place : {Place{0, 0}, Place{3, 0}, Place{2, 1}}) {
      for (const StepUnit unit : kUnits) {
        INFO(scenario.algorithm << " " << name_of(unit) << " SM " << place.sm);
        Cursor at{0, place};
        int steps = 0;
        for (; at.t_us < run->end_us(); ++steps) {
          const Cursor next = step(*run, at, unit, 1);
          REQUIRE(next.t_us > at.t_us);
          REQUIRE(step(*run, next, unit, -1) == at);
          REQUIRE(step(*run, {(at.t_us + next.t_us) / 2, place}, unit, 1) == next);
          REQUIRE(step(*run, {(at.t_us + next.t_us) / 2, place}, unit, -1) == at);
          at = next;
        }
        CHECK(steps > 0);
        CHECK(step(*run, at, unit, 1) == at);
        CHECK(step(*run, {0, place}, unit, -1) == Cursor{0, place});
      }
    }
  }
}

TEST_CASE("units of a step are what they are called") {
  const auto run = make(blackboard("flash2"));
  const Place place{0, 0};
  Cursor at = step(*run, {0, place}, StepUnit::block, 1);
  CHECK(at.t_us == run->block_run(0, 0).begin_us);
  CHECK(step(*run, at, StepUnit::block, 1).t_us == run->block_run(0, 0).end_us);
  // Four K/V tiles; the fifth step is the block's end.
  for (int j = 0; j < 4; ++j) {
    at = step(*run, at, StepUnit::iteration, 1);
    const At there = run->at(at);
    CHECK(run->trace(0, 0)->iteration_of[there.op] == j);
    CHECK(there.share == 1);
  }
  CHECK(step(*run, at, StepUnit::iteration, 1).t_us == run->block_run(0, 0).end_us);
  // 9 loads and 2 stores.
  at = {0, place};
  int tiles = 0;
  for (at = step(*run, at, StepUnit::tile, 1); at.t_us < run->end_us(); at = step(*run, at, StepUnit::tile, 1)) {
    ++tiles;
  }
  CHECK(tiles >= 10);
  CHECK(tiles <= 11);
}

TEST_CASE("playing goes on by ops, and back") {
  for (const sim::Scenario& scenario : scope_cases::all_blackboards()) {
    const auto run = make(scenario);
    const Place place{0, 0};
    const double last = run->positions(place);
    const Cursor begin{run->time_of(place, 0), place};
    for (double position = 0; position + 2.5 < last; position += 1.75) {
      const Cursor at{run->time_of(place, position), place};
      const Cursor there = advance(*run, at, 2.5);
      CHECK(run->position(there) == Catch::Approx(position + 2.5).margin(1e-6));
      CHECK(advance(*run, there, -2.5).t_us == Catch::Approx(at.t_us).margin(1e-9));
    }
    const Cursor end = advance(*run, begin, last + 10);
    CHECK(end.t_us == run->time_of(place, last));
    CHECK(advance(*run, end, 1).t_us == run->end_us());
    CHECK(advance(*run, end, -last - 10).t_us == begin.t_us);
    CHECK(advance(*run, begin, -1).t_us == 0);
  }
}

TEST_CASE("breakpoints hold where they say, in both directions") {
  sim::Scenario scenario = blackboard("flash2", true);
  scope_cases::set(scenario, "distribution", std::string("growing-max"));
  const auto run = make(scenario);
  const Place place{3, 0};
  for (const BreakKind kind :
       {BreakKind::max_rose, BreakKind::alpha_below_1, BreakKind::masked_tile, BreakKind::smem_full}) {
    INFO(name_of(kind));
    const std::vector<Cursor> forwards = hits(*run, of_kind(kind), place);
    REQUIRE_FALSE(forwards.empty());
    Cursor at{run->end_us(), place};
    for (auto expected = forwards.rbegin(); expected != forwards.rend(); ++expected) {
      const auto hit = run_to(*run, at, {of_kind(kind)}, -1);
      REQUIRE(hit);
      CHECK(hit->cursor == *expected);
      at = hit->cursor;
    }
    CHECK_FALSE(run_to(*run, at, {of_kind(kind)}, -1));
  }
  const Cursor masked = hits(*run, of_kind(BreakKind::masked_tile), place).front();
  CHECK(frame_at(*run, masked).op->kind == sim::OpKind::mask);
  CHECK(frame_at(*run, hits(*run, of_kind(BreakKind::max_rose), place).front()).op->kind == sim::OpKind::max);
  const std::vector<Cursor> full = hits(*run, of_kind(BreakKind::smem_full), place);
  CHECK(full.size() == 1);
  CHECK(frame_at(*run, full.front()).smem_bytes == run->kernels()[0].fit.footprint.smem_peak_bytes);
}

TEST_CASE("breakpoints on bytes, lines, moments and scores in HBM") {
  const auto run = make(blackboard("standard"));
  const Place place{0, 0};
  const std::int64_t all =
      run->bytes_at(run->end_us(), Boundary::dram, false) + run->bytes_at(run->end_us(), Boundary::dram, true);
  Breakpoint bytes = of_kind(BreakKind::bytes_passed);
  bytes.bytes = all / 2;
  const auto passed = run_to(*run, {0, place}, {bytes}, 1);
  REQUIRE(passed);
  const auto so_far = [&](double t) {
    return run->bytes_at(t, Boundary::dram, false) + run->bytes_at(t, Boundary::dram, true);
  };
  CHECK(so_far(passed->cursor.t_us) > all / 2);
  CHECK(so_far(passed->cursor.t_us - 1e-6) <= all / 2);
  bytes.bytes = all;
  CHECK_FALSE(run_to(*run, {0, place}, {bytes}, 1));
  CHECK(unavailable(*run, bytes) == "break.fewer_bytes");

  const auto scores = run_to(*run, {0, place}, {of_kind(BreakKind::scores_in_hbm)}, 1);
  REQUIRE(scores);
  CHECK(frame_at(*run, scores->cursor).op->kind == sim::OpKind::store);
  CHECK(unavailable(*make(blackboard("flash2")), of_kind(BreakKind::scores_in_hbm)) == "break.scores_stay");
  CHECK(unavailable(*run, of_kind(BreakKind::masked_tile)) == "break.no_mask");

  Breakpoint moment = of_kind(BreakKind::at_time);
  moment.t_us = run->end_us() / 3;
  bytes.bytes = all / 2;
  const auto first = run_to(*run, {0, place}, {bytes, moment}, 1);
  REQUIRE(first);
  CHECK(first->cursor.t_us == std::min(moment.t_us, passed->cursor.t_us));
  moment.on = false;
  CHECK_FALSE(run_to(*run, {0, place}, {moment}, 1));
}

TEST_CASE("a line breaks where it begins, once a loop") {
  const auto run = make(blackboard("flash2"));
  const Place place{1, 0};
  const auto trace = run->trace(0, 1);
  int line = 0;
  for (const std::uint32_t op : trace->real_ops) {
    line = trace->trace->ops[op].kind == sim::OpKind::max ? trace->trace->ops[op].line : line;
  }
  const std::string file = trace->kernel->source_file;
  Cursor at{0, place};
  for (int j = 0; j < 4; ++j) {
    const auto next = run_to_line(*run, at, file, line, 1);
    REQUIRE(next);
    const Frame frame = frame_at(*run, *next);
    CHECK(frame.op->line == line);
    CHECK(frame.op->kind == sim::OpKind::row_max);
    at = *next;
  }
  CHECK_FALSE(run_to_line(*run, at, file, line, 1));
  CHECK(run_to_line(*run, at, file, line, -1));
  CHECK_FALSE(run_to_line(*run, {0, place}, "sim/algorithms/standard.cpp", line, 1));
}

TEST_CASE("the last writer of a tile and of an element") {
  const auto run = make(blackboard("flash2"));
  const Place place{2, 0};
  const BlockRun block = run->block_run(0, 2);
  const Cursor end{run->end_us(), place};
  const sim::TensorId O = run->plan().find("O")->tensor.id;
  const auto writer = last_writer(*run, end, O, 4, 0);
  REQUIRE(writer);
  CHECK(writer->place == place);
  CHECK(frame_at(*run, *writer).op->kind == sim::OpKind::store);
  CHECK_FALSE(last_writer(*run, {block.begin_us, place}, O, 4, 0));
  // Another block's element: written when that block has, whatever comes first in program order.
  const auto other = last_writer(*run, end, O, 0, 0);
  REQUIRE(other);
  CHECK(other->place == Place{run->block_run(0, 0).sm, run->block_run(0, 0).slot});

  const auto trace = run->trace(0, 2);
  for (const std::uint32_t op : trace->real_ops) {
    const sim::Op& at = trace->trace->ops[op];
    if (at.kind == sim::OpKind::exp_diff) {
      const auto made = last_writer(*run, {run->op_end_us(0, 2, op), place}, at.b);
      REQUIRE(made);
      CHECK(frame_at(*run, *made).op->dst == at.b);
      const auto own = last_writer(*run, {run->op_end_us(0, 2, op), place}, at.dst);
      REQUIRE(own);
      CHECK(own->t_us == run->op_end_us(0, 2, op));
    }
  }
}

TEST_CASE("marks of the scrub bar") {
  const auto run = make(blackboard("flash2"));
  const ScrubMarks marks = scrub_marks(*run, {0, 0});
  REQUIRE(marks.iterations.size() == 4);
  CHECK(marks.iterations.front().rows_risen == 1);  // from no key to some
  CHECK(marks.stores.size() == 2);
  CHECK(marks.kernels.size() == 1);
  const auto lecture = make(scope_cases::lecture("flash1"));
  CHECK(scrub_marks(*lecture, {0, 0}).iterations.size() <= 400);
  CHECK(scrub_marks(*lecture, {0, 0}).stores.size() <= 100);
  CHECK(scrub_marks(*lecture, {90, 0}).iterations.empty());
}

TEST_CASE("a place where nothing runs has the run's ends only") {
  const auto run = make(scope_cases::lecture("flash1", 256));
  const Place nowhere{77, 0};
  CHECK(step(*run, {0, nowhere}, StepUnit::op, 1).t_us == run->end_us());
  CHECK(advance(*run, {0, nowhere}, 3).t_us == run->end_us());
  CHECK_FALSE(run_to(*run, {0, nowhere}, {of_kind(BreakKind::smem_full)}, 1));
}

TEST_CASE("a view survives its file") {
  View view;
  view.cursor = {1.0 / 3, {2, 1}};
  view.unit = StepUnit::iteration;
  view.speed = INFINITY;
  view.size = Size::blackboard;
  view.tab = Tab::sweep;
  view.right = "softmax";
  view.row = 5;
  view.zoom = 2.5;
  view.zoomed = "K";
  view.chosen = {Chosen::Kind::tile, "S_{3,6}", 6, 12};
  view.bookmarks = {{0.25, "first \"rise\""}, {0.5, "最大值"}};
  view.breakpoints = {of_kind(BreakKind::alpha_below_1), of_kind(BreakKind::line)};
  view.breakpoints[1].file = "sim/algorithms/standard.cpp";
  view.breakpoints[1].line = 33;
  view.breakpoints[0].on = false;
  view.comparing = true;
  view.align = Align::time;
  view.second = "algorithm = \"standard\"\n";
  view.sweep_key = "seqlen";
  sim::Scenario scenario = blackboard("flash2");
  scenario.view = {{"lesson", {std::string("kept")}}};
  put_view(view, scenario);
  const sim::Scenario again = sim::parse_scenario(sim::to_toml(scenario), "test");
  CHECK(view_of(again) == view);
  put_view(View{}, scenario);
  CHECK(view_of(scenario) == View{});
  CHECK(scenario.view.front().first == "lesson");
}

TEST_CASE("a wrong view names its key") {
  const auto message = [](const std::string& lines) {
    try {
      view_of(sim::parse_scenario("[view]\n" + lines, "test"));
    } catch (const sim::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message("unit = \"tiles\"").find("view.unit") == 0);
  CHECK(message("unit = \"tiles\"").find("did you mean 'tile'") != std::string::npos);
  CHECK(message("zoom = 0.5").find("view.zoom") == 0);
  CHECK(message("t_us = nan").find("view.t_us") == 0);
  CHECK(message("playing = 1").find("view.playing") == 0);
  CHECK(message("sm = -1").find("view.sm") == 0);
  CHECK(message("sweep_key = \"x\"").find("view.sweep_key") == 0);
  CHECK(message("right = \"x\"").find("view.right") == 0);
  CHECK(message("bookmarks = [1]").find("view.bookmarks") == 0);
  CHECK(message("breakpoints = [{ kind = \"no\" }]").find("view.breakpoints[0].kind") == 0);
  CHECK(message("chosen = { kind = \"row\", row = -2 }").find("view.chosen.row") == 0);
  CHECK(message("anything = { else = 1 }").empty());
}

TEST_CASE("sizes of pictures") {
  CHECK(size_of(*make(blackboard("flash2"))) == Size::blackboard);
  CHECK(size_of(*make(blackboard("softmax_safe"))) == Size::blackboard);
  CHECK(size_of(*make(scope_cases::lecture("flash2"))) == Size::lecture);
}
