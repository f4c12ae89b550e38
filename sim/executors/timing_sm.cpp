#include "sim/executors/timing_sm.h"

#include <algorithm>

#include "sim/base/error.h"

namespace sim::timing {

namespace {

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
  gang.rhythm = {};
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
  gang.roles_left = program.ways;
  gang.met = 0;
  for (int way = 0; way < program.ways; ++way) {
    Actor& actor = actor_of(number, way);
    enter(actor, 0);
    sleep(actor, at, WaitReason::latency);
  }
}

// With one actor there is nobody to share with: each step takes what its slowest demand takes its gang.
double Sm::advance_alone(Actor& actor) {
  for (;;) {
    ++shared_.result->events;
    if (actor.state == State::working) {
      double cycles = *std::max_element(actor.left.begin(), actor.left.end()) * gang_of(actor).weight;
      if (!landings_.empty()) {
        land_alone(actor, cycles);
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
    const Served units = served();
    const double tensor = tensor_rate(units);
    const double next = next_event(units, tensor);
    if (next == kNever) {
      return kNever;
    }
    if (next > now_) {
      serve_units(next - now_, units, tensor);
      now_ = next;
    }
    if (std::any_of(landings_.begin(), landings_.end(), [this](const Landing& l) { return l.at <= now_; })) {
      land(served());
    }
    ++shared_.result->events;
    bool moving = false;
    for (Actor& actor : actors_) {
      if (actor.state == State::working && *std::max_element(actor.left.begin(), actor.left.end()) == 0) {
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
  const TimingProgram& program = *gang_of(actor).program;
  const std::vector<Segment>& segments = program.roles[program.ways > 1 ? 0 : static_cast<std::size_t>(actor.role)];
  return actor.segment < segments.size() ? &segments[actor.segment] : nullptr;
}

void Sm::enter(Actor& actor, std::uint32_t segment) {
  actor.segment = segment;
  actor.repeat = 0;
  actor.started = false;
  if (actor.role == 0) {
    gang_of(actor).rhythm.end_loop();
  }
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
      if (shared_.input->memoise && actor.role == 0) {
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
      case StepKind::load:  // into room that all of the block's warps have done with
        if (actor.started || gang_of(actor).program->ways == 1 || !meet(actor)) {
          actor.state = State::moving;
        }
        return;
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

// The block's warps meet when the copies have landed: nobody goes on before all are there. True if the actor waits.
bool Sm::meet(Actor& actor) {
  Gang& gang = gang_of(actor);
  actor.started = true;
  if (++gang.met < gang.program->ways) {
    actor.state = State::parked;
    actor.begin = now_;
    return true;
  }
  gang.met = 0;
  double landed = now_;
  WaitReason reason = WaitReason::barrier;
  for (const std::int16_t token : actor.step->needs) {
    if (token != kNoToken && gang.landed[static_cast<std::size_t>(token)] > landed) {
      landed = gang.landed[static_cast<std::size_t>(token)];
      reason = gang.from_dram[static_cast<std::size_t>(token)] ? WaitReason::hbm : WaitReason::l2;
    }
  }
  const double until = landed + (actor.step->meets ? machine_.overheads.syncthreads_cycles : 0);
  if (gang.program->ways == 1 && until <= now_) {
    return false;
  }
  actor.begin = now_;
  for (int way = 0; way < gang.program->ways; ++way) {
    Actor& other = actor_of(actor.gang, way);
    const double since = other.begin;
    sleep(other, until, reason);
    other.begin = since;
  }
  return true;
}

// False if the step is over at once; true if the actor works or waits.
bool Sm::begin_compute(Actor& actor) {
  if (!actor.started && (actor.step->meets ? meet(actor) : wait_for_copies(actor))) {
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
  const Gang& gang = gang_of(actor);
  if (gang.program->ways > 1 && actor.role > 0) {
    return;  // the first way tells for all
  }
  const bool pass = step.kind == StepKind::compute && !step.product;
  for (const Member& member : gang.members) {
    Span span{number_,   member.slot, actor.role, member.block, step.op,      step.kind,
              from_dram, unit,        begin,      end,          actor.waited, actor.reason};
    pass ? report_pass(span, step, gang.program->op_share) : (*shared_.input->spans)(span);
  }
}

// The ops of a pass share its time as they would take it one by one, in their order.
void Sm::report_pass(Span span, const Step& step, const std::vector<OpShare>& shares) const {
  double all = 0;
  for (std::uint32_t op = step.op; op <= step.last_op && op < shares.size(); ++op) {
    all += shares[op].cycles;
  }
  const double begin = span.begin, length = span.end - span.begin;
  double done = 0;
  for (std::uint32_t op = step.op; op <= step.last_op && op < shares.size(); ++op) {
    if (shares[op].cycles > 0) {
      span.op = op;
      span.unit = shares[op].unit;
      span.begin = begin + length * done / all;
      done += shares[op].cycles;
      span.end = begin + length * done / all;
      (*shared_.input->spans)(span);
      span.waited = 0;
      span.reason = WaitReason::none;
    }
  }
}

}  // namespace sim::timing
