// What a right program's state is at every step, in double precision: plain loops over whole rows, no tiles' algebra.
#pragma once

#include <cstdint>
#include <vector>

#include "lessons/workshop/cases.h"

namespace lessons {

class Truth {
 public:
  Truth(const Case& given, const CaseValues& values, bool softmax);

  std::int32_t rows() const { return rows_; }
  std::int32_t keys() const { return keys_; }
  std::int32_t columns() const { return softmax_ ? keys_ : d_; }  ///< of Y or O

  // Of columns (keys) [first, end) of a row; a number wins over NaN in m, as in the language's max.
  double m(std::int32_t row, std::int32_t first, std::int32_t end) const;
  double l(std::int32_t row, std::int32_t first, std::int32_t end) const;  ///< sum e^(s - m); 0 if m is -infinity
  double o(std::int32_t row, std::int32_t col, std::int32_t first, std::int32_t end) const;  ///< sum e^(s - m) v

  // Of whole rows.
  double y(std::int32_t row, std::int32_t col) const;       ///< softmax; 0 in a row without any score
  double output(std::int32_t row, std::int32_t col) const;  ///< o / l, likewise
  double lse(std::int32_t row) const;                       ///< m + ln l

  double largest_score() const;  ///< |finite score|

 private:
  double score(std::int32_t row, std::int32_t key) const;
  double weight(std::int32_t row, std::int32_t key, double m) const;

  bool softmax_;
  std::int32_t rows_, keys_, d_;
  const CaseValues& values_;
  std::vector<double> scores_;
};

}  // namespace lessons
