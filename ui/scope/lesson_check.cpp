#include "ui/scope/lesson_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lessons/course/markup.h"
#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "ui/scope/facts.h"
#include "ui/scope/moment.h"
#include "ui/scope/view.h"

namespace scope {

namespace {

using lessons::Question;
using lessons::Step;
using lessons::Words;

/// The simulated scenarios of a lesson; one that failed does so once.
class Scenarios {
 public:
  Scenarios(const lessons::Lesson& lesson, const std::string& assets) : lesson_(lesson), assets_(assets) {}

  std::shared_ptr<const Run> at(const std::string& name) {
    const auto found = made_.find(name);
    if (found != made_.end()) {
      if (found->second.run == nullptr) {
        throw sim::Error("", fmt::format("scenario '{}' does not run: {}", name, found->second.why));
      }
      return found->second.run;
    }
    Made& made = made_[name];
    try {
      made.run = Run::make(lesson_.scenarios.at(name), assets_);
    } catch (const sim::Error& error) {
      made.why = error.what();
    }
    return at(name);
  }
  bool used(const std::string& name) const { return made_.count(name) > 0; }

 private:
  struct Made {
    std::shared_ptr<const Run> run;
    std::string why;
  };
  const lessons::Lesson& lesson_;
  const std::string& assets_;
  std::map<std::string, Made> made_;
};

/// Keys of a [view] that nobody reads: those that a view leaves alone when it is put there.
std::vector<std::string> unknown_view_keys(const sim::ViewTable& table) {
  sim::Scenario scenario;
  put_view(View{}, scenario);
  const sim::ViewTable always = scenario.view;
  scenario.view = table;
  put_view(View{}, scenario);
  std::vector<std::string> unknown;
  for (const auto& entry : scenario.view) {
    const bool known = std::any_of(always.begin(), always.end(), [&](const auto& a) { return a.first == entry.first; });
    if (!known) {
      unknown.push_back(entry.first);
    }
  }
  return unknown;
}

std::vector<std::string> numbers_in(const std::string& words) {
  std::vector<std::string> numbers;
  for (const lessons::Piece& piece : lessons::pieces_of(words, "")) {
    if (!piece.expression.empty()) {
      numbers.push_back(piece.words);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

class StepChecker {
 public:
  StepChecker(const lessons::Lesson& lesson, const Step& step, Scenarios& scenarios, const FormulaCheck& formula,
              LessonCheck& out)
      : lesson_(lesson), step_(step), scenarios_(scenarios), formula_(formula), out_(out) {}

  void check() {
    result_.step = &step_;
    attempt([&] { check_same_in_both(); });
    attempt([&] { check_view(); });
    if (formula_ && !step_.formula.empty()) {
      attempt([&] { formula_(step_.formula, ""); });
    }
    attempt([&] { find_moment(); });
    if (result_.reached) {
      check_highlights();
      for (const auto& [name, words, limits] : texts()) {
        fill(name, *words, limits);
      }
      attempt([&] { check_question(); });
    }
    out_.steps.push_back(result_);
  }

 private:
  struct Text {
    const char* name;
    const Words* words;
    WordLimits limits;  ///< 0: none
  };

  std::vector<Text> texts() const {
    std::vector<Text> all = {
        {"title", &step_.title, kTitleMax}, {"text", &step_.text, kTextMax}, {"caption", &step_.caption, kCaptionMax}};
    if (step_.question) {
      all.push_back({"question.ask", &step_.question->ask, {}});
      all.push_back({"question.explain", &step_.question->explain, {}});
      for (const Question::Choice& choice : step_.question->choices) {
        all.push_back({"question.choices", &choice.words, {}});
      }
    }
    return all;
  }

  void add(const std::string& message) { out_.problems.push_back({step_.line, step_.id, message, false}); }

  template <typename F>
  void attempt(F action) {
    try {
      action();
    } catch (const sim::Error& error) {
      add(error.what());
    }
  }

  void check_same_in_both() {
    for (const auto& [name, words, limits] : texts()) {
      if (numbers_in(words->en) != numbers_in(words->zh)) {
        add(fmt::format("{}: English holds the numbers {}, Chinese {}", name, fmt::join(numbers_in(words->en), " "),
                        fmt::join(numbers_in(words->zh), " ")));
      }
      const std::set<char> en = lessons::families_in(words->en), zh = lessons::families_in(words->zh);
      if (en != zh) {
        add(fmt::format("{}: English marks the families '{}', Chinese '{}'", name, fmt::join(en, " "),
                        fmt::join(zh, " ")));
      }
    }
  }

  void check_view() {
    view_ = view_of(lessons::scenario_of(lesson_, step_));
    for (const std::string& key : unknown_view_keys(step_.view)) {
      add(fmt::format("view.{} is no key of a view", key));
    }
  }

  void find_moment() {
    run_ = scenarios_.at(step_.scenario);
    cursor_ = {moment_of(*run_, view_.cursor.place, step_.at, "at"), view_.cursor.place};
    lookup_ = lookup_at(*run_, cursor_, step_.at, [this](const std::string& name) { return scenarios_.at(name); });
    result_.reached = true;
    result_.t_us = cursor_.t_us;
  }

  std::string here() const { return fmt::format("(scenario '{}' at '{}')", step_.scenario, step_.at); }

  void check_thing(const std::string& what, const std::string& name) {
    if (thing_of(*run_, cursor_, name) == Thing::none) {
      add(fmt::format("{}: there is no '{}' {}\n  hint: {}", what, name, here(),
                      sim::suggestion(name, things_at(*run_, cursor_))));
    }
  }

  void check_highlights() {
    for (const std::string& name : step_.highlight) {
      check_thing("highlight", name);
    }
  }

  /// Each number by itself, so that all that fail are told.
  void fill(const char* name, const Words& words, const WordLimits& limits) {
    for (const bool zh : {false, true}) {
      const std::string& text = zh ? words.zh : words.en;
      const int max = zh ? limits.zh : limits.en;
      std::string filled;
      for (const lessons::Piece& piece : lessons::pieces_of(text, "")) {
        try {
          filled += lessons::filled(piece.words, lookup_, "", nullptr, zh ? nullptr : &result_.numbers);
        } catch (const sim::Error& error) {
          if (!zh || numbers_in(words.en) != numbers_in(words.zh)) {
            add(fmt::format("{} {}: {}", name, here(), error.what()));
          }
        }
      }
      const int length = lessons::length_of(filled);
      if (max > 0 && length > max) {
        add(fmt::format("{} ({}) has {} characters; {} fit", name, zh ? "zh" : "en", length, max));
      }
    }
  }

  void check_question() {
    if (!step_.question) {
      return;
    }
    const Question& question = *step_.question;
    if (question.kind == Question::Kind::click) {
      check_thing("question.object", question.object);
      result_.answer = question.object;
      return;
    }
    const std::string where = "question.answer " + here();
    result_.answer_value = lessons::evaluate(question.answer, lookup_, where);
    result_.answer = lessons::formatted(result_.answer_value.value, question.format, where);
    if (question.kind == Question::Kind::choice) {
      check_choices(question);
    }
  }

  void check_choices(const Question& question) {
    std::vector<double> values;
    int right = 0;
    for (const Question::Choice& choice : question.choices) {
      values.push_back(lessons::evaluate(choice.value, lookup_, "question.choices " + here()).value);
      right += lessons::same_value(values.back(), result_.answer_value.value) ? 1 : 0;
    }
    if (right != 1) {
      add(fmt::format("question: {} choices equal the answer {}; one must (their values: {})",
                      right == 0 ? "no" : std::to_string(right), result_.answer_value.value, fmt::join(values, ", ")));
    }
  }

  const lessons::Lesson& lesson_;
  const Step& step_;
  Scenarios& scenarios_;
  const FormulaCheck& formula_;
  LessonCheck& out_;

  StepResult result_;
  View view_;
  std::shared_ptr<const Run> run_;
  Cursor cursor_;
  lessons::Lookup lookup_;
};

}  // namespace

bool LessonCheck::passed() const {
  return std::all_of(problems.begin(), problems.end(), [](const LessonProblem& problem) { return problem.warning; });
}

LessonCheck check_lesson(const lessons::Lesson& lesson, const std::string& assets, const FormulaCheck& formula) {
  LessonCheck out;
  Scenarios scenarios(lesson, assets);
  for (const Step& step : lesson.steps) {
    StepChecker(lesson, step, scenarios, formula, out).check();
  }
  for (const auto& entry : lesson.scenarios) {
    if (!scenarios.used(entry.first)) {
      out.problems.push_back({0, "", fmt::format("scenario '{}' is never used", entry.first), true});
    }
  }
  return out;
}

}  // namespace scope
