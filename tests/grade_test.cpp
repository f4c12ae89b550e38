// Grades in every format, with contents that try to break out of it.
#include "lessons/workshop/grade.h"

#include <cmath>
#include <limits>

#include "lessons/workshop/kill_matrix.h"
#include "tests/catch.h"
#include "tests/schema_check.h"
#include "tests/xml_check.h"

using namespace lessons;  // NOLINT(google-build-using-namespace)

namespace {

using Json = nlohmann::json;
using Catch::Matchers::ContainsSubstring;
using State = CheckResult::State;

const std::string kHostile =
    "\"quotes\" 'and' & <tags> ]]> %0A::error:: \x1b[31mred\x1b[0m \x01\x07 \xff\xfe \xc3 \xed\xa0\x80 \xef\xbf\xbf "
    "注意力\r\nnext";

CheckResult check_of(const std::string& id, State state, double points, double points_max) {
  CheckResult check;
  check.id = id;
  check.title = {"Title of " + id, "标题 " + id};
  check.state = state;
  check.points = points;
  check.points_max = points_max;
  return check;
}

Grade right() {
  Grade grade;
  grade.exercise = "online-softmax";
  grade.title = {"Online softmax", "在线 softmax"};
  grade.datetime = "2026-11-21T12:00:00Z";
  Verdict verdict;
  verdict.stage = "safe-softmax";
  verdict.file = "1_safe_softmax.cpp";
  verdict.seconds = 1.5;
  verdict.hbm_bytes = 4096;
  verdict.checks = {check_of("compiles", State::passed, 1, 1), check_of("values", State::passed, 2, 2)};
  grade.stages = {{1, {"Safe softmax", "安全 softmax"}, verdict}};
  return grade;
}

/// A stage that passes and one that fails, with everything hostile that can come from a student.
Grade hostile() {
  Grade grade = right();
  Verdict verdict;
  verdict.stage = "online-softmax";
  verdict.file = "2_\"<&,:%\n.cpp";
  verdict.seconds = 0.25;
  verdict.failure_file = kHostile;
  CheckResult failed = check_of("rising", State::failed, 0, 2);
  failed.message = {kHostile, "消息 " + kHostile};
  failed.detail = kHostile + std::string(20000, 'x') + kHostile;
  failed.line = 17;
  failed.first = Difference{"l", 1, 0, 0, std::nan(""), -std::numeric_limits<double>::infinity()};
  failed.shown = {*failed.first, Difference{"m", 1, 0, 0, 1, 1}};
  verdict.checks = {check_of("compiles", State::passed, 1, 1), failed, check_of("bytes", State::skipped, 0, 1)};
  grade.stages.push_back({2, {"Online softmax", "在线 softmax"}, verdict});
  return grade;
}

Grade broken() {
  Grade grade = hostile();
  grade.stages.erase(grade.stages.begin());
  CheckResult& compiles = grade.stages[0].verdict.checks[0];
  compiles.state = State::failed;
  compiles.points = 0;
  compiles.detail = "2.cpp:3: error: expected ';'";
  grade.stages[0].verdict.checks[1] = check_of("rising", State::skipped, 0, 2);
  return grade;
}

std::vector<Grade> all_grades() {
  Grade empty;
  empty.datetime = right().datetime;
  std::vector<Grade> all;
  for (const Language language : {Language::en, Language::zh}) {
    for (Grade grade : {right(), hostile(), broken(), empty}) {
      grade.language = language;
      all.push_back(grade);
    }
  }
  return all;
}

void check_clean(const std::string& text) {
  CHECK(clean_text(text) == text);  // UTF-8, and no control characters but line ends
}

void check_schema(const std::string& text, const std::string& schema) {
  CHECK(schema_check::findings(text, schema) == std::vector<std::string>());
  check_clean(text);
}

}  // namespace

TEST_CASE("grades as JSON keep to their schemas whatever is in them", "[exercise]") {
  const Submission submission{kHostile, "hw<3>", "submit/1", "https://c", "https://r", "https://v"};
  for (const Grade& grade : all_grades()) {
    check_schema(to_json(grade), "verdicts");
    check_schema(to_classroom50(grade, submission), "classroom50");
    check_schema(to_classroom50(grade, {}), "classroom50");
    check_schema(to_gradescope(grade), "gradescope");
    check_schema(to_exercism(grade), "exercism");
  }
}

TEST_CASE("the schemas' checker finds what breaks them", "[exercise]") {
  Json json = Json::parse(to_gradescope(right()));
  json["tests"][0]["status"] = "maybe";
  json["tests"][0].erase("name");
  json["visibility"] = 3;
  json["new"] = 1;
  CHECK(schema_check::findings(json.dump(), "gradescope").size() == 4);
  Json exercism = Json::parse(to_exercism(right()));
  exercism["version"] = 2;
  exercism["tests"][0]["output"] = std::string(501, 'x');
  exercism["tests"][0]["task_id"] = 0;
  CHECK(schema_check::findings(exercism.dump(), "exercism").size() == 3);
}

TEST_CASE("Classroom 50 gets whole points, partial ones by check", "[exercise]") {
  const Json json = Json::parse(to_classroom50(hostile(), {"cs", "hw1", "submit/7", "c", "r", "v"}));
  CHECK(json["classroom"] == "cs");
  CHECK(json["assignment"] == "hw1");
  CHECK(json["submission"] == "submit/7");
  CHECK(json["commit"] == "c");
  CHECK(json["release"] == "r");
  CHECK(json["review"] == "v");
  CHECK(json["datetime"] == "2026-11-21T12:00:00Z");
  CHECK(json["score"] == 4);
  CHECK(json["max-score"] == 7);
  CHECK(json["tests"].size() == 5);
  CHECK(json["tests"][3]["passed"] == false);
  Grade halves = right();
  halves.stages[0].verdict.checks[0].points = halves.stages[0].verdict.checks[0].points_max = 0.5;
  const Json scaled = Json::parse(to_classroom50(halves, {}));
  CHECK(scaled["score"] == 5);  // 2.5 points, doubled
  CHECK(scaled["assignment"] == "online-softmax");
}

TEST_CASE("Gradescope gets a leaderboard of bytes only from what is right", "[exercise]") {
  const Json json = Json::parse(to_gradescope(right()));
  CHECK(json["score"] == 3);
  CHECK(json["leaderboard"][0]["name"] == "HBM bytes");
  CHECK(json["leaderboard"][0]["value"] == 4096);
  CHECK(json["tests"][1]["number"] == "1.2");
  CHECK(json["tests"][1]["status"] == "passed");
  CHECK_FALSE(Json::parse(to_gradescope(hostile())).contains("leaderboard"));
}

TEST_CASE("Exercism hears an error where nothing compiles", "[exercise]") {
  CHECK(Json::parse(to_exercism(right()))["status"] == "pass");
  const Json failed = Json::parse(to_exercism(hostile()));
  CHECK(failed["status"] == "fail");
  CHECK(failed["message"].is_null());
  CHECK(failed["tests"][0]["message"].is_null());
  CHECK(failed["tests"][4]["task_id"] == 2);
  const Json error = Json::parse(to_exercism(broken()));
  CHECK(error["status"] == "error");
  CHECK_THAT(error["message"].get<std::string>(), ContainsSubstring("expected ';'"));
}

TEST_CASE("our JSON says where the state went wrong, infinities in words", "[exercise]") {
  const Json json = Json::parse(to_json(hostile()));
  const Json& check = json["stages"][1]["checks"][1];
  CHECK(check["first"]["tile"] == "l");
  CHECK(check["first"]["step"] == 1);
  CHECK(check["first"]["got"] == "nan");
  CHECK(check["first"]["want"] == "-inf");
  CHECK(check["line"] == 17);
  CHECK(check["shown"].size() == 2);
  CHECK(json["passed"] == false);
  CHECK(json["stages"][0]["passed"] == true);
}

TEST_CASE("JUnit reports are well-formed and count", "[exercise]") {
  for (const Grade& grade : all_grades()) {
    const std::string text = to_junit(grade);
    check_clean(text);
    xml_check::Element root;
    REQUIRE_NOTHROW(root = xml_check::Parser(text).document());
    CHECK(root.name == "testsuites");
    CHECK(root.children.size() == grade.stages.size());
    for (const xml_check::Element& suite : root.children) {
      CHECK(suite.attributes.at("tests") == std::to_string(suite.children.size()));
    }
  }
  const xml_check::Element root = xml_check::Parser(to_junit(hostile())).document();
  CHECK(root.attributes.at("tests") == "5");
  CHECK(root.attributes.at("failures") == "1");
  CHECK(root.attributes.at("skipped") == "1");
  CHECK(root.attributes.at("errors") == "0");
  const xml_check::Element& failed = root.children.at(1).children.at(1);
  CHECK(failed.attributes.at("classname") == "online-softmax.online-softmax");
  CHECK(failed.attributes.at("line") == "17");
  CHECK(failed.children.at(0).name == "failure");
  CHECK(failed.children.at(0).attributes.at("type") == "rising");
  CHECK_THAT(failed.children.at(0).text, ContainsSubstring("<tags> ]]>"));
  CHECK(root.children.at(1).children.at(2).children.at(0).name == "skipped");
}

TEST_CASE("annotations hold on one line and do not begin another", "[exercise]") {
  Grade grade = hostile();
  grade.folder = "work";
  const std::string text = to_github(grade);
  check_clean(text);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(text.rfind("::error file=work/2_\"<&%2C%3A%25%0A.cpp,line=17,title=Online softmax%3A Title of rising::", 0) ==
        0);
  CHECK_THAT(text, ContainsSubstring("%250A::error::"));
  CHECK_THAT(text, ContainsSubstring("\n::notice title=Autograding complete::Online softmax: 4 / 7\n"));
}

TEST_CASE("texts lose their marks, keep their words", "[exercise]") {
  CHECK(plain_text("*m*_{j} and `a[i]`, 2 * 3, x_1, [K:K_{7}] **b**") == "m_j and a[i], 2 * 3, x_1, K_7 b");
  CHECK(plain_text("`a * b` \\*not\\* [Q:open") == "a * b *not* [Q:open");
  CHECK(markdown("m_{j} = e^{x} [K:K_{7}] `x_{1}`") == "m<sub>j</sub> = e<sup>x</sup> K<sub>7</sub> `x_{1}`");
  CHECK(clean_text("a\x1b[2Jb\r\n\xff\t\xc2\x9b"
                   "c") ==
        "a\xEF\xBF\xBD[2Jb\n\xEF\xBF\xBD\t\xEF\xBF\xBD"
        "c");
  CHECK(shortened("注意力机制", 10) == "注意...");
  CHECK(shortened("abc", 3) == "abc");
}

TEST_CASE("an exercise's own programs surprise by passing, failing or dying of something else", "[exercise]") {
  Verdict passing = right().stages[0].verdict, failing = hostile().stages[1].verdict;
  CHECK_FALSE(surprise_of({nullptr, Trial::Kind::starter, "", "", {}}, passing).empty());
  CHECK(surprise_of({nullptr, Trial::Kind::starter, "", "", {}}, failing).empty());
  CHECK(surprise_of({nullptr, Trial::Kind::right, "", "", {}}, passing).empty());
  CHECK_FALSE(surprise_of({nullptr, Trial::Kind::right, "", "", {}}, failing).empty());
  const auto dies = [&](const char* check, const char* tile, int step) {
    return surprise_of({nullptr, Trial::Kind::mutant, "", "", {"", "", "", check, tile, step}}, failing);
  };
  CHECK(dies("rising", "", -1).empty());
  CHECK(dies("rising", "l", -1).empty());
  CHECK(dies("rising", "l", 1).empty());
  CHECK(dies("rising", "l", 2) == "must die of rising, l at step 2; dies of rising, l at step 1");
  CHECK_FALSE(dies("rising", "m", 1).empty());
  CHECK_FALSE(dies("values", "", -1).empty());
  CHECK_FALSE(surprise_of({nullptr, Trial::Kind::mutant, "", "", {"", "", "", "rising", "", -1}}, passing).empty());
}

TEST_CASE("a kill matrix has a row per mutant and says who killed it", "[exercise]") {
  Exercise exercise;
  exercise.id = "e";
  exercise.stages.resize(1);
  Stage& stage = exercise.stages[0];
  stage.id = "s";
  stage.checks = {{"compiles", {}, 1}, {"rising", {}, 2}, {"bytes", {}, 1}};
  std::vector<Trial> trials;
  for (const char* name : {"a", "b", "c"}) {
    trials.push_back({&stage, Trial::Kind::mutant, name, name, {"", name, "l | rescaled", "rising", "l", 1}});
  }
  int heard = 0;
  const std::vector<Tried> tried = try_all(
      trials, 3,
      [&](const Trial& trial) {
        if (trial.name == "c") {
          throw std::runtime_error("no compiler");
        }
        return trial.name == "a" ? hostile().stages[1].verdict : right().stages[0].verdict;
      },
      [&](const Tried&) { ++heard; });
  CHECK(heard == 3);
  CHECK(tried[0].surprise.empty());
  CHECK_THAT(tried[1].surprise, ContainsSubstring("nothing: it passes"));
  CHECK_THAT(tried[2].surprise, ContainsSubstring("no compiler"));
  const std::string table = kill_matrix(exercise, tried);
  CHECK_THAT(table, ContainsSubstring("### e / s: 1 of 3 wrong programs die as they must"));
  CHECK_THAT(table, ContainsSubstring("| mutant | what is wrong with it | compiles | rising | bytes | first seen |"));
  CHECK_THAT(table, ContainsSubstring("| a | l \\| rescaled |  | **X** | - | rising, l at step 1 |"));
}
