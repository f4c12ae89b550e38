#include "lessons/course/expression.h"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <cmath>

#include "lessons/course/markup.h"
#include "sim/base/error.h"
#include "sim/base/toml_text.h"

namespace lessons {

namespace {

using Name = std::pair<std::string, std::string>;  // scenario, name

constexpr std::size_t kLengthMax = 400;  // expressions of lessons have some ten; the parser's own limit is 5000
constexpr const char* kNameChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

/// An expression, parsed; its names get their values later.
class Formula {
 public:
  Formula(const std::string& expression, const std::string& where) : text_(expression), where_(where) {
    std::string ascii = expression;
    replace_all(ascii, "ℓ", "l");
    replace_all(ascii, "α", "alpha");
    std::replace(ascii.begin(), ascii.end(), '\n', ' ');
    refuse_strange(ascii);
    guarded([&] {
      parser_.DefineNameChars(kNameChars);
      parser_.SetExpr(ascii);
      for (const auto& entry : parser_.GetUsedVar()) {
        names_.push_back(entry.first);
      }
    });
    value_with([](const std::string&) { return 1.0; });  // what else there is to complain of: "a = 1", "1, 2"
  }

  const std::vector<std::string>& names() const { return names_; }
  bool is_one_name() const { return names_.size() == 1 && names_.front() == text_; }

  template <typename F>
  double value_with(F value_of) {
    std::vector<double> values;
    for (const std::string& name : names_) {
      values.push_back(value_of(name));
    }
    double value = 0;
    guarded([&] {
      parser_.ClearConst();
      for (std::size_t n = 0; n < names_.size(); ++n) {
        parser_.DefineConst(names_[n], values[n]);
      }
      int count = 0;
      const double* results = parser_.Eval(count);
      if (count != 1) {
        fail(fmt::format("gives {} values; one is expected", count));
      }
      value = results[0];
    });
    return value;
  }

  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw sim::Error(where_, fmt::format("'{}': {}", sim::printable(text_), what), hint);
  }

 private:
  // Strings and everything else that a sum has no use for stay outside.
  void refuse_strange(const std::string& ascii) const {
    const std::string known = std::string(kNameChars) + "+-*/^()<>=!&|?, ";
    const std::size_t strange = ascii.find_first_not_of(known);
    if (ascii.find_first_not_of(' ') == std::string::npos) {
      fail("is empty; an expression is expected");
    }
    if (strange != std::string::npos) {
      fail(fmt::format("'{}' has no place in an expression", sim::printable(ascii.substr(strange, 1))));
    }
    if (ascii.size() > kLengthMax) {
      fail(fmt::format("is longer than {} characters", kLengthMax));
    }
  }

  template <typename F>
  void guarded(F action) const {
    try {
      action();
    } catch (const mu::Parser::exception_type& error) {
      std::string message = error.GetMsg();
      message.erase(message.find_last_not_of(". \n") + 1);
      fail("does not parse: " + sim::printable(message));
    }
  }

  std::string text_, where_;
  mu::Parser parser_;
  std::vector<std::string> names_;
};

Name split(const std::string& name) {
  const std::size_t colon = name.find(':');
  return colon == std::string::npos ? Name{"", name} : Name{name.substr(0, colon), name.substr(colon + 1)};
}

Quantity value_of(Formula& formula, const Lookup& lookup) {
  Quantity result;
  result.value = formula.value_with([&](const std::string& full) {
    const auto [scenario, name] = split(full);
    try {
      const Quantity found = lookup(scenario, name);
      result.badge = std::max(result.badge, found.badge);
      return found.value;
    } catch (const sim::Error& error) {
      formula.fail(error.where().empty() ? error.message() : error.where() + ": " + error.message(), error.hint());
    }
  });
  return result;
}

}  // namespace

std::vector<Name> names_in(const std::string& expression, const std::string& where) {
  std::vector<Name> names;
  const Formula formula(expression, where);
  for (const std::string& name : formula.names()) {
    names.push_back(split(name));
  }
  return names;
}

Quantity evaluate(const std::string& expression, const Lookup& lookup, const std::string& where) {
  Formula formula(expression, where);
  const Quantity result = value_of(formula, lookup);
  if (!std::isfinite(result.value)) {
    formula.fail(fmt::format("is {}, no finite number", formatted(result.value, "", where)));
  }
  return result;
}

bool same_value(double a, double b) {
  constexpr double kRounding = 1e-9;
  return std::abs(a - b) <= kRounding * std::max(std::abs(a), std::abs(b));
}

std::string filled(const std::string& words, const Lookup& lookup, const std::string& where, Badge* badge,
                   int* numbers) {
  std::string text;
  for (const Piece& piece : pieces_of(words, where)) {
    if (piece.expression.empty()) {
      text += piece.words;
      continue;
    }
    Formula formula(piece.expression, where);
    const Quantity found =
        formula.is_one_name() ? value_of(formula, lookup) : evaluate(piece.expression, lookup, where);
    text += formatted(found.value, piece.format, where);
    if (badge != nullptr) {
      *badge = std::max(*badge, found.badge);
    }
    if (numbers != nullptr) {
      ++*numbers;
    }
  }
  return text;
}

}  // namespace lessons
