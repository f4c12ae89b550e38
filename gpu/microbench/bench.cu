#include "microbench/bench.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

__global__ void spin(unsigned long long ns) {
  const unsigned long long begin = read_ns();
  while (read_ns() - begin < ns) {
  }
}

__global__ void fill_with_hash(uint4* data, std::size_t count) {
  const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) {
    const auto hash = [i](unsigned salt) {
      unsigned h = (static_cast<unsigned>(i) ^ static_cast<unsigned>(i >> 32)) * 2654435761u + salt;
      h = (h ^ (h >> 15)) * 2246822519u;
      return h ^ (h >> 13);
    };
    data[i] = make_uint4(hash(1), hash(2), hash(3), hash(4));
  }
}

__global__ void read_all(const uint4* data, std::size_t count, unsigned* sink) {
  unsigned sum = 0;
  const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) {
    const uint4 v = __ldcg(data + i);
    sum ^= v.x ^ v.y ^ v.z ^ v.w;
  }
  if (sum == 0x12345678u) {  // keeps the loads; data practically never gives it, and then one address takes a word
    *sink = sum;
  }
}

struct Events {
  std::vector<cudaEvent_t> all;
  explicit Events(int count) : all(count) {
    for (cudaEvent_t& event : all) {
      check(cudaEventCreate(&event), "creating an event");
    }
  }
  ~Events() {
    for (cudaEvent_t event : all) {
      cudaEventDestroy(event);
    }
  }
};

}  // namespace

void check(cudaError_t error, const std::string& what) {
  if (error != cudaSuccess) {
    throw std::runtime_error(what + ": " + cudaGetErrorString(error));
  }
}

double quantile(std::vector<double> samples, double fraction) {
  std::sort(samples.begin(), samples.end());
  const double position = fraction * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (position - static_cast<double>(below)) * (samples[above] - samples[below]);
}

void Context::record(Result result) {
  if (result.samples.empty()) {
    throw std::runtime_error(result.name + ": no samples");
  }
  std::string point;
  for (const auto& [key, value] : result.at) {
    point += " " + key + "=" + std::to_string(static_cast<long long>(std::llround(value)));
  }
  std::fprintf(stderr, "%-28s%-28s %12.3f %s (%.3f .. %.3f)\n", result.name.c_str(), point.c_str(),
               median(result.samples), result.unit.c_str(), quantile(result.samples, 0.1),
               quantile(result.samples, 0.9));
  results.push_back(std::move(result));
}

void queue_delay(cudaStream_t stream, double microseconds) {
  spin<<<1, 1, 0, stream>>>(static_cast<unsigned long long>(microseconds * 1e3));
  check(cudaGetLastError(), "starting the delay");
}

std::vector<double> time_launches(cudaStream_t stream, int runs, const std::function<void()>& launch) {
  constexpr int kWarmUp = 2;
  const Events events(2 * (runs + kWarmUp));
  queue_delay(stream, 1000 + 20.0 * runs);
  for (int run = 0; run < runs + kWarmUp; ++run) {
    check(cudaEventRecord(events.all[2 * run], stream), "recording an event");
    launch();
    check(cudaGetLastError(), "starting a kernel");
    check(cudaEventRecord(events.all[2 * run + 1], stream), "recording an event");
  }
  check(cudaStreamSynchronize(stream), "running a kernel");
  std::vector<double> ms;
  for (int run = kWarmUp; run < runs + kWarmUp; ++run) {
    float elapsed = 0;
    check(cudaEventElapsedTime(&elapsed, events.all[2 * run], events.all[2 * run + 1]), "reading an event");
    ms.push_back(elapsed);
  }
  return ms;
}

void fill_random(cudaStream_t stream, void* data, std::size_t bytes) {
  fill_with_hash<<<4096, 256, 0, stream>>>(static_cast<uint4*>(data), bytes / sizeof(uint4));
  check(cudaStreamSynchronize(stream), "filling memory");
}

void read_through(cudaStream_t stream, const void* data, std::size_t bytes) {
  static DeviceArray<unsigned> sink(1);
  read_all<<<2048, 256, 0, stream>>>(static_cast<const uint4*>(data), bytes / sizeof(uint4), sink.data());
  check(cudaGetLastError(), "reading memory");
}

int limit_residency(const Context& context, const void* kernel, int blocks) {
  cudaFuncAttributes attributes{};
  check(cudaFuncGetAttributes(&attributes, kernel), "asking for a kernel's size");
  const auto of_sm = static_cast<int>(context.card.sharedMemPerMultiprocessor);
  const auto reserved = static_cast<int>(context.card.reservedSharedMemPerBlock);
  const int share =
      of_sm / blocks / 128 * 128 - reserved - static_cast<int>((attributes.sharedSizeBytes + 127) / 128 * 128);
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, share), "asking for SMEM");
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, 100), "asking for SMEM");
  return share;
}

int resident_blocks(const void* kernel, int threads, int smem) {
  int blocks = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, threads, smem), "asking for the occupancy");
  return blocks;
}

SpanSummary summarize(const std::vector<Span>& spans) {
  std::vector<double> cycles, mhz;
  for (const Span& span : spans) {
    cycles.push_back(span.cycles());
    mhz.push_back(span.clock_mhz());
  }
  return {median(cycles), median(mhz)};
}

std::vector<SpanSummary> time_spans(cudaStream_t stream, int runs, int blocks,
                                    const std::function<void(Span*)>& launch) {
  DeviceArray<Span> spans(blocks);
  std::vector<SpanSummary> summaries;
  for (int run = 0; run <= runs; ++run) {
    launch(spans.data());
    check(cudaGetLastError(), "starting a kernel");
    check(cudaStreamSynchronize(stream), "running a kernel");
    if (run > 0) {  // the first is warm-up
      summaries.push_back(summarize(spans.download()));
    }
  }
  return summaries;
}

std::string span_conditions(int blocks, int threads, const std::vector<SpanSummary>& summaries) {
  std::vector<double> mhz;
  for (const SpanSummary& summary : summaries) {
    mhz.push_back(summary.clock_mhz);
  }
  return std::to_string(blocks) + " blocks of " + std::to_string(threads) + " threads, SM clock " +
         std::to_string(std::lround(median(mhz))) + " MHz";
}

Result per_clock(Result result, Shape shape, const std::vector<SpanSummary>& summaries, double amount) {
  result.conditions = span_conditions(shape.blocks, shape.threads, summaries) + result.conditions;
  for (const SpanSummary& summary : summaries) {
    result.samples.push_back(amount / summary.cycles);
  }
  return result;
}

Result clocks_per(Result result, Shape shape, const std::vector<SpanSummary>& summaries, double count) {
  result.conditions = span_conditions(shape.blocks, shape.threads, summaries) + result.conditions;
  for (const SpanSummary& summary : summaries) {
    result.samples.push_back(summary.cycles / count);
  }
  return result;
}

}  // namespace microbench
