// Changes of a scenario that a control or a comparison asks for, keeping it one that can be run.
#pragma once

#include <string>

#include "sim/scenario/scenario.h"
#include "ui/window/views/context.h"

namespace app {

/// Sets a field by name ("block_q", "algorithm", "preset", "seqlen": both lengths) or a number of the machine. What a
/// new algorithm has no use for goes, block sizes go back to its own, a preset takes the place of the problem. Throws
/// sim::Error.
void set_field(sim::Scenario& scenario, const std::string& name, const std::string& value);

/// All that a frame's actions ask for. Throws sim::Error.
void apply(const views::Actions& actions, sim::Scenario& scenario);

/// `first` with the lines of a scenario over it: what a comparison's second run is. Throws sim::Error.
sim::Scenario second_scenario(const sim::Scenario& first, const std::string& lines);

}  // namespace app
