#include "ui/scope/softmax_row.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "sim/algorithms/common.h"
#include "ui/scope/row_steps.h"

namespace scope {

namespace {

// ---- Safe softmax of a row ----

struct SafeRow {
  std::vector<float> scores, o;
  float m = 0, l = 0;
};

/// Rows of an input's slice as doubles.
std::vector<double> read_rows(const sim::HbmValues& hbm, const sim::TensorInfo& info, std::int32_t grid_slice,
                              std::int32_t row, std::int32_t rows) {
  const sim::Shape shape{rows, info.tensor.shape.cols};
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  hbm.read(info.tensor.id, info.tensor.slice_of(grid_slice), row, 0, shape, values.data());
  return {values.begin(), values.end()};
}

std::vector<double> scores_of(const Run& run, const sim::HbmValues& hbm, std::int32_t slice, std::int32_t row) {
  const sim::Plan& plan = run.plan();
  if (const sim::TensorInfo* x = plan.find("X")) {
    return read_rows(hbm, *x, slice, row, 1);
  }
  const sim::TensorInfo &q = *plan.find("Q"), &k = *plan.find("K");
  const std::int32_t keys = k.tensor.shape.rows;
  const auto d = static_cast<std::size_t>(k.tensor.shape.cols);
  const std::vector<double> query = read_rows(hbm, q, slice, row, 1), all = read_rows(hbm, k, slice, 0, keys);
  const sim::Problem& problem = run.problem();
  const std::int32_t last =
      problem.mask == sim::Mask::causal ? row % problem.seqlen_q + problem.seqlen_kv - problem.seqlen_q : keys;
  std::vector<double> scores(static_cast<std::size_t>(keys), -std::numeric_limits<double>::infinity());
  for (std::int32_t key = 0; key < keys && key <= last; ++key) {
    double sum = 0;
    for (std::size_t c = 0; c < d; ++c) {
      sum += query[c] * all[static_cast<std::size_t>(key) * d + c];
    }
    scores[static_cast<std::size_t>(key)] = sum * static_cast<double>(sim::softmax_scale(problem));
  }
  return scores;
}

SafeRow safe_row(const Run& run, const sim::HbmValues& hbm, std::int32_t slice, std::int32_t row) {
  const std::vector<double> scores = scores_of(run, hbm, slice, row);
  const double m = *std::max_element(scores.begin(), scores.end());
  double l = 0;
  for (const double score : scores) {
    l += std::isfinite(m) ? std::exp(score - m) : 0;
  }
  SafeRow safe{{scores.begin(), scores.end()}, {}, static_cast<float>(m), static_cast<float>(l)};
  const sim::TensorInfo* v = run.plan().find("V");
  if (v == nullptr) {
    return safe;
  }
  const auto d = static_cast<std::size_t>(v->tensor.shape.cols);
  const std::vector<double> values = read_rows(hbm, *v, slice, 0, v->tensor.shape.rows);
  for (std::size_t c = 0; c < d; ++c) {
    double sum = 0;
    for (std::size_t key = 0; key < scores.size() && l > 0; ++key) {
      sum += std::exp(scores[key] - m) / l * values[key * d + c];
    }
    safe.o.push_back(static_cast<float>(sum));
  }
  return safe;
}

// ---- What a run keeps ----

struct Kept {
  using Key = std::tuple<std::int32_t, std::uint32_t, std::int32_t>;  // kernel (or -1), block (or slice), row
  std::map<Key, RowOfBlock> rows;
  std::map<Key, SafeRow> safe;
};
constexpr std::size_t kRowsKept = 256;

const RowOfBlock& row_at(const Run& run, BlockRef ref, std::int32_t row) {
  Kept& kept = kept_by<Kept>(run, "softmax rows");
  const Kept::Key key{ref.kernel, ref.block, row};
  auto at = kept.rows.find(key);
  if (at == kept.rows.end()) {
    if (kept.rows.size() >= kRowsKept) {
      kept.rows.clear();
    }
    at = kept.rows.emplace(key, row_of_block(run, ref, row)).first;
  }
  return at->second;
}

const SafeRow& safe_at(const Run& run, const At& at, std::int32_t row) {
  Kept& kept = kept_by<Kept>(run, "softmax rows");
  const Kept::Key key{-1, static_cast<std::uint32_t>(at.slice), row};
  auto found = kept.safe.find(key);
  if (found == kept.safe.end()) {
    if (kept.safe.size() >= kRowsKept) {
      kept.safe.clear();
    }
    const sim::State& state = run.state_after(at.kernel, at.block, at.op);
    found =
        kept.safe
            .emplace(key, safe_row(run, state.values->hbm, static_cast<std::int32_t>(run.value_slice(at.slice)), row))
            .first;
  }
  return found->second;
}

/// The only block of the kernel and slice that turns the row's scores into exponentials, if there is one.
std::optional<BlockRef> block_of_row(const Run& run, std::int32_t kernel, std::int32_t slice, std::int32_t row) {
  const auto blocks = static_cast<std::uint32_t>(run.kernels()[static_cast<std::size_t>(kernel)].kernel->blocks);
  std::optional<BlockRef> found;
  for (std::uint32_t index = 0; index < blocks; ++index) {
    const std::uint32_t block = static_cast<std::uint32_t>(slice) * blocks + index;
    const auto trace = run.trace(kernel, block);
    const bool has = std::any_of(trace->tiles.begin(), trace->tiles.end(), [&](const TileInfo& tile) {
      const sim::OpKind made_by = trace->trace->ops[tile.made_op].kind;
      return tile.family == Family::p && row >= tile.row && row < tile.row + tile.shape.rows &&
             (made_by == sim::OpKind::exp || made_by == sim::OpKind::exp_diff);
    });
    if (has && found) {
      return std::nullopt;
    }
    found = has ? std::optional(BlockRef{kernel, block}) : found;
  }
  return found;
}

// ---- What is known by a moment ----

/// Tells of a block's ops whether they are done.
struct Known {
  const Run& run;
  BlockRef ref;
  const TraceIndex& trace;
  std::uint32_t end = kNever;  ///< ops before this one are done
  double t_us = 0;

  bool operator()(std::uint32_t op) const {
    if (op == kNever || op >= end) {
      return false;
    }
    return !sim::reads_hbm(trace.trace->ops[op].kind) || run.op_end_us(ref.kernel, ref.block, op) <= t_us;
  }
};

void mark_done(const RowStep& whole, const Known& known, SoftmaxRow::Step& step) {
  step.done_scores = known(whole.scores);
  step.done_max = known(whole.max);
  step.done_p = known(whole.p);
  step.done_alpha = known(whole.alpha);
  step.done_sum = known(whole.sum);
  step.done_o = known(whole.o);
  step.done_weights = known(whole.weights);
}

SoftmaxRow::Step cut(const RowStep& whole, const Known& known) {
  SoftmaxRow::Step step = whole.step;
  mark_done(whole, known, step);
  if (!step.done_scores) {
    step.scores.clear();
  }
  if (!step.done_max) {
    step.m = 0;
    step.max_rose = false;
  }
  if (!step.done_p) {
    step.p.clear();
  }
  for (float& p : step.p) {
    p *= known(whole.weighted_by) ? whole.p_weight : 1;
  }
  if (!step.done_alpha) {
    step.alpha = 1;
  }
  if (!step.done_sum) {
    step.row_sum = step.l = 0;
  }
  if (!step.done_o) {
    step.o.clear();
  }
  if (!step.done_weights) {
    step.terms.clear();
    step.weights.clear();
  }
  return step;
}

void add_steps(const Run& run, const RowOfBlock& row, const Known& known, std::uint32_t begun, SoftmaxRow& out) {
  const BlockTimes times(run, known.ref);
  for (const RowStep& whole : row.steps) {
    if (whole.first != kNever && whole.first <= begun) {
      out.steps.push_back(cut(whole, known));
      out.steps.back().begin_us = times.begin_us(whole.first);
      out.steps.back().end_us = times.done_us(whole.last);
    }
  }
}

/// Products with V by a later kernel than the softmax's.
void add_products(const RowOfBlock& row, const Known& known, SoftmaxRow& out) {
  for (const RowStep& whole : row.steps) {
    for (SoftmaxRow::Step& step : out.steps) {
      if (step.first_key == whole.step.first_key && known(whole.o)) {
        step.o_old = whole.step.o_old;
        step.o = whole.step.o;
        step.v = whole.step.v;
        step.done_o = true;
      }
    }
  }
}

void add_safe(const SafeRow& safe, SoftmaxRow& out) {
  constexpr float kLargestFp16 = 65504;
  out.safe_scores = safe.scores;
  out.safe_m = safe.m;
  out.safe_l = safe.l;
  out.safe_o = safe.o;
  out.largest_exp_without_max = std::exp(safe.m);
  out.overflows_fp16 = out.largest_exp_without_max > kLargestFp16;
}

bool has_rows(const Run& run, std::int32_t row) {
  const sim::TensorInfo* q = run.plan().find("Q");
  const sim::TensorInfo* rows = q != nullptr ? q : run.plan().find("X");
  // Chunk by chunk a row is softmaxed many times, each by itself.
  return rows != nullptr && row >= 0 && row < rows->tensor.shape.rows && run.plan().algorithm != "memory_efficient";
}

}  // namespace

std::optional<SoftmaxRow> softmax_row(const Run& run, const Frame& frame, std::int32_t row) {
  if (!run.has_values() || !has_rows(run, row)) {
    return std::nullopt;
  }
  const At& at = frame.at;
  const BlockRef here{at.kernel, at.block};
  const RowOfBlock& own = row_at(run, here, row);
  const bool begun = at.share > 0 || frame.cursor.t_us > run.block_run(at.kernel, at.block).begin_us;
  const Known known{run, here, *frame.trace, at.share >= 1 ? at.op + 1 : at.op, frame.cursor.t_us};
  SoftmaxRow out;
  out.row = row;
  const RowOfBlock* whole = own.any_exp ? &own : nullptr;
  if (whole != nullptr) {
    add_steps(run, own, known, begun ? at.op : 0, out);
    out.steps.resize(begun ? out.steps.size() : 0);
  }
  for (std::int32_t k = at.kernel - 1; whole == nullptr && k >= 0; --k) {
    if (const auto before = block_of_row(run, k, at.slice, row)) {
      whole = &row_at(run, *before, row);
      const auto trace = run.trace(before->kernel, before->block);
      const Known all{run, *before, *trace, kNever, run.end_us()};
      add_steps(run, *whole, all, kNever, out);
      add_products(row_at(run, here, row), known, out);
    }
  }
  if (whole == nullptr || whole->steps.empty()) {
    return std::nullopt;
  }
  out.steps_total = static_cast<std::int32_t>(whole->steps.size());
  out.letters = whole->letters;
  out.has_max = whole->has_max;
  out.online = whole->online;
  out.divided = whole->divided;
  out.scale = whole->scale;
  add_safe(safe_at(run, at, row), out);
  return out;
}

}  // namespace scope
