// attoscope run: one algorithm, one machine, one problem.
#include <fmt/format.h>

#include "sim/measurement/measurement.h"
#include "ui/cli/assets.h"
#include "ui/cli/measured.h"
#include "ui/cli/numeric.h"
#include "ui/cli/report_json.h"
#include "ui/cli/report_text.h"
#include "ui/cli/scenario_flags.h"
#include "ui/cli/verbs.h"

namespace cli {
namespace {

constexpr int kCheckFailed = 1;

struct RunOptions {
  std::shared_ptr<ScenarioFlags> scenario;
  bool check = false;
  std::string out;
  std::string measurements;
};

/// Measurements of the machine that is simulated; none if some of its numbers are overridden, as no card has those.
std::vector<sim::MeasurementFile> measurements_of(const sim::Scenario& scenario, const sim::Machine& machine,
                                                  const RunOptions& options) {
  if (!options.measurements.empty()) {
    return sim::load_measurements(options.measurements);
  }
  return scenario.machine_set.empty() ? sim::measurements_for(machine.name, assets_directory())
                                      : std::vector<sim::MeasurementFile>();
}

int run(const RunOptions& options) {
  const std::string& assets = assets_directory();
  sim::Scenario scenario = sim::with_preset(scenario_of(*options.scenario), assets);
  const UserInputs inputs = load_inputs(scenario);
  const sim::Experiment experiment = sim::experiment_of(scenario, assets);
  sim::Report report = sim::simulate(experiment, options.scenario->options());
  if (options.check || !options.out.empty() || inputs.given()) {
    const sim::Experiment filled{experiment.machine, report.algorithm, report.problem, report.schedule};
    report.check = check_values(filled, scenario.inputs.spec, inputs, options.out);
  }
  const bool timing = !options.scenario->no_timing;
  const std::vector<sim::MeasurementFile> files = measurements_of(scenario, experiment.machine, options);
  const sim::FoundPoint measured = sim::find_point(files, experiment);
  if (options.scenario->json) {
    Json json = report_json(report, scenario.machine_set, timing);
    json["measured"] = measured_json(measured, report, timing);
    print(dumped(json));
  } else {
    print(heading_text(report, scenario.schedule, scenario.machine_set) + report_text(report, timing) +
          measured_text(measured, report, timing));
  }
  return report.check && !report.check->passed ? kCheckFailed : 0;
}

}  // namespace

Action add_run(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  options->scenario = add_scenario_flags(app, true);
  app.add_flag("--check", options->check,
               "run it on values and compare with double precision; exit code 1 if the error exceeds its bound")
      ->group("Output");
  app.add_option("--out", options->out, "write O (or Y), as computed, for NumPy")
      ->type_name("FILE.npy")
      ->group("Output");
  app.add_option("--measurements", options->measurements,
                 "compare with your own measurements, as attoscope-measure writes them")
      ->type_name("FILE.json or DIR")
      ->group("Output");
  return [options] { return run(*options); };
}

}  // namespace cli
