// What a block keeps on the chip: by hand, by the papers' sums, and zero at the end of everything.
#include "sim/executors/footprint.h"

#include <algorithm>
#include <string>

#include "sim/analysis/closed_forms.h"
#include "sim/base/error.h"
#include "tests/catch.h"
#include "tests/random_cases.h"

namespace {

using random_cases::built_in;
using random_cases::Case;
using random_cases::Cases;
using random_cases::plan_of;
using sim::Block;
using sim::DType;
using sim::Footprint;
using sim::Kernel;
using sim::Op;
using sim::Plan;
using sim::Tensor;
using sim::Tile;
using sim::Trace;

const Tensor kX{0, DType::fp16, {64, 32}, 1};

Trace recorded(const std::function<void(Block&)>& program) {
  Kernel kernel;
  kernel.program = program;
  Trace trace;
  sim::record_block(kernel, 0, trace);
  return trace;
}

Case attention(const std::string& algorithm, std::int32_t N, std::int32_t d, DType dtype, std::int32_t Br,
               std::int32_t Bc, int stages) {
  Case c;
  c.machine = "h100-sxm";
  c.problem.seqlen_q = N;
  c.problem.head_dim = d;
  c.problem.dtype = dtype;
  c.problem = sim::checked(c.problem, false);
  sim::Schedule given;
  given.block_q = Br;
  given.block_kv = Bc;
  given.stages = stages;
  c.schedule = sim::find_algorithm(algorithm).schedule(c.problem, given, built_in(c.machine));
  return c;
}

std::int64_t smem_peak_of_first_block(const std::string& algorithm, const Case& c) {
  Trace trace;
  sim::record_block(plan_of(algorithm, c).kernels[0], 0, trace);
  return sim::footprint_of(trace).smem_peak_bytes;
}

}  // namespace

TEST_CASE("footprint by hand: scopes, moves, releases, levels") {
  const Footprint f = sim::footprint_of(recorded([](Block& block) {
    Tile a = block.load({kX, 0, 0, {8, 32}});  // 512 B of SMEM
    Tile s = block.fill(0, {8, 8});            // 256 B of registers
    {
      const Tile b = block.load({kX, 0, 0, {4, 32}});  // 768 B of SMEM
      s = sim::exp(std::move(s));                      // in place
      const Tile c = sim::exp(s);                      // 512 B of registers
    }
    a.release();
    const Tile d = block.load({kX, 0, 0, {12, 32}});                           // 768 B of SMEM again
    const Tile e = block.load({kX, 0, 0, {2, 32}}, 0, sim::Level::registers);  // 384 B of registers
  }));
  CHECK(f.smem_peak_bytes == 768);
  CHECK(f.register_peak_bytes == 512);
  CHECK(f.smem_bytes == 0);
  CHECK(f.register_bytes == 0);
}

TEST_CASE("a result takes over its operand's storage only if it fits there") {
  const auto peak = [](DType from, DType to) {
    return sim::footprint_of(recorded([&](Block& block) {
             Tile x = sim::convert(from, block.fill(0, {8, 8}));
             Tile y = sim::convert(to, std::move(x));
           }))
        .register_peak_bytes;
  };
  CHECK(peak(DType::fp32, DType::fp16) == 256);
  CHECK(peak(DType::fp16, DType::fp32) == 128 + 256);  // fp16 took the 256 bytes of the fill, which counts as 128
}

TEST_CASE("footprints end at zero and never fall below it", "[property]") {
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    Cases cases(algorithm.name, 120, 60);
    for (int n = 0; n < 30; ++n) {
      const Case c = cases.next();
      const Plan plan = plan_of(algorithm.name, c);
      Trace trace;
      for (const Kernel& kernel : plan.kernels) {
        for (std::int32_t index = 0; index < kernel.blocks; ++index) {
          sim::record_block(kernel, index, trace);
          sim::FootprintExecutor executor;
          std::int64_t least = 0, most = 0;
          for (const Op& op : trace.ops) {
            executor.on(op);
            const Footprint& now = executor.footprint();
            least = std::min({least, now.smem_bytes, now.register_bytes});
            most = std::max(most, now.smem_bytes);
          }
          INFO(algorithm.name << ", kernel " << kernel.name << ", block " << index << ": " << c.text());
          REQUIRE(executor.footprint().smem_bytes == 0);
          REQUIRE(executor.footprint().register_bytes == 0);
          REQUIRE(least == 0);
          REQUIRE(executor.footprint().smem_peak_bytes == most);
        }
      }
    }
  }
}

TEST_CASE("flash2 keeps Q and, for each stage, K and V: e d (Br + 2 st Bc)") {
  for (const int stages : {1, 2, 3}) {
    INFO(stages << " stages");
    CHECK(smem_peak_of_first_block("flash2", attention("flash2", 1024, 64, DType::fp16, 64, 32, stages)) ==
          2 * 64 * (64 + 2 * stages * 32));
    CHECK(smem_peak_of_first_block("flash2", attention("flash2", 1024, 80, DType::fp32, 48, 16, stages)) ==
          4 * 80 * (48 + 2 * stages * 16));
  }
  // No more buffers than there are keys to fill them.
  CHECK(smem_peak_of_first_block("flash2", attention("flash2", 40, 64, DType::fp16, 16, 32, 3)) ==
        2 * 64 * (16 + 2 * 40));
}

TEST_CASE("flash2 holds never more than its stages of K and of V, and is back to Q before the end") {
  for (const int stages : {1, 2, 3}) {
    const Case c = attention("flash2", 320, 64, DType::fp16, 64, 32, stages);
    Trace trace;
    sim::record_block(plan_of("flash2", c).kernels[0], 0, trace);
    std::vector<int> held(3, 0);  // of Q, K, V
    std::vector<int> most(3, 0);
    std::vector<std::size_t> tensor_of(trace.tiles, 3);
    for (const Op& op : trace.ops) {
      if (op.kind == sim::OpKind::load) {
        tensor_of[op.dst] = op.tensor;
        most[op.tensor] = std::max(most[op.tensor], ++held[op.tensor]);
      } else if (op.kind == sim::OpKind::release && tensor_of[op.a] < 3) {
        --held[tensor_of[op.a]];
      }
    }
    CHECK(most == std::vector<int>{1, stages, stages});
    CHECK(held == std::vector<int>{0, 0, 0});
  }
}

TEST_CASE("flash1 keeps K, V, Q, O, l and m: e (2 Bc d + 2 Br d) + 8 Br") {
  CHECK(smem_peak_of_first_block("flash1", attention("flash1", 1024, 64, DType::fp16, 64, 128, 1)) ==
        2 * (2 * 128 * 64 + 2 * 64 * 64) + 8 * 64);
  CHECK(smem_peak_of_first_block("flash1", attention("flash1", 1000, 40, DType::fp32, 30, 50, 1)) ==
        4 * (2 * 50 * 40 + 2 * 30 * 40) + 8 * 30);
}

TEST_CASE("registers a thread: the tiles' peak spread over the threads, and the constant beside them") {
  Kernel kernel;
  kernel.warps = 4;
  Footprint footprint;
  footprint.smem_peak_bytes = 1000;
  footprint.register_peak_bytes = 4 * 128 * 100;
  CHECK(sim::resources_of(kernel, footprint).registers_per_thread == 100 + sim::kRegistersBesideTiles);
  CHECK(sim::resources_of(kernel, footprint).threads == 128);
  CHECK(sim::resources_of(kernel, footprint).smem_bytes == 1000);
  ++footprint.register_peak_bytes;
  CHECK(sim::resources_of(kernel, footprint).registers_per_thread == 101 + sim::kRegistersBesideTiles);
}

TEST_CASE("a plan fits a machine, or does not, at the edge") {
  // Q, K and V as large as a block's SMEM allows, and one key more.
  const sim::Machine machine = built_in("a100-40gb");
  const auto fits = [&](std::int32_t Bc) {
    Case c = attention("flash2", 4096, 128, DType::fp16, 64, Bc, 1);
    c.schedule.warps = 16;
    return sim::plan_fits(sim::find_algorithm("flash2").plan(c.problem, c.schedule, machine), machine);
  };
  const std::int64_t limit = machine.sm.smem_bytes_per_block;
  const auto most_keys = static_cast<std::int32_t>((limit / (2 * 128) - 64) / 2);
  CHECK(fits(most_keys));
  CHECK_FALSE(fits(most_keys + 1));
}

TEST_CASE("the sum that shows what does not fit: every tile at the peak, and their total") {
  const Case c = attention("flash2", 1024, 64, DType::fp16, 64, 32, 2);
  const Plan plan = plan_of("flash2", c);
  Trace trace;
  sim::record_block(plan.kernels[0], 0, trace);
  const std::string sum = sim::sum_at_peak(trace, plan, sim::Level::smem);
  INFO(sum);
  const auto times = [&](const std::string& part) {
    int count = 0;
    for (std::size_t at = sum.find(part); at != std::string::npos; at = sum.find(part, at + 1)) {
      ++count;
    }
    return count;
  };
  CHECK(times("Q 64x64 fp16 8192 B") == 1);
  CHECK(times("K 32x64 fp16 4096 B") == 2);
  CHECK(times("V 32x64 fp16 4096 B") == 2);
  CHECK(times(" + ") == 4);
  CHECK(sum.find("= 24576 B") != std::string::npos);
  CHECK(sim::footprint_of(trace).smem_peak_bytes == 24576);
}
