// The rules of the timing engine, one by one: each op begins at the cycle that the rule names, and not one before.
#include "tests/catch.h"
#include "tests/timing_support.h"

using namespace sim;
using timing_test::begins_at;
using timing_test::Bench;
using timing_test::ends_at;

namespace {

constexpr Shape kTile{64, 64};         // fp16: 8192 bytes
constexpr double kStart = 50;          // block_start_cycles
constexpr double kPort = 8192.0 / 64;  // cycles of one tile through an SM's port
constexpr double kL2 = 8192.0 / 128;   // through the L2 that all share
constexpr double kHbm = 8192.0 / 32;   // from DRAM

}  // namespace

TEST_CASE("rule 1: a block's first op begins block_start_cycles after its slot is free") {
  Bench bench(kTile, 4, [](Block& block) { Tile t = block.fill(0, kTile); });
  const auto result = bench.run();
  const double work = 4096.0 / 32;  // ALU lanes
  CHECK(begins_at(result.span(StepKind::compute, 0, 0), kStart));
  CHECK(begins_at(result.span(StepKind::compute, 0, 1), kStart));                  // the other SM
  CHECK(begins_at(result.span(StepKind::compute, 0, 2), kStart + work + kStart));  // second wave
}

TEST_CASE("rule 2: the ops of a pass over registers work side by side, each unit at its rate") {
  Bench bench(kTile);
  SECTION("ALU 128 cycles, FP32 64, and the issue of both 64") {
    bench.program([](Block& block) {
      Tile t = block.fill(0, kTile);
      Tile u = 2.0f * std::move(t);
    });
    const auto result = bench.run();
    CHECK(begins_at(result.span(StepKind::compute, 1), kStart + 128.0 * 128 / (128 + 64)));  // its share of the pass
    CHECK(ends_at(result.span(StepKind::compute, 1), kStart + 128));
  }
  SECTION("exp: MUFU 256 cycles, as long as other instructions make it wait") {
    bench.program([](Block& block) {
      Tile t = block.fill(0, kTile);
      Tile u = exp(std::move(t));
    });
    const auto result = bench.run();
    CHECK(ends_at(result.span(StepKind::compute, 1), kStart + 256 * 1083.4 / 1024));
    CHECK(result.span(StepKind::compute, 1).unit == Unit::exp);
  }
  SECTION("no faster than its instructions are issued") {
    bench.machine.rates.fp32_lanes = bench.machine.rates.alu_lanes = 128;
    bench.program([](Block& block) {
      Tile t = block.fill(0, kTile);
      Tile u = 2.0f * std::move(t);
    });
    CHECK(ends_at(bench.run().span(StepKind::compute, 1), kStart + 2 * 4096.0 / 128));
  }
  SECTION("one after the other, if that rule is off") {
    bench.rules.passes = false;
    bench.program([](Block& block) {
      Tile t = block.fill(0, kTile);
      Tile u = 2.0f * std::move(t);
    });
    CHECK(ends_at(bench.run().span(StepKind::compute, 1), kStart + 128 + 64));
  }
}

TEST_CASE("rule 2: who needs a row's maximum waits for the shuffles that bring it together") {
  for (const int lanes : {0, 32}) {  // a quad has a row, as a product's fragments lie; or a whole warp
    Bench bench(kTile);
    bench.kernel().lanes_of_a_row = lanes;
    bench.program([](Block& block) {
      Tile t = block.fill(0, kTile);
      Tile m = rowmax(t);
      Tile other = block.fill(0, kTile);  // needs nothing of it, and is part of the same pass
      Tile u = exp_diff(std::move(t), m);
    });
    const auto result = bench.run();
    const int steps = lanes == 0 ? 2 : 5, holding = lanes == 0 ? 4 : 32;
    const double columns = lanes == 0 ? 64 : 256;  // words of 8 for each of 32 lanes
    const double alu = 64 * columns * 3 / 32 + 64.0 * holding * steps / 32;
    CHECK(begins_at(result.span(StepKind::compute, 3), kStart + alu + steps * 5));
  }
}

TEST_CASE("rule 2: a 16-bit tile is unpacked by who computes with it") {
  Bench bench(kTile);
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, 0, 64), 0, Level::registers);
    Tile b = 2.0f * std::move(a);
  });
  const auto result = bench.run();
  const Span& scale = result.span(StepKind::compute);
  CHECK(ends_at(scale, scale.begin + 4096.0 / 32));  // the ALU's 128 cycles beside FP32's 64
}

TEST_CASE("rule 3: a matmul works at its instruction's rate, and what follows waits for its latency") {
  Bench bench(kTile);
  bench.program([&](Block& block) {
    Tile a = block.fill(0, kTile), b = block.fill(0, kTile);
    Tile c = dot(a, b);
    Tile d = 2.0f * std::move(c);
  });
  const double filled = kStart + 2 * 128, work = 2.0 * 64 * 64 * 64 / 1024;
  const auto result = bench.run();
  CHECK(ends_at(result.span(StepKind::compute, 2), filled + work));
  CHECK(begins_at(result.span(StepKind::compute, 3), filled + work + 20));
}

TEST_CASE("rule 3: instructions are whole, so a ragged tile costs its padding") {
  Bench bench(kTile);
  bench.kernel().warps = 1;  // 16 rows a warp
  bench.program([](Block& block) {
    Tile a = block.fill(0, {17, 15}), b = block.fill(0, {15, 9});
    Tile c = dot(a, b);
  });
  const auto result = bench.run();
  const Span& matmul = result.span(StepKind::compute, 2);
  CHECK(ends_at(matmul, matmul.begin + 2.0 * 32 * 16 * 16 / 1024));
}

TEST_CASE("rule 4: operands are read through the SMEM port beside the matmul") {
  Bench bench(kTile);
  bench.machine.rates.mma_sync_flops_per_clock = 1 << 20;  // so that SMEM is the slowest
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, 0, 64));
    Tile c = dot(a, T(a));
  });
  const Span product = bench.run().span(StepKind::compute);
  CHECK(product.unit == Unit::smem);
  CHECK(ends_at(product, product.begin + (8192 + 4 * 8192) / 128.0));  // each of 4 warps reads all of b
}

TEST_CASE("rule 4: a copy that lands takes the SMEM port from who reads through it") {
  for (const bool landings : {true, false}) {
    Bench bench({128, 64});
    bench.rules.landings = landings;
    bench.machine.rates.mma_sync_flops_per_clock = 1 << 20;
    bench.machine.hbm.latency_ns = 100;
    bench.program([&](Block& block) {
      Tile a = block.load(rows(bench.A, 0, 64));
      Tile b = block.load(rows(bench.A, 1, 64));  // lands while the products are under way
      Tile c = dot(a, T(a));
      Tile d = dot(a, T(b));
    });
    const auto result = bench.run();
    const Span &load = result.span(StepKind::load, 1), &product = result.span(StepKind::compute);
    REQUIRE(load.end > product.begin);
    REQUIRE(load.end < product.begin + 320);
    CHECK(ends_at(product, product.begin + 5 * 8192 / 128.0 + (landings ? 8192 / 128.0 : 0)));
  }
}

TEST_CASE("rule 4: mma.sync waits for a share of what its operands take the SMEM port") {
  Bench bench(kTile);
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, 0, 64));
    Tile c = dot(a, T(a));
  });
  const Span product = bench.run().span(StepKind::compute);
  const double tensor = 2.0 * 64 * 64 * 64 / 1024, operands = (1 + 4) * 8192.0 / 128;  // b again by each of 4 warps
  CHECK(product.end - product.begin == Catch::Approx(tensor + 0.17 * operands));
}

TEST_CASE("rule 5: a copy lands when port, L2 and DRAM have served it, and a latency later its user goes on") {
  Bench bench(kTile);
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, 0, 64));
    Tile c = dot(a, T(a));
  });
  const auto result = bench.run();
  const double landed = kStart + kHbm + 300;  // DRAM is the slowest of the three
  CHECK(begins_at(result.span(StepKind::load), kStart));
  CHECK(ends_at(result.span(StepKind::load), landed));
  CHECK(begins_at(result.span(StepKind::compute), landed));
  CHECK(result.span(StepKind::compute).reason == WaitReason::hbm);
  CHECK(result.span(StepKind::load).from_dram);
}

TEST_CASE("rule 5: bytes that are in L2 cost port and L2 only") {
  Bench bench(kTile);
  bench.program([&](Block& block) {
    {
      Tile a = block.load(rows(bench.A, 0, 64));
      Tile c = dot(a, T(a));
    }
    {
      Tile a = block.load(rows(bench.A, 0, 64));
      Tile c = dot(a, T(a));
    }
  });
  const auto result = bench.run();
  const Span& again = result.span(StepKind::load, 1);
  CHECK_FALSE(again.from_dram);
  CHECK(ends_at(again, again.begin + kPort + 100));
  CHECK(result.span(StepKind::compute, 1).reason == WaitReason::l2);
}

TEST_CASE("rule 5: issuing a copy takes its set-up and, for each 16 KiB, copy_issue_cycles before its block goes on") {
  for (const auto& [rows_copied, cycles] : {std::pair{128, 13.0}, std::pair{64, 8.0}, std::pair{1, 3 + 10.0 / 128}}) {
    Bench bench({128, 64});
    bench.machine.overheads.copy_setup_cycles = 3;
    bench.program([&bench, n = rows_copied](Block& block) {
      Tile a = block.load(rows(bench.A, 0, n));
      Tile t = block.fill(0, kTile);
    });
    CHECK(begins_at(bench.run().span(StepKind::compute), kStart + cycles));
  }
}

TEST_CASE("rule 5: a block's warps meet when a copy has landed") {
  Bench bench(kTile);
  bench.machine.overheads.syncthreads_cycles = 11;
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, 0, 64));
    Tile c = dot(a, T(a));
  });
  const auto result = bench.run();
  CHECK(begins_at(result.span(StepKind::compute), result.span(StepKind::load).end + 11));
}

TEST_CASE("rule 6: a ring of s buffers issues copy n when the tile of copy n - s is released") {
  const auto issue_of_third = [](int stages) {
    Bench bench({256, 64});
    bench.program([&](Block& block) {
      for (std::int32_t j = 0; j < 4; ++j) {
        Tile a = block.load(rows(bench.A, j, 64), stages);
        Tile c = dot(a, T(a));
      }
    });
    const auto result = bench.run();
    return std::pair{result.span(StepKind::load, 2), result.span(StepKind::compute, 2 - stages)};
  };
  for (const int stages : {1, 2}) {
    const auto [load, last_user] = issue_of_third(stages);
    CHECK(begins_at(load, last_user.end + 20));  // the product's latency, then the buffer is free
  }
}

TEST_CASE("rule 7: a unit serves the oldest block that wants it, and the next when that has done") {
  Bench bench(kTile, 2, [](Block& block) {
    Tile t = block.fill(0, {block.index() == 0 ? 16 : 64, 64});
    Tile product = dot(t, T(t));
    if (block.index() == 1) {
      Tile u = 2.0f * std::move(product);
    }
  });
  bench.machine.chip.sm_count = 1;
  bench.blocks_per_sm = 2;
  const auto result = bench.run();
  CHECK(ends_at(result.span(StepKind::compute, 0, 0), kStart + 32));
  CHECK(ends_at(result.span(StepKind::compute, 0, 1), kStart + 32 + 128));  // the ALU is block 0's at first
}

TEST_CASE("rule 7: blocks that only stream stay together and share a unit equally") {
  Bench bench(kTile, 2, [](Block& block) { Tile t = block.fill(0, kTile); });
  bench.machine.chip.sm_count = 1;
  bench.blocks_per_sm = 2;
  const auto result = bench.run();
  CHECK(ends_at(result.span(StepKind::compute, 0, 0), kStart + 2 * 128));
  CHECK(ends_at(result.span(StepKind::compute, 0, 1), kStart + 2 * 128));
}

TEST_CASE("rule 7: mma.sync gets the issue slots that FP32 and ALU instructions of another block leave") {
  // Block 0 multiplies while block 1 fills: 32 ALU lanes take a quarter of the 128 lanes' slots, and 57 % of those are
  // lost to it.
  Bench bench(kTile, 2, [](Block& block) {
    Tile t = block.fill(0, kTile);
    Tile product = dot(t, T(t));
  });
  bench.machine.chip.sm_count = 1;
  bench.blocks_per_sm = 2;
  const auto result = bench.run();
  const double begin = kStart + 128, work = 2.0 * 64 * 64 * 64 / 1024;
  CHECK(begins_at(result.span(StepKind::compute, 1, 0), begin));
  CHECK(ends_at(result.span(StepKind::compute, 1, 0), begin + 128 + (work - 128 * (1 - 0.57 * 0.25))));
}

TEST_CASE("rule 7: two warps of a block on each scheduler have half of the work each and share the units") {
  // What one warp a scheduler does in `t`, two do in the same time; but the second product waits for both to be there.
  for (const int warps : {4, 8}) {
    Bench bench({128, 64});
    bench.kernel().warps = warps;
    bench.program([&](Block& block) {
      Tile a = block.load(rows(bench.A, 0, 128));
      Tile t = block.fill(0, {128, 64});
      Tile c = dot(a, T(a));
    });
    const auto result = bench.run();
    const Span &fill = result.span(StepKind::compute), &product = result.span(StepKind::compute, 1);
    CHECK(ends_at(fill, fill.begin + 256));
    CHECK(begins_at(product, result.span(StepKind::load).end));
    const double tensor = 2.0 * 128 * 128 * 64 / 1024, operands = (1 + warps) * 16384.0 / 128;
    CHECK(ends_at(product, product.begin + std::max(tensor + 0.17 * std::min(tensor, operands), operands)));
  }
}

TEST_CASE("rule 8: SMs take turns at L2 and DRAM in the order of their requests") {
  Bench bench({128, 64}, 2);
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, block.index(), 64));
    Tile b = dot(a, T(a));
  });
  const auto result = bench.run();
  CHECK(ends_at(result.span(StepKind::load, 0, 0), kStart + kHbm + 300));
  CHECK(ends_at(result.span(StepKind::load, 0, 1), kStart + 2 * kHbm + 300));
}

TEST_CASE("rule 8: bytes on their way to L2 are fetched once, for all who ask") {
  Bench bench(kTile, 2);
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, 0, 64));
    Tile b = dot(a, T(a));
  });
  const auto result = bench.run();
  CHECK(result.l2.dram_read_bytes == 8192);
  CHECK(ends_at(result.span(StepKind::load, 0, 0), kStart + kHbm + 300));
  CHECK(ends_at(result.span(StepKind::load, 0, 1), kStart + kHbm + 300));
}

TEST_CASE("rule 8: the L2 is shared, the port is an SM's own") {
  Bench bench(kTile, 2);
  bench.machine.hbm.read_gb_per_s = 1e6;
  bench.machine.l2.bytes_per_clock = 64;
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, 0, 64));
    Tile b = dot(a, T(a));
  });
  const auto result = bench.run();
  CHECK(ends_at(result.span(StepKind::load, 0, 1), kStart + 2 * 2 * kL2 + 100));
}

TEST_CASE("rule 9: Little's law: an SM gets no more than its bytes in flight a latency") {
  Bench bench(kTile);
  bench.machine.hbm.in_flight_bytes_per_sm = 3000;  // 10 bytes a cycle at 300 cycles
  bench.program([&](Block& block) {
    Tile a = block.load(rows(bench.A, 0, 64));
    Tile b = dot(a, T(a));
  });
  CHECK(ends_at(bench.run().span(StepKind::load), kStart + 8192 / 10.0 + 100));
}

TEST_CASE(
    "rule 10: a store leaves through the port before its block goes on, and the kernel ends when it has arrived") {
  Bench bench(kTile);
  bench.program([&](Block& block) {
    Tile t = block.fill(0, kTile);
    block.store(rows(bench.B, 0, 64), t);
    Tile u = 2.0f * std::move(t);
  });
  const auto result = bench.run();
  const Span& store = result.span(StepKind::store);
  const double filled = 128, packed = 64;  // on the ALU; staging in SMEM goes on beside
  CHECK(begins_at(store, kStart + filled + packed));
  CHECK(begins_at(result.span(StepKind::compute, 1), kStart + filled + packed + kPort));
  CHECK(result.timing.cycles >= store.end);
}

TEST_CASE("rule 10: where the machine writes to L2 more slowly than it reads, stores take that long") {
  Bench bench(kTile);
  bench.machine.l2.write_bytes_per_clock_per_sm = 16;
  bench.program([&](Block& block) {
    Tile t = block.fill(0, kTile);
    block.store(rows(bench.B, 0, 64), t);
    Tile u = 2.0f * std::move(t);
  });
  const auto result = bench.run();
  CHECK(begins_at(result.span(StepKind::compute, 1), result.span(StepKind::store).begin + 8192.0 / 16));
}

TEST_CASE("rule 11: a wait ends barrier_cycles after the phase's last arrival") {
  Bench bench(kTile);
  bench.program([](Block& block) {
    const Barrier done = block.barrier(2);
    block.role("slow", 1, [&](Block& b) {
      { Tile t = b.fill(0, kTile); }
      b.arrive(done);
    });
    block.role("fast", 1, [&](Block& b) {
      { Tile t = b.fill(0, {16, 64}); }
      b.arrive(done);
    });
    block.role("waits", 1, [&](Block& b) {
      b.wait(done);
      Tile t = b.fill(0, kTile);
    });
  });
  const auto result = bench.run();
  // Roles of a block are equally old: the first that was forked goes first.
  CHECK(ends_at(result.span(StepKind::compute, 0, 0, 2), kStart + 128 + 32));
  CHECK(begins_at(result.span(StepKind::compute, 0, 0, 3), kStart + 128 + 32 + 7));
  CHECK(result.span(StepKind::compute, 0, 0, 3).reason == WaitReason::barrier);
}

TEST_CASE("rule 11: a copy arrives at its barrier when it lands") {
  Bench bench(kTile);
  bench.program([&](Block& block) {
    const Barrier full = block.barrier();
    Tile slot = block.slot(rows(bench.A, 0, 64));
    block.role("producer", 1, [&](Block& b) { b.load_into(slot, rows(bench.A, 0, 64), full); });
    block.role("consumer", 4, [&](Block& b) {
      b.wait(full);
      Tile c = dot(slot, T(slot));
    });
  });
  const auto result = bench.run();
  CHECK(begins_at(result.span(StepKind::compute, 0, 0, 2), kStart + kHbm + 300 + 7));
}

TEST_CASE("rule 12: blocks fill the SMs one by one, and a wave more costs a wave") {
  const auto cycles = [](std::int32_t blocks) {
    return Bench(kTile, blocks, [](Block& block) { Tile t = block.fill(0, kTile); }).run().timing.cycles;
  };
  CHECK(cycles(1) == Catch::Approx(kStart + 128));
  CHECK(cycles(2) == cycles(1));
  CHECK(cycles(3) == Catch::Approx(2 * cycles(1)));
  CHECK(cycles(4) == cycles(3));
}
