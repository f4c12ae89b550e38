// What the results should be, in double precision, and how far a right program's may be from it.
#pragma once

#include <cstdint>

#include "sim/algorithms/problem.h"
#include "sim/base/dtype.h"

namespace sim {

/// Sizes of the values that went in: what rounding errors are proportional to. Grow it head by head.
struct ValueRange {
  double score = 0;        ///< largest |scale * q.k| over the pairs that the mask lets through
  double score_terms = 0;  ///< largest scale * |q| |k|: no less than the sum of the |terms| of any such product
  double value = 0;        ///< largest |V|; 1 for softmax
  double mean = 0;         ///< largest weighted mean of |V| that an output is made of: sum_j weight_j |v_j|
  double mean_ahead = 0;   ///< the same, each key counted by the part of K that follows: sum_j weight_j |v_j| (1 - j/N)
  void include(const ValueRange& other);
};

struct QueryRange {
  std::int32_t first = 0;
  std::int32_t count = -1;  ///< negative: to the end
};

/// Attention of one head: two passes over each row (maximum, then sum), everything in double, O(seqlen_kv) memory.
/// q [seqlen_q, head_dim], k and v [seqlen_kv, head_dim]; out [queries, head_dim]; lse [queries] = ln sum e^score, or
/// null. Scores are scale * q.k with the problem's mask; a row that sees no key gets O = 0, LSE = -infinity. `queries`
/// picks rows, so that big cases can be checked by sample; out and lse hold these only.
/// Of the problem only seqlen_q, seqlen_kv, head_dim and mask count. Source: the definition; tests hold it to cases
/// worked by hand.
ValueRange attention_reference(const Problem& problem, const float* q, const float* k, const float* v, double scale,
                               double* out, double* lse, QueryRange queries = {});

/// Softmax of each row of x [rows, length] into out [rows, length]; `sums` [rows] gets ln sum e^x, unless null.
ValueRange softmax_reference(const float* x, std::int64_t rows, std::int64_t length, double* out, double* sums);

/// Largest |got - want|. Equal infinities, and two NaNs, differ by 0; one met by anything else differs by infinity.
double max_abs_error(const float* got, const double* want, std::int64_t count);

/// A bound, known before the run, on the error of a right program: it rounds where it says, and nothing else goes
/// wrong. reference.cpp derives it. A program that forgets to rescale, drops a tile or rounds more often exceeds it.
struct ErrorBound {
  DType dtype = DType::fp16;               ///< of Q, K, V, of P as an operand of the second product, and of O
  std::int64_t keys = 1;                   ///< that a row sums over: seqlen_kv, or the row length of a softmax
  std::int32_t head_dim = 0;               ///< length of the dot products behind a score; 0: scores are given (softmax)
  ValueRange range;                        ///< as the reference returns it
  std::int32_t kv_blocks = 1;              ///< steps over K and V (parts, for a combination) at which a row is rescaled
  std::int32_t output_roundings = 1;       ///< of O to dtype: 1, or kv_blocks for flash1, whose O goes through HBM
  std::int32_t score_roundings = 0;        ///< of S to dtype: 1 if S is kept in HBM
  std::int32_t probability_roundings = 1;  ///< of P to dtype: 0 for a program that keeps it in fp32

  /// |O - reference| is at most this, for every element; of a softmax, |Y - reference|. Infinite if a score overflows.
  double output() const;
  /// |LSE - reference| is at most this.
  double lse() const;
};

}  // namespace sim
