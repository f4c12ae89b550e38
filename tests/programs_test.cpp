// The proof programs (programs.h) through the executors: values against a reference, counters against closed forms,
// footprints, the order into which roles are merged, and deadlocks.
#include "tests/programs.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "sim/executors/footprint.h"
#include "sim/executors/io.h"
#include "sim/timeline/timeline.h"
#include "tests/catch.h"

namespace {

using namespace sim;  // NOLINT: tests name most of it

Values start_of(const tests::Proof& proof) {
  NumericRun run(proof.plan);
  proof.set_inputs(run);
  return run.values();
}

// Counters of all kernels together.
Counters count_all(const Plan& plan) {
  Counters counters;
  for (const Kernel& kernel : plan.kernels) {
    counters.add(count_kernel(plan, kernel));
  }
  return counters;
}

std::int64_t smem_peak(const Plan& plan) {
  std::int64_t peak = 0;
  Trace trace;
  for (const Kernel& kernel : plan.kernels) {
    for (std::int32_t block = 0; block < kernel.blocks; ++block) {
      record_block(kernel, block, trace);
      peak = std::max(peak, footprint_of(trace).smem_peak_bytes);
    }
  }
  return peak;
}

}  // namespace

TEST_CASE("programs: values agree with the reference") {
  for (const DType dtype : {DType::fp32, DType::fp16, DType::bf16}) {
    for (const tests::Proof& proof : {tests::atomic_reduction(dtype), tests::paged_attention(dtype),
                                      tests::producer_consumer(dtype), tests::lazy_rescale(dtype, 0.5f)}) {
      NumericRun run(proof.plan);
      proof.set_inputs(run);
      run.run();
      INFO(proof.name << " " << name_of(dtype));
      CHECK(proof.max_abs_error(run) <= proof.tolerance);
    }
  }
}

TEST_CASE("programs: counters equal their closed forms, streamed, recorded and at the timeline's end") {
  for (const DType dtype : {DType::fp32, DType::fp16}) {
    for (const tests::Proof& proof :
         {tests::atomic_reduction(dtype), tests::paged_attention(dtype), tests::producer_consumer(dtype)}) {
      const Counters counters = count_all(proof.plan);
      INFO(proof.name << " " << name_of(dtype));
      for (const TensorInfo& info : proof.plan.tensors) {
        INFO(info.name);
        CHECK(counters.by_tensor[info.tensor.id] == proof.traffic.at(info.name));
      }
      CHECK(counters.work.matmul_flops == proof.matmul_flops);
      Timeline timeline(proof.plan);
      CHECK(timeline.seek(timeline.ops()).counters == counters);
      CHECK(smem_peak(proof.plan) == proof.smem_peak_bytes);
    }
  }
}

TEST_CASE("programs: the timeline ends where a run does") {
  for (const tests::Proof& proof : tests::proof_programs()) {
    Timeline timeline(proof.plan, start_of(proof));
    NumericRun run(proof.plan);
    proof.set_inputs(run);
    run.run();
    INFO(proof.name);
    CHECK(timeline.seek(timeline.ops()).values->hash() == run.state_hash());
  }
}

TEST_CASE("programs: who wrote a value last, through atomics") {
  const tests::Proof proof = tests::atomic_reduction(DType::fp16);
  Timeline timeline(proof.plan, start_of(proof));
  const TensorId C = proof.plan.find("C")->tensor.id;
  const std::int64_t end = timeline.ops();
  std::vector<std::int64_t> writers;
  for (auto k = timeline.last_writer(C, 1, 9, 3, end); k; k = timeline.last_writer(C, 1, 9, 3, *k)) {
    writers.push_back(*k);
  }
  // Two heads of the group store zeros, then each adds three parts.
  REQUIRE(writers.size() == 8);
  for (std::size_t i = 0; i < writers.size(); ++i) {
    const Op op = timeline.op(writers[i]);
    CHECK(op.kind == (i < 6 ? OpKind::reduce_add : OpKind::store));
    CHECK(op.row == 8);
    CHECK(timeline.locate(writers[i]).slice == (i < 3 || i == 6 ? 3 : 2));
  }
}

// ---- Roles ----

namespace {

struct Phases {
  int arrivals, pending, done;
};

// Walks a merged trace as the roles would run: every wait must already be over, every phase fed in full.
void check_order(const Trace& trace) {
  std::vector<Phases> barriers;
  for (const BarrierInfo& info : trace.barriers) {
    barriers.push_back({info.arrivals, 0, info.completed_phases});
  }
  std::vector<std::vector<int>> waits(trace.roles.size(), std::vector<int>(barriers.size(), 0));
  bool roles_run = false;
  for (const Op& op : trace.ops) {
    roles_run = op.kind == OpKind::fork || (roles_run && op.kind != OpKind::join);
    CHECK((op.role == 0 || roles_run));
    if (op.barrier == kNoBarrier) {
      continue;
    }
    Phases& barrier = barriers[static_cast<std::size_t>(op.barrier)];
    if (op.kind == OpKind::wait) {
      CHECK(op.inner == ++waits[op.role][static_cast<std::size_t>(op.barrier)]);
      CHECK(barrier.done >= op.inner);
    } else if (++barrier.pending == barrier.arrivals) {
      barrier.pending = 0;
      ++barrier.done;
    }
  }
  CHECK(std::all_of(barriers.begin(), barriers.end(), [](const Phases& b) { return b.pending == 0; }));
}

}  // namespace

TEST_CASE("programs: roles are merged into an order that the barriers allow") {
  const tests::Proof proof = tests::producer_consumer(DType::fp16);
  Trace trace;
  for (std::int32_t block = 0; block < proof.plan.kernels[0].blocks; ++block) {
    record_block(proof.plan.kernels[0], block, trace);
    check_order(trace);
    CHECK(std::count_if(trace.ops.begin(), trace.ops.end(),
                        [](const Op& op) { return op.kind == OpKind::fork || op.kind == OpKind::join; }) == 2);
    CHECK(trace.roles[1].name == "producer");
    CHECK(trace.roles.size() == (block == 0 ? 4u : 3u));
  }
  // Two stages: the producer (role 1) is never more than two tiles of K and V ahead of the slower consumer, whose last
  // use of a tile is O += P V.
  record_block(proof.plan.kernels[0], 0, trace);
  int loaded = 0, used[4] = {0, 0, 0, 0};
  for (const Op& op : trace.ops) {
    loaded += op.role == 1 && op.kind == OpKind::load;
    used[op.role] += op.kind == OpKind::matmul && op.accumulate;
    CHECK(loaded <= 2 * (std::min(used[2], used[3]) + 2));
  }
}

TEST_CASE("programs: a deadlock names roles, barrier and line") {
  const tests::Proof proof = tests::producer_consumer(DType::fp16, tests::Mistake::consumer_keeps_buffers);
  Trace trace;
  CHECK_THROWS_WITH(record_block(proof.plan.kernels[0], 0, trace),
                    Catch::Matchers::ContainsSubstring("tests/programs.cpp:") &&
                        Catch::Matchers::ContainsSubstring("deadlock: role 'producer' waits at line ") &&
                        Catch::Matchers::ContainsSubstring("for phase 2 of barrier 1") &&
                        Catch::Matchers::ContainsSubstring("role 'consumer 0'") &&
                        Catch::Matchers::ContainsSubstring("role 'consumer 1'"));
}

// ---- Branches on data ----

TEST_CASE("programs: lazy rescaling branches on values, or as it assumes without them") {
  const tests::Proof lazy = tests::lazy_rescale(DType::fp16, 0.5f);
  Timeline assumed(lazy.plan), run(lazy.plan, start_of(lazy));
  // Rescalings of O: ops mul whose result has more than one column.
  const auto rescalings = [&](Timeline& timeline, std::int32_t slice) {
    int count = 0;
    for (std::int32_t block = 0; block < 3; ++block) {
      const auto trace = timeline.trace(0, slice, block);
      for (const Op& op : trace->ops) {
        count += op.kind == OpKind::mul && op.shape.cols > 1;
      }
    }
    return count;
  };
  CHECK(rescalings(assumed, 0) == 3);  // the first step of each block
  CHECK(rescalings(assumed, 1) == 3);
  CHECK(rescalings(run, 1) == 3);  // equal scores
  CHECK(rescalings(run, 0) > 6);   // growing ones
  CHECK(rescalings(run, 0) < 3 * 9);
  CHECK(run.ops() > assumed.ops());

  const tests::Proof always = tests::lazy_rescale(DType::fp16, -1.0f);
  Timeline eager(always.plan, start_of(always));
  CHECK(rescalings(eager, 0) == 3 * 9);
}
