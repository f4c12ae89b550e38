// Element types of tensors and tiles, and the rounding that each implies.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sim {

enum class DType : std::uint8_t { fp32, fp16, bf16, int32 };

/// Bytes of one element.
constexpr int size_of(DType type) { return type == DType::fp32 || type == DType::int32 ? 4 : 2; }

std::string_view name_of(DType type);                     ///< "fp32", "fp16", "bf16", "int32"
std::optional<DType> dtype_named(std::string_view name);  ///< of the above; nothing for any other name

/// Nearest value of `type`, ties to even, overflow to infinity, subnormals kept: what a GPU's conversion does.
/// NaN stays NaN. fp32 and int32 return the value unchanged.
float round_to(DType type, float value);

/// Rounds count values in place.
void round_to(DType type, float* values, std::int64_t count);

/// Distance between 1 and the next larger value: 2^-23, 2^-10, 2^-7.
double epsilon_of(DType type);

}  // namespace sim
