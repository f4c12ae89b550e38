// Moments that are worth stopping at.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/scope/maxima.h"
#include "ui/scope/moves.h"
#include "ui/scope/place_blocks.h"

namespace scope {

namespace {

constexpr std::array<std::string_view, kBreakKinds> kBreakNames = {
    "max_rose", "alpha_below_1", "masked_tile", "smem_full", "bytes_passed", "scores_in_hbm", "line", "at_time"};

using Moments = std::vector<double>;

/// Ends of the ops for which `holds`.
template <typename F>
Moments ends_of(const BlockTimes& clock, F holds) {
  Moments moments;
  for (const std::uint32_t op : clock.trace().real_ops) {
    if (holds(clock.op(op))) {
      moments.push_back(clock.done_us(op));
    }
  }
  return moments;
}

Moments line_moments(const BlockTimes& clock, const std::string& file, int line) {
  Moments moments;
  if (file != clock.trace().kernel->source_file) {
    return moments;
  }
  int before = 0;
  for (const std::uint32_t op : clock.trace().real_ops) {
    const int at = clock.op(op).line;
    if (at == line && before != line) {
      moments.push_back(clock.first_seen_us(op));
    }
    before = at;
  }
  return moments;
}

Moments smem_peak(const BlockTimes& clock) {
  sim::FootprintExecutor executor;
  std::uint32_t peak_op = 0;
  std::int64_t peak = 0;
  const std::vector<sim::Op>& ops = clock.trace().trace->ops;
  for (std::uint32_t op = 0; op < ops.size(); ++op) {
    executor.on(ops[op]);
    if (executor.footprint().smem_bytes > peak) {
      peak = executor.footprint().smem_bytes;
      peak_op = op;
    }
  }
  return peak > 0 ? Moments{clock.done_us(peak_op)} : Moments{};
}

bool of_scores(const Run& run, const sim::Op& op) {
  if (!sim::moves_bytes(op.kind)) {
    return false;
  }
  const Family family = family_of(run.plan().tensors[op.tensor].name);
  return family == Family::s || family == Family::p;
}

Moments maxima_moments(const Run& run, BlockRef ref, const BlockTimes& clock, BreakKind kind) {
  Moments moments;
  for (const MaximaOfTile& at : maxima_of(run, ref)) {
    if (kind == BreakKind::max_rose ? at.risen > 0 : at.alpha_op != 0 && at.smallest_alpha < 1) {
      moments.push_back(clock.done_us(kind == BreakKind::max_rose ? at.max_op : at.alpha_op));
    }
  }
  return moments;
}

Moments moments_in(const Run& run, BlockRef ref, const Breakpoint& breakpoint) {
  const BlockTimes clock(run, ref);
  switch (breakpoint.kind) {
    case BreakKind::max_rose:
    case BreakKind::alpha_below_1: return maxima_moments(run, ref, clock, breakpoint.kind);
    case BreakKind::masked_tile: {
      Moments masked = ends_of(clock, [](const sim::Op& op) { return op.kind == sim::OpKind::mask; });
      masked.resize(std::min<std::size_t>(masked.size(), 1));
      return masked;
    }
    case BreakKind::smem_full: return smem_peak(clock);
    case BreakKind::scores_in_hbm: return ends_of(clock, [&](const sim::Op& op) { return of_scores(run, op); });
    case BreakKind::line: return line_moments(clock, breakpoint.file, breakpoint.line);
    case BreakKind::bytes_passed:
    case BreakKind::at_time: break;
  }
  return {};
}

bool in_some_block(BreakKind kind) { return kind != BreakKind::bytes_passed && kind != BreakKind::at_time; }

/// The first moment at which HBM traffic of all tensors, both ways, exceeds `bytes`.
std::optional<double> when_bytes_passed(const Run& run, std::int64_t bytes) {
  const auto passed = [&](double t) {
    return run.bytes_at(t, Boundary::dram, false) + run.bytes_at(t, Boundary::dram, true);
  };
  double low = 0, high = run.end_us();
  if (passed(high) <= bytes) {
    return std::nullopt;
  }
  while (std::nextafter(low, high) < high && high - low > 1e-12) {
    const double middle = low + (high - low) / 2;
    (passed(middle) > bytes ? high : low) = middle;
  }
  return high;
}

bool beyond(double moment, double t, int direction) { return direction > 0 ? moment > t : moment < t; }

/// The nearest hit so far.
struct Nearest {
  double t_us;
  int direction;
  std::optional<Hit> hit;

  void offer(double moment, std::size_t breakpoint, Place place) {
    if (beyond(moment, t_us, direction) && (!hit || beyond(hit->cursor.t_us, moment, direction))) {
      hit = Hit{{moment, place}, breakpoint};
    }
  }
};

void offer_moments_of_the_run(const Run& run, const std::vector<Breakpoint>& breakpoints, Place place,
                              Nearest& nearest) {
  for (std::size_t i = 0; i < breakpoints.size(); ++i) {
    const Breakpoint& point = breakpoints[i];
    if (point.on && point.kind == BreakKind::at_time && point.t_us <= run.end_us()) {
      nearest.offer(point.t_us, i, place);
    } else if (point.on && point.kind == BreakKind::bytes_passed) {
      if (const auto moment = when_bytes_passed(run, point.bytes)) {
        nearest.offer(*moment, i, place);
      }
    }
  }
}

}  // namespace

std::string_view name_of(BreakKind kind) { return kBreakNames[static_cast<std::size_t>(kind)]; }

std::optional<Hit> run_to(const Run& run, const Cursor& cursor, const std::vector<Breakpoint>& breakpoints,
                          int direction, std::int64_t ops_max) {
  Nearest nearest{cursor.t_us, direction, {}};
  offer_moments_of_the_run(run, breakpoints, cursor.place, nearest);
  std::vector<std::size_t> local;
  for (std::size_t i = 0; i < breakpoints.size(); ++i) {
    if (breakpoints[i].on && in_some_block(breakpoints[i].kind) && unavailable(run, breakpoints[i]).empty()) {
      local.push_back(i);
    }
  }
  const std::vector<BlockRef> blocks = blocks_at(run, cursor.place);
  std::int64_t ops = 0;
  for (std::size_t at = block_before(run, blocks, cursor.t_us);
       at < blocks.size() && !local.empty() && ops<ops_max; at += direction> 0 ? 1 : std::size_t(-1)) {
    const BlockRun& block = run.block_run(blocks[at].kernel, blocks[at].block);
    if (nearest.hit && beyond(direction > 0 ? block.begin_us : block.end_us, nearest.hit->cursor.t_us, direction)) {
      break;
    }
    for (const std::size_t i : local) {
      for (const double moment : moments_in(run, blocks[at], breakpoints[i])) {
        nearest.offer(moment, i, cursor.place);
      }
    }
    ops += static_cast<std::int64_t>(run.trace(blocks[at].kernel, blocks[at].block)->real_ops.size());
    if (nearest.hit && direction > 0 && nearest.hit->cursor.t_us <= block.end_us) {
      break;
    }
  }
  return nearest.hit;
}

std::string_view unavailable(const Run& run, const Breakpoint& breakpoint) {
  const auto& tensors = run.plan().tensors;
  switch (breakpoint.kind) {
    case BreakKind::max_rose:
    case BreakKind::alpha_below_1: return run.has_values() ? "" : "break.needs_values";
    case BreakKind::masked_tile: return run.problem().mask == sim::Mask::causal ? "" : "break.no_mask";
    case BreakKind::scores_in_hbm: {
      const bool there = std::any_of(tensors.begin(), tensors.end(), [](const sim::TensorInfo& tensor) {
        const Family family = family_of(tensor.name);
        return family == Family::s || family == Family::p;
      });
      return there ? "" : "break.scores_stay";
    }
    case BreakKind::bytes_passed:
      return when_bytes_passed(run, breakpoint.bytes) ? std::string_view{} : "break.fewer_bytes";
    case BreakKind::line: {
      const auto& kernels = run.plan().kernels;
      const bool runs = std::any_of(kernels.begin(), kernels.end(),
                                    [&](const sim::Kernel& kernel) { return breakpoint.file == kernel.source_file; });
      return runs ? "" : "break.other_program";
    }
    case BreakKind::at_time: return breakpoint.t_us <= run.end_us() ? "" : "break.behind_end";
    case BreakKind::smem_full: break;
  }
  return "";
}

std::optional<Cursor> run_to_line(const Run& run, const Cursor& cursor, const std::string& file, int line,
                                  int direction) {
  Breakpoint breakpoint;
  breakpoint.kind = BreakKind::line;
  breakpoint.file = file;
  breakpoint.line = line;
  const auto hit = run_to(run, cursor, {breakpoint}, direction);
  return hit ? std::optional(hit->cursor) : std::nullopt;
}

}  // namespace scope
