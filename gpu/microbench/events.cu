// What CUDA events see of a kernel beyond its own time, and how reading from HBM gets going.
#include <algorithm>

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

__global__ void empty() {}

/// Lasts `ns` nanoseconds.
__global__ void occupy(unsigned long long ns, Span* spans) {
  begin_span(spans[blockIdx.x]);
  const unsigned long long begin = read_ns();
  while (read_ns() - begin < ns) {
  }
  end_span(spans[blockIdx.x]);
}

/// Reads `count` elements; 512 bytes at a time go to a warp, warps of all blocks in turn.
__global__ void __launch_bounds__(512) read_once(const uint4* data, std::size_t count, unsigned* sink, Span* spans) {
  constexpr int kLoads = 4;
  begin_span(spans[blockIdx.x]);
  const std::size_t first = (std::size_t{threadIdx.x / 32} * gridDim.x + blockIdx.x) * 32 + threadIdx.x % 32;
  const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
  unsigned sum = 0;
  for (std::size_t i = first; i < count; i += kLoads * step) {
    uint4 loaded[kLoads];
#pragma unroll
    for (int j = 0; j < kLoads; ++j) {
      loaded[j] = i + j * step < count ? __ldcg(data + i + j * step) : make_uint4(0, 0, 0, 0);
    }
#pragma unroll
    for (int j = 0; j < kLoads; ++j) {
      sum ^= loaded[j].x ^ loaded[j].y ^ loaded[j].z ^ loaded[j].w;
    }
  }
  if (sum == 0x12345678u) {
    *sink = sum;
  }
  end_span(spans[blockIdx.x]);
}

/// Two events and what is launched between them.
class EventPair {
 public:
  EventPair() {
    check(cudaEventCreate(&before_), "creating an event");
    check(cudaEventCreate(&after_), "creating an event");
  }
  EventPair(const EventPair&) = delete;
  EventPair& operator=(const EventPair&) = delete;
  ~EventPair() {
    cudaEventDestroy(before_);
    cudaEventDestroy(after_);
  }
  /// Microseconds between them.
  double time(cudaStream_t stream, const std::function<void()>& launch) {
    check(cudaEventRecord(before_, stream), "recording an event");
    launch();
    check(cudaGetLastError(), "starting a kernel");
    check(cudaEventRecord(after_, stream), "recording an event");
    check(cudaStreamSynchronize(stream), "running a kernel");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, before_, after_), "reading an event");
    return ms * 1e3;
  }

 private:
  cudaEvent_t before_ = nullptr, after_ = nullptr;
};

/// From the first block's begin to the last block's end.
double inside_us(const std::vector<Span>& spans) {
  unsigned long long begin = ~0ull, end = 0;
  for (const Span& span : spans) {
    begin = std::min(begin, span.ns_begin);
    end = std::max(end, span.ns_end);
  }
  return static_cast<double>(end - begin) * 1e-3;
}

void measure_empty(Context& context, EventPair& events, int kernels, int blocks, bool ahead) {
  std::vector<double> us;
  for (int run = 0; run < 30; ++run) {
    if (ahead) {
      queue_delay(context.stream, 100);
    }
    us.push_back(events.time(context.stream, [&] {
      for (int i = 0; i < kernels; ++i) {
        empty<<<blocks, 128, 0, context.stream>>>();
      }
    }));
  }
  context.record({"launch.events",
                  "time between two events with this many empty kernels between them",
                  "us",
                  ahead ? "queued behind a kernel of 100 us" : "stream and card idle before",
                  {{"kernels", static_cast<double>(kernels)},
                   {"blocks", static_cast<double>(blocks)},
                   {"host_ahead", ahead ? 1.0 : 0.0}},
                  us});
}

/// Event time of a kernel that notes its own begin and end, less the time between those.
void measure_overhead(Context& context, EventPair& events, DeviceArray<uint4>& flush, int blocks, bool flushed) {
  DeviceArray<Span> spans(blocks);
  std::vector<double> us;
  for (int run = 0; run < 30; ++run) {
    queue_delay(context.stream, 100);
    if (flushed) {
      read_through(context.stream, flush.data(), flush.bytes());
    }
    const double outside =
        events.time(context.stream, [&] { occupy<<<blocks, 128, 0, context.stream>>>(20000, spans.data()); });
    us.push_back(outside - inside_us(spans.download()));
  }
  context.record({"launch.event_overhead",
                  "time between two events around a kernel, less first block's begin to last block's end",
                  "us",
                  std::string("kernel of 20 us, blocks of 128 threads, ") +
                      (flushed ? "behind a kernel that reads 256 MiB" : "behind a kernel that spins"),
                  {{"blocks", static_cast<double>(blocks)}, {"after_flush", flushed ? 1.0 : 0.0}},
                  us});
}

void measure_ramp(Context& context, EventPair& events, DeviceArray<uint4>& data, DeviceArray<uint4>& flush) {
  const int blocks = 2 * context.card.multiProcessorCount;
  DeviceArray<Span> spans(blocks);
  DeviceArray<unsigned> sink(1);
  for (double mib : {0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0}) {
    const auto bytes = static_cast<std::size_t>(mib * (1 << 20));
    std::vector<double> outside, inside;
    for (int run = 0; run < 15; ++run) {
      queue_delay(context.stream, 100);
      read_through(context.stream, flush.data(), flush.bytes());
      outside.push_back(events.time(context.stream, [&] {
        read_once<<<blocks, 512, 0, context.stream>>>(data.data(), bytes / sizeof(uint4), sink.data(), spans.data());
      }));
      inside.push_back(inside_us(spans.download()));
    }
    const std::string conditions =
        "L2 flushed by reading, host ahead, 2 blocks of 512 threads per SM, 4 16-byte loads per thread in flight";
    const std::vector<std::pair<std::string, double>> at = {{"bytes", static_cast<double>(bytes)}};
    context.record(
        {"ramp.read", "a kernel that reads this much from HBM, event to event", "us", conditions, at, outside});
    context.record(
        {"ramp.read_inside", "... from its first block's begin to its last block's end", "us", conditions, at, inside});
  }
}

}  // namespace

void measure_events(Context& context) {
  EventPair events;
  for (int kernels : {0, 1, 2, 3}) {
    for (int blocks : {1, 528}) {
      if (kernels > 0 || blocks == 1) {
        measure_empty(context, events, kernels, blocks, true);
        measure_empty(context, events, kernels, blocks, false);
      }
    }
  }
  DeviceArray<uint4> flush((std::size_t{256} << 20) / sizeof(uint4)), data((std::size_t{64} << 20) / sizeof(uint4));
  fill_random(context.stream, flush.data(), flush.bytes());
  fill_random(context.stream, data.data(), data.bytes());
  for (int blocks : {1, context.card.multiProcessorCount, 4 * context.card.multiProcessorCount}) {
    measure_overhead(context, events, flush, blocks, false);
    measure_overhead(context, events, flush, blocks, true);
  }
  measure_ramp(context, events, data, flush);
}

}  // namespace microbench
