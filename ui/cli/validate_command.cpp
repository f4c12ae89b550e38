// attoscope validate: the simulation held against what real cards did.
#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/suggest.h"
#include "sim/scenario/scenario.h"
#include "ui/cli/assets.h"
#include "ui/cli/parallel.h"
#include "ui/cli/scenario_flags.h"
#include "ui/cli/validate_output.h"
#include "ui/cli/verbs.h"

namespace cli {
namespace {

struct Options {
  std::string machine, measurements, held_back = "with", csv;
  std::vector<std::string> algorithms, overrides, without;
  bool counters = false, cycles = false, points = false, ablation = false, json = false;
  std::size_t worst = 5;
};

/// The one machine that all files are about.
std::string machine_of(const std::vector<sim::MeasurementFile>& files) {
  const std::string& name = files.at(0).card.machine;
  for (const sim::MeasurementFile& file : files) {
    if (file.card.machine != name) {
      throw sim::Error(
          "--measurements",
          fmt::format("'{}' is about '{}', and '{}' about '{}'", files[0].path, name, file.path, file.card.machine),
          "say which machine to simulate: --machine NAME");
    }
  }
  return name;
}

/// The machine whose measurements are there, if it is one.
std::string only_measured_machine() {
  const std::vector<std::string> machines = sim::measured_machines(assets_directory());
  if (machines.size() == 1) {
    return machines[0];
  }
  if (machines.empty()) {
    throw sim::Error("validate", "there are no measurements in " + assets_directory() + "/measurements",
                     "make some with attoscope-measure, and give them with --measurements FILE");
  }
  throw sim::Error("validate", "which machine?", fmt::format("--machine {}", fmt::join(machines, " or ")));
}

std::vector<sim::MeasurementFile> measured_on(const sim::Machine& machine) {
  std::vector<sim::MeasurementFile> files = sim::measurements_for(machine.name, assets_directory());
  if (files.empty()) {
    const std::vector<std::string> machines = sim::measured_machines(assets_directory());
    throw sim::Error("--machine", fmt::format("there are no measurements of '{}'", machine.name),
                     machines.empty() ? "make some with attoscope-measure, and give them with --measurements FILE"
                                      : fmt::format("there are some of {}; or give yours with --measurements FILE",
                                                    fmt::join(machines, ", ")));
  }
  return files;
}

sim::Machine load_machine(const std::string& name, const Options& options, Overrides& overrides) {
  sim::Scenario scenario;
  scenario.machine = name;
  for (const std::string& text : options.overrides) {
    set_override(scenario, text);
  }
  overrides = scenario.machine_set;
  return sim::experiment_of(scenario, assets_directory()).machine;
}

sim::HeldBack held_back_of(const std::string& word) {
  if (word == "only") {
    return sim::HeldBack::only;
  }
  if (word != "without" && word != "with") {
    throw sim::Error("--held-back", fmt::format("unknown '{}'", word),
                     sim::suggestion(word, {"only", "without", "with"}));
  }
  return word == "without" ? sim::HeldBack::without : sim::HeldBack::with;
}

void load(const Options& options, Validation& v) {
  std::string name = options.machine;
  if (!options.measurements.empty()) {
    v.files = sim::load_measurements(options.measurements);
    name = name.empty() ? machine_of(v.files) : name;
  }
  v.machine = load_machine(name.empty() ? only_measured_machine() : name, options, v.overrides);
  if (v.files.empty()) {
    v.files = measured_on(v.machine);
  }
  for (const std::string& algorithm : options.algorithms) {
    sim::find_algorithm(algorithm);  // throws
  }
  v.selection = sim::select_points(v.files, options.algorithms, held_back_of(options.held_back));
  if (v.selection.points.empty()) {
    throw sim::Error("validate",
                     fmt::format("none of the measured points is one to compare ({} baselines, {} wrong, {} warm)",
                                 v.selection.baselines, v.selection.unchecked, v.selection.warm),
                     "leave out --algorithm and --held-back, or give other --measurements");
  }
}

int validate(const Options& options) {
  Validation v;
  load(options, v);
  v.counters = options.counters;
  v.cycles = options.cycles;
  for (const std::string& mechanism : options.without) {
    v.without.push_back(&sim::find_mechanism(mechanism));
  }
  const sim::ValidateOptions how{options.cycles, options.counters, v.without, for_each_in_parallel};
  v.comparisons = sim::validate(v.selection.points, v.machine, how);
  if (options.ablation) {
    v.ablations = sim::ablate(v.selection.points, v.machine, how, sim::mechanisms(),
                              options.cycles ? sim::error_of_cycles : sim::error_of_time);
  }
  if (!options.csv.empty()) {
    sim::write_file(options.csv, validation_csv(v));
  }
  print(options.json ? dumped(validation_json(v)) : validation_text(v, options.worst, options.points));
  return 0;
}

}  // namespace

Action add_validate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--machine", options->machine, "machine to simulate: a name, or a file; else the one measured")
      ->type_name("NAME");
  app.add_option("--measurements", options->measurements, "your own, as attoscope-measure writes them")
      ->type_name("FILE.json or DIR");
  app.add_option("--algorithm,--algo", options->algorithms, "this one only; several: these")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--held-back", options->held_back,
                 "the points that were not looked at while the model was made: only, without or with them")
      ->type_name("only|without|with")
      ->capture_default_str();
  app.add_option("--set", options->overrides, "another value for a number of the machine")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  std::vector<std::string> names;
  for (const sim::Mechanism& mechanism : sim::mechanisms()) {
    names.push_back(mechanism.name);
  }
  app.add_option("--without", options->without,
                 fmt::format("switch a mechanism of the model off: {}", fmt::join(names, ", ")))
      ->type_name("MECHANISM")
      ->allow_extra_args(false);
  app.add_flag("--ablation", options->ablation, "the errors with each mechanism switched off in turn");
  app.add_flag("--cycles", options->cycles, "compare cycles too, at the measured clock: the clock is no hidden fit");
  app.add_flag("--counters", options->counters, "compare Nsight Compute's counters too, where there are some");
  app.add_option("--worst", options->worst, "how many of the largest errors to list")
      ->type_name("N")
      ->capture_default_str()
      ->group("Output");
  app.add_flag("--points", options->points, "list all points")->group("Output");
  app.add_option("--csv", options->csv, "write one row a point to a file")->type_name("FILE")->group("Output");
  app.add_flag("--json", options->json, "print JSON")->group("Output");
  return [options] { return validate(*options); };
}

}  // namespace cli
