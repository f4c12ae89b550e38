// attoscope trace: a run as a trace that ui.perfetto.dev shows.
#pragma once

#include <string>

#include "sim/analysis/report.h"

namespace cli {

/// Simulates and writes the whole trace to `output`, or nothing. Returns the exit code; throws sim::Error.
int trace_command(const sim::Experiment& experiment, const std::string& output);

}  // namespace cli
