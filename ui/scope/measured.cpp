#include "ui/scope/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <variant>

#include "ui/scope/caption.h"
#include "ui/scope/evidence.h"

namespace scope {

namespace {

constexpr const char* kDot = " \xC2\xB7 ";  // a middle dot
constexpr auto kAtOnce = std::chrono::milliseconds(100);

bool is_softmax(const sim::MeasuredPoint& point) { return sim::find_algorithm(point.algorithm).softmax; }

}  // namespace

Measured::Measured(sim::Machine machine, bool altered, std::string assets, bool background)
    : machine_(std::move(machine)), altered_(altered), assets_(std::move(assets)), background_(background) {}

Measured::Brought Measured::load() const {
  Brought brought;
  brought.machines = sim::measured_machines(assets_);
  brought.files = sim::measurements_for(machine_.name, assets_);
  return brought;
}

// So many that the next frame need not wait long to go another way.
Measured::Brought Measured::compare_some(std::size_t from) const {
  Brought brought;
  sim::ValidateOptions options;
  options.counters = false;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = from; i < selection_.points.size(); ++i) {
    brought.comparisons.push_back(sim::compare(selection_.points[i], machine_, options));
    if (std::chrono::steady_clock::now() - begin > kAtOnce) {
      break;
    }
  }
  return brought;
}

// Whatever goes wrong is told in the window.
Measured::Brought Measured::work(bool load_files, std::size_t from) const {
  Brought failed;
  try {
    return load_files ? load() : compare_some(from);
  } catch (const sim::Error& error) {
    failed.failure = error;
  } catch (const std::exception& error) {
    failed.failure.emplace("measurements", error.what());
  }
  return failed;
}

void Measured::take(Brought brought) {
  if (brought.failure) {
    failure_ = std::move(brought.failure);
    loaded_ = true;
    selection_.points.resize(comparisons_.size());  // there is no more to do
    return;
  }
  if (!loaded_) {
    loaded_ = true;
    machines_ = std::move(brought.machines);
    files_ = std::move(brought.files);
    selection_ = sim::select_points(files_, {}, sim::HeldBack::with);
    comparisons_.reserve(selection_.points.size());
    return;
  }
  for (sim::Comparison& comparison : brought.comparisons) {
    failed_ += comparison.failure.empty() ? 0 : 1;
    comparisons_.push_back(std::move(comparison));
  }
  summaries_ = sim::summarise(comparisons_, sim::error_of_time);
}

void Measured::advance(bool compare) {
  if (job_.valid()) {
    if (job_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      return;
    }
    take(job_.get());
  }
  while (unfinished(compare)) {
    const auto next = [this, load_files = !loaded_, from = comparisons_.size()] { return work(load_files, from); };
    if (background_) {
      job_ = std::async(std::launch::async, next);
      return;
    }
    take(next());
  }
}

sim::FoundPoint Measured::find(const Run& run) const {
  if (altered_ || !run.scenario().program.empty()) {
    return {};
  }
  return sim::find_point(files_, {run.machine(), run.scenario().algorithm, run.problem(), run.schedule()});
}

std::string problem_words(const sim::MeasuredPoint& point) {
  const sim::Problem& p = point.problem;
  if (is_softmax(point)) {
    return fmt::format("{} \xC3\x97 {}", count_text(p.rows), count_text(p.row_length));
  }
  const auto pair = [](int a, int b) { return count_text(a) + (a == b ? "" : "/" + count_text(b)); };
  return fmt::format("B {}{}H {}{}N {}{}d {}", p.batch, kDot, pair(p.heads, p.kv_heads), kDot,
                     pair(p.seqlen_q, p.seqlen_kv), kDot, p.head_dim);
}

std::string kind_words(const sim::MeasuredPoint& point) {
  const std::string dtype(sim::name_of(point.problem.dtype));
  return is_softmax(point) || point.problem.mask == sim::Mask::none
             ? dtype
             : dtype + ", " + std::string(sim::name_of(point.problem.mask));
}

std::string schedule_words(const sim::MeasuredPoint& point, const Strings& strings) {
  const sim::Schedule& s = point.schedule;
  std::string out;
  const auto add = [&](const char* key, int value) {
    if (value > 0) {
      out += (out.empty() ? "" : kDot) + strings.format(key, {{"n", count_text(value)}});
    }
  };
  add("dock.measured.block_q", s.block_q);
  add("dock.measured.block_kv", s.block_kv);
  add("dock.measured.stages", s.stages);
  add("dock.measured.warps", s.warps);
  add("dock.measured.splits", s.splits);
  add("dock.measured.tile", s.tile);
  return out;
}

std::string error_words(double error) {
  const double percent = std::round(1000 * error) / 10;
  const char* sign = percent < 0 ? "\xE2\x88\x92" : percent > 0 ? "+" : "";
  return fmt::format("{}{:.1f} %", sign, std::abs(percent));
}

std::vector<std::pair<std::string, std::string>> fields_of(const sim::MeasuredPoint& point) {
  sim::Scenario scenario;
  scenario.problem = point.problem;
  scenario.schedule = point.schedule;
  const auto other = is_softmax(point) ? sim::ScenarioField::Family::attention : sim::ScenarioField::Family::softmax;
  std::vector<std::pair<std::string, std::string>> fields = {{"algorithm", point.algorithm}};
  for (const sim::ScenarioField& field : sim::scenario_fields()) {
    if ((field.group() != "problem" && field.group() != "schedule") || field.family == other) {
      continue;
    }
    const sim::ScenarioValue value = field.get(scenario);
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || *number != 0) {  // zero: the algorithm has no use for it
      fields.emplace_back(field.key, number != nullptr ? std::to_string(*number) : std::get<std::string>(value));
    }
  }
  return fields;
}

std::string csv_measured(const Measured& measured) {
  std::vector<std::vector<std::string>> rows;
  for (const sim::Comparison& c : measured.comparisons()) {
    const sim::MeasuredPoint& point = *c.at.point;
    std::vector<std::string> row = {point.algorithm, point.held_back ? "1" : "0", fmt::format("{}", c.measured_us)};
    const bool ran = c.failure.empty();
    row.insert(row.end(), {ran ? fmt::format("{}", c.simulated_us) : "", ran ? fmt::format("{}", c.error) : ""});
    std::string fields;
    for (const auto& [key, value] : fields_of(point)) {
      fields += (fields.empty() ? "" : " ") + key + "=" + value;
    }
    row.insert(row.end(), {fields, c.failure, c.at.file->card.name, c.at.file->driver, c.at.file->date});
    rows.push_back(std::move(row));
  }
  return csv(
      {"algorithm", "held_back", "measured_us", "simulated_us", "error", "point", "failure", "card", "driver", "date"},
      rows);
}

}  // namespace scope
