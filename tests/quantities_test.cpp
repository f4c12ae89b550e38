// The numbers of a run by name are those of `attoscope run --json`: the same paths, values and badges.
#include "sim/analysis/quantities.h"

#include <map>

#include "sim/analysis/simulate.h"
#include "sim/scenario/scenario.h"
#include "tests/cli_support.h"

using namespace cli_test;

namespace {

using Numbers = std::map<std::string, double>;

void flatten(const Json& json, const std::string& path, Numbers& out) {
  if (json.is_number()) {
    out[path] = json.get<double>();
  } else if (json.is_structured()) {
    for (const auto& [key, inner] : json.items()) {
      flatten(inner, path.empty() ? key : path + "." + key, out);
    }
  }
}

/// Does "two_level.by_tensor.*.read_bytes" or "kernels[].grid" fit "two_level.by_tensor.S.read_bytes",
/// "kernels.0.grid"?
bool fits(std::string pattern, const std::string& path) {
  const std::size_t list = pattern.find("[]");
  if (list != std::string::npos) {
    pattern.replace(list, 2, ".*");
  }
  std::istringstream want(pattern), have(path);
  std::string a, b;
  while (std::getline(want, a, '.')) {
    if (!std::getline(have, b, '.') || (a != "*" && a != b)) {
      return false;
    }
  }
  return !std::getline(have, b, '.');
}

std::string badge_of(const Json& fields, const std::string& path) {
  for (const Json& row : fields) {
    if (fits(row["path"], path)) {
      return row["badge"];
    }
  }
  return "no such field";
}

}  // namespace

TEST_CASE("quantities are the numbers of run --json, with its badges", "[cli]") {
  const Folder folder;
  const Json fields = folder.json("list fields --json");
  const auto [algorithm, sizes] = GENERATE(table<std::string, std::string>({
      {"standard", "heads = 2\nkv_heads = 1\nseqlen_q = 96\nseqlen_kv = 160\nhead_dim = 32\nmask = 'causal'"},
      {"flash2", "seqlen_q = 256\nseqlen_kv = 256\nhead_dim = 64"},
      {"flash_decoding", "seqlen_q = 1\nseqlen_kv = 4096\nhead_dim = 64"},
      {"softmax_online", "rows = 8\nrow_length = 4096"},
  }));
  const std::string text = "machine = 'a100-40gb'\nalgorithm = '" + algorithm + "'\n[problem]\n" + sizes;
  folder.write("case.toml", text);
  Numbers expected;
  flatten(folder.json("run case.toml --json"), "", expected);

  const sim::Scenario scenario = sim::parse_scenario(text, "case");
  const sim::Report report = sim::simulate(sim::experiment_of(scenario, ATTOSCOPE_SOURCE_ASSETS));
  Numbers found;
  for (const sim::NamedNumber& number : sim::quantities(report)) {
    CAPTURE(number.path);
    CHECK(found.emplace(number.path, number.value).second);
    CHECK(badge_of(fields, number.path) == (number.exact ? "exact" : "modelled"));
  }
  CHECK(found == expected);
  Numbers counted;
  flatten(folder.json("run case.toml --json --no-timing"), "", counted);
  found.clear();
  sim::SimulateOptions options;
  options.timing = false;
  for (const sim::NamedNumber& number :
       sim::quantities(sim::simulate(sim::experiment_of(scenario, ATTOSCOPE_SOURCE_ASSETS), options), false)) {
    found.emplace(number.path, number.value);
  }
  CHECK(found == counted);
}

TEST_CASE("quantities of a checked run hold its check", "[cli]") {
  const Folder folder;
  folder.write("case.toml", "machine = 'blackboard'\nalgorithm = 'flash2'\npreset = 'blackboard'\n");
  Numbers expected;
  flatten(folder.json("run case.toml --json --check")["check"], "check", expected);
  sim::Report report;
  report.algorithm = "flash2";
  report.check = sim::CheckReport{};
  for (const sim::NamedNumber& number : sim::quantities(report)) {
    expected.erase(number.path);
  }
  CHECK(expected.empty());
}
