#include <algorithm>

#include "sim/executors/timing_sm.h"

namespace sim::timing {

double Memory::in_l2(std::uint32_t entry, double now) {
  double& at = arrival[entry];
  if (at < 0) {
    const L2Entry& e = (*entries)[entry];
    at = e.waits_for != 0 ? std::max(arrival[e.waits_for], 0.0) : 0.0;
    if (e.miss_bytes > 0) {
      const double cycles = static_cast<double>(e.miss_bytes) * hbm_read_cycles_per_byte;
      hbm_free = std::max(hbm_free, now) + cycles;
      at = std::max(at, hbm_free + hbm_latency - l2_latency);
    }
  }
  return at;
}

// ---- Roles ----

void Sm::fork(Actor& actor) {
  Gang& gang = gang_of(actor);
  next_step(actor);
  actor.state = State::parked;
  gang.roles_left = static_cast<int>(gang.program->roles.size()) - 1;
  for (int role = 1; role <= gang.roles_left; ++role) {
    Actor& other = actor_of(actor.gang, role);
    enter(other, 0);
    sleep(other, now_, WaitReason::none);
  }
}

void Sm::wait_for_phase(Actor& actor) {
  Gang& gang = gang_of(actor);
  const BarrierState& barrier = gang.barriers[static_cast<std::size_t>(actor.step->barrier)];
  const auto phase = static_cast<std::size_t>(actor.step->phase);
  if (barrier.phase_ends.size() < phase) {
    actor.state = State::parked;
    actor.begin = now_;
    return;
  }
  const double until = std::max(now_, barrier.phase_ends[phase - 1]) + machine_.overheads.barrier_cycles;
  next_step(actor);
  sleep(actor, until, WaitReason::barrier);
}

void Sm::arrive(int gang, int barrier, double at) {
  BarrierState& state = gangs_[static_cast<std::size_t>(gang)].barriers[static_cast<std::size_t>(barrier)];
  state.latest = std::max(state.latest, at);
  if (++state.pending < state.arrivals) {
    return;
  }
  state.phase_ends.push_back(state.latest);
  state.pending = 0;
  state.latest = 0;
  for (int role = 0; role < roles_; ++role) {
    Actor& waiter = actor_of(gang, role);
    if (waiter.state == State::parked && waiter.step != nullptr && waiter.step->kind == StepKind::wait &&
        waiter.step->barrier == barrier) {
      const double since = waiter.begin;
      wait_for_phase(waiter);
      waiter.begin = since;
    }
  }
}

// ---- What needs the shared memory system ----

std::uint32_t Sm::access_of(const Actor& actor) const {
  return actor.step->access + static_cast<std::uint32_t>(actor.repeat) * segment_of(actor)->accesses;
}

std::uint32_t Sm::entry_of(const Member& member, std::uint32_t access) const {
  const L2Group& group = *member.group;
  const std::uint32_t first = shared_.input->l2.entry_of[group.first_entry_index + access];
  const bool same = group.accesses->accesses[access].same_for_all;
  return same ? first : first + static_cast<std::uint32_t>(member.block - group.first_block);
}

namespace {

bool is_moving(const Actor& actor, StepKind kind) {
  return actor.state == State::moving && actor.step != nullptr && actor.step->kind == kind;
}

}  // namespace

// Puts the loads of this moment together: their bytes, and when the last of them is in L2.
std::pair<double, double> Sm::moving_loads(double now) {
  double bytes = 0, in_l2 = 0;
  for (const Actor& actor : actors_) {
    if (is_moving(actor, StepKind::load)) {
      bytes += gang_of(actor).weight * static_cast<double>(actor.step->bytes);
      const std::uint32_t access = access_of(actor);
      for (const Member& member : gang_of(actor).members) {
        if (!long_in_l2(member, access)) {
          in_l2 = std::max(in_l2, shared_.memory.in_l2(entry_of(member, access), now));
        }
      }
    }
  }
  return {bytes, in_l2};
}

// More warps issue no faster: the load/store unit takes them one by one (gpu/microbench copy_step.issue).
double Sm::issue_cycles(double bytes) const {
  constexpr double kTileBytes = 16384;
  return machine_.overheads.copy_setup_cycles + machine_.overheads.copy_issue_cycles * bytes / kTileBytes;
}

// A copy is issued by all of a block's warps; its first way stands for them, and the others spend the time.
void Sm::skip_loads() {
  for (Actor& actor : actors_) {
    if (is_moving(actor, StepKind::load) && actor.role > 0 && gang_of(actor).program->ways > 1) {
      const double issue = issue_cycles(static_cast<double>(actor.step->bytes));
      next_step(actor);
      sleep(actor, now_ + issue, WaitReason::latency);
    }
  }
}

void Sm::issue_loads(double now) {
  const auto [bytes, in_l2] = moving_loads(now);
  if (bytes == 0) {
    return;
  }
  Memory& memory = shared_.memory;
  const bool from_dram = in_l2 > now;
  load_port_free_ = std::max(load_port_free_, now) + bytes / read_rate_[from_dram ? 1 : 0];
  memory.l2_free = std::max(memory.l2_free, now) + bytes * memory.l2_read_cycles_per_byte;
  const double landed = std::max({load_port_free_, memory.l2_free, in_l2}) + memory.l2_latency;
  memory.last_arrival = std::max(memory.last_arrival, landed);

  // They land together.
  for (Actor& actor : actors_) {
    if (is_moving(actor, StepKind::load)) {
      Gang& gang = gang_of(actor);
      const Step& step = *actor.step;
      report(actor, step, now, landed, from_dram, Unit::tensor);
      if (step.to_smem && shared_.input->rules.landings) {
        landings_.push_back(
            {landed, gang.weight * static_cast<double>(step.bytes) / machine_.rates.smem_bytes_per_clock});
      }
      if (step.token != kNoToken) {
        gang.landed[static_cast<std::size_t>(step.token)] = landed;
        gang.from_dram[static_cast<std::size_t>(step.token)] = from_dram;
      }
      next_step(actor);
      sleep(actor, now + issue_cycles(static_cast<double>(step.bytes)), WaitReason::latency);
      if (step.barrier != kNoBarrier) {
        arrive(actor.gang, step.barrier, landed);
      }
    }
  }
}

void Sm::issue_stores(double now) {
  double bytes = 0, issue = 0;
  for (const Actor& actor : actors_) {
    if (is_moving(actor, StepKind::store)) {
      bytes += gang_of(actor).weight * static_cast<double>(actor.step->bytes);
      issue = std::max(issue, issue_cycles(static_cast<double>(actor.step->bytes)));
    }
  }
  if (bytes == 0) {
    return;
  }
  Memory& memory = shared_.memory;
  store_port_free_ = std::max(store_port_free_, now) + bytes / machine_.l2_write_bytes_per_clock_per_sm();
  memory.l2_free = std::max(memory.l2_free, now) + bytes * memory.l2_write_cycles_per_byte;
  const double hbm = bytes * memory.written_back_share * memory.hbm_write_cycles_per_byte;
  memory.hbm_free = std::max(memory.hbm_free, now) + hbm;
  const double landed = std::max({store_port_free_, memory.l2_free, hbm > 0 ? memory.hbm_free : 0});
  memory.last_arrival = std::max(memory.last_arrival, landed);

  // They leave the registers through the port before their blocks go on.
  const double gone = std::max(now + issue, store_port_free_);
  for (Actor& actor : actors_) {
    if (is_moving(actor, StepKind::store)) {
      report(actor, *actor.step, now, landed, hbm > 0, Unit::tensor);
      next_step(actor);
      sleep(actor, gone, WaitReason::l2);
    }
  }
}

void Sm::end_role(Actor& actor, std::vector<int>& ended) {
  Gang& gang = gang_of(actor);
  actor.state = State::empty;
  const bool last = gang.program->ways > 1 ? --gang.roles_left == 0 : actor.role == 0;
  if (last) {
    note_end(gang);
    for (const Member& member : gang.members) {
      ended.push_back(member.slot);
    }
    gang.members.clear();
    --gangs_alive_;
    for (Gang& other : gangs_) {
      other.rhythm = {};  // they are fewer now
    }
  } else if (gang.program->ways == 1 && --gang.roles_left == 0) {
    Actor& block = actor_of(actor.gang, 0);
    sleep(block, now_, WaitReason::none);
  }
}

void Sm::serve(std::vector<int>& ended) {
  skip_loads();
  issue_loads(now_);
  issue_stores(now_);
  for (Actor& actor : actors_) {
    if (actor.state == State::moving && actor.step == nullptr) {
      end_role(actor, ended);
    }
  }
}

}  // namespace sim::timing
