// The engine's inside: the shared memory system and one SM. Only timing*.cpp include this.
#pragma once

#include <limits>
#include <optional>
#include <utility>

#include "sim/executors/timing.h"

namespace sim::timing {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// What all SMs share: two servers that take requests in the order of their issue, and DRAM's arrivals.
struct Memory {
  double l2_free = 0, hbm_free = 0;  ///< cycles from which each takes the next request
  double l2_read_cycles_per_byte = 0, l2_write_cycles_per_byte = 0;
  double hbm_read_cycles_per_byte = 0, hbm_write_cycles_per_byte = 0;
  double l2_latency = 0, hbm_latency = 0;  ///< cycles
  double written_back_share = 0;           ///< of the bytes stored, how many DRAM sees in this kernel
  double last_arrival = 0;
  std::vector<double> arrival;  ///< of each L2 entry; < 0: nobody has asked yet
  const std::vector<L2Entry>* entries = nullptr;

  /// Time at which the bytes of `entry` are in L2, asked for at `now`.
  double in_l2(std::uint32_t entry, double now);
  /// Moves everything that is still to come `cycles` on.
  void skip(double cycles);
};

enum class State : std::uint8_t {
  empty,    ///< no block
  timed,    ///< acts again at `wake`
  working,  ///< its step is being served
  moving,   ///< is about to load, store or end: needs the shared memory system or the block queue, in time order
  parked,   ///< until another role arrives or ends
};

struct Actor {
  State state = State::empty;
  bool started = false;   ///< has begun the step, or met the others, and will continue at `wake`
  std::int16_t role = 0;  ///< or, of a program of one role, which of its ways
  std::int16_t gang = 0;
  std::uint32_t segment = 0;
  std::int32_t repeat = 0;  ///< of the segment
  const Step* step = nullptr;
  double wake = 0;
  double begin = 0;  ///< of the step, or of the wait
  double waited = 0;
  WaitReason reason = WaitReason::none;
  std::array<double, kDemands> left{};  ///< of the step's work
};

struct BarrierState {
  int arrivals = 1, pending = 0;
  double latest = 0;               ///< arrival of the phase that is filling
  std::vector<double> phase_ends;  ///< of completed phases
};

struct Member {
  std::int64_t block = 0;
  const L2Group* group = nullptr;
  int slot = 0;
};

/// Where actor-cycles went.
struct Spent {
  std::array<double, kWaitReasons> waits{};
  UnitWork on{};
  void add(const Spent& other, double times);
};

/// What a gang's repeats of a loop have in common. Blocks that drift on one SM come to a rhythm of several repeats.
class Rhythm {
 public:
  /// A repeat begins at `now`; `spent` until now.
  void cross(double now, const Spent& spent);
  /// The loop is over: the next one may have the same rhythm.
  void end_loop();
  void skip(double cycles, int periods);

  /// Repeats that make a period; 0: no two periods, or three of several repeats, have been alike to a thousandth.
  int repeats() const { return repeats_; }
  double period() const { return period_; }
  Spent of_period() const;

 private:
  static constexpr int kMost = 8, kKept = 3 * kMost + 1;
  double at(int back) const { return at_[static_cast<std::size_t>((crossed_ - 1 - back) % kKept)]; }

  std::array<double, kKept> at_{};
  std::array<Spent, kKept> spent_{};
  int crossed_ = 0;
  int repeats_ = 0, known_repeats_ = 0;
  double period_ = 0, known_period_ = 0;  ///< cycles; of the last loop, if it was steady
};

/// A gang's life from start to end, for gangs to come.
struct Life {
  const TimingProgram* program = nullptr;
  double weight = 0, cycles = 0;
  int alike = 0;  ///< lives in a row of about the same length
  Spent spent;
};

/// Blocks of one program that one SM started at the same moment. Every rule treats them alike, so they stay in step to
/// their end, and one actor a role stands for all of them.
struct Gang {
  std::vector<Member> members;  ///< empty: none
  const TimingProgram* program = nullptr;
  double weight = 0;   ///< members
  double begin = 0;    ///< cycles
  int roles_left = 0;  ///< or ways
  int met = 0;         ///< ways that wait for the others
  bool alike = false;  ///< lives as the last did: only its end is simulated
  Spent spent;
  Rhythm rhythm;
  std::vector<double> landed;   ///< by token
  std::vector<bool> from_dram;  ///< by token
  std::vector<BarrierState> barriers;
};

/// A copy that will be written into SMEM: whoever reads operands through the port then waits that long.
struct Landing {
  double at = 0, cycles = 0;
};

struct Shared {
  const TimingInput* input = nullptr;
  Memory memory;
  KernelTiming* result = nullptr;
  /// Accesses [first, second) of each group that a steady state skipped: their bytes count as long in L2.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> skipped;
};

/// An SM all of whose gangs repeat their loops in one steady rhythm, or that needs nothing before `until`.
struct Steady {
  double period = 0;  ///< 0: no loop
  std::int32_t periods_left = 0;
  double until = kNever;
  double bytes = 0;  ///< that a period moves
};

/// One SM: its resident blocks, their actors, its units. An actor is a role of a block, or one of its ways: the warps
/// of a block that each scheduler has one of.
class Sm {
 public:
  Sm(Shared& shared, int number, int slots, int roles);

  /// Puts blocks of one program into free slots; their first op starts at `at`.
  void start(std::vector<Member> members, const TimingProgram& program, double at);

  /// Runs until an actor needs what SMs share; returns that time, or kNever if nothing is left to do.
  double advance();
  /// Serves those actors. Their copies, issued together, are served and land together. Blocks that end leave their
  /// slots in `ended`.
  void serve(std::vector<int>& ended);

  // timing_steady.cpp: skipping what repeats.
  bool idle() const;
  double last_life_cycles() const { return last_life_.cycles; }
  std::optional<Steady> steady() const;
  /// Moves every gang `periods` of its rhythm on, in `cycles`.
  void skip(std::int32_t periods, double cycles);
  /// Puts blocks into slots as start() does, and lets them end when the last such gangs ended, if those lived alike.
  bool start_alike(std::vector<Member>& members, const TimingProgram& program, double at);

 private:
  void note_repeat(Gang& gang);
  void note_end(Gang& gang);
  void mark_skipped(const Gang& gang, std::uint32_t first, std::uint32_t last);
  int place(std::vector<Member> members, const TimingProgram& program, double at);
  bool long_in_l2(const Member& member, std::uint32_t access) const;
  Gang& gang_of(const Actor& actor) { return gangs_[static_cast<std::size_t>(actor.gang)]; }
  const Gang& gang_of(const Actor& actor) const { return gangs_[static_cast<std::size_t>(actor.gang)]; }
  Actor& actor_of(int gang, int role) { return actors_[static_cast<std::size_t>(gang * roles_ + role)]; }
  const Segment* segment_of(const Actor& actor) const;

  // timing_units.cpp
  /// Whom a unit serves: the oldest block that wants it, all its ways alike.
  struct Served {
    std::array<const Actor*, kUnits> first{};  ///< of that block's ways
    std::array<int, kUnits> sharers{};         ///< with it
  };
  Served served() const;
  bool shares(const Actor& actor, const Actor& first) const;
  double share(const Actor& actor, Unit of, const Served& served) const;
  double tensor_rate(const Served& first) const;
  double rate_of(const Actor& actor, std::size_t k, const Served& served, double tensor) const;
  double next_event(const Served& served, double tensor) const;
  double advance_alone(Actor& actor);
  void serve_units(double cycles, const Served& served, double tensor);
  void land(const Served& served);
  void land_alone(Actor& actor, double& cycles);
  void sleep(Actor& actor, double until, WaitReason reason);
  void enter(Actor& actor, std::uint32_t segment);
  void next_step(Actor& actor);
  void proceed(Actor& actor);
  bool begin_compute(Actor& actor);
  bool wait_for_copies(Actor& actor);
  bool meet(Actor& actor);
  void end_compute(Actor& actor);
  void report(const Actor& actor, const Step& step, double begin, double end, bool from_dram, Unit unit) const {
    if (shared_.input->spans != nullptr) {
      report_span(actor, step, begin, end, from_dram, unit);
    }
  }
  void report_span(const Actor& actor, const Step& step, double begin, double end, bool from_dram, Unit unit) const;
  void report_pass(Span span, const Step& step, const std::vector<OpShare>& shares) const;

  // timing_shared.cpp: roles, and what needs the shared memory system.
  void fork(Actor& actor);
  void wait_for_phase(Actor& actor);
  void arrive(int gang, int barrier, double at);
  std::pair<double, double> moving_loads(double now);
  double issue_cycles(double bytes) const;
  void skip_loads();
  void issue_loads(double now);
  void issue_stores(double now);
  void end_role(Actor& actor, std::vector<int>& ended);
  std::uint32_t access_of(const Actor& actor) const;
  std::uint32_t entry_of(const Member& member, std::uint32_t access) const;

  Shared& shared_;
  const Machine& machine_;
  int number_, roles_;
  double now_ = 0;
  double load_port_free_ = 0, store_port_free_ = 0;
  std::array<double, 2> read_rate_{};  ///< bytes a cycle that one SM gets: [0] from L2, [1] from DRAM
  std::vector<Landing> landings_;      ///< to come
  std::vector<Actor> actors_;          ///< [gang * roles + role]
  std::vector<Gang> gangs_;
  int gangs_alive_ = 0;
  Life last_life_;
};

}  // namespace sim::timing
