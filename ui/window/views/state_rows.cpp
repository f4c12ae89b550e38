// Which row is looked at, which statements its block computes, and how numbers stand in formulas.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/executors/numeric.h"
#include "ui/scope/caption.h"
#include "ui/window/views/dock_parts.h"
#include "ui/window/views/state_parts.h"

namespace views {

namespace {

using Rows = std::pair<std::int32_t, std::int32_t>;

bool has_queries(const scope::TileInfo& tile) {
  return tile.family != scope::Family::k && tile.family != scope::Family::v && tile.family != scope::Family::none;
}

Rows rows_of(const scope::TileInfo& tile) { return {tile.row, tile.row + std::max(1, tile.shape.rows) - 1}; }

const scope::TileInfo* tile_at_work(const scope::Frame& frame) {
  const std::vector<sim::Op>& ops = frame.trace->trace->ops;
  const auto of = [&](const sim::Op& op) -> const scope::TileInfo* {
    for (const sim::TileId id : {op.dst, op.a}) {
      const scope::TileInfo* tile = id != 0 ? frame.trace->tile(id) : nullptr;
      if (tile != nullptr && has_queries(*tile)) {
        return tile;
      }
    }
    return nullptr;
  };
  for (std::uint32_t n = std::min<std::size_t>(frame.at.op + 1, ops.size()); n-- > 0;) {
    if (const scope::TileInfo* tile = of(ops[n])) {
      return tile;
    }
  }
  for (const sim::Op& op : ops) {
    if (const scope::TileInfo* tile = of(op)) {
      return tile;
    }
  }
  return nullptr;
}

}  // namespace

Rows rows_of_block(const scope::Frame& frame) {
  Rows rows{std::numeric_limits<std::int32_t>::max(), -1};
  for (const scope::TileInfo& tile : frame.trace->tiles) {
    if (has_queries(tile) && tile.family != scope::Family::statistic) {
      rows = {std::min(rows.first, rows_of(tile).first), std::max(rows.second, rows_of(tile).second)};
    }
  }
  return rows.second < 0 ? rows_at_work(frame) : rows;
}

Rows rows_at_work(const scope::Frame& frame) {
  const scope::TileInfo* tile = tile_at_work(frame);
  return tile != nullptr ? rows_of(*tile) : Rows{0, 0};
}

std::int32_t shown_row(const Context& context) {
  const Rows block = rows_of_block(context.frame);
  const std::int32_t wanted = context.view.row;
  return wanted >= block.first && wanted <= block.second ? wanted : rows_at_work(context.frame).first;
}

const scope::SoftmaxRow::Step* current_step(const scope::Frame& frame, const scope::SoftmaxRow& row) {
  for (const scope::SoftmaxRow::Step& step : row.steps) {
    if (step.j == frame.iteration) {
      return &step;
    }
  }
  return row.steps.empty() ? nullptr : &row.steps.back();
}

float row_buttons(Context& context, const std::string& name, float right, float y) {
  constexpr float kSide = 22;
  const Rows block = rows_of_block(context.frame);
  const std::int32_t row = shown_row(context);
  const draw::Rect down{right - kSide, y - kSide / 2, kSide, kSide}, up{down.x - kSide - 4, down.y, kSide, kSide};
  draw::Ui& ui = context.ui;
  const auto chevron = [&](const draw::Rect& box, float way, bool enabled) {
    const draw::Point c = box.center();
    const std::array<draw::Point, 3> points = {
        {{c.x - 4, c.y - 2 * way}, {c.x, c.y + 2 * way}, {c.x + 4, c.y - 2 * way}}};
    ui.p.polyline(points, enabled ? ui.colors().ink : ui.colors().edge, 1.5F);
  };
  const bool has_up = row > block.first, has_down = row < block.second;
  if (ui.button(name + ".row_up", up, "", ui.words("state_panel.row_up"), has_up)) {
    context.view.row = row - 1;
  }
  if (ui.button(name + ".row_down", down, "", ui.words("state_panel.row_down"), has_down)) {
    context.view.row = row + 1;
  }
  chevron(up, -1, has_up);
  chevron(down, 1, has_down);
  return up.x;
}

namespace {

// Finds the ops that end the statements of one K/V tile.
class StatementFinder {
 public:
  StatementFinder(const scope::Frame& frame, std::int32_t j)
      : trace_(*frame.trace), ops_(frame.trace->trace->ops), rows_(rows_at_work(frame)), j_(j) {}

  std::vector<RowStatement> find() {
    for (std::uint32_t n = 0; n < ops_.size(); ++n) {
      if (trace_.iteration_of[n] == j_ && ops_[n].kind != sim::OpKind::release && ops_[n].dst != 0 && here(ops_[n])) {
        look(n);
      }
    }
    std::vector<RowStatement> found;
    for (int k = 0; k < kStatementKinds; ++k) {
      if (end_[k] != kNone) {
        found.push_back({static_cast<StatementKind>(k), begin_of(k), end_[k]});
      }
    }
    const bool softmax = end_[0] != kNone || end_[1] != kNone;
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.end < b.end; });
    return softmax ? found : std::vector<RowStatement>{};
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  bool is(sim::TileId id, scope::Family family) const {
    const scope::TileInfo* tile = id != 0 ? trace_.tile(id) : nullptr;
    return tile != nullptr && tile->family == family;
  }
  bool here(const sim::Op& op) const {
    const scope::TileInfo* tile = trace_.tile(op.dst);
    return tile == nullptr || !has_queries(*tile) ||
           (tile->row <= rows_.second && rows_of(*tile).second >= rows_.first);
  }
  void end(StatementKind kind, std::uint32_t op) { end_[static_cast<int>(kind)] = op; }

  void look(std::uint32_t n) {
    const sim::Op& op = ops_[n];
    const bool column = op.shape.cols == 1,
               exponential = op.kind == sim::OpKind::exp || op.kind == sim::OpKind::exp_diff;
    if (op.kind == sim::OpKind::max && column) {
      end(StatementKind::max, n);
    } else if (exponential && is(op.a, scope::Family::s)) {
      // A later pass over the row makes them anew, to divide them.
      const std::uint32_t first = end_[static_cast<int>(StatementKind::p)];
      end(StatementKind::p, first != kNone && ops_[first].line != op.line ? first : n);
    } else if (op.kind == sim::OpKind::div && is(op.a, scope::Family::p)) {
      end(StatementKind::weights, n);
    } else if (exponential && column && end_[2] == kNone) {
      end(StatementKind::alpha, n);
    } else if (op.kind == sim::OpKind::add && column) {
      end(StatementKind::sum, n);
    } else if (is(op.dst, scope::Family::o) && !sim::moves_bytes(op.kind) && op.kind != sim::OpKind::fill) {
      first_output_ = std::min(first_output_, n);
      end(StatementKind::output, n);
    }
  }

  // The first op of the same line in front of it; of O, the first that works on O.
  std::uint32_t begin_of(int kind) const {
    const std::uint32_t end = end_[kind];
    if (kind == static_cast<int>(StatementKind::output)) {
      return first_output_;
    }
    // A statement inside another one's line comes before it.
    std::uint32_t inner = 0;
    for (const std::uint32_t other : end_) {
      inner = other != kNone && other < end ? std::max(inner, other + 1) : inner;
    }
    std::uint32_t begin = end;
    while (begin > inner && (ops_[begin - 1].line == ops_[end].line || ops_[begin - 1].kind == sim::OpKind::release)) {
      --begin;
    }
    return begin;
  }

  const scope::TraceIndex& trace_;
  const std::vector<sim::Op>& ops_;
  Rows rows_;
  std::int32_t j_;
  std::array<std::uint32_t, kStatementKinds> end_{kNone, kNone, kNone, kNone, kNone, kNone};
  std::uint32_t first_output_ = kNone;
};

constexpr std::string_view kMinus = "\xE2\x88\x92", kInfinity = "\xE2\x88\x9E";

}  // namespace

std::vector<RowStatement> statements_in(const scope::Frame& frame, std::int32_t j) {
  return StatementFinder(frame, j).find();
}

std::string with_minus(std::string number) {
  for (std::size_t at = number.find('-'); at != std::string::npos; at = number.find('-', at + 1)) {
    number.replace(at, 1, kMinus);
  }
  if (const std::size_t inf = number.find("inf"); inf != std::string::npos) {
    number.replace(inf, 3, kInfinity);
  }
  return number;
}

std::string in_formula(float value) { return with_minus(scope::value_text(value)); }

std::string in_formula(float value, int digits) {
  const float size = std::abs(value), least = 0.5F * std::pow(10.0F, static_cast<float>(-digits));
  const bool says = std::isfinite(value) && size < 1e5F && (size >= least || size == 0);
  return says ? with_minus(fmt::format("{:.{}f}", value == 0 ? 0.F : value, digits)) : in_formula(value);
}

std::string minus_text(float a, float b) {
  const bool negative = b < 0;
  return in_formula(a) + (negative ? " + " : " " + std::string(kMinus) + " ") + in_formula(negative ? -b : b);
}

std::string why_no_values(const Context& context) {
  const scope::Run& run = context.run;
  const scope::RunOptions& options = run.options();
  for (const sim::Kernel& kernel : run.plan().kernels) {
    if (kernel.data_dependent) {
      return std::string(context.ui.words("state_panel.no_values_branch"));
    }
  }
  return context.ui.strings.format("state_panel.no_values_limit",
                                   {{"bytes", scope::kib_text(static_cast<double>(options.value_bytes_max))},
                                    {"flops", scope::count_text(options.value_work_max)},
                                    {"own_bytes", scope::kib_text(static_cast<double>(sim::value_bytes(run.plan())))},
                                    {"own_flops", scope::count_text(run.report().work.matmul_flops)}});
}

}  // namespace views
