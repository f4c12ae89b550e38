#include "ui/cli/numeric.h"

#include <fmt/format.h>

#include "sim/analysis/check.h"
#include "sim/base/error.h"
#include "sim/base/npy.h"

namespace cli {
namespace {

using Shape = std::vector<std::int64_t>;

sim::NpyArray read(const std::string& flag, const std::string& path, std::string& dtype) {
  sim::NpyArray array = sim::read_npy(path);
  if (dtype.empty()) {
    dtype = array.dtype;
  } else if (dtype != array.dtype) {
    throw sim::Error(flag, fmt::format("'{}' holds {}, another file {}", path, array.dtype, dtype),
                     "give all tensors the same type");
  }
  return array;
}

/// Takes a size from a file, or holds the one that was given against it.
void take(sim::Scenario& scenario, const char* key, std::int64_t size, const std::string& flag, const Shape& shape) {
  const sim::ScenarioField& field = *sim::find_scenario_field(key);
  if (scenario.given.count(field.key) == 0) {
    sim::set_scenario_field(scenario, field, size, flag);
    return;
  }
  const auto wanted = std::get<std::int64_t>(field.get(scenario));
  if (wanted != size) {
    throw sim::Error(
        flag,
        fmt::format("shape {} makes {} = {}, but {} was given", sim::shape_text(shape), field.member(), size, wanted),
        fmt::format("leave {} out, and it is taken from the file", field.member()));
  }
}

void take_dtype(sim::Scenario& scenario, const std::string& dtype) {
  const sim::ScenarioField& field = *sim::find_scenario_field("problem.dtype");
  if (scenario.given.count(field.key) == 0) {
    sim::set_scenario_field(scenario, field, std::string(dtype == "float16" ? "fp16" : "fp32"), "dtype");
  }
}

/// (batch, heads, seqlen, d), with 1 for dimensions that are not there.
Shape in_four(Shape shape) {
  shape.insert(shape.begin(), 4 - shape.size(), 1);
  return shape;
}

void take_sizes(sim::Scenario& scenario, const std::string& flag, const Shape& shape, const char* heads,
                const char* seqlen) {
  const Shape four = in_four(shape);
  take(scenario, "problem.batch", four[0], flag, shape);
  take(scenario, heads, four[1], flag, shape);
  take(scenario, seqlen, four[2], flag, shape);
  take(scenario, "problem.head_dim", four[3], flag, shape);
}

UserInputs load_attention(sim::Scenario& scenario) {
  const sim::Scenario::Inputs& files = scenario.inputs;
  if (files.q.empty() || files.k.empty() || files.v.empty()) {
    throw sim::Error(files.q.empty()   ? "--q"
                     : files.k.empty() ? "--k"
                                       : "--v",
                     "is missing", "--q, --k and --v go together");
  }
  std::string dtype;
  sim::NpyArray q = read("--q", files.q, dtype), k = read("--k", files.k, dtype), v = read("--v", files.v, dtype);
  if (k.shape != v.shape) {
    throw sim::Error("--v", fmt::format("shape {} differs from that of --k, {}", sim::shape_text(v.shape),
                                        sim::shape_text(k.shape)));
  }
  take_sizes(scenario, "--q", q.shape, "problem.heads", "problem.seqlen_q");
  take_sizes(scenario, "--k", k.shape, "problem.kv_heads", "problem.seqlen_kv");
  take_dtype(scenario, dtype);
  return {std::move(q.values), std::move(k.values), std::move(v.values), {}};
}

UserInputs load_softmax(sim::Scenario& scenario) {
  std::string dtype;
  sim::NpyArray x = read("--x", scenario.inputs.x, dtype);
  const auto length = x.shape.back();
  take(scenario, "problem.rows", static_cast<std::int64_t>(x.values.size()) / length, "--x", x.shape);
  take(scenario, "problem.row_length", length, "--x", x.shape);
  take_dtype(scenario, dtype);
  return {{}, {}, {}, std::move(x.values)};
}

}  // namespace

UserInputs load_inputs(sim::Scenario& scenario) {
  const sim::Scenario::Inputs& files = scenario.inputs;
  const bool softmax = sim::find_algorithm(scenario.algorithm).softmax;
  const bool attention_files = !files.q.empty() || !files.k.empty() || !files.v.empty();
  if (softmax && attention_files) {
    throw sim::Error("--q", fmt::format("has no meaning for {}", scenario.algorithm), "a softmax's rows are --x");
  }
  if (!softmax && !files.x.empty()) {
    throw sim::Error("--x", fmt::format("has no meaning for {}", scenario.algorithm), "use --q, --k and --v");
  }
  if (!files.x.empty()) {
    return load_softmax(scenario);
  }
  return attention_files ? load_attention(scenario) : UserInputs{};
}

sim::CheckReport check_values(const sim::Experiment& experiment, const sim::InputSpec& spec, const UserInputs& inputs,
                              const std::string& out) {
  const sim::Inputs values{spec, inputs.q, inputs.k, inputs.v, inputs.x};
  if (out.empty()) {
    return sim::check(experiment, values);
  }
  sim::Outputs outputs;
  const sim::CheckReport report = sim::check(experiment, values, &outputs);
  sim::write_npy(out, outputs.shape, outputs.values, experiment.problem.dtype);
  return report;
}

}  // namespace cli
