// A run as JSON. Names are a contract; fields.h documents every leaf.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/analysis/report.h"

namespace cli {

/// Keys stay in the order in which they were added.
using Json = nlohmann::ordered_json;

using Overrides = std::vector<std::pair<std::string, double>>;

/// Without timing, modelled numbers are null and utilisation and waits are empty.
Json report_json(const sim::Report& report, const Overrides& overrides, bool timing);

/// The leaf at "two_level.by_tensor.K.read_bytes", or null.
Json value_at(const Json& json, const std::string& path);

/// A number, or null if the leaf is none.
std::optional<double> number_at(const Json& json, const std::string& path);

/// Text with two blanks of indentation and a newline at the end.
std::string dumped(const Json& json);

}  // namespace cli
