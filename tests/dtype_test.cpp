// Rounding is exact: held to a slow definition that knows only the formats' values.
#include "sim/base/dtype.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/catch.h"

namespace {

using sim::DType;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// All finite values >= 0 of a binary format, in order: the index is the value's code.
struct Format {
  Format(DType type, int exponent_bits, int mantissa_bits) : dtype(type) {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    for (int exponent = 0; exponent < (1 << exponent_bits); ++exponent) {
      for (int mantissa = 0; mantissa < (1 << mantissa_bits); ++mantissa) {
        const int leading = exponent == 0 ? 0 : 1 << mantissa_bits;
        values.push_back(std::ldexp(leading + mantissa, std::max(exponent, 1) - bias - mantissa_bits));
      }
    }
    // The last exponent is infinity's and NaN's. Its first value stays, as the one that rounds to infinity.
    values.resize(values.size() - static_cast<std::size_t>((1 << mantissa_bits) - 1));
  }

  float rounded(float value) const {
    if (std::isnan(value)) {
      return value;
    }
    const double magnitude = std::fabs(static_cast<double>(value));
    const auto above = std::lower_bound(values.begin(), values.end(), magnitude);
    std::size_t code = static_cast<std::size_t>(above - values.begin());
    if (code == values.size()) {
      --code;
    } else if (*above != magnitude) {
      const double up = *above - magnitude, down = magnitude - values[code - 1];
      const bool take_lower = down < up || (down == up && (code - 1) % 2 == 0);
      code -= take_lower ? 1 : 0;
    }
    const float result = code + 1 == values.size() ? kInfinity : static_cast<float>(values[code]);
    return std::copysign(result, value);
  }

  DType dtype;
  std::vector<double> values;
};

const Format& fp16() {
  static const Format format(DType::fp16, 5, 10);
  return format;
}
const Format& bf16() {
  static const Format format(DType::bf16, 8, 7);
  return format;
}

bool same(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

// Values that don't round as the format says, one by one or in bulk.
std::int64_t mismatches(const Format& format, const std::vector<float>& values) {
  std::vector<float> bulk = values;
  sim::round_to(format.dtype, bulk.data(), static_cast<std::int64_t>(bulk.size()));
  std::int64_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float expected = format.rounded(values[i]);
    count += same(expected, bulk[i]) && same(expected, sim::round_to(format.dtype, values[i])) ? 0 : 1;
  }
  return count;
}

void add_signed(std::vector<float>& values, double magnitude) {
  for (const double value : {magnitude, -magnitude}) {
    values.push_back(static_cast<float>(value));
    values.push_back(std::nextafterf(static_cast<float>(value), kInfinity));
    values.push_back(std::nextafterf(static_cast<float>(value), -kInfinity));
  }
}

}  // namespace

TEST_CASE("every fp16 and bf16 value, and its neighbours in fp32, round as the format says", "[dtype]") {
  for (const Format* format : {&fp16(), &bf16()}) {
    std::vector<float> values;
    for (std::size_t code = 0; code + 1 < format->values.size(); ++code) {
      REQUIRE(format->rounded(static_cast<float>(format->values[code])) == static_cast<float>(format->values[code]));
      add_signed(values, format->values[code]);
    }
    CHECK(mismatches(*format, values) == 0);
  }
  CHECK(fp16().values.size() == 0x7c01);
  CHECK(bf16().values.size() == 0x7f81);
}

TEST_CASE("ties go to even, and next to a tie to the nearer", "[dtype]") {
  for (const Format* format : {&fp16(), &bf16()}) {
    std::vector<float> values;
    for (std::size_t code = 0; code + 1 < format->values.size(); ++code) {
      const double middle = (format->values[code] + format->values[code + 1]) / 2;
      if (static_cast<double>(static_cast<float>(middle)) == middle) {
        add_signed(values, middle);
      }
    }
    CHECK(values.size() >= 6u * 0x7c00u - 6u);
    CHECK(mismatches(*format, values) == 0);
  }
}

TEST_CASE("random bit patterns round as the format says", "[dtype]") {
  std::vector<float> values;
  std::uint32_t bits = 12345;
  for (int i = 0; i < 400001; ++i) {
    bits = bits * 1664525u + 1013904223u;
    values.push_back(std::bit_cast<float>(bits ^ bits >> 15));
  }
  CHECK(mismatches(fp16(), values) == 0);
  CHECK(mismatches(bf16(), values) == 0);
}

TEST_CASE("the edges of fp16 and bf16 are where IEEE 754 puts them", "[dtype]") {
  CHECK(sim::round_to(DType::fp16, 65504.0f) == 65504.0f);
  CHECK(sim::round_to(DType::fp16, 65519.996f) == 65504.0f);
  CHECK(sim::round_to(DType::fp16, 65520.0f) == kInfinity);
  CHECK(sim::round_to(DType::fp16, -1e30f) == -kInfinity);
  CHECK(sim::round_to(DType::fp16, 0x1p-24f) == 0x1p-24f);
  CHECK(sim::round_to(DType::fp16, 0x1p-25f) == 0.0f);
  CHECK(sim::round_to(DType::fp16, 0x1.000002p-25f) == 0x1p-24f);
  CHECK(std::signbit(sim::round_to(DType::fp16, -0x1p-30f)));
  CHECK(sim::round_to(DType::fp16, 2049.0f) == 2048.0f);
  CHECK(sim::round_to(DType::fp16, 2051.0f) == 2052.0f);
  CHECK(sim::round_to(DType::bf16, 257.0f) == 256.0f);
  CHECK(sim::round_to(DType::bf16, 259.0f) == 260.0f);
  CHECK(sim::round_to(DType::bf16, std::numeric_limits<float>::max()) == kInfinity);
  CHECK(sim::round_to(DType::bf16, std::numeric_limits<float>::denorm_min()) == 0.0f);
  CHECK(sim::round_to(DType::bf16, 0x1p-133f) == 0x1p-133f);
}

TEST_CASE("infinity and every NaN survive rounding", "[dtype]") {
  for (const DType type : {DType::fp16, DType::bf16, DType::fp32}) {
    CHECK(sim::round_to(type, kInfinity) == kInfinity);
    CHECK(sim::round_to(type, -kInfinity) == -kInfinity);
    for (const std::uint32_t nan : {0x7f800001u, 0x7fc00000u, 0x7fffffffu, 0xff800001u, 0xffffffffu, 0x7f808000u}) {
      CHECK(std::isnan(sim::round_to(type, std::bit_cast<float>(nan))));
    }
  }
}

TEST_CASE("bulk rounding touches count values and no other, whatever the count", "[dtype]") {
  for (std::size_t count = 0; count < 70; ++count) {
    std::vector<float> values(72, 1.0001f);
    sim::round_to(DType::bf16, values.data(), static_cast<std::int64_t>(count));
    CHECK(std::count(values.begin(), values.end(), 1.0f) == static_cast<std::ptrdiff_t>(count));
    CHECK(values[count] == 1.0001f);
  }
}

TEST_CASE("fp32 and int32 values are left as they are", "[dtype]") {
  CHECK(sim::round_to(DType::fp32, 0.1f) == 0.1f);
  CHECK(sim::round_to(DType::int32, 7.0f) == 7.0f);
  float values[] = {0.1f, 1e-40f};
  sim::round_to(DType::fp32, values, 2);
  CHECK(values[0] == 0.1f);
  CHECK(values[1] == 1e-40f);
}

TEST_CASE("dtypes have names, sizes and steps", "[dtype]") {
  for (const DType type : {DType::fp32, DType::fp16, DType::bf16, DType::int32}) {
    CHECK(sim::dtype_named(sim::name_of(type)) == type);
  }
  CHECK_FALSE(sim::dtype_named("fp8").has_value());
  CHECK_FALSE(sim::dtype_named("").has_value());
  CHECK(sim::size_of(DType::bf16) == 2);
  for (const DType type : {DType::fp32, DType::fp16, DType::bf16}) {
    const auto step = static_cast<float>(sim::epsilon_of(type));
    CHECK(sim::round_to(type, 1 + step) == 1 + step);
    CHECK(sim::round_to(type, 1 + step / 2) == 1.0f);
  }
}
