// The timing engine: a kernel's blocks placed in time on all SMs, event by event. Its rules are on the README's timing
// page; each has a test. Time is in SM clock cycles from the kernel's start. Two runs are bit-identical.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "sim/executors/l2.h"
#include "sim/executors/timing_program.h"

namespace sim {

/// Why an actor (a role of a resident block) was not at work.
enum class WaitReason : std::uint8_t {
  none,
  hbm,          ///< for a copy whose bytes came from DRAM
  l2,           ///< for a copy whose bytes were in L2
  barrier,      ///< for other roles
  tensor_busy,  ///< the unit was shared with others; likewise the next four
  fp32_busy,
  alu_busy,
  exp_busy,
  smem_busy,
  latency,  ///< for the result of its own last step, or to issue a copy
};
inline constexpr int kWaitReasons = 10;
std::string_view name_of(WaitReason reason);

/// One step of one actor, or one copy, placed in time.
struct Span {
  std::int32_t sm = 0;
  std::int32_t slot = 0;  ///< which of the SM's resident blocks
  std::int32_t role = 0;
  std::int64_t block = 0;  ///< in the grid
  std::uint32_t op = 0;    ///< of the block's trace
  StepKind kind = StepKind::compute;
  bool from_dram = false;     ///< load: did it wait for DRAM?
  Unit unit = Unit::tensor;   ///< compute: the unit that ended last
  double begin = 0, end = 0;  ///< cycles; of a copy: from its issue to its landing
  double waited = 0;          ///< cycles before `begin` for `reason`
  WaitReason reason = WaitReason::none;
};
using SpanSink = std::function<void(const Span&)>;

struct KernelTiming {
  double cycles = 0;                         ///< from the first block's start to the last byte's arrival
  double last_block_begin = 0;               ///< cycles
  std::array<double, kWaitReasons> waits{};  ///< actor-cycles; [none] counts those at work
  UnitWork work{};                           ///< unit-cycles of all SMs together, at full rate
  UnitWork actors_on{};                      ///< actor-cycles spent on each unit, as the slowest of a step
  double l2_cycles = 0, hbm_cycles = 0;      ///< that the shared servers were busy
  double memoised_cycles = 0;                ///< of `cycles`, how many a steady state let it skip
  std::int64_t events = 0;
};

struct TimingInput {
  const Plan& plan;
  const Kernel& kernel;
  const Machine& machine;
  const L2Kernel& l2;
  int blocks_per_sm = 1;
  bool memoise = false;             ///< skip repeats of a steady state
  const SpanSink* spans = nullptr;  ///< every op's span
  TimingRules rules{};
};

KernelTiming time_kernel(const TimingInput& input);

}  // namespace sim
