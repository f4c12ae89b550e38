// The table of one row: online softmax beside safe softmax.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/scope/caption.h"
#include "ui/window/views/softmax_parts.h"

namespace views {

namespace {

constexpr draw::TextStyle kTitle{20, draw::Face::semibold};
constexpr std::size_t kWrittenOut = 4;  // scores of a tile that formulas list one by one
using Step = scope::SoftmaxRow::Step;

float formula_px(const SoftmaxFrame& at) { return at.wide ? 16.0F : 15.0F; }
draw::TextStyle value_style(const SoftmaxFrame& at) { return {at.wide ? 26.0F : 20.0F, draw::Face::mono}; }

class Table {
 public:
  explicit Table(SoftmaxFrame& at) : at_(at), p_(at.p()), colors_(at.colors()), step_(at.step()) {}

  void draw() {
    const float top = at_.y;
    head();
    scores();
    if (step_ != nullptr) {
      maximum();
      factor();
      line("softmax.sum",
           {sum_formula(), sum_numbers(), known(step_->done_sum, step_->l, 3),
            step_->done_sum && scope::is_error(step_->l, draw::Family::p)},
           safe(safe_sum(at_), in_formula(at_.row.safe_l, 3)));
      weights();
      output();
      result();
    }
    if (at_.wide) {
      const float x = (at_.right + at_.safe_left) / 2;
      p_.line({x, top}, {x, at_.y}, colors_.hair);
    }
  }

 private:
  struct Cell {
    std::string formula, numbers, value;
    bool error = false;  // is the value, or a number, infinite or none at all?
  };

  bool has_output() const { return !at_.row.safe_o.empty(); }

  // ---- Cells ----
  float paint_cell(const Cell& cell, float left, float right, float y, const draw::TextStyle& value) {
    const float number = cell.value.empty() ? 0 : p_.width_of(cell.value, value) + 14;
    const draw::TextStyle style{formula_px(at_), draw::Face::regular};
    const float room = std::max(60.0F, right - left - number);
    const draw::Paragraph formula = draw::layout(cell.formula, style, room, p_.scale());
    const draw::Paragraph numbers = draw::layout(cell.numbers, {15}, room, p_.scale());
    const float height = formula.height + (cell.numbers.empty() ? 0 : numbers.height + 8);
    const float top = y + 12 + std::max(0.0F, (40 - height) / 2);
    draw::paint(p_, {left, top}, formula, style, colors_.ink);
    if (!cell.numbers.empty()) {
      draw::paint(p_, {left, top + formula.height + 8}, numbers, {15},
                  cell.error && cell.value.empty() ? colors_.error_text : colors_.ink2);
    }
    if (!cell.value.empty()) {
      const bool known = cell.value != "?";
      const draw::Color color = cell.error ? colors_.error_text : known ? colors_.ink : colors_.ink2;
      text_at(p_, {right, top + height / 2}, cell.value, value, color, draw::Align::right);
    }
    return std::max(64.0F, height + 24);
  }

  void line(std::string_view label, const Cell& online, const Cell& safe) {
    float height = paint_cell(online, at_.body, at_.right, at_.y, value_style(at_));
    if (at_.wide) {
      height = std::max(height, paint_cell(safe, at_.safe_left, at_.safe_right, at_.y, value_style(at_)));
    }
    rich_at(p_, {at_.left, at_.y + height / 2}, at_.words(label), kDense, colors_.ink2);
    rule(height);
  }
  void rule(float height) {
    at_.y += height;
    p_.line({at_.left, at_.y}, {at_.wide ? at_.safe_right : at_.right, at_.y}, colors_.hair);
  }
  static Cell safe(std::string formula, std::string value) { return {std::move(formula), "", std::move(value), false}; }
  static std::string known(bool done, float value, int digits) {
    return !done ? "?" : digits < 0 ? in_formula(value) : in_formula(value, digits);
  }

  // ---- Head ----
  void head() {
    const float y = at_.y + 22, scale = p_.scale();
    const std::string row = at_.c.ui.strings.format("softmax.row", {{"n", scope::count_text(at_.row.row)}});
    const std::string kind = at_.words(!at_.row.has_max ? "softmax.naive"
                                       : at_.row.online ? "softmax.online"
                                                        : "softmax.by_passes");
    float x = at_.left;
    const draw::Rect number = text_at(p_, {x, y}, row, kTitle, colors_.ink);
    x = std::max(at_.wide ? at_.body : 0, number.right() + 16);
    float right = row_buttons(at_.c, at_.c.prefix + "softmax", at_.right, y) - 12;
    const draw::TextStyle kind_style = x + p_.width_of(kind, kTitle) <= right ? kTitle : kDenseBold;
    if (x + p_.width_of(kind, kind_style) <= right) {
      x = text_at(p_, {x, y}, kind, kind_style, colors_.ink).right();
    }
    const std::string when = moment();
    const bool beside = x + 16 + draw::rich_width(when, kDense, scale) <= right;
    if (beside) {
      rich_at(p_, {right, y}, when, kDense, colors_.ink2, draw::Align::right);
    }
    if (at_.wide) {
      const draw::Rect title = text_at(p_, {at_.safe_left, y}, at_.words("softmax.safe"), kTitle, colors_.ink);
      const std::string needs = at_.c.ui.strings.format("softmax.needs_all", {{"n", scope::count_text(at_.keys())}});
      if (title.right() + 10 + p_.width_of(needs, kDense) <= at_.safe_right) {
        text_at(p_, {at_.safe_right, y}, needs, kDense, colors_.ink2, draw::Align::right);
      }
    }
    at_.y += 44;
    if (!beside) {
      at_.y += draw::rich(p_, {at_.left, at_.y}, when, kDense, colors_.ink2, at_.right - at_.left).h + 8;
    }
    p_.line({at_.left, at_.y}, {at_.wide ? at_.safe_right : at_.right, at_.y}, colors_.edge, 2);
    at_.y += 2;
  }

  std::string moment() const {
    if (step_ == nullptr) {
      return at_.words(has_output() ? "softmax.before" : "softmax.before_tile");
    }
    const bool over = step_->done_o || (!has_output() && step_->done_sum);
    const std::int32_t first = at_.row.steps.front().j;
    const char* after = has_output() ? "softmax.after" : "softmax.after_tile";
    const char* within = has_output() ? "softmax.within" : "softmax.within_tile";
    return at_.c.ui.strings.format(over ? after : within,
                                   {{"j", scope::count_text(step_->j)},
                                    {"first", scope::count_text(first)},
                                    {"last", scope::count_text(first + at_.row.steps_total - 1)}});
  }

  void scores() {
    const float y = at_.y + 22;
    float height = softmax_scores(at_, y) + 34;
    if (at_.wide) {
      const float own = safe_scores(at_, y - 8, at_.safe_left, at_.safe_right);
      const std::string kept = at_.c.ui.strings.format("softmax.kept", {{"n", scope::count_text(at_.keys())}});
      const draw::Rect box =
          draw::rich(p_, {at_.safe_left, y + own - 2}, kept, kDense, colors_.ink2, at_.safe_right - at_.safe_left);
      height = std::max(height, own + box.h + 32);
    }
    const std::string label = at_.c.ui.strings.format("softmax.scores", {{"s", at_.score()}});
    rich_at(p_, {at_.left, y + 20}, label, kDense, colors_.ink2);
    rule(height);
  }

  // ---- Formulas ----
  std::string listed(const std::string& letter) const {
    const std::size_t n = step_->scores.size();
    std::string words;
    for (std::size_t k = 0; k < n && n <= kWrittenOut; ++k) {
      words += fmt::format("{}{}_{{{}}}", k > 0 ? ", " : "", letter, static_cast<std::size_t>(step_->first_key) + k);
    }
    return n == 0             ? "…"
           : n <= kWrittenOut ? words
                              : fmt::format("{0}_{{{1}}} … {0}_{{{2}}}", letter, step_->first_key,
                                            static_cast<std::size_t>(step_->first_key) + n - 1);
  }
  std::string max_numbers() const {
    const std::vector<float>& s = step_->scores;
    if (s.empty()) {
      return "";
    }
    std::string words = "= max(" + in_formula(step_->m_old);
    if (s.size() > kWrittenOut) {
      return words + ", " + in_formula(*std::max_element(s.begin(), s.end())) + ")";
    }
    for (const float score : s) {
      words += ", " + in_formula(score);
    }
    return words + ")";
  }

  void maximum() {
    const std::string& m = at_.row.letters.m;
    const Cell own = !at_.row.has_max ? Cell{at_.words("softmax.no_max"), "", "", false}
                                      : Cell{fmt::format("{0} ← max({0}, {1})", m, listed(at_.score())), max_numbers(),
                                             known(step_->done_max, step_->m, -1),
                                             step_->done_max && scope::is_error(step_->m, draw::Family::statistic)};
    line("softmax.max", own, safe("*m* = max " + at_.score(), in_formula(at_.row.safe_m)));
  }

  void factor() {
    const Cell none{at_.words("softmax.no_factor"), "", "", false};
    if (!at_.row.online) {
      const char* why = at_.row.has_max ? "softmax.no_factor_here" : "softmax.no_factor_naive";
      line("softmax.factor", {at_.words(why), "", "", false}, none);
      return;
    }
    std::string numbers;
    if (step_->done_max) {
      numbers = "= *e*^{ " + minus_text(step_->m_old, step_->m) + "}";
      if (std::isfinite(step_->m_old)) {
        numbers += " = *e*^{ " + in_formula(step_->m_old - step_->m) + "}";
      }
    }
    const std::string& m = at_.row.letters.m;
    line("softmax.factor",
         {fmt::format("*α* ← *e*^{{ {0}_{{old}} − {0}}}", m), numbers, known(step_->done_alpha, step_->alpha, 3),
          step_->done_alpha && scope::is_error(step_->alpha, draw::Family::p)},
         none);
  }

  std::string sum_formula() const {
    const std::string& l = at_.row.letters.sum;
    std::string words = l + " ← " + (at_.row.online ? "*α* " : "") + l;
    const std::size_t n = step_->scores.size();
    if (n == 0 || n > kWrittenOut) {
      return words + " + Σ " + (at_.is_softmax() ? at_.term() : "*p*");
    }
    for (std::size_t k = 0; k < n; ++k) {
      const std::string index = fmt::format("_{{{}}}", static_cast<std::size_t>(step_->first_key) + k);
      words += " + " + (at_.is_softmax() ? at_.term(index) : "*p*" + index);
    }
    return words;
  }
  std::string sum_numbers() const {
    if (!step_->done_p || (at_.row.online && !step_->done_alpha)) {
      return "";
    }
    std::string words = at_.row.online
                            ? fmt::format("= {} · {}", in_formula(step_->alpha, 3), in_formula(step_->l_old, 3))
                            : "= " + in_formula(step_->l_old, 3);
    if (step_->p.size() > kWrittenOut) {
      return step_->done_sum ? words + " + " + in_formula(step_->row_sum, 3) : "";
    }
    for (const float p : step_->p) {
      words += " + " + in_formula(p, 3);
    }
    return words;
  }

  // ---- Output ----
  void weights() {
    if (at_.is_softmax()) {
      WeightsWords words = softmax_weights(at_, kWrittenOut);
      const Cell safe{fmt::format("*y* = *e*^{{ {} − *m*}} / {}", at_.score(), at_.row.letters.sum), "", "", false};
      line("softmax.weights", {std::move(words.formula), std::move(words.numbers), "", words.error}, safe);
    }
  }

  void output() {
    if (!has_output()) {
      return;
    }
    float height = softmax_output(at_, at_.y + 12) + 24;
    if (at_.wide) {
      const draw::TextStyle style{formula_px(at_), draw::Face::regular};
      rich_at(p_, {at_.safe_left, at_.y + height / 2 - 14}, "[O:O] = Σ *p* [V:*v*]", style, colors_.ink);
      rich_at(p_, {at_.safe_left, at_.y + height / 2 + 14}, at_.words("softmax.needs_m"), kDense, colors_.ink2);
    }
    rich_at(p_, {at_.left, at_.y + height / 2}, at_.words("softmax.output"), kDense, colors_.ink2);
    rule(height);
  }

  void result() {
    if (!has_output()) {
      return;
    }
    constexpr float kHeight = 52;
    const float y = at_.y + kHeight / 2;
    const std::string label = at_.row.divided || !at_.row.online ? "[O:O]" : "[O:O] / *ℓ*";
    rich_at(p_, {at_.left, y}, label, kDense, colors_.ink);
    const draw::Rect so_far = text_at(p_, {at_.body, y}, at_.words("softmax.so_far"), kDense, colors_.ink2);
    const std::vector<float> o = output_so_far(at_.row);
    output_row(at_, output_columns(at_, so_far.right() + 8, at_.right), y, o.empty() ? nullptr : &o, 1);
    if (at_.wide) {
      output_row(at_, output_columns(at_, at_.safe_left, at_.safe_right + 8), y, &at_.row.safe_o, 1);
    }
    rule(kHeight);
  }

  SoftmaxFrame& at_;
  draw::Painter& p_;
  const draw::Palette& colors_;
  const Step* step_;
};

}  // namespace

void softmax_table(SoftmaxFrame& at) { Table(at).draw(); }

}  // namespace views
