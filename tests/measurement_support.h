// Measurement files for tests: "measured" is what the simulator says, with known errors put in.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sim/measurement/validate.h"
#include "sim/scenario/scenario.h"

namespace measurement_test {

using Json = nlohmann::ordered_json;

/// What `text`, a scenario, is about.
inline sim::Experiment experiment_of(const std::string& text) {
  return sim::experiment_of(sim::parse_scenario(text, "test"), ATTOSCOPE_SOURCE_ASSETS);
}

/// A point at which the simulator errs by `error`: it takes 1 + error times what is "measured".
inline Json point_of(const sim::Experiment& experiment, double error, bool held_back = false) {
  const sim::Report r = sim::simulate(experiment);
  const sim::Problem& p = r.problem;
  Json problem = {{"batch", p.batch},       {"heads", p.heads},         {"kv_heads", p.kv_heads},
                  {"seqlen_q", p.seqlen_q}, {"seqlen_kv", p.seqlen_kv}, {"head_dim", p.head_dim},
                  {"mask", name_of(p.mask)}};
  if (sim::find_algorithm(r.algorithm).softmax) {
    problem = {{"rows", p.rows}, {"row_length", p.row_length}};
  }
  problem["dtype"] = name_of(p.dtype);
  const sim::Schedule& s = r.schedule;
  const double us = r.time_us / (1 + error), mhz = experiment.machine.chip.clock_mhz;
  Json kernels = Json::array();
  for (const sim::KernelReport& kernel : r.kernels) {
    kernels.push_back({{"name", kernel.name}, {"grid", kernel.grid}, {"time_us", kernel.time_us / (1 + error)}});
  }
  return {{"algorithm", r.algorithm},
          {"variant", ""},
          {"held_back", held_back},
          {"problem", problem},
          {"schedule",
           {{"block_q", s.block_q},
            {"block_kv", s.block_kv},
            {"stages", s.stages},
            {"warps", s.warps},
            {"splits", s.splits},
            {"tile", s.tile}}},
          {"l2", "cold"},
          {"check", {{"passed", true}, {"max_abs_error", 1e-4}, {"tolerance", 1e-3}, {"rows", 512}}},
          {"time_us",
           {{"median", us},
            {"p10", 0.99 * us},
            {"p90", 1.02 * us},
            {"min", 0.98 * us},
            {"max", 1.1 * us},
            {"samples", 20}}},
          {"clock_mhz", {{"median", mhz}, {"min", mhz}, {"max", mhz}}},
          {"power_w", 512.0},
          {"cycles", {{"median", us * mhz}}},
          {"kernels", kernels}};
}

/// Counters of a one-kernel run: what the laws predict, each off by `error`.
inline Json counters_of(const sim::Experiment& experiment, double error) {
  const sim::Report report = sim::simulate(experiment);
  sim::MeasuredCard card;
  card.compute_capability = "9.0";
  Json kernel = {{"name", report.kernels.at(0).name},
                 {"grid", report.kernels.at(0).grid},
                 {"time_us", report.cycles / experiment.machine.chip.clock_mhz},
                 {"cycles", report.cycles / (1 + error)},
                 {"clock_mhz", experiment.machine.chip.clock_mhz}};
  for (const sim::PredictedCounter& counter : sim::predict_counters(experiment, report, card)) {
    kernel[counter.counter] = counter.value / (1 + error);
  }
  return {{"tool", "Nsight Compute"}, {"l2", "cold"}, {"kernels", {kernel}}};
}

inline Json file_of(const std::string& machine, const std::vector<Json>& points) {
  return {{"format", "attoscope-measurements 1"},
          {"date", "2026-11-22T21:38:16Z"},
          {"card",
           {{"name", "Test card"},
            {"machine", machine},
            {"compute_capability", "9.0"},
            {"sm_count", 132},
            {"l2_bytes", 62914560},
            {"hbm_bytes", 150109880320}}},
          {"driver", {{"version", "580.1"}, {"cuda", "13.0"}}},
          {"toolkit", {{"compiled", "13.0"}, {"runtime", "13.0"}}},
          {"conditions", "made by a test"},
          {"points", points}};
}

}  // namespace measurement_test
