// A scenario, simulated and placed in time: what the window shows. The picture at any moment is a function of a Run, a
// time and a place; nothing here moves.
//
// Time is in us from the start of the run: kernels follow each other as a stream runs them, launches and gaps
// included. A place is a slot of an SM: where the picture's block runs. Over time, one block after another runs there.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/analysis/simulate.h"
#include "sim/scenario/scenario.h"
#include "sim/timeline/timeline.h"
#include "ui/scope/trace_index.h"

namespace scope {

/// An op, or a copy, placed in time. Loads: from issue to landing.
struct PlacedSpan {
  double begin_us = 0, end_us = 0;
  float waited_us = 0;           ///< before begin, for `reason`
  std::uint32_t op = 0;          ///< of the block's trace
  std::uint32_t block = 0;       ///< in the grid: slice * blocks + index
  std::uint32_t dram_bytes = 0;  ///< load: of its bytes, those that came from DRAM
  sim::StepKind kind = sim::StepKind::compute;
  sim::Unit unit = sim::Unit::tensor;  ///< compute
  sim::WaitReason reason = sim::WaitReason::none;
  std::uint8_t role = 0, slot = 0;
  bool from_dram = false;  ///< load: it waited for DRAM
};

struct BlockRun {
  std::int32_t sm = -1, slot = 0;
  double begin_us = 0, end_us = 0;
};

struct Place {
  std::int32_t sm = 0, slot = 0;
  bool operator==(const Place&) const = default;
};

/// A moment of the run, looked at from a place.
struct Cursor {
  double t_us = 0;
  Place place;
  bool operator==(const Cursor&) const = default;
};

/// What runs at a place at a time. `op` is the op at work: the first one that has not ended before t. At an op's very
/// end it is still that op, with share 1.
struct At {
  std::int32_t kernel = 0;
  std::int32_t slice = 0, index = 0;  ///< of the block
  std::uint32_t block = 0;            ///< slice * blocks + index
  std::uint32_t op = 0;               ///< of the block's trace; never a release
  double share = 0;                   ///< of the op done, 0 to 1
  double op_begin_us = 0, op_end_us = 0;
  std::int64_t number = 0, count = 0;  ///< op number of count, releases not counted; from 0
  bool idle = false;  ///< nothing runs here now: before, between or behind blocks; the rest describes the nearest block
};

/// Bytes that have passed a boundary by some time.
class ByteSeries {
 public:
  void add(double end_us, std::int64_t bytes);
  /// Sorts and sums; above 2 million entries, keeps 64 Ki evenly spaced sums. What has ended behind `end_us`, by
  /// rounding, counts as then.
  void finish(double end_us = std::numeric_limits<double>::infinity());
  std::int64_t at(double t_us) const;
  std::int64_t total() const;
  /// The time at which more than `bytes` have passed, if ever.
  std::optional<double> when_passed(std::int64_t bytes) const;

 private:
  std::vector<std::pair<double, std::int64_t>> sums_;
};

enum class Boundary : std::uint8_t { smem, dram };  ///< L2 <-> SM; HBM <-> L2

class SpanStore;

struct KernelRun {
  const sim::Kernel* kernel = nullptr;
  double begin_us = 0, end_us = 0;  ///< first block's start to last byte's arrival
  int blocks_per_sm = 1;
  sim::KernelFit fit;
  sim::KernelTiming timing;
  std::vector<BlockRun> blocks;                             ///< by number in the grid
  std::vector<std::vector<std::uint32_t>> on_slot;          ///< [sm * blocks_per_sm + slot]: blocks in order of time
  double cycles_per_us(const sim::Machine& machine) const;  ///< that it runs at
  bool all_spans = true;                                    ///< else only those of SMs near Run::kept_sm
  std::span<const PlacedSpan> spans_of(std::uint32_t block) const;  ///< in the trace's order; empty if not kept
  std::span<const PlacedSpan> lane(std::int32_t sm) const;          ///< all kept spans of an SM, by block

  // filled by Run
  std::vector<std::span<const PlacedSpan>> lanes;                    ///< by SM: by block in order of time, then op
  std::vector<std::pair<std::uint32_t, std::uint32_t>> block_spans;  ///< by block: first in its SM's lane, count
  std::shared_ptr<const SpanStore> store;                            ///< holds the lanes
};

struct RunOptions {
  std::int64_t ops_max = 400'000'000;  ///< longer runs are refused: placing them takes too long
  std::int64_t spans_max = 1'000'000;  ///< more ops than that: keep spans of kept_sm and its two neighbours only
  std::int32_t kept_sm = 0;
  std::int64_t value_bytes_max = std::int64_t{64} << 20;  ///< larger runs go without values
  std::int64_t value_work_max = 400'000'000;              ///< matmul FLOPs, likewise, so that every seek stays quick
};

class Run {
 public:
  /// Throws sim::Error: what does not fit, does not exist or is too large.
  static std::shared_ptr<Run> make(const sim::Scenario& scenario, const std::string& assets, const RunOptions& = {});

  const sim::Scenario& scenario() const { return scenario_; }
  const sim::Machine& machine() const { return experiment_.machine; }
  const sim::Problem& problem() const { return prepared_.problem; }     ///< filled in
  const sim::Schedule& schedule() const { return prepared_.schedule; }  ///< filled in
  const sim::Plan& plan() const { return prepared_.plan; }
  const sim::Report& report() const { return report_; }
  const std::vector<KernelRun>& kernels() const { return kernels_; }
  const RunOptions& options() const { return options_; }
  double end_us() const { return report_.time_us; }

  // ---- Time and place ----
  std::int32_t kernel_at(double t_us) const;  ///< the one running, or about to
  At at(const Cursor& cursor) const;
  /// Ops done at the place, fractional: whole numbers are the ends of ops. Runs through all kernels and blocks there.
  double position(const Cursor& cursor) const;
  double positions(Place place) const;  ///< how many ops run there in all
  double time_of(Place place, double position) const;
  /// Where and when a block of kernel k runs.
  const BlockRun& block_run(std::int32_t kernel, std::uint32_t block) const;
  /// When op `op` of a block ends; of async loads: when they have landed.
  double op_end_us(std::int32_t kernel, std::uint32_t block, std::uint32_t op) const;

  // ---- Traces and values ----
  /// Ops of a block with its tiles, named. Kept.
  std::shared_ptr<const TraceIndex> trace(std::int32_t kernel, std::uint32_t block) const;
  bool has_values() const;
  /// Are values those of one head at a time, the one asked about? Then they stand in slice 0 of a plan of one slice.
  bool values_by_slice() const;
  std::int64_t value_slice(std::int64_t grid_slice) const { return values_by_slice() ? 0 : grid_slice; }
  /// State in program order after op `op` of the block (its releases included); cached for the op asked for last.
  const sim::State& state_after(std::int32_t kernel, std::uint32_t block, std::uint32_t op) const;
  std::int64_t program_index(std::int32_t kernel, std::uint32_t block, std::uint32_t op) const;  ///< Timeline's k
  sim::Timeline& timeline() const;
  /// With values, if there are any: of the whole plan, or of this slice alone.
  sim::Timeline& value_timeline(std::int64_t grid_slice) const;
  /// State before the block's first op, with values.
  sim::State state_before(std::int32_t kernel, std::uint32_t block) const;

  // ---- Accesses ----
  /// A rectangle of a tensor's slice that an op moves; of a gather, the first.
  struct Moved {
    sim::OpKind kind{};
    sim::TensorId tensor = 0;
    std::int64_t slice = 0;  ///< of the tensor
    std::int32_t row = 0, col = 0;
    sim::Shape shape;
  };
  /// What number `n` of spans_of(block) moves; nothing if it moves nothing. Where no spans are kept, the same numbers
  /// go up to moved_count(kernel, block).
  std::optional<Moved> moved(std::int32_t kernel, std::uint32_t block, std::size_t n) const;
  std::size_t moved_count(std::int32_t kernel, std::uint32_t block) const;
  /// Where others keep what they derived from this run, by name; null at first. For one thread.
  std::shared_ptr<void>& cache(const std::string& name) const { return caches_[name]; }

  // ---- Bytes ----
  /// Read (SM or L2 <- below) or written bytes of a tensor across a boundary.
  const ByteSeries& bytes(sim::TensorId tensor, Boundary boundary, bool write) const;
  std::int64_t bytes_at(double t_us, Boundary boundary, bool write) const;  ///< all tensors

  // ---- L2, modelled: what was touched last and fits ----
  struct L2Tile {
    sim::TensorId tensor = 0;
    std::int64_t slice = 0;
    std::int32_t row = 0, col = 0;
    sim::Shape shape;
    std::int64_t bytes = 0;
    double touched_us = 0;
  };
  struct L2Contents {
    std::vector<L2Tile> held, evicted;  ///< newest first; evicted: the last 8 that had to leave
    std::int64_t held_bytes = 0;
    double hit_rate = 0;  ///< of the bytes read so far
    bool known = true;    ///< false: not all spans were kept, so that what it holds was not followed
  };
  const L2Contents& l2_at(double t_us) const;  ///< cached for the time asked for last

 private:
  Run() = default;
  friend class RunBuilder;
  sim::Scenario scenario_;
  sim::Experiment experiment_;
  sim::Prepared prepared_;
  sim::Report report_;
  RunOptions options_;
  std::vector<KernelRun> kernels_;
  struct Parts;  ///< series, caches, the timeline
  std::shared_ptr<Parts> parts_;
  mutable std::map<std::string, std::shared_ptr<void>> caches_;
};

}  // namespace scope
