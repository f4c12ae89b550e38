// attoscope compare: several algorithms, or one on several machines, on the same problem.
#include <fmt/format.h>

#include "sim/base/error.h"
#include "ui/cli/assets.h"
#include "ui/cli/fields.h"
#include "ui/cli/format.h"
#include "ui/cli/report_json.h"
#include "ui/cli/report_text.h"
#include "ui/cli/scenario_flags.h"
#include "ui/cli/verbs.h"

namespace cli {
namespace {

constexpr const char* kRows[] = {"paper.read_bytes",
                                 "paper.write_bytes",
                                 "two_level.read_bytes",
                                 "two_level.write_bytes",
                                 "two_level.reduce_bytes",
                                 "l2.read_bytes",
                                 "l2.write_bytes",
                                 "l2.hit_rate",
                                 "dram.read_bytes",
                                 "dram.write_bytes",
                                 "smem.operand_bytes",
                                 "smem.peak_bytes_per_block",
                                 "hbm_peak_bytes",
                                 "flops.matmul",
                                 "flops.other",
                                 "flops.exp",
                                 "cycles",
                                 "time_us"};

struct CompareOptions {
  std::shared_ptr<ScenarioFlags> scenario;
  std::vector<std::string> subjects;
};

/// The scenario with "algorithm" or "algorithm@machine" put in.
sim::Scenario subject_of(sim::Scenario scenario, const std::string& text) {
  const std::size_t at = text.find('@');
  set_by_key(scenario, "algorithm", text.substr(0, at), text);
  if (at != std::string::npos) {
    set_by_key(scenario, "machine", text.substr(at + 1), text);
  }
  return scenario;
}

/// The value, and how many times the first subject's it is.
std::string cell(const Json& run, const Json& first, const FieldDoc& doc) {
  const std::optional<double> value = number_at(run, doc.path), base = number_at(first, doc.path);
  if (!value) {
    return "-";
  }
  const std::string text = with_unit(*value, doc.unit);
  if (&run == &first || !base || *base == 0) {
    return text;
  }
  const double ratio = *value / *base;
  return text + (ratio >= 0.995 && ratio < 9.95 ? fmt::format(" (x{:.2f})", ratio) : fmt::format(" (x{:.3g})", ratio));
}

std::string schedule_cell(const Json& run) {
  const Json& schedule = run.at("schedule");
  return fmt::format("{} x {}", schedule.at("block_q").get<int>(), schedule.at("block_kv").get<int>());
}

std::string compare_text(const std::vector<Json>& runs, const std::vector<std::string>& subjects) {
  std::vector<std::string> header = {""};
  std::vector<std::string> blocks = {"schedule: block_q x block_kv"}, bounds = {"bound"};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    header.push_back(subjects[i]);
    blocks.push_back(schedule_cell(runs[i]));
    bounds.push_back(runs[i].at("bound").is_string() ? runs[i].at("bound").get<std::string>() : "-");
  }
  header.emplace_back("");
  Table table(header);
  table.align_left(runs.size() + 1);
  table.add(blocks);
  for (const char* path : kRows) {
    const FieldDoc& doc = *find_field_doc(path);
    std::vector<std::string> row = {path};
    bool shown = false;
    for (const Json& run : runs) {
      row.push_back(cell(run, runs.front(), doc));
      shown = shown || number_at(run, path).value_or(0) != 0;
    }
    row.push_back(badge_text(doc.badge));
    if (shown) {
      table.add(row);
    }
  }
  bounds.push_back(badge_text("modelled"));
  table.add(bounds);
  return table.text(0) + "\nIn parentheses: times the first column's.\n";
}

Json ratios_json(const std::vector<Json>& runs) {
  Json ratios = Json::object();
  for (const char* path : kRows) {
    const std::optional<double> base = number_at(runs.front(), path);
    Json row = Json::array();
    for (const Json& run : runs) {
      const std::optional<double> value = number_at(run, path);
      row.push_back(value && base && *base != 0 ? Json(*value / *base) : Json(nullptr));
    }
    ratios[path] = row;
  }
  return ratios;
}

int compare(const CompareOptions& options) {
  const std::string& assets = assets_directory();
  const sim::Scenario scenario = scenario_of(*options.scenario);
  if (options.subjects.empty()) {
    throw sim::Error("compare", "what with what?", "for example: attoscope compare standard flash2");
  }
  std::vector<sim::Experiment> experiments;  // all of them are looked at before the first is run
  for (const std::string& subject : options.subjects) {
    experiments.push_back(sim::experiment_of(subject_of(scenario, subject), assets));
  }
  const bool timing = !options.scenario->no_timing;
  std::vector<Json> runs;
  for (const sim::Experiment& experiment : experiments) {
    const sim::Report report = sim::simulate(experiment, options.scenario->options());
    runs.push_back(report_json(report, scenario.machine_set, timing));
  }
  if (options.scenario->json) {
    print(dumped(Json{{"subjects", options.subjects}, {"runs", runs}, {"ratios", ratios_json(runs)}}));
    return 0;
  }
  const sim::Experiment& first = experiments.front();
  const bool softmax = sim::find_algorithm(first.algorithm).softmax;
  print(fmt::format("{}; {} unless said otherwise\n\n{}", problem_text(first.problem, softmax), scenario.machine,
                    compare_text(runs, options.subjects)));
  return 0;
}

}  // namespace

Action add_compare(CLI::App& app) {
  auto options = std::make_shared<CompareOptions>();
  options->scenario = add_scenario_flags(app, false);
  app.add_option("subjects", options->subjects, "algorithms, or ALGORITHM@MACHINE; ratios are to the first")
      ->type_name("A B ...");
  return [options] { return compare(*options); };
}

}  // namespace cli
