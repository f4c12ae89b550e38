#include "ui/cli/scenario_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "ui/cli/assets.h"

namespace cli {
namespace {

using sim::ScenarioField;

bool has_flag(const ScenarioField& field) { return field.member() != "title" && field.member() != "source"; }

std::string flag_of(const ScenarioField& field) {
  std::string flag = fmt::format("--{}", field.member());
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string placeholder(const ScenarioField& field) {
  switch (field.kind) {
    case ScenarioField::Kind::whole: return "N";
    case ScenarioField::Kind::choice: return "NAME";
    default: return field.group() == "inputs" ? "FILE.npy" : "NAME";
  }
}

std::string help_of(const ScenarioField& field) {
  const bool listed = field.kind == ScenarioField::Kind::choice && field.member() != "algorithm";
  return listed ? fmt::format("{}: {}", field.text, fmt::join(field.choices(), ", ")) : field.text;
}

std::string title_of(std::string_view group) {
  return group.empty() ? "Scenario" : group == "problem" ? "Problem" : group == "schedule" ? "Schedule" : "Inputs";
}

/// Members of all fields, machine keys, and seqlen: what set_by_key takes.
std::vector<std::string> all_keys() {
  std::vector<std::string> keys = {"seqlen"};
  for (const ScenarioField& field : sim::scenario_fields()) {
    if (has_flag(field)) {
      keys.emplace_back(field.member());
    }
  }
  for (const sim::MachineField& field : sim::machine_fields()) {
    keys.emplace_back(field.key);
  }
  return keys;
}

void set_seqlen(sim::Scenario& scenario, const std::string& text, const std::string& where) {
  for (const char* key : {"problem.seqlen_q", "problem.seqlen_kv"}) {
    const ScenarioField& field = *sim::find_scenario_field(key);
    sim::set_scenario_field(scenario, field, sim::scenario_value(field, text, where), where);
  }
}

}  // namespace

void set_override(sim::Scenario& scenario, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    throw sim::Error("--set", fmt::format("'{}' is no KEY=VALUE", text), "for example --set hbm.read_gb_per_s=3000");
  }
  sim::override_machine(scenario, text.substr(0, equals), number_of(text.substr(equals + 1), "--set " + text));
}

std::shared_ptr<ScenarioFlags> add_scenario_flags(CLI::App& app, bool positional_file) {
  auto flags = std::make_shared<ScenarioFlags>();
  app.add_option(positional_file ? "scenario,--scenario" : "--scenario", flags->file,
                 "scenario file; flags go over what it says")
      ->type_name("FILE.toml")
      ->group("Scenario");
  ScenarioFlags::Flag& both = flags->flags.emplace_back(ScenarioFlags::Flag{"seqlen", {}, nullptr});
  both.option =
      app.add_option("--seqlen", both.value, "--seqlen-q and --seqlen-kv at once")->type_name("N")->group("Problem");
  for (const ScenarioField& field : sim::scenario_fields()) {
    if (has_flag(field)) {
      ScenarioFlags::Flag& flag = flags->flags.emplace_back(ScenarioFlags::Flag{field.key, {}, nullptr});
      flag.option = app.add_option(flag_of(field), flag.value, help_of(field))
                        ->type_name(placeholder(field))
                        ->group(title_of(field.group()));
    }
  }
  app.add_option("--set", flags->overrides, "another value for a number of the machine, e.g. sm.smem_bytes=65536")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->group("Scenario");
  app.add_flag("--no-timing", flags->no_timing, "count only: no times, no L2, no DRAM")->group("Simulation");
  app.add_flag("--exact", flags->exact, "simulate same-shaped work each time instead of once")->group("Simulation");
  app.add_flag("--json", flags->json, "print JSON")->group("Output");
  return flags;
}

sim::Scenario scenario_of(const ScenarioFlags& flags) {
  sim::Scenario scenario;
  if (!flags.file.empty()) {
    scenario = sim::load_scenario(flags.file);
  }
  for (const ScenarioFlags::Flag& flag : flags.flags) {  // seqlen first: its halves go over it
    if (flag.option->count() > 0) {
      set_by_key(scenario, flag.key, flag.value, "--" + flag.option->get_lnames().at(0));
    }
  }
  for (const std::string& text : flags.overrides) {
    set_override(scenario, text);
  }
  return scenario;
}

bool is_machine_key(const std::string& key, const std::string& where) {
  const auto& fields = sim::machine_fields();
  if (std::any_of(fields.begin(), fields.end(), [&](const sim::MachineField& field) { return key == field.key; })) {
    return true;
  }
  const ScenarioField* field = sim::find_scenario_field(key);
  if (key != "seqlen" && (field == nullptr || !has_flag(*field))) {
    const std::string near = sim::nearest(key, all_keys());
    throw sim::Error(where, fmt::format("unknown key '{}'", key),
                     near.empty() ? "a flag without its dashes, seqlen, or a key of a machine file"
                                  : fmt::format("did you mean '{}'?", near));
  }
  return false;
}

double number_of(const std::string& text, const std::string& where) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) {
    throw sim::Error(where, fmt::format("'{}' is no number", text));
  }
  return value;
}

void set_by_key(sim::Scenario& scenario, const std::string& key, const std::string& value, const std::string& where) {
  if (is_machine_key(key, where)) {
    sim::override_machine(scenario, key, number_of(value, where));
  } else if (key == "seqlen") {
    set_seqlen(scenario, value, where);
  } else {
    const ScenarioField& field = *sim::find_scenario_field(key);
    sim::set_scenario_field(scenario, field, sim::scenario_value(field, value, where), where);
  }
}

}  // namespace cli
