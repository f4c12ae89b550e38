// A parameter swept over values: powers of two around the scenario's own.
#include <algorithm>
#include <cmath>
#include <new>
#include <optional>

#include "sim/base/error.h"
#include "ui/scope/caption.h"
#include "ui/scope/evidence.h"

namespace scope {

namespace {

constexpr int kDoublings = 3;  // each way

sim::Prepared prepared(const sim::Scenario& scenario, const std::string& assets) {
  return sim::prepare(sim::experiment_of(scenario, assets));
}

bool is_softmax(const sim::Plan& plan) { return plan.find("X") != nullptr; }

void set_whole(sim::Scenario& scenario, const char* key, std::int64_t value) {
  sim::set_scenario_field(scenario, *sim::find_scenario_field(key), value, key);
}

double machine_number(const sim::Machine& machine, const char* key) {
  return sim::find_machine_field(key).get(machine);
}

double current_of(const std::string& key, const sim::Prepared& base, const sim::Machine& machine) {
  const sim::Problem& problem = base.problem;
  if (key == "block_q") {
    return base.schedule.block_q;
  }
  if (key == "block_kv") {
    return base.schedule.block_kv;
  }
  if (key == "seqlen") {
    return is_softmax(base.plan) ? problem.row_length : problem.seqlen_kv;
  }
  if (key == "head_dim") {
    return problem.head_dim;
  }
  return key == "smem_kib" ? static_cast<double>(machine.sm.smem_bytes_per_block) / 1024 : machine.hbm.read_gb_per_s;
}

double most_of(const std::string& key, const sim::Prepared& base) {
  const sim::Problem& problem = base.problem;
  const bool softmax = is_softmax(base.plan);
  if (key == "block_q") {
    return softmax ? problem.rows : problem.seqlen_q;
  }
  return key == "block_kv" ? (softmax ? problem.row_length : problem.seqlen_kv) : INFINITY;
}

void set_blocks(sim::Scenario& scenario, const sim::Schedule& schedule, const std::string& key, std::int64_t value) {
  set_whole(scenario, "schedule.block_q", key == "block_q" ? value : schedule.block_q);
  set_whole(scenario, "schedule.block_kv", key == "block_kv" ? value : schedule.block_kv);
}

void set_length(sim::Scenario& scenario, const sim::Prepared& base, std::int64_t value) {
  if (is_softmax(base.plan)) {
    set_whole(scenario, "problem.row_length", value);
    return;
  }
  set_whole(scenario, "problem.seqlen_kv", value);
  if (base.problem.seqlen_q == base.problem.seqlen_kv) {
    set_whole(scenario, "problem.seqlen_q", value);
  }
}

// Capacity of the SM grows with what one block may use; bandwidth both ways.
void set_machine(sim::Scenario& scenario, const sim::Machine& machine, const std::string& key, double factor) {
  const auto scaled = [&](const char* number) {
    const double value = machine_number(machine, number) * factor;
    sim::override_machine(scenario, number, sim::find_machine_field(number).whole ? std::round(value) : value);
  };
  if (key == "smem_kib") {
    scaled("sm.smem_bytes_per_block");
    scaled("sm.smem_bytes");
  } else {
    scaled("hbm.read_gb_per_s");
    scaled("hbm.write_gb_per_s");
  }
}

sim::Scenario edited(const sim::Scenario& scenario, const std::string& assets, const std::string& key, double x) {
  const sim::Prepared base = prepared(scenario, assets);
  const sim::Machine machine = sim::experiment_of(scenario, assets).machine;
  sim::Scenario edit = scenario;
  const auto value = static_cast<std::int64_t>(std::llround(x));
  if (key == "block_q" || key == "block_kv") {
    set_blocks(edit, base.schedule, key, value);
  } else if (key == "seqlen") {
    set_length(edit, base, value);
  } else if (key == "head_dim") {
    set_whole(edit, "problem.head_dim", value);
  } else {
    set_machine(edit, machine, key, x / current_of(key, base, machine));
  }
  return edit;
}

std::string short_reason(const std::string& message) {
  constexpr std::size_t kLongest = 80;
  const std::string line = message.substr(0, std::min(message.find('\n'), message.find(':')));
  const std::size_t cut = line.size() > kLongest ? line.rfind(' ', kLongest) : std::string::npos;
  return cut == std::string::npos ? line : line.substr(0, cut) + " ...";
}

void add_bounds(const sim::Machine& machine, const sim::Report& report, Sweep::Point& point) {
  const sim::Problem& p = report.problem;
  const auto element = static_cast<double>(sim::size_of(p.dtype));
  if (report.algorithm.rfind("softmax", 0) == 0) {
    point.compulsory_bytes = std::int64_t{2} * p.rows * p.row_length * static_cast<std::int64_t>(element);
    point.lower_bound_bytes = static_cast<double>(point.compulsory_bytes);
    return;
  }
  const sim::Compulsory compulsory = sim::compulsory_bytes(p);
  point.compulsory_bytes = compulsory.read_bytes + compulsory.write_bytes;
  const double fast = static_cast<double>(machine.sm.smem_bytes_per_block) / element;
  point.lower_bound_bytes =
      sim::io_lower_bound_elements(p.seqlen_q, p.seqlen_kv, p.head_dim, fast) * element * p.slices();
}

// Asks the fit again, this time for numbers.
void find_lack(const sim::Experiment& experiment, Sweep::Point& point) {
  const sim::Prepared prepared = sim::prepare(experiment);
  const sim::Machine::Sm& sm = experiment.machine.sm;
  sim::Trace trace;
  for (const sim::Kernel& kernel : prepared.plan.kernels) {
    for (std::int32_t index = 0; index < kernel.blocks; ++index) {
      if (kernel.representative(index) != index) {
        continue;
      }
      sim::record_block(kernel, index, trace);
      const sim::BlockResources block = sim::resources_of(kernel, sim::footprint_of(trace));
      const bool smem = block.smem_bytes > sm.smem_bytes_per_block;
      if (smem || block.registers_per_thread > sm.registers_per_thread_max) {
        point.lacks = smem ? Sweep::Point::Lacks::smem : Sweep::Point::Lacks::registers;
        point.needs = smem ? block.smem_bytes : block.registers_per_thread;
        point.may_use = smem ? sm.smem_bytes_per_block : sm.registers_per_thread_max;
        return;
      }
    }
  }
}

void explain(const sim::Experiment* experiment, const sim::Error& error, Sweep::Point& point) {
  point.lacks = Sweep::Point::Lacks::other;
  point.why_not = short_reason(error.message());
  try {
    if (experiment != nullptr) {
      find_lack(*experiment, point);
    }
  } catch (const sim::Error&) {
    return;  // not a matter of fitting: the first error says it
  }
}

bool is_of_machine(const std::string& key) { return key == "smem_kib" || key == "hbm_gb_per_s"; }

}  // namespace

std::string why_not(const Sweep::Point& point, const Strings& strings) {
  using Lacks = Sweep::Point::Lacks;
  if (point.lacks == Lacks::other) {
    return point.why_not;
  }
  const char* key = point.lacks == Lacks::smem        ? "dock.sweep.lacks_smem"
                    : point.lacks == Lacks::registers ? "dock.sweep.lacks_registers"
                                                      : "dock.sweep.lacks_memory";
  return strings.format(key, {{"needs", count_text(point.needs)}, {"may", count_text(point.may_use)}});
}

const std::vector<std::string>& Sweep::keys() {
  static const std::vector<std::string> kKeys = {"block_q",  "block_kv", "seqlen",
                                                 "head_dim", "smem_kib", "hbm_gb_per_s"};
  return kKeys;
}

Sweep::Sweep(const sim::Scenario& scenario, std::string key, std::string assets)
    : scenario_(scenario), key_(std::move(key)), assets_(std::move(assets)) {
  if (std::find(keys().begin(), keys().end(), key_) == keys().end()) {
    throw sim::Error("sweep", "there is nothing to sweep called '" + key_ + "'");
  }
  const sim::Prepared base = prepared(scenario_, assets_);
  current_ = current_of(key_, base, sim::experiment_of(scenario_, assets_).machine);
  const bool whole = !is_of_machine(key_);
  for (int doublings = -kDoublings; doublings <= kDoublings; ++doublings) {
    const double exact = std::ldexp(current_, doublings);
    const double x = std::min(whole ? std::max(1.0, std::round(exact)) : exact, most_of(key_, base));
    if (values_.empty() || x > values_.back()) {
      values_.push_back(x);
    }
  }
}

void Sweep::compute_one() {
  if (done()) {
    return;
  }
  Point point;
  point.x = values_[next_++];
  std::optional<sim::Experiment> experiment;
  try {
    experiment = sim::experiment_of(edited(scenario_, assets_, key_, point.x), assets_);
    const sim::Report report = sim::simulate(*experiment);
    const sim::Traffic& moved = report.two_level;
    point.fits = true;
    point.smem_bytes = moved.read_bytes + moved.write_bytes + moved.reduce_bytes;
    point.dram_bytes = report.dram_read_bytes + report.dram_write_bytes + report.dram_dirty_bytes;
    point.time_us = report.time_us;
    add_bounds(experiment->machine, report, point);
    const bool as_built = scenario_.machine_set.empty() && (!is_of_machine(key_) || point.x == current_);
    experiments_.resize(points_.size());
    experiments_.push_back(as_built ? experiment : std::nullopt);
  } catch (const sim::Error& error) {
    explain(experiment ? &*experiment : nullptr, error, point);
  } catch (const std::bad_alloc&) {
    point.lacks = Point::Lacks::memory;
    point.why_not = "not enough memory";
  }
  points_.push_back(std::move(point));
}

void Sweep::find_measured(const std::vector<sim::MeasurementFile>& files) {
  experiments_.resize(points_.size());
  for (; looked_for_ < points_.size(); ++looked_for_) {
    const std::optional<sim::Experiment>& experiment = experiments_[looked_for_];
    if (const auto found = experiment ? sim::find_point(files, *experiment) : sim::FoundPoint()) {
      points_[looked_for_].measured_us = found.point->time_us.median;
    }
  }
}

}  // namespace scope
