#include "sim/executors/timing_program.h"

#include <algorithm>

#include "sim/base/error.h"
#include "sim/executors/io.h"

namespace sim {

std::string_view name_of(Unit unit) {
  static constexpr std::string_view kNames[kUnits] = {"tensor core", "fp32", "alu", "exp", "smem"};
  return kNames[static_cast<int>(unit)];
}

namespace {

// A column of statistics is held by the four lanes of a quad, each doing the same (m16n8 accumulator layout, PTX ISA).
constexpr double kLanesHoldingAColumn = 4;
// A row's maximum is spread over a quad: two shuffle steps bring it together. Row sums stay per lane until the end.
constexpr int kShufflesOfRowMax = 2;

// ldmatrix and mma.sync of the same warps hide behind each other but for this share of the shorter: the mean of
// gpu/microbench mma_feed, 2 blocks of 4 warps or 1 of 8, H200 (b and a_and_b, 16 and 32 rows a warp: 0.03 to 0.45).
constexpr double kFeedStall = 0.17;

double& at(UnitWork& work, Unit unit) { return work[static_cast<std::size_t>(unit)]; }

std::int64_t padded(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

// FLOPs that the instructions do, edges of their shapes included. All warps work on rows of their own.
double padded_flops(const Op& op, const Kernel& kernel) {
  const std::int64_t rows = op.shape.rows, cols = op.shape.cols;
  switch (kernel.matmul) {
    case MatmulUnit::mma_sync:
      return 2.0 * padded(rows, std::int64_t{16} * kernel.warps) * padded(cols, 8) * padded(op.inner, 16);
    case MatmulUnit::wgmma: return 2.0 * padded(rows, 64) * padded(cols, 8) * padded(op.inner, 16);
    case MatmulUnit::ffma: return 2.0 * rows * cols * op.inner;
  }
  return 0;
}

void add_matmul(const Op& op, const Kernel& kernel, const Machine& machine, UnitWork& work) {
  const Unit unit = kernel.matmul == MatmulUnit::ffma ? Unit::fp32 : Unit::tensor;
  const double smem = static_cast<double>(smem_operand_bytes(op, kernel)) / machine.rates.smem_bytes_per_clock;
  double tensor = padded_flops(op, kernel) / machine.matmul_flops_per_clock(kernel.matmul);
  if (kernel.matmul == MatmulUnit::mma_sync) {
    tensor += kFeedStall * std::min(tensor, smem);
  }
  at(work, unit) += tensor;
  at(work, Unit::smem) += smem;
}

}  // namespace

UnitWork work_of(const Op& op, const Kernel& kernel, const Machine& machine) {
  UnitWork work{};
  const Machine::Rates& rates = machine.rates;
  const double lanes =
      op.shape.cols == 1 && op.kind != OpKind::row_max && op.kind != OpKind::row_sum ? kLanesHoldingAColumn : 1;
  const double elements = lanes * static_cast<double>(op.shape.elements());
  switch (op.kind) {
    case OpKind::matmul: add_matmul(op, kernel, machine, work); break;
    case OpKind::scale:
    case OpKind::add:
    case OpKind::sub:
    case OpKind::mul: at(work, Unit::fp32) = elements / rates.fp32_lanes; break;
    case OpKind::row_sum: at(work, Unit::fp32) = elements * op.inner / rates.fp32_lanes; break;
    case OpKind::div:  // one reciprocal a row, one product an element
      at(work, Unit::fp32) = elements / rates.fp32_lanes;
      at(work, Unit::exp) = kLanesHoldingAColumn * op.shape.rows / rates.exp_per_clock;
      break;
    case OpKind::fill: at(work, Unit::alu) = op.level == Level::registers ? elements / rates.alu_lanes : 0; break;
    case OpKind::max: at(work, Unit::alu) = elements / rates.alu_lanes; break;
    case OpKind::row_max: at(work, Unit::alu) = elements * op.inner / rates.alu_lanes; break;
    case OpKind::mask: at(work, Unit::alu) = 2 * elements / rates.alu_lanes; break;     // compare, select
    case OpKind::convert: at(work, Unit::alu) = elements / 2 / rates.alu_lanes; break;  // two to a packed result
    case OpKind::exp:                                                                   // a product by log2 e, then 2^x
    case OpKind::exp_diff:  // one fused multiply-add, then 2^x
    case OpKind::log:
      at(work, Unit::fp32) = elements / rates.fp32_lanes;
      at(work, Unit::exp) = elements / rates.exp_per_clock;
      break;
    default: break;
  }
  return work;
}

namespace {

// Where nothing is multiplied a row belongs to a warp, whose lanes keep maxima of their own until the row's end.
double latency_of(const Op& op, bool multiplies, const Machine& machine) {
  if (op.kind == OpKind::matmul) {
    return machine.overheads.matmul_latency_cycles;
  }
  return op.kind == OpKind::row_max && multiplies ? kShufflesOfRowMax * machine.overheads.shuffle_cycles : 0;
}

class Compiler {
 public:
  Compiler(const Trace& trace, const Kernel& kernel, const Machine& machine, const CompileOptions& options)
      : trace_(trace), kernel_(kernel), machine_(machine), options_(options), tiles_(trace.tiles) {
    program_.barriers = trace.barriers;
    multiplies_ =
        std::any_of(trace.ops.begin(), trace.ops.end(), [](const Op& op) { return op.kind == OpKind::matmul; });
  }

  TimingProgram run() {
    std::vector<std::vector<Step>> streams(trace_.roles.size());
    for (std::uint32_t at = 0; at < trace_.ops.size(); ++at) {
      add(trace_.ops[at], at, streams[trace_.ops[at].role]);
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
    std::int64_t landed_bytes = 0;
    std::int16_t token = kNoToken;
    bool smem = false;
  };

  void add(const Op& op, std::uint32_t at, std::vector<Step>& stream) {
    if (op.kind == OpKind::release) {
      end_of_copy(tiles_[op.a]);
      return;
    }
    Step step;
    step.line = op.line;
    step.op = at;
    step.barrier = op.barrier;
    switch (op.kind) {
      case OpKind::load:
      case OpKind::gather: add_load(op, step); break;
      case OpKind::store:
      case OpKind::reduce_add:
        step.kind = StepKind::store;
        step.bytes = bytes_moved(op);
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
      default:
        if (!add_compute(op, step)) {
          return;
        }
    }
    if (!(options_.merge && merge(step, stream))) {
      stream.push_back(step);
    }
  }

  void add_load(const Op& op, Step& step) {
    step.kind = StepKind::load;
    step.bytes = bytes_moved(op);
    step.access = accesses_++;
    TileInfo& tile = tiles_[op.dst];
    tile.smem = op.level == Level::smem;
    tile.landed_bytes = tile.smem ? step.bytes : 0;
    if (op.barrier == kNoBarrier) {
      step.token = tile.token = free_token();
    }
  }

  // False if the op takes no time and waits for nothing.
  bool add_compute(const Op& op, Step& step) {
    UnitWork work = work_of(op, kernel_, machine_);
    step.latency = latency_of(op, multiplies_, machine_);
    int needs = 0;
    for (const TileId id : {op.a, op.b}) {
      if (id != 0) {
        // Writing the copy into SMEM is charged to its first reader; so is reading it, if that is no matmul.
        TileInfo& tile = tiles_[id];
        const bool reads = tile.smem && op.kind != OpKind::matmul;
        const double bytes = static_cast<double>(tile.landed_bytes) +
                             (reads ? static_cast<double>(op.shape.rows) * std::max(op.shape.cols, op.inner) * 2 : 0);
        work[static_cast<std::size_t>(Unit::smem)] += bytes / machine_.rates.smem_bytes_per_clock;
        tile.landed_bytes = 0;
        needs += need(tile, needs, step);
      }
    }
    if (op.dst != 0) {
      tiles_[op.dst].smem = op.level == Level::smem;
    }
    for (int unit = 0; unit < kUnits; ++unit) {
      const double cycles = work[static_cast<std::size_t>(unit)];
      if (cycles > 0) {
        SIM_CHECK(step.demands < step.unit.size());
        step.unit[step.demands] = static_cast<Unit>(unit);
        step.work[step.demands++] = cycles;
        program_.work[static_cast<std::size_t>(unit)] += cycles;
      }
    }
    return step.demands > 0 || step.latency > 0 || needs > 0;
  }

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

  // Work on the same single unit back to back is one piece of work: a fair share of a unit does not notice.
  static bool merge(const Step& step, std::vector<Step>& stream) {
    if (stream.empty() || step.kind != StepKind::compute || step.demands != 1 || step.needs[0] != kNoToken) {
      return false;
    }
    Step& last = stream.back();
    if (last.kind != StepKind::compute || last.demands != 1 || last.unit[0] != step.unit[0] || last.latency > 0) {
      return false;
    }
    last.work[0] += step.work[0];
    last.latency = step.latency;
    return true;
  }

  std::vector<Segment> fold(const std::vector<Step>& stream, bool loops);

  const Trace& trace_;
  const Kernel& kernel_;
  const Machine& machine_;
  const CompileOptions& options_;
  TimingProgram program_;
  bool multiplies_ = false;
  std::vector<TileInfo> tiles_;
  std::vector<bool> token_used_;
  std::uint32_t accesses_ = 0;
};

bool same_work(const Step& a, const Step& b) {
  return a.kind == b.kind && a.line == b.line && a.demands == b.demands && a.unit == b.unit && a.work == b.work &&
         a.latency == b.latency && a.needs == b.needs && a.token == b.token && a.barrier == b.barrier &&
         a.bytes == b.bytes;
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
