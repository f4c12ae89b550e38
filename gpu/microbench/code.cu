// Code that an SM runs for the first time: what fetching its instructions costs, from HBM and from the L2.
#include <array>
#include <map>

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

constexpr int kThreads = 128;  // one warp to a quarter of the SM
constexpr int kRuns = 15;

/// `Kib` of straight-line code: 64 instructions of 16 bytes each KiB, on 8 independent chains.
template <int Kib>
__device__ __forceinline__ void run_straight(float (&v)[8], float factor, float addend) {
#pragma unroll
  for (int i = 0; i < Kib; ++i) {
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      asm volatile(
          "fma.rn.f32 %0, %0, %8, %9;\n\tfma.rn.f32 %1, %1, %8, %9;\n\tfma.rn.f32 %2, %2, %8, %9;\n\t"
          "fma.rn.f32 %3, %3, %8, %9;\n\tfma.rn.f32 %4, %4, %8, %9;\n\tfma.rn.f32 %5, %5, %8, %9;\n\t"
          "fma.rn.f32 %6, %6, %8, %9;\n\tfma.rn.f32 %7, %7, %8, %9;"
          : "+f"(v[0]), "+f"(v[1]), "+f"(v[2]), "+f"(v[3]), "+f"(v[4]), "+f"(v[5]), "+f"(v[6]), "+f"(v[7])
          : "f"(factor), "f"(addend));
    }
  }
}

/// Clocks of a block's last pass but one and of its last.
struct Passes {
  long long first, second;
};

template <int Kib>
__global__ void __launch_bounds__(kThreads) run_code(int passes, float factor, float* sink, Passes* times) {
  if (passes <= 0 || factor == 0) {  // the parameters come from memory too: before the clock
    return;
  }
  float v[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    v[i] = static_cast<float>(threadIdx.x + i);
  }
  const float addend = factor * static_cast<float>(threadIdx.x);
  __syncthreads();
  const long long begin = read_clock();
  long long middle = begin, end = begin;
#pragma unroll 1
  for (int pass = 0; pass < passes; ++pass) {
    run_straight<Kib>(v, factor, addend);
    middle = end;
    end = read_clock();
  }
  if (threadIdx.x == 0) {
    times[blockIdx.x] = {middle - begin, end - middle};
  }
  sink[blockIdx.x * kThreads + threadIdx.x] = v[0] + v[1] + v[2] + v[3] + v[4] + v[5] + v[6] + v[7];
}

using Kernel = void (*)(int, float, float*, Passes*);

struct Size {
  int kib;
  Kernel kernel;
};
constexpr std::array kSizes = {Size{4, run_code<4>},   Size{8, run_code<8>},   Size{16, run_code<16>},
                               Size{32, run_code<32>}, Size{64, run_code<64>}, Size{128, run_code<128>}};

enum class State { Cold, L2, Warm };

struct Measured {
  std::vector<double> extra;    ///< first pass less second, of every SM and run
  std::vector<double> second;   ///< second pass
  std::vector<double> medians;  ///< of `extra`, each run's
};

class Bench {
 public:
  explicit Bench(Context& context)
      : context_(context),
        blocks_(context.card.multiProcessorCount),
        flush_((std::size_t{512} << 20) / sizeof(uint4)),
        times_(2 * blocks_),
        sink_(std::size_t{2} * blocks_ * kThreads) {
    fill_random(context.stream, flush_.data(), flush_.bytes());
  }

  Measured run(Kernel kernel, int sms, State state) {
    Measured measured;
    for (int i = 0; i <= kRuns; ++i) {
      prepare(kernel, sms, state);
      launch(kernel, sms, 2);
      check(cudaStreamSynchronize(context_.stream), "running code");
      if (i > 0) {  // the first is warm-up
        collect(measured, sms);
      }
    }
    return measured;
  }

 private:
  void prepare(Kernel kernel, int sms, State state) {
    if (state != State::Cold) {
      launch(kernel, sms, 2);
    }
    if (state != State::Warm) {
      launch(run_code<255>, 2 * blocks_, 1);  // two of them: the assembler takes too long over one of 512 KiB
      launch(run_code<256>, 2 * blocks_, 1);
    }
    if (state == State::Cold) {
      read_through(context_.stream, flush_.data(), flush_.bytes());
    }
  }

  void launch(Kernel kernel, int blocks, int passes) {
    kernel<<<blocks, kThreads, 0, context_.stream>>>(passes, 0.5f, sink_.data(), times_.data());
    check(cudaGetLastError(), "starting code");
  }

  void collect(Measured& measured, int sms) {
    const std::vector<Passes> times = times_.download();
    std::vector<double> extra;
    for (int i = 0; i < sms; ++i) {
      extra.push_back(static_cast<double>(times[i].first - times[i].second));
      measured.second.push_back(static_cast<double>(times[i].second));
    }
    measured.medians.push_back(median(extra));
    measured.extra.insert(measured.extra.end(), extra.begin(), extra.end());
  }

  Context& context_;
  int blocks_;
  DeviceArray<uint4> flush_;
  DeviceArray<Passes> times_;
  DeviceArray<float> sink_;
};

struct Naming {
  State state;
  const char* name;
  const char* conditions;
};
constexpr std::array kStates = {
    Naming{State::Cold, "cold", "511 KiB of other code run before, then the L2 flushed by reading"},
    Naming{State::L2, "l2", "run once, then 511 KiB of other code"},
    Naming{State::Warm, "warm", "launched twice in a row"},
};

void measure_state(Context& context, Bench& bench, const Naming& state, int sms) {
  const std::string blocks = "straight-line FFMA, one block of 128 threads to an SM, over SMs and runs; ";
  std::map<int, std::vector<double>> medians;
  for (const auto& [kib, kernel] : kSizes) {
    Measured measured = bench.run(kernel, sms, state.state);
    const std::vector<std::pair<std::string, double>> at = {{"kib", kib}, {"sms", sms}};
    context.record({std::string("code.") + state.name, "first pass over this much code less the second", "clocks",
                    blocks + state.conditions, at, std::move(measured.extra)});
    if (state.state == State::Warm) {
      context.record({"code.second_pass", "second pass over this much code", "clocks", blocks + state.conditions, at,
                      std::move(measured.second)});
    }
    medians[kib] = std::move(measured.medians);
  }
  if (state.state != State::Warm) {
    Result slope = {std::string("code.") + state.name + "_clocks_per_kib",
                    "clocks that each further KiB of new code costs, from 16 to 64 KiB",
                    "clocks/KiB",
                    blocks + state.conditions,
                    {{"sms", static_cast<double>(sms)}},
                    {}};
    for (int i = 0; i < kRuns; ++i) {
      slope.samples.push_back((medians[64][i] - medians[16][i]) / 48);
    }
    context.record(std::move(slope));
  }
}

}  // namespace

void measure_code(Context& context) {
  Bench bench(context);
  for (int sms : {1, context.card.multiProcessorCount}) {
    for (const Naming& state : kStates) {
      measure_state(context, bench, state, sms);
    }
  }
}

}  // namespace microbench
