#include "sim/analysis/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <string>

#include "sim/algorithms/common.h"
#include "sim/analysis/simulate.h"
#include "sim/base/error.h"

namespace sim {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::int32_t kRowsTogether = 8;  // of a sample

// The user's array from element `first` on, or values made from the seed for as many slices.
std::vector<float> input_values(const Tensor& tensor, const char* name, std::span<const float> given,
                                const InputSpec& spec, std::int64_t first_slice, std::int64_t slices, Shape shape,
                                std::int64_t all_slices) {
  const std::int64_t count = slices * shape.elements();
  std::vector<float> values(static_cast<std::size_t>(count));
  if (given.empty()) {
    fill_input(values.data(), spec, name, slices, shape.rows, shape.cols, tensor.dtype, first_slice);
    return values;
  }
  if (static_cast<std::int64_t>(given.size()) != all_slices * shape.elements()) {
    throw Error(name, fmt::format("has {} elements; the problem needs {} slices of {} x {}", given.size(), all_slices,
                                  shape.rows, shape.cols));
  }
  std::copy_n(given.begin() + first_slice * shape.elements(), count, values.begin());
  round_to(tensor.dtype, values.data(), count);
  return values;
}

// What goes into one slice of the grid, rounded.
struct SliceInputs {
  std::vector<float> q, k, v;  // of softmax: x in q
};

// A slice of the grid is a query head, or a group of them whose queries lie one after another.
std::int64_t heads_per_slice(const Plan& plan, const Problem& problem) {
  return problem.slices() / plan.kernels.front().slices;
}

SliceInputs inputs_of_slice(const Plan& plan, const Problem& p, const Inputs& in, std::int64_t slice) {
  if (const TensorInfo* X = plan.find("X")) {
    return {input_values(X->tensor, "X", in.x, in.spec, 0, 1, X->tensor.shape, 1), {}, {}};
  }
  const Tensor &Q = plan.find("Q")->tensor, &K = plan.find("K")->tensor, &V = plan.find("V")->tensor;
  const std::int64_t heads = heads_per_slice(plan, p), kv = K.slice_of(slice);
  return {input_values(Q, "Q", in.q, in.spec, slice * heads, heads, {p.seqlen_q, p.head_dim}, p.slices()),
          input_values(K, "K", in.k, in.spec, kv, 1, K.shape, p.kv_slices()),
          input_values(V, "V", in.v, in.spec, kv, 1, V.shape, p.kv_slices())};
}

void set_inputs(NumericRun& run, const Plan& plan, const SliceInputs& in, std::int64_t slice) {
  if (plan.find("X") != nullptr) {
    run.set_input("X", 0, in.q);
    return;
  }
  run.set_input("Q", plan.find("Q")->tensor.slice_of(slice), in.q);
  run.set_input("K", plan.find("K")->tensor.slice_of(slice), in.k);
  run.set_input("V", plan.find("V")->tensor.slice_of(slice), in.v);
}

}  // namespace

void set_inputs(NumericRun& run, const Plan& plan, const Problem& problem, const Inputs& inputs, std::int64_t slice) {
  set_inputs(run, plan, inputs_of_slice(plan, problem, inputs, slice), slice);
}

ErrorBound error_bound(const Algorithm& algorithm, const Problem& problem, const Schedule& schedule) {
  const std::string name = algorithm.name;
  ErrorBound bound;
  bound.dtype = problem.dtype;
  bound.keys = algorithm.softmax ? problem.row_length : problem.seqlen_kv;
  bound.head_dim = algorithm.softmax ? 0 : problem.head_dim;
  bound.kv_blocks = ceil_div(static_cast<std::int32_t>(bound.keys), schedule.block_kv);
  bound.probability_roundings = algorithm.softmax ? 0 : 1;
  bound.score_roundings = name == "standard" || name == "memory_efficient" ? 1 : 0;
  bound.output_roundings = name == "flash1" ? bound.kv_blocks : 1;
  if (name == "flash_decoding") {
    bound.kv_blocks = ceil_div(bound.kv_blocks, schedule.splits) + schedule.splits;
  }
  return bound;
}

namespace {

struct Check {
  const Algorithm& algorithm;
  const Problem problem;
  const Schedule schedule;
  const Plan plan;
  const Inputs& inputs;
  ErrorBound bound;
  double row_share = 1;  // of the rows, compared
  CheckReport report{};
  bool finite = true;

  void compare(const float* got, const double* want, std::int64_t count, double& error) const {
    error = std::max(error, max_abs_error(got, want, count));
  }
  void softmax(const SliceInputs& in, const std::vector<float>& y);
  void head(const float* q, const SliceInputs& in, const float* o, const float* lse);
  void rows(const float* q, const SliceInputs& in, const float* o, const float* lse, QueryRange range);
  void slice(NumericRun& run, std::int64_t z, Outputs* outputs);
  std::vector<float> lse_of(const NumericRun& run, std::int64_t z) const;
};

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

void Check::softmax(const SliceInputs& in, const std::vector<float>& y) {
  std::vector<double> want(y.size());
  bound.range.include(softmax_reference(in.q.data(), problem.rows, problem.row_length, want.data(), nullptr));
  compare(y.data(), want.data(), static_cast<std::int64_t>(y.size()), report.max_abs_error);
}

void Check::rows(const float* q, const SliceInputs& in, const float* o, const float* lse, QueryRange range) {
  std::vector<double> want(static_cast<std::size_t>(std::int64_t{range.count} * problem.head_dim));
  std::vector<double> want_lse(static_cast<std::size_t>(range.count));
  bound.range.include(attention_reference(problem, q, in.k.data(), in.v.data(), softmax_scale(problem), want.data(),
                                          want_lse.data(), range));
  compare(o + std::int64_t{range.first} * problem.head_dim, want.data(), std::int64_t{range.count} * problem.head_dim,
          report.max_abs_error);
  if (lse != nullptr) {
    compare(lse + range.first, want_lse.data(), range.count, report.max_abs_error_lse);
  }
}

// One query head: all rows, or groups of some at even distances, the first and the last among them.
void Check::head(const float* q, const SliceInputs& in, const float* o, const float* lse) {
  const std::int32_t groups = ceil_div(problem.seqlen_q, kRowsTogether);
  const auto picked = std::clamp(static_cast<std::int32_t>(std::ceil(row_share * groups)), std::min(2, groups), groups);
  if (picked == groups) {
    rows(q, in, o, lse, {0, problem.seqlen_q});
    return;
  }
  for (std::int32_t i = 0; i < picked; ++i) {
    const auto group = static_cast<std::int32_t>(std::int64_t{i} * (groups - 1) / (picked - 1));
    const std::int32_t first = group * kRowsTogether;
    rows(q, in, o, lse, {first, std::min(kRowsTogether, problem.seqlen_q - first)});
  }
}

// The log-sum-exp of a slice's rows; nothing if the algorithm doesn't return it.
std::vector<float> Check::lse_of(const NumericRun& run, std::int64_t z) const {
  if (const TensorInfo* LSE = plan.find("LSE")) {
    return run.read("LSE", LSE->tensor.slice_of(z));
  }
  const TensorInfo *l_info = plan.find("l"), *m_info = plan.find("m");
  if (l_info == nullptr || m_info == nullptr) {
    return {};
  }
  const std::vector<float> l = run.read("l", l_info->tensor.slice_of(z));
  std::vector<float> lse = run.read("m", m_info->tensor.slice_of(z));
  for (std::size_t i = 0; i < lse.size(); ++i) {
    lse[i] += std::log(l[i]);
  }
  return lse;
}

void Check::slice(NumericRun& run, std::int64_t z, Outputs* outputs) {
  const SliceInputs in = inputs_of_slice(plan, problem, inputs, z);
  set_inputs(run, plan, in, z);
  for (std::size_t k = 0; k < plan.kernels.size(); ++k) {
    run.run_kernel(k, z, z + 1);
  }
  const std::vector<float> out = run.read(algorithm.softmax ? "Y" : "O", z);
  finite = finite && all_finite(out);
  if (outputs != nullptr) {
    outputs->values.insert(outputs->values.end(), out.begin(), out.end());
  }
  if (algorithm.softmax) {
    softmax(in, out);
  } else {
    const std::vector<float> lse = lse_of(run, z);
    const std::int64_t per_head = std::int64_t{problem.seqlen_q} * problem.head_dim;
    for (std::int64_t h = 0; h < heads_per_slice(plan, problem); ++h) {
      head(in.q.data() + h * per_head, in, out.data() + h * per_head,
           lse.empty() ? nullptr : lse.data() + h * problem.seqlen_q);
    }
  }
  run.forget(z);
  report.slices_checked += algorithm.softmax ? 1 : heads_per_slice(plan, problem);
}

double flops_per_slice(const Check& c) {
  const Problem& p = c.problem;
  if (c.algorithm.softmax) {
    return 8.0 * p.rows * p.row_length;
  }
  return 4.0 * p.seqlen_q * p.seqlen_kv * p.head_dim * static_cast<double>(heads_per_slice(c.plan, p));
}

void check_output_bytes(const Check& c, std::int64_t limit) {
  const TensorInfo& out = *c.plan.find(c.algorithm.softmax ? "Y" : "O");
  const std::int64_t bytes = out.tensor.shape.elements() * out.slices * static_cast<std::int64_t>(sizeof(float));
  if (bytes > limit) {
    throw Error("values", fmt::format("the result takes {} bytes, more than the limit of {}", bytes, limit),
                "fewer heads, a smaller batch or shorter sequences");
  }
}

CheckReport checked_run(const Experiment& e, const Inputs& inputs, Outputs* outputs, const CheckOptions& options) {
  const Algorithm& algorithm = find_algorithm(e.algorithm);
  Prepared prepared = prepare(e);
  const Problem& problem = prepared.problem;
  Check c{algorithm,
          problem,
          prepared.schedule,
          std::move(prepared.plan),
          inputs,
          error_bound(algorithm, problem, prepared.schedule)};
  const std::int64_t slices = c.plan.kernels.front().slices;
  const double flops = flops_per_slice(c);
  const bool all = outputs != nullptr || flops * static_cast<double>(slices) <= options.flops;
  const std::int64_t picked = all ? slices : std::clamp<std::int64_t>(std::llround(options.flops / flops), 1, slices);
  c.row_share = std::min(1.0, options.reference_flops / (flops * static_cast<double>(picked)));
  if (outputs != nullptr) {
    check_output_bytes(c, options.value_bytes);
    outputs->values.clear();
    outputs->shape = algorithm.softmax
                         ? std::vector<std::int64_t>{problem.rows, problem.row_length}
                         : std::vector<std::int64_t>{problem.batch, problem.heads, problem.seqlen_q, problem.head_dim};
  }

  NumericRun run(c.plan, options.value_bytes, 1);
  for (std::int64_t i = 0; i < picked; ++i) {
    c.slice(run, picked == 1 ? 0 : i * (slices - 1) / (picked - 1), outputs);
  }

  CheckReport& report = c.report;
  report.reference = "double precision, softmax over whole rows";
  report.tolerance = c.bound.output();
  if (!c.finite) {
    report.max_abs_error = kInf;
  }
  report.passed = c.finite && report.max_abs_error <= report.tolerance && report.max_abs_error_lse <= c.bound.lse();
  return report;
}

}  // namespace

CheckReport check(const Experiment& experiment, const Inputs& inputs, Outputs* outputs, const CheckOptions& options) {
  try {
    return checked_run(experiment, inputs, outputs, options);
  } catch (const std::bad_alloc&) {
    throw Error("values", "no memory left for the values of one head", "shorter sequences, or no --check");
  }
}

}  // namespace sim
