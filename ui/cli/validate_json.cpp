// `attoscope validate` as CSV and JSON.
#include <fmt/format.h>

#include "ui/cli/format.h"
#include "ui/cli/validate_output.h"

namespace cli {
namespace {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json point_json(const sim::MeasuredPoint& point) {
  const sim::Problem& p = point.problem;
  Json problem;
  if (sim::find_algorithm(point.algorithm).softmax) {
    problem = {{"rows", p.rows}, {"row_length", p.row_length}, {"dtype", sim::name_of(p.dtype)}};
  } else {
    problem = {{"batch", p.batch},
               {"heads", p.heads},
               {"kv_heads", p.kv_heads},
               {"seqlen_q", p.seqlen_q},
               {"seqlen_kv", p.seqlen_kv},
               {"head_dim", p.head_dim},
               {"mask", sim::name_of(p.mask)},
               {"dtype", sim::name_of(p.dtype)}};
  }
  const sim::Schedule& s = point.schedule;
  return {{"algorithm", point.algorithm},
          {"problem", problem},
          {"schedule",
           {{"block_q", s.block_q},
            {"block_kv", s.block_kv},
            {"stages", s.stages},
            {"warps", s.warps},
            {"splits", s.splits},
            {"tile", s.tile}}},
          {"held_back", point.held_back}};
}

Json counters_json(const sim::Comparison& c) {
  Json all = Json::object();
  for (const sim::CounterComparison& counter : c.counters) {
    all[counter.simulated.counter] = {
        {"simulated", counter.simulated.value}, {"simulated_badge", counter.simulated.exact ? "exact" : "modelled"},
        {"measured", counter.measured},         {"error", or_null(counter.error)},
        {"judged", counter.simulated.judged},   {"law", counter.simulated.law}};
  }
  return all;
}

Json comparison_json(const sim::Comparison& c) {
  Json json = point_json(*c.at.point);
  json["file"] = c.at.file->path;
  json["failure"] = c.failure.empty() ? Json(nullptr) : Json(c.failure);
  const bool ran = c.failure.empty();
  json["measured_us"] = c.measured_us;
  json["simulated_us"] = ran ? Json(c.simulated_us) : Json(nullptr);
  json["error"] = ran ? Json(c.error) : Json(nullptr);
  json["bound"] = ran ? Json(c.bound) : Json(nullptr);
  json["cycles"] = nullptr;
  if (c.cycles) {
    json["cycles"] = {{"measured", c.cycles->measured},
                      {"simulated", c.cycles->simulated},
                      {"error", c.cycles->error},
                      {"clock_mhz", c.cycles->clock_mhz},
                      {"source", c.cycles->from_counters ? "counters" : "time x clock"}};
  }
  Json kernels = Json::array();
  for (const sim::KernelComparison& kernel : c.kernels) {
    kernels.push_back(
        {{"name", kernel.name}, {"measured_us", or_null(kernel.measured_us)}, {"simulated_us", kernel.simulated_us}});
  }
  json["kernels"] = kernels;
  json["counters"] = counters_json(c);
  return json;
}

Json errors_json(const sim::ErrorSummary& errors) {
  Json json = {{"points", errors.points}, {"mean_abs_error", nullptr}, {"mean_error", nullptr}, {"worst", nullptr}};
  if (errors.worst != nullptr) {
    json["mean_abs_error"] = errors.mean_abs;
    json["mean_error"] = errors.mean;
    json["worst"] = point_json(*errors.worst->at.point);
    json["worst"]["error"] = errors.worst_error;
  }
  return json;
}

Json summaries_json(const std::vector<sim::AlgorithmSummary>& summaries) {
  Json all = Json::array();
  for (const sim::AlgorithmSummary& s : summaries) {
    all.push_back({{"algorithm", s.algorithm},
                   {"above_20_us", errors_json(s.all)},
                   {"held_back", errors_json(s.held_back)},
                   {"not_held_back", errors_json(s.rest)},
                   {"up_to_20_us", errors_json(s.brief)}});
  }
  return all;
}

Json counter_summaries_json(const Validation& v) {
  Json all = Json::array();
  for (const sim::CounterSummary& s : sim::summarise_counters(v.comparisons)) {
    Json row = {
        {"algorithm", s.algorithm}, {"counter", s.counter}, {"simulated_badge", s.exact ? "exact" : "modelled"}};
    row.update(errors_json(s.errors));
    all.push_back(row);
  }
  return all;
}

Json files_json(const Validation& v) {
  Json all = Json::array();
  for (const sim::MeasurementFile& file : v.files) {
    all.push_back({{"path", file.path},
                   {"date", file.date},
                   {"card", file.card.name},
                   {"driver", file.driver},
                   {"toolkit", file.toolkit},
                   {"conditions", file.conditions},
                   {"points", file.points.size()}});
  }
  return all;
}

Json ablations_json(const Validation& v) {
  Json all = Json::array();
  for (const sim::Ablation& ablation : v.ablations) {
    Json rows = Json::array();
    for (const sim::Ablation::Row& row : ablation.rows) {
      rows.push_back({{"algorithm", row.algorithm},
                      {"points", row.points},
                      {"mean_abs_error", row.mean_abs},
                      {"mean_error", row.mean}});
    }
    all.push_back({{"off", ablation.off == nullptr ? Json(nullptr) : Json(ablation.off->name)},
                   {"text", ablation.off == nullptr ? "the whole model" : ablation.off->text},
                   {"algorithms", rows}});
  }
  return all;
}

using Cells = std::vector<std::string>;

/// Names of the counters that any point has.
Cells counters_of(const Validation& v) {
  Cells names;
  for (const sim::Comparison& c : v.comparisons) {
    for (const sim::CounterComparison& counter : c.counters) {
      if (std::find(names.begin(), names.end(), counter.simulated.counter) == names.end()) {
        names.emplace_back(counter.simulated.counter);
      }
    }
  }
  return names;
}

Cells header_of(const Validation& v, const Cells& counters) {
  Cells header = {"algorithm",   "batch",        "heads", "kv_heads",   "seqlen_q", "seqlen_kv",
                  "head_dim",    "mask",         "rows",  "row_length", "dtype",    "block_q",
                  "block_kv",    "stages",       "warps", "splits",     "tile",     "held_back",
                  "measured_us", "simulated_us", "error", "bound"};
  if (v.cycles) {
    header.insert(header.end(), {"cycles_measured", "cycles_simulated", "cycles_error", "cycles_source", "clock_mhz"});
  }
  for (const std::string& counter : counters) {
    header.insert(header.end(), {counter + "_measured", counter + "_simulated", counter + "_error"});
  }
  header.insert(header.end(), {"file", "failure"});
  return header;
}

template <typename T>
std::string cell(const T& value) {
  return fmt::format("{}", value);
}

Cells settings_cells(const sim::MeasuredPoint& point) {
  const sim::Problem& p = point.problem;
  const sim::Schedule& s = point.schedule;
  Cells row = {point.algorithm};
  if (sim::find_algorithm(point.algorithm).softmax) {
    row.insert(row.end(), {"", "", "", "", "", "", "", cell(p.rows), cell(p.row_length)});
  } else {
    row.insert(row.end(), {cell(p.batch), cell(p.heads), cell(p.kv_heads), cell(p.seqlen_q), cell(p.seqlen_kv),
                           cell(p.head_dim), cell(sim::name_of(p.mask)), "", ""});
  }
  row.insert(row.end(), {cell(sim::name_of(p.dtype)), cell(s.block_q), cell(s.block_kv), cell(s.stages), cell(s.warps),
                         cell(s.splits), cell(s.tile), point.held_back ? "true" : "false"});
  return row;
}

void append_counter(const sim::Comparison& c, const std::string& name, Cells& row) {
  for (const sim::CounterComparison& counter : c.counters) {
    if (counter.simulated.counter == name) {
      row.insert(row.end(),
                 {cell(counter.measured), cell(counter.simulated.value), counter.error ? cell(*counter.error) : ""});
      return;
    }
  }
  row.insert(row.end(), {"", "", ""});
}

Cells row_of(const Validation& v, const sim::Comparison& c, const Cells& counters) {
  Cells row = settings_cells(*c.at.point);
  const bool ran = c.failure.empty();
  row.insert(row.end(), {cell(c.measured_us), ran ? cell(c.simulated_us) : "", ran ? cell(c.error) : "", c.bound});
  if (v.cycles && c.cycles) {
    row.insert(row.end(), {cell(c.cycles->measured), cell(c.cycles->simulated), cell(c.cycles->error),
                           c.cycles->from_counters ? "counters" : "time x clock", cell(c.cycles->clock_mhz)});
  } else if (v.cycles) {
    row.insert(row.end(), 5, "");
  }
  for (const std::string& counter : counters) {
    append_counter(c, counter, row);
  }
  row.insert(row.end(), {c.at.file->path, c.failure});
  return row;
}

}  // namespace

Json validation_json(const Validation& v) {
  Json json;
  json["machine"] = v.machine.name;
  json["machine_overrides"] = Json::object();
  for (const auto& [key, value] : v.overrides) {
    json["machine_overrides"][key] = value;
  }
  json["without"] = Json::array();
  for (const sim::Mechanism* mechanism : v.without) {
    json["without"].push_back(mechanism->name);
  }
  json["files"] = files_json(v);
  json["not_compared"] = {
      {"baselines", v.selection.baselines}, {"unchecked", v.selection.unchecked}, {"warm_l2", v.selection.warm}};
  json["time"] = summaries_json(sim::summarise(v.comparisons, sim::error_of_time));
  if (v.cycles) {
    json["cycles"] = summaries_json(sim::summarise(v.comparisons, sim::error_of_cycles));
  }
  if (v.counters) {
    json["counters"] = counter_summaries_json(v);
  }
  if (!v.ablations.empty()) {
    json["ablation"] = ablations_json(v);
  }
  Json points = Json::array();
  for (const sim::Comparison& comparison : v.comparisons) {
    points.push_back(comparison_json(comparison));
  }
  json["points"] = points;
  json["badges"] = {{"measured", "measured"},
                    {"measured_us", "measured"},
                    {"clock_mhz", "measured"},
                    {"simulated_us", "modelled"},
                    {"simulated", "modelled, or simulated_badge beside it"},
                    {"error", "simulated / measured - 1"}};
  return json;
}

std::string validation_csv(const Validation& v) {
  const Cells counters = counters_of(v);
  std::string out = fmt::format("{}\n", fmt::join(header_of(v, counters), ","));
  for (const sim::Comparison& comparison : v.comparisons) {
    Cells row = row_of(v, comparison, counters);
    for (std::string& text : row) {
      text = csv_cell(std::move(text));
    }
    out += fmt::format("{}\n", fmt::join(row, ","));
  }
  return out;
}

}  // namespace cli
