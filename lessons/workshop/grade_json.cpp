// Grades as JSON: our own, Classroom 50's, Gradescope's, Exercism's.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "lessons/workshop/grade.h"

namespace lessons {

namespace {

using Json = nlohmann::ordered_json;  // keys stay in the order in which they were added
using State = CheckResult::State;

constexpr std::size_t kExercismOutputMax = 500;
constexpr std::size_t kOutputMax = 8000;

std::string dumped(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string words_of(Language language, const Words& words) { return clean_text(plain_text(in(language, words))); }

const char* name_of(State state) {
  return state == State::passed ? "passed" : state == State::failed ? "failed" : "skipped";
}

/// JSON has no NaN and no infinity: these are "nan", "inf", "-inf".
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

Json difference_json(const Difference& first) {
  return {{"tile", clean_text(first.tile)}, {"step", first.step},        {"row", first.row}, {"col", first.col},
          {"got", number(first.got)},       {"want", number(first.want)}};
}

Json check_json(const CheckResult& check, Language language) {
  Json json = {{"check", check.id},
               {"title", words_of(language, check.title)},
               {"state", name_of(check.state)},
               {"points", check.points},
               {"points_max", check.points_max},
               {"message", words_of(language, check.message)},
               {"detail", clean_text(check.detail)},
               {"case", check.case_name},
               {"line", check.line > 0 ? Json(check.line) : Json()},
               {"first", check.first ? difference_json(*check.first) : Json()},
               {"shown", Json::array()}};
  for (const Difference& shown : check.shown) {
    json["shown"].push_back(difference_json(shown));
  }
  return json;
}

Json stage_json(const GradedStage& stage, Language language) {
  const Verdict& verdict = stage.verdict;
  Json json = {{"stage", verdict.stage},
               {"number", stage.number},
               {"title", words_of(language, stage.title)},
               {"file", clean_text(verdict.file)},
               {"passed", verdict.passed()},
               {"points", verdict.points()},
               {"points_max", verdict.points_max()},
               {"seconds", verdict.seconds},
               {"hbm_bytes", verdict.hbm_bytes < 0 ? Json() : Json(verdict.hbm_bytes)},
               {"failure_file", verdict.failure_file.empty() ? Json() : Json(clean_text(verdict.failure_file))},
               {"checks", Json::array()}};
  for (const CheckResult& check : verdict.checks) {
    json["checks"].push_back(check_json(check, language));
  }
  return json;
}

std::string test_name(const GradedStage& stage, const CheckResult& check, Language language) {
  return words_of(language, stage.title) + ": " + words_of(language, check.title);
}

/// Calls see(stage, check, number of the check from 1) for every check.
template <typename See>
void for_each_check(const Grade& grade, See see) {
  for (const GradedStage& stage : grade.stages) {
    int number = 0;
    for (const CheckResult& check : stage.verdict.checks) {
      see(stage, check, ++number);
    }
  }
}

/// The smallest factor that makes every check's points whole, since Classroom 50 takes whole scores only.
int whole_scale(const Grade& grade) {
  constexpr int kFinest = 100;
  for (const int scale : {1, 2, 3, 4, 5, 10, 20, 50}) {
    bool whole = true;
    for_each_check(grade, [&](const GradedStage&, const CheckResult& check, int) {
      for (const double points : {check.points, check.points_max}) {
        whole = whole && std::abs(points * scale - std::round(points * scale)) < 1e-9;
      }
    });
    if (whole) {
      return scale;
    }
  }
  return kFinest;
}

}  // namespace

std::string to_json(const Grade& grade) {
  Json json = {{"exercise", grade.exercise},       {"title", words_of(grade.language, grade.title)},
               {"passed", grade.passed()},         {"points", grade.points()},
               {"points_max", grade.points_max()}, {"seconds", grade.seconds()},
               {"stages", Json::array()}};
  for (const GradedStage& stage : grade.stages) {
    json["stages"].push_back(stage_json(stage, grade.language));
  }
  return dumped(json);
}

std::string to_classroom50(const Grade& grade, const Submission& submission) {
  const int scale = whole_scale(grade);
  std::int64_t score = 0, score_max = 0;
  Json tests = Json::array();
  for_each_check(grade, [&](const GradedStage& stage, const CheckResult& check, int) {
    const std::int64_t points = std::llround(check.points * scale), points_max = std::llround(check.points_max * scale);
    score += points;
    score_max += points_max;
    tests.push_back({{"test-name", test_name(stage, check, grade.language)},
                     {"passed", check.state == State::passed},
                     {"score", points},
                     {"max-score", points_max},
                     {"output", shortened(report_of(stage.verdict, check, grade.language), kOutputMax)}});
  });
  const std::string assignment = submission.assignment.empty() ? grade.exercise : submission.assignment;
  return dumped({{"schema", "classroom50/result/v1"},
                 {"classroom", clean_text(submission.classroom)},
                 {"assignment", clean_text(assignment)},
                 {"submission", clean_text(submission.tag)},
                 {"commit", clean_text(submission.commit)},
                 {"release", clean_text(submission.release)},
                 {"review", clean_text(submission.review)},
                 {"datetime", grade.datetime},
                 {"score", score},
                 {"max-score", score_max},
                 {"tests", tests}});
}

std::string to_gradescope(const Grade& grade) {
  Json tests = Json::array();
  for_each_check(grade, [&](const GradedStage& stage, const CheckResult& check, int number) {
    tests.push_back({{"name", test_name(stage, check, grade.language)},
                     {"number", fmt::format("{}.{}", stage.number, number)},
                     {"score", check.points},
                     {"max_score", check.points_max},
                     {"status", check.state == State::passed ? "passed" : "failed"},
                     {"output", shortened(report_of(stage.verdict, check, grade.language), kOutputMax)},
                     {"output_format", "text"},
                     {"tags", {stage.verdict.stage, check.id}},
                     {"visibility", "visible"}});
  });
  Json json = {{"score", grade.points()},
               {"execution_time", grade.seconds()},
               {"output", fmt::format("{}: {:g} / {:g}", words_of(grade.language, grade.title), grade.points(),
                                      grade.points_max())},
               {"output_format", "text"},
               {"visibility", "visible"},
               {"stdout_visibility", "hidden"},
               {"tests", tests}};
  if (grade.passed() && grade.hbm_bytes() >= 0) {
    json["leaderboard"] = {{{"name", "HBM bytes"}, {"value", grade.hbm_bytes()}, {"order", "asc"}}};
  }
  return dumped(json);
}

std::string to_exercism(const Grade& grade) {
  Json tests = Json::array();
  bool compiled = grade.stages.empty();
  std::string message;
  for_each_check(grade, [&](const GradedStage& stage, const CheckResult& check, int) {
    const bool passed = check.state == State::passed, broken = check.id == "compiles" && check.state == State::failed;
    const std::string report = report_of(stage.verdict, check, grade.language);
    compiled = compiled || (check.id == "compiles" && passed);
    message += broken ? report + "\n" : "";
    tests.push_back({{"name", test_name(stage, check, grade.language)},
                     {"status", passed   ? "pass"
                                : broken ? "error"
                                         : "fail"},
                     {"message", passed ? Json() : Json(report)},
                     {"output", shortened(clean_text(check.detail), kExercismOutputMax)},
                     {"test_code", "attoscope exercise check " + stage.verdict.stage},
                     {"task_id", stage.number}});
  });
  const bool error = !compiled;
  return dumped({{"version", 3},
                 {"status", error            ? "error"
                            : grade.passed() ? "pass"
                                             : "fail"},
                 {"message", error ? Json(shortened(message, kOutputMax)) : Json()},
                 {"tests", tests}});
}

}  // namespace lessons
