// What goes into a kernel: random values and adversarial ones, made on the card from a seed.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/card.h"
#include "measure/point.h"

namespace measure {

enum class InputKind : std::uint8_t {
  normal,         ///< standard normal
  large_scores,   ///< scores of standard deviation 16 (softmax: 30): nearly one key a row
  rising_keys,    ///< keys at 1/4, 1/2, 3/4 and the end, each beating all before: rescaling by almost nothing
  early_key,      ///< the first key beats all others
  equal_keys,     ///< all scores of a row are equal
  very_negative,  ///< all scores far below zero
  extreme,        ///< scores of +-50000 (near fp16's end), V of +-30000; softmax: the ends of the range
  minus_infinity  ///< softmax only: three quarters of a row are -infinity
};
const char* name_of(InputKind kind);

/// Those that the algorithm's arithmetic can take: softmax_naive overflows by design, from x = 89 on.
std::vector<InputKind> input_kinds(const Point& point);

/// Everything a point's kernels read and write. Outputs have a tail that must stay as it is.
class Operands {
 public:
  Operands(const Point& point, std::size_t workspace_bytes);

  static std::size_t bytes(const kernels::Problem& problem, std::size_t workspace_bytes);
  kernels::Tensors tensors() const;
  void* workspace() const { return workspace_.data(); }

  void fill(InputKind kind, std::uint64_t seed, cudaStream_t stream);
  /// All outputs, their tails and the workspace become NaN.
  void poison(cudaStream_t stream);
  /// Elements of the result that are not finite, NaNs among the statistics, and bytes changed behind an output.
  struct Damage {
    unsigned long long not_finite = 0, nan_statistics = 0, written_behind = 0;
  };
  Damage damage(cudaStream_t stream) const;

  std::int64_t rows() const { return rows_; }    ///< of the result
  std::int64_t width() const { return width_; }  ///< of a row of the result
  const void* result() const { return output_.data(); }
  const float* statistic(int i) const { return statistics_[i].as<float>(); }  ///< 0 lse, 1 l, 2 m

 private:
  kernels::Problem problem_;
  std::string algorithm_;
  std::int64_t rows_, width_;
  std::vector<Memory> inputs_;  // q, k, v; or x
  Memory output_;
  std::vector<Memory> statistics_;  // none of a softmax
  Memory workspace_;
};

}  // namespace measure
