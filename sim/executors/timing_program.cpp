#include "sim/executors/timing_program.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/base/error.h"

namespace sim {

namespace {

constexpr int kSchedulers = 4;  // of an SM: each has its warps, in turn

/// A pass over registers that is being put together.
struct Pass {
  UnitWork work{};
  double latency = 0;
  std::uint32_t first_op = 0, last_op = 0;
  std::uint16_t line = 0;
  bool open = false;
};

class Compiler {
 public:
  Compiler(const Trace& trace, const Kernel& kernel, const Machine& machine, const CompileOptions& options)
      : trace_(trace), kernel_(kernel), machine_(machine), options_(options), tiles_(trace.tiles) {
    program_.barriers = trace.barriers;
    if (trace.roles.size() == 1) {
      program_.ways = std::max(1, kernel.warps / kSchedulers);
    }
  }

  TimingProgram run() {
    std::vector<std::vector<Step>> streams(trace_.roles.size());
    passes_.resize(streams.size());
    for (std::uint32_t at = 0; at < trace_.ops.size(); ++at) {
      const Op& op = trace_.ops[at];
      std::swap(pass_, passes_[op.role]);
      add(op, at, streams[op.role]);
      std::swap(pass_, passes_[op.role]);
    }
    for (std::size_t role = 0; role < streams.size(); ++role) {
      std::swap(pass_, passes_[role]);
      close_pass(streams[role]);
      std::swap(pass_, passes_[role]);
    }
    for (const std::vector<Step>& stream : streams) {
      program_.roles.push_back(fold(stream, streams.size() == 1));
    }
    program_.tokens = static_cast<int>(token_used_.size());
    return std::move(program_);
  }

 private:
  // What is known of a tile: where it lives, and the copy that brings it until somebody has waited for that.
  struct TileInfo {
    std::int16_t token = kNoToken;
    bool smem = false;
    bool partial = false;   ///< a row's statistic of which each lane has its own part
    std::int8_t bytes = 4;  ///< an element
    Shape shape{};
  };

  void add(const Op& op, std::uint32_t at, std::vector<Step>& stream) {
    if (op.kind == OpKind::release) {
      end_of_copy(tiles_[op.a]);
      return;
    }
    if (is_pass(op.kind)) {
      add_to_pass(op, at, stream);
      return;
    }
    if (writes_hbm(op.kind)) {
      stage_store(op, at, stream);
    }
    close_pass(stream);
    Step step;
    step.line = op.line;
    step.op = step.last_op = at;
    step.barrier = op.barrier;
    switch (op.kind) {
      case OpKind::load:
      case OpKind::gather: add_load(op, step); break;
      case OpKind::store:
      case OpKind::reduce_add:
        step.kind = StepKind::store;
        step.bytes = bytes_moved(op) / program_.ways;
        step.access = accesses_++;
        need(tiles_[op.a], 0, step);
        break;
      case OpKind::wait:
        step.kind = StepKind::wait;
        step.phase = op.inner;
        break;
      case OpKind::arrive: step.kind = StepKind::arrive; break;
      case OpKind::fork: step.kind = StepKind::fork; break;
      case OpKind::join: step.kind = StepKind::join; break;
      default: add_product(op, step);
    }
    stream.push_back(step);
  }

  static bool is_pass(OpKind kind) { return kind >= OpKind::fill && kind <= OpKind::mask && kind != OpKind::matmul; }

  void add_load(const Op& op, Step& step) {
    step.kind = StepKind::load;
    step.bytes = bytes_moved(op);
    step.access = accesses_++;
    TileInfo& tile = tiles_[op.dst];
    tile.smem = op.level == Level::smem;
    step.to_smem = tile.smem;
    tile.bytes = static_cast<std::int8_t>(size_of(op.dtype));
    tile.shape = op.shape;
    if (op.barrier == kNoBarrier) {
      step.token = tile.token = free_token();
    }
  }

  void add_product(const Op& op, Step& step) {
    step.product = true;
    step.latency = machine_.overheads.matmul_latency_cycles;
    UnitWork work = work_of(op, kernel_, machine_, options_.rules);
    int needs = 0;
    for (const TileId id : {op.a, op.b}) {
      step.latency += tiles_[id].smem && id == op.b ? machine_.overheads.smem_latency_cycles : 0;
      needs += need(tiles_[id], needs, step);
    }
    step.meets = needs > 0;
    note_result(op);
    put(work, step);
  }

  void note_result(const Op& op) {
    TileInfo& tile = tiles_[op.dst];
    tile.smem = op.level == Level::smem;
    tile.bytes = static_cast<std::int8_t>(size_of(op.dtype));
    tile.shape = op.shape;
    tile.partial = op.kind == OpKind::row_max || op.kind == OpKind::row_sum;
  }

  // ---- Passes ----

  void add_to_pass(const Op& op, std::uint32_t at, std::vector<Step>& stream) {
    const bool keeps_parts = op.shape.cols == 1 && (op.kind == OpKind::max || op.kind == OpKind::add ||
                                                    op.kind == OpKind::mul || op.kind == OpKind::scale);
    bool partial = false, waits = false;
    for (const TileId id : {op.a, op.b}) {
      if (id != 0) {
        partial = partial || tiles_[id].partial;
        waits = waits || tiles_[id].token != kNoToken;
      }
    }
    if (partial && !keeps_parts) {
      bring_together({op.a, op.b}, stream);
    }
    if (waits) {
      close_pass(stream);
    }
    UnitWork work = work_of(op, kernel_, machine_);
    Step copies;
    int needs = 0;
    for (const TileId id : {op.a, op.b}) {
      if (id != 0) {
        add_operand(op, tiles_[id], work);
        needs += need(tiles_[id], needs, copies);
      }
    }
    note_result(op);
    tiles_[op.dst].partial = tiles_[op.dst].partial || (partial && keeps_parts);
    if (needs > 0) {
      copies.line = op.line;
      copies.op = copies.last_op = at;
      stream.push_back(copies);
    }
    if (!options_.rules.passes) {
      close_pass(stream);
    }
    extend_pass(op, at, work);
    if (op.kind == OpKind::exp || op.kind == OpKind::exp_diff) {
      pass_.latency = std::max(pass_.latency, machine_.overheads.exp_latency_cycles);
    }
  }

  // An operand that lies in SMEM is read from there; one of 16 bits is unpacked, but for a maximum, which takes pairs.
  void add_operand(const Op& op, TileInfo& tile, UnitWork& work) {
    const double elements = static_cast<double>(tile.shape.elements());
    double& alu = work[static_cast<std::size_t>(Unit::alu)];
    if (tile.smem) {
      work[static_cast<std::size_t>(Unit::smem)] += elements * tile.bytes / machine_.rates.smem_bytes_per_clock;
    }
    if (tile.bytes == 2 && op.kind == OpKind::row_max) {
      alu /= 2;
    } else if (tile.bytes == 2) {
      alu += unpack_cycles(elements, machine_);
    }
  }

  // Somebody needs the rows' statistics: lanes shuffle, and all that comes before ends with that.
  void bring_together(std::array<TileId, 2> tiles, std::vector<Step>& stream) {
    for (const TileId id : tiles) {
      if (id != 0 && std::exchange(tiles_[id].partial, false)) {
        const UnitWork work = shuffle_work(tiles_[id].shape.rows, kernel_, machine_);
        for (std::size_t u = 0; u < work.size(); ++u) {
          pass_.work[u] += pass_.open ? work[u] : 0;
        }
        pass_.latency = std::max(pass_.latency, shuffle_latency(kernel_, machine_));
      }
    }
    close_pass(stream);
  }

  void extend_pass(const Op& op, std::uint32_t at, const UnitWork& work) {
    const auto slowest = std::max_element(work.begin(), work.end());
    if (*slowest == 0) {
      return;
    }
    if (!pass_.open) {
      pass_.open = true;
      pass_.first_op = at;
      pass_.line = op.line;
    }
    pass_.last_op = at;
    for (std::size_t u = 0; u < work.size(); ++u) {
      pass_.work[u] += work[u];
    }
    if (options_.op_shares && !moves_bytes(op.kind)) {
      program_.op_share.resize(std::max<std::size_t>(program_.op_share.size(), at + 1));
      program_.op_share[at] = {*slowest, static_cast<Unit>(slowest - work.begin())};
    }
  }

  // A pass takes no less than its instructions take to issue; the FP32 lanes are as wide as the schedulers.
  void close_pass(std::vector<Step>& stream) {
    if (pass_.open || pass_.latency > 0) {
      Step step;
      step.line = pass_.line;
      step.op = pass_.first_op;
      step.last_op = pass_.last_op;
      step.latency = pass_.latency;
      const double slots = mma_slots(pass_.work, machine_);
      double& fp32 = pass_.work[static_cast<std::size_t>(Unit::fp32)];
      const double issue = issue_cycles(pass_.work, machine_);
      fp32 = issue > *std::max_element(pass_.work.begin(), pass_.work.end()) ? issue : fp32;
      const double longest = *std::max_element(pass_.work.begin(), pass_.work.end());
      step.mma_slots = options_.rules.mma_slots && longest > 0 ? slots / longest : 0;
      put(pass_.work, step);
      stream.push_back(step);
    }
    pass_ = {};
  }

  void stage_store(const Op& op, std::uint32_t at, std::vector<Step>& stream) {
    TileInfo& tile = tiles_[op.a];
    if (tile.partial) {
      bring_together({op.a, 0}, stream);
    }
    extend_pass(op, at, store_work(op, tile.bytes == 4 && !tile.smem, kernel_, machine_));
  }

  void put(const UnitWork& work, Step& step) {
    for (int unit = 0; unit < kUnits; ++unit) {
      const double cycles = work[static_cast<std::size_t>(unit)] / program_.ways;
      if (cycles > 0) {
        SIM_CHECK(step.demands < kDemands);
        step.unit[step.demands] = static_cast<Unit>(unit);
        step.work[step.demands++] = cycles;
        program_.work[static_cast<std::size_t>(unit)] += cycles * program_.ways;
      }
    }
  }

  // ---- Copies ----

  int need(TileInfo& tile, int slot, Step& step) {
    if (tile.token == kNoToken) {
      return 0;
    }
    step.needs[static_cast<std::size_t>(slot)] = tile.token;
    end_of_copy(tile);
    return 1;
  }

  std::int16_t free_token() {
    const auto free = std::find(token_used_.begin(), token_used_.end(), false);
    const auto token = free - token_used_.begin();
    if (free == token_used_.end()) {
      token_used_.push_back(true);
    } else {
      *free = true;
    }
    return static_cast<std::int16_t>(token);
  }

  void end_of_copy(TileInfo& tile) {
    if (tile.token != kNoToken) {
      token_used_[static_cast<std::size_t>(tile.token)] = false;
      tile.token = kNoToken;
    }
  }

  std::vector<Segment> fold(const std::vector<Step>& stream, bool loops);

  const Trace& trace_;
  const Kernel& kernel_;
  const Machine& machine_;
  const CompileOptions& options_;
  TimingProgram program_;
  Pass pass_;                 // of the role whose op is being added
  std::vector<Pass> passes_;  // by role
  std::vector<TileInfo> tiles_;
  std::vector<bool> token_used_;
  std::uint32_t accesses_ = 0;
};

bool same_work(const Step& a, const Step& b) {
  return a.kind == b.kind && a.line == b.line && a.demands == b.demands && a.unit == b.unit && a.work == b.work &&
         a.latency == b.latency && a.mma_slots == b.mma_slots && a.needs == b.needs && a.token == b.token &&
         a.barrier == b.barrier && a.bytes == b.bytes && a.meets == b.meets && a.to_smem == b.to_smem;
}

struct Loop {
  std::size_t length = 0, count = 1;
};

constexpr std::size_t kLoopSteps = 256;  // longest body looked for
constexpr std::size_t kLoopRepeats = 4;  // fewest worth folding

// The loop that begins at step `begin`: the shortest body that repeats often enough.
Loop loop_at(const std::vector<Step>& stream, std::size_t begin) {
  const Step& head = stream[begin];
  for (std::size_t length = 1; length <= kLoopSteps && begin + length < stream.size(); ++length) {
    const Step& next = stream[begin + length];
    if (next.line != head.line || !same_work(head, next)) {
      continue;
    }
    std::size_t same = 0;
    while (begin + length + same < stream.size() && same_work(stream[begin + same], stream[begin + length + same])) {
      ++same;
    }
    if (same / length + 1 >= kLoopRepeats) {
      return {length, same / length + 1};
    }
  }
  return {};
}

std::vector<Segment> Compiler::fold(const std::vector<Step>& stream, bool loops) {
  std::vector<Segment> segments;
  std::vector<Step>& steps = program_.steps;
  bool open = false;  // does the last segment take single steps?
  for (std::size_t at = 0; at < stream.size();) {
    const Loop loop = loops && stream[at].kind == StepKind::load ? loop_at(stream, at) : Loop{};
    const std::size_t length = loop.count > 1 ? loop.length : 1;
    if (loop.count > 1 || !open) {
      segments.push_back({static_cast<std::uint32_t>(steps.size()), static_cast<std::uint32_t>(steps.size()),
                          static_cast<std::int32_t>(loop.count), 0});
    }
    for (std::size_t i = at; i < at + length; ++i) {
      segments.back().accesses += stream[i].kind == StepKind::load || stream[i].kind == StepKind::store;
      steps.push_back(stream[i]);
    }
    segments.back().end = static_cast<std::uint32_t>(steps.size());
    open = loop.count == 1;
    at += length * loop.count;
  }
  return segments;
}

}  // namespace

TimingProgram compile(const Trace& trace, const Kernel& kernel, const Machine& machine, const CompileOptions& options) {
  return Compiler(trace, kernel, machine, options).run();
}

}  // namespace sim
