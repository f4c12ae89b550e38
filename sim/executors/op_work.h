// What one op asks of an SM's units: the prices that the timing engine works with. README's timing page, rules 2 to 4.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/executors/timing_rules.h"
#include "sim/machine/machine.h"
#include "sim/tile/kernel.h"

namespace sim {

/// Units of one SM that an op's work occupies.
enum class Unit : std::uint8_t { tensor, fp32, alu, exp, smem };
inline constexpr int kUnits = 5;
std::string_view name_of(Unit unit);  ///< "tensor core", "fp32", "alu", "exp", "smem"

/// Cycles of work at full rate, by unit.
using UnitWork = std::array<double, kUnits>;

/// Work of one op by unit, without what its operands cost: neither copies that land nor conversions.
UnitWork work_of(const Op& op, const Kernel& kernel, const Machine& machine, const TimingRules& rules = {});

/// Lanes that ask the special function units for something: an exponential, a logarithm, a row's reciprocal.
double special_lanes(const Op& op, const Kernel& kernel);

/// Reading `elements` of a 16-bit tile for anything but a product: each becomes an fp32 number of its own.
double unpack_cycles(double elements, const Machine& machine);

/// A store of fp32 numbers to a 16-bit tensor packs them in pairs; where a product's fragments hold them they go by way
/// of SMEM, written and read back, so that rows leave in whole sectors.
bool is_staged(const Op& op, bool from_fp32, const Kernel& kernel);
UnitWork store_work(const Op& op, bool from_fp32, const Kernel& kernel, const Machine& machine);

/// Lanes that hold parts of one row, and so the shuffle steps that bring a row's maximum or sum together.
int lanes_of_a_row(const Kernel& kernel);
int shuffles_of_a_row(const Kernel& kernel);

/// The shuffles of `rows` rows at once: through SMEM's crossbar, with one ALU operation a step.
UnitWork shuffle_work(std::int32_t rows, const Kernel& kernel, const Machine& machine);
double shuffle_latency(const Kernel& kernel, const Machine& machine);

/// Issue slots, in cycles of all four schedulers: one for each 128 lanes' instructions of FP32, ALU and exponentials.
double issue_cycles(const UnitWork& work, const Machine& machine);
/// The share of them that mma.sync of other warps misses.
double mma_slots(const UnitWork& work, const Machine& machine);

}  // namespace sim
