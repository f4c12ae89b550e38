#include "sim/measurement/validate.h"

#include <algorithm>
#include <cmath>

#include "sim/base/error.h"

namespace sim {

void one_by_one(std::size_t count, const std::function<void(std::size_t)>& work) {
  for (std::size_t i = 0; i < count; ++i) {
    work(i);
  }
}

namespace {

std::optional<double> relative_error(double simulated, double measured) {
  if (measured == 0) {
    return simulated == 0 ? std::optional(0.0) : std::nullopt;
  }
  return simulated / measured - 1;
}

/// One simulation, with what is switched off.
Report simulate_without(Experiment experiment, const ValidateOptions& options) {
  SimulateOptions simulation;
  for (const Mechanism* mechanism : options.without) {
    mechanism->off(experiment.machine, simulation);
  }
  return simulate(experiment, simulation);
}

/// Cycles and clock under the profiler; nothing if its clock is not known.
std::optional<CycleComparison> counted_cycles(const MeasuredCounters& counters) {
  CycleComparison cycles;
  double time_us = 0;
  for (const KernelCounters& kernel : counters.kernels) {
    if (!kernel.clock_mhz && !kernel.time_us) {
      return std::nullopt;
    }
    cycles.measured += kernel.cycles;
    time_us += kernel.clock_mhz ? kernel.cycles / *kernel.clock_mhz : *kernel.time_us;
  }
  if (time_us <= 0) {
    return std::nullopt;
  }
  cycles.clock_mhz = cycles.measured / time_us;
  cycles.from_counters = true;
  return cycles;
}

std::optional<CycleComparison> measured_cycles(const MeasuredPoint& point) {
  if (const auto counted = point.counters ? counted_cycles(*point.counters) : std::nullopt) {
    return counted;
  }
  if (!point.clock_mhz) {
    return std::nullopt;
  }
  CycleComparison cycles;
  cycles.clock_mhz = point.clock_mhz->median;
  cycles.measured = point.time_us.median * cycles.clock_mhz;
  return cycles;
}

std::optional<CycleComparison> compare_cycles(const MeasuredPoint& point, Experiment experiment,
                                              const ValidateOptions& options) {
  std::optional<CycleComparison> cycles = measured_cycles(point);
  if (cycles) {
    experiment.machine.chip.clock_mhz = cycles->clock_mhz;
    const Report report = simulate_without(experiment, options);
    cycles->simulated = cycles->from_counters ? report.cycles : report.time_us * cycles->clock_mhz;
    cycles->error = cycles->simulated / cycles->measured - 1;
  }
  return cycles;
}

std::vector<CounterComparison> compare_counters(const FoundPoint& at, const Experiment& experiment,
                                                const Report& report) {
  std::vector<CounterComparison> all;
  for (const PredictedCounter& simulated : predict_counters(experiment, report, at.file->card)) {
    if (const std::optional<double> measured = at.point->counted(simulated.counter)) {
      all.push_back({simulated, *measured, relative_error(simulated.value, *measured)});
    }
  }
  return all;
}

/// Kernels that both name, in their order.
std::vector<KernelComparison> compare_kernels(const MeasuredPoint& point, const Report& report) {
  std::vector<KernelComparison> all;
  for (std::size_t k = 0; k < report.kernels.size(); ++k) {
    const KernelReport& kernel = report.kernels[k];
    KernelComparison row{kernel.name, kernel.time_us, std::nullopt};
    if (point.kernels.size() == report.kernels.size() && point.kernels[k].name == kernel.name) {
      row.measured_us = point.kernels[k].time_us;
    }
    all.push_back(std::move(row));
  }
  return all;
}

}  // namespace

Comparison compare(const FoundPoint& at, const Machine& machine, const ValidateOptions& options) {
  const MeasuredPoint& point = *at.point;
  Comparison result;
  result.at = at;
  result.measured_us = point.time_us.median;
  const bool with_mma = !find_algorithm(point.algorithm).softmax;
  const Experiment experiment{at_clock_of(machine, with_mma), point.algorithm, point.problem, point.schedule};
  try {
    const Report report = simulate_without(experiment, options);
    result.simulated_us = report.time_us;
    result.error = report.time_us / result.measured_us - 1;
    result.bound = report.bound;
    result.kernels = compare_kernels(point, report);
    if (options.counters && point.counters) {
      result.counters = compare_counters(at, experiment, report);
    }
    if (options.cycles) {
      result.cycles = compare_cycles(point, experiment, options);
    }
  } catch (const Error& error) {
    result.failure = error.where().empty() ? error.message() : error.where() + ": " + error.message();
  }
  return result;
}

std::vector<Comparison> validate(const std::vector<FoundPoint>& points, const Machine& machine,
                                 const ValidateOptions& options) {
  std::vector<Comparison> all(points.size());
  options.for_each(points.size(), [&](std::size_t i) { all[i] = compare(points[i], machine, options); });
  return all;
}

Selection select_points(const std::vector<MeasurementFile>& files, const std::vector<std::string>& algorithms,
                        HeldBack held_back) {
  Selection selection;
  for (const MeasurementFile& file : files) {
    for (const MeasuredPoint& point : file.points) {
      const bool wanted = (algorithms.empty() ||
                           std::find(algorithms.begin(), algorithms.end(), point.algorithm) != algorithms.end()) &&
                          (held_back == HeldBack::with || point.held_back == (held_back == HeldBack::only));
      if (!wanted) {
        continue;
      }
      if (!point.variant.empty()) {
        ++selection.baselines;
      } else if (!point.check.passed) {
        ++selection.unchecked;
      } else if (!point.cold_l2) {
        ++selection.warm;
      } else {
        selection.points.push_back({&file, &point});
      }
    }
  }
  return selection;
}

std::optional<double> error_of_time(const Comparison& comparison) { return comparison.error; }

std::optional<double> error_of_cycles(const Comparison& comparison) {
  return comparison.cycles ? std::optional(comparison.cycles->error) : std::nullopt;
}

namespace {

void add(ErrorSummary& summary, const Comparison& comparison, double error) {
  ++summary.points;  // the means are sums until finished
  summary.mean_abs += std::abs(error);
  summary.mean += error;
  if (summary.worst == nullptr || std::abs(error) > std::abs(summary.worst_error)) {
    summary.worst = &comparison;
    summary.worst_error = error;
  }
}

void finish(ErrorSummary& summary) {
  if (summary.points > 0) {
    summary.mean_abs /= static_cast<double>(summary.points);
    summary.mean /= static_cast<double>(summary.points);
  }
}

/// `wanted` "": of all algorithms.
AlgorithmSummary summary_of(const std::vector<Comparison>& comparisons, const std::string& wanted,
                            const ErrorOf& error_of) {
  AlgorithmSummary summary;
  summary.algorithm = wanted.empty() ? "all" : wanted;
  for (const Comparison& comparison : comparisons) {
    const std::optional<double> error = comparison.failure.empty() ? error_of(comparison) : std::nullopt;
    if (!error || (!wanted.empty() && comparison.at.point->algorithm != wanted)) {
      continue;
    }
    if (comparison.measured_us <= kBriefUs) {
      add(summary.brief, comparison, *error);
      continue;
    }
    add(summary.all, comparison, *error);
    add(comparison.held_back() ? summary.held_back : summary.rest, comparison, *error);
  }
  for (ErrorSummary* part : {&summary.all, &summary.held_back, &summary.rest, &summary.brief}) {
    finish(*part);
  }
  return summary;
}

}  // namespace

std::vector<AlgorithmSummary> summarise(const std::vector<Comparison>& comparisons, const ErrorOf& error_of) {
  std::vector<AlgorithmSummary> all;
  for (const std::string& algorithm : algorithm_names()) {
    AlgorithmSummary summary = summary_of(comparisons, algorithm, error_of);
    if (summary.all.points + summary.brief.points > 0) {
      all.push_back(std::move(summary));
    }
  }
  if (all.size() > 1) {
    all.push_back(summary_of(comparisons, "", error_of));
  }
  return all;
}

std::vector<CounterSummary> summarise_counters(const std::vector<Comparison>& comparisons) {
  std::vector<CounterSummary> all;
  for (const std::string& algorithm : algorithm_names()) {
    const std::size_t first = all.size();
    for (const Comparison& comparison : comparisons) {
      for (const CounterComparison& counter : comparison.counters) {
        if (comparison.at.point->algorithm != algorithm || !counter.error || !counter.simulated.judged) {
          continue;
        }
        auto row = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
                                [&](const auto& known) { return known.counter == counter.simulated.counter; });
        if (row == all.end()) {
          row = all.insert(all.end(), {algorithm, counter.simulated.counter, counter.simulated.exact, {}});
        }
        add(row->errors, comparison, *counter.error);
      }
    }
  }
  for (CounterSummary& row : all) {
    finish(row.errors);
  }
  return all;
}

std::vector<Ablation> ablate(const std::vector<FoundPoint>& points, const Machine& machine,
                             const ValidateOptions& options, const std::vector<Mechanism>& all,
                             const ErrorOf& error_of) {
  std::vector<Ablation> ablations(all.size() + 1);
  for (std::size_t i = 0; i < ablations.size(); ++i) {
    ValidateOptions without = options;
    without.counters = false;
    if (i > 0) {
      ablations[i].off = &all[i - 1];
      without.without.push_back(&all[i - 1]);
    }
    const std::vector<Comparison> comparisons = validate(points, machine, without);
    for (const AlgorithmSummary& summary : summarise(comparisons, error_of)) {
      ablations[i].rows.push_back({summary.algorithm, summary.all.points, summary.all.mean_abs, summary.all.mean});
    }
  }
  return ablations;
}

}  // namespace sim
