// What a block keeps on the chip, op by op: SMEM and registers. And what a plan keeps in HBM.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/machine/occupancy.h"
#include "sim/tile/kernel.h"

namespace sim {

/// Registers a thread needs beside its share of the tiles: addresses, indices, operand fragments on their way to the
/// matmul. Estimate: flash-attention's forward kernels hold 192 registers of tiles (O and S of a 128 x 64 tile at
/// d = 128 over 4 warps) and compile to 224 to 255.
inline constexpr int kRegistersBesideTiles = 32;

struct Footprint {
  std::int64_t smem_bytes = 0, register_bytes = 0;            ///< now
  std::int64_t smem_peak_bytes = 0, register_peak_bytes = 0;  ///< so far
};

/// Follows one block: give it every op of the trace in order.
class FootprintExecutor {
 public:
  void on(const Op& op);
  const Footprint& footprint() const { return now_; }

 private:
  struct Held {
    std::int64_t bytes = 0;
    Level level = Level::registers;
  };
  void hold(TileId tile, std::int64_t bytes, Level level);
  void drop(TileId tile);

  Footprint now_;
  std::vector<Held> held_;  ///< by tile
};

Footprint footprint_of(const Trace& trace);

/// SMEM, threads and registers that a block of `kernel` with this footprint asks of the machine.
BlockResources resources_of(const Kernel& kernel, const Footprint& footprint);

/// Does every kernel of the plan fit the machine? Looks at each kernel's first and last block.
bool plan_fits(const Plan& plan, const Machine& machine);

/// The tiles of `trace` that live in `level` at its peak: "K 64x128 fp16 16384 B + ... = 81920 B", for the error that
/// says what does not fit.
std::string sum_at_peak(const Trace& trace, const Plan& plan, Level level);

}  // namespace sim
