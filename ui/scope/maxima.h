// What happens to the maxima of rows in a block, one K/V tile after another.
#pragma once

#include <vector>

#include "ui/scope/place_blocks.h"

namespace scope {

/// An op m = max(m_old, of the new tile).
struct MaximumUpdate {
  sim::TileId old_m = 0, new_m = 0;
};
/// Of an op that is no such update: nothing.
std::optional<MaximumUpdate> maximum_update(const TraceIndex& trace, const sim::Op& op);

struct MaximaOfTile {
  std::uint32_t max_op = 0, alpha_op = 0;  ///< alpha_op 0: the program has none there
  std::int32_t rows = 0, risen = 0;        ///< rows of the tile; rows whose maximum rose, from -inf too
  bool first = false;                      ///< no row had seen a key
  std::int32_t risen_row = -1;             ///< the first one that rose, within the tile
  float risen_to = 0;                      ///< its maximum, as the program keeps it
  float smallest_alpha = 1;                ///< of rows that had seen a key
  std::int32_t shrunk_row = -1;            ///< whose it is
  float share_risen() const { return rows > 0 ? static_cast<float>(risen) / static_cast<float>(rows) : 0; }
};
/// Of a block, executed once. The run must have values.
const std::vector<MaximaOfTile>& maxima_of(const Run& run, BlockRef ref);

}  // namespace scope
