#include "ui/scope/moves.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/scope/place_blocks.h"

namespace scope {

namespace {

constexpr std::array<std::string_view, kStepUnits> kUnitNames = {"op", "tile", "iteration", "block", "kernel"};

using Moments = std::vector<double>;

/// The first moment after t (the last before it), of moments in any order.
std::optional<double> nearest(const Moments& moments, double t, int direction) {
  std::optional<double> best;
  for (const double moment : moments) {
    const bool beyond = direction > 0 ? moment > t : moment < t;
    if (beyond && (!best || (direction > 0 ? moment < *best : moment > *best))) {
      best = moment;
    }
  }
  return best;
}

/// Ends of copies, both ways.
Moments tile_moments(const Run& run, BlockRef ref) {
  const auto trace = run.trace(ref.kernel, ref.block);
  Moments moments;
  for (const std::uint32_t op : trace->real_ops) {
    if (sim::moves_bytes(trace->trace->ops[op].kind)) {
      moments.push_back(run.op_end_us(ref.kernel, ref.block, op));
    }
  }
  return moments;
}

/// Ends of K/V tiles; and of blocks, since some have none.
Moments iteration_moments(const Run& run, BlockRef ref) {
  Moments moments = {run.block_run(ref.kernel, ref.block).end_us};
  for (const IterationEnd& end : iteration_ends(run, ref)) {
    moments.push_back(end.t_us);
  }
  return moments;
}

Moments block_moments(const Run& run, BlockRef ref) {
  const BlockRun& block = run.block_run(ref.kernel, ref.block);
  return {block.begin_us, block.end_us};
}

Moments kernel_moments(const Run& run) {
  Moments moments;
  for (const KernelRun& kernel : run.kernels()) {
    moments.push_back(kernel.begin_us);
    moments.push_back(kernel.end_us);
  }
  return moments;
}

/// Looks through the place's blocks, beginning with the one at work.
std::optional<double> in_blocks(const Run& run, const Cursor& cursor, Moments (*moments)(const Run&, BlockRef),
                                int direction) {
  const std::vector<BlockRef> blocks = blocks_at(run, cursor.place);
  std::size_t i = block_before(run, blocks, cursor.t_us);
  while (i < blocks.size()) {
    if (const auto found = nearest(moments(run, blocks[i]), cursor.t_us, direction)) {
      return found;
    }
    i += direction > 0 ? 1 : std::size_t(-1);  // below 0: beyond the end
  }
  return std::nullopt;
}

/// Ops without duration end at the same moment as the one before: only a later moment is a step.
std::optional<double> op_moment(const Run& run, const Cursor& cursor, int direction) {
  const double position = run.position(cursor), last = run.positions(cursor.place);
  double at = direction > 0 ? std::floor(position) : std::ceil(position);
  for (; last > 0 && at >= 0 && at <= last; at += direction) {
    const double t = run.time_of(cursor.place, at);
    if (direction > 0 ? t > cursor.t_us : t < cursor.t_us) {
      return t;
    }
  }
  return std::nullopt;
}

std::optional<double> moment(const Run& run, const Cursor& cursor, StepUnit unit, int direction) {
  switch (unit) {
    case StepUnit::op: return op_moment(run, cursor, direction);
    case StepUnit::tile: return in_blocks(run, cursor, tile_moments, direction);
    case StepUnit::iteration: return in_blocks(run, cursor, iteration_moments, direction);
    case StepUnit::block: return in_blocks(run, cursor, block_moments, direction);
    case StepUnit::kernel: break;
  }
  return nearest(kernel_moments(run), cursor.t_us, direction);
}

}  // namespace

std::string_view name_of(StepUnit unit) { return kUnitNames[static_cast<std::size_t>(unit)]; }

Cursor step(const Run& run, const Cursor& cursor, StepUnit unit, int direction) {
  const double end = direction > 0 ? run.end_us() : 0;
  return {std::clamp(moment(run, cursor, unit, direction).value_or(end), 0.0, run.end_us()), cursor.place};
}

Cursor advance(const Run& run, const Cursor& cursor, double ops) {
  const double position = run.position(cursor), last = run.positions(cursor.place), to = position + ops;
  if (ops == 0 || !std::isfinite(position)) {
    return cursor;
  }
  if (to >= last || to <= 0) {  // behind the last op, and before the first, there is only the run's end
    const bool forward = to >= last && ops > 0;
    const bool at_end = position >= last && forward, at_begin = position <= 0 && !forward;
    return {at_end ? run.end_us() : (at_begin ? 0 : run.time_of(cursor.place, forward ? last : 0)), cursor.place};
  }
  const double t = run.time_of(cursor.place, to);
  return {ops > 0 ? std::max(t, cursor.t_us) : std::min(t, cursor.t_us), cursor.place};
}

// ---- Who wrote this last ----

namespace {

std::int64_t program_place(const Run& run, const At& at) {
  return run.program_index(at.kernel, at.block, at.op) + (at.share >= 1 ? 1 : 0);
}

Cursor cursor_of(const Run& run, const sim::Position& p) {
  const auto block = static_cast<std::uint32_t>(
      std::int64_t{p.slice} * run.kernels()[static_cast<std::size_t>(p.kernel)].kernel->blocks + p.block);
  const BlockRun& at = run.block_run(p.kernel, block);
  return {run.op_end_us(p.kernel, block, static_cast<std::uint32_t>(p.op)), {at.sm, at.slot}};
}

}  // namespace

std::optional<Cursor> last_writer(const Run& run, const Cursor& cursor, sim::TileId tile) {
  const At at = run.at(cursor);
  // At a block's very end, asking behind its last op would ask about the next block.
  const auto found = run.timeline().last_writer(tile, run.program_index(at.kernel, at.block, at.op));
  const auto trace = run.trace(at.kernel, at.block);
  const sim::Op& op = trace->trace->ops[at.op];
  if (at.share >= 1 && op.dst == tile) {
    return Cursor{at.op_end_us, cursor.place};
  }
  return found ? std::optional(cursor_of(run, run.timeline().locate(*found))) : std::nullopt;
}

// Program order puts blocks of a kernel one after another, time puts them beside each other: looks from the kernel's
// end backwards for a writer that has ended.
std::optional<Cursor> last_writer(const Run& run, const Cursor& cursor, sim::TensorId tensor, std::int32_t row,
                                  std::int32_t col) {
  constexpr int kTries = 10'000;
  const At at = run.at(cursor);
  sim::Timeline& timeline = run.timeline();
  const std::int64_t slice = run.plan().tensors[tensor].tensor.slice_of(at.slice);
  std::int64_t k = at.kernel + 1 < static_cast<std::int32_t>(run.kernels().size())
                       ? run.program_index(at.kernel + 1, 0, 0)
                       : timeline.ops();
  for (int i = 0; i < kTries; ++i) {
    const auto found = timeline.last_writer(tensor, slice, row, col, k);
    if (!found) {
      return std::nullopt;
    }
    const sim::Position p = timeline.locate(*found);
    const Cursor there = cursor_of(run, p);
    if (there.t_us <= cursor.t_us) {
      return there;
    }
    const bool own = p.kernel == at.kernel && p.slice == at.slice && p.block == at.index;
    k = own ? std::min(*found, program_place(run, at)) : *found;
  }
  return std::nullopt;
}

}  // namespace scope
