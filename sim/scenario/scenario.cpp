#include "sim/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace sim {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr std::size_t kTextMax = 4096;

bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

void check_whole(const ScenarioField& field, std::int64_t value, const std::string& where) {
  if (value < field.min || value > field.max) {
    throw Error(where, fmt::format("{} is out of range; expected {} ({})", value, field.expected(), field.text));
  }
}

void check_text(const ScenarioField& field, const std::string& value, const std::string& where) {
  if (value.empty() || value.size() > kTextMax || has_control_characters(value)) {
    throw Error(where, fmt::format("expected {} ({})", field.expected(), field.text));
  }
  if (field.kind != ScenarioField::Kind::choice) {
    return;
  }
  const Strings known = field.choices();
  if (std::find(known.begin(), known.end(), value) == known.end()) {
    constexpr std::size_t kShown = 80;
    throw Error(where, fmt::format("unknown {} '{}'", field.member(), value.substr(0, kShown)),
                suggestion(value, known));
  }
}

/// The whole file, or an Error; never more than the limit is read.
std::string read_text(const std::string& path, const Strings& near) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw Error(path, "is a directory; expected a scenario file");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error(path, "can't open this scenario file", suggestion(path, near));
  }
  std::string text(kScenarioBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) {
    throw Error(path, "can't read this scenario file");
  }
  return text;  // one byte too many makes parse_scenario refuse it
}

fs::path preset_directory(const std::string& assets_directory) { return fs::path(assets_directory) / "presets"; }

/// `path` as seen from `folder`; absolute and empty ones stay.
void relocate(std::string& path, const fs::path& folder) {
  if (!path.empty() && !folder.empty() && fs::path(path).is_relative()) {
    path = (folder / path).string();
  }
}

bool is_machine_path(const std::string& name) {
  return name.find('/') != std::string::npos || fs::path(name).extension() == ".toml";
}

/// Does `follower` (of K and V) follow `leader` (of Q), given without it over a preset in which they are equal?
bool follows(const ScenarioField& follower, const Scenario& scenario, const Scenario& preset) {
  const std::string_view key = follower.key;
  const bool length = key == "problem.seqlen_kv", heads = key == "problem.kv_heads";
  if (!length && !heads) {
    return false;
  }
  const char* leader = length ? "problem.seqlen_q" : "problem.heads";
  const ScenarioField* field = find_scenario_field(leader);
  return scenario.given.count(leader) > 0 && field->get(preset) == follower.get(preset);
}

void check_family(const Scenario& scenario, const Algorithm& algorithm) {
  const auto wrong = algorithm.softmax ? ScenarioField::Family::attention : ScenarioField::Family::softmax;
  for (const ScenarioField& field : scenario_fields()) {
    if (field.family == wrong && scenario.given.count(field.key) > 0) {
      throw Error(std::string(field.member()), fmt::format("has no meaning for {}", algorithm.name),
                  algorithm.softmax ? "a softmax is sized by rows and row_length"
                                    : "attention is sized by batch, heads, seqlen_q, seqlen_kv and head_dim");
    }
  }
}

}  // namespace

ScenarioValue scenario_value(const ScenarioField& field, const std::string& text, const std::string& where) {
  if (field.kind != ScenarioField::Kind::whole) {
    return text;
  }
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault == std::errc::result_out_of_range) {
    throw Error(where, fmt::format("{} is out of range; expected {}", text, field.expected()));
  }
  if (fault != std::errc() || stop != end) {
    throw Error(where, fmt::format("'{}' is no whole number; expected {} ({})", text, field.expected(), field.text));
  }
  return value;
}

void set_scenario_field(Scenario& scenario, const ScenarioField& field, const ScenarioValue& value,
                        const std::string& where) {
  SIM_CHECK(std::holds_alternative<std::int64_t>(value) == (field.kind == ScenarioField::Kind::whole));
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    check_whole(field, *whole, where);
  } else {
    check_text(field, std::get<std::string>(value), where);
  }
  field.set(scenario, value);
  scenario.given.insert(field.key);
}

void override_machine(Scenario& scenario, const std::string& key, double value) {
  Machine scratch;
  set_machine_field(scratch, key, value);  // throws
  auto& all = scenario.machine_set;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& entry) { return entry.first == key; });
  if (found == all.end()) {
    all.emplace_back(key, value);
  } else {
    found->second = value;
  }
}

void relocate_files(Scenario& scenario, const std::string& folder) {
  for (std::string* file :
       {&scenario.inputs.q, &scenario.inputs.k, &scenario.inputs.v, &scenario.inputs.x, &scenario.program}) {
    relocate(*file, folder);
  }
  if (is_machine_path(scenario.machine)) {
    relocate(scenario.machine, folder);
  }
}

Scenario load_scenario(const std::string& path) {
  Scenario scenario = parse_scenario(read_text(path, {}), path);
  relocate_files(scenario, fs::path(path).parent_path().string());
  return scenario;
}

Strings preset_names(const std::string& assets_directory) {
  Strings names;
  std::error_code error;
  fs::directory_iterator entry(preset_directory(assets_directory), error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".toml") {
      names.push_back(entry->path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Scenario load_preset(const std::string& name, const std::string& assets_directory) {
  const Strings names = preset_names(assets_directory);
  const fs::path directory = preset_directory(assets_directory);
  if (names.empty()) {
    throw Error("preset", fmt::format("no presets in '{}', so no '{}'", directory.string(), name));
  }
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw Error("preset", fmt::format("unknown preset '{}'", name), suggestion(name, names));
  }
  const std::string path = (directory / (name + ".toml")).string();
  return parse_scenario(read_text(path, names), path);
}

Scenario with_preset(const Scenario& scenario, const std::string& assets_directory) {
  if (scenario.preset.empty()) {
    return scenario;
  }
  const Scenario preset = load_preset(scenario.preset, assets_directory);
  Scenario result = scenario;
  for (const ScenarioField& field : scenario_fields()) {
    if (preset.given.count(field.key) == 0 || scenario.given.count(field.key) > 0 || follows(field, scenario, preset)) {
      continue;
    }
    field.set(result, field.get(preset));
    result.given.insert(field.key);
  }
  return result;
}

Experiment experiment_of(const Scenario& given, const std::string& assets_directory) {
  const Scenario scenario = with_preset(given, assets_directory);
  const Algorithm& algorithm = find_algorithm(scenario.algorithm);
  check_family(scenario, algorithm);
  Experiment experiment;
  experiment.machine = at_clock_of(load_machine(scenario.machine, assets_directory), !algorithm.softmax);
  for (const auto& [key, value] : scenario.machine_set) {
    set_machine_field(experiment.machine, key, value);
  }
  check_machine(experiment.machine);
  experiment.algorithm = scenario.algorithm;
  experiment.problem = checked(scenario.problem, algorithm.softmax);
  experiment.schedule = scenario.schedule;
  if (!scenario.program.empty()) {
    experiment.program = load_program(scenario.program);
  }
  return experiment;
}

}  // namespace sim
