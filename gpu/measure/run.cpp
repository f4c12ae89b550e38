#include "measure/run.h"

#include <array>
#include <cstdio>
#include <stdexcept>

#include "measure/check.h"
#include "measure/entries.h"
#include "measure/error.h"
#include "measure/inputs.h"
#include "measure/progress.h"
#include "measure/results.h"

namespace measure {
namespace {

using kernels::Entry;

std::size_t workspace_bytes(const Entry& entry, const Point& point) {
  return entry.workspace_bytes(point.problem, point.schedule);
}

bool fits(const Card& card, const Entry& entry, const Point& point) {
  return card.fits(Operands::bytes(point.problem, workspace_bytes(entry, point)));
}

// Launches of the same name and grid as one entry with a count: memory_efficient has hundreds.
Json kernels_to_json(const Entry& entry, const Point& point) {
  Json json = Json::array();
  for (const kernels::Launch& launch : entry.launches(point.problem, point.schedule)) {
    bool known = false;
    for (Json& other : json) {
      if (other["name"] == launch.name && other["grid"] == launch.blocks) {
        other["launches"] = other["launches"].get<int>() + 1;
        known = true;
      }
    }
    if (!known) {
      json.push_back({{"name", launch.name}, {"grid", launch.blocks}, {"launches", 1}});
    }
  }
  return json;
}

std::string summary(const Point& point, const Timing& timing) {
  const double us = quantile(timing.us, 0.5);
  const double rate = point.problem.is_softmax()
                          ? 2 * work_of(point.problem) * element_bytes(point.problem.dtype) / us * 1e-3
                          : work_of(point.problem) / us * 1e-6;
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), "%.1f us (%.1f .. %.1f, %zu), %.0f MHz, %.0f W, %.4g %s", us,
                quantile(timing.us, 0.1), quantile(timing.us, 0.9), timing.us.size(), quantile(timing.mhz, 0.5),
                timing.power_w, rate, point.problem.is_softmax() ? "GB/s" : "TFLOP/s");
  return text.data();
}

struct Measured {
  Json record;
  std::string summary;
  bool passed = false;
};

Measured measure_point(const Card& card, const L2Flush& flush, const Entry& entry, const Point& point,
                       const TimingLimits& limits) {
  Operands operands(point, workspace_bytes(entry, point));
  const CheckResult check = check_point(entry, point, operands, is_small(point.problem), card.stream());
  Json record = to_json(point);
  record["check"] = check.to_json();
  if (!check.passed()) {
    return {record, "WRONG: " + check.failures(), false};
  }
  const auto launch = [&] {
    entry.run(point.problem, point.schedule, operands.tensors(), operands.workspace(), card.stream());
  };
  const auto launches = static_cast<int>(entry.launches(point.problem, point.schedule).size());
  const Timing timing = time_launch(card, flush, limits, {launch, launches, point.cold_l2});
  record.update(timing.to_json());
  record["kernels"] = kernels_to_json(entry, point);
  return {record, summary(point, timing), true};
}

// Of the points of one kernel that come one after another.
struct Tally {
  static constexpr int kSaid = 20;  // failures that are printed

  std::string name;
  int passed = 0, failed = 0;

  void say(const Progress& progress) const {
    if (passed + failed > 0) {
      progress.say(name + ": " + std::to_string(passed) + " points right, " + std::to_string(failed) + " wrong");
    }
  }
};

// A point whose kernels can't be run is said and passed over; after an error that the card does not recover from, all
// others would fail too.
template <class Step>
bool attempt(const Card& card, const Progress& progress, const Point& point, Step step) {
  try {
    step();
    return true;
  } catch (const std::runtime_error& error) {
    progress.say(text(point) + ": FAILED: " + error.what());
    static_cast<void>(cudaGetLastError());
    if (cudaStreamSynchronize(card.stream()) != cudaSuccess) {
      throw;
    }
    return false;
  }
}

}  // namespace

int check_points(const Card& card, const std::vector<Point>& points, bool thorough) {
  Progress progress(std::vector<double>(points.size(), 1));
  Tally tally;
  int failed = 0;
  for (const Point& point : points) {
    const Entry& entry = entry_of(point);
    progress.begin(text(point));
    if (tally.name != label(point.algorithm, point.variant)) {
      tally.say(progress);
      tally = {label(point.algorithm, point.variant)};
    }
    if (!fits(card, entry, point)) {
      progress.say(text(point) + ": does not fit the card's free memory; skipped");
      continue;
    }
    CheckResult check;
    const bool ran = attempt(card, progress, point, [&] {
      Operands operands(point, workspace_bytes(entry, point));
      check = check_point(entry, point, operands, thorough, card.stream());
    });
    (check.passed() ? tally.passed : tally.failed) += 1;
    failed += check.passed() ? 0 : 1;
    if (ran && !check.passed() && tally.failed <= Tally::kSaid) {
      progress.say(text(point) + ": WRONG: " + check.failures());
    }
    progress.end("");
  }
  tally.say(progress);
  return failed;
}

int measure_points(const Card& card, const std::vector<Point>& points, const MeasureOptions& options) {
  constexpr double kOverhead = 3e12;  // of a point, in the units of work_of: about 10 ms
  Results results(options.file, measurement_header(card, conditions(card, options.limits)));
  const L2Flush flush(card);
  std::vector<double> work;
  for (const Point& point : points) {
    work.push_back(results.has(point) && !options.again ? 0 : kOverhead + work_of(point.problem));
  }
  Progress progress(work);
  int failed = 0;
  for (const Point& point : points) {
    progress.begin(text(point));
    const Entry& entry = entry_of(point);
    if (results.has(point) && !options.again) {
      progress.end("");
      continue;
    }
    if (!fits(card, entry, point)) {
      progress.say(text(point) + ": does not fit the card's free memory; skipped");
      progress.end("");
      continue;
    }
    Measured measured;
    const bool ran =
        attempt(card, progress, point, [&] { measured = measure_point(card, flush, entry, point, options.limits); });
    failed += measured.passed ? 0 : 1;
    progress.end(measured.passed ? measured.summary : "");
    if (ran && !measured.passed) {
      progress.say(text(point) + ": " + measured.summary);
    }
    if (!measured.passed) {
      continue;
    }
    results.put(point, measured.record);
    if (!options.file.empty()) {
      results.save();
    }
  }
  results.save();
  return failed;
}

}  // namespace measure
