// L2 latency as the mean over lines, seen from every SM, and its distribution.
#include "microbench/chain.h"
#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kLines = 4096;

/// Keeps a block's SM for 5 us, so that no second block comes to it before all SMs have one.
__device__ void hold_place() {
  const unsigned long long begin = read_ns();
  while (read_ns() - begin < 5000) {
  }
}

/// The block on SM `sm` walks all lines; the others do nothing. One number: the walk's clocks.
__global__ void walk(unsigned sm, Address start, Address* end, unsigned* clocks) {
  if (read_sm() != sm) {
    hold_place();
    return;
  }
  Address at = start;
  const long long begin = read_clock();
#pragma unroll 16
  for (int i = 0; i < kLines; ++i) {
    step<Path::L2>(at);
  }
  *end = at;  // waits for the last
  *clocks = static_cast<unsigned>(read_clock() - begin);
}

/// The same, noting each load's clocks.
__global__ void walk_and_note(unsigned sm, Address start, unsigned* clocks) {
  __shared__ volatile Address arrived;
  if (read_sm() != sm) {
    hold_place();
    return;
  }
  Address at = start;
  for (int i = 0; i < kLines; ++i) {
    const long long begin = read_clock();
    step<Path::L2>(at);
    arrived = at;  // a store waits for its value, and the clock is read after it
    clocks[i] = static_cast<unsigned>(read_clock() - begin);
  }
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// What brought the lines into the L2.
struct State {
  const char* name;
  const char* text;
  std::function<void()> prepare;
};

void measure_state(Context& context, Chain& chain, const State& state) {
  const int sms = context.card.multiProcessorCount;
  const int smem = limit_residency(context, reinterpret_cast<const void*>(walk), 1);
  const int smem_note = limit_residency(context, reinterpret_cast<const void*>(walk_and_note), 1);
  DeviceArray<Address> end(1);
  DeviceArray<unsigned> total(1), each(kLines);
  std::vector<double> means, lines;
  for (int sm = 0; sm < sms; ++sm) {
    state.prepare();
    walk<<<sms, 1, smem, context.stream>>>(sm, chain.line(0), end.data(), total.data());
    check(cudaStreamSynchronize(context.stream), "walking lines");
    means.push_back(static_cast<double>(total.download()[0]) / kLines);
    if (sm % 4 == 0) {
      state.prepare();
      walk_and_note<<<sms, 1, smem_note, context.stream>>>(sm, chain.line(0), each.data());
      check(cudaStreamSynchronize(context.stream), "walking lines one by one");
      const std::vector<unsigned> clocks = each.download();
      std::vector<double> noted(clocks.begin(), clocks.end());
      const double overhead = mean(noted) - means.back();  // of reading the clock
      for (double& c : noted) {
        c -= overhead;
      }
      lines.insert(lines.end(), noted.begin(), noted.end());
    }
  }
  const std::string conditions =
      std::string("4096 lines of 128 bytes in random order, one thread on one SM, ") + state.text;
  context.record({std::string("l2_latency.") + state.name,
                  "mean latency of an SM's loads, over SMs",
                  "clocks",
                  conditions,
                  {},
                  means});
  context.record({std::string("l2_latency.") + state.name + "_lines",
                  "latency of one load, over lines and every fourth SM",
                  "clocks",
                  conditions + "; each timed alone, less what reading the clock costs",
                  {},
                  lines});
}

}  // namespace

void measure_l2_latency(Context& context) {
  Chain chain(std::size_t{kLines} * kLine);
  const std::vector<Address> host = chain.words.download();
  DeviceArray<Address> source(host.size());
  source.upload(host);
  DeviceArray<uint4> flush((std::size_t{512} << 20) / sizeof(uint4));
  fill_random(context.stream, flush.data(), flush.bytes());
  const auto write = [&] {
    check(cudaMemcpyAsync(chain.words.data(), source.data(), source.bytes(), cudaMemcpyDeviceToDevice, context.stream),
          "writing lines");
  };
  measure_state(context, chain, {"written", "lines just written by a copy", write});
  measure_state(context, chain, {"read", "lines just read from HBM by SMs all over the card", [&] {
                                   read_through(context.stream, flush.data(), flush.bytes());
                                   read_through(context.stream, chain.words.data(), chain.words.bytes());
                                 }});
  measure_state(context, chain, {"again", "lines walked before by SMs all over the card", [] {}});
  measure_state(context, chain, {"hbm", "L2 flushed by reading: the HBM's latency", [&] {
                                   read_through(context.stream, flush.data(), flush.bytes());
                                 }});
}

}  // namespace microbench
