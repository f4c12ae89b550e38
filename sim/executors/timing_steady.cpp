// Skipping what repeats: a loop whose repeats have come to take the same time, and blocks that live as the last did.
#include <algorithm>
#include <cmath>

#include "sim/executors/timing_sm.h"

namespace sim::timing {

namespace {

// Relative differences of two times that count as one.
constexpr double kRepeatAlike = 1e-3, kLifeAlike = 3e-3;
constexpr std::int32_t kTail = 1;    // repeats that are always simulated at the end of a loop
constexpr std::int32_t kFewest = 2;  // worth skipping

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

void Rhythm::cross(double now, const Spent& spent) {
  const auto slot = static_cast<std::size_t>(crossed_++ % kKept);
  at_[slot] = now;
  spent_[slot] = spent;
  repeats_ = 0;
  for (int k = 1; k <= kMost && k < crossed_ && repeats_ == 0; ++k) {
    const double last = at(0) - at(k);
    const bool twice = 2 * k < crossed_ && alike(last, at(k) - at(2 * k), kRepeatAlike);
    const bool again = twice && (k == 1 || (3 * k < crossed_ && alike(last, at(2 * k) - at(3 * k), kRepeatAlike)));
    if (again || (k == known_repeats_ && alike(last, known_period_, kRepeatAlike))) {
      repeats_ = k;
      period_ = last;
    }
  }
}

void Rhythm::end_loop() {
  known_repeats_ = repeats_;
  known_period_ = period_;
  crossed_ = repeats_ = 0;
}

Spent Rhythm::of_period() const {
  Spent spent = spent_[static_cast<std::size_t>((crossed_ - 1) % kKept)];
  spent.add(spent_[static_cast<std::size_t>((crossed_ - 1 - repeats_) % kKept)], -1);
  return spent;
}

void Rhythm::skip(double cycles, int periods) {
  const Spent skipped = of_period();
  for (std::size_t i = 0; i < at_.size(); ++i) {
    at_[i] += cycles;
    spent_[i].add(skipped, periods);
  }
}

// ---- Loops ----

void Memory::skip(double cycles) {
  l2_free += cycles;
  hbm_free += cycles;
}

void Sm::note_repeat(Gang& gang) { gang.rhythm.cross(now_, gang.spent); }

bool Sm::idle() const {
  return std::all_of(gangs_.begin(), gangs_.end(), [](const Gang& gang) { return gang.members.empty(); });
}

std::optional<Steady> Sm::steady() const {
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
    if (roles_ > 1 || segment == nullptr || segment->count <= kTail || gang.rhythm.repeats() == 0 ||
        (all.period > 0 && !alike(all.period, gang.rhythm.period(), kRepeatAlike))) {
      return std::nullopt;
    }
    all.period = std::max(all.period, gang.rhythm.period());
    for (std::uint32_t at = segment->begin; at < segment->end; ++at) {
      all.bytes += gang.rhythm.repeats() * gang.weight * static_cast<double>(gang.program->steps[at].bytes);
    }
    const std::int32_t left = segment->count - actor.repeat - kTail;
    if (left < kFewest) {
      return std::nullopt;
    }
    all.periods_left = std::min(all.periods_left, left / gang.rhythm.repeats());
  }
  return all;
}

void Sm::skip(std::int32_t periods, double cycles) {
  now_ += cycles;
  load_port_free_ += cycles;
  store_port_free_ += cycles;
  for (Landing& landing : landings_) {
    landing.at += cycles;
  }
  for (Actor& actor : actors_) {
    if (actor.state == State::empty) {
      continue;
    }
    Gang& gang = gang_of(actor);
    const Segment& segment = *segment_of(actor);
    const std::int32_t repeats = periods * gang.rhythm.repeats();
    const std::uint32_t first = first_access(gang, segment);
    mark_skipped(gang, first + static_cast<std::uint32_t>(actor.repeat) * segment.accesses,
                 first + static_cast<std::uint32_t>(actor.repeat + repeats) * segment.accesses);
    actor.repeat += repeats;
    actor.wake += cycles;
    actor.begin += cycles;
    for (double& landed : gang.landed) {
      landed += cycles;
    }
    gang.spent.add(gang.rhythm.of_period(), periods);
    gang.rhythm.skip(cycles, periods);
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
  gang.roles_left = 1;
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
