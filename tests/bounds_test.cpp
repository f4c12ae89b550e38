// The roofline's floor by hand, on a machine of round numbers; and the bounds on traffic against the closed forms.
#include "sim/analysis/bounds.h"

#include <cmath>
#include <limits>
#include <string>

#include "sim/algorithms/algorithms.h"
#include "sim/analysis/closed_forms.h"
#include "sim/base/error.h"
#include "tests/catch.h"

namespace {

using Catch::Approx;
using sim::Machine;
using sim::MatmulUnit;
using sim::RunTotals;

Machine built_in(const std::string& name) { return sim::load_machine(name, ATTOSCOPE_SOURCE_ASSETS); }

double time_of(const Machine& machine, const RunTotals& totals, const std::string& unit) {
  for (const sim::UnitTime& time : sim::unit_times(machine, totals)) {
    if (time.unit == unit) {
      return time.us;
    }
  }
  FAIL("no unit " << unit);
  return 0;
}

std::array<std::int64_t, 3> flops_on(MatmulUnit unit, std::int64_t flops) {
  std::array<std::int64_t, 3> all{};
  all[static_cast<std::size_t>(unit)] = flops;
  return all;
}

}  // namespace

// Blackboard: 4 SMs at 1 GHz, so 1 us is 4000 clocks of an SM's units.
TEST_CASE("unit times of the blackboard machine, by hand") {
  const Machine m = built_in("blackboard");
  RunTotals t;
  t.matmul_flops = flops_on(MatmulUnit::mma_sync, 16 * 4000);
  CHECK(time_of(m, t, "tensor core") == Approx(1));
  t = {};
  t.matmul_flops = flops_on(MatmulUnit::ffma, 16 * 4000);  // 8 lanes, 2 FLOPs each
  CHECK(time_of(m, t, "fp32") == Approx(1));
  CHECK(time_of(m, t, "tensor core") == 0);
  t = {};
  t.exps = 4000;
  CHECK(time_of(m, t, "exp") == Approx(1));
  t = {};
  t.smem_bytes = 32 * 4000;
  CHECK(time_of(m, t, "smem") == Approx(1));
  t = {};
  t.l2_bytes = 16 * 1000;  // 16 bytes a clock for all, less than 4 ports of 8
  CHECK(time_of(m, t, "l2") == Approx(1));
  t = {};
  t.dram_read_bytes = 4 * 1000;
  t.dram_write_bytes = 8 * 1000;
  CHECK(time_of(m, t, "hbm") == Approx(3));
  CHECK(std::string(sim::roofline_bound(m, t)) == "hbm");
  CHECK(sim::roofline_floor_us(m, t) == Approx(3));
}

TEST_CASE("other FLOPs: known maxima go to the ALU, unknown ones may go to either") {
  const Machine m = built_in("blackboard");  // 8 FP32 lanes, 4 of the ALU
  RunTotals t;
  t.other_flops = 20 * 4000;
  CHECK(time_of(m, t, "fp32") == Approx(1));  // 16 FLOPs a clock beside 4
  CHECK(time_of(m, t, "alu") == 0);
  t.alu_flops = 12 * 4000;
  CHECK(time_of(m, t, "fp32") == Approx(0.5));
  CHECK(time_of(m, t, "alu") == Approx(3));
  CHECK(std::string(sim::roofline_bound(m, t)) == "alu");
  // Whatever the share of maxima is, the bound without it is no higher.
  RunTotals unknown = t;
  unknown.alu_flops.reset();
  for (std::int64_t maxima = 0; maxima <= t.other_flops; maxima += 1000) {
    t.alu_flops = maxima;
    CHECK(sim::roofline_floor_us(m, unknown) <= sim::roofline_floor_us(m, t) * (1 + 1e-12));
  }
}

TEST_CASE("ports limit the L2 where they are the narrower") {
  Machine m = built_in("blackboard");
  m.l2.bytes_per_clock_per_sm = 2;
  RunTotals t;
  t.l2_bytes = 8 * 1000;
  CHECK(time_of(m, t, "l2") == Approx(1));
}

TEST_CASE("nothing to do takes no time") { CHECK(sim::roofline_floor_us(built_in("h100-sxm"), {}) == 0); }

TEST_CASE("work for a unit that is not there is an error that names machine and unit") {
  RunTotals t;
  t.matmul_flops = flops_on(MatmulUnit::wgmma, 1);
  CHECK_THROWS_WITH(sim::unit_times(built_in("a100-40gb"), t), Catch::Matchers::ContainsSubstring("a100-40gb") &&
                                                                   Catch::Matchers::ContainsSubstring("tensor core"));
}

TEST_CASE("the floor falls with every rate and with the clock") {
  const Machine machine = built_in("h100-sxm");
  RunTotals t;
  t.dram_read_bytes = t.dram_write_bytes = t.l2_bytes = t.smem_bytes = 1000000;
  t.matmul_flops = {1000000, 1000000, 1000000};
  t.exps = t.other_flops = 1000000;
  const double floor = sim::roofline_floor_us(machine, t);
  for (const char* key : {"chip.sm_count", "chip.clock_mhz", "hbm.read_gb_per_s", "hbm.write_gb_per_s",
                          "l2.bytes_per_clock", "rates.fp32_lanes", "rates.exp_per_clock"}) {
    Machine faster = machine;
    const sim::MachineField& field = sim::find_machine_field(key);
    sim::set_machine_field(faster, key, 2 * field.get(machine));
    INFO(key);
    CHECK(sim::roofline_floor_us(faster, t) <= floor);
  }
}

TEST_CASE("intensity and ridge") {
  const Machine m = built_in("blackboard");
  CHECK(sim::arithmetic_intensity(100, 50) == 2);
  CHECK(std::isinf(sim::arithmetic_intensity(100, 0)));
  CHECK(sim::peak_flops_per_s(m, MatmulUnit::mma_sync) == Approx(64e9));
  CHECK(sim::ridge_flops_per_byte(m, MatmulUnit::mma_sync) == Approx(16));
  // At the ridge, matmul and reading take the same time.
  RunTotals t;
  t.dram_read_bytes = 1000000;
  t.matmul_flops = flops_on(MatmulUnit::mma_sync, 16 * t.dram_read_bytes);
  CHECK(time_of(m, t, "hbm") == Approx(time_of(m, t, "tensor core")));
}

TEST_CASE("compulsory bytes: Q, K, V in, O out, and what any algorithm moves at least") {
  sim::Problem p;
  p.batch = 2;
  p.heads = 6;
  p.kv_heads = 3;
  p.seqlen_q = 100;
  p.seqlen_kv = 70;
  p.head_dim = 32;
  p = sim::checked(p, false);
  const sim::Compulsory least = sim::compulsory_bytes(p);
  CHECK(least.read_bytes == 2 * (6 * 100 + 2 * 3 * 70) * 32 * 2);
  CHECK(least.write_bytes == 2 * 6 * 100 * 32 * 2);
  const Machine machine = built_in("a100-40gb");
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    if (!algorithm.softmax) {
      const auto forms = sim::closed_forms(algorithm.name, p, algorithm.schedule(p, {}, machine), machine);
      INFO(algorithm.name);
      CHECK(sim::find_closed_form(forms, "two_level.read_bytes").value >= least.read_bytes);
      CHECK(sim::find_closed_form(forms, "two_level.write_bytes").value >= least.write_bytes);
    }
  }
}

TEST_CASE("the lower bound on traffic: its two regimes meet at M = d^2, and it falls to the compulsory") {
  const std::int64_t N = 8192, d = 64;
  const double at = d * d;
  CHECK(sim::io_lower_bound_elements(N, N, d, at) == Approx(double(N) * N));
  CHECK(sim::io_lower_bound_elements(N, N, d, at - 1e-6) == Approx(double(N) * N));
  CHECK(sim::io_lower_bound_elements(N, N, d, 4 * at) == Approx(double(N) * N / 4));  // as 1 / M
  CHECK(sim::io_lower_bound_elements(N, N, d, at / 4) == Approx(double(N) * N * 2));  // as 1 / sqrt(M)
  CHECK(sim::io_lower_bound_elements(N, N, d, 1e12) == 4.0 * N * d);
}

TEST_CASE("FlashAttention's estimate: closed form without statistics, slope of the lower bound, below standard") {
  const std::int64_t N = 16384, d = 64;
  const double M = 64 * 1024;  // Bc = 256
  CHECK(sim::flash1_io_estimate_elements(N, N, d, M) == 2.0 * N * d + 3.0 * N * d * 64);
  // 12 N^2 d^2 / M to leading order: a constant times the lower bound at any M from d^2 to N d.
  for (double m = 4 * d * d; m <= double(N) * d / 8; m *= 2) {
    const double ratio = sim::flash1_io_estimate_elements(N, N, d, m) / sim::io_lower_bound_elements(N, N, d, m);
    INFO(m);
    CHECK(ratio >= 2);
    CHECK(ratio <= 14);
  }
  CHECK(sim::flash1_io_estimate_elements(N, N, d, M) < sim::standard_io_estimate_elements(N, N, d));
  CHECK(sim::standard_io_estimate_elements(1024, 1024, 64) * 2 == 4587520 + 4325376);  // the published example
  // The counted bytes, l and m apart, at the estimate's own tiles.
  sim::Problem p;
  p.seqlen_q = N;
  p.head_dim = d;
  p = sim::checked(p, false);
  sim::Schedule s;
  s.block_q = 64;
  s.block_kv = 256;
  s.stages = 1;
  s.warps = 4;
  const auto forms = sim::closed_forms("flash1", p, s, built_in("a100-40gb"));
  std::int64_t bytes = 0;
  for (const char* counter : {"Q.read_bytes", "K.read_bytes", "V.read_bytes", "O.read_bytes", "O.write_bytes"}) {
    bytes += sim::find_closed_form(forms, std::string("two_level.by_tensor.") + counter).value;
  }
  CHECK(bytes == 2 * (sim::flash1_io_estimate_elements(N, N, d, M) + double(N) * d));  // and O once, to start with
}
