#include "sim/analysis/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/base/error.h"

namespace sim {

namespace {

void check_range(const char* flag, std::int64_t value, std::int64_t most) {
  if (value < 0 || value > most) {
    throw Error(flag, fmt::format("is {}", value),
                fmt::format("give a number from 1 to {}, or 0 for the default", most));
  }
}

void check_schedule(const Schedule& schedule) {
  check_range("block-q", schedule.block_q, 1 << 24);
  check_range("block-kv", schedule.block_kv, 1 << 24);
  check_range("stages", schedule.stages, 64);
  check_range("warps", schedule.warps, 32);
  check_range("splits", schedule.splits, 4096);
  check_range("tile", schedule.tile, 4096);
}

}  // namespace

Prepared prepare(const Experiment& experiment) {
  const Algorithm& algorithm = find_algorithm(experiment.algorithm);
  Prepared prepared;
  prepared.problem = checked(experiment.problem, algorithm.softmax);
  check_schedule(experiment.schedule);
  prepared.schedule = algorithm.schedule(prepared.problem, experiment.schedule, experiment.machine);
  prepared.plan = algorithm.plan(prepared.problem, prepared.schedule, experiment.machine);
  if (experiment.program) {
    prepared.plan = with_program(std::move(prepared.plan), experiment.program);
  }
  return prepared;
}

namespace {

[[noreturn]] void does_not_fit(const Kernel& kernel, const Trace& trace, const Plan& plan, Level level,
                               const std::string& needs) {
  throw Error(fmt::format("kernel '{}'", kernel.name), fmt::format("{}: {}", needs, sum_at_peak(trace, plan, level)),
              level == Level::smem ? "take a smaller --block-q or --block-kv, or fewer --stages"
                                   : "take a smaller --block-q or --block-kv, or more --warps");
}

void check_fit(const Plan& plan, const Kernel& kernel, const Machine& machine, const Trace& trace,
               const BlockResources& resources) {
  if (resources.smem_bytes > machine.sm.smem_bytes_per_block) {
    does_not_fit(kernel, trace, plan, Level::smem,
                 fmt::format("a block needs {} B of SMEM and may use {} B on {}", resources.smem_bytes,
                             machine.sm.smem_bytes_per_block, machine.name));
  }
  if (resources.registers_per_thread > machine.sm.registers_per_thread_max) {
    does_not_fit(kernel, trace, plan, Level::registers,
                 fmt::format("a thread needs {} registers and may use {} on {} ({} threads; {} a thread beside tiles)",
                             resources.registers_per_thread, machine.sm.registers_per_thread_max, machine.name,
                             resources.threads, kRegistersBesideTiles));
  }
}

}  // namespace

namespace {

bool multiplies(const Trace& trace) {
  return std::any_of(trace.ops.begin(), trace.ops.end(), [](const Op& op) { return op.kind == OpKind::matmul; });
}

}  // namespace

KernelFit fit_kernel(const Plan& plan, const Kernel& kernel, const Machine& machine) {
  KernelFit fit;
  Trace trace;
  for (std::int32_t index = 0; index < kernel.blocks; ++index) {
    if (kernel.representative(index) == index) {
      record_block(kernel, index, trace);
      const Footprint footprint = footprint_of(trace);
      fit.footprint.smem_peak_bytes = std::max(fit.footprint.smem_peak_bytes, footprint.smem_peak_bytes);
      fit.footprint.register_peak_bytes = std::max(fit.footprint.register_peak_bytes, footprint.register_peak_bytes);
      check_fit(plan, kernel, machine, trace, resources_of(kernel, footprint));
      fit.multiplies = fit.multiplies || (kernel.matmul != MatmulUnit::ffma && multiplies(trace));
    }
  }
  fit.resources = resources_of(kernel, fit.footprint);
  fit.occupancy = occupancy(machine, fit.resources);
  return fit;
}

std::string name_bound(const KernelTiming& timing, const Machine& machine) {
  constexpr double kSaturated = 0.8;
  const double sm_cycles = timing.cycles * machine.chip.sm_count;
  std::map<std::string, double> busy;  // fraction of the time
  for (int unit = 0; unit < kUnits; ++unit) {
    busy[std::string(name_of(static_cast<Unit>(unit)))] = timing.work[static_cast<std::size_t>(unit)] / sm_cycles;
  }
  busy["l2"] = timing.l2_cycles / timing.cycles;
  busy["hbm"] = timing.hbm_cycles / timing.cycles;
  const auto by_value = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto busiest = std::max_element(busy.begin(), busy.end(), by_value);
  if (busiest->second >= kSaturated) {
    return busiest->first;
  }

  // Nothing is saturated: where do the blocks spend their time?
  std::map<std::string, double> spent;
  for (int unit = 0; unit < kUnits; ++unit) {
    spent[std::string(name_of(static_cast<Unit>(unit)))] = timing.actors_on[static_cast<std::size_t>(unit)];
  }
  const auto waited = [&](WaitReason reason) { return timing.waits[static_cast<std::size_t>(reason)]; };
  spent["latency"] =
      waited(WaitReason::latency) + waited(WaitReason::hbm) + waited(WaitReason::l2) + waited(WaitReason::barrier);
  const auto most = std::max_element(spent.begin(), spent.end(), by_value);
  if (most->first == "latency" && busiest->second >= 0.5) {
    return busiest->first;
  }
  return most->first;
}

double kernel_start_us(const Machine& machine, std::size_t k, double end_us) {
  return end_us + (k == 0 ? machine.overheads.launch_us : machine.overheads.kernel_gap_us);
}

namespace {

class Simulation {
 public:
  Simulation(const Experiment& experiment, const SimulateOptions& options)
      : machine_(experiment.machine), options_(options), prepared_(prepare(experiment)) {
    report_.algorithm = experiment.algorithm;
    report_.machine = machine_.name;
    report_.problem = prepared_.problem;
    report_.schedule = prepared_.schedule;
  }

  Report run() {
    for (const Kernel& kernel : prepared_.plan.kernels) {
      count_exactly(kernel);
    }
    collect_counters();
    if (options_.timing) {
      L2Model l2(prepared_.plan, machine_);
      for (std::size_t k = 0; k < prepared_.plan.kernels.size(); ++k) {
        place_in_time(k, l2);
      }
      report_.dram_dirty_bytes = l2.dirty_bytes();
      collect_times();
    }
    return std::move(report_);
  }

 private:
  void count_exactly(const Kernel& kernel) {
    counters_.push_back(count_kernel(prepared_.plan, kernel));
    const Traffic paper = paper_traffic(kernel, counters_.back());
    report_.paper.read_bytes += paper.read_bytes;
    report_.paper.write_bytes += paper.write_bytes;
    report_.paper.reduce_bytes += paper.reduce_bytes;

    fits_.push_back(fit_kernel(prepared_.plan, kernel, machine_));
    const KernelFit& fit = fits_.back();
    KernelReport row;
    row.name = kernel.name;
    row.grid = kernel.total_blocks();
    row.blocks_per_sm = fit.occupancy.blocks_per_sm;
    row.occupancy_limit = fit.occupancy.limit;
    row.waves = static_cast<double>(row.grid) / (double(row.blocks_per_sm) * machine_.chip.sm_count);
    row.smem_bytes_per_block = fit.footprint.smem_peak_bytes;
    row.registers_per_thread = fit.resources.registers_per_thread;
    row.threads_per_block = fit.resources.threads;
    report_.smem_peak_bytes_per_block = std::max(report_.smem_peak_bytes_per_block, row.smem_bytes_per_block);
    report_.registers_per_thread = std::max(report_.registers_per_thread, row.registers_per_thread);
    report_.kernels.push_back(row);
  }

  void collect_counters() {
    Counters total;
    total.by_tensor.resize(prepared_.plan.tensors.size());
    for (const Counters& counters : counters_) {
      total.add(counters);
    }
    report_.two_level = total.traffic();
    report_.work = total.work;
    for (const TensorInfo& tensor : prepared_.plan.tensors) {
      report_.by_tensor.emplace_back(tensor.name, total.by_tensor[tensor.tensor.id]);
    }
    const std::vector<std::int64_t> hbm = hbm_bytes_by_kernel(prepared_.plan, counters_);
    report_.hbm_peak_bytes = *std::max_element(hbm.begin(), hbm.end());
  }

  void place_in_time(std::size_t k, L2Model& l2) {
    KernelReport& row = report_.kernels[k];
    const L2Kernel traffic = l2.run(k, std::int64_t{row.blocks_per_sm} * machine_.chip.sm_count);
    report_.l2_read_bytes += traffic.read_bytes;
    report_.l2_write_bytes += traffic.write_bytes;
    hit_bytes_ += traffic.hit_bytes;
    report_.dram_read_bytes += traffic.dram_read_bytes;
    report_.dram_write_bytes += traffic.dram_write_bytes;

    const double begin_us = kernel_start_us(machine_, k, report_.time_us);
    const SimulationObserver* observer = options_.observer;
    if (observer != nullptr) {
      observer->on_kernel(k, begin_us, fits_[k], traffic);
    }
    const Machine machine = at_clock_of(machine_, fits_[k].multiplies);
    const KernelTiming timing = time_kernel({prepared_.plan, prepared_.plan.kernels[k], machine, traffic,
                                             row.blocks_per_sm, options_.memoise && observer == nullptr,
                                             observer != nullptr ? &observer->on_span : nullptr, options_.rules});
    if (observer != nullptr) {
      observer->on_timed(timing);
    }
    const double kernel_us = timing.cycles / machine.cycles_per_us();
    row.time_us = begin_us + kernel_us - report_.time_us;
    row.bound = name_bound(timing, machine);
    spent_us_["launch"] += begin_us - report_.time_us;
    spent_us_[row.bound] += kernel_us;
    idle_cycles_ += (begin_us - report_.time_us) * machine.cycles_per_us();
    report_.time_us = begin_us + kernel_us;
    report_.cycles += timing.cycles;
    timings_.push_back(timing);
  }

  void collect_times() {
    const double cycles = report_.cycles + idle_cycles_;
    KernelTiming sum;
    for (const KernelTiming& timing : timings_) {
      for (std::size_t u = 0; u < sum.work.size(); ++u) {
        sum.work[u] += timing.work[u];
      }
      for (std::size_t r = 0; r < sum.waits.size(); ++r) {
        sum.waits[r] += timing.waits[r];
      }
      sum.l2_cycles += timing.l2_cycles;
      sum.hbm_cycles += timing.hbm_cycles;
    }
    double actor_cycles = 0;
    for (const double waited : sum.waits) {
      actor_cycles += waited;
    }
    for (int unit = 0; unit < kUnits; ++unit) {
      report_.utilisation.emplace_back(name_of(static_cast<Unit>(unit)),
                                       sum.work[static_cast<std::size_t>(unit)] / (cycles * machine_.chip.sm_count));
    }
    report_.utilisation.emplace_back("l2", sum.l2_cycles / cycles);
    report_.utilisation.emplace_back("hbm", sum.hbm_cycles / cycles);
    for (int reason = 0; reason < kWaitReasons; ++reason) {
      report_.waits.emplace_back(name_of(static_cast<WaitReason>(reason)),
                                 sum.waits[static_cast<std::size_t>(reason)] / actor_cycles);
    }
    report_.l2_hit_rate = report_.l2_read_bytes > 0 ? double(hit_bytes_) / double(report_.l2_read_bytes) : 0;
    report_.bound = std::max_element(spent_us_.begin(), spent_us_.end(), [](const auto& a, const auto& b) {
                      return a.second < b.second;
                    })->first;
  }

  const Machine& machine_;
  const SimulateOptions& options_;
  Prepared prepared_;
  Report report_;
  std::vector<Counters> counters_;
  std::vector<KernelFit> fits_;  // by kernel, as the next
  std::vector<KernelTiming> timings_;
  std::map<std::string, double> spent_us_;  // by bound
  double idle_cycles_ = 0;                  // of launches
  std::int64_t hit_bytes_ = 0;
};

}  // namespace

Report simulate(const Experiment& experiment, const SimulateOptions& options) {
  return Simulation(experiment, options).run();
}

}  // namespace sim
