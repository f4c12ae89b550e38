#include "ui/cli/report_json.h"

#include <cmath>

namespace cli {
namespace {

/// JSON has no infinities: they become text.
Json number(double value) {
  if (std::isfinite(value)) {
    return value;
  }
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/// A modelled value, or null where nothing was timed.
template <typename T>
Json modelled(const T& value, bool timing) {
  return timing ? Json(value) : Json(nullptr);
}

Json problem_json(const sim::Problem& p, bool softmax) {
  Json json;
  if (softmax) {
    json = {{"rows", p.rows}, {"row_length", p.row_length}};
  } else {
    json = {
        {"batch", p.batch},         {"heads", p.heads},       {"kv_heads", p.kv_heads},      {"seqlen_q", p.seqlen_q},
        {"seqlen_kv", p.seqlen_kv}, {"head_dim", p.head_dim}, {"mask", sim::name_of(p.mask)}};
  }
  json["dtype"] = sim::name_of(p.dtype);
  json["badge"] = "exact";
  return json;
}

Json schedule_json(const sim::Schedule& s) {
  return {{"block_q", s.block_q}, {"block_kv", s.block_kv}, {"stages", s.stages}, {"warps", s.warps},
          {"splits", s.splits},   {"tile", s.tile},         {"badge", "exact"}};
}

Json kernels_json(const sim::Report& report, bool timing) {
  Json kernels = Json::array();
  for (const sim::KernelReport& k : report.kernels) {
    kernels.push_back({{"name", k.name},
                       {"grid", k.grid},
                       {"blocks_per_sm", k.blocks_per_sm},
                       {"occupancy_limit", k.occupancy_limit},
                       {"waves", number(k.waves)},
                       {"smem_bytes_per_block", k.smem_bytes_per_block},
                       {"registers_per_thread", k.registers_per_thread},
                       {"threads_per_block", k.threads_per_block},
                       {"time_us", modelled(k.time_us, timing)},
                       {"bound", modelled(k.bound, timing)},
                       {"badge", "modelled"}});
  }
  return kernels;
}

Json traffic_json(const sim::Traffic& t) {
  return {{"read_bytes", t.read_bytes}, {"write_bytes", t.write_bytes}, {"reduce_bytes", t.reduce_bytes}};
}

Json two_level_json(const sim::Report& report) {
  Json json = traffic_json(report.two_level);
  Json& tensors = json["by_tensor"] = Json::object();
  for (const auto& [name, traffic] : report.by_tensor) {
    tensors[name] = traffic_json(traffic);
  }
  json["badge"] = "exact";
  return json;
}

Json memory_json(const sim::Report& r, bool timing, bool l2) {
  Json json;
  json["read_bytes"] = modelled(l2 ? r.l2_read_bytes : r.dram_read_bytes, timing);
  json["write_bytes"] = modelled(l2 ? r.l2_write_bytes : r.dram_write_bytes, timing);
  if (l2) {
    json["hit_rate"] = modelled(r.l2_hit_rate, timing);
  } else {
    json["dirty_bytes"] = modelled(r.dram_dirty_bytes, timing);
  }
  json["badge"] = "modelled";
  return json;
}

Json fractions_json(const std::vector<std::pair<std::string, double>>& fractions) {
  Json json = Json::object();
  for (const auto& [name, fraction] : fractions) {
    json[name] = number(fraction);
  }
  return json;
}

Json check_json(const std::optional<sim::CheckReport>& check) {
  if (!check) {
    return nullptr;
  }
  return {{"max_abs_error", number(check->max_abs_error)},
          {"max_abs_error_lse", number(check->max_abs_error_lse)},
          {"tolerance", number(check->tolerance)},
          {"passed", check->passed},
          {"reference", check->reference},
          {"slices_checked", check->slices_checked},
          {"badge", "exact"}};
}

Json overrides_json(const Overrides& overrides) {
  Json json = Json::object();
  for (const auto& [key, value] : overrides) {
    json[key] = value;
  }
  return json;
}

}  // namespace

Json report_json(const sim::Report& report, const Overrides& overrides, bool timing) {
  const bool softmax = sim::find_algorithm(report.algorithm).softmax;
  Json json;
  json["algorithm"] = report.algorithm;
  json["machine"] = report.machine;
  json["machine_overrides"] = overrides_json(overrides);
  json["problem"] = problem_json(report.problem, softmax);
  json["schedule"] = schedule_json(report.schedule);
  json["kernels"] = kernels_json(report, timing);
  json["paper"] = {
      {"read_bytes", report.paper.read_bytes}, {"write_bytes", report.paper.write_bytes}, {"badge", "exact"}};
  json["two_level"] = two_level_json(report);
  json["l2"] = memory_json(report, timing, true);
  json["dram"] = memory_json(report, timing, false);
  json["smem"] = {{"peak_bytes_per_block", report.smem_peak_bytes_per_block},
                  {"operand_bytes", report.work.smem_operand_bytes},
                  {"badge", "exact"}};
  json["registers"] = {{"per_thread", report.registers_per_thread}, {"badge", "modelled"}};
  json["hbm_peak_bytes"] = report.hbm_peak_bytes;
  json["flops"] = {{"matmul", report.work.matmul_flops},
                   {"other", report.work.other_flops},
                   {"exp", report.work.exps},
                   {"tensor_instructions", report.work.tensor_instructions},
                   {"badge", "exact"}};
  json["cycles"] = modelled(report.cycles, timing);
  json["time_us"] = modelled(report.time_us, timing);
  json["bound"] = modelled(report.bound, timing);
  json["utilisation"] = fractions_json(report.utilisation);
  json["waits"] = fractions_json(report.waits);
  json["check"] = check_json(report.check);
  json["badges"] = {{"hbm_peak_bytes", "exact"}, {"cycles", "modelled"},      {"time_us", "modelled"},
                    {"bound", "modelled"},       {"utilisation", "modelled"}, {"waits", "modelled"}};
  return json;
}

Json value_at(const Json& json, const std::string& path) {
  const Json* at = &json;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const auto found = at->is_object() ? at->find(path.substr(begin, end - begin)) : at->end();
    if (!at->is_object() || found == at->end()) {
      return nullptr;
    }
    at = &*found;
    begin = end + 1;
  }
  return *at;
}

std::optional<double> number_at(const Json& json, const std::string& path) {
  const Json value = value_at(json, path);
  return value.is_number() ? std::optional<double>(value.get<double>()) : std::nullopt;
}

std::string dumped(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace cli
