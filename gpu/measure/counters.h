// Hardware counters by Nsight Compute. attoscope-measure --profile runs each point once, between a marker kernel and
// the next, with nothing else inside the profiled range; ncu writes one CSV row a kernel; merging cuts the rows at the
// markers and puts them beside the times.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "measure/card.h"
#include "measure/point.h"

namespace measure {

/// Runs every point once, cold or warm as it says, and writes their order to `order_file`.
void profile_points(const Card& card, const std::vector<Point>& points, const std::string& order_file);

/// Adds "counters" to the points of `results_file`. Returns how many got them. Throws Error.
int merge_counters(const std::string& csv_file, const std::string& order_file, const std::string& results_file);

/// The metrics that are merged, one a line: for ncu --metrics.
std::string metric_names();

/// The rows of ncu --csv --page raw: one map-like list of (column, value as text) a kernel, units applied later.
struct CsvTable {
  std::vector<std::string> columns, units;
  std::vector<std::vector<std::string>> rows;
  int column(const std::string& name) const;  ///< -1 if there is none
};
CsvTable read_ncu_csv(std::istream& stream, const std::string& where);

}  // namespace measure
