// The mechanisms of the timing model that can be switched off, to see what each is worth: an ablation.
#pragma once

#include <string>
#include <vector>

#include "sim/analysis/report.h"

namespace sim {

struct Mechanism {
  std::string name;  ///< what --without takes
  std::string text;  ///< what the model then no longer knows
  void (*off)(Machine& machine, SimulateOptions& options);
};

const std::vector<Mechanism>& mechanisms();

/// Throws Error with the nearest name.
const Mechanism& find_mechanism(const std::string& name);

}  // namespace sim
