// How far a right program's result may be from the exact one: known before the run, from dtype, shape and the sizes of
// the values.
#pragma once

#include <algorithm>

#include "measure/point.h"

namespace measure {

/// Sizes of the values that rounding errors are proportional to.
struct ValueRange {
  double score = 0;        ///< largest |scale * q.k| over the pairs that the mask lets through
  double score_terms = 0;  ///< largest scale * |q| |k|
  double value = 0;        ///< largest |V|; 1 for softmax
  double mean = 0;         ///< largest weighted mean of |V| that an output is made of
  double mean_ahead = 0;   ///< the same, each key counted by the part of K that follows it

  void include(const ValueRange& other) {
    score = std::max(score, other.score);
    score_terms = std::max(score_terms, other.score_terms);
    value = std::max(value, other.value);
    mean = std::max(mean, other.mean);
    mean_ahead = std::max(mean_ahead, other.mean_ahead);
  }
};

struct Tolerance {
  double output;    ///< of |O - exact|, every element; infinite if a score overflows fp16 on its way through HBM
  double lse;       ///< of |LSE - exact|
  double relative;  ///< of ||O - exact|| / ||exact|| of any row, for normal inputs only
};
Tolerance tolerance(const Point& point, const ValueRange& range);

}  // namespace measure
