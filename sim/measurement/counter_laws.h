// What a card's performance counters should show for a simulated run.
#pragma once

#include <string>
#include <vector>

#include "sim/measurement/measurement.h"

namespace sim {

struct PredictedCounter {
  const char* counter;  ///< as a measurement file calls it
  const char* law;      ///< how the number comes about
  double value = 0;
  bool exact = true;   ///< else modelled
  bool judged = true;  ///< else the run is too small to hold the model to it
};

/// Those of the counters that the simulator has something to say about, for a run of `experiment` that gave `report`.
std::vector<PredictedCounter> predict_counters(const Experiment& experiment, const Report& report,
                                               const MeasuredCard& card);

}  // namespace sim
