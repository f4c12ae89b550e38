// Measurement files: JSON in.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "sim/measurement/measurement.h"

namespace sim {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "attoscope-measurements 1";
constexpr std::size_t kTextMax = 4096;      // of one string
constexpr std::size_t kPointsMax = 100000;  // of one file
constexpr double kMicrosecondsMax = 1e12;   // eleven days
constexpr double kCountMax = 1e18;
constexpr const char* kCounters[] = {"dram_read_bytes",  "dram_write_bytes",  "l2_read_sectors",     "l2_write_sectors",
                                     "sm_l2_read_bytes", "sm_l2_write_bytes", "smem_bytes",          "smem_read_bytes",
                                     "smem_write_bytes", "smem_wavefronts",   "tensor_instructions", "exp_instructions",
                                     "l2_hit_pct",       "registers",         "warp_instructions"};

std::string shortened(const Json& value) {
  constexpr std::size_t kMost = 60;
  if (value.is_structured()) {
    return value.is_array() ? "an array" : "an object";
  }
  const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

/// A value of the file and where it stands: what its members are asked of, and what messages call it.
class Node {
 public:
  Node(const Json& value, const std::string& source, std::string path)
      : value_(&value), source_(&source), path_(std::move(path)) {}

  bool has(const char* key) const {
    const auto found = object().find(key);
    return found != object().end() && !found->is_null();
  }

  Node at(const char* key) const {
    const auto found = object().find(key);
    if (found == object().end()) {
      throw Error(where(), fmt::format("missing key '{}'", key),
                  "files are written by attoscope-measure; null stands for what was not measured");
    }
    return {*found, *source_, path_.empty() ? key : path_ + "." + key};
  }

  std::vector<Node> elements(std::size_t most) const {
    if (!value_->is_array() || value_->size() > most) {
      fail(fmt::format("an array of at most {}", most));
    }
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < value_->size(); ++i) {
      nodes.emplace_back((*value_)[i], *source_, fmt::format("{}[{}]", path_, i));
    }
    return nodes;
  }

  double number(double min, double max) const {
    const double value = value_->is_number() ? value_->get<double>() : std::numeric_limits<double>::quiet_NaN();
    if (!(value >= min && value <= max)) {
      fail(fmt::format("a number from {} to {}", min, max));
    }
    return value;
  }
  double positive(double max) const {
    const double value = number(0, max);
    if (value <= 0) {
      fail("a number greater than 0");
    }
    return value;
  }
  std::int64_t whole(std::int64_t min, std::int64_t max) const {
    const double value = number(static_cast<double>(min), static_cast<double>(max));
    if (value != std::floor(value)) {
      fail(fmt::format("a whole number from {} to {}", min, max));
    }
    return static_cast<std::int64_t>(value);
  }
  bool boolean() const {
    if (!value_->is_boolean()) {
      fail("true or false");
    }
    return value_->get<bool>();
  }
  std::string text() const {
    const auto* text = value_->get_ptr<const std::string*>();
    const auto printable = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
    if (text == nullptr || text->size() > kTextMax || !std::all_of(text->begin(), text->end(), printable)) {
      fail(fmt::format("a line of text of at most {} bytes", kTextMax));
    }
    return *text;
  }
  std::string one_of(const std::vector<std::string>& names) const {
    std::string name = text();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw Error(where(), fmt::format("unknown '{}'", name), suggestion(name, names));
    }
    return name;
  }

  std::string where() const { return path_.empty() ? *source_ : *source_ + ": " + path_; }

  [[noreturn]] void fail(const std::string& expected) const {
    throw Error(where(), fmt::format("is {}; expected {}", shortened(*value_), expected));
  }

 private:
  const Json& object() const {
    if (!value_->is_object()) {
      fail("an object");
    }
    return *value_;
  }

  const Json* value_;
  const std::string* source_;
  std::string path_;
};

std::optional<double> positive_if_there(const Node& node, const char* key, double max) {
  return node.has(key) ? std::optional(node.at(key).positive(max)) : std::nullopt;
}

std::int32_t length(const Node& node, const char* key) {
  return static_cast<std::int32_t>(node.at(key).whole(1, std::numeric_limits<std::int32_t>::max()));
}

Problem problem_of(const Node& node, bool softmax) {
  Problem problem;
  if (softmax) {
    problem.rows = length(node, "rows");
    problem.row_length = length(node, "row_length");
  } else {
    problem.batch = length(node, "batch");
    problem.heads = length(node, "heads");
    problem.kv_heads = length(node, "kv_heads");
    problem.seqlen_q = length(node, "seqlen_q");
    problem.seqlen_kv = length(node, "seqlen_kv");
    problem.head_dim = length(node, "head_dim");
    problem.mask = node.at("mask").one_of({"none", "causal"}) == "causal" ? Mask::causal : Mask::none;
  }
  problem.dtype = *dtype_named(node.at("dtype").one_of({"fp16", "bf16", "fp32"}));
  try {
    return checked(problem, softmax);
  } catch (const Error& error) {
    throw Error(node.where(), error.where() + " " + error.message(), error.hint());
  }
}

Schedule schedule_of(const Node& node) {
  const auto entry = [&](const char* key, int max) { return static_cast<int>(node.at(key).whole(0, max)); };
  constexpr int kBlockMax = 1 << 24;
  return {entry("block_q", kBlockMax), entry("block_kv", kBlockMax), entry("stages", 64),
          entry("warps", 64),          entry("splits", kBlockMax),   entry("tile", kBlockMax)};
}

bool cold_of(const Node& node) { return node.at("l2").one_of({"cold", "warm"}) == "cold"; }

MeasuredTime time_of(const Node& node) {
  MeasuredTime time;
  time.min = node.at("min").positive(kMicrosecondsMax);
  time.max = node.at("max").number(time.min, kMicrosecondsMax);
  time.median = node.at("median").number(time.min, time.max);
  time.p10 = node.at("p10").number(time.min, time.median);
  time.p90 = node.at("p90").number(time.median, time.max);
  time.samples = static_cast<int>(node.at("samples").whole(1, 1 << 30));
  return time;
}

MeasuredClock clock_of(const Node& node) {
  constexpr double kMegahertzMax = 1e5;
  MeasuredClock clock;
  clock.min = node.at("min").positive(kMegahertzMax);
  clock.max = node.at("max").number(clock.min, kMegahertzMax);
  clock.median = node.at("median").number(clock.min, clock.max);
  return clock;
}

MeasuredPoint::Check check_of(const Node& node) {
  // What isn't finite is written as null.
  const auto number = [&](const char* key) {
    const Node value = node.at(key);
    return node.has(key) ? value.number(0, kCountMax) : std::numeric_limits<double>::infinity();
  };
  return {node.at("passed").boolean(), number("max_abs_error"), number("tolerance")};
}

KernelCounters kernel_counters_of(const Node& node) {
  KernelCounters counters;
  counters.name = node.at("name").text();
  counters.cycles = node.at("cycles").positive(kCountMax);
  counters.time_us = positive_if_there(node, "time_us", kMicrosecondsMax);
  counters.clock_mhz = positive_if_there(node, "clock_mhz", 1e5);
  for (const char* counter : kCounters) {
    if (node.has(counter)) {
      counters.values[counter] = node.at(counter).number(0, kCountMax);
    }
  }
  return counters;
}

MeasuredCounters counters_of(const Node& node) {
  MeasuredCounters counters;
  counters.tool = node.at("tool").text();
  counters.cold_l2 = cold_of(node);
  for (const Node& kernel : node.at("kernels").elements(1000)) {
    counters.kernels.push_back(kernel_counters_of(kernel));
  }
  return counters;
}

MeasuredKernel kernel_of(const Node& node) {
  const int launches = node.has("launches") ? static_cast<int>(node.at("launches").whole(1, 1 << 24)) : 1;
  return {node.at("name").text(), node.at("grid").whole(0, std::int64_t{1} << 50), launches,
          positive_if_there(node, "time_us", kMicrosecondsMax)};
}

MeasuredPoint point_of(const Node& node) {
  MeasuredPoint point;
  point.algorithm = node.at("algorithm").one_of(algorithm_names());
  point.variant = node.at("variant").text();
  point.held_back = node.at("held_back").boolean();
  point.problem = problem_of(node.at("problem"), find_algorithm(point.algorithm).softmax);
  point.schedule = schedule_of(node.at("schedule"));
  point.cold_l2 = cold_of(node);
  point.check = check_of(node.at("check"));
  if (!point.check.passed) {
    return point;  // no check, no time
  }
  point.time_us = time_of(node.at("time_us"));
  node.at("clock_mhz");  // there, if null
  if (node.has("clock_mhz")) {
    point.clock_mhz = clock_of(node.at("clock_mhz"));
  }
  point.power_w = positive_if_there(node, "power_w", 1e6);  // not every card says
  node.at("cycles");
  if (node.has("cycles")) {
    point.cycles = node.at("cycles").at("median").positive(kCountMax);
  }
  for (const Node& kernel : node.at("kernels").elements(1000)) {
    point.kernels.push_back(kernel_of(kernel));
  }
  if (node.has("counters")) {
    point.counters = counters_of(node.at("counters"));
  }
  return point;
}

MeasuredCard card_of(const Node& node) {
  return {node.at("name").text(), node.at("machine").text(), node.at("compute_capability").text(),
          static_cast<int>(node.at("sm_count").whole(1, 1 << 20))};
}

Json json_of(const std::string& text, const std::string& source) {
  if (text.size() > kMeasurementBytesMax) {
    throw Error(source, fmt::format("larger than {} MiB", kMeasurementBytesMax >> 20));
  }
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {  // "[json.exception.parse_error.101] parse error at line 3, ..."
    const std::string what = error.what();
    const std::size_t end = what.find("] ");
    throw Error(source, "is no JSON: " + (end == std::string::npos ? what : what.substr(end + 2)));
  }
}

}  // namespace

MeasurementFile parse_measurements(const std::string& text, const std::string& source) {
  const Json json = json_of(text, source);
  const Node root(json, source, "");
  if (const std::string format = root.at("format").text(); format != kFormat) {
    throw Error(root.at("format").where(), fmt::format("is '{}'; expected '{}'", format, kFormat));
  }
  MeasurementFile file;
  file.path = source;
  file.date = root.at("date").text();
  file.card = card_of(root.at("card"));
  file.driver = root.at("driver").at("version").text();
  file.toolkit = root.at("toolkit").at("compiled").text();
  file.conditions = root.at("conditions").text();
  for (const Node& point : root.at("points").elements(kPointsMax)) {
    file.points.push_back(point_of(point));
  }
  return file;
}

}  // namespace sim
