#include "sim/executors/arithmetic.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

namespace sim {

namespace {

// Matmul: b is packed into panels of kPanel columns, zero-padded, k after k; then kRows rows of a at a time keep their
// sums in SIMD registers while k goes by. Lanes are different elements, so the order of each sum is that of k.
constexpr std::int32_t kLanes = 4, kVectors = 2, kPanel = kLanes * kVectors, kRows = 4;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

void pack_panel(const MatmulShape& s, const float* b, std::int32_t first, float* panel) {
  const std::int32_t count = std::min(kPanel, s.n - first);
  if (count < kPanel) {
    std::fill_n(panel, std::int64_t{kPanel} * s.k, 0.0f);
  }
  if (s.transpose_b) {
    for (std::int32_t j = 0; j < count; ++j) {
      const float* row = b + std::int64_t{first + j} * s.k;
      for (std::int32_t p = 0; p < s.k; ++p) {
        panel[std::int64_t{p} * kPanel + j] = row[p];
      }
    }
  } else {
    for (std::int32_t p = 0; p < s.k; ++p) {
      std::copy_n(b + std::int64_t{p} * s.n + first, count, panel + std::int64_t{p} * kPanel);
    }
  }
}

template <std::int32_t kCount>
void rows_by_panel(const MatmulShape& s, const float* a, const float* panel, std::int32_t width, float* out) {
  Lanes sums[kCount][kVectors] = {};
  if (s.accumulate) {
    for (std::int32_t r = 0; r < kCount; ++r) {
      std::memcpy(&sums[r], out + std::int64_t{r} * s.n, static_cast<std::size_t>(width) * sizeof(float));
    }
  }
  for (std::int32_t p = 0; p < s.k; ++p, panel += kPanel) {
    Lanes right[kVectors];
    std::memcpy(right, panel, sizeof(right));
    for (std::int32_t r = 0; r < kCount; ++r) {
      const float left = a[std::int64_t{r} * s.k + p];
      for (std::int32_t v = 0; v < kVectors; ++v) {
        sums[r][v] += left * right[v];
      }
    }
  }
  for (std::int32_t r = 0; r < kCount; ++r) {
    std::memcpy(out + std::int64_t{r} * s.n, &sums[r], static_cast<std::size_t>(width) * sizeof(float));
  }
}

}  // namespace

void matmul(const MatmulShape& s, const float* a, const float* b, float* out) {
  const std::unique_ptr<float[]> panel(new float[static_cast<std::size_t>(s.k) * kPanel]);
  for (std::int32_t first = 0; first < s.n; first += kPanel) {
    const std::int32_t width = std::min(kPanel, s.n - first);
    pack_panel(s, b, first, panel.get());
    std::int32_t r = 0;
    for (; r + kRows <= s.m; r += kRows) {
      rows_by_panel<kRows>(s, a + std::int64_t{r} * s.k, panel.get(), width, out + std::int64_t{r} * s.n + first);
    }
    for (; r < s.m; ++r) {
      rows_by_panel<1>(s, a + std::int64_t{r} * s.k, panel.get(), width, out + std::int64_t{r} * s.n + first);
    }
  }
}

namespace {

using Bits = std::int32_t __attribute__((vector_size(kLanes * sizeof(float))));
using Words = std::uint32_t __attribute__((vector_size(kLanes * sizeof(float))));

inline Lanes select(Bits mask, float yes, Lanes no) {
  return (Lanes)((mask & (Bits)(Lanes{} + yes)) | (~mask & (Bits)no));
}

// e^x = 2^n e^r with n the integer nearest x / ln 2 and |r| <= ln 2 / 2; e^r by a polynomial of degree 6, whose
// coefficients are those of the Cephes library's expf (Moshier 1992).
inline Lanes exp_of(Lanes x) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer, left in the lowest bits
  constexpr std::int32_t kMagicBits = 0x4b400000;
  x = select(x > 89.0f, 89.0f, x);
  x = select(x < -104.0f, -104.0f, x);
  const Lanes shifted = x * 1.44269504088896341f + kMagic;
  const Lanes n = shifted - kMagic;
  const Lanes r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Lanes e = 1.9875691500e-4f * r + 1.3981999507e-3f;
  e = e * r + 8.3334519073e-3f;
  e = e * r + 4.1665795894e-2f;
  e = e * r + 1.6666665459e-1f;
  e = e * r + 5.0000001201e-1f;
  e = (e * r * r + r) + 1.0f;
  // 2^n in two factors, so that subnormal results round once and the largest don't overflow early. NaN gives any n, and
  // stays NaN.
  const Bits whole = (Bits)shifted - kMagicBits, half = whole >> 1;
  const Lanes first = (Lanes)((Words)(half + 127) << 23), second = (Lanes)((Words)(whole - half + 127) << 23);
  return (e * first) * second;
}

}  // namespace

float exp_fp32(float x) { return exp_of(Lanes{} + x)[0]; }

void exp_in_place(float* values, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Lanes x;
    std::memcpy(&x, values + i, sizeof(x));
    x = exp_of(x);
    std::memcpy(values + i, &x, sizeof(x));
  }
  for (; i < count; ++i) {
    values[i] = exp_fp32(values[i]);
  }
}

namespace {

// Each row's chain of operations keeps its order; kTogether rows go side by side, as one would wait for itself.
template <typename F>
void along_rows(Shape shape, const float* a, float* out, float start, F f) {
  constexpr std::int32_t kTogether = 8;
  std::int32_t r = 0;
  for (; r + kTogether <= shape.rows; r += kTogether) {
    const float* rows[kTogether];
    float results[kTogether];
    for (std::int32_t i = 0; i < kTogether; ++i) {
      rows[i] = a + std::int64_t{r + i} * shape.cols;
      results[i] = start;
    }
    for (std::int32_t c = 0; c < shape.cols; ++c) {
      for (std::int32_t i = 0; i < kTogether; ++i) {
        results[i] = f(results[i], rows[i][c]);
      }
    }
    std::copy_n(results, kTogether, out + r);
  }
  for (; r < shape.rows; ++r) {
    float result = start;
    for (std::int32_t c = 0; c < shape.cols; ++c) {
      result = f(result, a[std::int64_t{r} * shape.cols + c]);
    }
    out[r] = result;
  }
}

}  // namespace

void row_max(Shape shape, const float* a, float* out) {
  along_rows(shape, a, out, -std::numeric_limits<float>::infinity(), [](float m, float x) { return x > m ? x : m; });
}

void row_sum(Shape shape, const float* a, float* out) {
  along_rows(shape, a, out, 0.0f, [](float sum, float x) { return sum + x; });
}

}  // namespace sim
