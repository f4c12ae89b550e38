// The statements of a softmax as this program has them, with its letters and one row's numbers put in.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/scope/caption.h"
#include "ui/window/views/state_parts.h"

namespace views {

std::size_t telling(const std::vector<float>& values) {
  const auto error = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  return error == values.end() ? 0 : static_cast<std::size_t>(error - values.begin());
}

std::string scores_word(const scope::SoftmaxRow::Letters& letters) { return "[S:" + letters.scores + "]"; }
std::string p_word(const scope::SoftmaxRow::Letters& letters) { return "[P:" + letters.p + "]"; }

bool StatementWords::has(StatementKind kind) const {
  return std::any_of(statements_.begin(), statements_.end(), [&](const RowStatement& s) { return s.kind == kind; });
}

bool StatementWords::has_max() const { return row_ != nullptr ? row_->has_max : has(StatementKind::max); }

bool StatementWords::p_before_max() const {
  for (const RowStatement& s : statements_) {
    if (s.kind == StatementKind::max || s.kind == StatementKind::p) {
      return s.kind == StatementKind::p && has(StatementKind::max);
    }
  }
  return false;
}

bool StatementWords::divided() const {
  return row_ != nullptr ? row_->divided : context_.run.plan().algorithm == "flash1";
}

// ---- Formulas ----

std::string StatementWords::p_formula() const {
  const auto letters = row_ != nullptr ? row_->letters : scope::SoftmaxRow::Letters{};
  const std::string s = scores_word(letters);
  return !has_max()       ? "exp(" + s + ")"
         : p_before_max() ? "exp(" + s + " − rowmax " + s + ")"
                          : "exp(" + s + " − " + letters.m + ")";
}

std::string StatementWords::formula(StatementKind kind) const {
  const auto letters = row_ != nullptr ? row_->letters : scope::SoftmaxRow::Letters{};
  const std::string s = scores_word(letters), p = p_word(letters), &m = letters.m, &l = letters.sum;
  const bool alpha = has(StatementKind::alpha);
  switch (kind) {
    case StatementKind::max: return fmt::format("{0} ← max({0}, rowmax {1})", m, s);
    case StatementKind::p: return p + " ← " + p_formula();
    case StatementKind::alpha: return fmt::format("*α* ← exp({0}_{{old}} − {0})", m);
    case StatementKind::sum:
      return p_before_max() ? fmt::format("{0} ← *α* {0} + *β* rowsum {1}", l, p)
             : alpha        ? fmt::format("{0} ← *α* {0} + rowsum {1}", l, p)
                            : fmt::format("{0} ← {0} + rowsum {1}", l, p);
    case StatementKind::weights: {
      const auto again = std::find_if(statements_.begin(), statements_.end(),
                                      [](const RowStatement& x) { return x.kind == StatementKind::weights; });
      const bool from_scores = again != statements_.end() && again->begin < again->end;
      return p + " ← " + (from_scores ? p_formula() : p) + " / " + l;
    }
    default:
      return divided() ? fmt::format("[O:O] ← (*α* {}_{{old}} [O:O] + *β* {} [V:V]) / {}", l, p, l)
             : alpha   ? fmt::format("[O:O] ← *α* [O:O] + {} [V:V]", p)
                       : fmt::format("[O:O] ← [O:O] + {} [V:V]", p);
  }
}

// ---- Numbers ----

float StatementWords::number(StatementKind kind) const {
  const auto of = [](const std::vector<float>& values) { return values.empty() ? 0 : values[telling(values)]; };
  switch (kind) {
    case StatementKind::max: return step_->m;
    case StatementKind::p: return of(step_->p);
    case StatementKind::alpha: return step_->alpha;
    case StatementKind::sum: return step_->l;
    case StatementKind::weights: return of(step_->weights);
    default: return step_->o.empty() ? 0 : step_->o.front();
  }
}

std::string StatementWords::value(StatementKind kind) const {
  if ((kind == StatementKind::p && step_->p.empty()) || (kind == StatementKind::output && step_->o.empty())) {
    return "";
  }
  const int digits = kind == StatementKind::output ? 2 : 3;
  return kind == StatementKind::max ? in_formula(step_->m) : in_formula(number(kind), digits);
}

bool StatementWords::is_error(StatementKind kind) const {
  const bool maximum = kind == StatementKind::max;
  return scope::is_error(number(kind), maximum ? scope::Family::statistic : scope::Family::p);
}

std::string StatementWords::numbers(StatementKind kind) const {
  const scope::SoftmaxRow::Step& s = *step_;
  switch (kind) {
    case StatementKind::max:
      return s.scores.empty() ? ""
                              : fmt::format("= max({}, {})", in_formula(s.m_old),
                                            in_formula(*std::max_element(s.scores.begin(), s.scores.end())));
    case StatementKind::p: return p_numbers();
    case StatementKind::alpha: return s.done_max ? fmt::format("= exp({})", minus_text(s.m_old, s.m)) : "";
    case StatementKind::sum: return sum_numbers();
    case StatementKind::weights: return weights_numbers();
    default: return o_numbers();
  }
}

std::string StatementWords::p_numbers() const {
  const scope::SoftmaxRow::Step& s = *step_;
  if (s.scores.empty() || (has_max() && !s.done_max && !s.done_p)) {
    return "";
  }
  const std::size_t n = telling(s.p);
  std::string exponent =
      fmt::format("*{}*_{{{},{}}}", row_->letters.scores, row_->row, s.first_key + static_cast<int>(n));
  if (has_max()) {
    const float largest = *std::max_element(s.scores.begin(), s.scores.end());
    const bool own = p_before_max() && !s.done_alpha;  // relative to its own tile's maximum until m is known
    const float m = own ? largest : s.done_p && !p_before_max() ? s.p_max : s.m;
    const std::string word = own ? "rowmax" : row_->letters.m;
    exponent += fmt::format(" − {} = {}", word, in_formula(s.scores[n] - m));
  } else {
    exponent += " = " + in_formula(s.scores[n]);
  }
  return s.done_p ? context_.ui.strings.format("state_panel.its_exp",
                                               {{"difference", exponent}, {"p", in_formula(s.p[n], 3)}})
                  : exponent;
}

std::string StatementWords::sum_numbers() const {
  const scope::SoftmaxRow::Step& s = *step_;
  if (!s.done_sum) {
    return "";
  }
  const std::string sum = in_formula(s.l_old, 3) + " + " + in_formula(s.row_sum, 3);
  return row_->online ? "= " + in_formula(s.alpha, 3) + " · " + sum : "= " + sum;
}

std::string StatementWords::weights_numbers() const {
  const scope::SoftmaxRow::Step& s = *step_;
  const std::size_t n = telling(s.weights);
  if (!s.done_weights || n >= s.terms.size()) {
    return "";
  }
  return fmt::format("*{}*_{{{},{}}} = {} / {}", row_->letters.p, row_->row, s.first_key + static_cast<int>(n),
                     in_formula(s.terms[n], 3), in_formula(s.divisor, 3));
}

std::string StatementWords::o_numbers() const {
  const scope::SoftmaxRow::Step& s = *step_;
  if (!s.done_o || s.o.empty() || s.o_old.empty()) {
    return "";
  }
  const float old = row_->divided ? s.l_old * s.o_old.front() : s.o_old.front();
  const float made = row_->divided ? s.o.front() * s.l : s.o.front();
  const float kept = row_->online ? s.alpha * old : old;
  const std::string added = in_formula(std::abs(made - kept), 2), sign = made < kept ? " − " : " + ";
  std::string sum = row_->online ? fmt::format("{} · {}{}{}", in_formula(s.alpha, 3), in_formula(old, 2), sign, added)
                                 : in_formula(old, 2) + sign + added;
  if (row_->divided) {
    sum = fmt::format("({}) / {}", sum, in_formula(s.l, 3));
  }
  return context_.ui.strings.format("state_panel.column", {{"n", "0"}, {"sum", sum}});
}

}  // namespace views
