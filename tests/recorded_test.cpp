// Recorded programs: what comes back from text, and from playing, is what was recorded.
#include "sim/tile/recorded.h"
#include "sim/analysis/check.h"
#include "sim/analysis/simulate.h"
#include "sim/base/error.h"
#include "tests/catch.h"
#include "tests/random_cases.h"

using namespace sim;

namespace {

// A plan's first kernel, recorded in program order as a process of its own does it.
RecordedProgram recorded(const Plan& plan) {
  const Kernel& kernel = plan.kernels[0];
  RecordedProgram program;
  program.source_file = "student.cpp";
  program.source_text = "first line\nsecond, with a \"quote\" and 中文\n";
  program.tensors = plan.tensors;
  for (std::int32_t index = 0; index < kernel.blocks; ++index) {
    Trace trace;
    Block block(index, trace, "student.cpp", kernel.warps);
    kernel.program(block);
    program.blocks.push_back({trace.ops, {{trace.ops.size(), 3, "m", 1}}});
  }
  return program;
}

Experiment small(const std::string& algorithm) {
  Experiment e;
  e.machine = load_machine("blackboard", ATTOSCOPE_SOURCE_ASSETS);
  e.algorithm = algorithm;
  e.problem.rows = 5, e.problem.row_length = 11;
  e.problem.seqlen_q = 7, e.problem.seqlen_kv = 9, e.problem.head_dim = 4;
  e.problem.dtype = DType::fp32;
  e.problem.mask = algorithm == "flash2" ? Mask::causal : Mask::none;
  e.schedule.block_q = 2, e.schedule.block_kv = 2, e.schedule.stages = 2;
  return e;
}

std::string with_line(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a recorded program comes back from its text") {
  for (const std::string algorithm : {"softmax_naive", "softmax_online", "flash2"}) {
    const RecordedProgram program = recorded(prepare(small(algorithm)).plan);
    const std::string text = to_text(program);
    const RecordedProgram again = parse_program(text, "text");
    CHECK(to_text(again) == text);
    CHECK(again.source_text == program.source_text);
    REQUIRE(again.blocks.size() == program.blocks.size());
    CHECK(again.blocks[0].shown == program.blocks[0].shown);
  }
}

TEST_CASE("a played program records the same ops as the original") {
  for (const std::string algorithm : {"softmax_naive", "softmax_safe", "softmax_online", "flash2"}) {
    INFO(algorithm);
    Experiment e = small(algorithm);
    const Plan original = prepare(e).plan;
    e.program = std::make_shared<const RecordedProgram>(parse_program(to_text(recorded(original)), "text"));
    const Plan played = prepare(e).plan;
    for (std::int32_t index = 0; index < original.kernels[0].blocks; ++index) {
      Trace a, b;
      record_block(original.kernels[0], index, a);
      record_block(played.kernels[0], index, b);
      REQUIRE(a.ops.size() == b.ops.size());
      for (std::size_t n = 0; n < a.ops.size(); ++n) {
        INFO("block " << index << " op " << n);
        std::string text_a, text_b;
        append_text(text_a, a.ops[n]);
        append_text(text_b, b.ops[n]);
        CHECK(text_a == text_b);
        CHECK(a.ops[n].a_in_smem == b.ops[n].a_in_smem);
        CHECK(a.ops[n].b_in_smem == b.ops[n].b_in_smem);
      }
    }
    const Report report = simulate(e);
    e.program = nullptr;
    const Report direct = simulate(e);
    CHECK(report.two_level == direct.two_level);
    CHECK(report.cycles == direct.cycles);
  }
}

TEST_CASE("a played program computes what the original does, and the check sees its program") {
  Experiment e = small("softmax_online");
  Outputs a, b;
  CHECK(check(e, {}, &a).passed);
  RecordedProgram program = recorded(prepare(e).plan);
  e.program = std::make_shared<const RecordedProgram>(program);
  CHECK(check(e, {}, &b).passed);
  CHECK(a.values == b.values);
  // One op changed: subtraction where there was addition. It must be noticed.
  for (RecordedBlock& block : program.blocks) {
    for (Op& op : block.ops) {
      op.kind = op.kind == OpKind::add ? OpKind::sub : op.kind;
    }
  }
  e.program = std::make_shared<const RecordedProgram>(program);
  CHECK_FALSE(check(e, {}).passed);
}

TEST_CASE("a recorded program that can't be is refused with its line") {
  Experiment e = small("softmax_online");
  const RecordedProgram program = recorded(prepare(e).plan);
  const std::string text = to_text(program);
  struct Bad {
    std::string from, to, where, message;
  };
  const std::vector<Bad> bad = {
      {"attoscope program 1", "attoscope program 9", "f:1", "is no recorded program"},
      {"\nend\n", "\n", "f:", "ends too early"},
      {"tensor X input fp32 5 11", "tensor X input fp32 0 11", "f:3", "can't be"},
      {"tensor X input fp32 5 11", "tensor X input fp31 5 11", "f:3", "no element type"},
      {"tensor X input", "tensor X inpt", "f:3", "not known"},
      {"\nblock\n", "\n", "f:5", "before the first block"},
      {"\nfill ", "\nfil ", "f:6", "not known"},
      {"\nfill ", "\nfill x", "f:6", "expected a number"},
      {"\ntext ", "\ntext 9", "f:", "cut off"},
  };
  for (const Bad& b : bad) {
    INFO(b.from << " -> " << b.to);
    try {
      parse_program(with_line(text, b.from, b.to), "f");
      FAIL("was read");
    } catch (const Error& error) {
      CHECK(error.where().rfind(b.where, 0) == 0);
      CHECK(error.message().find(b.message) != std::string::npos);
    }
  }
}

TEST_CASE("playing refuses tiles that are not there, wrong shapes, other sizes") {
  Experiment e = small("softmax_online");
  const RecordedProgram program = recorded(prepare(e).plan);
  const auto message_of = [&](const std::function<void(RecordedProgram&)>& change) -> std::string {
    RecordedProgram changed = program;
    change(changed);
    e.program = std::make_shared<const RecordedProgram>(changed);
    try {
      simulate(e);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const auto first = [](RecordedProgram& p, OpKind kind) -> Op& {
    for (Op& op : p.blocks[0].ops) {
      if (op.kind == kind) {
        return op;
      }
    }
    throw std::runtime_error("no such op");
  };
  using Catch::Matchers::ContainsSubstring;
  CHECK(message_of([](RecordedProgram&) {}).empty());
  CHECK_THAT(message_of([&](RecordedProgram& p) { first(p, OpKind::row_max).a = 999; }),
             ContainsSubstring("student.cpp:") && ContainsSubstring("is not there"));
  CHECK_THAT(message_of([&](RecordedProgram& p) { first(p, OpKind::load).shape.rows = 100; }),
             ContainsSubstring("outside the tensor"));
  CHECK_THAT(message_of([&](RecordedProgram& p) { first(p, OpKind::load).tensor = 7; }),
             ContainsSubstring("tensor 7 does not exist"));
  CHECK_THAT(message_of([&](RecordedProgram& p) { first(p, OpKind::fill).dst = 5; }),
             ContainsSubstring("out of order"));
  CHECK_THAT(message_of([&](RecordedProgram& p) { first(p, OpKind::fill).shape.rows = -1; }),
             ContainsSubstring("-1x1"));
  CHECK_THAT(message_of([&](RecordedProgram& p) { first(p, OpKind::row_max).kind = OpKind::wait; }),
             ContainsSubstring("has no wait"));
  CHECK_THAT(message_of([&](RecordedProgram& p) { p.blocks.pop_back(); }), ContainsSubstring("2 blocks"));
  CHECK_THAT(message_of([&](RecordedProgram& p) { p.tensors[0].tensor.shape.rows = 6; }),
             ContainsSubstring("record it again"));
  e.algorithm = "standard";
  CHECK_THAT(message_of([](RecordedProgram&) {}), ContainsSubstring("kernels"));
}

TEST_CASE("any bytes give a recorded program or an Error", "[property]") {
  const std::string text = to_text(recorded(prepare(small("softmax_online")).plan));
  std::uint64_t state = 7;
  const auto random = [&](std::size_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state >> 33) % below;
  };
  int read = 0;
  for (int n = 0; n < 3000; ++n) {
    std::string changed = text;
    for (std::size_t k = 0; k < 1 + random(4); ++k) {
      changed[random(changed.size())] = static_cast<char>(random(256));
    }
    changed.resize(random(8) == 0 ? random(changed.size()) : changed.size());
    try {
      RecordedProgram program = parse_program(changed, "f");
      ++read;
      Experiment e = small("softmax_online");
      e.program = std::make_shared<const RecordedProgram>(std::move(program));
      simulate(e, {.timing = false});
    } catch (const Error&) {
    }
  }
  CHECK(read > 0);  // some changes leave a program
}
