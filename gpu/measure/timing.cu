#include "measure/timing.h"

#include <algorithm>
#include <cmath>

namespace measure {
namespace {

constexpr int kWarmUp = 2, kFewestSamples = 3;

struct Stamp {
  unsigned long long clock, ns;
};

// The SM's cycle counter and the card's nanoseconds, as seen on every SM that gets one of the blocks.
__global__ void read_clocks(Stamp* stamps, unsigned slots) {
  unsigned sm;
  Stamp stamp;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(stamp.clock)::"memory");
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(stamp.ns)::"memory");
  if (sm < slots) {
    stamps[sm] = stamp;
  }
}

/// Cycles by nanoseconds between two moments on the same SM: the kernels between them carry no clocks. An SM's counter
/// runs on between kernels.
class ClockProbe {
 public:
  ClockProbe(int sm_count, int runs)
      : sm_count_(sm_count), slots_(2 * sm_count), memory_(2 * runs * slots_ * sizeof(Stamp)) {
    kernels::check(cudaMemset(memory_.data(), 0, memory_.bytes()), "clearing the clock's stamps");
  }

  void queue(int moment, cudaStream_t stream) const {
    read_clocks<<<sm_count_, 1, 0, stream>>>(memory_.as<Stamp>() + std::size_t{slots_} * moment, slots_);
    kernels::check_launch("read_clocks");
  }

  /// Median over the SMs that were seen at both moments of a run, 2 run and 2 run + 1.
  std::vector<double> mhz() const {
    const std::vector<Stamp> stamps = download<Stamp>(memory_.data(), memory_.bytes() / sizeof(Stamp));
    std::vector<double> all;
    for (std::size_t first = 0; first < stamps.size(); first += 2 * std::size_t{slots_}) {
      std::vector<double> of_sms;
      for (std::size_t sm = first; sm < first + slots_; ++sm) {
        const Stamp &before = stamps[sm], &after = stamps[sm + slots_];
        if (before.ns != 0 && after.ns > before.ns) {
          of_sms.push_back(1e3 * static_cast<double>(after.clock - before.clock) /
                           static_cast<double>(after.ns - before.ns));
        }
      }
      all.push_back(of_sms.empty() ? 0 : quantile(of_sms, 0.5));
    }
    return all;
  }

 private:
  int sm_count_;
  unsigned slots_;
  Memory memory_;
};

class Events {
 public:
  explicit Events(int count) : all_(count) {
    for (cudaEvent_t& event : all_) {
      kernels::check(cudaEventCreate(&event), "creating an event");
    }
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events() {
    for (cudaEvent_t event : all_) {
      cudaEventDestroy(event);
    }
  }
  void record(int i, cudaStream_t stream) { kernels::check(cudaEventRecord(all_[i], stream), "recording an event"); }
  double microseconds(int from, int to) const {
    float ms = 0;
    kernels::check(cudaEventElapsedTime(&ms, all_[from], all_[to]), "reading an event");
    return 1e3 * static_cast<double>(ms);
  }

 private:
  std::vector<cudaEvent_t> all_;
};

struct Series {
  std::vector<double> us, mhz;
};

// The host needs this long to queue `runs`, generously. Beyond a thousand kernels it waits for the card anyway.
double delay_microseconds(const Timed& timed, int runs) {
  constexpr double kOfLaunch = 5, kOfRun = 40, kMost = 10000;
  return std::min(kMost, 1000 + runs * (timed.cold_l2 ? 0 : kOfRun) + runs * timed.kernels * kOfLaunch);
}

Series run_series(const Card& card, const L2Flush& flush, int runs, const Timed& timed) {
  const cudaStream_t stream = card.stream();
  Events events(2 * runs);
  const ClockProbe probe(card.sm_count(), runs);
  queue_delay(stream, delay_microseconds(timed, runs));
  for (int run = 0; run < runs; ++run) {
    if (timed.cold_l2) {
      flush.queue(stream);
    }
    probe.queue(2 * run, stream);
    events.record(2 * run, stream);
    timed.launch();
    events.record(2 * run + 1, stream);
    probe.queue(2 * run + 1, stream);
  }
  kernels::check(cudaStreamSynchronize(stream), "timing");
  Series series{{}, probe.mhz()};
  for (int run = 0; run < runs; ++run) {
    series.us.push_back(events.microseconds(2 * run, 2 * run + 1));
  }
  return series;
}

}  // namespace

double quantile(std::vector<double> samples, double fraction) {
  std::sort(samples.begin(), samples.end());
  const double position = fraction * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (position - static_cast<double>(below)) * (samples[above] - samples[below]);
}

Timing time_launch(const Card& card, const L2Flush& flush, const TimingLimits& limits, const Timed& timed) {
  constexpr double kFlushMicroseconds = 100;
  const Series warm_up = run_series(card, flush, kWarmUp, timed);
  const double of_one = warm_up.us.back() + (timed.cold_l2 ? kFlushMicroseconds : 0);
  const int in_time = static_cast<int>(std::min(1e6, limits.seconds * 1e6 / of_one));
  const int samples = std::clamp(in_time, std::min(kFewestSamples, limits.samples), limits.samples);
  const Series series = run_series(card, flush, samples, timed);
  return {series.us, series.mhz, card.power_w()};
}

Json Timing::to_json() const {
  std::vector<double> cycles;
  for (std::size_t i = 0; i < us.size(); ++i) {
    cycles.push_back(us[i] * mhz[i]);
  }
  const auto rounded = [](double value, double per_unit) { return std::round(value * per_unit) / per_unit; };
  Json json;
  json["time_us"] = {{"median", rounded(quantile(us, 0.5), 1e3)}, {"p10", rounded(quantile(us, 0.1), 1e3)},
                     {"p90", rounded(quantile(us, 0.9), 1e3)},    {"min", rounded(quantile(us, 0), 1e3)},
                     {"max", rounded(quantile(us, 1), 1e3)},      {"samples", us.size()}};
  json["clock_mhz"] = {{"median", rounded(quantile(mhz, 0.5), 10)},
                       {"min", rounded(quantile(mhz, 0), 10)},
                       {"max", rounded(quantile(mhz, 1), 10)}};
  if (power_w >= 0) {
    json["power_w"] = power_w;
  }
  json["cycles"] = {{"median", std::round(quantile(cycles, 0.5))}};
  return json;
}

std::string conditions(const Card& card, const TimingLimits& limits) {
  return "single launches, up to " + std::to_string(limits.samples) + " samples; cold: L2 flushed by reading " +
         std::to_string(card.flush_bytes() >> 20) +
         " MiB before each (a pause for the tensor cores, about 60 us); warm: back to back, no flush; host ahead of "
         "the "
         "card; clocks not locked; times by CUDA events around a point's kernels, so that a launch gap is in them; SM "
         "clock by clock64 against globaltimer (step 32 ns) on every SM just before and after; normal random inputs; "
         "power by NVML after the samples, which for short series says little";
}

}  // namespace measure
