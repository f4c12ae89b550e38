// What moves and what is computed, counted exactly: bytes between HBM and the chip as the tile programs load and
// store them (the two-level account: SMEM starts empty and is the only cache), FLOPs, exponentials, operand bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/tile/kernel.h"

namespace sim {

/// Bytes between HBM and the chip.
struct Traffic {
  std::int64_t read_bytes = 0, write_bytes = 0, reduce_bytes = 0;
  bool operator==(const Traffic&) const = default;
};

/// Work on the chip.
struct Work {
  std::int64_t matmul_flops = 0;  ///< 2 a multiply-add, unpadded
  std::int64_t other_flops = 0;   ///< 1 an element and operation; exp_diff's multiply-subtract 2; exponentials apart
  std::int64_t exps = 0;          ///< exponentials, those that rescale included
  std::int64_t tensor_instructions = 0;  ///< warp-wide m16n8k16, or warpgroup-wide m64nNk16
  std::int64_t smem_operand_bytes = 0;   ///< read from SMEM by matmuls, with every warp's or warpgroup's re-read
  bool operator==(const Work&) const = default;
};

struct Counters {
  std::vector<Traffic> by_tensor;  ///< indexed by TensorId
  Work work;
  std::int64_t ops = 0;  ///< releases not counted

  Traffic traffic() const;  ///< all tensors together
  void add(const Counters& other, std::int64_t times = 1);
  bool operator==(const Counters&) const = default;
};

/// Adds one op of a block of `kernel`. `by_tensor` must have room for every tensor.
void count(const Op& op, const Kernel& kernel, Counters& counters);

/// SMEM bytes that a matmul's operands cost: a warp of mma.sync reads its own rows of a once and all of b; a
/// warpgroup of wgmma likewise, 64 rows at a time; FP32 FMA kernels work in warp tiles of 32 x 64.
std::int64_t smem_operand_bytes(const Op& op, const Kernel& kernel);

/// Totals of block `index` of one slice.
Counters count_block(const Plan& plan, const Kernel& kernel, std::int32_t index);

/// Totals of a kernel: all its blocks, all slices. Blocks of the same work are counted once and multiplied.
Counters count_kernel(const Plan& plan, const Kernel& kernel);

/// The papers' account: what Kernel::paper_reads says is read once, else the two-level bytes.
Traffic paper_traffic(const Kernel& kernel, const Counters& two_level);

/// Bytes of HBM in use, per kernel: inputs and outputs throughout, scratch from its first use to its last.
std::vector<std::int64_t> hbm_bytes_by_kernel(const Plan& plan, const std::vector<Counters>& kernels);

}  // namespace sim
