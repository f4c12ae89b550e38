// The picture's contents: pure, exact in bytes, and in the end equal to what the executors compute.
#include "ui/scope/frame.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sim/algorithms/algorithms.h"
#include "sim/analysis/check.h"
#include "sim/executors/footprint.h"
#include "sim/executors/numeric.h"
#include "tests/catch.h"
#include "ui/scope/cells.h"

namespace {

using namespace scope;  // NOLINT: tests name most of it

sim::Scenario scenario_of(const std::string& algorithm, sim::Mask mask) {
  sim::Scenario scenario;
  scenario.machine = "a100-40gb";
  scenario.algorithm = algorithm;
  scenario.problem.heads = 2;
  scenario.problem.kv_heads = 1;
  scenario.problem.seqlen_q = 11;
  scenario.problem.seqlen_kv = 14;
  scenario.problem.head_dim = 4;
  scenario.problem.mask = mask;
  scenario.problem.rows = 9;
  scenario.problem.row_length = 11;
  scenario.schedule = {4, 4, 2, 4, 2, 0};
  scenario.schedule.tile = algorithm == "memory_efficient" ? 2 : 0;
  return scenario;
}

std::shared_ptr<Run> run_of(const std::string& algorithm, sim::Mask mask = sim::Mask::causal) {
  return Run::make(scenario_of(algorithm, mask), ATTOSCOPE_SOURCE_ASSETS);
}

Cursor at_share(const Run& run, double share) { return {run.end_us() * share, {0, 0}}; }

template <typename F>
void for_each_algorithm(F f) {
  for (const std::string& name : sim::algorithm_names()) {
    INFO(name);
    f(*run_of(name));
  }
}

std::string text(const Frame& frame) {
  std::string result = std::to_string(frame.at.op) + " " + std::to_string(frame.at.share);
  for (const OnChip& tile : frame.tiles) {
    result += " " + tile.tile->name + std::to_string(static_cast<int>(tile.state)) + std::to_string(tile.share);
    result += tile.values != nullptr ? std::to_string(tile.values->at(0, 0)) : "";
  }
  for (const Flight& flight : frame.flights) {
    result += " ~" + std::to_string(flight.tensor) + "," + std::to_string(flight.share) + std::to_string(flight.sms);
  }
  for (const UnitLight& unit : frame.units) {
    result += unit.lit ? " !" + unit.tile : " .";
  }
  for (const SmState& sm : frame.sms) {
    result += std::to_string(sm.share);
  }
  for (const TensorBytes& bytes : frame.bytes) {
    result += " " + std::to_string(bytes.smem_read) + "," + std::to_string(bytes.dram_write);
  }
  return result + " " + std::to_string(frame.smem_bytes) + " " + std::to_string(frame.blocks_done);
}

MatrixInfo matrix_of(const Run& run, Family family) {
  for (const MatrixInfo& info : matrices(run)) {
    if (info.family == family) {
      return info;
    }
  }
  FAIL("no such matrix");
  return {};
}

TEST_CASE("A frame is a function of the run and the cursor") {
  for_each_algorithm([](const Run& run) {
    for (const double share : {0.1, 0.85, 0.9, 0.95, 1.0}) {
      const std::string once = text(frame_at(run, at_share(run, share)));
      frame_at(run, at_share(run, 0.5));
      CHECK(text(frame_at(run, at_share(run, share))) == once);
    }
  });
}

TEST_CASE("Bytes on the chip are the footprint's") {
  for_each_algorithm([](const Run& run) {
    for (int n = 0; n <= 200; ++n) {
      const Frame frame = frame_at(run, at_share(run, n / 200.0));
      if (frame.op == nullptr) {
        CHECK(frame.tiles.empty());
        continue;
      }
      const std::vector<sim::Op>& ops = frame.trace->trace->ops;
      sim::FootprintExecutor footprint;
      for (std::uint32_t at = 0; at < ops.size(); ++at) {
        const bool freed_behind = frame.at.share >= 1 && ops[at].kind == sim::OpKind::release &&
                                  frame.trace->number_of[at] == frame.trace->number_of[frame.at.op] + 1;
        if (at <= frame.at.op || freed_behind) {
          footprint.on(ops[at]);
        }
      }
      REQUIRE(frame.smem_bytes == footprint.footprint().smem_bytes);
      REQUIRE(frame.register_bytes == footprint.footprint().register_bytes);
    }
  });
}

TEST_CASE("Tiles that are there have values, those on their way have none") {
  const std::shared_ptr<Run> run = run_of("flash2");
  int seen = 0;
  for (int n = 0; n <= 400; ++n) {
    for (const OnChip& tile : frame_at(*run, at_share(*run, n / 400.0)).tiles) {
      CHECK((tile.values == nullptr) == (tile.state == OnChip::State::arriving));
      ++seen;
    }
  }
  CHECK(seen > 0);
}

TEST_CASE("Operands are seen until the next op begins") {
  const std::shared_ptr<Run> run = run_of("flash2");
  int dying = 0;
  for (int n = 1; n <= 120; ++n) {
    const Frame frame = frame_at(*run, {run->time_of({0, 0}, n), {0, 0}});
    if (frame.op == nullptr) {
      continue;
    }
    REQUIRE(frame.at.share == 1);
    for (const OnChip& tile : frame.tiles) {
      if (tile.state == OnChip::State::dying) {
        ++dying;
        CHECK(tile.values != nullptr);
      }
    }
    if (frame.op->kind == sim::OpKind::matmul) {
      CHECK(std::count_if(frame.tiles.begin(), frame.tiles.end(), [&](const OnChip& tile) {
              return tile.operand && (tile.tile->id == frame.op->a || tile.tile->id == frame.op->b);
            }) == 2);
    }
  }
  CHECK(dying > 0);
}

TEST_CASE("In the end all outputs are written, by this block or by others") {
  for_each_algorithm([](const Run& run) {
    const Frame frame = frame_at(run, at_share(run, 1));
    for (const MatrixInfo& info : matrices(run)) {
      if (!info.tensor || run.plan().tensors[*info.tensor].role != sim::TensorRole::output) {
        continue;
      }
      for (const Cell& cell : cells(run, frame, info, 1, 1).cells) {
        CHECK(cell.written);
        CHECK(cell.done == 1);
        CHECK_FALSE(cell.skipped);
      }
    }
  });
}

TEST_CASE("Ghosts are done to the extent that traces make their tiles") {
  for (const char* algorithm : {"flash1", "flash2", "flash_decoding"}) {
    for (const sim::Mask mask : {sim::Mask::none, sim::Mask::causal}) {
      INFO(algorithm);
      const std::shared_ptr<Run> run = run_of(algorithm, mask);
      const MatrixInfo info = matrix_of(*run, Family::s);
      REQUIRE_FALSE(info.tensor.has_value());
      std::int64_t made = 0;
      for (std::int32_t block = 0; block < run->plan().kernels[0].blocks; ++block) {
        for (const sim::Op& op : run->trace(0, static_cast<std::uint32_t>(block))->trace->ops) {
          made += op.kind == sim::OpKind::matmul && op.transpose_b ? op.shape.elements() : 0;
        }
      }
      const CellGrid grid = cells(*run, frame_at(*run, at_share(*run, 1)), info, info.down(), info.across());
      REQUIRE(grid.cells.size() == 1);
      CHECK(grid.cells[0].done * static_cast<float>(info.shape.elements()) == Approx(static_cast<double>(made)));
    }
  }
}

TEST_CASE("Tiles of S in the future of all their queries are skipped, those on the diagonal are partly masked") {
  const std::shared_ptr<Run> run = run_of("flash2");
  const MatrixInfo info = matrix_of(*run, Family::s);
  const CellGrid grid = cells(*run, frame_at(*run, at_share(*run, 0)), info, 1, 1);
  const std::int32_t offset = run->problem().seqlen_kv - run->problem().seqlen_q;
  for (std::int32_t i = 0; i < grid.down; ++i) {
    for (std::int32_t j = 0; j < grid.across; ++j) {
      const std::int32_t first = i * info.tile_rows, last = std::min(first + info.tile_rows, info.shape.rows) - 1;
      const std::int32_t end = std::min((j + 1) * info.tile_cols, info.shape.cols);
      const bool hidden = j * info.tile_cols > last + offset, seen = end - 1 <= first + offset;
      CHECK(grid.at(i, j).skipped == hidden);
      CHECK(grid.at(i, j).masked == (hidden ? Approx(1) : Approx(grid.at(i, j).masked)));
      CHECK(grid.at(i, j).partly_masked == (!hidden && !seen));
    }
  }
}

TEST_CASE("Cells are the same whatever was looked at before") {
  const std::vector<double> shares = {0.2, 1, 0.6, 0.9, 0.1, 0.95};
  for_each_algorithm([&](const Run& run) {
    for (const double share : shares) {
      const std::shared_ptr<Run> fresh = Run::make(run.scenario(), ATTOSCOPE_SOURCE_ASSETS);
      for (const MatrixInfo& info : matrices(run)) {
        const CellGrid again = cells(run, frame_at(run, at_share(run, share)), info, 2, 1);
        const CellGrid once = cells(*fresh, frame_at(*fresh, at_share(*fresh, share)), info, 2, 1);
        CHECK(std::equal(again.cells.begin(), again.cells.end(), once.cells.begin(), once.cells.end(),
                         [](const Cell& a, const Cell& b) {
                           return a.done == b.done && a.by_others == b.by_others && a.read_back == b.read_back;
                         }));
      }
    }
  });
}

TEST_CASE("A group's shares are the mean of its tiles'") {
  for_each_algorithm([](const Run& run) {
    const Frame frame = frame_at(run, at_share(run, 0.93));
    for (const MatrixInfo& info : matrices(run)) {
      INFO(info.name);
      const CellGrid fine = cells(run, frame, info, 1, 1), one = cells(run, frame, info, info.down(), info.across());
      double done = 0, masked = 0, others = 0;
      for (std::int32_t i = 0; i < fine.down; ++i) {
        for (std::int32_t j = 0; j < fine.across; ++j) {
          const double elements = static_cast<double>(std::min(info.tile_rows, info.shape.rows - i * info.tile_rows)) *
                                  std::min(info.tile_cols, info.shape.cols - j * info.tile_cols);
          done += elements * fine.at(i, j).done;
          masked += elements * fine.at(i, j).masked;
          others += elements * fine.at(i, j).by_others;
        }
      }
      const auto all = static_cast<double>(info.shape.elements());
      CHECK(one.cells[0].done == Approx(done / all));
      CHECK(one.cells[0].masked == Approx(masked / all));
      CHECK(one.cells[0].by_others == Approx(others / all));
    }
  });
}

TEST_CASE("Values in the end are the numeric executor's, and not there before they are made") {
  for_each_algorithm([](const Run& run) {
    REQUIRE(run.has_values());
    sim::NumericRun numeric(run.plan());
    for (std::int32_t slice = 0; slice < run.plan().kernels.front().slices; ++slice) {
      sim::set_inputs(numeric, run.plan(), run.problem(), {run.scenario().inputs.spec, {}, {}, {}, {}}, slice);
    }
    numeric.run();
    const Frame end = frame_at(run, at_share(run, 1)), begin = frame_at(run, at_share(run, 0));
    for (const MatrixInfo& info : matrices(run)) {
      if (!info.tensor) {
        CHECK_FALSE(values(run, end, info, 0, 0, {1, 1}).has_value());
        continue;
      }
      const sim::TensorInfo& tensor = run.plan().tensors[*info.tensor];
      if (tensor.role == sim::TensorRole::scratch) {
        continue;
      }
      INFO(info.name);
      const std::optional<sim::Matrix> shown = values(run, end, info, 0, 0, info.shape);
      REQUIRE(shown.has_value());
      const std::vector<float> expected = numeric.read(info.name, tensor.tensor.slice_of(end.at.slice));
      CHECK(std::vector<float>(shown->view().begin(), shown->view().end()) == expected);
      if (tensor.role == sim::TensorRole::output) {
        CHECK(std::isnan(values(run, begin, info, 0, 0, {1, 1})->at(0, 0)));
      }
    }
  });
}

TEST_CASE("A score is there from the moment at which it is made") {
  for (const char* algorithm : {"standard", "flash1", "flash2", "flash_decoding"}) {
    INFO(algorithm);
    const std::shared_ptr<Run> run = run_of(algorithm, sim::Mask::none);
    const MatrixInfo info = matrix_of(*run, Family::s);
    const std::optional<Cursor> made = when_made(*run, Family::s, 0, 5, 9);
    REQUIRE(made.has_value());
    const std::int32_t i = 5 / info.tile_rows, j = 9 / info.tile_cols;
    Cursor before = *made;
    before.t_us = std::nextafter(made->t_us, 0.0);
    Frame now = frame_at(*run, *made), then = frame_at(*run, before);
    now.at.slice = then.at.slice = 0;
    CHECK(cells(*run, now, info, 1, 1).at(i, j).done == 1);
    CHECK(cells(*run, then, info, 1, 1).at(i, j).done < 1);
  }
  CHECK_FALSE(when_made(*run_of("flash2"), Family::s, 0, 0, 13).has_value());
}

}  // namespace
