#include "sim/measurement/measurement.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "sim/base/error.h"
#include "sim/base/file.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

/// Paths of a folder's entries that `wanted` takes, sorted: the system's order is no order.
template <typename F>
std::vector<fs::path> sorted_entries(const fs::path& directory, F wanted) {
  std::vector<fs::path> paths;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, failed)) {
    if (wanted(entry)) {
      paths.push_back(entry.path());
    }
  }
  if (failed) {
    throw Error(directory.string(), failed.message());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<fs::path> json_files(const fs::path& directory) {
  return sorted_entries(directory, [](const fs::directory_entry& entry) {
    return entry.path().extension() == ".json" && entry.is_regular_file();
  });
}

MeasurementFile load_file(const fs::path& path) {
  const std::vector<unsigned char> bytes = read_file(path.string());
  return parse_measurements({bytes.begin(), bytes.end()}, path.string());
}

fs::path folder_of(const std::string& assets_directory) { return fs::path(assets_directory) / "measurements"; }

auto members_of(const Problem& p, bool softmax) {
  // Members that the algorithm doesn't use don't tell problems apart.
  return softmax ? std::tuple(p.rows, p.row_length, 0, 0, 0, 0, Mask::none, p.dtype)
                 : std::tuple(p.batch, p.heads, p.kv_heads, p.seqlen_q, p.seqlen_kv, p.head_dim, p.mask, p.dtype);
}

auto members_of(const Schedule& s) { return std::tuple(s.block_q, s.block_kv, s.stages, s.warps, s.splits, s.tile); }

/// The point's schedule as the simulator fills it in; nothing if that can't run it.
std::optional<Schedule> filled_in(const MeasuredPoint& point, const Algorithm& algorithm, const Machine& machine) {
  try {
    return algorithm.schedule(point.problem, point.schedule, machine);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<double> MeasuredPoint::counted(const std::string& counter) const {
  if (!counters || counters->kernels.empty()) {
    return std::nullopt;
  }
  double sum = 0;
  for (const KernelCounters& kernel : counters->kernels) {
    const auto found = kernel.values.find(counter);
    if (found == kernel.values.end()) {
      return std::nullopt;
    }
    sum += found->second;
  }
  return sum;
}

std::vector<MeasurementFile> load_measurements(const std::string& file_or_directory) {
  std::error_code ignored;
  if (!fs::is_directory(file_or_directory, ignored)) {
    return {load_file(file_or_directory)};
  }
  std::vector<MeasurementFile> files;
  for (const fs::path& path : json_files(file_or_directory)) {
    files.push_back(load_file(path));
  }
  if (files.empty()) {
    throw Error(file_or_directory, "holds no measurements", "they are *.json, written by attoscope-measure");
  }
  return files;
}

std::vector<MeasurementFile> measurements_for(const std::string& machine, const std::string& assets_directory) {
  const std::vector<std::string> machines = measured_machines(assets_directory);
  if (std::find(machines.begin(), machines.end(), machine) == machines.end()) {
    return {};
  }
  return load_measurements((folder_of(assets_directory) / machine).string());
}

std::vector<std::string> measured_machines(const std::string& assets_directory) {
  const fs::path folder = folder_of(assets_directory);
  std::error_code ignored;
  std::vector<std::string> names;
  if (fs::is_directory(folder, ignored)) {
    const auto has_some = [](const fs::directory_entry& entry) {
      return entry.is_directory() && !json_files(entry.path()).empty();
    };
    for (const fs::path& path : sorted_entries(folder, has_some)) {
      names.push_back(path.filename().string());
    }
  }
  return names;
}

FoundPoint find_point(const std::vector<MeasurementFile>& files, const Experiment& experiment) {
  FoundPoint best;
  if (experiment.program) {
    return best;
  }
  const Algorithm& algorithm = find_algorithm(experiment.algorithm);
  const Problem problem = checked(experiment.problem, algorithm.softmax);
  const auto wanted_problem = members_of(problem, algorithm.softmax);
  const auto wanted = members_of(algorithm.schedule(problem, experiment.schedule, experiment.machine));
  for (const MeasurementFile& file : files) {
    for (const MeasuredPoint& point : file.points) {
      if (point.algorithm != experiment.algorithm || !point.variant.empty() || !point.check.passed ||
          members_of(point.problem, algorithm.softmax) != wanted_problem) {
        continue;
      }
      const std::optional<Schedule> schedule = filled_in(point, algorithm, experiment.machine);
      const auto rank = [](const MeasurementFile& f, const MeasuredPoint& p) { return std::tie(p.cold_l2, f.date); };
      if (schedule && members_of(*schedule) == wanted && (!best || rank(*best.file, *best.point) < rank(file, point))) {
        best = {&file, &point};
      }
    }
  }
  return best;
}

}  // namespace sim
