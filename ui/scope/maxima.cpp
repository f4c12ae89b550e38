#include "ui/scope/maxima.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace scope {

namespace {

/// Was the tile made by a row maximum?
bool is_row_max(const TraceIndex& trace, sim::TileId id) {
  const TileInfo* tile = trace.tile(id);
  return tile != nullptr && trace.trace->ops[tile->made_op].kind == sim::OpKind::row_max;
}

void compare(const sim::Matrix& before, const sim::Matrix& after, MaximaOfTile& out) {
  out.rows = after.shape().rows;
  out.first = true;
  for (std::int32_t row = 0; row < out.rows; ++row) {
    out.first = out.first && std::isinf(before.at(row, 0));
    if (after.at(row, 0) > before.at(row, 0) && out.risen++ == 0) {
      out.risen_row = row;
      out.risen_to = after.at(row, 0);
    }
  }
}

void find_alpha(const sim::Op& op, std::uint32_t number, const sim::Matrix& old_m, const sim::Matrix& m,
                MaximaOfTile& out) {
  out.alpha_op = number;
  for (std::int32_t row = 0; row < m.shape().rows; ++row) {
    const float alpha = std::exp(op.scalar * (old_m.at(row, 0) - m.at(row, 0)));
    if (std::isfinite(old_m.at(row, 0)) && (out.shrunk_row < 0 || alpha < out.smallest_alpha)) {
      out.smallest_alpha = alpha;
      out.shrunk_row = row;
    }
  }
}

std::vector<MaximaOfTile> compute(const Run& run, BlockRef ref) {
  std::vector<MaximaOfTile> all;
  MaximumUpdate last;
  sim::Matrix old_m;
  for (Replay replay(run, ref); !replay.ended();) {
    const sim::Op& op = replay.op();
    const std::uint32_t number = replay.next();
    const auto update = maximum_update(replay.trace(), op);
    if (update) {
      last = *update;
      old_m = *replay.values().tiles.find(last.old_m);
    } else if (op.kind == sim::OpKind::exp_diff && !all.empty() && op.a == last.old_m && op.b == last.new_m) {
      find_alpha(op, number, old_m, *replay.values().tiles.find(last.new_m), all.back());
    }
    replay.execute();
    if (update) {
      all.emplace_back().max_op = number;
      compare(old_m, *replay.values().tiles.find(last.new_m), all.back());
    }
  }
  return all;
}

}  // namespace

std::optional<MaximumUpdate> maximum_update(const TraceIndex& trace, const sim::Op& op) {
  if (op.kind != sim::OpKind::max || op.shape.cols != 1) {
    return std::nullopt;
  }
  return MaximumUpdate{is_row_max(trace, op.a) && !is_row_max(trace, op.b) ? op.b : op.a, op.dst};
}

const std::vector<MaximaOfTile>& maxima_of(const Run& run, BlockRef ref) {
  auto& kept = kept_by<std::map<std::pair<std::int32_t, std::uint32_t>, std::vector<MaximaOfTile>>>(run, "maxima");
  const auto [at, is_new] = kept.try_emplace({ref.kernel, ref.block});
  if (is_new) {
    at->second = compute(run, ref);
  }
  return at->second;
}

}  // namespace scope
