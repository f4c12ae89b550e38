// A trace turned into what the timing engine runs: steps with the work each asks of each unit, repeated stretches
// folded into loops. Elementwise ops up to the next row reduction that somebody waits for are one step, a pass over
// registers: a compiler interleaves their instructions, so their units work side by side.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/executors/op_work.h"

namespace sim {

enum class StepKind : std::uint8_t { compute, load, store, wait, arrive, fork, join };

inline constexpr std::int16_t kNoToken = -1;
inline constexpr std::size_t kDemands = 4;

struct Step {
  StepKind kind = StepKind::compute;
  std::uint8_t demands = 0;  ///< compute: units that serve it side by side; it ends when the last has
  bool product = false;      ///< compute: a matmul, else a pass over registers
  bool meets = false;        ///< compute: the block's warps meet when its copies have landed
  bool to_smem = false;      ///< load
  std::array<Unit, kDemands> unit{};
  std::array<double, kDemands> work{};  ///< cycles at full rate
  double mma_slots = 0;                 ///< compute: share of the issue slots, while it lasts, that mma.sync misses
  double latency = 0;                   ///< from the end of the work to the actor's next step
  std::array<std::int16_t, 2> needs{kNoToken, kNoToken};  ///< copies that must have landed
  std::int16_t token = kNoToken;                          ///< load: set when the bytes have landed
  std::int16_t barrier = kNoBarrier;
  std::int32_t phase = 0;  ///< wait
  std::uint16_t line = 0;
  std::uint32_t access = 0;   ///< load, store: number among the block's accesses, in the first repeat
  std::uint32_t op = 0;       ///< of the trace; of a pass, the first
  std::uint32_t last_op = 0;  ///< of a pass, the last
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

/// An op inside a pass, for its span.
struct OpShare {
  double cycles = 0;  ///< that it would take alone; 0: it takes no time
  Unit unit = Unit::tensor;
  bool operator==(const OpShare&) const = default;
};

struct TimingProgram {
  std::vector<Step> steps;
  std::vector<std::vector<Segment>> roles;  ///< [0] is the block itself
  std::vector<BarrierInfo> barriers;
  int tokens = 0;
  /// Warps that share a scheduler: as many actors go through a block's only role, each with its share of the work.
  int ways = 1;
  UnitWork work{};                ///< of the whole block
  std::vector<OpShare> op_share;  ///< by op of the trace, if asked for
  bool operator==(const TimingProgram&) const = default;
};

struct CompileOptions {
  bool op_shares = false;  ///< every op's span is wanted
  TimingRules rules{};
};

/// Work of each op follows the rules on README's timing page.
TimingProgram compile(const Trace& trace, const Kernel& kernel, const Machine& machine,
                      const CompileOptions& options = {});

}  // namespace sim
