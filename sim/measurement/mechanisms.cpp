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
      {"dependent_latency", "products, shuffles, exponentials, ldmatrix and barriers have no latency beyond their work",
       [](Machine& m, SimulateOptions&) {
         m.overheads.matmul_latency_cycles = m.overheads.shuffle_cycles = m.overheads.exp_latency_cycles = 0;
         m.overheads.smem_latency_cycles = m.overheads.syncthreads_cycles = 0;
       }},
      {"l2_writes", "the L2 takes writes as fast as it gives reads",
       [](Machine& m, SimulateOptions&) { m.l2.write_bytes_per_clock = m.l2.write_bytes_per_clock_per_sm = 0; }},
      {"copy_issue", "asking for a copy takes no time",
       [](Machine& m, SimulateOptions&) { m.overheads.copy_issue_cycles = m.overheads.copy_setup_cycles = 0; }},
      {"passes", "the ops of a pass over registers follow one another",
       [](Machine&, SimulateOptions& o) { o.rules.passes = false; }},
      {"feed_stall", "mma.sync never waits for its operands",
       [](Machine&, SimulateOptions& o) { o.rules.feed_stall = false; }},
      {"mma_slots", "mma.sync is issued beside any other instructions",
       [](Machine&, SimulateOptions& o) { o.rules.mma_slots = false; }},
      {"oldest_first", "a unit serves all blocks that want it equally",
       [](Machine&, SimulateOptions& o) { o.rules.oldest_first = false; }},
      {"landings", "copies that land leave the SMEM port to others",
       [](Machine&, SimulateOptions& o) { o.rules.landings = false; }},
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
