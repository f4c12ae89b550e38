#include "lessons/workshop/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <new>

#include "sim/analysis/check.h"
#include "sim/executors/footprint.h"
#include "sim/executors/numeric.h"
#include "sim/machine/machine.h"

namespace lessons {

namespace {

constexpr double kFp32Unit = 0x1p-24;
// What the checker itself will do for one block; cases are small, so that only a runaway program comes near.
constexpr std::int64_t kChipBytesMax = std::int64_t{64} << 20;
constexpr double kWorkMax = 2e9;

// Tiles [first, end) that the program's state covers after step `step`; nothing if there is no such step.
class Steps {
 public:
  Steps(std::int32_t tiles, bool tree) {
    for (std::int32_t j = 0; j < tiles && !tree; ++j) {
      ranges_.push_back({0, j + 1});
    }
    std::vector<Range> level;
    for (std::int32_t j = 0; j < tiles && tree; ++j) {
      level.push_back({j, j + 1});
    }
    while (level.size() > 1) {  // pairs of neighbours, an odd one carried over
      std::vector<Range> next;
      for (std::size_t n = 0; n < level.size(); n += 2) {
        const bool pair = n + 1 < level.size();
        next.push_back(pair ? Range{level[n].first, level[n + 1].second} : level[n]);
        if (pair) {
          ranges_.push_back(next.back());
        }
      }
      level = next;
    }
  }
  using Range = std::pair<std::int32_t, std::int32_t>;
  std::optional<Range> at(std::int32_t step) const {
    return step >= 0 && static_cast<std::size_t>(step) < ranges_.size()
               ? std::optional(ranges_[static_cast<std::size_t>(step)])
               : std::nullopt;
  }

 private:
  std::vector<Range> ranges_;
};

bool agrees(double got, double want, double tolerance) {
  if (std::isnan(want) || std::isinf(want)) {
    return std::isnan(want) ? std::isnan(got) : got == want;
  }
  return std::isfinite(got) && std::fabs(got - want) <= tolerance;
}

// Plays and executes the blocks of one case, comparing what they show as they go.
class Examination {
 public:
  Examination(const Stage& stage, const Case& given, const sim::Experiment& experiment)
      : stage_(stage),
        case_(given),
        program_(*experiment.program),
        prepared_(sim::prepare(experiment)),
        softmax_(sim::find_algorithm(stage.algorithm).softmax),
        inputs_(values_of(given, softmax_)),
        truth_(given, inputs_, softmax_),
        steps_(sim::ceil_div(truth_.keys(), prepared_.schedule.block_kv), stage.tree),
        values_(prepared_.plan) {
    // What a score and a sum of `keys` terms may be off by in fp32: a rounding a product and a term, and exponents that
    // are themselves rounded.
    const double terms = truth_.keys() + (softmax_ ? 0 : given.problem.head_dim) + 16;
    state_tolerance_ = kFp32Unit * terms * (1 + truth_.largest_score());
  }

  CaseFindings run() {
    find_bound();
    set_inputs();
    try {
      for (std::int32_t block = 0; block < prepared_.plan.kernels[0].blocks; ++block) {
        run_block(block);
      }
      count();
    } catch (const sim::Error& error) {
      found_.refused = error;
      return std::move(found_);
    }
    compare_results();
    return std::move(found_);
  }

 private:
  // The a-priori bound of analysis/reference.h; rows with what is not finite do not count.
  void find_bound() {
    sim::ErrorBound bound =
        sim::error_bound(sim::find_algorithm(stage_.algorithm), prepared_.problem, prepared_.schedule);
    const auto finite = [](std::vector<float> values) {
      std::replace_if(
          values.begin(), values.end(), [](float x) { return !std::isfinite(x); }, 0.0F);
      return values;
    };
    std::vector<double> out(static_cast<std::size_t>(truth_.rows()) * static_cast<std::size_t>(truth_.columns()));
    if (softmax_) {
      bound.range = sim::softmax_reference(finite(inputs_.x).data(), truth_.rows(), truth_.keys(), out.data(), nullptr);
    } else {
      const double scale = 1 / std::sqrt(static_cast<double>(case_.problem.head_dim));
      bound.range = sim::attention_reference(prepared_.problem, finite(inputs_.q).data(), inputs_.k.data(),
                                             inputs_.v.data(), scale, out.data(), nullptr);
    }
    found_.tolerance = bound.output();
    lse_tolerance_ = bound.lse();
  }

  void set_inputs() {
    const auto put = [&](const char* name, const std::vector<float>& values) {
      const sim::Tensor tensor = prepared_.plan.find(name)->tensor;
      values_.hbm.write(tensor.id, 0, 0, 0, tensor.shape, values.data());
    };
    if (softmax_) {
      return put("X", inputs_.x);
    }
    put("Q", inputs_.q);
    put("K", inputs_.k);
    put("V", inputs_.v);
  }

  void run_block(std::int32_t index) {
    const sim::Kernel& kernel = prepared_.plan.kernels[0];
    sim::Trace trace;
    sim::record_block(kernel, index, trace);
    measure(trace);
    const auto marks = marks_of(program_.blocks[static_cast<std::size_t>(index)]);
    std::map<sim::TileId, int> writes;
    sim::NumericBlock executor(prepared_.plan, kernel, 0, trace, values_);
    for (std::size_t n = 0; n < trace.ops.size(); ++n) {
      const sim::Op& op = trace.ops[n];
      executor.on(op);
      if (op.dst != 0) {
        const auto [first, end] = marks.equal_range({op.dst, ++writes[op.dst]});
        for (auto mark = first; mark != end; ++mark) {
          compare_shown(index, n, *mark->second);
        }
      }
      if (op.kind == sim::OpKind::store) {
        stores_.push_back({index, n, op});
      }
    }
    values_.tiles.clear();
    find_first_wrong(index);
  }

  // Bytes on the chip; and refuses, before a number is touched, what would take all memory or for ever.
  void measure(const sim::Trace& trace) {
    sim::FootprintExecutor footprint;
    double work = 0;
    for (const sim::Op& op : trace.ops) {
      footprint.on(op);
      const std::int64_t bytes = footprint.footprint().smem_bytes + footprint.footprint().register_bytes;
      if (bytes > found_.chip_bytes) {
        found_.chip_bytes = bytes;
        found_.chip_line = op.line;
      }
      work += static_cast<double>(op.shape.elements()) * std::max(1, op.inner);
      if (bytes > kChipBytesMax || work > kWorkMax) {
        throw sim::Error(fmt::format("{}:{}", program_.source_file, op.line),
                         bytes > kChipBytesMax ? fmt::format("a block holds {} B of tiles", bytes)
                                               : std::string("a block does thousands of millions of operations"),
                         "tiles are small: look at the shapes");
      }
    }
  }

  // What is shown, by the write that made it: the n-th to its tile. Loads may be issued in another order than the
  // program's, but a tile's own writes keep theirs.
  using Marks = std::multimap<std::pair<sim::TileId, int>, const sim::Shown*>;
  static Marks marks_of(const sim::RecordedBlock& block) {
    Marks marks;
    for (const sim::Shown& shown : block.shown) {
      const auto writes = std::count_if(block.ops.begin(), block.ops.begin() + static_cast<std::ptrdiff_t>(shown.op),
                                        [&](const sim::Op& op) { return op.dst == shown.tile; });
      marks.insert({{shown.tile, static_cast<int>(writes)}, &shown});
    }
    return marks;
  }

  std::optional<double> wanted(const std::string& name, std::int32_t row, std::int32_t col, Steps::Range tiles) const {
    const std::int32_t first = tiles.first * prepared_.schedule.block_kv;
    const std::int32_t end = std::min(tiles.second * prepared_.schedule.block_kv, truth_.keys());
    if (name == "m" || name == "l") {
      return name == "m" ? truth_.m(row, first, end) : truth_.l(row, first, end);
    }
    return name == "O" && !softmax_ ? std::optional(truth_.o(row, col, first, end)) : std::nullopt;
  }

  void compare_shown(std::int32_t block, std::size_t op, const sim::Shown& shown) {
    const auto tiles = steps_.at(shown.step);
    const sim::Matrix* values = values_.tiles.find(shown.tile);
    const std::int32_t first_row = block * prepared_.schedule.block_q;
    if (!tiles || values == nullptr || first_row + values->shape().rows > truth_.rows()) {
      return;
    }
    for (std::int32_t r = 0; r < values->shape().rows; ++r) {
      for (std::int32_t c = 0; c < values->shape().cols; ++c) {
        const bool there = shown.name == "O" ? c < truth_.columns() : c == 0;
        if (const auto want = there ? wanted(shown.name, first_row + r, c, *tiles) : std::nullopt) {
          note_shown({shown.name, shown.step, first_row + r, c, values->at(r, c), *want}, shown, op);
        }
      }
    }
  }

  // A tile that was shown: what it held, when show() was called, and the op that made it.
  struct Seen {
    Difference value;
    const sim::Shown* shown;
    std::size_t op;
    bool right;
  };

  void note_shown(const Difference& value, const sim::Shown& shown, std::size_t op) {
    const double tolerance = state_tolerance_ * std::max(1.0, std::fabs(value.want));
    seen_.push_back({value, &shown, op, agrees(value.got, value.want, tolerance)});
    found_.anything_shown = true;
  }

  // In the order of the calls: steps as the program has them, and in each m, l, O as it shows them.
  void find_first_wrong(std::int32_t block) {
    std::stable_sort(seen_.begin(), seen_.end(), [](const Seen& a, const Seen& b) { return a.shown < b.shown; });
    const auto wrong = std::find_if(seen_.begin(), seen_.end(), [](const Seen& seen) { return !seen.right; });
    if (wrong != seen_.end() && !found_.state) {
      found_.state = wrong->value;
      found_.block = block;
      found_.op = moment_of(*wrong);
      for (const Seen& seen : seen_) {
        const bool same_column = seen.value.tile != "O" || seen.value.col == wrong_column(wrong->value);
        if (seen.value.step == wrong->value.step && seen.value.row == wrong->value.row && same_column) {
          found_.shown.push_back(seen.value);
        }
      }
    }
    seen_.clear();
  }

  static std::int32_t wrong_column(const Difference& wrong) { return wrong.tile == "O" ? wrong.col : 0; }

  // The op that made the wrong tile; if the step left the tile as it was, the step's last.
  std::size_t moment_of(const Seen& wrong) const {
    std::size_t before = 0, last = 0;
    for (const Seen& seen : seen_) {
      before = seen.value.step < wrong.value.step ? std::max(before, seen.op) : before;
      last = seen.value.step == wrong.value.step ? std::max(last, seen.op) : last;
    }
    return wrong.op > before ? wrong.op : last;
  }

  void count() {
    const sim::Traffic traffic = sim::count_kernel(prepared_.plan, prepared_.plan.kernels[0]).traffic();
    found_.read_bytes = traffic.read_bytes;
    found_.write_bytes = traffic.write_bytes + traffic.reduce_bytes;
  }

  void compare_results() {
    if (softmax_) {
      compare_tensor("Y", "Y", found_.tolerance, [&](std::int32_t r, std::int32_t c) { return truth_.y(r, c); });
    } else {
      compare_tensor("O", "O", found_.tolerance, [&](std::int32_t r, std::int32_t c) { return truth_.output(r, c); });
      compare_tensor("LSE", "L", lse_tolerance_, [&](std::int32_t r, std::int32_t) { return truth_.lse(r); });
    }
  }

  template <typename Want>
  void compare_tensor(const char* name, const char* letter, double tolerance, Want want) {
    const sim::Tensor tensor = prepared_.plan.find(name)->tensor;
    std::vector<std::int32_t> missing;
    std::vector<float> row(static_cast<std::size_t>(tensor.shape.cols));
    for (std::int32_t r = 0; r < tensor.shape.rows; ++r) {
      if (!values_.hbm.read(tensor.id, 0, r, 0, {1, tensor.shape.cols}, row.data())) {
        missing.push_back(r);
        continue;
      }
      for (std::int32_t c = 0; c < tensor.shape.cols && !found_.result; ++c) {
        const double expected = want(r, c), got = row[static_cast<std::size_t>(c)];
        if (!agrees(got, expected, tolerance)) {
          note_result({letter, -1, r, c, got, expected}, tensor.id);
        }
      }
    }
    if (!missing.empty()) {
      found_.unwritten.push_back(fmt::format("{}[{}]", letter, fmt::join(missing, ", ")));
    }
  }

  void note_result(const Difference& wrong, sim::TensorId tensor) {
    found_.result = wrong;
    for (const Stored& stored : stores_) {
      const sim::Op& op = stored.op;
      const bool here = op.tensor == tensor && wrong.row >= op.row && wrong.row < op.row + op.shape.rows &&
                        wrong.col >= op.col && wrong.col < op.col + op.shape.cols;
      if (here && !found_.state) {
        found_.block = stored.block;
        found_.op = stored.at;
      }
    }
  }

  struct Stored {
    std::int32_t block;
    std::size_t at;
    sim::Op op;
  };

  const Stage& stage_;
  const Case& case_;
  const sim::RecordedProgram& program_;
  sim::Prepared prepared_;
  bool softmax_;
  CaseValues inputs_;
  Truth truth_;
  Steps steps_;
  sim::Values values_;
  double state_tolerance_ = 0, lse_tolerance_ = 0;
  std::vector<Seen> seen_;  // by the running block
  std::vector<Stored> stores_;
  CaseFindings found_;
};

}  // namespace

sim::Experiment experiment_of(const Stage& stage, const Case& given, const std::string& assets,
                              std::shared_ptr<const sim::RecordedProgram> program) {
  sim::Experiment experiment;
  experiment.machine = sim::load_machine("blackboard", assets);
  experiment.algorithm = stage.algorithm;
  experiment.problem = given.problem;
  experiment.schedule = given.schedule;
  experiment.program = std::move(program);
  return experiment;
}

CaseFindings examine(const Stage& stage, const Case& given, const sim::Experiment& experiment) {
  CaseFindings refused;
  try {
    return Examination(stage, given, experiment).run();
  } catch (const sim::Error& error) {
    refused.refused = error;
  } catch (const std::bad_alloc&) {
    refused.refused = sim::Error(experiment.program->source_file, "there is no memory for its tiles");
  }
  return refused;
}

}  // namespace lessons
