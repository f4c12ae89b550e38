// What one block did: its ops in order. Blocks of one kernel that differ only by their slice share a trace.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/tile/op.h"

namespace sim {

struct RoleInfo {
  std::string name;  ///< "block" for role 0
  int warps = 0;
};

struct BarrierInfo {
  int arrivals = 1;          ///< that complete one phase
  int completed_phases = 0;  ///< at the start: 1 lets the first wait through
  bool operator==(const BarrierInfo&) const = default;
};

/// Rows that a gather collects: dst rows [k * rows_each, ...) come from tensor rows [first_rows[k], ...).
struct GatherRows {
  std::vector<std::int32_t> first_rows;
  std::int32_t rows_each = 0;
};

struct Trace {
  std::vector<Op> ops;  ///< in issue order; ops of several roles merged in one legal order
  std::vector<RoleInfo> roles;
  std::vector<BarrierInfo> barriers;
  std::vector<GatherRows> gathers;
  TileId tiles = 1;  ///< ids in use are below this

  void clear();
};

/// Moves every load that names a ring of s buffers (Op::stages = s > 0) to the moment its buffer is free: right after
/// the release of the tile that the ring's load number n - s brought, or, for the first s, to the first of them.
/// That is what a kernel does that issues its copies ahead. Loads of a tensor that the block also writes stay, and none
/// moves ahead of a wait. A ring's tiles must be released in the order of their loads.
void hoist_loads(std::vector<Op>& ops);

/// Merges the streams of roles into one order that the barriers allow: each role in turn runs until it must wait.
/// Throws Error naming roles, barrier and line if all of them wait for ever.
/// `streams` are the roles `first_role`, first_role + 1, ...; the result holds the ops of all.
std::vector<Op> merge_roles(const std::vector<std::vector<Op>>& streams, int first_role, const Trace& trace,
                            const std::string& source_file);

}  // namespace sim
