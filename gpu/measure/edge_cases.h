// Shapes at which kernels go wrong: one query, less than a tile, a tile and one more, ragged ends, more queries than
// keys under a causal mask, every ratio of query heads to KV heads.
#pragma once

#include <vector>

#include "measure/point.h"

namespace measure {

/// For every selected kernel, under each of its compiled schedules; refused ones are left out.
std::vector<Point> edge_cases(const std::vector<std::string>& only);

}  // namespace measure
