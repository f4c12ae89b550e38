// The flags that describe a run, the same for every verb: one for each field of a scenario, over a scenario file.
#pragma once

#include <CLI/CLI.hpp>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace cli {

struct ScenarioFlags {
  struct Flag {
    std::string key;  ///< as set_by_key takes it
    std::string value;
    const CLI::Option* option = nullptr;  ///< knows whether it was given
  };
  std::list<Flag> flags;
  std::vector<std::string> overrides;  ///< KEY=VALUE
  std::string file;                    ///< a scenario; flags go over it
  bool no_timing = false;
  bool exact = false;
  bool json = false;

  sim::SimulateOptions options() const { return {!no_timing, !exact}; }
};

/// Adds them to a verb; the scenario file also as a positional argument, if it may be.
std::shared_ptr<ScenarioFlags> add_scenario_flags(CLI::App& app, bool positional_file);

/// File, then flags over it. Throws sim::Error that names the flag.
sim::Scenario scenario_of(const ScenarioFlags& flags);

/// Sets what `key` calls: seqlen (both lengths), a field of a scenario ("block_kv") or a number of the machine
/// ("sm.smem_bytes"). Throws sim::Error, which calls it `where`, with the nearest key.
void set_by_key(sim::Scenario& scenario, const std::string& key, const std::string& value, const std::string& where);

/// Overrides a number of the machine: "KEY=VALUE", as --set takes it.
void set_override(sim::Scenario& scenario, const std::string& text);

/// Is `key` a number of the machine rather than a field of the scenario? Throws sim::Error if it is neither.
bool is_machine_key(const std::string& key, const std::string& where);

double number_of(const std::string& text, const std::string& where);

}  // namespace cli
