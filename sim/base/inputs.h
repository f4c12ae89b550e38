// Tensors made from a seed. Each element is a function of (seed, tensor, slice, row, column) alone: a larger problem
// extends a smaller one, any part can be made by itself, and every machine and compiler makes the same bits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/dtype.h"

namespace sim {

enum class Distribution : std::uint8_t {
  normal,       ///< mean 0, variance 1
  uniform,      ///< from [-1, 1)
  growing_max,  ///< scores grow with the key's index: every row's running maximum changes in nearly every tile, by
                ///< little enough that all of them still count. Finds programs that forget to rescale l or O
  large,        ///< scores of some hundreds: e^score is infinite in fp32. Finds programs that subtract no maximum
  integers,     ///< -2, -1, 0, 1 or 2: dot products are exact in every dtype, and easy to follow by hand
  ones,         ///< equal scores: each output is the mean of the V rows it sees
  zeros,
};

std::string_view name_of(Distribution distribution);  ///< "normal", "uniform", "growing-max", "large", ...
std::vector<std::string> distribution_names();
/// Throws Error with the nearest name.
Distribution distribution_named(std::string_view name);

struct InputSpec {
  Distribution distribution = Distribution::normal;
  std::uint64_t seed = 1;
};

/// Fills out[slices][rows][cols] with values of the tensor called `tensor`, slices `first_slice` on, rounded to
/// `dtype`. "Q", "K" and "X" (rows of a softmax) carry the distribution's scores; others, "V" among them, are standard
/// normal under growing_max and large. Scores are meant to be scaled by 1 / sqrt(cols).
void fill_input(float* out, const InputSpec& spec, std::string_view tensor, std::int64_t slices, std::int64_t rows,
                std::int64_t cols, DType dtype, std::int64_t first_slice = 0);

}  // namespace sim
