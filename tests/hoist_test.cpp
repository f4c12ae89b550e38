// Copies issued ahead: every load of a ring moves to the moment its buffer is free, and nothing else moves.
#include "sim/tile/trace.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "sim/tile/kernel.h"
#include "tests/catch.h"

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

Kernel kernel_of(const std::function<void(Block&)>& program) {
  Kernel kernel;
  kernel.source_file = "tests/hoist_test.cpp";
  kernel.program = program;
  return kernel;
}

Trace recorded(const std::function<void(Block&)>& program) {
  Trace trace;
  sim::record_block(kernel_of(program), 0, trace);
  return trace;
}

// A program of rings, each used first in, first out, with ops of other kinds between. Op::inner numbers the ops.
std::vector<Op> random_rings(std::mt19937& random) {
  struct Ring {
    std::uint8_t stages;
    std::vector<TileId> alive;
  };
  std::vector<Ring> rings(1 + random() % 3);
  for (Ring& ring : rings) {
    ring.stages = static_cast<std::uint8_t>(1 + random() % 4);
  }
  std::vector<Op> ops;
  TileId tiles = 1;
  const auto append = [&](OpKind kind) -> Op& {
    ops.push_back({.kind = kind});
    ops.back().inner = static_cast<std::int32_t>(ops.size());
    return ops.back();
  };
  for (unsigned n = random() % 80; n > 0; --n) {
    const std::size_t r = random() % rings.size();
    Ring& ring = rings[r];
    if (random() % 4 == 0) {
      append(OpKind::fill).dst = tiles++;
    } else if (ring.alive.size() < ring.stages && random() % 2 == 0) {
      Op& op = append(OpKind::load);
      op.stages = ring.stages;
      op.line = static_cast<std::uint16_t>(100 + r);
      op.tensor = static_cast<sim::TensorId>(r);
      op.dst = tiles;
      ring.alive.push_back(tiles++);
    } else if (!ring.alive.empty()) {
      append(OpKind::release).a = ring.alive.front();
      ring.alive.erase(ring.alive.begin());
    }
  }
  if (random() % 4 == 0) {
    append(OpKind::store);  // to tensor 0
  }
  return ops;
}

std::vector<std::int32_t> numbers(const std::vector<Op>& ops, bool (*keep)(const Op&)) {
  std::vector<std::int32_t> found;
  for (const Op& op : ops) {
    if (keep(op)) {
      found.push_back(op.inner);
    }
  }
  return found;
}

bool is_load(const Op& op) { return op.kind == OpKind::load; }
bool is_not_load(const Op& op) { return op.kind != OpKind::load; }

using Rings = std::map<std::uint16_t, std::vector<Op>>;  // loads by line

Rings rings_of(const std::vector<Op>& ops) {
  Rings rings;
  for (const Op& op : ops) {
    if (is_load(op)) {
      rings[op.line].push_back(op);
    }
  }
  return rings;
}

std::size_t position(const std::vector<Op>& ops, bool (*what)(const Op&, TileId), TileId tile) {
  const auto at = std::find_if(ops.begin(), ops.end(), [&](const Op& op) { return what(op, tile); });
  return static_cast<std::size_t>(at - ops.begin());
}
bool loads(const Op& op, TileId tile) { return is_load(op) && op.dst == tile; }
bool frees(const Op& op, TileId tile) { return op.kind == OpKind::release && op.a == tile; }

// The rules of one ring's loads in an order: how many are broken?
int ring_faults(const std::vector<Op>& ops, const std::vector<Op>& ring, bool may_move) {
  int faults = 0;
  for (std::size_t n = 1; n < ring.size(); ++n) {
    const std::size_t at = position(ops, loads, ring[n].dst), before = position(ops, loads, ring[n - 1].dst);
    faults += at <= before;
    const std::size_t stages = ring[n].stages;
    // The op behind which the load belongs; other loads may have come in between.
    const std::size_t anchor =
        n < stages ? position(ops, loads, ring[0].dst) : position(ops, frees, ring[n - stages].dst);
    faults += at <= anchor;
    const auto first = ops.begin() + static_cast<std::ptrdiff_t>(std::min(anchor, at));
    faults += may_move && !std::all_of(first + 1, ops.begin() + static_cast<std::ptrdiff_t>(at), is_load);
  }
  return faults;
}

int hoisting_faults(const std::vector<Op>& before, const std::vector<Op>& after) {
  int faults = 0;
  std::vector<std::int32_t> was = numbers(before, [](const Op&) { return true; });
  std::vector<std::int32_t> is = numbers(after, [](const Op&) { return true; });
  std::sort(is.begin(), is.end());
  faults += was != is;                                                    // a permutation
  faults += numbers(before, is_not_load) != numbers(after, is_not_load);  // in which only loads move
  const bool stores = std::any_of(before.begin(), before.end(), [](const Op& op) { return op.kind == OpKind::store; });
  for (const auto& [line, ring] : rings_of(before)) {
    faults += ring_faults(after, ring, !(stores && ring[0].tensor == 0));
  }
  return faults;
}

// The most tiles of one ring alive at once.
std::size_t most_alive(const std::vector<Op>& ops, std::uint16_t line) {
  std::vector<TileId> alive;
  std::size_t most = 0;
  for (const Op& op : ops) {
    if (is_load(op) && op.line == line) {
      alive.push_back(op.dst);
      most = std::max(most, alive.size());
    } else if (op.kind == OpKind::release) {
      alive.erase(std::remove(alive.begin(), alive.end(), op.a), alive.end());
    }
  }
  return most;
}

}  // namespace

TEST_CASE("copies issued ahead: a permutation, and behind the release of their buffer, and right behind it",
          "[property]") {
  std::mt19937 random(1);
  int moved = 0;
  for (int n = 0; n < 2000; ++n) {
    const std::vector<Op> before = random_rings(random);
    std::vector<Op> after = before;
    sim::hoist_loads(after);
    INFO("case " << n);
    REQUIRE(hoisting_faults(before, after) == 0);
    for (const auto& [line, ring] : rings_of(after)) {
      REQUIRE(most_alive(after, line) <= ring[0].stages);
    }
    std::vector<Op> again = after;
    sim::hoist_loads(again);
    const auto all = [](const Op&) { return true; };
    REQUIRE(numbers(again, all) == numbers(after, all));
    moved += numbers(before, all) != numbers(after, all);
  }
  CHECK(moved > 500);
}

TEST_CASE("copies issued too early, too late, out of order or lost are found") {
  const auto load = [](std::int32_t number, TileId tile) {
    Op op{.kind = OpKind::load};
    op.stages = 1;
    op.line = 100;
    op.dst = tile;
    op.inner = number;
    return op;
  };
  const auto other = [](OpKind kind, std::int32_t number, TileId a) {
    Op op{.kind = kind};
    op.a = a;
    op.inner = number;
    return op;
  };
  const Op load1 = load(1, 1), use1 = other(OpKind::exp, 2, 1), free1 = other(OpKind::release, 3, 1),
           work = other(OpKind::exp, 4, 9), load2 = load(5, 2), free2 = other(OpKind::release, 6, 2);
  const std::vector<Op> before = {load1, use1, free1, work, load2, free2};
  CHECK(hoisting_faults(before, {load1, use1, free1, load2, work, free2}) == 0);
  CHECK(hoisting_faults(before, {load1, load2, use1, free1, work, free2}) > 0);  // the buffer is still in use
  CHECK(hoisting_faults(before, before) > 0);                                    // could start earlier
  CHECK(hoisting_faults(before, {load2, load1, use1, free1, work, free2}) > 0);
  CHECK(hoisting_faults(before, {load1, use1, free1, load2, work}) > 0);
  CHECK(hoisting_faults(before, {load1, free1, use1, load2, work, free2}) > 0);  // more than loads moved
}

TEST_CASE("two stages: the second copy starts with the first, the third when the first's buffer is free") {
  const Trace trace = recorded([](Block& block) {
    for (int j = 0; j < 4; ++j) {
      Tile x = block.load(rows(kX, j, 16), 2);
      sim::exp(x);
    }
  });
  std::string order;
  for (const Op& op : trace.ops) {
    if (is_load(op)) {
      order += "L" + std::to_string(op.row / 16) + " ";
    } else if (op.kind == OpKind::exp) {
      order += "E ";
    } else if (op.kind == OpKind::release && op.level == sim::Level::smem) {
      order += "R ";
    }
  }
  CHECK(order == "L0 L1 E R L2 E R L3 E R E R ");
}

TEST_CASE("copies of a tensor that the block writes stay where they are") {
  const auto loads_first = [](bool writes) {
    const Trace trace = recorded([&](Block& block) {
      for (int j = 0; j < 2; ++j) {
        Tile x = block.load(rows(kX, j, 16), 2);
        Tile y = sim::exp(x);
        if (writes) {
          block.store(rows(kX, j, 16), y);
        }
      }
    });
    return is_load(trace.ops[0]) && is_load(trace.ops[1]);
  };
  CHECK(loads_first(false));
  CHECK_FALSE(loads_first(true));
}
