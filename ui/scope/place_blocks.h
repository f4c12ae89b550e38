// The blocks that run at a place, one after another, and their values op by op.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sim/executors/numeric.h"
#include "ui/scope/run.h"

namespace scope {

struct BlockRef {
  std::int32_t kernel = 0;
  std::uint32_t block = 0;
  bool operator==(const BlockRef&) const = default;
};

/// In order of time.
std::vector<BlockRef> blocks_at(const Run& run, Place place);
/// Number of the last one that has begun before `t`, or 0.
std::size_t block_before(const Run& run, const std::vector<BlockRef>& blocks, double t);

/// Last ops on the chip that work on one K/V tile, and their ends. Copies ahead of their turn don't count.
struct IterationEnd {
  double t_us = 0;
  std::uint32_t op = 0;
};
std::vector<IterationEnd> iteration_ends(const Run& run, BlockRef ref);

/// Moments of a block's ops on the line of time that Run::at goes by: a load is done there when it has been issued.
class BlockTimes {
 public:
  BlockTimes(const Run& run, BlockRef ref);
  const TraceIndex& trace() const { return *trace_; }
  const sim::Op& op(std::uint32_t number) const { return trace_->trace->ops[number]; }
  double done_us(std::uint32_t op) const;
  double begin_us(std::uint32_t op) const;       ///< the end of the op before
  double first_seen_us(std::uint32_t op) const;  ///< the first moment at which this op is the one at work

 private:
  const Run& run_;
  std::shared_ptr<const TraceIndex> trace_;
  Place place_;
  double begin_us_ = 0, first_ = 0;
};

/// Executes a block's ops in order, from the values at its start. The run must have values.
class Replay {
 public:
  Replay(const Run& run, BlockRef ref);
  const TraceIndex& trace() const { return *trace_; }
  const sim::Values& values() const { return *start_.values; }
  /// Number of the op that comes next; the number of ops at the end.
  std::uint32_t next() const { return next_; }
  bool ended() const { return next_ == trace_->trace->ops.size(); }
  const sim::Op& op() const { return trace_->trace->ops[next_]; }
  void execute() {
    block_->on(op());
    ++next_;
  }

 private:
  std::shared_ptr<const TraceIndex> trace_;
  sim::State start_;
  std::unique_ptr<sim::NumericBlock> block_;
  std::uint32_t next_ = 0;
};

/// What a run keeps for others under a name, made empty at first.
template <typename Kept>
Kept& kept_by(const Run& run, const char* name) {
  std::shared_ptr<void>& kept = run.cache(name);
  if (kept == nullptr) {
    kept = std::make_shared<Kept>();
  }
  return *static_cast<Kept*>(kept.get());
}

}  // namespace scope
