// The arithmetic of tile operations on plain row-major floats: the same bits on every machine, as nothing here calls a
// mathematics library, contracts a multiply-add or changes the order of a sum.
#pragma once

#include <cmath>
#include <cstdint>

#include "sim/tile/tensor.h"

namespace sim {

/// out[m][n] = a[m][k] b[k][n], or a b^T with b[n][k]; with `accumulate`, out is what the sums start from. Each element
/// is summed in fp32, in the order of k.
struct MatmulShape {
  std::int32_t m = 0, n = 0, k = 0;
  bool transpose_b = false, accumulate = false;
};
void matmul(const MatmulShape& shape, const float* a, const float* b, float* out);

/// e^x in fp32, within 1 unit in the last place: inf above 88.72, 0 below -103.98, NaN for NaN.
float exp_fp32(float x);

/// out[i] = e^out[i].
void exp_in_place(float* values, std::int64_t count);

/// ln x, rounded from double.
inline float log_fp32(float x) { return static_cast<float>(std::log(static_cast<double>(x))); }

/// out[r] = largest of, or sum left to right of, row r of a[rows][cols].
void row_max(Shape shape, const float* a, float* out);
void row_sum(Shape shape, const float* a, float* out);

/// out[i] = f(a[i], b[i]) over `shape`; an operand of one column counts for all columns. out may be a or b.
struct Broadcast {
  const float* data = nullptr;
  std::int32_t cols = 0;  ///< as many as the result has, or 1
};
template <typename F>
void for_each_pair(Shape shape, Broadcast a, Broadcast b, float* out, F f) {
  constexpr std::int32_t kLanes = 8;
  const bool step_a = a.cols == shape.cols, step_b = b.cols == shape.cols;
  const auto run = [&](const float* x, const float* y, float* z, auto at_x, auto at_y) {
    std::int32_t c = 0;
    for (; c + kLanes <= shape.cols; c += kLanes) {
      float lanes[kLanes];  // z may be x or y: read all lanes before writing one
      for (std::int32_t i = 0; i < kLanes; ++i) {
        lanes[i] = f(x[at_x(c + i)], y[at_y(c + i)]);
      }
      for (std::int32_t i = 0; i < kLanes; ++i) {
        z[c + i] = lanes[i];
      }
    }
    for (; c < shape.cols; ++c) {
      z[c] = f(x[at_x(c)], y[at_y(c)]);
    }
  };
  const auto each = [](std::int32_t c) { return c; };
  const auto first = [](std::int32_t) { return 0; };
  for (std::int32_t r = 0; r < shape.rows; ++r) {
    const float* x = a.data + std::int64_t{r} * a.cols;
    const float* y = b.data + std::int64_t{r} * b.cols;
    float* z = out + std::int64_t{r} * shape.cols;
    if (step_a && step_b) {
      run(x, y, z, each, each);
    } else if (step_a) {
      run(x, y, z, each, first);
    } else if (step_b) {
      run(x, y, z, first, each);
    } else {
      run(x, y, z, first, first);
    }
  }
}

}  // namespace sim
