// The engine's inside: the shared memory system and one SM. Only timing.cpp and timing_sm.cpp include this.
#pragma once

#include <limits>

#include "sim/executors/timing.h"

namespace sim::timing {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// What all SMs share: two servers that take requests in the order of their issue, and DRAM's arrivals.
struct Memory {
  double l2_free = 0, hbm_free = 0;            ///< cycles from which each takes the next request
  double l2_cycles_per_byte = 0, hbm_read_cycles_per_byte = 0, hbm_write_cycles_per_byte = 0;
  double l2_latency = 0, hbm_latency = 0;      ///< cycles
  double written_back_share = 0;               ///< of the bytes stored, how many DRAM sees in this kernel
  double last_arrival = 0;
  double l2_busy = 0, hbm_busy = 0;            ///< cycles
  std::vector<double> arrival;                 ///< of each L2 entry; < 0: nobody has asked yet
  const std::vector<L2Entry>* entries = nullptr;

  /// Time at which the bytes of `entry` are in L2, asked for at `now`.
  double in_l2(std::uint32_t entry, double now);
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
  bool started = false;             ///< has begun the step that it will continue at `wake`
  std::int16_t role = 0;
  std::int16_t gang = 0;
  std::uint32_t segment = 0;
  std::int32_t repeat = 0;          ///< of the segment
  const Step* step = nullptr;
  double wake = 0;
  double begin = 0;                 ///< of the step, or of the wait
  double waited = 0;
  WaitReason reason = WaitReason::none;
  std::array<double, 3> left{};     ///< of the step's work
};

struct BarrierState {
  int arrivals = 1, pending = 0;
  double latest = 0;                 ///< arrival of the phase that is filling
  std::vector<double> phase_ends;    ///< of completed phases
};

struct Member {
  std::int64_t block = 0;
  const L2Group* group = nullptr;
  int slot = 0;
};

/// Blocks of one program that one SM started at the same moment. Every rule treats them alike, so they stay in step to
/// their end, and one actor a role stands for all of them.
struct Gang {
  std::vector<Member> members;       ///< empty: none
  const TimingProgram* program = nullptr;
  double weight = 0;                 ///< members
  int roles_left = 0;
  std::vector<double> landed;        ///< by token
  std::vector<bool> from_dram;       ///< by token
  std::vector<BarrierState> barriers;
};

struct Shared {
  const TimingInput* input = nullptr;
  Memory memory;
  KernelTiming* result = nullptr;
};

/// One SM: its resident blocks, their actors, its units.
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

 private:
  Gang& gang_of(const Actor& actor) { return gangs_[static_cast<std::size_t>(actor.gang)]; }
  const Gang& gang_of(const Actor& actor) const { return gangs_[static_cast<std::size_t>(actor.gang)]; }
  Actor& actor_of(int gang, int role) { return actors_[static_cast<std::size_t>(gang * roles_ + role)]; }
  const Segment* segment_of(const Actor& actor) const;

  // timing_sm.cpp: the units.
  double next_event() const;
  void serve_units(double cycles);
  void sleep(Actor& actor, double until, WaitReason reason);
  void enter(Actor& actor, std::uint32_t segment);
  void next_step(Actor& actor);
  void proceed(Actor& actor);
  bool begin_compute(Actor& actor);
  bool wait_for_copies(Actor& actor);
  void end_compute(Actor& actor);
  void report(const Actor& actor, const Step& step, double begin, double end, bool from_dram, Unit unit) const;

  // timing_shared.cpp: roles, and what needs the shared memory system.
  void fork(Actor& actor);
  void wait_for_phase(Actor& actor);
  void arrive(int gang, int barrier, double at);
  void issue_loads(double now);
  void issue_stores(double now);
  void end_role(Actor& actor, std::vector<int>& ended);
  std::uint32_t entry_of(const Actor& actor, const Member& member) const;

  Shared& shared_;
  const Machine& machine_;
  int number_, roles_;
  double now_ = 0;
  double load_port_free_ = 0, store_port_free_ = 0;
  std::array<double, kUnits> sharing_{};   ///< blocks that each unit serves now
  std::array<double, 2> read_rate_{};      ///< bytes a cycle that one SM gets: [0] from L2, [1] from DRAM
  std::vector<Actor> actors_;              ///< [gang * roles + role]
  std::vector<Gang> gangs_;
};

}  // namespace sim::timing
