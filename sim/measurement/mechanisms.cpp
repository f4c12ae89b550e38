#include "sim/measurement/mechanisms.h"

#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace sim {
namespace {

constexpr double kUnlimited = 1e9;  // a rate per clock that nothing saturates

}  // namespace

const std::vector<Mechanism>& mechanisms() {
  static const std::vector<Mechanism> all = {
      {"launches", "kernels start at once, without launch or gap",
       [](Machine& m, SimulateOptions&) { m.overheads.launch_us = m.overheads.kernel_gap_us = 0; }},
      {"block_start", "a free slot's next block begins at once",
       [](Machine& m, SimulateOptions&) { m.overheads.block_start_cycles = 0; }},
      {"smem_port", "SMEM serves any number of bytes a clock",
       [](Machine& m, SimulateOptions&) { m.rates.smem_bytes_per_clock = kUnlimited; }},
      {"softmax_units", "exponentials, FP32 and ALU work cost nothing",
       [](Machine& m, SimulateOptions&) {
         m.rates.exp_per_clock = m.rates.fp32_lanes = m.rates.alu_lanes = kUnlimited;
       }},
      {"l2_bandwidth", "the L2 and its ports serve any number of bytes a clock",
       [](Machine& m, SimulateOptions&) { m.l2.bytes_per_clock = m.l2.bytes_per_clock_per_sm = kUnlimited; }},
      {"bytes_in_flight", "an SM may wait for any number of bytes",
       [](Machine& m, SimulateOptions&) { m.hbm.in_flight_bytes_per_sm = kUnlimited; }},
      {"dram_turnaround", "DRAM loses nothing between reads and writes",
       [](Machine& m, SimulateOptions&) { m.hbm.copy_gb_per_s = 0; }},
      {"clock_by_load", "kernels without matrix instructions run at the clock of those with them",
       [](Machine& m, SimulateOptions&) { m.chip.clock_without_mma_mhz = 0; }},
      {"dependent_latency", "matmuls and shuffles have no latency beyond their work",
       [](Machine& m, SimulateOptions&) { m.overheads.matmul_latency_cycles = m.overheads.shuffle_cycles = 0; }},
  };
  return all;
}

const Mechanism& find_mechanism(const std::string& name) {
  std::vector<std::string> names;
  for (const Mechanism& mechanism : mechanisms()) {
    if (mechanism.name == name) {
      return mechanism;
    }
    names.push_back(mechanism.name);
  }
  throw Error("--without", "unknown mechanism '" + name + "'", suggestion(name, names));
}

}  // namespace sim
