#include "ui/cli/trace_command.h"

#include <fmt/format.h>

#include "sim/base/file.h"
#include "ui/cli/perfetto.h"

namespace cli {

int trace_command(const sim::Experiment& experiment, const std::string& output) {
  sim::write_file(output, perfetto_json(experiment));
  fmt::print("wrote {}: open it at ui.perfetto.dev\n", output);
  return 0;
}

}  // namespace cli
