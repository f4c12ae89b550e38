// attoscope sweep: every point of a product of ranges. A point that can't be run is a row with an error.
#include <fmt/format.h>

#include <filesystem>
#include <new>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "ui/cli/assets.h"
#include "ui/cli/fields.h"
#include "ui/cli/format.h"
#include "ui/cli/progress.h"
#include "ui/cli/report_json.h"
#include "ui/cli/scenario_flags.h"
#include "ui/cli/sweep_ranges.h"
#include "ui/cli/verbs.h"

namespace cli {
namespace {

constexpr const char* kColumns[] = {"schedule.block_q",
                                    "schedule.block_kv",
                                    "schedule.stages",
                                    "schedule.warps",
                                    "schedule.splits",
                                    "paper.read_bytes",
                                    "paper.write_bytes",
                                    "two_level.read_bytes",
                                    "two_level.write_bytes",
                                    "two_level.reduce_bytes",
                                    "l2.read_bytes",
                                    "l2.write_bytes",
                                    "l2.hit_rate",
                                    "dram.read_bytes",
                                    "dram.write_bytes",
                                    "smem.peak_bytes_per_block",
                                    "smem.operand_bytes",
                                    "hbm_peak_bytes",
                                    "flops.matmul",
                                    "flops.other",
                                    "flops.exp",
                                    "cycles",
                                    "time_us",
                                    "bound"};
struct TableColumn {
  const char* path;
  const char* label;
};
constexpr TableColumn kTableColumns[] = {{"schedule.block_q", "Br"},
                                         {"schedule.block_kv", "Bc"},
                                         {"two_level.read_bytes", "HBM read"},
                                         {"two_level.write_bytes", "HBM written"},
                                         {"dram.read_bytes", "DRAM read"},
                                         {"time_us", "time"},
                                         {"bound", "bound"}};

struct SweepOptions {
  std::shared_ptr<ScenarioFlags> scenario;
  std::vector<std::string> over;
  std::string output;
  bool csv = false;
};

struct Row {
  std::vector<std::string> point;
  Json run;           ///< null where the point can't be run
  std::string error;  ///< why
};

Row run_point(const sim::Scenario& base, const std::vector<SweepAxis>& axes, std::size_t index,
              const ScenarioFlags& flags) {
  Row row{point_of(axes, index), nullptr, ""};
  try {
    sim::Scenario scenario = base;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      set_by_key(scenario, axes[i].key, row.point[i], "--over");
    }
    const sim::Experiment experiment = sim::experiment_of(scenario, assets_directory());
    row.run = report_json(sim::simulate(experiment, flags.options()), scenario.machine_set, !flags.no_timing);
  } catch (const sim::Error& error) {
    row.error = error.where().empty() ? error.message() : error.where() + ": " + error.message();
  } catch (const std::bad_alloc&) {
    row.error = "not enough memory";
  }
  return row;
}

std::string plain_text(const Json& value) {
  return value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump();
}

std::string csv_text(const std::vector<SweepAxis>& axes, const std::vector<Row>& rows) {
  std::vector<std::string> cells;
  for (const SweepAxis& axis : axes) {
    cells.push_back(csv_cell(axis.key));
  }
  cells.insert(cells.end(), std::begin(kColumns), std::end(kColumns));
  cells.emplace_back("error");
  std::string out = fmt::format("{}\n", fmt::join(cells, ","));
  for (const Row& row : rows) {
    cells.clear();
    for (const std::string& value : row.point) {
      cells.push_back(csv_cell(value));
    }
    for (const char* path : kColumns) {
      cells.push_back(csv_cell(plain_text(value_at(row.run, path))));
    }
    cells.push_back(csv_cell(row.error));
    out += fmt::format("{}\n", fmt::join(cells, ","));
  }
  return out;
}

/// A value of an axis: a number where it is one.
Json axis_value(const std::string& key, const std::string& text) {
  if (is_machine_key(key, key)) {
    return number_of(text, key);
  }
  const sim::ScenarioField* field = sim::find_scenario_field(key);
  const bool whole = key == "seqlen" || field->kind == sim::ScenarioField::Kind::whole;
  return whole ? Json(std::stoll(text)) : Json(text);
}

std::string json_text(const std::vector<SweepAxis>& axes, const std::vector<Row>& rows) {
  Json columns = Json::array();
  for (const char* path : kColumns) {
    const FieldDoc& doc = *find_field_doc(path);
    columns.push_back({{"path", path}, {"unit", doc.unit}, {"badge", doc.badge}});
  }
  Json points = Json::array();
  for (const Row& row : rows) {
    Json point = Json::object();
    for (std::size_t i = 0; i < axes.size(); ++i) {
      point["over"][axes[i].key] = axis_value(axes[i].key, row.point[i]);
    }
    for (const char* path : kColumns) {
      point[path] = value_at(row.run, path);
    }
    point["error"] = row.error.empty() ? Json(nullptr) : Json(row.error);
    points.push_back(point);
  }
  return dumped(Json{{"columns", columns}, {"rows", points}});
}

std::string table_text(const std::vector<SweepAxis>& axes, const std::vector<Row>& rows) {
  std::vector<std::string> header, badges;
  for (const SweepAxis& axis : axes) {
    header.push_back(axis.key);
    badges.emplace_back("");
  }
  for (const TableColumn& column : kTableColumns) {
    header.emplace_back(column.label);
    badges.push_back(badge_text(find_field_doc(column.path)->badge));
  }
  Table table(header);
  table.align_left(header.size() - 1);
  table.add(badges);
  std::string errors;
  for (const Row& row : rows) {
    std::vector<std::string> cells = row.point;
    for (const TableColumn& column : kTableColumns) {
      const std::optional<double> value = number_at(row.run, column.path);
      const char* unit = find_field_doc(column.path)->unit;
      cells.push_back(value ? with_unit(*value, unit) : plain_text(value_at(row.run, column.path)));
    }
    cells.back() = row.error.empty() ? cells.back() : "error";
    table.add(cells);
    if (!row.error.empty()) {
      errors += fmt::format("  {}: {}\n", fmt::join(row.point, ", "), row.error);
    }
  }
  return table.text(0) + "HBM read and written: two_level, SMEM as the only cache.\n" +
         (errors.empty() ? "" : "\nPoints that can't be run:\n" + errors);
}

std::string text_of(const SweepOptions& options, const std::vector<SweepAxis>& axes, const std::vector<Row>& rows) {
  const std::string extension = std::filesystem::path(options.output).extension().string();
  if (options.csv || (!options.scenario->json && extension == ".csv")) {
    return csv_text(axes, rows);
  }
  return options.scenario->json || extension == ".json" ? json_text(axes, rows) : table_text(axes, rows);
}

/// A preset or machine that no point can load ends the sweep before it begins.
void refuse_unknown_names(const sim::Scenario& base, const std::vector<SweepAxis>& axes) {
  bool machines = false, presets = false;
  for (const SweepAxis& axis : axes) {
    machines = machines || axis.key == "machine";
    presets = presets || axis.key == "preset";
  }
  const sim::Scenario scenario = presets ? base : sim::with_preset(base, assets_directory());
  if (!machines) {
    sim::load_machine(scenario.machine, assets_directory());
  }
}

int sweep(const SweepOptions& options) {
  if (options.over.empty()) {
    throw sim::Error("sweep", "over what?", "for example --over seqlen=512:65536:*2");
  }
  if (options.csv && options.scenario->json) {
    throw sim::Error("sweep", "--csv and --json exclude each other");
  }
  const sim::Scenario base = scenario_of(*options.scenario);
  std::vector<SweepAxis> axes;
  for (const std::string& text : options.over) {
    axes.push_back(parse_axis(text));
  }
  const std::size_t points = count_points(axes);
  refuse_unknown_names(base, axes);
  std::vector<Row> rows;
  {
    const Progress progress(points);
    for (std::size_t i = 0; i < points; ++i) {
      progress.show(i);
      rows.push_back(run_point(base, axes, i, *options.scenario));
    }
  }
  const std::string text = text_of(options, axes, rows);
  if (options.output.empty()) {
    print(text);
  } else {
    sim::write_file(options.output, text);
  }
  return 0;
}

}  // namespace

Action add_sweep(CLI::App& app) {
  auto options = std::make_shared<SweepOptions>();
  options->scenario = add_scenario_flags(app, true);
  app.add_option("--over", options->over,
                 "KEY=FIRST:LAST:*FACTOR, KEY=FIRST:LAST:+STEP or KEY=A,B,C; KEY is a flag without its dashes, seqlen "
                 "(queries and keys) or a number of the machine (hbm.read_gb_per_s). Several: their product")
      ->type_name("KEY=RANGE")
      ->allow_extra_args(false);
  app.add_flag("--csv", options->csv, "print CSV: one row a point, columns named as the fields of run --json")
      ->group("Output");
  app.add_option("-o,--output", options->output, "write to a file; .csv and .json choose the format")
      ->type_name("FILE")
      ->group("Output");
  return [options] { return sweep(*options); };
}

}  // namespace cli
