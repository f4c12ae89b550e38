// A scenario: machine, algorithm, problem, schedule, inputs and view, in one small TOML file. The window, the command
// line, lessons and exported pictures all take one.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/algorithms/problem.h"
#include "sim/analysis/report.h"
#include "sim/base/inputs.h"

namespace sim {

/// What a viewer keeps about how to look at the run. The simulator hands it on as it came.
struct ViewValue;
using ViewTable = std::vector<std::pair<std::string, ViewValue>>;
struct ViewValue {
  std::variant<bool, std::int64_t, double, std::string, std::vector<ViewValue>, ViewTable> data;
};

struct Scenario {
  std::string origin;  ///< what messages call it: a path, or "command line". Not part of the file.
  std::string title;   ///< one line
  std::string source;  ///< where the numbers come from, one line

  std::string machine = "a100-40gb";                        ///< name or path; see load_machine
  std::vector<std::pair<std::string, double>> machine_set;  ///< machine keys that this scenario overrides
  std::string algorithm = "flash2";
  std::string program;  ///< file of a recorded tile program that runs instead; see tile/recorded.h
  std::string preset;   ///< fills in what is not given; see with_preset
  Problem problem;
  Schedule schedule;

  struct Inputs {
    InputSpec spec;
    std::string q, k, v, x;  ///< .npy files; x for softmax
  } inputs;

  ViewTable view;
  std::set<std::string> given;  ///< keys of the fields that were set, not left at their defaults
};

using ScenarioValue = std::variant<std::int64_t, std::string>;

/// One field of a scenario: the row that parsing, printing, flags, sweeps, errors and documentation share.
struct ScenarioField {
  enum class Kind : std::uint8_t { whole, text, choice };
  enum class Family : std::uint8_t { any, attention, softmax };

  const char* key;   ///< "problem.seqlen_q": table and key of the file; or a key of the top level
  const char* text;  ///< what it is, in words
  Kind kind;
  std::int64_t min, max;                  ///< of a whole number, inclusive
  std::vector<std::string> (*choices)();  ///< of a choice
  Family family;                          ///< which algorithms it has a meaning for
  ScenarioValue (*get)(const Scenario&);
  void (*set)(Scenario&, const ScenarioValue&);  ///< unchecked: see set_scenario_field

  std::string_view group() const;   ///< "problem", or "" at the top level
  std::string_view member() const;  ///< "seqlen_q"
  std::string expected() const;     ///< "a whole number from 1 to 1024"
};

/// Every field, in the order of the file.
const std::vector<ScenarioField>& scenario_fields();

/// The field with this key or member ("problem.heads", "heads"; '-' is read as '_'), or null.
const ScenarioField* find_scenario_field(std::string_view name);

/// A value from its text, of the type that `field` has. Throws Error, which calls the field `where`.
ScenarioValue scenario_value(const ScenarioField& field, const std::string& text, const std::string& where);

/// Sets a field, checked, and notes that it was given. Throws Error, which calls the field `where`.
void set_scenario_field(Scenario& scenario, const ScenarioField& field, const ScenarioValue& value,
                        const std::string& where);

/// Overrides a number of the machine, its key and range checked; replaces an earlier override of the same key.
void override_machine(Scenario& scenario, const std::string& key, double value);

/// Larger files and texts are refused.
constexpr std::size_t kScenarioBytesMax = std::size_t{1} << 20;

/// Reads a scenario from TOML text; `source` is what messages call it. Any bytes give a scenario or an Error that
/// names line, key, value and what was expected.
Scenario parse_scenario(const std::string& text, const std::string& source);

/// parse_scenario of a file. Paths in it are relative to its folder.
Scenario load_scenario(const std::string& path);

/// Makes the paths that a scenario's file holds relative to its folder.
void relocate_files(Scenario& scenario, const std::string& folder);

/// The scenario as a file that parse_scenario reads back equal: what was given, overrides, view.
std::string to_toml(const Scenario& scenario);

/// Names of the presets, sorted.
std::vector<std::string> preset_names(const std::string& assets_directory);

/// A preset by name. Throws Error with the nearest name.
Scenario load_preset(const std::string& name, const std::string& assets_directory);

/// The scenario with its preset's values where it gives none. A length or number of heads for K and V that equals the
/// preset's for Q goes on doing so: with seqlen_q given and no seqlen_kv, the latter follows.
Scenario with_preset(const Scenario& scenario, const std::string& assets_directory);

/// What to simulate: preset applied, machine loaded and overridden. Throws Error also for fields that the algorithm
/// has no use for, such as heads for a softmax.
Experiment experiment_of(const Scenario& scenario, const std::string& assets_directory);

}  // namespace sim
