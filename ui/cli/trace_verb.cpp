// The flags of attoscope trace.
#include "sim/base/error.h"
#include "ui/cli/assets.h"
#include "ui/cli/scenario_flags.h"
#include "ui/cli/trace_command.h"
#include "ui/cli/verbs.h"

namespace cli {

Action add_trace(CLI::App& app) {
  auto output = std::make_shared<std::string>();
  const auto flags = add_scenario_flags(app, true);
  app.add_option("-o,--output", *output, "the trace; required")->type_name("FILE.json")->group("Output");
  return [flags, output] {
    if (output->empty()) {
      throw sim::Error("trace", "no file to write to", "add -o FILE.json");
    }
    return trace_command(sim::experiment_of(scenario_of(*flags), assets_directory()), *output);
  };
}

}  // namespace cli
