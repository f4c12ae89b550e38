// The failing run as a scenario, so that the window opens at the very moment.
#include <fmt/format.h>

#include <filesystem>

#include "lessons/workshop/judge.h"
#include "sim/base/file.h"
#include "sim/base/npy.h"
#include "sim/scenario/scenario.h"

namespace lessons {

namespace {

namespace fs = std::filesystem;

void set(sim::Scenario& scenario, const char* key, const sim::ScenarioValue& value) {
  sim::set_scenario_field(scenario, *sim::find_scenario_field(key), value, key);
}

void set_shape(sim::Scenario& scenario, const Case& c, bool softmax) {
  const auto whole = [&](const char* key, std::int64_t value) { set(scenario, key, value); };
  if (softmax) {
    whole("problem.rows", c.problem.rows);
    whole("problem.row_length", c.problem.row_length);
  } else {
    whole("problem.heads", 1);
    whole("problem.seqlen_q", c.problem.seqlen_q);
    whole("problem.seqlen_kv", c.problem.seqlen_kv);
    whole("problem.head_dim", c.problem.head_dim);
  }
  set(scenario, "problem.dtype", std::string("fp32"));
  whole("schedule.block_q", c.schedule.block_q);
  whole("schedule.block_kv", c.schedule.block_kv);
}

void write_inputs(sim::Scenario& scenario, const Case& c, bool softmax, const std::string& folder) {
  const CaseValues values = values_of(c, softmax);
  const auto put = [&](const char* letter, const std::vector<float>& data, std::vector<std::int64_t> shape) {
    const std::string name = fmt::format("failure_{}.npy", letter);
    sim::write_npy((fs::path(folder) / name).string(), shape, data, sim::DType::fp32);
    set(scenario, fmt::format("inputs.{}", letter).c_str(), name);
  };
  const sim::Problem& p = c.problem;
  if (softmax) {
    return put("x", values.x, {p.rows, p.row_length});
  }
  put("q", values.q, {1, 1, p.seqlen_q, p.head_dim});
  put("k", values.k, {1, 1, p.seqlen_kv, p.head_dim});
  put("v", values.v, {1, 1, p.seqlen_kv, p.head_dim});
}

sim::ViewValue failure_view(const CaseFindings& found, const Words& message) {
  sim::ViewTable table{{"block", {std::int64_t{found.block}}},
                       {"op", {static_cast<std::int64_t>(found.op.value_or(0))}},
                       {"en", {message.en}},
                       {"zh", {message.zh}}};
  std::vector<sim::ViewValue> rows;
  const auto add = [&](const Difference& d) {
    rows.push_back({sim::ViewTable{{"tile", {d.tile}},
                                   {"row", {std::int64_t{d.row}}},
                                   {"col", {std::int64_t{d.col}}},
                                   {"got", {d.got}},
                                   {"want", {d.want}}}});
  };
  for (const Difference& d : found.shown) {
    add(d);
  }
  if (found.shown.empty() && found.result) {
    add(*found.result);
  }
  table.push_back({"values", {std::move(rows)}});
  return {std::move(table)};
}

}  // namespace

std::string write_failure(const Stage& stage, const Case& given, const CaseFindings& findings,
                          const sim::Experiment& experiment, const Words& message, const std::string& source_file,
                          const std::string& folder) {
  const bool softmax = sim::find_algorithm(stage.algorithm).softmax;
  fs::create_directories(folder);
  sim::RecordedProgram program = *experiment.program;
  const std::vector<unsigned char> source = sim::read_file(source_file);
  program.source_text.assign(source.begin(), source.end());
  sim::write_file((fs::path(folder) / "failure.program").string(), sim::to_text(program));

  sim::Scenario scenario;
  set(scenario, "title", fs::path(source_file).filename().string() + ", " + given.name);
  set(scenario, "machine", std::string("blackboard"));
  set(scenario, "algorithm", stage.algorithm);
  set(scenario, "program", std::string("failure.program"));
  set_shape(scenario, given, softmax);
  write_inputs(scenario, given, softmax, folder);
  // Whatever it holds is to be seen: where a tile program takes more than the machine has, the machine gets more.
  const auto more = [&](const char* key, std::int64_t have) {
    if (findings.chip_bytes > have) {
      sim::override_machine(scenario, key, static_cast<double>(findings.chip_bytes));
    }
  };
  more("sm.smem_bytes_per_block", experiment.machine.sm.smem_bytes_per_block);
  more("sm.smem_bytes", experiment.machine.sm.smem_bytes);
  scenario.view.push_back({"right", {std::string("program")}});
  scenario.view.emplace_back("failure", failure_view(findings, message));
  const std::string path = (fs::path(folder) / "failure.toml").string();
  sim::write_file(path, sim::to_toml(scenario));
  return path;
}

}  // namespace lessons
