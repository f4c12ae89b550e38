// What a tile program records: lives of tiles, roles merged at barriers, mistakes reported.
#include "sim/tile/trace.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "sim/tile/kernel.h"
#include "tests/catch.h"
#include "tests/random_cases.h"

namespace {

using sim::Block;
using sim::DType;
using sim::Kernel;
using sim::Op;
using sim::OpKind;
using sim::Tensor;
using sim::Tile;
using sim::TileId;
using sim::Trace;

const Tensor kX{0, DType::fp16, {64, 32}, 1};

Trace recorded(const std::function<void(Block&)>& program) {
  Kernel kernel;
  kernel.source_file = "tests/trace_test.cpp";
  kernel.program = program;
  Trace trace;
  sim::record_block(kernel, 0, trace);
  return trace;
}

bool is_load(const Op& op) { return op.kind == OpKind::load; }

}  // namespace

// ---- Lives of tiles ----

namespace {

// "op 5: tile 3 is dead", for every use of a tile before it is made or after it is dead, and every tile never freed.
std::vector<std::string> life_faults(const Trace& trace) {
  enum class Life { unborn, alive, dead };
  std::vector<Life> life(trace.tiles, Life::unborn);
  std::vector<std::string> faults;
  const auto use = [&](std::size_t at, TileId tile) {
    if (tile != 0 && life[tile] != Life::alive) {
      faults.push_back("op " + std::to_string(at) + ": tile " + std::to_string(tile) +
                       (life[tile] == Life::dead ? " is dead" : " is not made yet"));
    }
  };
  for (std::size_t at = 0; at < trace.ops.size(); ++at) {
    const Op& op = trace.ops[at];
    use(at, op.a);
    use(at, op.b);
    const bool into_slot = is_load(op) && op.barrier != sim::kNoBarrier;
    if (op.accumulate || into_slot) {
      use(at, op.dst);
    } else if (op.dst != 0) {
      if (life[op.dst] != Life::unborn) {
        faults.push_back("op " + std::to_string(at) + ": made twice");
      }
      life[op.dst] = Life::alive;
    }
    if (op.kind == OpKind::release || op.reuses_a) {
      life[op.a] = Life::dead;
    }
  }
  for (std::size_t tile = 1; tile < life.size(); ++tile) {
    if (life[tile] == Life::alive) {
      faults.push_back("tile " + std::to_string(tile) + " is never freed");
    }
  }
  return faults;
}

// A producer fills two buffers in turn, two consumers take turns in emptying them.
void producer_and_consumers(Block& block) {
  std::vector<Tile> slots;
  std::vector<sim::Barrier> full, empty;
  for (int s = 0; s < 2; ++s) {
    slots.push_back(block.slot(rows(kX, 0, 16)));
    full.push_back(block.barrier());
    empty.push_back(block.barrier(1, 1));
  }
  const auto at = [](int j) { return static_cast<std::size_t>(j % 2); };
  block.role("producer", 1, [&](Block& role) {
    for (int j = 0; j < 4; ++j) {
      role.wait(empty[at(j)]);
      role.load_into(slots[at(j)], rows(kX, j, 16), full[at(j)]);
    }
  });
  for (int c = 0; c < 2; ++c) {
    block.role("consumer " + std::to_string(c), 4, [&](Block& role) {
      for (int j = c; j < 4; j += 2) {
        role.wait(full[at(j)]);
        const Tile y = sim::exp(slots[at(j)]);
        role.arrive(empty[at(j)]);
        role.store(rows(kX, j, 16), y);
      }
    });
  }
}

}  // namespace

TEST_CASE("tiles are used between birth and death, and all die: every block of random plans", "[property]") {
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    random_cases::Cases cases(algorithm.name, 120, 60);
    for (int n = 0; n < 30; ++n) {
      const random_cases::Case c = cases.next();
      const sim::Plan plan = random_cases::plan_of(algorithm.name, c);
      Trace trace;
      for (const Kernel& kernel : plan.kernels) {
        for (std::int32_t index = 0; index < kernel.blocks; ++index) {
          sim::record_block(kernel, index, trace);
          const std::vector<std::string> faults = life_faults(trace);
          INFO(algorithm.name << ", kernel " << kernel.name << ", block " << index << ": " << c.text());
          REQUIRE((faults.empty() ? "" : faults[0]) == std::string());
        }
      }
    }
  }
}

TEST_CASE("a tile used after its death, and one that never dies, are found") {
  Trace trace = recorded([](Block& block) {
    Tile x = block.fill(0, {4, 4});
    sim::exp(x);
  });
  CHECK(life_faults(trace).empty());
  std::vector<Op>& ops = trace.ops;  // fill, exp, release (of the result), release (of x)
  REQUIRE(ops.size() == 4);
  std::swap(ops[1], ops[3]);
  CHECK(!life_faults(trace).empty());
  std::swap(ops[1], ops[3]);
  ops.pop_back();
  CHECK(life_faults(trace) == std::vector<std::string>{"tile 1 is never freed"});
}

// ---- Roles ----

TEST_CASE("roles merge into an order that their barriers allow, with tiles alive") {
  const Trace trace = recorded(producer_and_consumers);
  CHECK(life_faults(trace).empty());
  REQUIRE(trace.roles.size() == 4);
  CHECK(trace.roles[1].name == "producer");
  CHECK(trace.roles[3].warps == 4);
  std::vector<int> phases, pending;
  for (const sim::BarrierInfo& info : trace.barriers) {
    phases.push_back(info.completed_phases);
    pending.push_back(info.arrivals);
  }
  for (const Op& op : trace.ops) {
    if (op.kind == OpKind::wait) {
      CHECK(phases[static_cast<std::size_t>(op.barrier)] >= op.inner);
    } else if (op.barrier != sim::kNoBarrier) {
      const auto b = static_cast<std::size_t>(op.barrier);
      if (--pending[b] == 0) {
        pending[b] = trace.barriers[b].arrivals;
        ++phases[b];
      }
    }
  }
  const auto count = [&](OpKind kind) {
    return std::count_if(trace.ops.begin(), trace.ops.end(), [&](const Op& op) { return op.kind == kind; });
  };
  CHECK(count(OpKind::fork) == 1);
  CHECK(count(OpKind::join) == 1);
  CHECK(count(OpKind::load) == 4);
  CHECK(count(OpKind::store) == 4);
}

TEST_CASE("a deadlock names each role, its line, its barrier and the phase it waits for") {
  int line_of_left = 0, line_of_right = 0;
  try {
    recorded([&](Block& block) {
      const sim::Barrier first = block.barrier(), second = block.barrier();
      block.role("left", 1, [&](Block& role) {
        line_of_left = __LINE__ + 1;
        role.wait(first);
        role.arrive(second);
      });
      block.role("right", 1, [&](Block& role) {
        line_of_right = __LINE__ + 1;
        role.wait(second);
        role.arrive(first);
      });
    });
    FAIL("no error");
  } catch (const sim::Error& error) {
    CHECK(error.message() == "deadlock: role 'left' waits at line " + std::to_string(line_of_left) +
                                 " for phase 1 of barrier 0; role 'right' waits at line " +
                                 std::to_string(line_of_right) + " for phase 1 of barrier 1");
    CHECK(error.where().find("tests/trace_test.cpp:") == 0);
    CHECK(!error.hint().empty());
  }
}

// ---- Mistakes in a tile program ----

namespace {

// Runs a program that makes one mistake at the line it returns; the error has that place and names both shapes.
void check_mistake(const std::function<void(Block&, int& line)>& program, const std::string& one,
                   const std::string& other) {
  int line = 0;
  try {
    recorded([&](Block& block) { program(block, line); });
    FAIL("no error for " << one << " and " << other);
  } catch (const sim::Error& error) {
    CHECK(error.where() == "tests/trace_test.cpp:" + std::to_string(line));
    CHECK_THAT(error.message(), Catch::Matchers::ContainsSubstring(one) && Catch::Matchers::ContainsSubstring(other));
  }
}

}  // namespace

TEST_CASE("shape errors name both shapes, the file and the line") {
  const auto tiles = [](Block& block, sim::Shape x, sim::Shape y) {
    return std::pair{block.fill(0, x), block.fill(0, y)};
  };
  check_mistake(
      [&](Block& block, int& line) {
        const auto [a, b] = tiles(block, {4, 8}, {5, 7});
        line = __LINE__ + 1;
        dot(a, T(b));
      },
      "4x8", "5x7^T");
  check_mistake(
      [&](Block& block, int& line) {
        const auto [a, b] = tiles(block, {4, 8}, {7, 5});
        line = __LINE__ + 1;
        dot(a, b);
      },
      "4x8", "7x5");
  check_mistake(
      [&](Block& block, int& line) {
        const auto [a, b] = tiles(block, {4, 8}, {8, 5});
        Tile sum = block.fill(0, {4, 6});
        line = __LINE__ + 1;
        mma(sum, a, b);
      },
      "4x5", "4x6");
  check_mistake(
      [&](Block& block, int& line) {
        const auto [a, b] = tiles(block, {4, 8}, {4, 2});
        line = __LINE__ + 1;
        a - b;
      },
      "4x8", "4x2");
  check_mistake(
      [&](Block& block, int& line) {
        const auto [a, b] = tiles(block, {4, 8}, {5, 1});
        line = __LINE__ + 1;
        exp_diff(a, b);
      },
      "4x8", "5x1");
  check_mistake(
      [&](Block& block, int& line) {
        const Tile a = block.fill(0, {4, 8});
        line = __LINE__ + 1;
        block.store({kX, 0, 0, {4, 9}}, a);
      },
      "4x8", "4x9");
  check_mistake(
      [&](Block& block, int& line) {
        line = __LINE__ + 1;
        block.load({kX, 60, 0, {5, 32}});
      },
      "5x32", "64x32");
  check_mistake(
      [&](Block& block, int& line) {
        const Tile slot = block.slot({kX, 0, 0, {4, 32}});
        line = __LINE__ + 1;
        block.load_into(slot, {kX, 0, 0, {5, 32}}, block.barrier());
      },
      "5x32", "4x32");
}
