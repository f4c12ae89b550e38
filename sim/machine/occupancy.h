// How many blocks of a kernel one SM holds at once, by CUDA's rules.
#pragma once

#include <cstdint>
#include <string>

#include "sim/machine/machine.h"

namespace sim {

struct BlockResources {
  std::int64_t smem_bytes = 0;
  int threads = 0;
  int registers_per_thread = 0;  ///< 0: not a limit
};

struct Occupancy {
  int blocks_per_sm = 0;
  std::string limit;  ///< what one more block would lack: "blocks" (their number), else the first that runs out of
                      ///< "SMEM", "registers", "threads"
};

/// Resident blocks per SM:
/// * SMEM: a block takes its bytes and the reserved ones, rounded up to the allocation unit.
/// * registers: a warp takes 32 x (registers per thread rounded up to the unit), all from one of the SM's four
///   sub-partitions, each of which has a quarter of the registers; the warps of a block may spread over all four.
/// * threads: a block takes whole warps.
/// * blocks: the SM's limit.
/// Throws Error when not even one block fits, with the numbers.
Occupancy occupancy(const Machine& machine, const BlockResources& block);

}  // namespace sim
