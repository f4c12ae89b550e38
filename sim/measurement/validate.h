// The simulation held against measurements: every point is simulated under the schedule that ran, and compared.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/measurement/counter_laws.h"
#include "sim/measurement/measurement.h"
#include "sim/measurement/mechanisms.h"

namespace sim {

/// Calls work(0), ..., work(count - 1), each once, in any order, perhaps several at a time. The simulator has no
/// threads of its own: who wants several brings them.
using ForEach = std::function<void(std::size_t count, const std::function<void(std::size_t)>& work)>;
void one_by_one(std::size_t count, const std::function<void(std::size_t)>& work);

struct ValidateOptions {
  bool cycles = false;                    ///< compare cycles too: one more simulation a point, at the measured clock
  bool counters = true;                   ///< compare counters where a point has some
  std::vector<const Mechanism*> without;  ///< switched off
  ForEach for_each = one_by_one;
};

struct CounterComparison {
  PredictedCounter simulated;
  double measured = 0;
  std::optional<double> error;  ///< none if 0 was measured and something else simulated
};

/// Cycles at the clock that was measured, so that the machine file's clock is no hidden fit.
struct CycleComparison {
  double simulated = 0, measured = 0, error = 0;
  double clock_mhz = 0;        ///< of the measurement; the simulation runs at it
  bool from_counters = false;  ///< sm__cycles_elapsed.max of each kernel, launches left out; else time x clock
};

struct KernelComparison {
  std::string name;
  double simulated_us = 0;
  std::optional<double> measured_us;
};

struct Comparison {
  FoundPoint at;
  std::string failure;  ///< why this machine can't simulate the point; then nothing below is filled in
  double simulated_us = 0, measured_us = 0;
  double error = 0;   ///< simulated / measured - 1, here as everywhere
  std::string bound;  ///< of the simulation; see Report::bound
  std::optional<CycleComparison> cycles;
  std::vector<CounterComparison> counters;
  std::vector<KernelComparison> kernels;

  bool held_back() const { return at.point->held_back; }
};

/// Simulates one point on `machine`.
Comparison compare(const FoundPoint& at, const Machine& machine, const ValidateOptions& options);

/// All points, in their order.
std::vector<Comparison> validate(const std::vector<FoundPoint>& points, const Machine& machine,
                                 const ValidateOptions& options);

/// Which points are held against the simulation, and how many are not.
struct Selection {
  std::vector<FoundPoint> points;
  std::size_t baselines = 0;  ///< of other programs than the simulator's
  std::size_t unchecked = 0;  ///< wrong results
  std::size_t warm = 0;       ///< from a warm L2: the simulator's is empty at first
};
enum class HeldBack : std::uint8_t { with, without, only };
/// Of `files`: those of `algorithms`, or of all if there are none.
Selection select_points(const std::vector<MeasurementFile>& files, const std::vector<std::string>& algorithms,
                        HeldBack held_back);

/// Points that last no longer are listed apart: a launch is most of them.
constexpr double kBriefUs = 20;

struct ErrorSummary {
  std::size_t points = 0;
  double mean_abs = 0;                ///< mean of |error|
  double mean = 0;                    ///< of error, signed: what a wrong constant moves
  const Comparison* worst = nullptr;  ///< of |error|; null without points
  double worst_error = 0;
};

/// The errors of one algorithm, or of all, named "all".
struct AlgorithmSummary {
  std::string algorithm;
  ErrorSummary all;  ///< of the points above kBriefUs
  ErrorSummary held_back, rest;
  ErrorSummary brief;  ///< of the others
};

/// What an error is taken of; nothing where a comparison lacks it.
using ErrorOf = std::function<std::optional<double>(const Comparison&)>;
std::optional<double> error_of_time(const Comparison& comparison);
std::optional<double> error_of_cycles(const Comparison& comparison);

/// By algorithm, in the order of algorithms(), and then all together if there are several. They point into
/// `comparisons`.
std::vector<AlgorithmSummary> summarise(const std::vector<Comparison>& comparisons, const ErrorOf& error_of);

struct CounterSummary {
  std::string algorithm, counter;
  bool exact = false;
  ErrorSummary errors;  ///< of the points that are judged, brief ones too: a count needs no time
};
std::vector<CounterSummary> summarise_counters(const std::vector<Comparison>& comparisons);

/// What a mechanism is worth: the errors without it.
struct Ablation {
  const Mechanism* off = nullptr;  ///< null: none is
  struct Row {
    std::string algorithm;
    std::size_t points = 0;
    double mean_abs = 0, mean = 0;
  };
  std::vector<Row> rows;  ///< of the points above kBriefUs, as summarise() lists algorithms
};

/// The whole model, then each of `all` switched off in turn, beside options.without.
std::vector<Ablation> ablate(const std::vector<FoundPoint>& points, const Machine& machine,
                             const ValidateOptions& options, const std::vector<Mechanism>& all,
                             const ErrorOf& error_of);

}  // namespace sim
