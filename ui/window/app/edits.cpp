#include "ui/window/app/edits.h"

#include <algorithm>
#include <cstdlib>

#include "sim/algorithms/algorithms.h"
#include "sim/base/error.h"

namespace app {

namespace {

void forget(sim::Scenario& scenario, const std::string& prefix) {
  const sim::Scenario fresh;
  for (const sim::ScenarioField& field : sim::scenario_fields()) {
    if (std::string(field.key).rfind(prefix, 0) == 0 && scenario.given.erase(field.key) > 0) {
      field.set(scenario, field.get(fresh));
    }
  }
}

void change_algorithm(sim::Scenario& scenario, const std::string& value) {
  const bool was_softmax = sim::find_algorithm(scenario.algorithm).softmax;
  if (sim::find_algorithm(value).softmax != was_softmax) {
    forget(scenario, "problem.");
    forget(scenario, "preset");
    scenario.preset.clear();
    scenario.inputs = {};
  }
  forget(scenario, "schedule.");
}

}  // namespace

void set_field(sim::Scenario& scenario, const std::string& name, const std::string& value) {
  if (name == "seqlen") {
    set_field(scenario, "seqlen_q", value);
    return set_field(scenario, "seqlen_kv", value);
  }
  const sim::ScenarioField* field = sim::find_scenario_field(name);
  if (field == nullptr && name.find('.') != std::string::npos) {
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != 0) {
      throw sim::Error(name, "'" + value + "' is no number");
    }
    return sim::override_machine(scenario, name, number);
  }
  if (field == nullptr) {
    throw sim::Error(name, "is no field of a scenario");
  }
  if (std::string_view(field->key) == "algorithm") {
    change_algorithm(scenario, value);
  } else if (std::string_view(field->key) == "preset") {
    forget(scenario, "problem.");
    forget(scenario, "schedule.");
  }
  sim::set_scenario_field(scenario, *field, sim::scenario_value(*field, value, name), name);
}

void apply(const views::Actions& actions, sim::Scenario& scenario) {
  for (const auto& [name, value] : actions.fields) {
    set_field(scenario, name, value);
  }
  if (actions.drop_machine_overrides) {
    scenario.machine_set.clear();
  }
  for (const auto& [key, value] : actions.machine) {
    sim::override_machine(scenario, key, value);
  }
}

sim::Scenario second_scenario(const sim::Scenario& first, const std::string& lines) {
  const sim::Scenario over = sim::parse_scenario(lines, "second");
  sim::Scenario second = first;
  if (over.given.count("algorithm") > 0 && over.algorithm != first.algorithm) {
    change_algorithm(second, over.algorithm);
  }
  for (const sim::ScenarioField& field : sim::scenario_fields()) {
    if (over.given.count(field.key) > 0) {
      sim::set_scenario_field(second, field, field.get(over), field.key);
    }
  }
  for (const auto& [key, value] : over.machine_set) {
    sim::override_machine(second, key, value);
  }
  second.view.clear();
  return second;
}

}  // namespace app
