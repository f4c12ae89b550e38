// What each op does, as a clause.
#include <algorithm>
#include <cmath>

#include "ui/scope/caption_parts.h"
#include "ui/scope/maxima.h"

namespace scope {

namespace {

std::string scalar_text(float value) { return std::isinf(value) ? (value < 0 ? "-∞" : "∞") : value_text(value); }

/// A factor that old sums are multiplied with: one column, made by an exponential or from one that was.
bool is_factor(const TraceIndex& trace, const TileInfo* tile) {
  if (tile == nullptr || tile->shape.cols != 1 || tile->family != Family::statistic) {
    return false;
  }
  return trace.trace->ops[tile->made_op].kind == sim::OpKind::exp_diff ||
         tile->symbol.find("weight") != std::string::npos;
}

}  // namespace

std::string CaptionWriter::op_clause() const {
  switch (op().kind) {
    case sim::OpKind::load:
    case sim::OpKind::gather:
    case sim::OpKind::store:
    case sim::OpKind::reduce_add: return copy_clause();
    case sim::OpKind::fill: return fill_clause();
    case sim::OpKind::matmul: return matmul_clause();
    case sim::OpKind::scale: return scale_clause();
    case sim::OpKind::add: return add_clause();
    case sim::OpKind::mul: return mul_clause();
    case sim::OpKind::div: return div_clause();
    case sim::OpKind::max: return max_clause();
    case sim::OpKind::exp_diff: return exp_diff_clause();
    case sim::OpKind::arrive:
    case sim::OpKind::wait:
    case sim::OpKind::fork:
    case sim::OpKind::join:
    case sim::OpKind::release: return order_clause();
    default: return value_clause();
  }
}

std::string CaptionWriter::copy_clause() const {
  const std::string bytes = bytes_text(static_cast<double>(sim::bytes_moved(op())));
  switch (op().kind) {
    case sim::OpKind::gather:
      return say("caption.gather", {{"tile", name(op().dst)}, {"bytes", bytes}, {"level", level(op().level)}});
    case sim::OpKind::store: return say("caption.store", {{"tile", name(op().a)}, {"bytes", bytes}});
    case sim::OpKind::reduce_add:
      return say("caption.reduce_add",
                 {{"tile", name(op().a)}, {"bytes", bytes}, {"tensor", tensor_name(op().tensor)}});
    default: break;
  }
  const PlacedSpan* placed = span();
  const bool from_l2 = placed != nullptr && !placed->from_dram;
  return say(from_l2 ? "caption.load_l2" : "caption.load_hbm",
             {{"tile", name(op().dst)}, {"bytes", bytes}, {"level", level(op().level)}});
}

std::string CaptionWriter::fill_clause() const {
  return say(std::isinf(op().scalar) ? "caption.fill_unseen" : "caption.fill",
             {{"tile", name(op().dst)}, {"value", scalar_text(op().scalar)}});
}

std::string CaptionWriter::matmul_clause() const {
  const char* key =
      op().transpose_b ? "caption.scores" : (op().accumulate ? "caption.product_added" : "caption.product");
  return say(key, {{"a", name(op().a)}, {"b", name(op().b)}, {"to", name(op().dst)}});
}

std::string CaptionWriter::scale_clause() const {
  return say("caption.scale", {{"to", name(op().dst)}, {"value", value_text(op().scalar)}});
}

std::string CaptionWriter::add_clause() const {
  const std::string a = name(op().a), b = name(op().b), to = name(op().dst);
  if (a == to && b == to) {
    return say("caption.part_added_to", {{"to", to}});
  }
  if (a == to || b == to) {
    return say("caption.added_to", {{"a", a == to ? b : a}, {"to", to}});
  }
  return say("caption.sum", {{"a", a}, {"b", b}, {"to", to}});
}

std::string CaptionWriter::mul_clause() const {
  const TraceIndex& trace = *frame_.trace;
  const TileInfo *a = tile(op().a), *b = tile(op().b), *to = tile(op().dst);
  const bool by_a = is_factor(trace, a) && b != nullptr && to != nullptr && b->symbol == to->symbol;
  const bool by_b = is_factor(trace, b) && a != nullptr && to != nullptr && a->symbol == to->symbol;
  if (by_a || by_b) {
    return shrink_clause(by_b ? op().b : op().a);
  }
  return say("caption.product", {{"a", name(a)}, {"b", name(b)}, {"to", name(to)}});
}

std::string CaptionWriter::shrink_clause(sim::TileId factor) const {
  const std::string to = name(op().dst), by = name(factor);
  const sim::Matrix* values =
      frame_.state != nullptr && frame_.state->values ? frame_.state->values->tiles.find(factor) : nullptr;
  if (values == nullptr) {
    const bool at_most_1 = frame_.trace->trace->ops[tile(factor)->made_op].kind == sim::OpKind::exp_diff;
    return say(at_most_1 ? "caption.shrink" : "caption.scaled", {{"to", to}, {"factor", by}});
  }
  const std::span<const float> all = values->view();
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  if (*least == 1 && *most == 1) {
    return say("caption.shrink_not", {{"to", to}, {"factor", by}});
  }
  if (*most == 0) {
    const bool of_old_sums = tile(factor)->symbol != "weight";
    return say(of_old_sums ? "caption.shrink_nothing" : "caption.shrink_zero", {{"to", to}, {"factor", by}});
  }
  return scaled_clause(factor, all);
}

// A factor of FlashAttention-1 takes the sum so far with it and may exceed 1.
std::string CaptionWriter::scaled_clause(sim::TileId factor, std::span<const float> factors) const {
  const auto [least, most] = std::minmax_element(factors.begin(), factors.end());
  const char* key = *most <= 1 ? "caption.shrink_row" : *least >= 1 ? "caption.grow_row" : "caption.scale_rows";
  const auto row = *most <= 1 ? least : most;
  return say(key, {{"to", name(op().dst)},
                   {"factor", name(factor)},
                   {"row", count_text(tile(factor)->row + (row - factors.begin()))},
                   {"value", value_text(*row)},
                   {"least", value_text(*least)},
                   {"most", value_text(*most)}});
}

std::string CaptionWriter::div_clause() const {
  const TileInfo *to = tile(op().dst), *by = tile(op().b);
  const bool sum = by != nullptr && by->family == Family::statistic && to != nullptr &&
                   (to->family == Family::o || to->family == Family::p);
  return say(sum ? "caption.divide_sum" : "caption.divide", {{"a", name(op().a)}, {"b", name(by)}, {"to", name(to)}});
}

std::string CaptionWriter::max_clause() const {
  const std::string to = name(op().dst);
  if (run_.has_values() && maximum_update(*frame_.trace, op())) {
    for (const MaximaOfTile& at : maxima_of(run_, {frame_.at.kernel, frame_.at.block})) {
      if (at.max_op != frame_.at.op) {
        continue;
      }
      if (at.first && at.risen == at.rows) {
        return say("caption.max_first", {{"to", to}});
      }
      if (at.risen == 0) {
        return say("caption.max_none", {{"to", to}});
      }
      if (at.risen == 1) {
        return say(
            "caption.max_one",
            {{"row", count_text(tile(op().dst)->row + at.risen_row)}, {"value", value_text(at.risen_to)}, {"to", to}});
      }
      const char* all = at.rows == 2 ? "caption.max_both" : "caption.max_all";
      return say(at.risen == at.rows ? all : "caption.max_some",
                 {{"count", count_text(at.risen)}, {"rows", count_text(at.rows)}, {"to", to}});
    }
  }
  return say("caption.max", {{"a", name(op().a)}, {"b", name(op().b)}, {"to", to}});
}

std::string CaptionWriter::exp_diff_clause() const {
  const TileInfo *a = tile(op().a), *to = tile(op().dst);
  const std::string unit_a = name(a), unit_b = name(op().b), unit_to = name(to);
  if (a != nullptr && a->shape.cols > 1) {
    return say("caption.exp", {{"a", unit_a}, {"to", unit_to}});
  }
  if (to != nullptr && run_.has_values() && a != nullptr) {
    for (const MaximaOfTile& at : maxima_of(run_, {frame_.at.kernel, frame_.at.block})) {
      if (at.alpha_op == frame_.at.op && at.alpha_op != 0 && at.shrunk_row >= 0 && at.smallest_alpha < 1) {
        return say(
            "caption.alpha_row",
            {{"to", unit_to}, {"row", count_text(to->row + at.shrunk_row)}, {"value", value_text(at.smallest_alpha)}});
      }
    }
  }
  const bool rise = unit_a == unit_b || (to != nullptr && to->symbol == "*α*");
  return say(rise ? "caption.alpha" : "caption.weight", {{"a", unit_a}, {"b", unit_b}, {"to", unit_to}});
}

std::string CaptionWriter::order_clause() const {
  const std::string& role = frame_.trace->trace->roles[op().role].name;
  const std::string barrier = std::to_string(op().barrier);
  switch (op().kind) {
    case sim::OpKind::arrive: return say("caption.arrive", {{"role", role}, {"barrier", barrier}});
    case sim::OpKind::wait: return say("caption.wait", {{"role", role}, {"barrier", barrier}});
    case sim::OpKind::fork: return say("caption.fork", {});
    case sim::OpKind::join: return say("caption.join", {});
    default: return say("caption.free", {{"a", name(op().a)}});
  }
}

std::string CaptionWriter::value_clause() const {
  const std::string a = name(op().a), b = name(op().b), to = name(op().dst);
  switch (op().kind) {
    case sim::OpKind::convert:
      return say("caption.convert", {{"a", a}, {"dtype", std::string(sim::name_of(op().dtype))}});
    case sim::OpKind::sub: return say("caption.subtract", {{"a", a}, {"b", b}, {"to", to}});
    case sim::OpKind::exp: return say("caption.exp", {{"a", a}, {"to", to}});
    case sim::OpKind::log: return say("caption.log", {{"a", a}, {"to", to}});
    case sim::OpKind::row_max: return say("caption.row_max", {{"a", a}});
    case sim::OpKind::row_sum: return say("caption.row_sum", {{"a", a}});
    default: return say("caption.mask", {{"to", to}});
  }
}

}  // namespace scope
