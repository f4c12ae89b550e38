#include "sim/analysis/reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace sim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Four chains of sums keep the adder busy; the order is fixed, so that results are the same everywhere.
double dot(const float* a, const float* b, std::int32_t count) {
  double sums[4] = {};
  std::int32_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (int k = 0; k < 4; ++k) {
      sums[k] += static_cast<double>(a[i + k]) * b[i + k];
    }
  }
  for (; i < count; ++i) {
    sums[0] += static_cast<double>(a[i]) * b[i];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double largest_norm(const float* x, std::int64_t rows, std::int32_t cols) {
  double largest = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    largest = std::max(largest, dot(x + r * cols, x + r * cols, cols));
  }
  return std::sqrt(largest);
}

// The keys that a query sees are the first this many; causal is aligned to the bottom right.
std::int64_t visible_keys(const Problem& problem, std::int64_t query) {
  if (problem.mask == Mask::none) {
    return problem.seqlen_kv;
  }
  const std::int64_t past_last = query + problem.seqlen_kv - problem.seqlen_q + 1;
  return std::clamp<std::int64_t>(past_last, 0, problem.seqlen_kv);
}

// Turns scores into e^(score - max), in place; returns their sum and leaves the maximum in *largest.
double exponentials(double* scores, std::int64_t count, double* largest) {
  *largest = -kInfinity;
  for (std::int64_t j = 0; j < count; ++j) {
    *largest = std::max(*largest, scores[j]);
  }
  double sum = 0;
  for (std::int64_t j = 0; j < count; ++j) {
    scores[j] = std::exp(scores[j] - *largest);
    sum += scores[j];
  }
  return sum;
}

// Adds up one row of O, and the sizes of what it adds up.
class WeightedMean {
 public:
  WeightedMean(std::int32_t d, std::int64_t keys) : d_(static_cast<std::size_t>(d)), keys_(keys), sizes_(2 * d_) {}

  void run(const std::vector<double>& weights, std::int64_t count, double sum, const float* v, double* out,
           ValueRange& range) {
    std::fill(out, out + d_, 0.0);
    std::fill(sizes_.begin(), sizes_.end(), 0.0);
    for (std::int64_t j = 0; j < count; ++j, v += d_) {
      const double weight = weights[static_cast<std::size_t>(j)] / sum;
      const double ahead = 1 - static_cast<double>(j) / static_cast<double>(keys_);
      for (std::size_t c = 0; c < d_; ++c) {
        const double term = weight * v[c];
        out[c] += term;
        sizes_[c] += std::fabs(term);
        sizes_[d_ + c] += std::fabs(term) * ahead;
      }
    }
    const auto middle = sizes_.begin() + static_cast<std::ptrdiff_t>(d_);
    range.mean = std::max(range.mean, *std::max_element(sizes_.begin(), middle));
    range.mean_ahead = std::max(range.mean_ahead, *std::max_element(middle, sizes_.end()));
  }

 private:
  std::size_t d_;
  std::int64_t keys_;
  std::vector<double> sizes_;  // of each column: sum of |terms|, and of these times what lies ahead
};

}  // namespace

void ValueRange::include(const ValueRange& other) {
  score = std::max(score, other.score);
  score_terms = std::max(score_terms, other.score_terms);
  value = std::max(value, other.value);
  mean = std::max(mean, other.mean);
  mean_ahead = std::max(mean_ahead, other.mean_ahead);
}

ValueRange attention_reference(const Problem& problem, const float* q, const float* k, const float* v, double scale,
                               double* out, double* lse, QueryRange queries) {
  const std::int32_t d = problem.head_dim, keys = problem.seqlen_kv;
  const std::int32_t end = queries.count < 0 ? problem.seqlen_q : queries.first + queries.count;
  const std::int64_t offset = std::int64_t{queries.first} * d;
  ValueRange range;
  range.score_terms = std::fabs(scale) * largest_norm(q + offset, end - queries.first, d) * largest_norm(k, keys, d);
  for (std::int64_t i = 0; i < std::int64_t{keys} * d; ++i) {
    range.value = std::max(range.value, std::fabs(static_cast<double>(v[i])));
  }
  std::vector<double> weights(static_cast<std::size_t>(keys));
  WeightedMean row_of_output(d, keys);
  for (std::int32_t row = queries.first; row < end; ++row, out += d) {
    const std::int64_t count = visible_keys(problem, row);
    for (std::int64_t j = 0; j < count; ++j) {
      const double score = scale * dot(q + std::int64_t{row} * d, k + j * d, d);
      weights[static_cast<std::size_t>(j)] = score;
      range.score = std::max(range.score, std::fabs(score));
    }
    double largest = 0;
    const double sum = exponentials(weights.data(), count, &largest);
    row_of_output.run(weights, count, sum, v, out, range);
    if (lse != nullptr) {
      *lse++ = count == 0 ? -kInfinity : largest + std::log(sum);
    }
  }
  return range;
}

ValueRange softmax_reference(const float* x, std::int64_t rows, std::int64_t length, double* out, double* sums) {
  ValueRange range;
  range.value = 1;
  for (std::int64_t r = 0; r < rows; ++r, x += length, out += length) {
    for (std::int64_t j = 0; j < length; ++j) {
      out[j] = x[j];
      range.score = std::max(range.score, std::fabs(out[j]));
    }
    double largest = 0;
    const double sum = exponentials(out, length, &largest);
    for (std::int64_t j = 0; j < length; ++j) {
      out[j] /= sum;
      range.mean = range.mean_ahead = std::max(range.mean, out[j]);
    }
    if (sums != nullptr) {
      sums[r] = largest + std::log(sum);
    }
  }
  range.score_terms = range.score;
  return range;
}

double max_abs_error(const float* got, const double* want, std::int64_t count) {
  double largest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = got[i];
    if (value == want[i] || (std::isnan(value) && std::isnan(want[i]))) {
      continue;  // infinities too
    }
    const double error = std::fabs(value - want[i]);
    largest = std::max(largest, std::isnan(error) ? kInfinity : error);
  }
  return largest;
}

// ---------------------------------------------------------------------------------------------------------------------
// The bound. u is the unit roundoff of dtype (half of epsilon), w = 2^-24 that of fp32. Inputs are exact, as the
// reference reads the same rounded values.
//
// A right program computes O_i = sum_j a_j v_j / sum_j b_j, where a_j = p_j e^x and b_j = p_j e^y for the exact weight
// p_j, and |x|, |y| are at most the sums of:
//   scores       a dot product of d terms, scaled, in fp32:            (d + 2) w * sum|terms|   (Higham 2002, (3.5))
//                S rounded to dtype on its way through HBM:            u * |score|
//   exponential  its argument (s - max, times log2 e, also as two products; the rescaling factors' arguments telescope
//                to one more range of scores; a combination adds ln keys):                8 w * (|score| + ln keys)
//                its own error, two units in the last place:           4 w
//   rescaling    a factor and up to four products and quotients a step:                   8 w * kv_blocks
//   summing      keys terms in fp32, in any order:                     (keys + 2) w
//   P            rounded to dtype, in a_j only:                        u
// A common factor of a and b cancels, so the quotient's error is at most (e^(x + y) - 1) sum_j w_j |v_j|, w_j = p_j
// over their sum: `mean` below. The error can't pass 2 max|V| either: O is a weighted mean. P below dtype's normal
// range errs by at most half its subnormal step t in place of u, and since the final sum of the p_j is at least 1 (the
// maximum's own term), by keys * t * max|V| in all. Rounding O to dtype adds u |O|, at most u * mean. A program that
// rounds it R times, after each of R blocks, rounds what the blocks so far add up to, and later blocks shrink that
// error as they shrink O: in the end it is u times sum |w_j v_j| over the keys so far. Key j is there R - floor(j / Bc)
// <= R (1 - j/N) + 2 times; summed over all keys that is at most R * mean_ahead + 2 * mean.
// ---------------------------------------------------------------------------------------------------------------------
namespace {

constexpr double kFp32Unit = 0x1p-24;

double unit_of(DType dtype) { return epsilon_of(dtype) / 2; }

// Half of the subnormal step of fp16; the others' exponents reach as low as fp32's, which may be flushed to zero.
double lost_below_normal(DType dtype) { return dtype == DType::fp16 ? 0x1p-25 : 0x1p-126; }

// Largest exponent error of a weight in the denominator: y above.
double weight_error(const ErrorBound& b) {
  const double w = kFp32Unit, u = unit_of(b.dtype);
  const double score = b.head_dim > 0 ? (b.head_dim + 2) * w * b.range.score_terms : 0;
  const double argument = 8 * w * (b.range.score + std::log(static_cast<double>(b.keys)));
  return score + b.score_roundings * u * (b.range.score + score) + argument + 4 * w + 8 * w * b.kv_blocks +
         (static_cast<double>(b.keys) + 2) * w;
}

bool scores_overflow(const ErrorBound& b) {
  return b.score_roundings > 0 && b.dtype == DType::fp16 && b.range.score >= 65504;
}

}  // namespace

double ErrorBound::output() const {
  if (scores_overflow(*this)) {
    return kInfinity;
  }
  const double u = unit_of(dtype), y = weight_error(*this), x = y + probability_roundings * u;
  const double lost = static_cast<double>(keys) * lost_below_normal(dtype) * range.value;
  const double error = std::min(std::expm1(x + y) * range.mean + lost, 2 * range.value);
  const double r = output_roundings;
  const double rounded = std::min(r * range.mean, r * range.mean_ahead + 2 * range.mean) + r * error;
  return error + u * std::exp(r * u) * rounded + r * lost_below_normal(dtype);
}

double ErrorBound::lse() const {
  if (scores_overflow(*this)) {
    return kInfinity;
  }
  const double size = range.score + std::log(static_cast<double>(keys));
  return weight_error(*this) + 8 * kFp32Unit * (1 + size);
}

}  // namespace sim
