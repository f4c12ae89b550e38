// From micro-benchmark results to a machine file.
#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/machine/calibration.h"
#include "sim/machine/machine.h"
#include "tests/catch.h"

namespace {

const std::string kAssets = ATTOSCOPE_SOURCE_ASSETS;

std::string results_of(const std::string& list) {
  return R"({"format": "attoscope-microbench 1", "date": "2026-01-02T03:04:05Z", "card": {"name": "A card"},
             "driver": {"version": "1.2"}, "results": [)" +
         list + "]}";
}

constexpr const char* kCurve = R"(
  {"name": "hbm.read", "unit": "GB/s", "median": 1000},
  {"name": "in_flight.read", "unit": "GB/s", "at": {"bytes_per_sm": 1024}, "median": 500},
  {"name": "in_flight.read", "unit": "GB/s", "at": {"bytes_per_sm": 8192}, "median": 969},
  {"name": "in_flight.read", "unit": "GB/s", "at": {"bytes_per_sm": 32768}, "median": 985},
  {"name": "in_flight.read", "unit": "GB/s", "at": {"bytes_per_sm": 65536}, "median": 999})";

std::string machine_text(const std::string& name) {
  const auto bytes = sim::read_file(fmt::format("{}/machines/{}.toml", kAssets, name));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("Numbers come from the results that determine them, and say so") {
  const auto numbers = sim::calibrate(sim::parse_microbench(results_of(kCurve), "results.json"));
  REQUIRE(numbers.size() == 2);
  CHECK(numbers[0].key == "hbm.read_gb_per_s");
  CHECK(numbers[0].value == 1000);
  CHECK(numbers[0].source == "gpu/microbench hbm.read, A card, 2026-01-02");
  CHECK(numbers[1].key == "hbm.in_flight_bytes_per_sm");
  CHECK(numbers[1].value == 32768);  // 97 % of 1000 is more than 969 and less than 985
}

TEST_CASE("A calibrated machine file has the measured numbers and keeps all others") {
  const auto numbers = sim::calibrate(sim::parse_microbench(results_of(kCurve), "results.json"));
  for (const std::string& name : sim::machine_names(kAssets)) {
    CAPTURE(name);
    const std::string text = sim::with_calibration(machine_text(name), numbers, name);
    const sim::Machine before = sim::load_machine(name, kAssets), after = sim::parse_machine(text, name);
    for (const sim::MachineField& field : sim::machine_fields()) {
      const auto number =
          std::find_if(numbers.begin(), numbers.end(), [&](const auto& n) { return n.key == field.key; });
      CAPTURE(field.key);
      CHECK(field.get(after) == (number == numbers.end() ? field.get(before) : number->value));
    }
    CHECK(text.find("hbm.read, A card, 2026-01-02") != std::string::npos);
    CHECK(sim::with_calibration(text, numbers, name) == text);
  }
}

TEST_CASE("Broken results are refused by name") {
  const auto refused = [](const std::string& text, const std::string& word) {
    CAPTURE(text);
    CHECK_THROWS_WITH(sim::parse_microbench(text, "r.json"), Catch::Matchers::ContainsSubstring(word));
  };
  refused("", "r.json");
  refused("[]", "r.json");
  refused(R"({"format": "attoscope-microbench 2"})", "format");
  refused(results_of(R"({"name": "hbm.read", "unit": "GB/s"})"), "median");
  refused(results_of(R"({"name": "hbm.read", "unit": "GB/s", "median": "1"})"), "median");
  refused(results_of(R"({"name": "hbm.read", "median": 1})"), "unit");
  refused(results_of(R"({"unit": "GB/s", "median": 1})"), "name");
  refused(results_of(R"({"name": "x", "unit": "s", "median": 1, "at": {"blocks": "two"}})"), "at.blocks");
}
