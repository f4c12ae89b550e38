// A run as Chrome/Perfetto JSON: SMs as processes, a thread for each unit of each resident block, copies as
// asynchronous events, bytes as counters. Format: Chrome's "Trace Event Format", object form, times in microseconds.
#pragma once

#include <cstdint>
#include <string>

#include "sim/analysis/report.h"

namespace cli {

/// The most spans that a trace may have: about 250 MB of text.
inline constexpr std::int64_t kTraceSpansMax = 1'000'000;

/// Times every op of the run and writes it down. Throws sim::Error if there are more than `spans_max`.
std::string perfetto_json(const sim::Experiment& experiment, std::int64_t spans_max = kTraceSpansMax);

}  // namespace cli
