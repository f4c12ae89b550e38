// Moments in words, facts by name, and lessons walked through.
#include "ui/scope/lesson_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/analysis/quantities.h"
#include "sim/base/error.h"
#include "sim/base/file.h"
#include "tests/catch.h"
#include "tests/scope_cases.h"
#include "ui/scope/facts.h"
#include "ui/scope/frame.h"
#include "ui/scope/moment.h"
#include "ui/scope/moves.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using scope::Cursor;
using scope::Run;

const std::string kFolder = ATTOSCOPE_SOURCE_ASSETS "/../lessons/skeleton";

template <typename F>
std::string error_of(F action) {
  try {
    action();
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "no error";
}

std::string moment_error(const Run& run, const std::string& text) {
  return error_of([&] { scope::moment_of(run, {}, text, "--at"); });
}

/// One row of eight, two at a time.
std::shared_ptr<Run> softmax(const std::string& algorithm) {
  sim::Scenario scenario = scope_cases::blackboard(algorithm);
  for (const auto& [key, value] : {std::pair{"rows", 1}, {"row_length", 8}, {"block_q", 1}, {"block_kv", 2}}) {
    scope_cases::set(scenario, key, std::int64_t{value});
  }
  scope_cases::set(scenario, "dtype", std::string("fp32"));
  scope_cases::set(scenario, "distribution", std::string("integers"));
  scope_cases::set(scenario, "seed", std::int64_t{6});
  return scope_cases::make(scenario);
}

double fact(const Run& run, const std::string& moment, const std::string& name) {
  return scope::fact_of(run, {scope::moment_of(run, {}, moment, ""), {}}, name).value;
}

}  // namespace

TEST_CASE("moments in words", "[lesson]") {
  const auto run = softmax("softmax_online");
  const scope::Place place;
  CHECK(scope::moment_of(*run, place, "start", "") == 0);
  CHECK(scope::moment_of(*run, place, "end", "") == run->end_us());
  CHECK(scope::moment_of(*run, place, "middle", "") == run->end_us() / 2);
  CHECK(scope::moment_of(*run, place, "25%", "") == Catch::Approx(run->end_us() / 4));
  CHECK(scope::moment_of(*run, place, "0.1us", "") == 0.1);
  CHECK(scope::moment_of(*run, place, "0.0001ms", "") == Catch::Approx(0.1));
  CHECK(scope::moment_of(*run, place, "op7", "") == run->time_of(place, 7));
  CHECK(scope::moment_of(*run, place, "op99999", "") == run->time_of(place, run->positions(place)));
}

TEST_CASE("paper lines: the end of the last op of each visit", "[lesson]") {
  const auto run = softmax("softmax_online");
  const auto trace = run->trace(0, 0);
  double last = -1;
  for (int n = 1; n <= 4; ++n) {
    const double t = scope::moment_of(*run, {}, "paper 4 #" + std::to_string(n), "");
    const scope::At at = run->at({t, {}});
    CHECK(t > last);
    last = t;
    CHECK(at.share == 1);
    CHECK(trace->trace->ops[at.op].kind == sim::OpKind::max);  // m_new = max(rowmax(x), m): the second of two ops
    CHECK(trace->iteration_of[at.op] == n - 1);
  }
  CHECK(scope::moment_of(*run, {}, "paper 4", "") == scope::moment_of(*run, {}, "paper 4 #1", ""));
  CHECK_THAT(moment_error(*run, "paper 4 #5"),
             ContainsSubstring("--at: 'paper 4 #5' does not happen: line 4 runs 4 times"));
  CHECK_THAT(moment_error(*run, "paper 6"),
             ContainsSubstring("no op of line 6") && ContainsSubstring("lines with ops there: 1, 2, 4, 5, 8"));
}

TEST_CASE("paper lines of FlashAttention-2 count through a place's blocks", "[lesson]") {
  const auto run = scope_cases::make(scope_cases::blackboard("flash2"));
  const auto j_of = [&](int n) {
    const double t = scope::moment_of(*run, {}, "paper 8 #" + std::to_string(n), "");
    const scope::At at = run->at({t, {}});
    const auto trace = run->trace(at.kernel, at.block);
    CHECK(trace->trace->ops[at.op].kind == sim::OpKind::matmul);
    return trace->iteration_of[at.op];
  };
  for (int n = 1; n <= 4; ++n) {
    CHECK(j_of(n) == n - 1);
  }
}

TEST_CASE("breakpoints as moments", "[lesson]") {
  const auto run = softmax("softmax_online");
  scope::Breakpoint rose;
  Cursor cursor{-1, {}};
  for (int n = 1; n <= 2; ++n) {
    cursor = scope::run_to(*run, cursor, {rose}, 1)->cursor;
    CHECK(scope::moment_of(*run, {}, "break max_rose #" + std::to_string(n), "") == cursor.t_us);
  }
  CHECK_THAT(moment_error(*run, "break max_rose #50"), ContainsSubstring("does not happen: max_rose holds 2 times"));
  CHECK_THAT(moment_error(*run, "break max_rise"), ContainsSubstring("did you mean 'max_rose'"));
  CHECK_THAT(moment_error(*run, "break masked_tile"), ContainsSubstring("holds 0 times"));
}

TEST_CASE("what is no moment", "[lesson]") {
  const auto run = softmax("softmax_safe");
  for (const char* text : {"", "soon", "%", "us", "op", "op x", "12", "paper", "paper x", "paper 3 2", "paper 3 #0",
                           "paper 3 #1 #2", "paper 3 #99999999999", "nan%", "1e999us", "break"}) {
    CAPTURE(text);
    CHECK_THAT(moment_error(*run, text), ContainsSubstring("is no moment") && ContainsSubstring("paper 8 #2"));
  }
  CHECK_THAT(moment_error(*run, "200%"), ContainsSubstring("is outside the run") && ContainsSubstring("lasts"));
  CHECK_THAT(moment_error(*run, "-1us"), ContainsSubstring("is outside the run"));
}

TEST_CASE("facts are the report's numbers and the machine's", "[lesson]") {
  for (const char* algorithm : {"flash2", "standard", "softmax_safe"}) {
    const auto run = scope_cases::make(scope_cases::blackboard(algorithm));
    for (const sim::NamedNumber& number : sim::quantities(run->report())) {
      std::string name = number.path;
      std::replace(name.begin(), name.end(), ' ', '_');
      CAPTURE(algorithm, name);
      const lessons::Quantity found = scope::fact_of(*run, {}, name);
      CHECK(found.value == number.value);
      CHECK((found.badge == lessons::Badge::exact) == number.exact);
    }
    for (const sim::MachineField& field : sim::machine_fields()) {
      CHECK(scope::fact_of(*run, {}, std::string("machine.") + field.key).value == field.get(run->machine()));
    }
  }
}

TEST_CASE("facts of an overridden machine", "[lesson]") {
  sim::Scenario scenario = scope_cases::blackboard("flash2");
  sim::override_machine(scenario, "hbm.latency_ns", 321);
  const auto run = scope_cases::make(scenario);
  CHECK(scope::fact_of(*run, {}, "machine_overrides.hbm.latency_ns").value == 321);
  CHECK(scope::fact_of(*run, {}, "machine.hbm.latency_ns").value == 321);
}

TEST_CASE("values of tiles at a moment", "[lesson]") {
  const auto run = softmax("softmax_online");
  // Worked out by hand from the row itself: maxima and sums after each tile of two.
  double m = -INFINITY, d = 0;
  for (int j = 0; j < 4; ++j) {
    const std::string n = std::to_string(j + 1);
    const double x0 = fact(*run, "end", "hbm.X.0." + std::to_string(2 * j)),
                 x1 = fact(*run, "end", "hbm.X.0." + std::to_string(2 * j + 1));
    CHECK(fact(*run, "paper 4 #" + n, "at.X.0.0") == x0);
    CHECK(fact(*run, "paper 4 #" + n, "at.x.0.1") == x1);
    const double before = m;
    m = std::max({m, x0, x1});
    CHECK(fact(*run, "paper 4 #" + n, "at.m.0") == m);
    CHECK(fact(*run, "paper 4 #" + n, "at.m_new.0.0") == m);
    CHECK(fact(*run, "paper 4 #" + n, "before.m.0") == before);
    CHECK(fact(*run, "paper 5 #" + n, "at.alpha.0") == Catch::Approx(j == 0 ? 0 : std::exp(before - m)));
    d = d * (j == 0 ? 0 : std::exp(before - m)) + std::exp(x0 - m) + std::exp(x1 - m);
    if (j < 3) {
      CHECK(fact(*run, "paper 4 #" + std::to_string(j + 2), "at.d.0") == Catch::Approx(d));
    }
  }
  CHECK(fact(*run, "end", "hbm.Y.0.0") == Catch::Approx(std::exp(fact(*run, "end", "hbm.X.0.0") - m) / d));
}

TEST_CASE("values are those of the picture at the moment", "[lesson]") {
  const auto run = scope_cases::make(scope_cases::blackboard("flash2"));
  for (const char* moment : {"paper 8 #2", "paper 9 #3", "paper 10 #1", "paper 12 #1", "40%"}) {
    const Cursor cursor{scope::moment_of(*run, {}, moment, ""), {}};
    const scope::Frame frame = scope::frame_at(*run, cursor);
    for (const scope::OnChip& tile : frame.tiles) {
      const auto same = std::count_if(frame.tiles.begin(), frame.tiles.end(), [&](const scope::OnChip& other) {
        return other.tile->variable == tile.tile->variable ||
               scope::plain_symbol(other.tile->symbol) == tile.tile->variable;
      });
      if (tile.values == nullptr || tile.tile->variable.empty() || same > 1) {
        continue;
      }
      CAPTURE(moment, tile.tile->variable);
      const sim::Shape shape = tile.values->shape();
      const std::string name = fmt::format("at.{}.{}.{}", tile.tile->variable, shape.rows - 1, shape.cols - 1);
      CHECK(scope::fact_of(*run, cursor, name).value == tile.values->at(shape.rows - 1, shape.cols - 1));
    }
  }
}

TEST_CASE("facts that are not there say what is", "[lesson]") {
  const auto run = softmax("softmax_online");
  const auto why = [&](const std::string& moment, const std::string& name) {
    return error_of([&] { fact(*run, moment, name); });
  };
  CHECK_THAT(why("paper 4 #2", "at.Q.0"), ContainsSubstring("there is no tile 'Q'") &&
                                              ContainsSubstring("alive are:") && ContainsSubstring("X") &&
                                              ContainsSubstring("d, m"));
  CHECK_THAT(why("paper 4 #2", "before.d.0"), ContainsSubstring("no other tile 'd'"));
  CHECK_THAT(why("paper 4 #2", "at.X.0"), ContainsSubstring("tile 'X' has 2 columns; which?"));
  CHECK_THAT(why("paper 4 #2", "at.X.1.0"), ContainsSubstring("has no element (1, 0): it is 1 x 2"));
  CHECK_THAT(why("paper 4 #2", "at.X.a.0"), ContainsSubstring("'a' is no row or column"));
  CHECK_THAT(why("paper 4 #2", "at.X"), ContainsSubstring("names no element"));
  CHECK_THAT(why("start", "at.m.0"), ContainsSubstring("nothing runs at 0"));
  CHECK_THAT(why("paper 4 #2", "hbm.Y.0.0"), ContainsSubstring("has not been written"));
  CHECK_THAT(why("end", "hbm.Z.0.0"), ContainsSubstring("no tensor 'Z'"));
  CHECK_THAT(why("end", "two_level.red_bytes"), ContainsSubstring("did you mean 'two_level.read_bytes'"));
  CHECK_THAT(why("end", "machine.hbm.byte"), ContainsSubstring("hbm.bytes"));
  CHECK_THAT(why("end", "now.smem_byte"), ContainsSubstring("did you mean 'smem_bytes'"));
}

TEST_CASE("numbers of the moment", "[lesson]") {
  const auto run = scope_cases::make(scope_cases::blackboard("flash2"));
  const Cursor cursor{scope::moment_of(*run, {}, "paper 9 #2", ""), {}};
  const scope::Frame frame = scope::frame_at(*run, cursor);
  CHECK(scope::fact_of(*run, cursor, "now.t_us").value == cursor.t_us);
  CHECK(scope::fact_of(*run, cursor, "now.smem_bytes").value == static_cast<double>(frame.smem_bytes));
  CHECK(scope::fact_of(*run, cursor, "now.register_bytes").value == static_cast<double>(frame.register_bytes));
  const Cursor end{run->end_us(), {}};
  CHECK(scope::fact_of(*run, end, "now.dram_read_bytes").value ==
        static_cast<double>(run->bytes_at(run->end_us(), scope::Boundary::dram, false)));
}

TEST_CASE("things that a lesson may point at", "[lesson]") {
  using scope::Thing;
  const auto run = scope_cases::make(scope_cases::blackboard("flash2"));
  const Cursor cursor{run->end_us() / 2, {}};
  CHECK(scope::thing_of(*run, cursor, "HBM") == Thing::level);
  CHECK(scope::thing_of(*run, cursor, "K") == Thing::tensor);
  for (const char* name : {"S", "Sij", "m", "mij", "ℓ", "l", "alpha", "α"}) {
    CAPTURE(name);
    CHECK(scope::thing_of(*run, cursor, name) == Thing::tile);
  }
  for (const char* name : {"", "W", "hbm", "X"}) {
    CHECK(scope::thing_of(*run, cursor, name) == Thing::none);
  }
}

// ---- Lessons ----

TEST_CASE("the skeleton passes", "[lesson]") {
  const lessons::Lesson lesson = lessons::load_lesson(kFolder + "/lesson.toml");
  const scope::LessonCheck check = scope::check_lesson(lesson, ATTOSCOPE_SOURCE_ASSETS);
  for (const scope::LessonProblem& problem : check.problems) {
    FAIL_CHECK(problem.step << ": " << problem.message);
  }
  CHECK(check.passed());
  REQUIRE(check.steps.size() == 4);
  CHECK(check.steps[0].numbers == 5);
  CHECK(check.steps[1].answer == "1");
  CHECK(check.steps[2].answer_value.value == 96);
}

TEST_CASE("a check finds each kind of problem, once, at its step", "[lesson]") {
  const std::string long_text(720, 'a');
  const auto [from, to, step, part] = GENERATE_COPY(table<std::string, std::string, std::string, std::string>({
      {"machine = \"blackboard\"", "machine = \"blakboard\"", "numbers", "scenario 'online' does not run"},
      {"right = \"softmax\" }", "right = \"sotfmax\" }", "numbers", "view.right: there is no 'sotfmax'"},
      {"right = \"softmax\" }", "rigth = \"softmax\" }", "numbers", "view.rigth is no key of a view"},
      {"at = \"paper 4 #2\"", "at = \"paper 4 #20\"", "numbers", "'paper 4 #20' does not happen"},
      {"highlight = [\"d\"]", "highlight = [\"D\", \"SMEM\"]", "predict", "highlight: there is no 'D'"},
      {"formula = 'm_j", "formula = '\\wrong m_j", "numbers", "formula refused"},
      {"risen to {at.m.0|value}", "risen", "predict", "text: English holds the numbers , Chinese {at.m.0|value}"},
      {"一行 [S:*X*]", "一行 *X*", "numbers", "text: English marks the families 'S', Chinese ''"},
      {"*m* = {at.m.0|value}.\n\nOnline", "*m* = {at.mm.0|value}.\n\nOnline", "numbers", "English holds the numbers"},
      {"How many bytes?\"", "How many bytes of all the bytes that there could be do we read here?\"", "count",
       "title (en) has"},
      {"A third kind", long_text, "point", "text (en) has"},
      {"3 × {problem.row_length|int} elements of 4 bytes.\", zh = \"3 × {problem.row_length|int}",
       "3 × {problem.row|int} elements of 4 bytes.\", zh = \"3 × {problem.row|int}", "count",
       "question.explain (scenario 'safe' at 'end'): 'problem.row'"},
      {"answer = \"two_level.by_tensor.X.read_bytes\"", "answer = \"two_level.by_tensor.Z.read_bytes\"", "count",
       "question.answer (scenario 'safe' at 'end')"},
      {"answer = \"two_level.by_tensor.X.read_bytes\"", "answer = \"1 / problem.row_length - 1 / 8 + 1 / 0\"", "count",
       "no finite number"},
      {"value = \"1\" }", "value = \"2\" }", "predict", "no choices equal the answer 1"},
      {"value = \"0\" }", "value = \"4 - 3\" }", "predict", "2 choices equal the answer 1"},
      {"object = \"m\"", "object = \"W\"", "point", "question.object: there is no 'W'"},
  }));
  const std::vector<unsigned char> bytes = sim::read_file(kFolder + "/lesson.toml");
  std::string text(bytes.begin(), bytes.end());
  const std::size_t at = text.find(from);
  CAPTURE(from, to);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  const scope::LessonCheck check =
      scope::check_lesson(lessons::parse_lesson(text, "f", kFolder), ATTOSCOPE_SOURCE_ASSETS,
                          [](const std::string& formula, const std::string& where) {
                            if (formula.find("\\wrong") != std::string::npos) {
                              throw sim::Error(where, "formula refused");
                            }
                          });
  CHECK_FALSE(check.passed());
  bool found = false;
  for (const scope::LessonProblem& problem : check.problems) {
    CAPTURE(problem.message);
    found = found || (problem.step == step && problem.line > 0 && problem.message.find(part) != std::string::npos);
    CHECK_FALSE(problem.warning);
  }
  CHECK(found);
  for (const scope::LessonProblem& problem : check.problems) {
    UNSCOPED_INFO(problem.step << ": " << problem.message);
  }
  CHECK(check.problems.size() <= 3);
}

TEST_CASE("a scenario that no step uses is warned of", "[lesson]") {
  const std::vector<unsigned char> bytes = sim::read_file(kFolder + "/lesson.toml");
  std::string text(bytes.begin(), bytes.end());
  text.insert(text.find("[scenarios.safe]"), "[scenarios.spare]\nbuiltin = \"blackboard\"\n");
  const scope::LessonCheck check =
      scope::check_lesson(lessons::parse_lesson(text, "f", kFolder), ATTOSCOPE_SOURCE_ASSETS);
  CHECK(check.passed());
  REQUIRE(check.problems.size() == 1);
  CHECK(check.problems[0].warning);
  CHECK_THAT(check.problems[0].message, ContainsSubstring("'spare' is never used"));
}
