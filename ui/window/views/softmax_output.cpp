// O of one row as the weighted sum that makes it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/scope/caption.h"
#include "ui/window/views/softmax_parts.h"

namespace views {

namespace {

constexpr float kLine = 30;
using Step = scope::SoftmaxRow::Step;

// One row of the sum.
struct Term {
  std::string words;
  std::vector<float> values;
  float factor = 1;
  bool known = false;
  draw::Family family = draw::Family::none;
};

std::vector<Term> terms_of(const scope::SoftmaxRow& row, const Step& s) {
  std::vector<Term> terms;
  const bool rescales = row.online && s.done_alpha;
  const float kept = (rescales ? s.alpha : 1) * (row.divided ? s.l_old : 1);
  std::string factor = row.online ? (s.done_alpha ? in_formula(s.alpha, 3) : "*α*") + " × " : "";
  factor += row.divided ? in_formula(s.l_old, 3) + " × " : "";
  terms.push_back({factor + "[O:O]", s.o_old, kept, !s.o_old.empty() && (rescales || !row.online), draw::Family::o});
  const bool each = row.online && !s.v.empty();
  for (std::size_t n = 0; each && n < s.v.size(); ++n) {
    const bool known = s.done_p && n < s.p.size() && (!row.divided || s.done_alpha);
    const std::string key = std::to_string(static_cast<std::size_t>(s.first_key) + n);
    const std::string p = known ? in_formula(s.p[n], 3) : "*p*_{" + key + "}";
    terms.push_back({"+ " + p + " × [V:*v*_{" + key + "}]", s.v[n], known ? s.p[n] : 1, true, draw::Family::v});
    terms.back().factor = 1;
  }
  if (!each) {
    Term sum{"+ [P:P] [V:V]", {}, 1, s.done_o, draw::Family::v};
    for (std::size_t n = 0; n < s.o.size() && s.done_o && n < s.o_old.size(); ++n) {
      sum.values.push_back(s.o[n] * (row.divided ? s.l : 1) - s.o_old[n] * kept);
    }
    terms.push_back(std::move(sum));
  }
  return terms;
}

// Of all numbers that any row of the table may show, so that columns stay where they are.
float widest(const SoftmaxFrame& at, const draw::TextStyle& style) {
  float width = at.p().width_of("00.00", style);
  const auto look = [&](const std::vector<float>& values) {
    for (const float value : values) {
      width = std::max(width, at.p().width_of(in_formula(value, 2), style));
    }
  };
  look(at.row.safe_o);
  if (const Step* step = at.step()) {
    look(step->o_old);
    look(step->o);
  }
  return width;
}

}  // namespace

OutputColumns output_columns(const SoftmaxFrame& at, float left, float right) {
  OutputColumns columns;
  columns.style = at.wide ? kDenseMono : kSmallMono;
  columns.all = static_cast<std::int32_t>(at.row.safe_o.size());
  const float least = widest(at, columns.style) + 12;
  columns.shown = std::min(columns.all, std::max(1, static_cast<std::int32_t>((right - left) / least)));
  columns.width = std::min(72.0F, (right - left) / static_cast<float>(std::max(1, columns.shown)));
  columns.left = right - columns.width * static_cast<float>(columns.shown);
  return columns;
}

void output_row(SoftmaxFrame& at, const OutputColumns& columns, float y, const std::vector<float>* values,
                float factor) {
  for (std::int32_t n = 0; n < columns.shown; ++n) {
    const bool known = values != nullptr && static_cast<std::size_t>(n) < values->size();
    const float value = known ? (*values)[static_cast<std::size_t>(n)] * factor : 0;
    const bool whole = known && std::abs(value) < 1e4F && value * 2 == std::floor(value * 2) && factor == 1;
    const std::string words = !known ? "?" : whole ? with_minus(scope::value_text(value)) : in_formula(value, 2);
    text_at(at.p(), {columns.left + columns.width * static_cast<float>(n + 1) - 8, y}, words, columns.style,
            known ? at.colors().ink : at.colors().ink2, draw::Align::right);
  }
}

std::string safe_sum(const SoftmaxFrame& at) { return at.row.letters.sum + " = Σ *e*^{ " + at.score() + " − *m*}"; }

WeightsWords softmax_weights(const SoftmaxFrame& at, std::size_t written_out) {
  const Step* step = at.step();
  WeightsWords words;
  words.formula = "*y* ← " + at.term() + " / " + at.row.letters.sum;
  if (step == nullptr || step->weights.size() > written_out || step->weights.size() != step->terms.size()) {
    return words;
  }
  for (std::size_t n = 0; n < step->weights.size(); ++n) {
    words.numbers +=
        fmt::format("{}*y*_{{{}}} = {} / {} = {}", n > 0 ? ",  " : "", static_cast<std::size_t>(step->first_key) + n,
                    in_formula(step->terms[n], 3), in_formula(step->divisor, 3), in_formula(step->weights[n], 3));
    words.error = words.error || scope::is_error(step->weights[n], draw::Family::p);
  }
  return words;
}

float softmax_output(SoftmaxFrame& at, float y) {
  const Step* step = at.step();
  if (step == nullptr || at.row.safe_o.empty()) {
    return 0;
  }
  const std::vector<Term> terms = terms_of(at.row, *step);
  float words = 0;
  for (const Term& term : terms) {
    words = std::max(words, draw::rich_width(term.words, kDense, at.p().scale()));
  }
  const OutputColumns columns = output_columns(at, at.body + words + 10, at.right);
  const float top = y, right = at.right;
  for (const Term& term : terms) {
    const draw::Rect cells{columns.left, y + 1, right - columns.left, kLine - 2};
    at.p().fill(cells, term.known ? at.colors().of(term.family).tint : at.colors().raised);
    rich_at(at.p(), {columns.left - 10, y + kLine / 2}, term.words, kDense, at.colors().ink, draw::Align::right);
    output_row(at, columns, y + kLine / 2, term.known ? &term.values : nullptr, term.factor);
    y += kLine;
  }
  at.p().line({columns.left, y + 2}, {right, y + 2}, at.colors().ink, 2);
  y += 5;
  const std::string sum = at.row.divided ? "[O:O] = (…) / *ℓ* =" : "[O:O] =";
  rich_at(at.p(), {columns.left - 10, y + kLine / 2}, sum, kDense, at.colors().ink, draw::Align::right);
  output_row(at, columns, y + kLine / 2, step->done_o ? &step->o : nullptr, 1);
  y += kLine;
  if (columns.shown < columns.all) {
    const std::string range = at.c.ui.strings.format(
        "softmax.columns",
        {{"first", "0"}, {"last", std::to_string(columns.shown - 1)}, {"n", std::to_string(columns.all)}});
    text_at(at.p(), {right - 8, y + 9}, range, kSmall, at.colors().ink2, draw::Align::right);
    y += 20;
  }
  return y - top;
}

const Step* last_complete(const scope::SoftmaxRow& row) {
  for (auto step = row.steps.rbegin(); step != row.steps.rend(); ++step) {
    if (step->done_o && (step->done_sum || !row.online)) {
      return &*step;
    }
  }
  return nullptr;
}

std::vector<float> output_so_far(const scope::SoftmaxRow& row) {
  const Step* step = last_complete(row);
  if (step == nullptr) {
    return {};
  }
  std::vector<float> o = step->o;
  for (float& value : o) {
    value = row.online && !row.divided && step->l != 0 ? value / step->l : value;
  }
  return o;
}

}  // namespace views
