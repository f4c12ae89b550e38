// Small runs of every algorithm, for the tests of what the window shows.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ui/scope/run.h"

namespace scope_cases {

inline void set(sim::Scenario& scenario, const char* key, const sim::ScenarioValue& value) {
  sim::set_scenario_field(scenario, *sim::find_scenario_field(key), value, key);
}

/// On the blackboard machine, with tiles of two rows where there are such.
inline sim::Scenario blackboard(const std::string& algorithm, bool causal = false) {
  sim::Scenario scenario;
  set(scenario, "machine", std::string("blackboard"));
  set(scenario, "algorithm", algorithm);
  if (sim::find_algorithm(algorithm).softmax) {
    for (const auto& [key, value] : {std::pair{"rows", 6}, {"row_length", 10}, {"block_q", 2}, {"block_kv", 4}}) {
      set(scenario, key, std::int64_t{value});
    }
    return scenario;
  }
  const std::int64_t block = algorithm == "memory_efficient" ? 4 : 2;
  for (const auto& [key, value] : {std::pair<const char*, std::int64_t>{"seqlen_q", 8},
                                   {"seqlen_kv", 8},
                                   {"head_dim", 4},
                                   {"block_q", block},
                                   {"block_kv", block}}) {
    set(scenario, key, value);
  }
  set(scenario, "dtype", std::string("fp32"));
  set(scenario, "distribution", std::string("integers"));
  set(scenario, "mask", std::string(causal ? "causal" : "none"));
  return scenario;
}

inline std::shared_ptr<scope::Run> make(const sim::Scenario& scenario, const scope::RunOptions& options = {}) {
  return scope::Run::make(scenario, ATTOSCOPE_SOURCE_ASSETS, options);
}

/// Every algorithm; attention also causal.
inline std::vector<sim::Scenario> all_blackboards() {
  std::vector<sim::Scenario> all;
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    all.push_back(blackboard(algorithm.name));
    if (!algorithm.softmax) {
      all.push_back(blackboard(algorithm.name, true));
    }
  }
  return all;
}

/// GPT-2 small cut to one head: causal, d = 64, fp16.
inline sim::Scenario lecture(const std::string& algorithm, std::int64_t length = 512) {
  sim::Scenario scenario;
  set(scenario, "machine", std::string("a100-40gb"));
  set(scenario, "algorithm", algorithm);
  set(scenario, "seqlen_q", length);
  set(scenario, "seqlen_kv", length);
  set(scenario, "mask", std::string("causal"));
  return scenario;
}

}  // namespace scope_cases
