#include "sim/analysis/bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "sim/base/error.h"

namespace sim {

namespace {

constexpr std::size_t index_of(MatmulUnit unit) { return static_cast<std::size_t>(unit); }

// Microseconds for `work` at `per_clock`, per SM.
double time_on_sms(const Machine& machine, const char* unit, double work, double per_clock) {
  if (work == 0) {
    return 0;
  }
  if (per_clock <= 0) {
    throw Error(machine.name, std::string("has work for the unit '") + unit + "' but does not have one",
                "choose another matmul unit, or give the machine the rate");
  }
  return work / (per_clock * machine.chip.sm_count * machine.cycles_per_us());
}

double tensor_core_us(const Machine& machine, const RunTotals& totals) {
  double sum = 0;
  for (const MatmulUnit unit : {MatmulUnit::mma_sync, MatmulUnit::wgmma}) {
    sum += time_on_sms(machine, "tensor core", static_cast<double>(totals.matmul_flops[index_of(unit)]),
                       machine.matmul_flops_per_clock(unit));
  }
  return sum;
}

// FP32 lanes, at 2 FLOPs a slot; and what they leave to the ALU. Where nobody knows which FLOPs are maxima, the two
// together can't do the sum faster than their rates added.
std::pair<double, double> lanes_us(const Machine& machine, const RunTotals& totals) {
  const double matmul = static_cast<double>(totals.matmul_flops[index_of(MatmulUnit::ffma)]);
  const double other = static_cast<double>(totals.other_flops);
  const double lanes = machine.matmul_flops_per_clock(MatmulUnit::ffma), alu = machine.rates.alu_lanes;
  if (totals.alu_flops.has_value()) {
    const double maxima = static_cast<double>(*totals.alu_flops);
    return {time_on_sms(machine, "fp32", matmul + other - maxima, lanes), time_on_sms(machine, "alu", maxima, alu)};
  }
  const double together = time_on_sms(machine, "fp32", matmul + other, lanes + alu);
  return {std::max(time_on_sms(machine, "fp32", matmul, lanes), together), 0};
}

double l2_us(const Machine& machine, double bytes) {
  const double ports = machine.l2.bytes_per_clock_per_sm * machine.chip.sm_count;
  return bytes / (std::min(machine.l2.bytes_per_clock, ports) * machine.cycles_per_us());
}

double hbm_us(const Machine& machine, double read_bytes, double write_bytes) {
  return (read_bytes / machine.hbm_read_bytes_per_clock() + write_bytes / machine.hbm_write_bytes_per_clock()) /
         machine.cycles_per_us();
}

UnitTime slowest(const Machine& machine, const RunTotals& totals) {
  const std::vector<UnitTime> times = unit_times(machine, totals);
  return *std::max_element(times.begin(), times.end(), [](UnitTime a, UnitTime b) { return a.us < b.us; });
}

}  // namespace

std::vector<UnitTime> unit_times(const Machine& machine, const RunTotals& totals) {
  const auto [fp32, alu] = lanes_us(machine, totals);
  return {{"tensor core", tensor_core_us(machine, totals)},
          {"fp32", fp32},
          {"alu", alu},
          {"exp", time_on_sms(machine, "exp", static_cast<double>(totals.exps), machine.rates.exp_per_clock)},
          {"smem",
           time_on_sms(machine, "smem", static_cast<double>(totals.smem_bytes), machine.rates.smem_bytes_per_clock)},
          {"l2", l2_us(machine, static_cast<double>(totals.l2_bytes))},
          {"hbm",
           hbm_us(machine, static_cast<double>(totals.dram_read_bytes), static_cast<double>(totals.dram_write_bytes))}};
}

double roofline_floor_us(const Machine& machine, const RunTotals& totals) { return slowest(machine, totals).us; }

const char* roofline_bound(const Machine& machine, const RunTotals& totals) { return slowest(machine, totals).unit; }

double arithmetic_intensity(std::int64_t flops, std::int64_t bytes) {
  return bytes == 0 ? std::numeric_limits<double>::infinity() : static_cast<double>(flops) / static_cast<double>(bytes);
}

double peak_flops_per_s(const Machine& machine, MatmulUnit unit) {
  return machine.matmul_flops_per_clock(unit) * machine.chip.sm_count * machine.chip.clock_mhz * 1e6;
}

double ridge_flops_per_byte(const Machine& machine, MatmulUnit unit) {
  return peak_flops_per_s(machine, unit) / (machine.hbm.read_gb_per_s * 1e9);
}

Compulsory compulsory_bytes(const Problem& p) {
  const std::int64_t row = std::int64_t{p.head_dim} * size_of(p.dtype);
  const std::int64_t of_q = row * p.seqlen_q * p.slices(), of_k = row * p.seqlen_kv * p.kv_slices();
  return {of_q + 2 * of_k, of_q};
}

double io_lower_bound_elements(std::int64_t Nq, std::int64_t Nk, std::int64_t d, double fast_elements) {
  const double pairs = static_cast<double>(Nq) * static_cast<double>(Nk), width = static_cast<double>(d);
  const double compulsory = 2 * static_cast<double>(Nq + Nk) * width;
  const bool small = fast_elements < width * width;
  return std::max(compulsory, small ? pairs * width / std::sqrt(fast_elements) : pairs * width * width / fast_elements);
}

double flash1_io_estimate_elements(std::int64_t Nq, std::int64_t Nk, std::int64_t d, double fast_elements) {
  const double width = static_cast<double>(d), keys = static_cast<double>(Nk);
  const double Bc = std::clamp(std::ceil(fast_elements / (4 * width)), 1.0, keys);
  return 2 * keys * width + 3 * static_cast<double>(Nq) * width * std::ceil(keys / Bc);
}

double standard_io_estimate_elements(std::int64_t Nq, std::int64_t Nk, std::int64_t d) {
  return 2 * static_cast<double>(Nq + Nk) * static_cast<double>(d) +
         4 * static_cast<double>(Nq) * static_cast<double>(Nk);
}

}  // namespace sim
