// One run, in numbers: what `attoscope run` prints and what the window shows. simulate() fills it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/algorithms/algorithms.h"
#include "sim/executors/io.h"
#include "sim/executors/timing_rules.h"
#include "sim/tile/recorded.h"

namespace sim {

/// What to simulate. `schedule` may have zeros; simulate() fills them in.
struct Experiment {
  Machine machine;
  std::string algorithm;
  Problem problem;
  Schedule schedule;
  std::shared_ptr<const RecordedProgram> program{};  ///< runs instead of the algorithm's own, if there is one
};

struct SimulationObserver;  ///< analysis/simulate.h

struct SimulateOptions {
  bool timing = true;                            ///< false: exact counters only, and the modelled fields stay empty
  bool memoise = true;                           ///< same-shaped and steady-state work is simulated once
  const SimulationObserver* observer = nullptr;  ///< sees every op placed in time; then nothing is memoised
  TimingRules rules{};                           ///< of the timing model, that are not switched off
};

struct KernelReport {
  std::string name;
  std::int64_t grid = 0;        ///< blocks, all slices
  int blocks_per_sm = 0;        ///< resident at once
  std::string occupancy_limit;  ///< what keeps it from being more: "SMEM", "registers", "threads", "blocks"
  double waves = 0;             ///< grid / (blocks_per_sm x SMs)
  std::int64_t smem_bytes_per_block = 0;
  int registers_per_thread = 0;
  int threads_per_block = 0;
  double time_us = 0;  ///< launch or gap included
  std::string bound;   ///< what limits it; see Report::bound
};

struct CheckReport {
  double max_abs_error = 0;      ///< of O (or Y) against double precision
  double max_abs_error_lse = 0;  ///< of LSE, where the algorithm returns it
  double tolerance = 0;          ///< a priori bound for the dtype, shape and algorithm
  bool passed = false;
  std::string reference;            ///< what it was compared with
  std::int64_t slices_checked = 0;  ///< heads x batch that were computed
};

struct Report {
  std::string algorithm, machine;
  Problem problem;
  Schedule schedule;
  std::vector<KernelReport> kernels;

  // Exact.
  Traffic paper, two_level;
  std::vector<std::pair<std::string, Traffic>> by_tensor;  ///< of two_level, in the plan's order
  std::int64_t smem_peak_bytes_per_block = 0;              ///< of the kernel that needs most
  int registers_per_thread = 0;                            ///< likewise; an estimate is part of it
  std::int64_t hbm_peak_bytes = 0;
  Work work;

  // Modelled.
  std::int64_t l2_read_bytes = 0, l2_write_bytes = 0;                            ///< SM <-> L2
  double l2_hit_rate = 0;                                                        ///< of read bytes
  std::int64_t dram_read_bytes = 0, dram_write_bytes = 0, dram_dirty_bytes = 0;  ///< dirty: still in L2 at the end
  double cycles = 0, time_us = 0;
  std::string bound;  ///< "tensor core", "fp32", "alu", "exp", "smem", "l2", "hbm", "launch" or "latency"
  std::vector<std::pair<std::string, double>> utilisation;  ///< unit -> busy fraction of the whole time
  std::vector<std::pair<std::string, double>> waits;        ///< reason -> fraction of the actors' time

  std::optional<CheckReport> check;
};

/// Counts exactly and, unless told not to, places the run in time. Throws Error if the schedule does not fit the
/// machine, showing the sum.
Report simulate(const Experiment& experiment, const SimulateOptions& options = {});

}  // namespace sim
