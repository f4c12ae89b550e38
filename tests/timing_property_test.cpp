// What holds of every run: the floor of its own counts, order in bandwidth, SMs and clock, bits that repeat, and
// shortcuts that change nothing.
#include <cstring>
#include <map>

#include "sim/analysis/simulate.h"
#include "tests/catch.h"
#include "tests/programs.h"
#include "tests/timing_support.h"

using namespace sim;

namespace {

Machine machine(const char* name) { return load_machine(name, ATTOSCOPE_SOURCE_ASSETS); }

struct Case {
  const char* machine;
  const char* algorithm;
  Problem problem;
  Schedule schedule{};
};

Problem problem(std::int32_t batch, std::int32_t heads, std::int32_t queries, std::int32_t keys, std::int32_t d,
                Mask mask = Mask::none, DType dtype = DType::fp16, std::int32_t kv_heads = 0) {
  Problem p;
  p.batch = batch;
  p.heads = heads;
  p.kv_heads = kv_heads;
  p.seqlen_q = queries;
  p.seqlen_kv = keys;
  p.head_dim = d;
  p.dtype = dtype;
  p.mask = mask;
  p.rows = queries;
  p.row_length = keys;
  return p;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Algorithm& algorithm : algorithms()) {
    all.push_back({"a100-40gb", algorithm.name, problem(2, 4, 777, 777, 64)});
    all.push_back({"h100-sxm", algorithm.name, problem(1, 8, 300, 1500, 128, Mask::causal, DType::bf16, 2)});
    all.push_back({"v100", algorithm.name, problem(1, 2, 200, 130, 32, Mask::none, DType::fp32)});
  }
  all.push_back({"h100-sxm", "flash2", problem(2, 16, 2048, 2048, 128)});
  all.push_back({"h100-sxm", "flash_decoding", problem(4, 32, 1, 16384, 128, Mask::none, DType::fp16, 8)});
  all.push_back({"blackboard", "flash2", problem(1, 1, 8, 8, 4, Mask::none, DType::fp32), {2, 2}});
  return all;
}

Report run(const Case& c, const Machine& m, bool memoise = true) {
  return simulate({m, c.algorithm, c.problem, c.schedule}, {true, memoise});
}

std::string name(const Case& c) {
  return std::string(c.algorithm) + " on " + c.machine + ", Nq " + std::to_string(c.problem.seqlen_q);
}

}  // namespace

TEST_CASE("time is never below the floor of the run's own counts", "[property]") {
  for (const Case& c : cases()) {
    INFO(name(c));
    const Machine m = machine(c.machine);
    const Report r = run(c, m);
    const double cycles = r.cycles, sms = m.chip.sm_count;
    const bool fp32 = c.problem.dtype == DType::fp32;
    const double flops_a_clock = m.matmul_flops_per_clock(fp32 ? MatmulUnit::ffma : MatmulUnit::mma_sync);
    CHECK(cycles >= double(r.work.matmul_flops) / (flops_a_clock * sms));
    CHECK(cycles >= double(r.work.exps) / (m.rates.exp_per_clock * sms));
    CHECK(cycles >= double(r.work.smem_operand_bytes) / (m.rates.smem_bytes_per_clock * sms));
    CHECK(cycles >= double(r.l2_read_bytes + r.l2_write_bytes) / m.l2.bytes_per_clock);
    CHECK(cycles >= double(r.dram_read_bytes) / m.hbm_read_bytes_per_clock() +
                        double(r.dram_write_bytes) / m.hbm_write_bytes_per_clock());
    for (const auto& [unit, busy] : r.utilisation) {
      INFO(unit);
      CHECK(busy >= 0);
      CHECK(busy <= 1);
    }
  }
}

// A unit that serves the oldest first is a list schedule, and such a schedule may get longer when a part of the work
// gets shorter (Graham 1969, "Bounds on multiprocessing timing anomalies").
constexpr double kAnomaly = 1.04;

TEST_CASE("more bandwidth, more SMs or a higher clock cost no time, but for anomalies of a list schedule",
          "[property]") {
  const auto never_slower = [](const Case& c, const char* key, const std::vector<double>& factors,
                               double& (*field)(Machine&)) {
    double before = 0;
    for (const double factor : factors) {
      Machine m = machine(c.machine);
      field(m) *= factor;
      const double us = run(c, m, false).time_us;
      INFO(name(c) << ", " << key << " x " << factor << ": " << us << " us after " << before);
      if (before > 0) {
        CHECK(us <= before * kAnomaly);
      }
      before = us;
    }
  };
  const std::vector<double> factors = {0.25, 0.5, 1, 2, 4};
  for (Case c : cases()) {
    c.schedule = prepare({machine(c.machine), c.algorithm, c.problem, c.schedule}).schedule;  // the same for all
    never_slower(c, "hbm.read_gb_per_s", factors, [](Machine& m) -> double& { return m.hbm.read_gb_per_s; });
    never_slower(c, "l2.bytes_per_clock", factors, [](Machine& m) -> double& { return m.l2.bytes_per_clock; });
    never_slower(c, "chip.clock_mhz", factors, [](Machine& m) -> double& { return m.chip.clock_mhz; });
    double before = 0;
    for (const int divisor : {4, 2, 1}) {
      Machine m = machine(c.machine);
      m.chip.sm_count /= divisor;
      const double us = run(c, m, false).time_us;
      INFO(name(c) << ", " << m.chip.sm_count << " SMs: " << us << " us after " << before);
      if (before > 0) {
        CHECK(us <= before * kAnomaly);
      }
      before = us;
    }
  }
}

TEST_CASE("rule 8: DRAM that turns round between reads and writes takes as much longer as a copy does", "[property]") {
  Problem streamed;
  streamed.rows = 65536;
  streamed.row_length = 4096;
  const auto time_us = [&](double copy_gb_per_s) {
    Machine m = machine("a100-40gb");
    m.hbm.copy_gb_per_s = copy_gb_per_s;
    return simulate({m, "softmax_online", streamed, {}}, {}).time_us;
  };
  const Machine m = machine("a100-40gb");
  const double no_loss = 2 / (1 / m.hbm.read_gb_per_s + 1 / m.hbm.write_gb_per_s);
  CHECK(time_us(no_loss) == Catch::Approx(time_us(0)));
  CHECK(time_us(0.8 * no_loss) / time_us(0) == Catch::Approx(1.25).epsilon(0.03));  // nearly as much written as read
}

TEST_CASE("two runs are identical to the bit", "[property]") {
  for (const Case& c : cases()) {
    INFO(name(c));
    const Report a = run(c, machine(c.machine)), b = run(c, machine(c.machine));
    CHECK(std::memcmp(&a.cycles, &b.cycles, sizeof a.cycles) == 0);
    CHECK(std::memcmp(&a.time_us, &b.time_us, sizeof a.time_us) == 0);
    for (std::size_t i = 0; i < a.waits.size(); ++i) {
      CHECK(std::memcmp(&a.waits[i].second, &b.waits[i].second, sizeof(double)) == 0);
    }
    CHECK(a.bound == b.bound);
  }
}

TEST_CASE("memoised time is within half a percent of the full simulation, counters equal", "[property]") {
  std::vector<Case> all = cases();
  for (const char* algorithm : {"flash1", "flash2", "standard", "memory_efficient", "flash_decoding"}) {
    all.push_back({"a100-40gb", algorithm, problem(4, 16, 4096, 4096, 64)});
    all.push_back({"h100-sxm", algorithm, problem(2, 8, 4096, 4096, 128, Mask::causal)});
  }
  all.push_back({"h100-sxm", "flash2", problem(2, 16, 8192, 8192, 128)});
  all.push_back({"h100-sxm", "flash2", problem(1, 3, 8192, 8192, 64)});  // less than a wave
  all.push_back({"a100-40gb", "softmax_online", problem(1, 1, 4096, 32768, 64)});
  for (const Case& c : all) {
    const Report full = run(c, machine(c.machine), false), memoised = run(c, machine(c.machine), true);
    INFO(name(c) << ": " << memoised.time_us << " us memoised, " << full.time_us << " us in full");
    CHECK(memoised.time_us == Catch::Approx(full.time_us).epsilon(0.005));
    CHECK(memoised.work == full.work);
    CHECK(memoised.two_level == full.two_level);
    CHECK(memoised.dram_read_bytes == full.dram_read_bytes);
    CHECK(memoised.dram_write_bytes == full.dram_write_bytes);
    CHECK(memoised.l2_hit_rate == full.l2_hit_rate);
  }
}

TEST_CASE("merged steps take the time of their parts, and spans tell the same story", "[property]") {
  const Machine m = machine("a100-40gb");
  for (const char* algorithm : {"flash1", "flash2", "standard", "flash_decoding"}) {
    const Prepared prepared = prepare({m, algorithm, problem(1, 4, 500, 700, 64), {}});
    L2Model l2(prepared.plan, m);
    for (std::size_t k = 0; k < prepared.plan.kernels.size(); ++k) {
      INFO(algorithm << ", kernel " << k);
      const Kernel& kernel = prepared.plan.kernels[k];
      const int blocks = fit_kernel(prepared.plan, kernel, m).occupancy.blocks_per_sm;
      const L2Kernel traffic = l2.run(k, std::int64_t{blocks} * m.chip.sm_count);
      double last = 0;
      std::int64_t loaded = 0;
      const SpanSink sink = [&](const Span& span) {
        last = std::max(last, span.end);
        loaded += span.kind == StepKind::load;
        CHECK(span.begin <= span.end);
      };
      const KernelTiming merged = time_kernel({prepared.plan, kernel, m, traffic, blocks, false, nullptr});
      const KernelTiming parts = time_kernel({prepared.plan, kernel, m, traffic, blocks, false, &sink});
      CHECK(merged.cycles == Catch::Approx(parts.cycles).epsilon(1e-9));
      CHECK(last <= parts.cycles * (1 + 1e-9));
      CHECK(loaded > 0);
    }
  }
}

TEST_CASE("atomics, gathers, roles and branches are placed in time, every byte of theirs", "[property]") {
  const Machine m = machine("h100-sxm");
  for (const tests::Proof& proof : tests::proof_programs()) {
    L2Model l2(proof.plan, m);
    for (std::size_t k = 0; k < proof.plan.kernels.size(); ++k) {
      INFO(proof.name << ", kernel " << k);
      const Kernel& kernel = proof.plan.kernels[k];
      const KernelFit fit = fit_kernel(proof.plan, kernel, m);
      const L2Kernel traffic = l2.run(k, std::int64_t{fit.occupancy.blocks_per_sm} * m.chip.sm_count);
      std::map<std::pair<std::int64_t, int>, double> free_from;  // each actor's compute steps come one by one
      const SpanSink sink = [&](const Span& span) {
        double& free = free_from[{span.block, span.role}];
        if (span.kind == StepKind::compute) {
          CHECK(span.begin >= free - 1e-6);
          free = span.end;
        }
      };
      const TimingInput input{proof.plan, kernel, m, traffic, fit.occupancy.blocks_per_sm, false, nullptr};
      TimingInput with_spans = input;
      with_spans.spans = &sink;
      const KernelTiming timing = time_kernel(input), again = time_kernel(with_spans);
      CHECK(timing.cycles > m.overheads.block_start_cycles);
      CHECK(again.cycles == Catch::Approx(timing.cycles).epsilon(1e-9));
      const Counters counted = count_kernel(proof.plan, kernel);
      CHECK(traffic.read_bytes == counted.traffic().read_bytes);
      CHECK(traffic.write_bytes == counted.traffic().write_bytes + counted.traffic().reduce_bytes);
    }
  }
}

TEST_CASE("two consumers take turns at S = Q K^T and else work side by side, while the producer copies", "[property]") {
  const Machine m = machine("h100-sxm");
  const tests::Proof proof = tests::producer_consumer(DType::fp16);
  const Kernel& kernel = proof.plan.kernels[0];
  Trace trace;
  record_block(kernel, 0, trace);
  REQUIRE(trace.roles.size() == 4);
  L2Model l2(proof.plan, m);
  const L2Kernel traffic = l2.run(0, m.chip.sm_count);
  std::vector<Span> scores, others, copies;
  const SpanSink sink = [&](const Span& span) {
    if (span.block == 0 && span.kind == StepKind::load && span.role == 1) {
      copies.push_back(span);
    } else if (span.block == 0 && span.kind == StepKind::compute && span.role > 1) {
      (trace.ops[span.op].transpose_b ? scores : others).push_back(span);
    }
  };
  time_kernel({proof.plan, kernel, m, traffic, 1, false, &sink});
  const auto overlaps = [](const std::vector<Span>& a, const std::vector<Span>& b) {
    int count = 0;
    for (const Span& x : a) {
      for (const Span& y : b) {
        count += x.role < y.role && x.begin < y.end && y.begin < x.end;
      }
    }
    return count;
  };
  CHECK(overlaps(scores, scores) == 0);
  CHECK(overlaps(others, others) > 0);
  CHECK(overlaps(copies, scores) + overlaps(copies, others) > 0);
}
