#include "sim/tile/trace.h"

#include <algorithm>
#include <map>

#include "sim/base/error.h"

namespace sim {

std::string_view name_of(OpKind kind) {
  static constexpr std::string_view kNames[kOpKinds] = {
      "load",    "gather",  "store", "reduce_add", "fill", "matmul", "convert",  "scale",
      "add",     "sub",     "mul",   "div",        "max",  "exp",    "exp_diff", "log",
      "row_max", "row_sum", "mask",  "arrive",     "wait", "fork",   "join",     "release"};
  return kNames[static_cast<int>(kind)];
}

std::string_view name_of(Level level) { return level == Level::smem ? "SMEM" : "registers"; }

void Trace::clear() {
  ops.clear();
  roles.clear();
  barriers.clear();
  gathers.clear();
  tiles = 1;
}

namespace {

constexpr std::uint32_t kNotHere = ~std::uint32_t{0};

// Where each load of a ring goes: behind op `anchor`, or nowhere else.
struct Move {
  std::uint32_t anchor, load;
};

// Position of the op that frees each tile: its release, or the op that takes over its storage.
std::vector<std::uint32_t> positions_of_release(const std::vector<Op>& ops, TileId tiles) {
  std::vector<std::uint32_t> freed(tiles, kNotHere);
  for (std::uint32_t at = 0; at < ops.size(); ++at) {
    if (ops[at].kind == OpKind::release || ops[at].reuses_a) {
      freed[ops[at].a] = at;
    }
  }
  return freed;
}

// Which tensors do the ops write?
std::vector<bool> written_tensors(const std::vector<Op>& ops) {
  std::vector<bool> written(std::size_t{1} << 16, false);
  for (const Op& op : ops) {
    if (writes_hbm(op.kind)) {
      written[op.tensor] = true;
    }
  }
  return written;
}

// The loads that can be issued before their place in the program, each with the op that frees its buffer.
std::vector<Move> find_moves(const std::vector<Op>& ops, TileId tiles) {
  const std::vector<std::uint32_t> freed = positions_of_release(ops, tiles);
  const std::vector<bool> written = written_tensors(ops);
  std::map<std::uint16_t, std::vector<std::uint32_t>> loads_of_ring;
  std::vector<Move> moves;
  std::uint32_t last_wait = 0;
  for (std::uint32_t at = 0; at < ops.size(); ++at) {
    const Op& op = ops[at];
    last_wait = op.kind == OpKind::wait ? at : last_wait;
    if (op.kind != OpKind::load || op.stages == 0 || written[op.tensor]) {
      continue;
    }
    std::vector<std::uint32_t>& loads = loads_of_ring[op.line];
    const std::size_t n = loads.size();
    loads.push_back(at);
    const std::uint32_t free = n < op.stages ? loads.front() : freed[ops[loads[n - op.stages]].dst];
    const std::uint32_t anchor = std::max(free, last_wait);
    if (n > 0 && anchor < at) {
      moves.push_back({anchor, at});
    }
  }
  return moves;
}

}  // namespace

void hoist_loads(std::vector<Op>& ops) {
  TileId tiles = 1;
  bool rings = false;
  for (const Op& op : ops) {
    tiles = std::max({tiles, op.dst + 1, op.a + 1});
    rings = rings || op.stages > 0;
  }
  if (!rings) {
    return;
  }
  std::vector<Move> moves = find_moves(ops, tiles);
  std::vector<bool> moved(ops.size(), false);
  for (const Move& move : moves) {
    moved[move.load] = true;
  }

  // Lay the ops out again, each moved load behind its anchor.
  std::stable_sort(moves.begin(), moves.end(), [](Move a, Move b) { return a.anchor < b.anchor; });
  std::vector<Op> ordered;
  ordered.reserve(ops.size());
  auto next = moves.begin();
  for (std::uint32_t at = 0; at < ops.size(); ++at) {
    if (!moved[at]) {
      ordered.push_back(ops[at]);
    }
    for (; next != moves.end() && next->anchor == at; ++next) {
      ordered.push_back(ops[next->load]);
    }
  }
  ops.swap(ordered);
}

namespace {

struct BarrierState {
  int arrivals = 1, pending = 0, phases = 0;
  void arrive() {
    if (++pending == arrivals) {
      pending = 0;
      ++phases;
    }
  }
};

[[noreturn]] void report_deadlock(const std::vector<std::vector<Op>>& streams, const std::vector<std::size_t>& next,
                                  int first_role, const Trace& trace, const std::string& source_file) {
  std::string waiting;
  int line = 0;
  for (std::size_t r = 0; r < streams.size(); ++r) {
    if (next[r] < streams[r].size()) {
      const Op& op = streams[r][next[r]];
      line = op.line;
      waiting += (waiting.empty() ? "" : "; ") + std::string("role '") +
                 trace.roles[static_cast<std::size_t>(first_role) + r].name + "' waits at line " +
                 std::to_string(op.line) + " for phase " + std::to_string(op.inner) + " of barrier " +
                 std::to_string(op.barrier);
    }
  }
  throw Error(source_file + ":" + std::to_string(line), "deadlock: " + waiting,
              "every wait needs as many arrivals as its barrier counts");
}

}  // namespace

std::vector<Op> merge_roles(const std::vector<std::vector<Op>>& streams, int first_role, const Trace& trace,
                            const std::string& source_file) {
  std::vector<BarrierState> barriers;
  for (const BarrierInfo& info : trace.barriers) {
    barriers.push_back({info.arrivals, 0, info.completed_phases});
  }
  std::vector<Op> merged;
  std::vector<std::size_t> next(streams.size(), 0);
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t r = 0; r < streams.size(); ++r) {
      for (; next[r] < streams[r].size(); ++next[r], progress = true) {
        const Op& op = streams[r][next[r]];
        if (op.kind == OpKind::wait && barriers[static_cast<std::size_t>(op.barrier)].phases < op.inner) {
          break;
        }
        if (op.kind != OpKind::wait && op.barrier != kNoBarrier) {
          barriers[static_cast<std::size_t>(op.barrier)].arrive();
        }
        merged.push_back(op);
      }
    }
  }
  for (std::size_t r = 0; r < streams.size(); ++r) {
    if (next[r] < streams[r].size()) {
      report_deadlock(streams, next, first_role, trace, source_file);
    }
  }
  return merged;
}

}  // namespace sim
