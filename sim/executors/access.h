// Which parts of which tensors a kernel's blocks touch, step by step, without recording every block: blocks of the
// same work whose addresses move on evenly are recorded three times and the rest follow.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/tile/kernel.h"

namespace sim {

/// One rectangle of a tensor's slice, and how it moves from one block of the class to the next.
struct AccessRegion {
  std::int32_t row = 0, col = 0;
  Shape shape;
  std::int32_t row_step = 0, col_step = 0;
};

/// One op that moves bytes: one region, or, for a gather, several.
struct Access {
  OpKind kind{};
  TensorId tensor = 0;
  bool same_for_all = true;  ///< every block of the class touches the same bytes
  std::uint32_t first_region = 0, regions = 1;
  std::int64_t bytes = 0;
};

/// Blocks [first, first + count) of a slice.
struct AccessClass {
  std::int32_t first = 0, count = 1;
  std::vector<Access> accesses;  ///< in the trace's order
  std::vector<AccessRegion> regions;
};

/// The accesses of one recorded block.
AccessClass accesses_of(const Trace& trace, std::int32_t index);

/// All blocks of one slice, in order. Where addresses do not move on evenly, each block is a class of its own.
std::vector<AccessClass> accesses_of(const Kernel& kernel);

}  // namespace sim
