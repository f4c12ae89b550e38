// Measurement files: what they say, what is refused, and the errors that validate() finds in them.
#include "sim/measurement/measurement.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "sim/analysis/simulate.h"
#include "sim/base/error.h"
#include "tests/catch.h"
#include "tests/measurement_support.h"

using namespace measurement_test;  // NOLINT(google-build-using-namespace)

namespace {

sim::Experiment flash2(int seqlen, const std::string& more = "") {
  return experiment_of("machine = 'h200-sxm'\nalgorithm = 'flash2'\n[problem]\nheads = 8\nseqlen_q = " +
                       std::to_string(seqlen) + "\nhead_dim = 128\n" + more);
}
sim::Experiment softmax(int rows) {
  return experiment_of("machine = 'h200-sxm'\nalgorithm = 'softmax_online'\n[problem]\nrow_length = 4096\nrows = " +
                       std::to_string(rows));
}

/// Two large points of flash2, one of them with counters, a held-back one, a brief one, and one of a softmax.
Json example() {
  std::vector<Json> points = {point_of(flash2(2048), 0.10), point_of(flash2(4096), -0.20),
                              point_of(flash2(3000), 0.06, true), point_of(flash2(128), 1.5),
                              point_of(softmax(32768), -0.03)};
  points[0]["counters"] = counters_of(flash2(2048), 0.02);
  return file_of("h200-sxm", points);
}

sim::MeasurementFile parsed(const Json& json) { return sim::parse_measurements(json.dump(), "test.json"); }

/// The message of the error that parsing `text` ends with.
std::string refusal(const std::string& text) {
  try {
    sim::parse_measurements(text, "test.json");
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// "points[0].time_us.median" of a JSON pointer, "/points/0/time_us/median".
std::string path_of(const Json::json_pointer& pointer) {
  std::string path, part;
  std::istringstream parts(pointer.to_string());
  std::getline(parts, part, '/');  // what is before the first '/'
  while (std::getline(parts, part, '/')) {
    const bool index = part.find_first_not_of("0123456789") == std::string::npos;
    path += index ? "[" + part + "]" : (path.empty() ? "" : ".") + part;
  }
  return path;
}

/// Keys that the reader has no use for.
bool is_unread(const std::string& path) {
  for (const char* key : {"card.l2_bytes", "card.hbm_bytes", "driver.cuda", "toolkit.runtime", "points[0].check.rows",
                          "points[0].counters.kernels[0].grid"}) {
    if (path == key) {
      return true;
    }
  }
  return false;
}

/// Keys that may be missing.
bool is_optional(const std::string& path) {
  const std::string kernel = "points[0].counters.kernels[0].";
  const bool counter = path.compare(0, kernel.size(), kernel) == 0;
  return is_unread(path) || path == "points[0].counters" || path == "points[0].power_w" ||
         path == "points[0].kernels[0].time_us" || (counter && path != kernel + "name" && path != kernel + "cycles");
}

/// Of every object, and of the first element of every array.
std::vector<Json::json_pointer> all_keys(const Json& json) {
  std::vector<Json::json_pointer> keys;
  const std::function<void(const Json&, const Json::json_pointer&)> walk = [&](const Json& at,
                                                                               const Json::json_pointer& path) {
    if (at.is_array() && !at.empty()) {
      walk(at[0], path / std::size_t{0});
    }
    if (at.is_object()) {
      for (const auto& [key, value] : at.items()) {
        keys.push_back(path / key);
        walk(value, path / key);
      }
    }
  };
  walk(json, Json::json_pointer());
  return keys;
}

}  // namespace

TEST_CASE("a measurement file is read as it was written") {
  Json json = example();
  json["points"][0]["surprise"] = 3;  // unknown keys are passed over
  json["points"][1]["clock_mhz"] = nullptr;
  json["points"][1]["power_w"] = nullptr;
  json["points"][1]["cycles"] = nullptr;
  const sim::MeasurementFile file = parsed(json);
  CHECK(file.card.machine == "h200-sxm");
  CHECK(file.driver == "580.1");
  CHECK(file.conditions == "made by a test");
  REQUIRE(file.points.size() == 5);
  const sim::MeasuredPoint& first = file.points[0];
  CHECK(first.problem.seqlen_kv == 2048);
  CHECK(first.time_us.median == json["points"][0]["time_us"]["median"].get<double>());
  CHECK(first.power_w == 512);
  CHECK(first.kernels.at(0).name == "flash2");
  CHECK(first.counted("tensor_instructions").value() > 0);
  CHECK_FALSE(first.counted("l2_hit_pct"));
  CHECK_FALSE(file.points[1].clock_mhz);
  CHECK_FALSE(file.points[1].counted("dram_read_bytes"));
  CHECK(file.points[2].held_back);
  CHECK(file.points[4].problem.rows == 32768);
}

TEST_CASE("a key that is missing or of another type is named, with its file and point") {
  const Json json = example();
  for (const Json::json_pointer& key : all_keys(json)) {
    const std::string path = path_of(key);
    CAPTURE(path);
    Json without = json;
    without[key.parent_pointer()].erase(key.back());
    const std::string missing = refusal(without.dump());
    CHECK(missing.empty() == is_optional(path));
    if (!missing.empty()) {
      CHECK(contains(missing, "test.json: "));
      CHECK(contains(missing, "missing key '" + key.back() + "'"));
      CHECK(contains(missing, path_of(key.parent_pointer())));
      CHECK(contains(missing, "hint"));
    }
    for (const Json& wrong : {Json("?"), Json(true), Json(Json::array({1}))}) {
      Json changed = json;
      changed[key] = wrong;
      const bool fits = wrong.type() == json[key].type() && !wrong.is_array();
      if (!is_unread(path) && !fits) {
        CHECK(contains(refusal(changed.dump()), "test.json: " + path));
      }
    }
  }
}

TEST_CASE("numbers that can't be are refused") {
  const Json json = example();
  for (const char* key :
       {"/points/1/time_us/median", "/points/1/time_us/min", "/points/1/clock_mhz/median", "/points/1/problem/heads",
        "/points/0/counters/kernels/0/cycles", "/points/1/power_w", "/points/1/schedule/block_q", "/card/sm_count"}) {
    const Json::json_pointer pointer(key);
    for (const Json& wrong : {Json(-1), Json(-1e-9), Json(1e300), Json(9223372036854775807)}) {
      Json changed = json;
      changed[pointer] = wrong;
      CAPTURE(key, wrong.dump());
      CHECK(contains(refusal(changed.dump()), "test.json: " + path_of(pointer)));
    }
    for (const char* text : {"NaN", "1e999", "Infinity", "0x1", ""}) {
      Json changed = json;
      changed[pointer] = "HERE";
      std::string broken = changed.dump();
      broken.replace(broken.find("\"HERE\""), 6, text);
      CAPTURE(key, text);
      CHECK(contains(refusal(broken), "test.json"));
    }
  }
  Json order = json;
  order["points"][0]["time_us"]["p90"] = 0.001;  // below the median
  CHECK(contains(refusal(order.dump()), "points[0].time_us.p90"));
  Json heads = json;
  heads["points"][0]["problem"]["kv_heads"] = 3;
  CHECK(contains(refusal(heads.dump()), "points[0].problem: kv-heads is 3"));
  Json name = json;
  name["points"][0]["algorithm"] = "flahs2";
  CHECK(contains(refusal(name.dump()), "did you mean 'flash2'?"));
  CHECK(contains(refusal("{\"format\": \"other 1\"}"), "expected 'attoscope-measurements 1'"));
  CHECK(contains(refusal("{\"format\":\n 3 4}"), "line 2"));
  CHECK(contains(refusal("[]"), "expected an object"));
  CHECK(contains(refusal(std::string(sim::kMeasurementBytesMax + 1, ' ')), "larger than 64 MiB"));
  Json wrong = json;  // what failed its check was not timed
  wrong["points"][0]["check"] = {{"passed", false}, {"max_abs_error", nullptr}, {"tolerance", 1e-3}};
  wrong["points"][0].erase("time_us");
  CHECK(refusal(wrong.dump()).empty());
  CHECK_THROWS_AS(sim::load_measurements("/none.json"), sim::Error);
  CHECK(sim::measurements_for("blackboard", ATTOSCOPE_SOURCE_ASSETS).empty());
}

TEST_CASE("a run finds its measurement, however it is written down") {
  Json json = example();
  json["points"].push_back(json["points"][1]);
  json["points"][5]["variant"] = "torch";
  const std::vector<sim::MeasurementFile> files = {parsed(json)};
  const sim::FoundPoint found = sim::find_point(files, flash2(4096));  // defaults on one side
  REQUIRE(found);
  CHECK(found.point == &files[0].points[1]);
  CHECK(sim::find_point(files, flash2(4096, "[schedule]\nblock_q = 128\nblock_kv = 32\n")).point == nullptr);
  CHECK_FALSE(sim::find_point(files, flash2(4097)));
  CHECK_FALSE(sim::find_point(files, flash2(4096, "mask = 'causal'")));
  CHECK(sim::find_point(files, softmax(32768)));
  // The latest of several; a cold L2 before all else; never one that failed its check.
  Json later = json, warm = json, wrong = json;
  later["date"] = warm["date"] = wrong["date"] = "2026-12-01";
  warm["points"][1]["l2"] = "warm";
  wrong["points"][1]["check"]["passed"] = false;
  const std::vector<sim::MeasurementFile> several = {parsed(later), parsed(json), parsed(warm), parsed(wrong)};
  CHECK(sim::find_point(several, flash2(4096)).point == &several[0].points[1]);
}

TEST_CASE("validate finds the errors that were put in") {
  Json json = example();
  json["points"][3] = json["points"][1];
  json["points"][3]["schedule"]["stages"] = 60;  // does not fit
  json["points"].push_back(point_of(flash2(64), 0.7));
  for (int copies = 0; copies < 3; ++copies) {
    json["points"].push_back(json["points"][1]);
  }
  json["points"][6]["variant"] = "torch";
  json["points"][7]["check"]["passed"] = false;
  json["points"][8]["l2"] = "warm";
  const std::vector<sim::MeasurementFile> files = {parsed(json)};
  const sim::Selection selection = sim::select_points(files, {}, sim::HeldBack::with);
  CHECK(selection.baselines == 1);
  CHECK(selection.unchecked == 1);
  CHECK(selection.warm == 1);
  REQUIRE(selection.points.size() == 6);
  CHECK(sim::select_points(files, {"flash2"}, sim::HeldBack::only).points.size() == 1);
  CHECK(sim::select_points(files, {"softmax_online"}, sim::HeldBack::without).points.size() == 1);

  sim::ValidateOptions options;
  options.cycles = true;
  const std::vector<sim::Comparison> all = sim::validate(selection.points, flash2(64).machine, options);
  CHECK(contains(all[3].failure, "SMEM"));
  const std::vector<sim::AlgorithmSummary> times = sim::summarise(all, sim::error_of_time);
  REQUIRE(times.size() == 3);  // softmax_online, flash2, all: in the order of algorithms()
  const auto of = [&](const std::string& name) {
    return *std::find_if(times.begin(), times.end(), [&](const auto& s) { return s.algorithm == name; });
  };
  const sim::AlgorithmSummary flash = of("flash2"), together = of("all");
  CHECK(flash.all.points == 3);
  CHECK(flash.all.mean_abs == Approx((0.10 + 0.20 + 0.06) / 3));
  CHECK(flash.all.mean == Approx((0.10 - 0.20 + 0.06) / 3));
  CHECK(flash.all.worst->at.point == &files[0].points[1]);
  CHECK(flash.all.worst_error == Approx(-0.20));
  CHECK(flash.held_back.mean_abs == Approx(0.06));
  CHECK(flash.rest.mean_abs == Approx(0.15));
  CHECK(flash.brief.points == 1);
  CHECK(flash.brief.mean_abs == Approx(0.7));
  CHECK(together.all.points == 4);
  CHECK(together.all.mean_abs == Approx((0.10 + 0.20 + 0.06 + 0.03) / 4));

  // At the clock of the file the simulator takes as many cycles, launches included; the counted ones have none.
  REQUIRE(all[0].cycles);
  CHECK(all[0].cycles->from_counters);
  CHECK(all[0].cycles->error == Approx(0.02));
  CHECK_FALSE(all[1].cycles->from_counters);
  CHECK(all[1].cycles->error == Approx(-0.20));
  for (const sim::CounterSummary& counter : sim::summarise_counters(all)) {
    CAPTURE(counter.counter);
    CHECK(counter.errors.mean_abs == Approx(0.02));
  }
  CHECK(all[0].counters.size() == 11);
  CHECK(all[0].kernels.at(0).measured_us.value() == Approx(all[0].kernels.at(0).simulated_us / 1.10));
}

TEST_CASE("counter laws are what Nsight Compute counted on an H100") {
  // FlashAttention-2 with B 1, H 16, N 4096, d 128 (counted on an H100: 33,554,432 instructions of the tensor pipe,
  // special functions of 1.06 lanes a score).
  const sim::Experiment experiment = experiment_of(
      "machine = 'h100-sxm'\nalgorithm = 'flash2'\n[problem]\nheads = 16\nseqlen_q = 4096\nhead_dim = 128\n"
      "[schedule]\nblock_q = 128\nblock_kv = 64\n");
  sim::MeasuredCard card;
  card.compute_capability = "9.0";
  const sim::Report report = sim::simulate(experiment);
  const double scores = 16.0 * 4096 * 4096;
  const double tensor_bytes = 16.0 * 4096 * 128 * 2;
  for (const sim::PredictedCounter& counter : sim::predict_counters(experiment, report, card)) {
    const std::string name = counter.counter;
    CAPTURE(name);
    if (name == "tensor_instructions") {
      CHECK(counter.value == 33554432);
      CHECK(counter.exact);
    } else if (name == "exp_instructions") {
      CHECK(32 * counter.value / scores == Approx(1.0625).epsilon(0.005));
    } else if (name == "dram_read_bytes") {
      CHECK(counter.value == 3 * tensor_bytes);
    } else if (name == "l2_write_sectors") {  // O and the fp32 LSE, each half again
      CHECK(counter.value == 1.5 * (tensor_bytes + 16.0 * 4096 * 4) / 32);
    } else if (name == "dram_write_bytes") {
      CHECK_FALSE(counter.judged);  // all of it stays in the L2
    }
  }
}

TEST_CASE("each mechanism can be switched off, and an ablation shows by how much it matters") {
  const std::vector<sim::MeasurementFile> files = {
      parsed(file_of("h200-sxm", {point_of(flash2(1024), 0), point_of(softmax(8192), 0)}))};
  const std::vector<sim::FoundPoint> points = sim::select_points(files, {}, sim::HeldBack::with).points;
  const sim::Machine machine = flash2(64).machine;
  const std::vector<sim::Ablation> ablations = sim::ablate(points, machine, {}, sim::mechanisms(), sim::error_of_time);
  REQUIRE(ablations.size() == sim::mechanisms().size() + 1);
  CHECK(ablations[0].off == nullptr);
  for (const sim::Ablation::Row& row : ablations[0].rows) {
    CHECK(row.mean_abs < 1e-9);  // what is measured is what is simulated
  }
  for (const sim::Ablation& ablation : ablations) {
    CAPTURE(ablation.off == nullptr ? "nothing" : ablation.off->name);
    REQUIRE(ablation.rows.size() == ablations[0].rows.size());
    for (const sim::Ablation::Row& row : ablation.rows) {
      CHECK(row.points > 0);
      // Nothing gets slower without a cost; but units that no longer work side by side do.
      CHECK((ablation.off != nullptr && ablation.off->name == "passes" ? -row.mean : row.mean) < 0.01);
    }
  }
  CHECK_THROWS_AS(sim::find_mechanism("lanuches"), sim::Error);
}
