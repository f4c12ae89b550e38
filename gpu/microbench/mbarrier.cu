// What it costs to wait for each other: mbarriers and named barriers, between warps and among a warpgroup.
#include "microbench/mbarrier.h"

#include "microbench/stopwatch.h"

namespace microbench {
namespace {

/// The block's two halves wait for each other in turn, through one mbarrier each way; every thread arrives and waits.
__global__ void ping_pong(int rounds, Span* spans) {
  __shared__ std::uint64_t barriers[2];
  const unsigned half = blockDim.x / 2;
  if (threadIdx.x == 0) {
    init_barrier(barriers, half);
    init_barrier(barriers + 1, half);
  }
  begin_span(*spans);
  const bool first = threadIdx.x < half;
  for (int round = 0; round < rounds; ++round) {
    if (first) {
      arrive(barriers);
      wait_for(barriers + 1, round % 2);
    } else {
      wait_for(barriers, round % 2);
      arrive(barriers + 1);
    }
  }
  end_span(*spans);
}

/// One thread of each of two warps.
__global__ void ping_pong_two_threads(int rounds, Span* spans) {
  __shared__ std::uint64_t barriers[2];
  if (threadIdx.x == 0) {
    init_barrier(barriers, 1);
    init_barrier(barriers + 1, 1);
  }
  begin_span(*spans);
  if (threadIdx.x == 0) {
    for (int round = 0; round < rounds; ++round) {
      arrive(barriers);
      wait_for(barriers + 1, round % 2);
    }
  } else if (threadIdx.x == 32) {
    for (int round = 0; round < rounds; ++round) {
      wait_for(barriers, round % 2);
      arrive(barriers + 1);
    }
  }
  end_span(*spans);
}

/// All threads of the block meet at one mbarrier.
__global__ void meet(int rounds, Span* spans) {
  __shared__ std::uint64_t barrier;
  if (threadIdx.x == 0) {
    init_barrier(&barrier, blockDim.x);
  }
  begin_span(*spans);
  for (int round = 0; round < rounds; ++round) {
    arrive(&barrier);
    wait_for(&barrier, round % 2);
  }
  end_span(*spans);
}

/// Asks for a phase that is complete: of a fresh barrier, that of parity 1.
__global__ void ask(int rounds, Span* spans) {
  __shared__ std::uint64_t barrier;
  if (threadIdx.x == 0) {
    init_barrier(&barrier, 1);
  }
  begin_span(*spans);
#pragma unroll 8
  for (int round = 0; round < rounds; ++round) {
    wait_for(&barrier, 1);
  }
  end_span(*spans);
}

/// Every 128 threads meet at a named barrier of their own.
__global__ void meet_named(int rounds, Span* spans) {
  const unsigned id = 1 + threadIdx.x / 128;
  begin_span(*spans);
#pragma unroll 8
  for (int round = 0; round < rounds; ++round) {
    asm volatile("bar.sync %0, 128;" ::"r"(id) : "memory");
  }
  end_span(*spans);
}

/// Two warpgroups give each other the turn through two named barriers: bar.arrive to give, bar.sync to take.
__global__ void ping_pong_named(int rounds, Span* spans) {
  begin_span(*spans);
  if (threadIdx.x < 128) {
    for (int round = 0; round < rounds; ++round) {
      asm volatile("bar.arrive 1, 256;" ::: "memory");
      asm volatile("bar.sync 2, 256;" ::: "memory");
    }
  } else {
    for (int round = 0; round < rounds; ++round) {
      asm volatile("bar.sync 1, 256;" ::: "memory");
      asm volatile("bar.arrive 2, 256;" ::: "memory");
    }
  }
  end_span(*spans);
}

constexpr int kRounds = 2048;

void measure_kernel(Context& context, void (*kernel)(int, Span*), int threads, double per_round, Result result) {
  const auto summaries =
      time_spans(context.stream, 15, 1, [&](Span* span) { kernel<<<1, threads, 0, context.stream>>>(kRounds, span); });
  result.at.emplace_back("threads", threads);
  result.unit = "clocks";
  context.record(clocks_per(std::move(result), {1, threads}, summaries, per_round * kRounds));
}

}  // namespace

void measure_mbarrier(Context& context) {
  measure_kernel(
      context, ping_pong_two_threads, 64, 2,
      {"mbarrier.handoff_thread", "arrive by one thread to the wait's success in another warp", "", "", {}, {}});
  for (int threads : {64, 256}) {
    measure_kernel(context, ping_pong, threads, 2,
                   {"mbarrier.handoff",
                    "arrive by half the block's threads to the wait's success in the other half",
                    "",
                    ", every thread arrives and waits",
                    {},
                    {}});
  }
  measure_kernel(context, meet, 128, 1,
                 {"mbarrier.meet", "all threads arrive at and wait for one mbarrier", "", "", {}, {}});
  measure_kernel(context, ask, 32, 1, {"mbarrier.ask", "try_wait for a phase that is complete", "", "", {}, {}});
  for (int threads : {128, 256, 512}) {
    measure_kernel(context, meet_named, threads, 1,
                   {"mbarrier.named", "bar.sync of each 128 threads at a barrier of their own", "", "", {}, {}});
  }
  measure_kernel(
      context, ping_pong_named, 256, 2,
      {"mbarrier.named_handoff", "bar.arrive of a warpgroup to the other's return from bar.sync", "", "", {}, {}});
}

}  // namespace microbench
