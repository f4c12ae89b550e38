// Scenarios inside of other TOML files: lessons hold some. Lines in messages are those of the file around them.
#pragma once

#include "sim/base/toml_text.h"
#include "sim/scenario/scenario.h"

namespace sim {

/// parse_scenario of a table that has been parsed; `source` is the file that it stands in.
Scenario scenario_from(const toml::table& table, const std::string& source);

/// A table with keys of a scenario's [view].
ViewTable view_from(const toml::table& table, const std::string& source);

}  // namespace sim
