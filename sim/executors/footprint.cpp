#include "sim/executors/footprint.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.h"

namespace sim {

void FootprintExecutor::hold(TileId tile, std::int64_t bytes, Level level) {
  if (tile >= held_.size()) {
    held_.resize(tile + tile / 2 + 64);
  }
  held_[tile] = {bytes, level};
  std::int64_t& now = level == Level::smem ? now_.smem_bytes : now_.register_bytes;
  std::int64_t& peak = level == Level::smem ? now_.smem_peak_bytes : now_.register_peak_bytes;
  now += bytes;
  peak = std::max(peak, now);
}

void FootprintExecutor::drop(TileId tile) {
  Held& held = held_[tile];
  (held.level == Level::smem ? now_.smem_bytes : now_.register_bytes) -= held.bytes;
  held.bytes = 0;
}

void FootprintExecutor::on(const Op& op) {
  if (op.reuses_a || op.kind == OpKind::release) {
    drop(op.a);
  }
  const bool makes_tile = op.dst != 0 && !op.accumulate && !(op.kind == OpKind::load && op.barrier != kNoBarrier);
  if (makes_tile) {
    hold(op.dst, op.shape.elements() * size_of(op.dtype), op.level);
  }
}

Footprint footprint_of(const Trace& trace) {
  FootprintExecutor executor;
  for (const Op& op : trace.ops) {
    executor.on(op);
  }
  return executor.footprint();
}

BlockResources resources_of(const Kernel& kernel, const Footprint& footprint) {
  const int threads = kernel.warps * 32;
  const std::int64_t of_tiles = (footprint.register_peak_bytes + 4 * threads - 1) / (4 * threads);
  return {footprint.smem_peak_bytes, threads,
          static_cast<int>(std::min<std::int64_t>(of_tiles, 1 << 20)) + kRegistersBesideTiles};
}

bool plan_fits(const Plan& plan, const Machine& machine) {
  Trace trace;
  for (const Kernel& kernel : plan.kernels) {
    for (const std::int32_t index : {0, kernel.blocks - 1}) {
      record_block(kernel, index, trace);
      try {
        occupancy(machine, resources_of(kernel, footprint_of(trace)));
      } catch (const Error&) {
        return false;
      }
    }
  }
  return true;
}

namespace {

std::int64_t held_in(const Footprint& footprint, Level level) {
  return level == Level::smem ? footprint.smem_bytes : footprint.register_bytes;
}

// Ops up to and including the one that reaches the level's peak.
std::size_t ops_to_peak(const Trace& trace, Level level) {
  FootprintExecutor executor;
  std::size_t count = 0, best = 0;
  std::int64_t peak = 0;
  for (const Op& op : trace.ops) {
    executor.on(op);
    ++count;
    if (held_in(executor.footprint(), level) > peak) {
      peak = held_in(executor.footprint(), level);
      best = count;
    }
  }
  return best;
}

}  // namespace

std::string sum_at_peak(const Trace& trace, const Plan& plan, Level level) {
  // Find the tiles alive at the peak.
  std::vector<const Op*> made(trace.tiles, nullptr);
  const std::size_t count = ops_to_peak(trace, level);
  for (std::size_t at = 0; at < count; ++at) {
    const Op& op = trace.ops[at];
    if (op.reuses_a || op.kind == OpKind::release) {
      made[op.a] = nullptr;
    }
    if (op.dst != 0 && op.level == level && !op.accumulate && (op.kind != OpKind::load || op.barrier == kNoBarrier)) {
      made[op.dst] = &op;
    }
  }

  // Say them as a sum.
  std::string text;
  std::int64_t sum = 0;
  for (const Op* op : made) {
    if (op != nullptr) {
      const std::int64_t bytes = op->shape.elements() * size_of(op->dtype);
      const std::string name = moves_bytes(op->kind) ? plan.tensors[op->tensor].name : std::string(name_of(op->kind));
      text += fmt::format("{}{} {}x{} {} {} B", text.empty() ? "" : " + ", name, op->shape.rows, op->shape.cols,
                          name_of(op->dtype), bytes);
      sum += bytes;
    }
  }
  return fmt::format("{} = {} B", text, sum);
}

}  // namespace sim
