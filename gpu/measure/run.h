// The two kinds of runs over a list of points.
#pragma once

#include <string>
#include <vector>

#include "measure/card.h"
#include "measure/point.h"
#include "measure/timing.h"

namespace measure {

/// Checks every point; prints failures and a summary a kernel. Returns how many failed.
/// `thorough`: with every kind of inputs.
int check_points(const Card& card, const std::vector<Point>& points, bool thorough);

struct MeasureOptions {
  TimingLimits limits;
  std::string file;    ///< empty: standard output, at the end
  bool again = false;  ///< measure also what the file holds already
};

/// Checks, then times. A point that fails its check is said, not timed and not recorded. Returns how many failed.
int measure_points(const Card& card, const std::vector<Point>& points, const MeasureOptions& options);

}  // namespace measure
