// A trace turned into what the timing engine runs: steps with the work each asks of each unit, steps of one unit
// merged, repeated stretches folded into loops.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/machine/machine.h"
#include "sim/tile/kernel.h"

namespace sim {

/// Units of one SM that an op's work occupies.
enum class Unit : std::uint8_t { tensor, fp32, alu, exp, smem };
inline constexpr int kUnits = 5;
std::string_view name_of(Unit unit);  ///< "tensor core", "fp32", "alu", "exp", "smem"

/// Cycles of work at full rate, by unit.
using UnitWork = std::array<double, kUnits>;

enum class StepKind : std::uint8_t { compute, load, store, wait, arrive, fork, join };

inline constexpr std::int16_t kNoToken = -1;

struct Step {
  StepKind kind = StepKind::compute;
  std::uint8_t demands = 0;  ///< compute: units that serve it side by side; it ends when the last has
  std::array<Unit, 3> unit{};
  std::array<double, 3> work{};                           ///< cycles at full rate
  double latency = 0;                                     ///< from the end of the work to the actor's next step
  std::array<std::int16_t, 2> needs{kNoToken, kNoToken};  ///< copies that must have landed
  std::int16_t token = kNoToken;                          ///< load: set when the bytes have landed
  std::int16_t barrier = kNoBarrier;
  std::int32_t phase = 0;  ///< wait
  std::uint16_t line = 0;
  std::uint32_t access = 0;  ///< load, store: number among the block's accesses, in the first repeat
  std::uint32_t op = 0;      ///< of the trace; of a merged step, the first
  std::int64_t bytes = 0;
  bool operator==(const Step&) const = default;
};

/// steps[begin, end), `count` times over.
struct Segment {
  std::uint32_t begin = 0, end = 0;
  std::int32_t count = 1;
  std::uint32_t accesses = 0;  ///< of one repeat
  bool operator==(const Segment&) const = default;
};

struct TimingProgram {
  std::vector<Step> steps;
  std::vector<std::vector<Segment>> roles;  ///< [0] is the block itself
  std::vector<BarrierInfo> barriers;
  int tokens = 0;
  UnitWork work{};  ///< of the whole block
  bool operator==(const TimingProgram&) const = default;
};

struct CompileOptions {
  bool merge = true;  ///< merge steps of one unit; off when every op's span is wanted
};

/// Work of each op follows the rules on README's timing page.
TimingProgram compile(const Trace& trace, const Kernel& kernel, const Machine& machine,
                      const CompileOptions& options = {});

/// Work of one op by unit, without what its operands' copies add. For tests and tooltips.
UnitWork work_of(const Op& op, const Kernel& kernel, const Machine& machine);

}  // namespace sim
