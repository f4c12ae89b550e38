#include "ui/scope/scores_made.h"

#include <algorithm>

namespace scope {

namespace {

// What is known of a tile while ops go by.
struct Held {
  Family family = Family::none;
  std::int32_t row = 0, col = 0;
};

// S is what a product with a transposed operand makes, P its exponential; scaling, masking, rounding change neither.
Held result_of(const sim::Op& op, const std::vector<Held>& held) {
  const Held& a = held[op.a];
  const bool of_scores = a.family == Family::s || a.family == Family::p;
  switch (op.kind) {
    case sim::OpKind::matmul:
      return op.transpose_b && a.family == Family::q ? Held{Family::s, a.row, held[op.b].row} : Held{};
    case sim::OpKind::exp:
    case sim::OpKind::exp_diff: return a.family == Family::s ? Held{Family::p, a.row, a.col} : Held{};
    case sim::OpKind::convert:
    case sim::OpKind::scale:
    case sim::OpKind::mask: return of_scores ? a : Held{};
    default: return {};
  }
}

}  // namespace

ScoresMade::ScoresMade(const Run& run, std::int32_t kernel)
    : run_(run), kernel_(kernel), program_(run.plan().kernels[static_cast<std::size_t>(kernel)]) {}

ScoresMade::Start ScoresMade::start_of(std::uint32_t block) const {
  Start start;
  bool has_row = false, has_col = false;
  const std::size_t count = run_.moved_count(kernel_, block);
  for (std::size_t n = 0; n < count && !(has_row && has_col); ++n) {
    const std::optional<Run::Moved> moved = run_.moved(kernel_, block, n);
    const Family family = moved ? family_of(run_.plan().tensors[moved->tensor].name) : Family::none;
    if (family == Family::q && !has_row) {
      start.row = moved->row;
      has_row = true;
    } else if (family == Family::k && !has_col) {
      start.col = moved->row;
      has_col = true;
    }
  }
  return start;
}

const ScoresMade::Made& ScoresMade::made_by(std::uint32_t block) {
  const auto index = static_cast<std::int32_t>(block % static_cast<std::uint32_t>(program_.blocks));
  const std::int32_t like = program_.representative(index);
  const auto [at, is_new] = made_.try_emplace(like);
  Made& made = at->second;
  if (!is_new) {
    return made;
  }
  sim::record_block(program_, like, trace_);
  made.start = start_of(static_cast<std::uint32_t>(like));
  made.ops = trace_.ops.size();
  std::vector<Held> held(trace_.tiles);
  for (std::uint32_t at_op = 0; at_op < trace_.ops.size(); ++at_op) {
    const sim::Op& op = trace_.ops[at_op];
    if (op.kind >= sim::OpKind::arrive || sim::writes_hbm(op.kind)) {
      continue;
    }
    if (sim::reads_hbm(op.kind)) {
      held[op.dst] = {family_of(run_.plan().tensors[op.tensor].name), op.row, op.col};
      continue;
    }
    const Held result = result_of(op, held);
    if (result.family != Family::none && result.family != held[op.a].family) {
      made.tiles.push_back({at_op, result.family, result.row, result.col, op.shape});
    }
    if (!op.accumulate) {
      held[op.dst] = result;
    }
  }
  return made;
}

ScoresMade::Clock::Clock(const Run& run, std::int32_t kernel, std::uint32_t block, std::size_t ops)
    : spans_(run.kernels()[static_cast<std::size_t>(kernel)].spans_of(block)),
      ops_(ops),
      in_(run.block_run(kernel, block)) {}

double ScoresMade::Clock::end_of(std::uint32_t op) {
  while (at_ < spans_.size() && spans_[at_].op < op) {
    ++at_;
  }
  if (at_ < spans_.size()) {
    return spans_[at_].end_us;
  }
  return in_.begin_us + static_cast<double>(op + 1) / static_cast<double>(ops_) * (in_.end_us - in_.begin_us);
}

}  // namespace scope
