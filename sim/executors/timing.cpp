#include "sim/executors/timing.h"

#include <algorithm>
#include <map>

#include "sim/base/error.h"
#include "sim/executors/timing_sm.h"

namespace sim {

std::string_view name_of(WaitReason reason) {
  static constexpr std::string_view kNames[kWaitReasons] = {
      "at work",   "waiting for HBM", "waiting for L2", "barrier",   "tensor core busy",
      "fp32 busy", "alu busy",        "exp busy",       "smem busy", "latency"};
  return kNames[static_cast<int>(reason)];
}

namespace timing {
namespace {

/// The SMs in order of the time at which each next needs what they share: a winner tree; ties go to the lower number.
class Queue {
 public:
  explicit Queue(std::size_t count) {
    while (leaves_ < count) {
      leaves_ *= 2;
    }
    times_.assign(leaves_, kNever);
    winner_.assign(2 * leaves_, 0);
    for (std::size_t i = 0; i < leaves_; ++i) {
      winner_[leaves_ + i] = static_cast<std::uint32_t>(i);
    }
    for (std::size_t node = leaves_ - 1; node > 0; --node) {
      winner_[node] = winner_[2 * node];
    }
  }
  void set(std::size_t sm, double time) {
    times_[sm] = time;
    for (std::size_t node = (leaves_ + sm) / 2; node > 0; node /= 2) {
      const std::uint32_t a = winner_[2 * node], b = winner_[2 * node + 1];
      winner_[node] = times_[b] < times_[a] ? b : a;
    }
  }
  std::size_t first() const { return winner_[1]; }
  double time() const { return times_[first()]; }
  double time_of(std::size_t sm) const { return times_[sm]; }

 private:
  std::size_t leaves_ = 1;
  std::vector<double> times_;
  std::vector<std::uint32_t> winner_;
};

/// The programs of a kernel's blocks, compiled once for each kind of work.
class Programs {
 public:
  explicit Programs(const TimingInput& input) : by_index_(static_cast<std::size_t>(input.kernel.blocks)) {
    std::map<std::int32_t, std::size_t> number;
    Trace trace;
    for (std::int32_t index = 0; index < input.kernel.blocks; ++index) {
      const std::int32_t like = input.kernel.representative(index);
      const auto [at, is_new] = number.try_emplace(like, programs_.size());
      if (is_new) {
        record_block(input.kernel, like, trace);
        TimingProgram program = compile(trace, input.kernel, input.machine, {input.spans != nullptr, input.rules});
        const auto same = std::find(programs_.begin(), programs_.end(), program);
        at->second = static_cast<std::size_t>(same - programs_.begin());
        if (same == programs_.end()) {
          roles_ = std::max({roles_, static_cast<int>(program.roles.size()), program.ways});
          programs_.push_back(std::move(program));
        }
      }
      by_index_[static_cast<std::size_t>(index)] = static_cast<std::uint32_t>(at->second);
    }
  }
  const TimingProgram& of(std::int32_t index) const { return programs_[by_index_[static_cast<std::size_t>(index)]]; }
  int roles() const { return roles_; }

  /// Do blocks of this program drift out of step? Those that multiply do: the oldest is served first, and while it is
  /// at its softmax the next one multiplies. Blocks that only stream are limited by memory and stay together.
  static bool drifts(const TimingProgram& program) { return program.work[static_cast<std::size_t>(Unit::tensor)] > 0; }

 private:
  std::vector<TimingProgram> programs_;
  std::vector<std::uint32_t> by_index_;
  int roles_ = 1;
};

class Engine {
 public:
  explicit Engine(const TimingInput& input) : input_(input), programs_(input), queue_(sm_count()) {
    set_memory();
    shared_.input = &input;
    shared_.result = &result_;
    shared_.skipped.resize(input.l2.groups.size());
    for (std::size_t sm = 0; sm < sm_count(); ++sm) {
      sms_.emplace_back(shared_, static_cast<int>(sm), input.blocks_per_sm, programs_.roles());
    }
  }

  KernelTiming run() {
    // Blocks go to the SMs one by one, round by round, until every slot has one.
    std::vector<std::vector<Member>> dealt(sms_.size());
    for (int slot = 0; slot < input_.blocks_per_sm; ++slot) {
      for (std::vector<Member>& members : dealt) {
        deal_next(slot, members);
      }
    }
    for (std::size_t sm = 0; sm < sms_.size(); ++sm) {
      start(sms_[sm], dealt[sm], 0);
    }
    for (std::size_t sm = 0; sm < sms_.size(); ++sm) {
      queue_.set(sm, sms_[sm].advance());
    }

    // Serve requests in the order of their issue; a block that ends makes room for the next.
    std::vector<int> ended;
    for (std::size_t served = 0; queue_.time() != kNever; ++served) {
      if (input_.memoise && served % sm_count() == 0) {
        skip_if_steady();
      }
      const std::size_t sm = queue_.first();
      const double now = queue_.time();
      end_ = std::max(end_, now);
      ended.clear();
      sms_[sm].serve(ended);
      std::vector<Member>& members = dealt[sm];
      members.clear();
      for (const int slot : ended) {
        deal_next(slot, members);
      }
      start(sms_[sm], members, now);
      queue_.set(sm, sms_[sm].advance());
    }
    return finish();
  }

 private:
  std::size_t sm_count() const { return static_cast<std::size_t>(input_.machine.chip.sm_count); }

  void set_memory() {
    const Machine& machine = input_.machine;
    const L2Kernel& l2 = input_.l2;
    Memory& memory = shared_.memory;
    memory.l2_read_cycles_per_byte = 1 / machine.l2.bytes_per_clock;
    memory.l2_write_cycles_per_byte = 1 / machine.l2_write_bytes_per_clock();
    memory.hbm_read_cycles_per_byte = 1 / machine.hbm_read_bytes_per_clock();
    memory.hbm_write_cycles_per_byte = 1 / machine.hbm_write_bytes_per_clock();
    const double turning = turnaround();
    memory.hbm_read_cycles_per_byte *= turning;
    memory.hbm_write_cycles_per_byte *= turning;
    memory.l2_latency = machine.l2.latency_cycles;
    memory.hbm_latency = std::max(machine.hbm.latency_ns * machine.cycles_per_us() / 1e3, memory.l2_latency);
    memory.entries = &l2.entries;
    memory.arrival.assign(l2.entries.size(), -1);
    memory.arrival[0] = 0;
    if (l2.write_bytes > 0) {
      memory.written_back_share = static_cast<double>(l2.dram_write_bytes) / static_cast<double>(l2.write_bytes);
    }
  }

  // How much longer DRAM is busy because it turns round between reads and writes: a copy loses by that, against reading
  // and writing apart, in proportion to the bytes that go both ways.
  double turnaround() const {
    const Machine::Hbm& hbm = input_.machine.hbm;
    const double read = static_cast<double>(input_.l2.dram_read_bytes);
    const double written = static_cast<double>(input_.l2.dram_write_bytes);
    const double apart = read / hbm.read_gb_per_s + written / hbm.write_gb_per_s;
    if (hbm.copy_gb_per_s == 0 || apart == 0) {
      return 1;
    }
    const double lost = 2 / hbm.copy_gb_per_s - 1 / hbm.read_gb_per_s - 1 / hbm.write_gb_per_s;
    return 1 + std::max(0.0, lost) * std::min(read, written) / apart;
  }

  // The next block of the grid, if there is one, goes to `slot`.
  void deal_next(int slot, std::vector<Member>& members) {
    if (next_block_ < input_.kernel.total_blocks()) {
      while (next_block_ >= input_.l2.groups[group_].first_block + input_.l2.groups[group_].count) {
        ++group_;
      }
      members.push_back({next_block_++, &input_.l2.groups[group_], slot});
    }
  }

  // Starts blocks dealt to one SM at the same moment: those of one program as one gang.
  void start(Sm& sm, std::vector<Member>& members, double now) {
    const double begin = now + input_.machine.overheads.block_start_cycles;
    while (!members.empty()) {
      const TimingProgram& program = program_of(members.front());
      const auto others = std::stable_partition(members.begin(), members.end(),
                                                [&](const Member& member) { return &program_of(member) == &program; });
      std::vector<Member> gang(members.begin(), others);
      members.erase(members.begin(), others);
      for (std::size_t u = 0; u < result_.work.size(); ++u) {
        result_.work[u] += program.work[u] * static_cast<double>(gang.size());
      }
      result_.last_block_begin = std::max(result_.last_block_begin, begin);
      if (!Programs::drifts(program) || gang.size() == 1) {
        start_gang(sm, gang, program, begin);
        continue;
      }
      for (const Member& member : gang) {
        std::vector<Member> one = {member};
        start_gang(sm, one, program, begin);
      }
    }
  }

  // A life is like the last one only where no other block's life lies across it.
  void start_gang(Sm& sm, std::vector<Member>& gang, const TimingProgram& program, double begin) {
    const bool alone = !Programs::drifts(program) || input_.blocks_per_sm == 1;
    if (!(input_.memoise && alone && may_live_alike(sm) && sm.start_alike(gang, program, begin))) {
      sm.start(std::move(gang), program, begin);
    }
  }

  // Where the shared servers decide how long things take, nothing goes by a rhythm of its own: no skipping there.
  // `l2_load` is the share of its time that L2 is busy; DRAM's is as much larger or smaller as in the whole kernel.
  bool shared_servers_are_free(double l2_load) const {
    constexpr double kLittleShared = 0.6;
    return l2_load * std::max(1.0, hbm_cycles() / std::max(l2_cycles(), 1.0)) < kLittleShared;
  }

  // The last wave shares the machine among fewer, so it is always simulated.
  bool may_live_alike(const Sm& sm) const {
    const double wave = static_cast<double>(slots()) / static_cast<double>(input_.kernel.total_blocks());
    return next_block_ + slots() <= input_.kernel.total_blocks() && sm.last_life_cycles() > 0 &&
           shared_servers_are_free(l2_cycles() * wave / sm.last_life_cycles());
  }

  double l2_cycles() const {
    return static_cast<double>(input_.l2.read_bytes) * shared_.memory.l2_read_cycles_per_byte +
           static_cast<double>(input_.l2.write_bytes) * shared_.memory.l2_write_cycles_per_byte;
  }

  double hbm_cycles() const {
    return static_cast<double>(input_.l2.dram_read_bytes) * shared_.memory.hbm_read_cycles_per_byte +
           static_cast<double>(input_.l2.dram_write_bytes) * shared_.memory.hbm_write_cycles_per_byte;
  }

  std::int64_t slots() const { return std::int64_t{input_.blocks_per_sm} * input_.machine.chip.sm_count; }

  // If every SM repeats its loops in a steady rhythm, all move on by as many periods as the first to finish has left.
  void skip_if_steady() {
    std::vector<Steady> rhythm(sms_.size());
    double cycles = kNever, until = kNever, l2_load = 0;
    for (std::size_t sm = 0; sm < sms_.size(); ++sm) {
      const std::optional<Steady> steady = sms_[sm].steady();
      if (!steady || (steady->period > 0 && steady->periods_left < 1)) {
        return;
      }
      rhythm[sm] = *steady;
      until = std::min(until, steady->until);
      if (steady->period > 0) {
        cycles = std::min(cycles, steady->period * steady->periods_left);
        l2_load += steady->bytes / steady->period * shared_.memory.l2_read_cycles_per_byte;
      }
    }
    if (cycles == kNever || !shared_servers_are_free(l2_load)) {
      return;
    }
    cycles = std::min(cycles, until - queue_.time());
    double least = kNever;
    for (std::size_t sm = 0; sm < sms_.size(); ++sm) {
      const auto periods = static_cast<std::int32_t>(rhythm[sm].period > 0 ? cycles / rhythm[sm].period : 0);
      if (periods > 0) {
        const double by = periods * rhythm[sm].period;
        sms_[sm].skip(periods, by);
        queue_.set(sm, queue_.time_of(sm) + by);
        least = std::min(least, by);
      }
    }
    if (least != kNever) {
      shared_.memory.skip(least);
      result_.memoised_cycles += least;
    }
  }

  const TimingProgram& program_of(const Member& member) const {
    return programs_.of(static_cast<std::int32_t>(member.block % input_.kernel.blocks));
  }

  KernelTiming finish() {
    SIM_CHECK(next_block_ == input_.kernel.total_blocks());
    result_.cycles = std::max(end_, shared_.memory.last_arrival);
    result_.l2_cycles = l2_cycles();
    result_.hbm_cycles = hbm_cycles();
    return result_;
  }

  const TimingInput& input_;
  Programs programs_;
  KernelTiming result_;
  Shared shared_;
  std::vector<Sm> sms_;
  Queue queue_;
  std::int64_t next_block_ = 0;
  std::size_t group_ = 0;
  double end_ = 0;
};

}  // namespace
}  // namespace timing

KernelTiming time_kernel(const TimingInput& input) { return timing::Engine(input).run(); }

}  // namespace sim
