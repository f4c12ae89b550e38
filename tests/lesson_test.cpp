// Lessons: expressions, formats, and how mistakes in a lesson's file are told.
#include "lessons/course/lesson.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "lessons/course/expression.h"
#include "lessons/course/markup.h"
#include "sim/base/error.h"
#include "sim/base/file.h"
#include "tests/catch.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using lessons::Badge;
using lessons::Quantity;

const std::string kFolder = ATTOSCOPE_SOURCE_ASSETS "/../lessons/skeleton";

std::string skeleton() {
  const std::vector<unsigned char> bytes = sim::read_file(kFolder + "/lesson.toml");
  return {bytes.begin(), bytes.end()};
}

Quantity value_of(const std::string& scenario, const std::string& name) {
  static const std::map<std::string, Quantity> kKnown = {
      {"a", {3, Badge::exact}},
      {"b.c", {0.5, Badge::exact}},
      {"t", {8, Badge::modelled}},
      {"zero", {0, Badge::exact}},
      {"at.l.0", {7, Badge::exact}},
      {"at.alpha.0", {0.25, Badge::exact}},
      {"inf", {std::numeric_limits<double>::infinity(), Badge::exact}},
      {"nan", {std::nan(""), Badge::exact}},
      {"other:a", {30, Badge::exact}},
  };
  const auto found = kKnown.find(scenario.empty() ? name : scenario + ":" + name);
  if (found == kKnown.end()) {
    throw sim::Error("", "there is no number '" + name + "'", "did you mean 'a'?");
  }
  return found->second;
}

template <typename F>
std::string error_of(F action) {
  try {
    action();
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "no error";
}

std::string evaluation_error(const std::string& expression) {
  return error_of([&] { lessons::evaluate(expression, value_of, "f:7"); });
}

}  // namespace

TEST_CASE("expressions are worked out", "[lesson]") {
  const auto [text, value] = GENERATE(table<std::string, double>({
      {"1 + 2 * 3", 7},
      {"a", 3},
      {"a^2 - b.c", 8.5},
      {"other:a / a", 10},
      {"(a + t) * 2", 22},
      {"a > 2", 1},
      {"a < 2 || t == 8", 1},
      {"a > 2 ? 5 : 6", 5},
      {"max(a, t, 2)", 8},
      {"exp(zero) + ln(1) + sqrt(4)", 3},
      {"2.5e1*a", 75},
      {"at.l.0", 7},
      {"at.ℓ.0 + at.α.0", 7.25},
      {"inf > 3", 1},
  }));
  CAPTURE(text);
  CHECK(lessons::evaluate(text, value_of, "").value == Catch::Approx(value));
}

TEST_CASE("an expression is modelled if one of its names is", "[lesson]") {
  CHECK(lessons::evaluate("1 + 1", value_of, "").badge == Badge::exact);
  CHECK(lessons::evaluate("a * other:a", value_of, "").badge == Badge::exact);
  CHECK(lessons::evaluate("a * t", value_of, "").badge == Badge::modelled);
  CHECK(lessons::evaluate("t", value_of, "").badge == Badge::modelled);
}

TEST_CASE("names of an expression, with their scenarios", "[lesson]") {
  using Names = std::vector<std::pair<std::string, std::string>>;
  Names names = lessons::names_in("standard:dram.read_bytes / max(at.S.0.1, two_level.read_bytes) + 2e3", "");
  std::sort(names.begin(), names.end());
  CHECK(names == Names{{"", "at.S.0.1"}, {"", "two_level.read_bytes"}, {"standard", "dram.read_bytes"}});
  CHECK(lessons::names_in("1 + 1", "").empty());
}

TEST_CASE("expressions that have no value say why", "[lesson]") {
  for (const char* text : {"1 +", "(a", "a)", "a b", "foo(a)", "2x", "*", "max()", "a ? 1"}) {
    CAPTURE(text);
    CHECK_THAT(error_of([&] { lessons::names_in(text, "f:7"); }),
               ContainsSubstring(std::string("f:7: '") + text + "'") && ContainsSubstring("does not parse"));
  }
  CHECK_THAT(evaluation_error(""), ContainsSubstring("f:7") && ContainsSubstring("is empty"));
  CHECK_THAT(evaluation_error("a = 3"), ContainsSubstring("f:7: 'a = 3'"));
  CHECK_THAT(evaluation_error("a, t"), ContainsSubstring("gives 2 values"));
  CHECK_THAT(evaluation_error("a; t"), ContainsSubstring("';' has no place"));
  CHECK_THAT(evaluation_error("\"a\""), ContainsSubstring("has no place"));
  CHECK_THAT(evaluation_error(std::string(500, '1')), ContainsSubstring("longer than"));
  CHECK_THAT(evaluation_error("a + x"),
             ContainsSubstring("f:7: 'a + x': there is no number 'x'") && ContainsSubstring("did you mean 'a'"));
  CHECK_THAT(evaluation_error("a / zero"), ContainsSubstring("is inf, no finite number"));
  CHECK_THAT(evaluation_error("-a / zero"), ContainsSubstring("is -inf"));
  CHECK_THAT(evaluation_error("zero / zero"), ContainsSubstring("is NaN"));
  CHECK_THAT(evaluation_error("nan"), ContainsSubstring("is NaN"));
}

TEST_CASE("numbers are written in their formats", "[lesson]") {
  const auto [value, format, text] = GENERATE(table<double, std::string, std::string>({
      {1048576, "int", "1,048,576"},
      {-1234.4, "int", "-1,234"},
      {-0.2, "int", "0"},
      {9999, "bytes", "9,999 B"},
      {4194304, "bytes", "4.19 MB"},
      {40.3e9, "bytes", "40.3 GB"},
      {0, "bytes", "0 B"},
      {16384, "kib", "16 KiB"},
      {1000, "kib", "1,000 B"},
      {7.3, "time", "7.30 µs"},
      {0.28, "time", "280 ns"},
      {1234.5, "time", "1.23 ms"},
      {7.5, "ratio", "7.5×"},
      {10.61, "ratio", "10.6×"},
      {0.4, "percent", "40 %"},
      {0.1234, "percent", "12.3 %"},
      {1.0 / 3, "2f", "0.33"},
      {12345.678, "1f", "12,345.7"},
      {-0.001, "2f", "0.00"},
      {2, "0f", "2"},
      {3.14159265, "6f", "3.141593"},
      {0.6066, "value", "0.607"},
      {-1, "value", "-1"},
      {0.5, "value", "0.5"},
      {8, "sig3", "8"},
      {8.126, "", "8.13"},
      {0.012345, "sig3", "0.0123"},
      {0.99996, "sig3", "1.00"},
      {99.97, "sig3", "100"},
      {1234567, "sig3", "1,234,567"},
      {1.5e-7, "sig3", "1.50e-7"},
      {0, "sig3", "0"},
      {1e300, "sig3", "1.00e300"},
  }));
  CAPTURE(value, format);
  CHECK(lessons::formatted(value, format, "") == text);
}

TEST_CASE("what is no number is written as such, and an unknown format named", "[lesson]") {
  CHECK(lessons::formatted(std::nan(""), "int", "") == "NaN");
  CHECK(lessons::formatted(-INFINITY, "bytes", "") == "-inf");
  CHECK_THAT(error_of([] { lessons::check_format("byte", "f:3"); }),
             ContainsSubstring("f:3: unknown format 'byte'") && ContainsSubstring("did you mean 'bytes'"));
  CHECK_NOTHROW(lessons::check_format("", ""));
}

TEST_CASE("words are filled with numbers, marks and escapes left alone", "[lesson]") {
  Badge badge = Badge::exact;
  int numbers = 0;
  CHECK(lessons::filled("[S:S_{3}] is {a|int}, m^{2}, \\{no\\} \\_{a} x_{{a}}", value_of, "", &badge, &numbers) ==
        "[S:S_{3}] is 3, m^{2}, \\{no\\} \\_3 x_{3}");
  CHECK(numbers == 3);
  CHECK(badge == Badge::exact);
  CHECK(lessons::filled("{a > 2 || t > 9|int}{ t |time}", value_of, "", &badge, &numbers) == "18.00 µs");
  CHECK(badge == Badge::modelled);
  CHECK(lessons::filled("d = {inf}, {nan}", value_of, "") == "d = inf, NaN");  // what the simulator holds
  CHECK_THAT(error_of([] { lessons::filled("{inf + 1}", value_of, "f:9"); }), ContainsSubstring("no finite number"));
  CHECK_THAT(error_of([] { lessons::filled("a {b", value_of, "f:9"); }),
             ContainsSubstring("f:9: '{b' has no closing brace"));
  CHECK_THAT(error_of([] { lessons::filled("a { |int}", value_of, "f:9"); }), ContainsSubstring("holds no expression"));
}

TEST_CASE("lengths and families of marked words", "[lesson]") {
  CHECK(lessons::length_of("*m* is **so**, `code`") == 13);
  CHECK(lessons::length_of("[S:S_{3,6}] a[i] \\*") == 11);
  CHECK(lessons::length_of("最大值 *ℓ*") == 5);
  CHECK(lessons::families_in("[S:a [K:b]] [S:c] [X:d] \\[V:e]") == std::set<char>{'K', 'S'});
}

TEST_CASE("the skeleton is read as it stands", "[lesson]") {
  const lessons::Lesson lesson = lessons::load_lesson(kFolder + "/lesson.toml");
  CHECK(lesson.id == "skeleton");
  CHECK(lesson.number == 99);
  CHECK(lesson.scenarios.size() == 2);
  REQUIRE(lesson.steps.size() == 4);
  CHECK(lesson.steps[0].highlight == std::vector<std::string>{"X", "m"});
  CHECK(lesson.steps[0].text.en.find("\n\n") != std::string::npos);
  CHECK(lesson.steps[0].text.en.back() == '.');  // no blank at the ends
  CHECK(lesson.steps[1].scenario == "online");
  CHECK(lesson.steps[3].scenario == "safe");  // stays
  CHECK(lesson.steps[3].at == "paper 3 #1");
  REQUIRE(lesson.steps[1].question);
  CHECK(lesson.steps[1].question->choices.size() == 2);
  CHECK(lesson.steps[2].question->unit == "B");
  CHECK(lesson.steps[3].question->object == "m");
  const sim::Scenario scenario = lessons::scenario_of(lesson, lesson.steps[0]);
  REQUIRE(scenario.view.size() == 1);
  CHECK(std::get<std::string>(scenario.view[0].second.data) == "softmax");
}

TEST_CASE("a step's view goes over its scenario's", "[lesson]") {
  std::string text = skeleton();
  text.insert(text.find("[scenarios.safe]"), "view = { right = \"state\", zoom = 2.0 }\n");
  const lessons::Lesson lesson = lessons::parse_lesson(text, "f", "/here/named");
  CHECK(lesson.id == "named");
  const sim::Scenario scenario = lessons::scenario_of(lesson, lesson.steps[0]);
  REQUIRE(scenario.view.size() == 2);
  for (const auto& [key, value] : scenario.view) {
    CHECK((key == "zoom" || std::get<std::string>(value.data) == "softmax"));
  }
}

TEST_CASE("scenarios come from the lesson, from a file beside it, or with the program", "[lesson]") {
  std::string text = skeleton();
  const std::size_t at = text.find("[scenarios.safe]"), end = text.find("# Or one of");
  text.replace(at, end - at, "[scenarios.safe]\nbuiltin = \"softmax\"\n");
  lessons::Lesson lesson = lessons::parse_lesson(text, "f", kFolder);
  CHECK(lesson.scenarios.at("safe").algorithm == "softmax_online");
  lesson = lessons::parse_lesson(text, "f", "/elsewhere", ATTOSCOPE_SOURCE_ASSETS);
  CHECK(lesson.scenarios.at("safe").algorithm == "softmax_online");
  text.replace(text.find("builtin = \"softmax\""), 19, "file = \"../scenarios/causal.toml\"");
  lesson = lessons::parse_lesson(text, "f", ATTOSCOPE_SOURCE_ASSETS "/machines");
  CHECK_THAT(lesson.scenarios.at("safe").origin, ContainsSubstring("causal.toml"));
  text.insert(text.find("distribution"), "x = \"row.npy\", ");
  lesson = lessons::parse_lesson(text, "f", ATTOSCOPE_SOURCE_ASSETS "/machines");
  CHECK(lesson.scenarios.at("online").inputs.x == ATTOSCOPE_SOURCE_ASSETS "/machines/row.npy");
}

TEST_CASE("mistakes in a lesson's file name file, line, key and what was expected", "[lesson]") {
  struct Mistake {
    std::string from, to;  ///< in the skeleton; the error's line is that of `to`'s last line
    std::vector<std::string> parts;
  };
  const auto mistake = GENERATE(values<Mistake>({
      {"number = 99", "number = 99 9", {}},
      {"number = 99", "number = \"99\"", {"'lesson.number' is the string \"99\"", "whole number from 0 to 999"}},
      {"number = 99", "numbr = 99", {"unknown key 'lesson.numbr'", "did you mean 'number'"}},
      {"[lesson]", "[lessn]", {"unknown table 'lessn'", "did you mean 'lesson'"}},
      {"en = \"A lesson to copy\", ", "", {"'lesson.title' is there in Chinese only", "add lesson.title.en"}},
      {", zh = \"供复制的课程\"", "", {"'lesson.title' is there in English only", "add lesson.title.zh"}},
      {", zh = \"供复制的课程\"", ", cn = \"供复制的课程\"", {"unknown key 'lesson.title.cn'"}},
      {"title = { en = \"A lesson to copy\", zh = \"供复制的课程\" }",
       "title = 7",
       {"'lesson.title' is the integer 7"}},
      {"algorithm = \"softmax_safe\"", "algorithm = \"softmax_saf\"", {"'algorithm'", "did you mean 'softmax_safe'"}},
      {"algorithm = \"softmax_safe\"", "algorthm = \"softmax_safe\"", {"unknown key 'algorthm'", "'algorithm'"}},
      {"[scenarios.safe]", "[scenarios.1safe]", {"'scenarios.1safe' is no name"}},
      {"algorithm = \"softmax_safe\"",
       "builtin = \"softmax\"\nalgorithm = \"softmax_safe\"",
       {"'scenarios.safe.algorithm' has no place beside 'builtin'"}},
      {"id = \"count\"", "id = \"Count\"", {"'step.id' is 'Count'", "small letters"}},
      {"id = \"count\"", "id = \"numbers\"", {"'step.id' is 'numbers', as that of the step in line"}},
      {"id = \"count\"", "idd = \"count\"", {"unknown key 'step.idd'", "did you mean 'id'"}},
      {"scenario = \"safe\"", "scenario = \"saef\"", {"there is no scenario 'saef'", "did you mean 'safe'"}},
      {"at = \"end\"", "at = 3", {"'step.at' is the integer 3", "a text"}},
      {"highlight = [\"d\"]", "highlight = \"d\"", {"'step.highlight' is the string", "a list of texts"}},
      {"highlight = [\"d\"]", "highlight = [1]", {"'step.highlight' is the integer 1"}},
      {"view = { right = \"softmax\" }", "view = 1", {"'step.view' is the integer 1", "table"}},
      {"view = { right = \"softmax\" }", "view = { a = 1979-05-27 }", {"no place in [view]"}},
      {"kind = \"click\"", "kind = \"clik\"", {"'step.question.kind' is 'clik'", "did you mean 'click'"}},
      {"object = \"m\"", "object = \"m\"\nanswer = \"1\"", {"unknown key 'step.question.answer'"}},
      {"answer = \"before.m.0 < at.m.0\"", "answer = \"before.m.0 <\"", {"'before.m.0 <'", "does not parse"}},
      {"answer = \"before.m.0 < at.m.0\"", "answer = \"sfe:time_us\"", {"no scenario 'sfe'", "did you mean 'safe'"}},
      {"format = \"bytes\"", "format = \"byts\"", {"unknown format 'byts'", "did you mean 'bytes'"}},
      {"unit_size = 1", "unit_size = 0", {"'step.question.unit_size' is 0"}},
      {"unit_size = 1", "unit_size = inf", {"'step.question.unit_size' is the float inf; expected a number"}},
      {"tolerance = 0.0", "tolerance = -0.5", {"'step.question.tolerance' is -0.5"}},
      {"value = \"0\" }", "value = \"0 +\" }", {"'0 +'", "does not parse"}},
      {"value = \"0\" }", "worth = \"0\" }", {"unknown key 'step.question.choices.worth'"}},
      {"{ en = \"It stays\", zh = \"不变\", value",
       "{ en = \"It stays\", value",
       {"'step.question.choices.zh' is missing"}},
      {"Online softmax reads *X* twice, {two_level", "Online {two_level", {}},
  }));
  std::string text = skeleton();
  const std::size_t at = text.find(mistake.from);
  REQUIRE(at != std::string::npos);
  text.replace(at, mistake.from.size(), mistake.to);
  const auto end = static_cast<std::ptrdiff_t>(at + mistake.to.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + end, '\n');
  const std::string message = error_of([&] { lessons::parse_lesson(text, "f.toml", kFolder); });
  CAPTURE(mistake.to, line);
  if (mistake.parts.empty() && mistake.to != "number = 99 9") {
    CHECK(message == "no error");
    return;
  }
  CHECK_THAT(message, ContainsSubstring("f.toml:" + std::to_string(line) + ": "));
  for (const std::string& part : mistake.parts) {
    CHECK_THAT(message, ContainsSubstring(part));
  }
}

TEST_CASE("what a lesson must have", "[lesson]") {
  const std::string head = "[lesson]\nnumber = 1\ntitle = {en='a',zh='b'}\nsummary = {en='a',zh='b'}\n";
  const std::string two = "[scenarios.a]\nalgorithm = 'flash2'\n[scenarios.b]\nalgorithm = 'flash1'\n";
  const std::string step = "[[step]]\nid = 's'\ntitle = {en='a',zh='b'}\ntext = {en='a',zh='b'}\n";
  const std::string choice = "scenario = 'a'\n[step.question]\nkind = 'choice'\nask = {en='a',zh='b'}\nanswer = '1'\n";
  const auto [text, line, part] = GENERATE_COPY(table<std::string, int, std::string>({
      {"", 0, "'lesson' is missing"},
      {"[lesson]\nnumber = 1\n", 1, "'lesson.title' is missing"},
      {head, 0, "'scenarios' is missing"},
      {head + "[scenarios]\n", 5, "'scenarios' is empty"},
      {head + two, 0, "'step' is missing"},
      {head + two + "step = []\n", 0, "'scenarios.b.step'"},
      {"step = []\n" + head + two, 1, "'step' is empty"},
      {head + two + step, 9, "'step.scenario' is missing"},
      {head + two + "[[step]]\nid = 's'\n", 9, "'step.title' is missing"},
      {head + two + step + choice, 14, "'step.question.choices' is missing"},
      {head + two + step + choice + "choices = [{value='1'}]\n", 18, "has 1; a choice needs two"},
      {head + two + step + "scenario = 'a'\n[step.question]\n", 14, "'step.question.kind' is missing"},
      {head + two + step + "text.en = 'x'\n", 13, ""},
  }));
  const std::string message = error_of([&, &text = text] { lessons::parse_lesson(text, "f", ""); });
  CAPTURE(text, message);
  if (part != "'scenarios.b.step'") {
    CHECK_THAT(message, ContainsSubstring(part));
    CHECK(message.find(line == 0 ? "f" : "f:" + std::to_string(line) + ": ") == 0);
  } else {
    CHECK_THAT(message, ContainsSubstring("step"));
  }
}

TEST_CASE("any bytes give a lesson or an error", "[lesson]") {
  const std::string base = skeleton();
  std::mt19937 random(7);
  for (int n = 0; n < 400; ++n) {
    std::string text = base;
    for (int k = 0; k < 1 + n % 4; ++k) {
      const std::size_t at = random() % text.size(), size = random() % 12;
      switch (random() % 4) {
        case 0: text.erase(at, size); break;
        case 1: text[at] = static_cast<char>(random()); break;
        case 2: text.insert(at, text.substr(random() % text.size(), size)); break;
        default: text.resize(std::max<std::size_t>(at, 1));
      }
    }
    try {
      lessons::parse_lesson(text, "f", kFolder);
    } catch (const sim::Error& error) {
      CHECK_FALSE(std::string(error.what()).empty());
    }
  }
}
