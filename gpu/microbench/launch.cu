// Kernel launches: in a stream, in a graph, and the change of blocks on an SM. And __syncthreads.
#include <algorithm>
#include <functional>
#include <map>

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

__global__ void empty() {}

__global__ void stamp(Span* spans) {
  begin_span(spans[blockIdx.x]);
  end_span(spans[blockIdx.x]);
}

__global__ void watch_timer(unsigned long long* times, int count) {
  unsigned long long last = read_ns();
  for (int i = 0; i < count; ++i) {
    while (read_ns() == last) {
    }
    last = read_ns();
    times[i] = last;
  }
}

/// A block that fills its SM and lasts long enough that all SMs have one.
__global__ void fill_sm(long long clocks, Span* spans) {
  begin_span(spans[blockIdx.x]);
  const long long begin = read_clock();
  while (read_clock() - begin < clocks) {
  }
  end_span(spans[blockIdx.x]);
}

__global__ void synchronize(int rounds, Span* spans) {
  begin_span(spans[blockIdx.x]);
#pragma unroll 16
  for (int i = 0; i < rounds; ++i) {
    __syncthreads();
  }
  end_span(spans[blockIdx.x]);
}

constexpr int kKernels = 100;

std::vector<double> per_kernel_us(const std::vector<double>& ms) {
  std::vector<double> us;
  for (double m : ms) {
    us.push_back(m * 1e3 / kKernels);
  }
  return us;
}

void measure_stream(Context& context, int blocks) {
  std::vector<double> ms;
  for (int run = 0; run < 15; ++run) {
    queue_delay(context.stream, 2000);
    ms.push_back(time_launches(context.stream, 1, [&] {
      for (int i = 0; i < kKernels; ++i) {
        empty<<<blocks, 128, 0, context.stream>>>();
      }
    })[0]);
  }
  context.record({"launch.stream",
                  "period of empty kernels in one stream",
                  "us",
                  "100 kernels of one block of 128 threads per SM, host ahead",
                  {},
                  per_kernel_us(ms)});
}

/// A chain of kKernels kernels as a graph.
class GraphChain {
 public:
  GraphChain(cudaStream_t stream, const std::function<void(int)>& launch) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "starting a capture");
    for (int i = 0; i < kKernels; ++i) {
      launch(i);
    }
    check(cudaStreamEndCapture(stream, &graph_), "ending a capture");
    check(cudaGraphInstantiate(&runnable_, graph_, 0), "making a graph");
  }
  GraphChain(const GraphChain&) = delete;
  GraphChain& operator=(const GraphChain&) = delete;
  ~GraphChain() {
    cudaGraphExecDestroy(runnable_);
    cudaGraphDestroy(graph_);
  }
  void launch(cudaStream_t stream) { check(cudaGraphLaunch(runnable_, stream), "starting a graph"); }

 private:
  cudaGraph_t graph_ = nullptr;
  cudaGraphExec_t runnable_ = nullptr;
};

void measure_graph(Context& context, int blocks) {
  GraphChain chain(context.stream, [&](int) { empty<<<blocks, 128, 0, context.stream>>>(); });
  const auto ms = time_launches(context.stream, 15, [&] { chain.launch(context.stream); });
  context.record({"launch.graph",
                  "period of empty kernels in a graph that is a chain",
                  "us",
                  "100 kernels of one block of 128 threads per SM",
                  {},
                  per_kernel_us(ms)});
}

/// From the last stamp of each kernel to the first of the next.
std::vector<double> gaps_us(const std::vector<Span>& spans, int blocks) {
  std::vector<double> gaps;
  for (int i = 1; i < kKernels; ++i) {
    const auto next = spans.begin() + static_cast<std::ptrdiff_t>(i) * blocks;
    const auto last =
        std::max_element(next - blocks, next, [](const Span& a, const Span& b) { return a.ns_end < b.ns_end; });
    const auto first =
        std::min_element(next, next + blocks, [](const Span& a, const Span& b) { return a.ns_begin < b.ns_begin; });
    // As integers: the timer counts from 1970, and a double of its nanoseconds is good to 256.
    gaps.push_back(static_cast<double>(static_cast<long long>(first->ns_begin - last->ns_end)) * 1e-3);
  }
  return gaps;
}

/// Kernels that wait for each other, each storing when it began and ended.
void measure_gap(Context& context, int blocks) {
  DeviceArray<Span> spans(static_cast<std::size_t>(kKernels) * blocks);
  const auto launch = [&](int i) {
    stamp<<<blocks, 32, 0, context.stream>>>(spans.data() + static_cast<std::size_t>(i) * blocks);
  };
  const std::string text = "from a kernel's last instruction to the next one's first, ";
  const std::string conditions = "global timer, one block of 32 threads per SM that stores 40 bytes, host ahead";
  queue_delay(context.stream, 3000);
  for (int i = 0; i < kKernels; ++i) {
    launch(i);
  }
  check(cudaStreamSynchronize(context.stream), "running stamps");
  context.record({"launch.gap", text + "in one stream", "us", conditions, {}, gaps_us(spans.download(), blocks)});

  GraphChain chain(context.stream, launch);
  queue_delay(context.stream, 1000);
  chain.launch(context.stream);
  check(cudaStreamSynchronize(context.stream), "running stamps");
  context.record({"launch.gap_graph", text + "in a graph", "us", conditions, {}, gaps_us(spans.download(), blocks)});
}

/// The steps of the global timer that one thread sees: what the gaps are good to.
void measure_timer_step(Context& context) {
  constexpr int kSteps = 64;
  DeviceArray<unsigned long long> times(kSteps);
  watch_timer<<<1, 1, 0, context.stream>>>(times.data(), kSteps);
  check(cudaStreamSynchronize(context.stream), "reading the global timer");
  const std::vector<unsigned long long> all = times.download();
  std::vector<double> steps;
  for (int i = 1; i < kSteps; ++i) {
    steps.push_back(static_cast<double>(all[i] - all[i - 1]));
  }
  context.record({"timer.step", "step of the global timer", "ns", "one thread that waits for changes", {}, steps});
}

/// One kernel in a stream that has nothing else, host and card idle: event to event.
void measure_alone(Context& context, int blocks) {
  std::vector<double> us;
  cudaEvent_t before = nullptr, after = nullptr;
  check(cudaEventCreate(&before), "creating an event");
  check(cudaEventCreate(&after), "creating an event");
  for (int run = 0; run < 50; ++run) {
    queue_delay(context.stream, 100);
    check(cudaEventRecord(before, context.stream), "recording an event");
    empty<<<blocks, 128, 0, context.stream>>>();
    check(cudaEventRecord(after, context.stream), "recording an event");
    check(cudaStreamSynchronize(context.stream), "running an empty kernel");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, before, after), "reading an event");
    us.push_back(ms * 1e3);
  }
  cudaEventDestroy(before);
  cudaEventDestroy(after);
  context.record({"launch.alone",
                  "one empty kernel between two events",
                  "us",
                  "one block of 128 threads per SM, queued behind a delay",
                  {},
                  us});
}

/// From a block's last instruction to the next one's first on the same SM.
void measure_block_start(Context& context) {
  const int blocks = 4 * context.card.multiProcessorCount;
  const int smem = static_cast<int>(context.card.sharedMemPerBlockOptin);
  check(cudaFuncSetAttribute(fill_sm, cudaFuncAttributeMaxDynamicSharedMemorySize, smem), "asking for SMEM");
  for (int threads : {32, 128, 256, 1024}) {
    DeviceArray<Span> spans(blocks);
    fill_sm<<<blocks, threads, smem, context.stream>>>(20000, spans.data());
    check(cudaStreamSynchronize(context.stream), "running blocks that fill an SM");
    std::map<unsigned, std::vector<Span>> by_sm;
    for (const Span& span : spans.download()) {
      by_sm[span.sm].push_back(span);
    }
    std::vector<double> gaps;
    for (auto& [sm, of_sm] : by_sm) {
      std::sort(of_sm.begin(), of_sm.end(), [](const Span& a, const Span& b) { return a.clock_begin < b.clock_begin; });
      for (std::size_t i = 1; i < of_sm.size(); ++i) {
        gaps.push_back(static_cast<double>(of_sm[i].clock_begin - of_sm[i - 1].clock_end));
      }
    }
    context.record({"block.start",
                    "from a block's last instruction to the first of the next one on its SM",
                    "clocks",
                    "blocks take an SM's whole SMEM, 4 per SM in turn",
                    {{"threads", static_cast<double>(threads)}},
                    gaps});
  }
}

}  // namespace

void measure_launch(Context& context) {
  const int blocks = context.card.multiProcessorCount;
  measure_timer_step(context);
  measure_alone(context, blocks);
  measure_stream(context, blocks);
  measure_gap(context, blocks);
  measure_graph(context, blocks);
  measure_block_start(context);
}

void measure_barrier(Context& context) {
  constexpr int kRounds = 1024;
  const int blocks = context.card.multiProcessorCount;
  for (int threads : {32, 128, 256, 512, 1024}) {
    const auto summaries = time_spans(context.stream, 15, blocks, [&](Span* spans) {
      synchronize<<<blocks, threads, 0, context.stream>>>(kRounds, spans);
    });
    Result result{"barrier.syncthreads",
                  "clocks from one __syncthreads to the next, all warps at it",
                  "clocks",
                  span_conditions(blocks, threads, summaries),
                  {{"threads", static_cast<double>(threads)}},
                  {}};
    for (const SpanSummary& summary : summaries) {
      result.samples.push_back(summary.cycles / kRounds);
    }
    context.record(std::move(result));
  }
}

}  // namespace microbench
