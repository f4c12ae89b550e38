// A formula that carries its letters, the numbers put in and its value, so that the three can't disagree.
#pragma once

#include <cstdint>
#include <string>

namespace sim {

/// Built from letters and whole numbers by +, -, * and max; written as one writes by hand: "B H Nq d e (1 + 2 Tr)",
/// with numbers "1 * 1 * 1024 * 64 * 2 * (1 + 2 * 16)". Neither is simplified.
class Formula {
 public:
  Formula() : Formula(0) {}
  Formula(std::int64_t number);  // NOLINT(google-explicit-constructor): 2 * Nk reads as the paper's
  /// `letter` stands for `value`. It is never put in parentheses, so let it be one word or a call: "sum_i(k_i)".
  Formula(std::string letter, std::int64_t value);

  const std::string& letters() const { return letters_; }
  const std::string& numbers() const { return numbers_; }
  std::int64_t value() const { return value_; }

  friend Formula operator+(const Formula& a, const Formula& b);
  friend Formula operator-(const Formula& a, const Formula& b);
  friend Formula operator*(const Formula& a, const Formula& b);
  friend Formula max(const Formula& a, const Formula& b);
  friend Formula min(const Formula& a, const Formula& b);

 private:
  enum class Form : std::uint8_t { factor, sum };
  Formula(Form form, std::string letters, std::string numbers, std::int64_t value);
  Formula factor() const;  ///< itself, in parentheses if it is a sum

  Form form_ = Form::factor;
  std::string letters_, numbers_;
  std::int64_t value_ = 0;
};

}  // namespace sim
