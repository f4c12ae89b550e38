// A run for people: tables, bars, and a badge beside every number.
#pragma once

#include <string>

#include "sim/analysis/report.h"
#include "ui/cli/report_json.h"

namespace cli {

/// "flash2 on a100-40gb", its problem and its schedule; `given` are the block sizes and the like as the user gave them.
std::string heading_text(const sim::Report& report, const sim::Schedule& given, const Overrides& overrides);

/// Everything that `run` prints after the heading.
std::string report_text(const sim::Report& report, bool timing);

/// "batch 64, heads 16, ..., fp16, mask none"
std::string problem_text(const sim::Problem& problem, bool softmax);

}  // namespace cli
