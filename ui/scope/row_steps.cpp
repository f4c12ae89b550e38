#include "ui/scope/row_steps.h"

#include <algorithm>

namespace scope {

namespace {

/// Follows the row's tiles from op to op: which step a tile belongs to, and what it is of it.
class RowFollower {
 public:
  RowFollower(const Run& run, BlockRef ref, std::int32_t row) : replay_(run, ref), row_(row) { find_scale(); }

  RowOfBlock follow() {
    while (!replay_.ended()) {
      number_ = replay_.next();
      op_ = &replay_.op();
      update_ = maximum_of(*op_);
      if (update_ && covers(replay_.trace().tile(op_->dst))) {
        m_old_ = value(update_->first);
      }
      look_ahead();
      replay_.execute();
      if (covers(replay_.trace().tile(op_->dst))) {
        look();
      }
    }
    return finish();
  }

 private:
  using Update = std::pair<sim::TileId, sim::TileId>;  // old m, new m
  enum class Part : std::uint8_t { sum, output };

  bool covers(const TileInfo* tile) const {
    return tile != nullptr && row_ >= tile->row && row_ < tile->row + tile->shape.rows && tile->family != Family::k &&
           tile->family != Family::v;
  }
  const TileInfo* tile(sim::TileId id) const { return replay_.trace().tile(id); }
  bool is(sim::TileId id, Family family) const { return tile(id) != nullptr && tile(id)->family == family; }

  /// The row's numbers of a tile that is alive and has the row.
  std::vector<float> values(sim::TileId id) const {
    const sim::Matrix* all = replay_.values().tiles.find(id);
    const std::int32_t row = all != nullptr ? row_ - tile(id)->row : -1;
    if (all == nullptr || row < 0 || row >= all->shape().rows) {  // other rows of the same block
      return {};
    }
    const auto cols = static_cast<std::size_t>(all->shape().cols);
    const float* first = all->data() + static_cast<std::size_t>(row) * cols;
    return {first, first + cols};
  }
  float value(sim::TileId id) const {
    const std::vector<float> all = values(id);
    return all.empty() ? 0 : all.front();
  }

  std::optional<Update> maximum_of(const sim::Op& op) const {
    if (op.kind != sim::OpKind::max || op.shape.cols != 1) {
      return std::nullopt;
    }
    const bool a_is_new = at_tile_.count(op.a) > 0 && at_tile_.count(op.b) == 0;
    return Update{a_is_new ? op.b : op.a, op.dst};
  }

  // What the op reads may be gone once it is executed.
  void look_ahead() {
    if (op_->kind == sim::OpKind::exp_diff && is(op_->a, Family::s)) {
      p_max_ = value(op_->b) * result_.scale;
    } else if (op_->kind == sim::OpKind::div && is(op_->a, Family::p)) {
      divisor_ = value(op_->b);
    }
  }

  /// A variable's letter; results inside a statement have none.
  void call(std::string& letter, sim::TileId id) const { letter = tile(id)->temporary ? letter : tile(id)->symbol; }

  // Some programs keep scores unscaled and scale inside the exponent.
  void find_scale() {
    for (const sim::Op& op : replay_.trace().trace->ops) {
      if (op.kind == sim::OpKind::exp_diff && is(op.a, Family::s)) {
        result_.scale = op.scalar;
        return;
      }
    }
  }

  RowStep& step_of(const TileInfo& scores) {
    const auto [at, is_new] = by_key_.try_emplace(scores.col);
    if (is_new) {
      at->second.step.first_key = scores.col;
      at->second.step.j = std::max(0, scores.j);
    }
    return at->second;
  }
  void touch(RowStep& step) const {
    step.first = std::min(step.first, number_);
    step.last = std::max(step.last, number_);
  }

  void look() {
    switch (op_->kind) {
      case sim::OpKind::load:
      case sim::OpKind::gather:
      case sim::OpKind::scale:
      case sim::OpKind::mask: take_scores(); break;
      case sim::OpKind::matmul: op_->transpose_b ? take_scores() : take_product(); break;
      case sim::OpKind::row_max: from_step(op_->a, Family::s); break;
      case sim::OpKind::max: take_maximum(); break;
      case sim::OpKind::exp:
      case sim::OpKind::exp_diff: op_->shape.cols > 1 || is(op_->a, Family::s) ? take_p() : take_factor(); break;
      case sim::OpKind::row_sum: take_row_sum(); break;
      case sim::OpKind::convert: carry(op_->a); break;
      case sim::OpKind::mul:
      case sim::OpKind::add: take_sums(); break;
      case sim::OpKind::div: is(op_->a, Family::p) ? take_weights() : take_sums(); break;
      default: break;
    }
  }

  void take_scores() {
    if (!is(op_->dst, Family::s)) {
      return;
    }
    RowStep& step = step_of(*tile(op_->dst));
    at_tile_[op_->dst] = step.step.first_key;
    call(result_.letters.scores, op_->dst);
    if (step.max != kNever || step.p != kNever) {
      return;  // read once more
    }
    step.step.scores = values(op_->dst);
    for (float& score : step.step.scores) {
      score *= result_.scale;
    }
    step.scores = number_;
    touch(step);
  }

  // A row maximum belongs to the step of its scores.
  void from_step(sim::TileId source, Family family) {
    if (is(source, family)) {
      at_tile_[op_->dst] = step_of(*tile(source)).step.first_key;
    }
  }
  void carry(sim::TileId source) {
    const auto at = at_tile_.find(source);
    if (at != at_tile_.end()) {
      at_tile_[op_->dst] = at->second;
    }
    const auto part = part_.find(source);
    if (part != part_.end()) {
      part_[op_->dst] = part->second;
    }
  }

  void take_maximum() {
    const sim::TileId fresh = op_->a == update_->first ? op_->b : op_->a;
    const auto at = at_tile_.find(fresh);
    if (at == at_tile_.end()) {
      return;
    }
    result_.has_max = true;
    call(result_.letters.m, op_->dst);
    RowStep& step = by_key_[at->second];
    step.step.m_old = m_old_ * result_.scale;
    step.step.m = value(op_->dst) * result_.scale;
    step.step.max_rose = step.step.m > step.step.m_old;
    step.max = number_;
    touch(step);
    last_ = *update_;
    last_fresh_ = fresh;
    last_key_ = at->second;
  }

  void take_p() {
    if (!is(op_->a, Family::s)) {
      return;
    }
    RowStep& step = step_of(*tile(op_->a));
    at_tile_[op_->dst] = step.step.first_key;
    result_.any_exp = true;
    step.step.terms = values(op_->dst);
    if (step.p == kNever) {
      result_.letters.p = tile(op_->dst)->symbol;
      step.step.p = step.step.terms;
      step.step.p_max = p_max_;
      step.p = number_;
      touch(step);
    }
  }

  // Scores become weights: what is left of them is divided by the sum.
  void take_weights() {
    const auto at = at_tile_.find(op_->a);
    if (at == at_tile_.end()) {
      return;
    }
    RowStep& step = by_key_[at->second];
    step.step.weights = values(op_->dst);
    step.step.divisor = divisor_;
    step.weights = number_;
  }

  // e^(m_old - m), and where p is relative to its own tile's maximum, e^(m_tile - m).
  void take_factor() {
    if (last_.second == 0 || op_->b != last_.second) {
      return;
    }
    RowStep& step = by_key_[last_key_];
    if (op_->a == last_.first) {
      step.step.alpha = value(op_->dst);
      step.alpha = number_;
      result_.online = true;
      touch(step);
    } else if (op_->a == last_fresh_) {
      step.p_weight = value(op_->dst);
      step.weighted_by = number_;
      touch(step);
    }
  }

  void take_row_sum() {
    if (!is(op_->a, Family::p)) {
      return;
    }
    from_step(op_->a, Family::p);
    part_[op_->dst] = Part::sum;
    RowStep& step = by_key_[at_tile_[op_->dst]];
    step.step.row_sum = value(op_->dst);
    touch(step);
  }

  void take_product() {
    const auto at = at_tile_.find(op_->a);
    const bool from_hbm = at == at_tile_.end() && is(op_->a, Family::p);
    if (at == at_tile_.end() && !from_hbm) {
      return;
    }
    RowStep& step = from_hbm ? step_of(*tile(op_->a)) : by_key_[at->second];
    at_tile_[op_->dst] = step.step.first_key;
    take_values_of_v(step);
    if (op_->accumulate) {
      take_output(step);
    } else {
      part_[op_->dst] = Part::output;
    }
  }

  void take_values_of_v(RowStep& step) const {
    constexpr std::int32_t kShown = 8;
    const sim::Matrix* v = replay_.values().tiles.find(op_->b);
    if (v == nullptr || v->shape().rows > kShown) {
      return;
    }
    const auto cols = static_cast<std::size_t>(v->shape().cols);
    for (std::int32_t key = 0; key < v->shape().rows; ++key) {
      const float* first = v->data() + static_cast<std::size_t>(key) * cols;
      step.step.v.emplace_back(first, first + cols);
    }
  }

  void take_output(RowStep& step) const {
    step.step.o = values(op_->dst);
    step.o = number_;
    touch(step);
  }

  // Sums on their way into l, and products on theirs into O.
  void take_sums() {
    const sim::TileId source = part_.count(op_->a) > 0 ? op_->a : op_->b;
    const auto part = part_.find(source);
    if (part == part_.end()) {
      return;
    }
    RowStep& step = by_key_[at_tile_[source]];
    if (part->second == Part::output) {
      result_.divided = result_.divided || op_->kind == sim::OpKind::div;
      carry(source);
      take_output(step);
    } else if (op_->kind == sim::OpKind::mul) {
      carry(source);
      step.step.row_sum = value(op_->dst);
    } else if (op_->kind == sim::OpKind::add) {
      call(result_.letters.sum, op_->dst);
      step.step.l = value(op_->dst);
      step.sum = number_;
      touch(step);
    }
  }

  RowOfBlock finish() {
    float l = 0;
    std::vector<float> o;
    for (auto& [key, step] : by_key_) {
      step.step.l_old = l;
      l = step.sum != kNever ? step.step.l : l;
      step.step.o_old = o.empty() ? std::vector<float>(step.step.o.size(), 0.F) : o;
      o = step.o != kNever ? step.step.o : o;
      result_.steps.push_back(std::move(step));
    }
    return std::move(result_);
  }

  Replay replay_;
  std::int32_t row_;
  RowOfBlock result_;
  std::map<std::int32_t, RowStep> by_key_;
  std::map<sim::TileId, std::int32_t> at_tile_;  // first key of the step that a tile belongs to
  std::map<sim::TileId, Part> part_;
  const sim::Op* op_ = nullptr;
  std::uint32_t number_ = 0;
  std::optional<Update> update_;
  Update last_{};
  sim::TileId last_fresh_ = 0;
  std::int32_t last_key_ = 0;
  float m_old_ = 0, p_max_ = 0, divisor_ = 1;
};

}  // namespace

RowOfBlock row_of_block(const Run& run, BlockRef ref, std::int32_t row) {
  RowFollower follower(run, ref, row);
  return follower.follow();
}

}  // namespace scope
