// The exported trace: valid, nested, and carrying the bytes that were counted.
#include <map>
#include <nlohmann/json.hpp>

#include "sim/analysis/simulate.h"
#include "tests/catch.h"
#include "ui/cli/perfetto.h"

using namespace sim;

namespace {

Experiment experiment(const char* algorithm) {
  Experiment e{load_machine("a100-40gb", ATTOSCOPE_SOURCE_ASSETS), algorithm, {}, {}};
  e.problem.heads = 3;
  e.problem.seqlen_q = 300;
  e.problem.rows = e.problem.row_length = 200;
  return e;
}

}  // namespace

TEST_CASE("a trace's slices nest, its copies end, its bytes are those counted", "[property]") {
  for (const Algorithm& algorithm : algorithms()) {
    INFO(algorithm.name);
    const nlohmann::json trace = nlohmann::json::parse(cli::perfetto_json(experiment(algorithm.name)));
    std::map<std::pair<int, int>, double> end_of_last;
    std::map<long, double> open;
    std::int64_t read = 0, written = 0;
    std::map<std::pair<int, int>, std::vector<std::pair<double, double>>> slices;
    for (const nlohmann::json& event : trace["traceEvents"]) {
      const std::string phase = event["ph"];
      if (phase == "X") {
        slices[{event["pid"], event["tid"]}].emplace_back(event["ts"], event["dur"]);
        written += event.contains("args") ? event["args"].value("bytes", std::int64_t{0}) : 0;
      } else if (phase == "b") {
        open[event["id"]] = event["ts"];
        read += event["args"]["bytes"].get<std::int64_t>();
      } else if (phase == "e") {
        CHECK(open.at(event["id"]) <= event["ts"].get<double>());
        open.erase(event["id"].get<long>());
      }
    }
    CHECK(open.empty());
    for (auto& [lane, list] : slices) {
      std::sort(list.begin(), list.end());
      for (std::size_t i = 1; i < list.size(); ++i) {
        CHECK(list[i - 1].first + list[i - 1].second <= list[i].first + 2e-6);  // printed to a picosecond
      }
    }
    const Report report = simulate(experiment(algorithm.name));
    CHECK(read == report.two_level.read_bytes);
    CHECK(written == report.two_level.write_bytes + report.two_level.reduce_bytes);
  }
}

TEST_CASE("a trace that would be too big is refused before it is written") {
  CHECK_THROWS_AS(cli::perfetto_json(experiment("flash2"), 10), Error);
}
