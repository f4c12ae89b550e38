#include "measure/check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>

#include "measure/reference.h"

namespace measure {
namespace {

using kernels::Entry;
using kernels::Problem;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Below these sizes all rows are compared.
constexpr std::int64_t kAllElements = std::int64_t{1} << 20, kAllScores = std::int64_t{1} << 22;
constexpr int kRandomRows = 64;
constexpr std::int64_t kSampledElements = std::int64_t{1} << 22;

// Equal infinities differ by 0; a NaN, and an infinity met by anything else, by infinity.
double difference(double got, double want) {
  if (got == want) {
    return 0;
  }
  const double error = std::fabs(got - want);
  return std::isnan(error) ? kInfinity : error;
}

void add_row(std::set<std::int64_t>& rows, const Problem& p, std::int64_t slice, std::int64_t query) {
  if (query >= 0 && query < p.seqlen_q) {
    rows.insert(slice * p.seqlen_q + query);
  }
}

// Where tiles begin and end, in the first, the middle and the last slice, among them the last, ragged tile.
void add_edges(std::set<std::int64_t>& rows, const Problem& p) {
  const std::int64_t n = p.seqlen_q;
  for (const std::int64_t slice : {0, p.slices() / 2, p.slices() - 1}) {
    for (const std::int64_t query : std::array<std::int64_t, 15>{0, 1, 15, 16, 31, 32, 63, 64, 127, 128, n / 2,
                                                                 n / 64 * 64, n / 128 * 128, n - 2, n - 1}) {
      add_row(rows, p, slice, query);
    }
  }
}

std::vector<std::int64_t> rows_to_compare(const Problem& p, const Operands& operands) {
  const std::int64_t count = operands.rows();
  const std::int64_t keys = p.is_softmax() ? p.row_length : p.seqlen_kv;
  if (count * operands.width() <= kAllElements && count * keys <= kAllScores) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      all[static_cast<std::size_t>(i)] = i;
    }
    return all;
  }
  std::set<std::int64_t> rows = {0, 1, count / 2, count - 2, count - 1};
  const std::int64_t random = std::clamp<std::int64_t>(kSampledElements / keys, 4, kRandomRows);
  for (std::int64_t i = 0; i < random; ++i) {
    rows.insert(static_cast<std::int64_t>(fnv1a(std::to_string(i) + text(p)) % static_cast<std::uint64_t>(count)));
  }
  if (!p.is_softmax()) {
    add_edges(rows, p);
  }
  rows.erase(rows.begin(), rows.lower_bound(0));  // count - 2 of a single row
  return {rows.begin(), rows.end()};
}

struct Errors {
  double largest = 0, relative = 0;  // relative: the row with the largest ||got - want|| / ||want||
};

Errors compare(const std::vector<float>& got, const std::vector<double>& want, std::int64_t width) {
  Errors errors;
  const auto columns = static_cast<std::size_t>(width);
  for (std::size_t row = 0; row < want.size(); row += columns) {
    double wrong = 0, all = 0;
    for (std::size_t i = row; i < row + columns; ++i) {
      const double error = difference(got[i], want[i]);
      errors.largest = std::max(errors.largest, error);
      wrong += error * error;
      all += want[i] * want[i];
    }
    errors.relative = std::max(errors.relative, wrong == 0 ? 0 : std::sqrt(wrong / all));
  }
  return errors;
}

// ln of the sum of exponentials, from what the algorithm returns; empty if it returns nothing.
std::vector<float> lse_of(const Point& point, const Operands& operands, const std::vector<std::int64_t>& rows,
                          cudaStream_t stream) {
  const auto gathered = [&](int i) {
    return gather_rows(kernels::DType::fp32, operands.statistic(i), 1, rows, stream);
  };
  if (point.algorithm == "flash2") {
    return gathered(0);
  }
  if (point.algorithm != "flash1") {
    return {};
  }
  const std::vector<float> l = gathered(1);
  std::vector<float> lse = gathered(2);
  for (std::size_t i = 0; i < lse.size(); ++i) {
    lse[i] += std::log(l[i]);
  }
  return lse;
}

std::string damage_text(const Operands::Damage& damage) {
  if (damage.not_finite > 0) {
    return std::to_string(damage.not_finite) + " elements are NaN or infinite, or were not written";
  }
  if (damage.nan_statistics > 0) {
    return std::to_string(damage.nan_statistics) + " statistics are NaN or were not written";
  }
  return damage.written_behind > 0 ? std::to_string(damage.written_behind) + " bytes behind an output were changed"
                                   : "";
}

Comparison compare_kind(const Entry& entry, const Point& point, Operands& operands, InputKind kind,
                        const std::vector<std::int64_t>& rows, cudaStream_t stream) {
  operands.fill(kind, fnv1a(text(point)) + static_cast<std::uint64_t>(kind), stream);
  operands.poison(stream);
  entry.run(point.problem, point.schedule, operands.tensors(), operands.workspace(), stream);
  kernels::check(cudaStreamSynchronize(stream), label(point.algorithm, point.variant).c_str());

  Comparison result;
  result.kind = kind;
  result.broken = damage_text(operands.damage(stream));
  const Rows want = reference_rows(point.problem, operands.tensors(), rows, stream);
  const Tolerance allowed = tolerance(point, want.range);
  const Errors errors =
      compare(gather_rows(point.problem.dtype, operands.result(), want.width, rows, stream), want.values, want.width);
  result.max_abs_error = errors.largest;
  result.tolerance = allowed.output;
  const std::vector<float> lse = lse_of(point, operands, rows, stream);
  if (!lse.empty()) {
    result.lse_error = compare(lse, want.lse, 1).largest;
    result.lse_tolerance = allowed.lse;
  }
  if (kind == InputKind::normal) {
    result.relative_error = errors.relative;
    result.relative_tolerance = allowed.relative;
  }
  return result;
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

// JSON has no infinity.
Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

bool Comparison::passed() const {
  return broken.empty() && max_abs_error <= tolerance && lse_error <= lse_tolerance &&
         relative_error <= relative_tolerance;
}

std::string Comparison::text() const {
  std::string all = std::string(name_of(kind)) + ": ";
  if (!broken.empty()) {
    all += broken + ", ";
  }
  all += "error " + number(max_abs_error) + " of " + number(tolerance) + " allowed";
  if (lse_tolerance > 0) {
    all += ", LSE " + number(lse_error) + " of " + number(lse_tolerance);
  }
  if (relative_tolerance > 0) {
    all += ", relative " + number(relative_error) + " of " + number(relative_tolerance);
  }
  return all;
}

bool CheckResult::passed() const {
  return !comparisons.empty() &&
         std::all_of(comparisons.begin(), comparisons.end(), [](const Comparison& c) { return c.passed(); });
}

std::string CheckResult::failures() const {
  std::string all;
  for (const Comparison& comparison : comparisons) {
    if (!comparison.passed()) {
      all += (all.empty() ? "" : "; ") + comparison.text();
    }
  }
  return all;
}

Json CheckResult::to_json() const {
  const Comparison& normal = comparisons.front();
  Json json = {{"passed", passed()},
               {"max_abs_error", finite(normal.max_abs_error)},
               {"tolerance", finite(normal.tolerance)},
               {"relative_error", finite(normal.relative_error)},
               {"relative_tolerance", finite(normal.relative_tolerance)},
               {"rows", rows}};
  for (const Comparison& comparison : comparisons) {
    json["inputs"].push_back(name_of(comparison.kind));
  }
  if (!passed()) {
    json["failures"] = failures();
  }
  return json;
}

CheckResult check_point(const Entry& entry, const Point& point, Operands& operands, bool thorough,
                        cudaStream_t stream) {
  std::vector<InputKind> kinds = input_kinds(point);
  if (!thorough) {
    kinds.resize(2);
  }
  const std::vector<std::int64_t> rows = rows_to_compare(point.problem, operands);
  CheckResult result;
  result.rows = static_cast<std::int64_t>(rows.size());
  for (const InputKind kind : kinds) {
    result.comparisons.push_back(compare_kind(entry, point, operands, kind, rows, stream));
  }
  operands.fill(InputKind::normal, fnv1a(text(point)), stream);
  kernels::check(cudaStreamSynchronize(stream), "filling the inputs");
  return result;
}

bool is_small(const Problem& problem) {
  const double scores = problem.is_softmax()
                            ? static_cast<double>(problem.rows) * problem.row_length
                            : static_cast<double>(problem.slices()) * problem.seqlen_q * problem.seqlen_kv;
  return scores <= 0x1p27;
}

}  // namespace measure
