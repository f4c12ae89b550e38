#include "measure/grid.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include "measure/entries.h"
#include "measure/error.h"

namespace measure {
namespace {

using kernels::DType;
using kernels::Problem;
using kernels::Schedule;

constexpr std::array kAttentionKeys = {"batch",    "heads",     "kv_heads", "seqlen",
                                       "seqlen_q", "seqlen_kv", "head_dim", "mask"};
constexpr std::array kSoftmaxKeys = {"rows", "row_length"};
constexpr std::array kCommonKeys = {"algorithm", "variant", "dtype", "schedule", "l2", "comment"};

template <class Names>
bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// One family, read key by key.
class Family {
 public:
  Family(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  bool given(const char* key) const { return json_.contains(key); }
  std::string where(const std::string& key) const { return where_ + "." + key; }

  /// A value stands for a list of one.
  std::vector<Json> values(const char* key, const Json& fallback) const {
    const Json& value = given(key) ? json_.at(key) : fallback;
    if (value.is_null()) {
      throw Error(where_, std::string("'") + key + "' is missing");
    }
    if (!value.is_array()) {
      return {value};
    }
    if (value.empty()) {
      throw Error(where(key), "is an empty list", "leave the key out for its default");
    }
    return value.get<std::vector<Json>>();
  }

  std::vector<int> numbers(const char* key, const Json& fallback) const {
    std::vector<int> numbers;
    for (const Json& value : values(key, fallback)) {
      if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > (1 << 30)) {
        throw Error(where(key), value.dump() + " is no count", "a whole number from 1 on");
      }
      numbers.push_back(value);
    }
    return numbers;
  }

  std::vector<std::string> words(const char* key, const Json& fallback, const std::vector<std::string>& known) const {
    std::vector<std::string> words;
    for (const Json& value : values(key, fallback)) {
      if (!value.is_string() || (!known.empty() && !has(known, value.get<std::string>()))) {
        std::string hint;
        for (const std::string& word : known) {
          hint += (hint.empty() ? "one of " : ", ") + word;
        }
        throw Error(where(key), value.dump() + " is not known", hint);
      }
      words.push_back(value);
    }
    return words;
  }

  void refuse_unknown_keys(bool softmax) const {
    for (const auto& [key, value] : json_.items()) {
      if (!has(kCommonKeys, key) && !(softmax ? has(kSoftmaxKeys, key) : has(kAttentionKeys, key))) {
        throw Error(where(key), std::string("is no field of ") + (softmax ? "a softmax" : "attention"),
                    "the fields are listed at the top of gpu/measure/grid.h");
      }
    }
  }

 private:
  const Json& json_;
  std::string where_;
};

// Every combination of what a family's lists hold: each call multiplies `all` by one field's values.
template <class Set, class Value>
void multiply(std::vector<Problem>& all, const std::vector<Value>& values, Set set) {
  std::vector<Problem> product;
  for (const Problem& problem : all) {
    for (const Value& value : values) {
      product.push_back(problem);
      set(product.back(), value);
    }
  }
  all = std::move(product);
}

void multiply_dtypes(std::vector<Problem>& all, const Family& family, bool softmax) {
  const std::vector<std::string> known =
      softmax ? std::vector<std::string>{"fp16", "bf16", "fp32"} : std::vector<std::string>{"fp16", "bf16"};
  multiply(all, family.words("dtype", "fp16", known), [](Problem& p, const std::string& dtype) {
    p.dtype = dtype == "fp16" ? DType::fp16 : dtype == "bf16" ? DType::bf16 : DType::fp32;
  });
}

std::vector<Problem> softmax_problems(const Family& family) {
  std::vector<Problem> all(1);
  multiply_dtypes(all, family, true);
  multiply(all, family.numbers("rows", nullptr), [](Problem& p, int n) { p.rows = n; });
  multiply(all, family.numbers("row_length", nullptr), [](Problem& p, int n) { p.row_length = n; });
  return all;
}

void multiply_lengths(std::vector<Problem>& all, const Family& family) {
  if (family.given("seqlen")) {
    if (family.given("seqlen_q") || family.given("seqlen_kv")) {
      throw Error(family.where("seqlen"), "stands beside seqlen_q or seqlen_kv", "seqlen sets both: keep one way");
    }
    multiply(all, family.numbers("seqlen", nullptr), [](Problem& p, int n) { p.seqlen_q = p.seqlen_kv = n; });
    return;
  }
  multiply(all, family.numbers("seqlen_q", nullptr), [](Problem& p, int n) { p.seqlen_q = n; });
  multiply(all, family.numbers("seqlen_kv", nullptr), [](Problem& p, int n) { p.seqlen_kv = n; });
}

std::vector<Problem> attention_problems(const Family& family) {
  std::vector<Problem> all(1);
  multiply_dtypes(all, family, false);
  multiply(all, family.numbers("head_dim", nullptr), [](Problem& p, int n) { p.head_dim = n; });
  multiply(all, family.words("mask", "none", {"none", "causal"}),
           [](Problem& p, const std::string& mask) { p.causal = mask == "causal"; });
  multiply(all, family.numbers("batch", 1), [](Problem& p, int n) { p.batch = n; });
  multiply(all, family.numbers("heads", 1), [](Problem& p, int n) { p.heads = p.kv_heads = n; });
  if (family.given("kv_heads")) {
    multiply(all, family.numbers("kv_heads", nullptr), [](Problem& p, int n) { p.kv_heads = n; });
  }
  multiply_lengths(all, family);
  for (const Problem& p : all) {
    if (p.heads % p.kv_heads != 0) {
      throw Error(family.where("kv_heads"),
                  std::to_string(p.kv_heads) + " does not divide heads = " + std::to_string(p.heads));
    }
  }
  return all;
}

Schedule partial_schedule(const Json& given, const std::string& where) {
  Schedule schedule;
  Json known = to_json(schedule);
  for (const auto& [key, value] : given.items()) {
    if (!known.contains(key) || !value.is_number_integer()) {
      throw Error(where + "." + key, value.dump() + " is no part of a schedule",
                  "block_q, block_kv, stages, warps, splits, tile, each a whole number");
    }
    known[key] = value;
  }
  return {known["block_q"], known["block_kv"], known["stages"], known["warps"], known["splits"], known["tile"]};
}

std::vector<Schedule> schedules(const kernels::Entry& entry, const Problem& problem, const Json& request,
                                const std::string& where) {
  if (request == "all") {
    return entry.schedules(problem);
  }
  if (request == "default") {
    return {entry.fill_in(problem, {})};
  }
  if (!request.is_object()) {
    throw Error(where, request.dump() + " is no schedule",
                "\"default\", \"all\" or an object such as {\"block_q\": 64}");
  }
  return {entry.fill_in(problem, partial_schedule(request, where))};
}

class GridBuilder {
 public:
  explicit GridBuilder(const std::vector<std::string>& only) : only_(only) {}

  void add(const Family& family) {
    for (const std::string& algorithm : family.words("algorithm", nullptr, {})) {
      for (const std::string& variant : family.words("variant", "", {})) {
        const kernels::Entry* entry = find_entry(algorithm, variant);
        if (entry == nullptr) {
          throw Error(family.where("algorithm"), "there is no kernel '" + label(algorithm, variant) + "'",
                      "known: " + known_entries());
        }
        if (selected(only_, algorithm, variant)) {
          add(family, *entry);
        }
      }
    }
  }

  Grid grid;

 private:
  void add(const Family& family, const kernels::Entry& entry) {
    const bool softmax = std::string(entry.algorithm).rfind("softmax", 0) == 0;
    family.refuse_unknown_keys(softmax);
    for (const Problem& problem : softmax ? softmax_problems(family) : attention_problems(family)) {
      for (const Json& request : family.values("schedule", "default")) {
        try {
          add(family, entry, problem, request);
        } catch (const Error&) {
          throw;
        } catch (const std::runtime_error& error) {  // the entry asks the card, and there is none
          grid.skipped.push_back(label(entry.algorithm, entry.variant) + " | " + text(problem) + ": " + error.what());
        }
      }
    }
  }

  void add(const Family& family, const kernels::Entry& entry, const Problem& problem, const Json& request) {
    for (const Schedule& schedule : schedules(entry, problem, request, family.where("schedule"))) {
      for (const std::string& l2 : family.words("l2", "cold", {"cold", "warm"})) {
        add({entry.algorithm, entry.variant, problem, schedule, l2 == "cold"}, entry);
      }
    }
  }

  void add(const Point& point, const kernels::Entry& entry) {
    if (!seen_.insert(text(point)).second) {
      return;
    }
    const std::string why = entry.refusal(point.problem, point.schedule);
    if (why.empty()) {
      grid.points.push_back(point);
    } else {
      grid.skipped.push_back(text(point) + ": " + why);
    }
  }

  const std::vector<std::string>& only_;
  std::set<std::string> seen_;
};

}  // namespace

Grid read_grid(const std::string& file, const std::vector<std::string>& only) {
  std::ifstream stream(file);
  if (!stream) {
    throw Error(file, "can't be read");
  }
  Json json;
  try {
    json = Json::parse(stream);
  } catch (const nlohmann::json::exception& error) {
    throw Error(file, error.what(), "a grid file is JSON");
  }
  if (!json.is_object() || json.value("format", Json()) != "attoscope-grid 1" || !json.contains("points") ||
      !json["points"].is_array()) {
    throw Error(file, "is no grid file", "{\"format\": \"attoscope-grid 1\", \"points\": [...]}");
  }
  GridBuilder builder(only);
  for (std::size_t i = 0; i < json["points"].size(); ++i) {
    builder.add(Family(json["points"][i], file + ": points[" + std::to_string(i) + "]"));
  }
  return std::move(builder.grid);
}

}  // namespace measure
