// Programs that prove what the tile language carries beyond the algorithms it ships: atomic reduction into HBM, gathers
// by a block table, producer and consumers with barriers, branches on data. Tests run each through every executor.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/executors/io.h"
#include "sim/executors/numeric.h"

namespace tests {

struct Proof {
  std::string name;
  sim::Plan plan;
  std::function<void(sim::NumericRun&)> set_inputs;
  std::function<double(const sim::NumericRun&)> max_abs_error;  ///< of what the plan wrote
  double tolerance = 0;
  std::map<std::string, sim::Traffic> traffic;  ///< closed form, by tensor; empty: depends on the values
  std::int64_t matmul_flops = 0;                ///< likewise
  std::int64_t smem_peak_bytes = 0;             ///< of the block that needs most
};

/// C += A_h B_h over all heads h of a group and all parts of the summed dimension, each by a block of its own.
Proof atomic_reduction(sim::DType dtype);

/// Causal attention whose K and V lie in pages of 16 rows, which a table (int32, in HBM) scatters.
Proof paged_attention(sim::DType dtype);

/// Causal attention with a producer that fills two stages and two consumers, a block of rows each, taking turns.
/// Ragged in rows and keys.
enum class Mistake { none, consumer_keeps_buffers };
Proof producer_consumer(sim::DType dtype, Mistake mistake = Mistake::none);

/// Attention that rescales only when a row's maximum grew by more than `threshold`.
Proof lazy_rescale(sim::DType dtype, float threshold);

/// The first three and the last, right ones.
std::vector<Proof> proof_programs();

}  // namespace tests
