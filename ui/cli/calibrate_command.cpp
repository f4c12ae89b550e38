// attoscope calibrate: a machine file's numbers from what the micro-benchmarks measured on such a card.
#include <fmt/format.h>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/machine/calibration.h"
#include "sim/machine/machine.h"
#include "ui/cli/assets.h"
#include "ui/cli/format.h"
#include "ui/cli/report_json.h"
#include "ui/cli/verbs.h"

namespace cli {
namespace {

struct CalibrateOptions {
  std::string results, machine, output;
  bool json = false;
};

std::string text_of(const std::string& path) {
  const std::vector<unsigned char> bytes = sim::read_file(path);
  return {bytes.begin(), bytes.end()};
}

std::string as_table(const sim::Machine& machine, const std::vector<sim::Calibrated>& numbers) {
  Table table({"key", "in the file", "measured", "change", "source"});
  table.align_left(4);
  for (const sim::Calibrated& number : numbers) {
    const double old = sim::find_machine_field(number.key).get(machine);
    table.add({number.key, fmt::format("{:.6g}", old), fmt::format("{:.6g}", number.value),
               old > 0 ? fmt::format("{:+.1f} %", 100 * (number.value / old - 1)) : "", number.source});
  }
  return table.text();
}

std::string as_json(const sim::Machine& machine, const std::vector<sim::Calibrated>& numbers) {
  Json rows = Json::array();
  for (const sim::Calibrated& number : numbers) {
    rows.push_back({{"key", number.key},
                    {"in_file", sim::find_machine_field(number.key).get(machine)},
                    {"measured", number.value},
                    {"source", number.source}});
  }
  return rows.dump(2) + "\n";
}

int calibrate(const CalibrateOptions& options) {
  if (options.results.empty() || options.machine.empty()) {
    throw sim::Error("calibrate", options.results.empty() ? "no results were named" : "no machine was named",
                     "attoscope calibrate gpu/microbench/results/h200.json --machine h200-sxm");
  }
  const sim::Machine machine = sim::load_machine(options.machine, assets_directory());
  const auto numbers = sim::calibrate(sim::parse_microbench(text_of(options.results), options.results));
  if (!options.output.empty()) {
    const std::string toml = sim::with_calibration(text_of(machine.source_file), numbers, machine.source_file);
    sim::check_machine(sim::parse_machine(toml, options.output));
    sim::write_file(options.output, toml);
  }
  print(options.json ? as_json(machine, numbers) : as_table(machine, numbers));
  return 0;
}

}  // namespace

Action add_calibrate(CLI::App& app) {
  const auto options = std::make_shared<CalibrateOptions>();
  app.add_option("results", options->results, "what attoscope-microbench wrote")->type_name("RESULTS.json");
  app.add_option("--machine", options->machine, "the machine file to hold them against")->type_name("NAME|FILE");
  app.add_option("-o,--output", options->output, "write that file with the measured numbers and their sources put in")
      ->type_name("FILE.toml");
  app.add_flag("--json", options->json, "print JSON");
  return [options] { return calibrate(*options); };
}

}  // namespace cli
