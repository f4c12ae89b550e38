// From micro-benchmark results to the numbers of a machine file. Attention timings are no input.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// What attoscope-microbench wrote: medians by result name and point of the curve.
struct MicrobenchResults {
  std::string source;  ///< the file, for messages
  std::string card;    ///< "NVIDIA H200"
  std::string date;    ///< "2026-11-22"
  std::string driver;

  struct Result {
    std::map<std::string, double> at;  ///< the point of a curve; empty: not a curve
    double median = 0;
    std::string unit;
  };
  std::map<std::string, std::vector<Result>> results;

  /// The median of `name` at exactly the point `at`; nothing if it was not measured.
  std::optional<double> find(std::string_view name, const std::map<std::string, double>& at = {}) const;
};

constexpr std::size_t kMicrobenchBytesMax = std::size_t{16} << 20;

/// Reads "attoscope-microbench 1" JSON. Throws Error naming file, result and key.
MicrobenchResults parse_microbench(const std::string& json_text, const std::string& source);

/// One number of a machine file as the results have it.
struct Calibrated {
  std::string key;     ///< "hbm.read_gb_per_s"
  double value = 0;    ///< in the key's unit, rounded to four digits
  std::string source;  ///< the comment beside it: which result, card, date
};

/// Every number that these results determine, in the machine file's order. Those whose results are missing are left
/// out.
std::vector<Calibrated> calibrate(const MicrobenchResults& results);

/// `machine_toml` with those numbers put in, each under its source as a comment; all else stays as it is. Throws Error
/// if a key is not there.
std::string with_calibration(const std::string& machine_toml, const std::vector<Calibrated>& numbers,
                             const std::string& source);

}  // namespace sim
