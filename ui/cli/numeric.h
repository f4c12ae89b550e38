// Values: the user's own tensors in, the result out, and the check against double precision between.
#pragma once

#include <string>
#include <vector>

#include "sim/analysis/report.h"
#include "sim/scenario/scenario.h"

namespace cli {

/// What .npy files gave, in the order of the simulated tensors; all empty if there were none.
struct UserInputs {
  std::vector<float> q, k, v, x;
  bool given() const { return !q.empty() || !x.empty(); }
};

/// Reads the scenario's .npy files. Sizes and dtype that it leaves open are taken from them; those it gives must agree.
/// Q is (seqlen, d), (heads, seqlen, d) or (batch, heads, seqlen, d), likewise K and V; X is (..., row length).
/// Throws sim::Error that names the flag and both shapes.
UserInputs load_inputs(sim::Scenario& scenario);

/// The check of the experiment on values, made up where the user gave none; with `out`, O or Y goes there as .npy:
/// whole or, if anything fails, not at all.
sim::CheckReport check_values(const sim::Experiment& experiment, const sim::InputSpec& spec, const UserInputs& inputs,
                              const std::string& out);

}  // namespace cli
