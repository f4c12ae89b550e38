#include "sim/base/dtype.h"

#include <bit>

namespace sim {
namespace {

constexpr std::uint32_t kSignBit = 0x80000000u;
constexpr std::int32_t kInfinity = 0x7f800000;  // and the bits of an exponent
constexpr std::int32_t kQuietNan = 0x7fc00000;

// Both conversions work on magnitudes, whose bits order as their values do, and select by comparing integers instead
// of branching, so that loops over them vectorise.

std::int32_t magnitude_of(float value) {
  return static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(value) & ~kSignBit);
}

float with_sign_of(float sign_source, std::int32_t magnitude) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(magnitude) |
                              (std::bit_cast<std::uint32_t>(sign_source) & kSignBit));
}

// Adding 2^(e+13) to a magnitude of exponent e leaves no bit below 2^(e-10), fp16's step there, and the addition itself
// rounds to nearest, ties to even. Below 2^-14 the step stays that of the subnormals. NaN and infinity pass unharmed.
float to_fp16(float value) {
  constexpr std::int32_t kSmallestNormal = 0x38800000;  // 2^-14
  constexpr std::int32_t kTooLarge = 0x47800000;        // 2^16: the first power of two that fp16 lacks
  constexpr std::int32_t kTimes8192 = 13 << 23;
  const std::int32_t magnitude = magnitude_of(value);
  std::int32_t power = magnitude & kInfinity;
  power = power > kSmallestNormal ? power : kSmallestNormal;
  power = power < kTooLarge ? power : kTooLarge;
  const float shift = std::bit_cast<float>(power + kTimes8192);
  const float rounded = (std::bit_cast<float>(magnitude) + shift) - shift;
  const auto result = std::bit_cast<std::int32_t>(rounded);
  const std::int32_t beyond = magnitude > kInfinity ? kQuietNan : kInfinity;
  return with_sign_of(value, result >= kTooLarge ? beyond : result);
}

// bf16 is the upper half of fp32. Adding half a step, less one bit unless the last kept bit is odd, rounds to nearest,
// ties to even; a carry out of the mantissa raises the exponent, as it should.
float to_bf16(float value) {
  const std::int32_t magnitude = magnitude_of(value);
  const auto bits = static_cast<std::uint32_t>(magnitude);
  const std::uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
  return with_sign_of(value, magnitude > kInfinity ? kQuietNan : static_cast<std::int32_t>(rounded));
}

// The inner loop's constant length lets compilers vectorise it without knowing count.
template <float (*Round)(float)>
void round_all(float* values, std::int64_t count) {
  constexpr std::int64_t kChunk = 16;
  std::int64_t i = 0;
  for (; i + kChunk <= count; i += kChunk) {
    for (std::int64_t k = 0; k < kChunk; ++k) {
      values[i + k] = Round(values[i + k]);
    }
  }
  for (; i < count; ++i) {
    values[i] = Round(values[i]);
  }
}

}  // namespace

std::string_view name_of(DType type) {
  switch (type) {
    case DType::fp32: return "fp32";
    case DType::fp16: return "fp16";
    case DType::bf16: return "bf16";
    case DType::int32: return "int32";
  }
  return "?";
}

std::optional<DType> dtype_named(std::string_view name) {
  for (const DType type : {DType::fp32, DType::fp16, DType::bf16, DType::int32}) {
    if (name == name_of(type)) {
      return type;
    }
  }
  return std::nullopt;
}

float round_to(DType type, float value) {
  switch (type) {
    case DType::fp16: return to_fp16(value);
    case DType::bf16: return to_bf16(value);
    case DType::fp32:
    case DType::int32: break;
  }
  return value;
}

void round_to(DType type, float* values, std::int64_t count) {
  if (type == DType::fp16) {
    round_all<to_fp16>(values, count);
  } else if (type == DType::bf16) {
    round_all<to_bf16>(values, count);
  }
}

double epsilon_of(DType type) {
  switch (type) {
    case DType::fp16: return 0x1p-10;
    case DType::bf16: return 0x1p-7;
    case DType::fp32:
    case DType::int32: break;
  }
  return 0x1p-23;
}

}  // namespace sim
