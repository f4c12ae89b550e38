// The parts of simulate() that others need too: the window's timelines, `attoscope trace`, tests.
#pragma once

#include "sim/analysis/report.h"
#include "sim/executors/footprint.h"
#include "sim/executors/timing.h"

namespace sim {

/// `experiment` with problem and schedule checked and filled in, and its plan.
struct Prepared {
  Problem problem;
  Schedule schedule;
  Plan plan;
};
Prepared prepare(const Experiment& experiment);

/// What a block of `kernel` asks of the machine, the largest over its blocks, and how many fit an SM. Throws Error
/// with the sum of its tiles if not even one fits.
struct KernelFit {
  Footprint footprint;
  BlockResources resources;
  Occupancy occupancy;
  bool multiplies = false;  ///< has it matrix instructions? They lower the clock: at_clock_of(machine, multiplies)
};
KernelFit fit_kernel(const Plan& plan, const Kernel& kernel, const Machine& machine);

/// Sees a run while simulate() places it in time, kernel by kernel.
struct SimulationObserver {
  /// Before kernel number `kernel` is placed; its first block starts `begin_us` after the run's start. The traffic
  /// lasts until on_timed.
  std::function<void(std::size_t kernel, double begin_us, const KernelFit& fit, const L2Kernel& traffic)> on_kernel;
  SpanSink on_span;                                          ///< in cycles from the kernel's start
  std::function<void(const KernelTiming& timing)> on_timed;  ///< after the kernel's last span
};

/// Names what limits a kernel: the unit or level that is busy at least four fifths of the time, else the one on which
/// the blocks spend most of theirs; "latency" if that is waiting although nothing is busy.
std::string name_bound(const KernelTiming& timing, const Machine& machine);

/// Start of kernel number `k` in us if its predecessors end at `end_us`: a launch, or the gap behind another.
double kernel_start_us(const Machine& machine, std::size_t k, double end_us);

}  // namespace sim
