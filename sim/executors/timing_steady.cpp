// Skipping what repeats: a loop whose repeats have come to take the same time, and blocks that live as the last did.
#include <algorithm>
#include <cmath>

#include "sim/executors/timing_sm.h"

namespace sim::timing {

namespace {

// Relative differences of two times that count as one.
constexpr double kRepeatAlike = 1e-3, kLifeAlike = 3e-3;
constexpr std::int32_t kTail = 1;  // repeats that are always simulated at the end of a loop

// Number of the first access of a loop's first repeat.
std::uint32_t first_access(const Gang& gang, const Segment& segment) {
  for (std::uint32_t at = segment.begin; at < segment.end; ++at) {
    const Step& step = gang.program->steps[at];
    if (step.kind == StepKind::load || step.kind == StepKind::store) {
      return step.access;
    }
  }
  return 0;
}

bool alike(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance * std::max(a, b); }

}  // namespace

void Spent::add(const Spent& other, double times) {
  for (std::size_t i = 0; i < waits.size(); ++i) {
    waits[i] += times * other.waits[i];
  }
  for (std::size_t i = 0; i < on.size(); ++i) {
    on[i] += times * other.on[i];
  }
}

bool Rhythm::steady() const {
  return (previous > 0 && alike(period, previous, kRepeatAlike)) ||
         (known > 0 && period > 0 && alike(period, known, kRepeatAlike));
}

// ---- Loops ----

void Memory::skip(double cycles) {
  l2_free += cycles;
  hbm_free += cycles;
}

void Sm::note_repeat(Gang& gang) {
  Rhythm& rhythm = gang.rhythm;
  if (rhythm.crossed < 0) {
    rhythm.known = rhythm.steady() ? rhythm.period : 0;
    rhythm.period = rhythm.previous = 0;
  } else {
    rhythm.previous = rhythm.period;
    rhythm.period = now_ - rhythm.crossed;
    rhythm.of_period = gang.spent;
    rhythm.of_period.add(rhythm.at_crossing, -1);
  }
  rhythm.crossed = now_;
  rhythm.at_crossing = gang.spent;
}

bool Sm::idle() const {
  return std::all_of(gangs_.begin(), gangs_.end(), [](const Gang& gang) { return gang.members.empty(); });
}

std::optional<Steady> Sm::steady() const {
  if (gangs_alive_ > 1) {
    return std::nullopt;  // blocks that drift have no rhythm in common
  }
  Steady all{0, std::numeric_limits<std::int32_t>::max(), kNever, 0};
  for (const Actor& actor : actors_) {
    const Gang& gang = gang_of(actor);
    if (actor.state == State::empty) {
      continue;
    }
    if (gang.alike) {
      return Steady{0, 0, actor.wake, 0};
    }
    const Segment* segment = actor.step != nullptr ? segment_of(actor) : nullptr;
    if (roles_ > 1 || segment == nullptr || segment->count <= kTail || gang.rhythm.crossed < 0 ||
        !gang.rhythm.steady() || (all.period > 0 && !alike(all.period, gang.rhythm.period, kRepeatAlike))) {
      return std::nullopt;
    }
    all.period = std::max(all.period, gang.rhythm.period);
    for (std::uint32_t at = segment->begin; at < segment->end; ++at) {
      all.bytes += gang.weight * static_cast<double>(gang.program->steps[at].bytes);
    }
    all.repeats_left = std::min(all.repeats_left, segment->count - actor.repeat - kTail);
  }
  return all;
}

void Sm::skip(std::int32_t repeats, double cycles) {
  now_ += cycles;
  load_port_free_ += cycles;
  store_port_free_ += cycles;
  for (Actor& actor : actors_) {
    if (actor.state == State::empty) {
      continue;
    }
    Gang& gang = gang_of(actor);
    const Segment& segment = *segment_of(actor);
    const std::uint32_t first = first_access(gang, segment);
    mark_skipped(gang, first + static_cast<std::uint32_t>(actor.repeat) * segment.accesses,
                 first + static_cast<std::uint32_t>(actor.repeat + repeats) * segment.accesses);
    actor.repeat += repeats;
    actor.wake += cycles;
    actor.begin += cycles;
    for (double& landed : gang.landed) {
      landed += cycles;
    }
    gang.spent.add(gang.rhythm.of_period, repeats);
    gang.rhythm.crossed += cycles;
    gang.rhythm.at_crossing.add(gang.rhythm.of_period, repeats);
  }
}

// Every later asker finds these bytes in L2.
void Sm::mark_skipped(const Gang& gang, std::uint32_t first, std::uint32_t last) {
  for (const Member& member : gang.members) {
    const auto group = static_cast<std::size_t>(member.group - shared_.input->l2.groups.data());
    std::pair<std::uint32_t, std::uint32_t>& range = shared_.skipped[group];
    range = range.first == range.second ? std::pair{first, last}
                                        : std::pair{std::min(range.first, first), std::max(range.second, last)};
  }
}

bool Sm::long_in_l2(const Member& member, std::uint32_t access) const {
  if (!shared_.input->memoise) {
    return false;
  }
  const auto& [first, last] = shared_.skipped[static_cast<std::size_t>(member.group - shared_.input->l2.groups.data())];
  return first <= access && access < last;
}

// ---- Lives ----

void Sm::note_end(Gang& gang) {
  KernelTiming& result = *shared_.result;
  for (std::size_t i = 0; i < result.waits.size(); ++i) {
    result.waits[i] += gang.spent.waits[i];
  }
  for (std::size_t i = 0; i < result.actors_on.size(); ++i) {
    result.actors_on[i] += gang.spent.on[i];
  }
  const double cycles = now_ - gang.begin;
  const bool again = last_life_.program == gang.program && last_life_.weight == gang.weight &&
                     alike(last_life_.cycles, cycles, kLifeAlike);
  last_life_ = {gang.program, gang.weight, cycles, again ? last_life_.alike + 1 : 0, gang.spent};
}

bool Sm::start_alike(std::vector<Member>& members, const TimingProgram& program, double at) {
  if (last_life_.alike < 1 || last_life_.program != &program ||
      last_life_.weight != static_cast<double>(members.size()) || !idle()) {
    return false;
  }
  const int number = place(std::move(members), program, at);
  Gang& gang = gangs_[static_cast<std::size_t>(number)];
  gang.spent = last_life_.spent;
  gang.alike = true;
  mark_skipped(gang, 0, std::numeric_limits<std::uint32_t>::max());
  Actor& actor = actor_of(number, 0);
  actor.step = nullptr;
  actor.state = State::timed;
  actor.wake = at + last_life_.cycles;
  actor.begin = actor.wake;  // what it waits is in `spent` already
  actor.reason = WaitReason::none;
  shared_.result->memoised_cycles += last_life_.cycles / static_cast<double>(shared_.input->machine.chip.sm_count);
  return true;
}

}  // namespace sim::timing
