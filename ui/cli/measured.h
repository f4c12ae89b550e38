// A run's measurement on a real card, beside the simulation.
#pragma once

#include <string>

#include "sim/measurement/measurement.h"
#include "ui/cli/report_json.h"

namespace cli {

/// A section of `attoscope run`, or "" without a measurement.
std::string measured_text(const sim::FoundPoint& found, const sim::Report& report, bool timing);

/// The same for `run --json`, or null.
Json measured_json(const sim::FoundPoint& found, const sim::Report& report, bool timing);

}  // namespace cli
