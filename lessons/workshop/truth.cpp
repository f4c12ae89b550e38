#include "lessons/workshop/truth.h"

#include <cmath>
#include <limits>

namespace lessons {

Truth::Truth(const Case& given, const CaseValues& values, bool softmax)
    : softmax_(softmax),
      rows_(softmax ? given.problem.rows : given.problem.seqlen_q),
      keys_(softmax ? given.problem.row_length : given.problem.seqlen_kv),
      d_(given.problem.head_dim),
      values_(values) {
  for (std::int32_t row = 0; row < rows_; ++row) {
    for (std::int32_t key = 0; key < keys_; ++key) {
      scores_.push_back(score(row, key));
    }
  }
}

double Truth::score(std::int32_t row, std::int32_t key) const {
  if (softmax_) {
    return values_.x[static_cast<std::size_t>(row) * static_cast<std::size_t>(keys_) + static_cast<std::size_t>(key)];
  }
  double sum = 0;
  const auto d = static_cast<std::size_t>(d_);
  for (std::size_t c = 0; c < d; ++c) {
    sum += double{values_.q[static_cast<std::size_t>(row) * d + c]} * values_.k[static_cast<std::size_t>(key) * d + c];
  }
  return sum / std::sqrt(static_cast<double>(d_));
}

double Truth::m(std::int32_t row, std::int32_t first, std::int32_t end) const {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::int32_t key = first; key < end; ++key) {
    largest = std::fmax(
        largest,
        scores_[static_cast<std::size_t>(row) * static_cast<std::size_t>(keys_) + static_cast<std::size_t>(key)]);
  }
  return largest;
}

double Truth::weight(std::int32_t row, std::int32_t key, double m) const {
  const double s =
      scores_[static_cast<std::size_t>(row) * static_cast<std::size_t>(keys_) + static_cast<std::size_t>(key)];
  return std::exp(s - (std::isinf(m) ? 0 : m));
}

double Truth::l(std::int32_t row, std::int32_t first, std::int32_t end) const {
  const double largest = m(row, first, end);
  double sum = 0;
  for (std::int32_t key = first; key < end; ++key) {
    sum += weight(row, key, largest);
  }
  return sum;
}

double Truth::o(std::int32_t row, std::int32_t col, std::int32_t first, std::int32_t end) const {
  const double largest = m(row, first, end);
  double sum = 0;
  for (std::int32_t key = first; key < end; ++key) {
    sum += weight(row, key, largest) *
           values_.v[static_cast<std::size_t>(key) * static_cast<std::size_t>(d_) + static_cast<std::size_t>(col)];
  }
  return sum;
}

double Truth::y(std::int32_t row, std::int32_t col) const {
  const double sum = l(row, 0, keys_);
  return sum == 0 ? 0 : weight(row, col, m(row, 0, keys_)) / sum;
}

double Truth::output(std::int32_t row, std::int32_t col) const {
  const double sum = l(row, 0, keys_);
  return sum == 0 ? 0 : o(row, col, 0, keys_) / sum;
}

double Truth::lse(std::int32_t row) const { return m(row, 0, keys_) + std::log(l(row, 0, keys_)); }

double Truth::largest_score() const {
  double largest = 0;
  for (const double s : scores_) {
    largest = std::isfinite(s) ? std::max(largest, std::fabs(s)) : largest;
  }
  return largest;
}

}  // namespace lessons
