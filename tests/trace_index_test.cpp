// Tiles of a trace: their names from the program's text, their places from the ops, when they live.
#include "ui/scope/trace_index.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/algorithms/algorithms.h"
#include "sim/base/error.h"
#include "sim/executors/footprint.h"
#include "tests/catch.h"

namespace {

using namespace sim;  // NOLINT: tests name most of it

struct Case {
  std::string name;
  Plan plan;
  Schedule schedule;
};

Case case_of(const std::string& name, Mask mask) {
  Problem problem;
  problem.heads = 2;
  problem.kv_heads = 1;
  problem.seqlen_q = 11;
  problem.seqlen_kv = 14;
  problem.head_dim = 4;
  problem.mask = mask;
  problem.rows = 5;
  problem.row_length = 11;
  const Algorithm& algorithm = find_algorithm(name);
  const Machine machine = load_machine("a100-40gb", ATTOSCOPE_SOURCE_ASSETS);
  Schedule schedule{4, 4, 2, 0, 2};
  schedule.tile = name == "memory_efficient" ? 2 : 0;
  problem = checked(problem, algorithm.softmax);
  schedule = algorithm.schedule(problem, schedule, machine);
  return {name, algorithm.plan(problem, schedule, machine), schedule};
}

std::shared_ptr<const scope::TraceIndex> index_of(const Case& of, const Kernel& kernel, std::int32_t block) {
  auto trace = std::make_shared<Trace>();
  record_block(kernel, block, *trace);
  return scope::index_trace(trace, of.plan, kernel, of.schedule.block_q, of.schedule.block_kv);
}

template <typename F>
void for_each_block(F f) {
  for (const Mask mask : {Mask::none, Mask::causal}) {
    for (const std::string& name : algorithm_names()) {
      const Case of = case_of(name, mask);
      for (const Kernel& kernel : of.plan.kernels) {
        for (std::int32_t block = 0; block < kernel.blocks; ++block) {
          INFO(name << " " << kernel.name << " block " << block);
          f(*index_of(of, kernel, block));
        }
      }
    }
  }
}

std::vector<std::string> names(const scope::TraceIndex& index) {
  std::vector<std::string> result;
  for (const scope::TileInfo& tile : index.tiles) {
    if (!tile.temporary) {
      result.push_back(tile.name);
    }
  }
  return result;
}

TEST_CASE("Tiles of FlashAttention-2 are called as in the program, with their numbers") {
  const Case of = case_of("flash2", Mask::none);
  const auto index = index_of(of, of.plan.kernels.front(), 1);
  std::vector<std::string> first = names(*index);
  first.resize(15);
  CHECK(first == std::vector<std::string>{"Q_{1}", "O_{1}", "*ℓ*_{1}", "*m*_{1}", "K_{0}", "K_{1}", "V_{0}", "V_{1}",
                                          "S_{1,0}", "K_{2}", "*m*_{1}", "P_{1,0}", "*α*_{1}", "*ℓ*_{1}", "O_{1}"});
  CHECK(names(*index).back() == "LSE_{1}");
  for (const scope::TileInfo& tile : index->tiles) {
    if (tile.family == scope::Family::k) {
      CHECK(tile.stages == 2);
      CHECK(tile.stage == tile.j % 2);
      CHECK(tile.variable == "Kj");
    }
  }
}

TEST_CASE("Exponentiated scores are P, whatever the variable") {
  const Case of = case_of("standard", Mask::causal);
  const auto index = index_of(of, of.plan.kernels[1], 0);
  const auto found = std::find_if(index->tiles.begin(), index->tiles.end(), [](const scope::TileInfo& tile) {
    return tile.variable == "Sij" && tile.family == scope::Family::p;
  });
  REQUIRE(found != index->tiles.end());
  CHECK(found->name == "P_{0,0}");
}

TEST_CASE("A declaration of several tiles names each") {
  const Case of = case_of("memory_efficient", Mask::none);
  const auto index = index_of(of,
                              *std::find_if(of.plan.kernels.begin(), of.plan.kernels.end(),
                                            [](const Kernel& kernel) { return kernel.name == "combine"; }),
                              0);
  CHECK(index->tiles[0].variable == "m");
  CHECK(index->tiles[1].variable == "l");
  CHECK(index->tiles[2].variable == "O");
}

TEST_CASE("Every tile has a name or is inside a statement, and a family") {
  for_each_block([](const scope::TraceIndex& index) {
    for (const scope::TileInfo& tile : index.tiles) {
      INFO("op " << tile.made_op << " line " << index.trace->ops[tile.made_op].line);
      CHECK((tile.temporary || !tile.variable.empty()));
      CHECK(tile.family != scope::Family::none);
      CHECK_FALSE(tile.name.empty());
    }
  });
}

TEST_CASE("A product has the rows of its first operand and the rows or columns of its second") {
  for_each_block([](const scope::TraceIndex& index) {
    for (const Op& op : index.trace->ops) {
      if (op.kind != OpKind::matmul) {
        continue;
      }
      const scope::TileInfo &dst = *index.tile(op.dst), &a = *index.tile(op.a), &b = *index.tile(op.b);
      CHECK(dst.row == a.row);
      CHECK(dst.col == (op.transpose_b ? b.row : b.col));
      CHECK(dst.family == (op.transpose_b ? scope::Family::s : scope::Family::o));
      if (!op.transpose_b) {
        CHECK(a.col == b.row);  // columns of P are rows of V
      }
    }
  });
}

TEST_CASE("What is stored lies where it is stored") {
  const Case of = case_of("flash2", Mask::causal);
  for (std::int32_t block = 0; block < of.plan.kernels[0].blocks; ++block) {
    const auto index = index_of(of, of.plan.kernels[0], block);
    for (const Op& op : index->trace->ops) {
      if (op.kind == OpKind::store) {
        CHECK(index->tile(op.a)->row == op.row);
      }
    }
  }
}

TEST_CASE("Tiles alive after an op take what the footprint says") {
  for_each_block([](const scope::TraceIndex& index) {
    FootprintExecutor footprint;
    std::uint32_t real = 0;
    for (std::uint32_t at = 0; at < index.trace->ops.size(); ++at) {
      footprint.on(index.trace->ops[at]);
      std::int64_t smem = 0, registers = 0;
      for (const std::uint32_t n : index.alive_after(at)) {
        const scope::TileInfo& tile = index.tiles[n];
        (tile.level == Level::smem ? smem : registers) += tile.bytes;
      }
      REQUIRE(smem == footprint.footprint().smem_bytes);
      REQUIRE(registers == footprint.footprint().register_bytes);
      REQUIRE(index.number_of[at] == real);
      real += index.trace->ops[at].kind != OpKind::release ? 1 : 0;
    }
    CHECK(real == index.real_ops.size());
  });
}

TEST_CASE("Marks of a long trace lose no tile") {
  const Case of = case_of("flash1", Mask::none);
  const auto index = index_of(of, of.plan.kernels[0], 0);
  REQUIRE(index->marks.size() > 1);
  for (std::uint32_t at = 0; at < index->trace->ops.size(); ++at) {
    std::vector<std::uint32_t> alive;
    for (std::uint32_t n = 0; n < index->tiles.size(); ++n) {
      if (index->tiles[n].made_op <= at && index->tiles[n].dead_op > at) {
        alive.push_back(n);
      }
    }
    REQUIRE(index->alive_after(at) == alive);
  }
}

TEST_CASE("The program's text: paper lines and functions") {
  const scope::SourceFile& file = scope::source_file("sim/algorithms/flash_attention_2.cpp");
  const auto line_with = [&](const std::string& text) {
    for (std::size_t n = 0; n < file.lines.size(); ++n) {
      if (file.lines[n].find(text) != std::string::npos) {
        return static_cast<int>(n) + 1;
      }
    }
    return 0;
  };
  const int dot = line_with("Tile Sij = dot(");
  CHECK(file.paper_line(dot) == 8);
  CHECK_FALSE(file.paper_line(line_with("Kj.release()")).has_value());
  CHECK_FALSE(file.paper_line(0).has_value());
  const auto [first, last] = file.function_around(dot);
  CHECK(first == line_with("void flash_attention_2("));
  CHECK(file.lines[static_cast<std::size_t>(last) - 1] == "}");
  CHECK_THROWS_AS(scope::source_file("sim/algorithms/none.cpp"), Error);
}

}  // namespace
