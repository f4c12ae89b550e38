#include "sim/executors/timing_sm.h"

#include <algorithm>

#include "sim/base/error.h"

namespace sim::timing {

namespace {

constexpr double kDone = 1e-6;  // cycles of work that count as none
constexpr double kIssueLanes = 4 * 32;
constexpr double kIssueFull = 0.97;  // a measured rate of FP32 lanes is a little below its 128

WaitReason busy(Unit unit) {
  return static_cast<WaitReason>(static_cast<int>(WaitReason::tensor_busy) + static_cast<int>(unit));
}

}  // namespace

Sm::Sm(Shared& shared, int number, int slots, int roles)
    : shared_(shared),
      machine_(shared.input->machine),
      number_(number),
      roles_(roles),
      actors_(static_cast<std::size_t>(slots) * static_cast<std::size_t>(roles)),
      gangs_(static_cast<std::size_t>(slots)) {
  // Little's law: an SM never gets more than its bytes in flight a latency.
  const double in_flight = machine_.hbm.in_flight_bytes_per_sm;
  read_rate_[0] = std::min(machine_.l2.bytes_per_clock_per_sm, in_flight / shared.memory.l2_latency);
  read_rate_[1] = std::min(machine_.l2.bytes_per_clock_per_sm, in_flight / shared.memory.hbm_latency);
  for (int a = 0; a < slots * roles; ++a) {
    actors_[static_cast<std::size_t>(a)].gang = static_cast<std::int16_t>(a / roles);
    actors_[static_cast<std::size_t>(a)].role = static_cast<std::int16_t>(a % roles);
  }
}

int Sm::place(std::vector<Member> members, const TimingProgram& program, double at) {
  int number = 0;
  while (!gangs_[static_cast<std::size_t>(number)].members.empty()) {
    ++number;
  }
  Gang& gang = gangs_[static_cast<std::size_t>(number)];
  gang.members = std::move(members);
  ++gangs_alive_;
  gang.weight = static_cast<double>(gang.members.size());
  gang.program = &program;
  gang.begin = at;
  gang.alike = false;
  gang.spent = {};
  gang.rhythm.crossed = -1;
  return number;
}

void Sm::start(std::vector<Member> members, const TimingProgram& program, double at) {
  const int number = place(std::move(members), program, at);
  Gang& gang = gangs_[static_cast<std::size_t>(number)];
  gang.landed.assign(static_cast<std::size_t>(program.tokens), 0.0);
  gang.from_dram.assign(static_cast<std::size_t>(program.tokens), false);
  gang.barriers.clear();
  for (const BarrierInfo& info : program.barriers) {
    const auto phases = static_cast<std::size_t>(info.completed_phases);
    gang.barriers.push_back({info.arrivals, 0, 0, std::vector<double>(phases, 0.0)});
  }
  Actor& actor = actor_of(number, 0);
  enter(actor, 0);
  sleep(actor, at, WaitReason::latency);
}

// ---- Time ----

// Warps that run FP32 or ALU instructions take issue slots, and mma.sync gets those that they leave: 4 schedulers of a
// warp of 32 lanes a clock (gpu/microbench issue.mma_fma_apart, mma_max_apart). wgmma is issued once and runs by
// itself.
double Sm::tensor_rate() const {
  if (shared_.input->kernel.matmul != MatmulUnit::mma_sync) {
    return 1;
  }
  const Machine::Rates& rates = machine_.rates;
  const std::array<std::pair<Unit, double>, 3> issuers = {
      {{Unit::fp32, rates.fp32_lanes}, {Unit::alu, rates.alu_lanes}, {Unit::exp, rates.exp_per_clock}}};
  double taken = 0;
  for (const auto& [unit, lanes] : issuers) {
    taken += sharing_[static_cast<std::size_t>(unit)] > 0 ? lanes / kIssueLanes : 0;
  }
  return taken < kIssueFull ? 1 - taken : 0;
}

// Who each unit serves: the oldest that wants it.
std::array<const Actor*, kUnits> Sm::served() const {
  std::array<const Actor*, kUnits> first{};
  for (const Actor& actor : actors_) {
    if (actor.state != State::working) {
      continue;
    }
    for (std::size_t k = 0; k < actor.step->demands; ++k) {
      const Actor*& at = first[static_cast<std::size_t>(actor.step->unit[k])];
      if (actor.left[k] > 0 && (at == nullptr || gang_of(actor).begin < gang_of(*at).begin)) {
        at = &actor;
      }
    }
  }
  return first;
}

double Sm::next_event() const {
  double next = kNever;
  const double tensor = tensor_rate();
  const std::array<const Actor*, kUnits> first = served();
  for (const Actor& actor : actors_) {
    if (actor.state == State::timed) {
      next = std::min(next, actor.wake);
    } else if (actor.state == State::working) {
      // The step ends with its slowest demand; each that ends frees the unit, or issue slots, for others.
      double last = 0;
      for (int k = 0; k < actor.step->demands; ++k) {
        const auto i = static_cast<std::size_t>(k);
        if (actor.left[i] == 0) {
          continue;
        }
        const Unit unit = actor.step->unit[i];
        const double rate = &actor != first[static_cast<std::size_t>(unit)] ? 0 : unit == Unit::tensor ? tensor : 1;
        const double cycles = rate > 0 ? actor.left[i] * gang_of(actor).weight / rate : kNever;
        next = std::min(next, now_ + cycles);
        last = std::max(last, cycles);
      }
      next = std::min(next, now_ + last);
    }
  }
  return next;
}

// Each unit serves all blocks that want it at equal shares.
void Sm::serve_units(double cycles) {
  const std::array<const Actor*, kUnits> first = served();
  const double tensor = tensor_rate();
  for (Actor& actor : actors_) {
    if (actor.state != State::working) {
      continue;
    }
    for (std::size_t k = 0; k < actor.step->demands; ++k) {
      const auto unit = static_cast<std::size_t>(actor.step->unit[k]);
      if (actor.left[k] > 0 && &actor == first[unit]) {
        actor.left[k] -= cycles * (actor.step->unit[k] == Unit::tensor ? tensor : 1) / gang_of(actor).weight;
        if (actor.left[k] <= kDone) {
          actor.left[k] = 0;
          sharing_[unit] -= gang_of(actor).weight;
        }
      }
    }
  }
}

// With one actor there is nobody to share with: each step takes what its slowest demand takes its gang.
double Sm::advance_alone(Actor& actor) {
  for (;;) {
    ++shared_.result->events;
    if (actor.state == State::working) {
      double cycles = 0;
      for (std::size_t k = 0; k < actor.step->demands; ++k) {
        double& sharing = sharing_[static_cast<std::size_t>(actor.step->unit[k])];
        cycles = std::max(cycles, actor.left[k] * sharing);
        sharing -= gang_of(actor).weight;
      }
      now_ += cycles;
      end_compute(actor);
    } else if (actor.state == State::timed) {
      now_ = std::max(now_, actor.wake);
      proceed(actor);
    } else {
      return actor.state == State::moving ? now_ : kNever;
    }
  }
}

double Sm::advance() {
  if (actors_.size() == 1 || (roles_ == 1 && gangs_alive_ == 1 && actors_[0].state != State::empty)) {
    return advance_alone(actors_[0]);
  }
  for (;;) {
    const double next = next_event();
    if (next == kNever) {
      return kNever;
    }
    if (next > now_) {
      serve_units(next - now_);
      now_ = next;
    }
    ++shared_.result->events;
    bool moving = false;
    for (Actor& actor : actors_) {
      if (actor.state == State::working && actor.left[0] + actor.left[1] + actor.left[2] == 0) {
        end_compute(actor);
      } else if (actor.state == State::timed && actor.wake <= now_) {
        proceed(actor);
      }
      moving = moving || actor.state == State::moving;
    }
    if (moving) {
      return now_;
    }
  }
}

void Sm::sleep(Actor& actor, double until, WaitReason reason) {
  actor.state = State::timed;
  actor.wake = until;
  actor.begin = now_;
  actor.reason = reason;
}

// ---- Steps ----

const Segment* Sm::segment_of(const Actor& actor) const {
  const std::vector<Segment>& segments = gang_of(actor).program->roles[static_cast<std::size_t>(actor.role)];
  return actor.segment < segments.size() ? &segments[actor.segment] : nullptr;
}

void Sm::enter(Actor& actor, std::uint32_t segment) {
  actor.segment = segment;
  actor.repeat = 0;
  actor.started = false;
  gang_of(actor).rhythm.crossed = -1;
  const Segment* now = segment_of(actor);
  actor.step = now != nullptr ? &gang_of(actor).program->steps[now->begin] : nullptr;
}

void Sm::next_step(Actor& actor) {
  actor.started = false;
  const Segment& segment = *segment_of(actor);
  const Step* steps = gang_of(actor).program->steps.data();
  if (++actor.step == steps + segment.end) {
    if (++actor.repeat < segment.count) {
      actor.step = steps + segment.begin;
      if (shared_.input->memoise) {
        note_repeat(gang_of(actor));
      }
    } else {
      enter(actor, actor.segment + 1);
    }
  }
}

// Takes the actor through steps that need no time, up to one that does.
void Sm::proceed(Actor& actor) {
  if (actor.state == State::timed) {
    actor.waited = now_ - actor.begin;
    Gang& gang = gang_of(actor);
    gang.spent.waits[static_cast<std::size_t>(actor.reason)] += actor.waited * gang.weight;
  }
  for (;;) {
    if (actor.step == nullptr) {
      actor.state = State::moving;
      return;
    }
    switch (actor.step->kind) {
      case StepKind::compute:
        if (begin_compute(actor)) {
          return;
        }
        break;
      case StepKind::load: actor.state = State::moving; return;
      case StepKind::store:
        if (!wait_for_copies(actor)) {
          actor.state = State::moving;
        }
        return;
      case StepKind::wait: wait_for_phase(actor); return;
      case StepKind::arrive: {
        const int barrier = actor.step->barrier;
        next_step(actor);
        arrive(actor.gang, barrier, now_);
        break;
      }
      case StepKind::fork: fork(actor); return;
      case StepKind::join: next_step(actor); break;
    }
  }
}

// Sleeps until the copies that the step needs have landed; false if they have.
bool Sm::wait_for_copies(Actor& actor) {
  const Gang& gang = gang_of(actor);
  for (const std::int16_t token : actor.step->needs) {
    if (token != kNoToken && gang.landed[static_cast<std::size_t>(token)] > now_) {
      const bool dram = gang.from_dram[static_cast<std::size_t>(token)];
      sleep(actor, gang.landed[static_cast<std::size_t>(token)], dram ? WaitReason::hbm : WaitReason::l2);
      return true;
    }
  }
  return false;
}

// False if the step is over at once; true if the actor works or waits.
bool Sm::begin_compute(Actor& actor) {
  if (wait_for_copies(actor)) {
    return true;
  }
  const Step& step = *actor.step;
  actor.begin = now_;
  if (step.demands == 0) {
    if (step.latency > 0 && !actor.started) {
      actor.started = true;
      sleep(actor, now_ + step.latency, WaitReason::latency);
      return true;
    }
    next_step(actor);
    return false;
  }
  actor.state = State::working;
  actor.left = step.work;
  for (std::size_t k = 0; k < step.demands; ++k) {
    sharing_[static_cast<std::size_t>(step.unit[k])] += gang_of(actor).weight;
  }
  return true;
}

void Sm::end_compute(Actor& actor) {
  const Step& step = *actor.step;
  std::size_t slowest = 0;
  for (std::size_t k = 1; k < step.demands; ++k) {
    slowest = step.work[k] > step.work[slowest] ? k : slowest;
  }
  Gang& gang = gang_of(actor);
  const double cycles = now_ - actor.begin, alone = step.work[slowest];
  gang.spent.waits[0] += gang.weight * alone;
  gang.spent.waits[static_cast<std::size_t>(busy(step.unit[slowest]))] += gang.weight * (cycles - alone);
  gang.spent.on[static_cast<std::size_t>(step.unit[slowest])] += gang.weight * cycles;
  report(actor, step, actor.begin, now_, false, step.unit[slowest]);
  actor.waited = 0;
  next_step(actor);
  if (step.latency > 0) {
    sleep(actor, now_ + step.latency, WaitReason::latency);
  } else {
    actor.state = State::parked;  // until proceed says otherwise
    proceed(actor);
  }
}

void Sm::report_span(const Actor& actor, const Step& step, double begin, double end, bool from_dram, Unit unit) const {
  for (const Member& member : gang_of(actor).members) {
    (*shared_.input->spans)({number_, member.slot, actor.role, member.block, step.op, step.kind, from_dram, unit, begin,
                             end, actor.waited, actor.reason});
  }
}

}  // namespace sim::timing
