// The units of one SM: whom each serves, how fast, and when the next of them has done.
#include <algorithm>

#include "sim/executors/timing_sm.h"

namespace sim::timing {

namespace {

constexpr double kDone = 1e-6;  // cycles of work that count as none

}  // namespace

Sm::Served Sm::served() const {
  Served served;
  const bool oldest_first = shared_.input->rules.oldest_first;
  for (const Actor& actor : actors_) {
    if (actor.state != State::working) {
      continue;
    }
    for (std::size_t k = 0; k < actor.step->demands; ++k) {
      const auto unit = static_cast<std::size_t>(actor.step->unit[k]);
      const Actor*& first = served.first[unit];
      if (actor.left[k] > 0) {
        if (first == nullptr || (oldest_first && gang_of(actor).begin < gang_of(*first).begin)) {
          first = &actor;
          served.sharers[unit] = 0;
        }
        served.sharers[unit] += shares(actor, *first);
      }
    }
  }
  return served;
}

// Do two actors share a unit that both want? The ways of a block do: the load/store unit and the schedulers take their
// instructions in turn.
bool Sm::shares(const Actor& actor, const Actor& first) const {
  const bool ways = actor.gang == first.gang && gang_of(actor).program->ways > 1;
  return &actor == &first || ways || !shared_.input->rules.oldest_first;
}

// The share of a unit that an actor gets.
double Sm::share(const Actor& actor, Unit of, const Served& served) const {
  const auto unit = static_cast<std::size_t>(of);
  return shares(actor, *served.first[unit]) ? 1.0 / served.sharers[unit] : 0;
}

// How fast demand `k` of an actor goes, in cycles of its work a cycle.
double Sm::rate_of(const Actor& actor, std::size_t k, const Served& served, double tensor) const {
  const Unit unit = actor.step->unit[k];
  return share(actor, unit, served) * (unit == Unit::tensor ? tensor : 1) / gang_of(actor).weight;
}

// Warps that run FP32, ALU or exponential instructions take issue slots, and mma.sync of others gets those that they
// leave. wgmma is issued once and runs by itself.
double Sm::tensor_rate(const Served& first) const {
  if (shared_.input->kernel.matmul != MatmulUnit::mma_sync ||
      first.first[static_cast<std::size_t>(Unit::tensor)] == nullptr) {
    return 1;
  }
  double taken = 0;
  const Actor* counted = nullptr;
  for (const Unit unit : {Unit::exp, Unit::fp32, Unit::alu}) {
    const Actor* actor = first.first[static_cast<std::size_t>(unit)];
    if (actor != nullptr && actor != counted && !actor->step->product) {
      taken += actor->step->mma_slots;
      counted = actor;
    }
  }
  return std::max(0.0, 1 - taken);
}

double Sm::next_event(const Served& served, double tensor) const {
  double next = kNever;
  for (const Landing& landing : landings_) {
    next = std::min(next, landing.at);
  }
  for (const Actor& actor : actors_) {
    if (actor.state == State::timed) {
      next = std::min(next, actor.wake);
    } else if (actor.state == State::working) {
      // The step ends with its slowest demand; each that ends frees the unit, or issue slots, for others.
      for (std::size_t k = 0; k < actor.step->demands; ++k) {
        if (actor.left[k] > 0) {
          const double rate = rate_of(actor, k, served, tensor);
          next = rate > 0 ? std::min(next, now_ + actor.left[k] / rate) : next;
        }
      }
    }
  }
  return next;
}

void Sm::serve_units(double cycles, const Served& served, double tensor) {
  for (Actor& actor : actors_) {
    if (actor.state == State::working) {
      for (std::size_t k = 0; k < actor.step->demands; ++k) {
        if (actor.left[k] > 0) {
          actor.left[k] -= cycles * rate_of(actor, k, served, tensor);
          actor.left[k] = actor.left[k] <= kDone ? 0 : actor.left[k];
        }
      }
    }
  }
}

// Copies that land now take the SMEM port from those that read through it, if anybody does.
void Sm::land(const Served& served) {
  const auto smem = static_cast<std::size_t>(Unit::smem);
  std::erase_if(landings_, [&](const Landing& landing) {
    for (Actor& actor : actors_) {
      for (std::size_t k = 0; landing.at <= now_ && actor.state == State::working && k < actor.step->demands; ++k) {
        if (actor.step->unit[k] == Unit::smem && actor.left[k] > 0 && served.first[smem] != nullptr) {
          actor.left[k] += landing.cycles * share(actor, Unit::smem, served) / gang_of(actor).weight;
        }
      }
    }
    return landing.at <= now_;
  });
}

// The same for a step of one actor, from now on; `cycles` is what it takes in all.
void Sm::land_alone(Actor& actor, double& cycles) {
  const double weight = gang_of(actor).weight;
  for (std::size_t k = 0; k < actor.step->demands; ++k) {
    if (actor.step->unit[k] == Unit::smem) {
      for (const Landing& landing : landings_) {
        if (landing.at > now_ && landing.at < now_ + actor.left[k] * weight) {
          actor.left[k] += landing.cycles / weight;
        }
      }
      cycles = std::max(cycles, actor.left[k] * weight);
    }
  }
  std::erase_if(landings_, [&](const Landing& landing) { return landing.at <= now_ + cycles; });
}

}  // namespace sim::timing
