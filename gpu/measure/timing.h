// How long a point takes, at which clock and power.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "measure/card.h"
#include "measure/point.h"

namespace measure {

struct TimingLimits {
  int samples = 20;
  double seconds = 1.0;  ///< fewer samples if they take longer, but three
};

struct Timing {
  std::vector<double> us;   ///< of each sample, by events, from before the first kernel to after the last
  std::vector<double> mhz;  ///< SM clock of each sample: see ClockProbe
  double power_w = -1;      ///< right after the last; negative if it can't be told
  Json to_json() const;     ///< "time_us", "clock_mhz", "power_w", "cycles" of the contract
};

/// What is timed: `launch` queues so many kernels.
struct Timed {
  std::function<void()> launch;
  int kernels = 1;
  bool cold_l2 = true;
};

/// Samples, each after a flush of the L2 if it is to be cold. The host stays ahead of the card: everything is queued
/// behind a kernel that spins. Two runs of warm-up.
Timing time_launch(const Card& card, const L2Flush& flush, const TimingLimits& limits, const Timed& timed);

/// What the above does, for "conditions" of a measurement file.
std::string conditions(const Card& card, const TimingLimits& limits);

/// The sample below which `fraction` of the sorted samples lie.
double quantile(std::vector<double> samples, double fraction);

}  // namespace measure
