// The modelled L2 against what must hold of any cache, and against a naive one that keeps a list.
#include <list>
#include <map>
#include <random>

#include "sim/analysis/simulate.h"
#include "sim/executors/l2.h"
#include "tests/catch.h"
#include "tests/timing_support.h"

using namespace sim;
using timing_test::Bench;

namespace {

L2Kernel run(const Bench& bench, std::int64_t wave = 2) {
  L2Model l2(bench.plan, bench.machine);
  return l2.run(0, wave);
}

// Tiles by name, least recently used first out, one block at a time.
struct ListCache {
  explicit ListCache(std::int64_t bytes) : capacity(bytes) {}
  std::int64_t capacity, held = 0, read = 0, written = 0;
  std::list<int> order;  // oldest first
  struct Line {
    std::int64_t bytes;
    bool dirty;
    std::list<int>::iterator at;
  };
  std::map<int, Line> lines;

  void touch(int name, std::int64_t bytes, bool write) {
    const auto found = lines.find(name);
    if (found == lines.end()) {
      read += write ? 0 : bytes;
      held += bytes;
      lines[name] = {bytes, write, order.insert(order.end(), name)};
    } else {
      order.splice(order.end(), order, found->second.at);
      found->second.dirty |= write;
    }
    while (held > capacity && order.size() > 1) {
      const Line& oldest = lines[order.front()];
      held -= oldest.bytes;
      written += oldest.dirty ? oldest.bytes : 0;
      lines.erase(order.front());
      order.pop_front();
    }
  }
};

}  // namespace

TEST_CASE("L2: what fits is read from DRAM once", "[property]") {
  Bench bench({1000, 70}, 7);
  bench.program([&](Block& block) {
    for (int again = 0; again < 3; ++again) {
      for (std::int32_t j = 0; j < ceil_div(1000, 64); ++j) {
        Tile a = block.load(rows(bench.A, j, 64));
      }
    }
  });
  const L2Kernel k = run(bench);
  CHECK(k.dram_read_bytes == 1000 * 70 * 2);
  CHECK(k.read_bytes == 7 * 3 * 1000 * 70 * 2);
  CHECK(k.hit_bytes == k.read_bytes - k.dram_read_bytes);
  CHECK(k.dram_write_bytes == 0);
}

TEST_CASE("L2: a cyclic walk over more than fits never hits", "[property]") {
  Bench bench({1024, 64}, 1);  // 128 KiB in 8 KiB tiles
  bench.machine.l2.bytes = 1024 * 64 * 2 - 8192;
  bench.program([&](Block& block) {
    for (std::int32_t j = 0; j < 3 * 16; ++j) {
      Tile a = block.load(rows(bench.A, j % 16, 64));
    }
  });
  const L2Kernel k = run(bench);
  CHECK(k.dram_read_bytes > 2 * 1024 * 64 * 2);
  bench.machine.l2.bytes = 1024 * 64 * 2;
  CHECK(run(bench).dram_read_bytes == 1024 * 64 * 2);
}

TEST_CASE("L2: written bytes stay dirty until they are evicted, and nothing is lost") {
  Bench bench({1024, 64}, 1);
  bench.machine.l2.bytes = 50000;
  bench.program([&](Block& block) {
    for (std::int32_t j = 0; j < 16; ++j) {
      block.store(rows(bench.B, j, 64), block.fill(0, {64, 64}));
    }
  });
  L2Model l2(bench.plan, bench.machine);
  const L2Kernel k = l2.run(0, 1);
  CHECK(k.dram_read_bytes == 0);  // whole tiles are written, nothing is fetched
  CHECK(k.dram_write_bytes + l2.dirty_bytes() == 1024 * 64 * 2);
  CHECK(k.dram_write_bytes > 0);
  CHECK(l2.dirty_bytes() <= 50000);
}

TEST_CASE("L2: it keeps no more bytes unwritten than the machine says, and what it writes early stays to be read") {
  Bench bench({1024, 64}, 1);
  bench.machine.l2.dirty_bytes = 20000;
  bench.program([&](Block& block) {
    for (std::int32_t j = 0; j < 16; ++j) {
      block.store(rows(bench.B, j, 64), block.fill(0, {64, 64}));
    }
    for (std::int32_t j = 0; j < 16; ++j) {
      Tile b = block.load(rows(bench.B, j, 64));
    }
  });
  L2Model l2(bench.plan, bench.machine);
  const L2Kernel k = l2.run(0, 1);
  CHECK(k.dram_read_bytes == 0);
  CHECK(k.dram_write_bytes + l2.dirty_bytes() == 1024 * 64 * 2);
  CHECK(l2.dirty_bytes() <= 20000);
  CHECK(l2.dirty_bytes() > 20000 - 2 * 8192);
}

TEST_CASE("L2: a reduction reads what it adds to") {
  Bench bench({64, 64}, 4);
  bench.program([&](Block& block) { block.reduce_add(rows(bench.B, 0, 64), block.fill(1, {64, 64})); });
  const L2Kernel k = run(bench);
  CHECK(k.dram_read_bytes == 64 * 64 * 2);
  CHECK(k.write_bytes == 4 * 64 * 64 * 2);
}

TEST_CASE("L2: blocks of a wave go in step, so they share what they read together") {
  const auto dram = [](std::int64_t wave) {
    Bench bench({4096, 64}, 8);
    bench.machine.l2.bytes = 3 * 64 * 64 * 2;  // far less than the tensor
    bench.program([&](Block& block) {
      for (std::int32_t j = 0; j < 64; ++j) {
        Tile a = block.load(rows(bench.A, j, 64));
      }
    });
    return run(bench, wave).dram_read_bytes;
  };
  CHECK(dram(8) == 4096 * 64 * 2);
  CHECK(dram(4) == 2 * 4096 * 64 * 2);
  CHECK(dram(1) == 8 * 4096 * 64 * 2);
}

TEST_CASE("L2: random walks of one block match a list of tiles", "[property]") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    const std::int32_t tiles = 4 + static_cast<std::int32_t>(random() % 40);
    Bench bench({tiles * 64, 256}, 1);  // a tile is a line: 32 KiB
    bench.machine.l2.bytes = std::int64_t{32768} * (1 + static_cast<std::int64_t>(random() % 20));
    std::vector<std::pair<int, bool>> walk;
    for (int i = 0; i < 200; ++i) {
      walk.emplace_back(random() % static_cast<unsigned>(tiles), random() % 4 == 0);
    }
    bench.program([&](Block& block) {
      for (const auto& [tile, write] : walk) {
        if (write) {
          block.store(rows(bench.B, tile, 64), block.fill(0, {64, 256}));
        } else {
          Tile a = block.load(rows(bench.A, tile, 64));
        }
      }
    });
    ListCache naive(bench.machine.l2.bytes);
    for (const auto& [tile, write] : walk) {
      naive.touch(write ? tile + 1000 : tile, 32768, write);
    }
    INFO(tiles << " tiles, " << bench.machine.l2.bytes << " B");
    const L2Kernel k = run(bench, 1);
    CHECK(k.dram_read_bytes == naive.read);
    CHECK(k.dram_write_bytes == naive.written);
  }
}

TEST_CASE("L2: addresses learned from three blocks equal those of every block", "[property]") {
  std::mt19937 random(11);
  const Machine m = load_machine("a100-40gb", ATTOSCOPE_SOURCE_ASSETS);
  for (const Algorithm& algorithm : algorithms()) {
    for (int round = 0; round < 6; ++round) {
      Problem p;
      p.seqlen_q = p.rows = 1 + static_cast<std::int32_t>(random() % 900);
      p.seqlen_kv = p.row_length = 1 + static_cast<std::int32_t>(random() % 900);
      p.mask = random() % 2 == 0 ? Mask::causal : Mask::none;
      Schedule s;
      s.block_q = 1 + static_cast<std::int32_t>(random() % 64);
      s.block_kv = 1 + static_cast<std::int32_t>(random() % 64);
      const Prepared prepared = prepare({m, algorithm.name, p, s});
      for (const Kernel& kernel : prepared.plan.kernels) {
        INFO(algorithm.name << " " << kernel.name << " Nq " << p.seqlen_q << " Nk " << p.seqlen_kv);
        Trace trace;
        for (const AccessClass& learned : accesses_of(kernel)) {
          for (std::int32_t n = 0; n < learned.count; ++n) {
            record_block(kernel, learned.first + n, trace);
            const AccessClass real = accesses_of(trace, learned.first + n);
            REQUIRE(real.regions.size() == learned.regions.size());
            bool equal = true;
            for (std::size_t r = 0; r < real.regions.size(); ++r) {
              const AccessRegion &a = learned.regions[r], &b = real.regions[r];
              equal = equal && a.row + n * a.row_step == b.row && a.col + n * a.col_step == b.col && a.shape == b.shape;
            }
            CHECK(equal);
          }
        }
      }
    }
  }
}
