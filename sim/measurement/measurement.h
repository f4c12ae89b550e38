// What real cards did: assets/measurements/MACHINE/*.json, as attoscope-measure writes it. Each file says on which card
// and under which conditions; each of its points is one algorithm on one problem under one schedule.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/analysis/report.h"

namespace sim {

/// Medians and spread of repeated runs.
struct MeasuredTime {
  double median = 0, p10 = 0, p90 = 0, min = 0, max = 0;
  int samples = 0;
};

struct MeasuredClock {
  double median = 0, min = 0, max = 0;
};

struct MeasuredKernel {
  std::string name;
  std::int64_t grid = 0;  ///< 0: not known
  int launches = 1;       ///< of this name and grid, here as one
  std::optional<double> time_us;
};

/// A kernel under Nsight Compute. `values` holds the counters by their names in the file, those that were taken:
/// dram_read_bytes, dram_write_bytes, l2_read_sectors, l2_write_sectors, sm_l2_read_bytes, sm_l2_write_bytes,
/// smem_read_bytes, smem_write_bytes, smem_bytes (both), smem_wavefronts, tensor_instructions, exp_instructions (a
/// warp's, as the one before and the last), l2_hit_pct, registers, warp_instructions.
struct KernelCounters {
  std::string name;
  double cycles = 0;                ///< sm__cycles_elapsed.max
  std::optional<double> time_us;    ///< under the profiler; times are judged without it
  std::optional<double> clock_mhz;  ///< that the profiler let the card have
  std::map<std::string, double> values;
};

struct MeasuredCounters {
  std::string tool;
  bool cold_l2 = true;  ///< flushed before each kernel
  std::vector<KernelCounters> kernels;
};

struct MeasuredPoint {
  std::string algorithm;
  std::string variant;     ///< "": what the simulator simulates; else a baseline that it doesn't judge ("cublas")
  bool held_back = false;  ///< not looked at while the model was made
  Problem problem;         ///< complete
  Schedule schedule;       ///< as it ran: zeros only for what the algorithm doesn't use
  bool cold_l2 = true;

  struct Check {
    bool passed = false;
    double max_abs_error = 0, tolerance = 0;
  } check;

  // Left empty where the check failed.
  MeasuredTime time_us;  ///< first kernel's start to last one's end
  std::optional<MeasuredClock> clock_mhz;
  std::optional<double> power_w;
  std::optional<double> cycles;  ///< of the timed runs; see clock_mhz
  std::vector<MeasuredKernel> kernels;
  std::optional<MeasuredCounters> counters;

  /// A counter summed over the kernels, if each of them has it.
  std::optional<double> counted(const std::string& counter) const;
};

struct MeasuredCard {
  std::string name;                ///< "NVIDIA H200"
  std::string machine;             ///< the machine file that describes it: "h200-sxm"
  std::string compute_capability;  ///< "9.0"
  int sm_count = 0;
};

struct MeasurementFile {
  std::string path;
  std::string date;  ///< "2026-11-22T21:38:16Z"
  MeasuredCard card;
  std::string driver;   ///< version
  std::string toolkit;  ///< that compiled it
  std::string conditions;
  std::vector<MeasuredPoint> points;
};

/// Larger files and texts are refused.
constexpr std::size_t kMeasurementBytesMax = std::size_t{64} << 20;

/// Reads a measurement file's text; `source` is what messages call it. Any bytes give a file or an Error that names
/// source, point ("points[3].time_us.median"), value and what was expected. Unknown keys are passed over; null stands
/// for what was not measured, where that may be: clock_mhz, power_w, cycles, each counter, errors that aren't finite.
MeasurementFile parse_measurements(const std::string& text, const std::string& source);

/// A file, or all *.json of a folder in the order of their names. Throws Error if there are none.
std::vector<MeasurementFile> load_measurements(const std::string& file_or_directory);

/// The measurements of a machine that the assets hold: measurements/MACHINE/*.json. Empty if there are none.
std::vector<MeasurementFile> measurements_for(const std::string& machine, const std::string& assets_directory);

/// Machines that measurements_for() has some of, sorted.
std::vector<std::string> measured_machines(const std::string& assets_directory);

/// A point and the file that it stands in.
struct FoundPoint {
  const MeasurementFile* file = nullptr;
  const MeasuredPoint* point = nullptr;
  explicit operator bool() const { return point != nullptr; }
};

/// The measurement of this very run, into `files`: same algorithm, problem and schedule, with defaults filled in on
/// both sides; its check passed, no baseline. Of several, one from a cold L2, which is what the simulator starts with,
/// goes before a warm one, then the latest. None for an experiment with a program of its own.
FoundPoint find_point(const std::vector<MeasurementFile>& files, const Experiment& experiment);

}  // namespace sim
