// m, P, alpha, l, O of one row as the program's statements, with numbers put in: done, running, next. Where no softmax
// is at work, the op and its operands.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/scope/caption.h"
#include "ui/window/views/dock_parts.h"
#include "ui/window/views/panels.h"
#include "ui/window/views/state_parts.h"

namespace views {

namespace {

constexpr float kPadding = 16, kHead = 44, kText = 42, kGap = 10, kValueRoom = 96;
constexpr draw::TextStyle kValue{20, draw::Face::mono};

using Step = scope::SoftmaxRow::Step;

struct Shown {
  draw::Mark mark = draw::Mark::next;
  std::string formula, numbers, value;
  bool error = false;  // is the value infinite, or no number?
};

class StatePanel {
 public:
  StatePanel(Context& context, const draw::Rect& area)
      : c_(context), ui_(context.ui), p_(context.ui.p), colors_(context.ui.colors()), area_(area) {
    row_number_ = shown_row(context);
    row_ = scope::softmax_row(context.run, context.frame, row_number_);
    step_ = row_ ? current_step(context.frame, *row_) : nullptr;
    iteration_ = step_ != nullptr ? step_->j : iteration();
    statements_ = statements_in(context.frame, iteration_);
  }

  void draw() {
    p_.fill(area_, colors_.panel);
    p_.line({area_.x, area_.y}, {area_.right(), area_.y}, colors_.hair);
    draw::Rect rest = area_;
    head(rest);
    rest.h = std::max(0.0F, rest.h - 8);
    const std::string name = c_.prefix + "state", height = name + ".height";
    const draw::Rect content = ui_.begin_scroll(name, rest, ui_.state.scroll[height]);
    y_ = content.y;
    left_ = content.x;
    right_ = content.right() - kPadding;
    statements_.empty() ? draw_op() : draw_statements();
    if (!c_.run.has_values()) {
      draw_no_values();
    }
    ui_.state.scroll[height] = y_ - content.y;
    ui_.end_scroll();
  }

 private:
  std::int32_t iteration() const {
    if (c_.frame.iteration >= 0) {
      return c_.frame.iteration;
    }
    const auto& all = c_.frame.trace->iteration_of;
    const auto here = std::min<std::size_t>(c_.frame.at.op + 1, all.size());
    for (std::size_t n = here; n-- > 0;) {
      if (all[n] >= 0) {
        return all[n];
      }
    }
    const auto first = std::find_if(all.begin(), all.end(), [](std::int32_t j) { return j >= 0; });
    return first != all.end() ? *first : -1;
  }

  // ---- Head: the longest of its words that fits ----
  void head(draw::Rect& rest) {
    const float y = rest.y + 24;
    const draw::Rect title =
        text_at(p_, {rest.x + kPadding, y}, ui_.words("state_panel.title"), kTitleBold, colors_.ink);
    float right = rest.right() - kPadding;
    if (row_) {
      right = row_buttons(c_, c_.prefix + "state", right, y) - 10;
    }
    for (const std::string& words : where()) {
      if (draw::rich_width(words, kSmall, p_.scale()) <= right - title.right() - 12) {
        rich_at(p_, {right, y}, words, kSmall, colors_.ink2, draw::Align::right);
        break;
      }
    }
    rest.cut_top(kHead);
  }

  std::vector<std::string> where() const {
    const std::string j = scope::count_text(iteration_), head = scope::count_text(c_.frame.at.slice);
    const auto say = [&](const char* key, const std::string& row, const std::string& last) {
      return ui_.strings.format(key, {{"row", row}, {"first", row}, {"last", last}, {"head", head}, {"j", j}});
    };
    if (statements_.empty()) {
      return {std::string(ui_.words("state_panel.op"))};
    }
    if (row_) {
      const std::string row = scope::count_text(row_number_);
      return {say(has_heads() ? "state_panel.where" : "state_panel.where_softmax", row, ""),
              say("state_panel.where_short", row, "")};
    }
    const auto [first, last] = rows_at_work(c_.frame);
    const std::string from = scope::count_text(first), to = scope::count_text(last);
    return {say("state_panel.where_rows", from, to), say("state_panel.where_rows_short", from, to)};
  }
  bool has_heads() const { return c_.run.plan().find("Q") != nullptr; }

  // ---- Statements ----
  void draw_statements() {
    for (const RowStatement& statement : statements_) {
      put(shown(statement));
    }
    if (row_) {
      y_ += 4;
      const draw::Rect badge = ui_.badge_with_word(draw::Badge::exact, {left_ + kPadding, y_});
      const std::string_view words = ui_.words("softmax.source");
      if (badge.right() + 12 + p_.width_of(words, kSmall) <= right_) {
        p_.text({badge.right() + 12, y_}, words, kSmall, colors_.ink2);
      }
      y_ += 24;
    }
  }

  void put(const Shown& s) {
    const bool next = s.mark == draw::Mark::next;
    const float room =
        right_ - left_ - kText - (s.value.empty() ? 0 : std::max(kValueRoom, p_.width_of(s.value, kValue) + 16));
    const draw::Paragraph formula = draw::layout(s.formula, kDense, room, p_.scale());
    const draw::Paragraph numbers = draw::layout(s.numbers, kSmall, room, p_.scale());
    draw::mark(p_, s.mark, {left_ + kPadding + 6, y_ + 10}, 5, next ? colors_.ink3 : colors_.ink);
    draw::paint(p_, {left_ + kText, y_}, formula, kDense, next ? colors_.ink2 : colors_.ink);
    float height = formula.height + 4;
    if (!s.numbers.empty()) {
      draw::paint(p_, {left_ + kText, y_ + height}, numbers, kSmall, colors_.ink2);
      height += numbers.height;
    }
    if (!s.value.empty()) {
      const draw::Color color = s.error ? colors_.error_text : next ? colors_.ink3 : colors_.ink;
      text_at(p_, {right_, y_ + std::min(height, 40.0F) / 2}, s.value, kValue, color, draw::Align::right);
    }
    y_ += std::max(height, 24.0F) + kGap;
  }

  Shown shown(const RowStatement& s) const {
    Shown out;
    const scope::At& at = c_.frame.at;
    const bool in_its_rows =
        row_number_ >= rows_at_work(c_.frame).first && row_number_ <= rows_at_work(c_.frame).second;
    const bool here = !row_ || in_its_rows;
    const bool done = row_ && step_ != nullptr ? done_flag(s.kind) : at.op > s.end || (at.op == s.end && at.share >= 1);
    const bool running = here && !done && !at.idle && at.op >= s.begin && at.op <= s.end;
    out.mark = done ? draw::Mark::done : running ? draw::Mark::running : draw::Mark::next;
    const StatementWords words(c_, statements_, row_ ? &*row_ : nullptr, step_);
    out.formula = words.formula(s.kind);
    if (row_ && step_ != nullptr) {
      out.numbers = words.numbers(s.kind);
    }
    if (done && row_) {
      out.value = words.value(s.kind);
      out.error = words.is_error(s.kind);
    } else if (running) {
      out.value = percent(share_of(s));
    } else if (row_) {
      out.value = "?";
    }
    if (!row_) {
      out.numbers = shapes(s.end);
    }
    return out;
  }

  static std::string percent(double share) { return fmt::format("{:.0f} %", std::floor(share * 100)); }

  // Of its ops, how many are done.
  double share_of(const RowStatement& s) const {
    const std::vector<std::uint32_t>& number = c_.frame.trace->number_of;
    const double count = number[s.end] - number[s.begin] + 1;
    return (number[c_.frame.at.op] - number[s.begin] + c_.frame.at.share) / count;
  }

  bool done_flag(StatementKind kind) const {
    switch (kind) {
      case StatementKind::max: return step_->done_max;
      case StatementKind::p: return step_->done_p;
      case StatementKind::alpha: return step_->done_alpha;
      case StatementKind::sum: return step_->done_sum;
      case StatementKind::weights: return step_->done_weights;
      default: return step_->done_o;
    }
  }

  std::string shapes(std::uint32_t op) const {
    const sim::TileId dst = c_.frame.trace->trace->ops[op].dst;
    const scope::TileInfo* tile = dst != 0 ? c_.frame.trace->tile(dst) : nullptr;
    return tile != nullptr ? tile_size(c_, *tile) : "";
  }

  // ---- No softmax at work: the op ----
  void draw_op() {
    const OpFacts facts = facts_of(c_, c_.frame.at.op);
    const scope::At& at = c_.frame.at;
    const draw::Mark mark = at.share >= 1              ? draw::Mark::done
                            : at.idle || at.share <= 0 ? draw::Mark::next
                                                       : draw::Mark::running;
    put({mark, "**" + facts.title + "**", "", mark == draw::Mark::running ? percent(at.share) : "", false});
    for (const OpFacts::Fact& fact : facts.facts) {
      put_fact(fact);
    }
    if (!facts.substituted.empty()) {
      y_ += 4;
      const draw::Rect box =
          draw::rich(p_, {left_ + kText, y_}, facts.substituted, kDense, colors_.ink, right_ - left_ - kText);
      y_ += box.h + kGap;
    }
    if (facts.time_us) {
      ui_.badge_with_word(draw::Badge::modelled, {left_ + kText, y_});
      y_ += 24;
    }
  }

  void put_fact(const OpFacts::Fact& fact) {
    const float label = draw::rich_width(fact.label, kDense, p_.scale());
    const float value = draw::rich_width(fact.value, kDense, p_.scale());
    const float room = right_ - left_ - kText;
    draw::rich(p_, {left_ + kText, y_}, fact.label, kDense, colors_.ink2, room);
    if (label + value + 16 > room) {
      y_ += 20;
      y_ += draw::rich(p_, {left_ + kText + 12, y_}, fact.value, kDense, colors_.ink, room - 12).h + 5;
      return;
    }
    draw::rich(p_, {right_, y_}, fact.value, kDense, colors_.ink, 0, draw::Align::right);
    y_ += 24;
  }

  void draw_no_values() {
    const float width = right_ - left_ - kPadding;
    const std::string why = why_no_values(c_);
    const float height = 84 + draw::layout(why, kDense, width - 32, p_.scale()).height;
    y_ += 4;
    ui_.empty_state({left_ + kPadding, y_, width, height}, ui_.words("state_panel.no_values"), why,
                    ui_.words("state_panel.no_values_how"));
    y_ += height + 4;
  }

  Context& c_;
  draw::Ui& ui_;
  draw::Painter& p_;
  const draw::Palette& colors_;
  draw::Rect area_;
  std::int32_t row_number_ = 0, iteration_ = -1;
  std::optional<scope::SoftmaxRow> row_;
  const Step* step_ = nullptr;
  std::vector<RowStatement> statements_;
  float y_ = 0, left_ = 0, right_ = 0;
};

}  // namespace

void state_panel(Context& context, const draw::Rect& area) { StatePanel(context, area).draw(); }

}  // namespace views
