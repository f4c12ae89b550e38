#include "sim/analysis/formula.h"

#include <algorithm>
#include <utility>

namespace sim {

Formula::Formula(std::int64_t number)
    : letters_(std::to_string(number)), numbers_(std::to_string(number)), value_(number) {}

Formula::Formula(std::string letter, std::int64_t value)
    : letters_(std::move(letter)), numbers_(std::to_string(value)), value_(value) {}

Formula::Formula(Form form, std::string letters, std::string numbers, std::int64_t value)
    : form_(form), letters_(std::move(letters)), numbers_(std::move(numbers)), value_(value) {}

Formula Formula::factor() const {
  return form_ == Form::sum ? Formula(Form::factor, "(" + letters_ + ")", "(" + numbers_ + ")", value_) : *this;
}

Formula operator+(const Formula& a, const Formula& b) {
  return {Formula::Form::sum, a.letters_ + " + " + b.letters_, a.numbers_ + " + " + b.numbers_, a.value_ + b.value_};
}

Formula operator-(const Formula& a, const Formula& b) {
  const Formula right = b.factor();
  return {Formula::Form::sum, a.letters_ + " - " + right.letters_, a.numbers_ + " - " + right.numbers_,
          a.value_ - b.value_};
}

Formula operator*(const Formula& a, const Formula& b) {
  const Formula left = a.factor(), right = b.factor();
  return {Formula::Form::factor, left.letters_ + " " + right.letters_, left.numbers_ + " * " + right.numbers_,
          a.value_ * b.value_};
}

Formula max(const Formula& a, const Formula& b) {
  return {Formula::Form::factor, "max(" + a.letters_ + ", " + b.letters_ + ")",
          "max(" + a.numbers_ + ", " + b.numbers_ + ")", std::max(a.value_, b.value_)};
}

Formula min(const Formula& a, const Formula& b) {
  return {Formula::Form::factor, "min(" + a.letters_ + ", " + b.letters_ + ")",
          "min(" + a.numbers_ + ", " + b.numbers_ + ")", std::min(a.value_, b.value_)};
}

}  // namespace sim
