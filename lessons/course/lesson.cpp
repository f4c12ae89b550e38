#include "lessons/course/lesson.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "lessons/course/expression.h"
#include "lessons/course/markup.h"
#include "lessons/course/table_reader.h"
#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/suggest.h"
#include "sim/scenario/scenario_toml.h"

namespace lessons {

namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr std::size_t kLessonBytesMax = std::size_t{1} << 20;
constexpr std::array<const char*, 3> kKinds = {"number", "choice", "click"};
constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

bool made_of(const std::string& text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string::npos;
}

class LessonReader {
 public:
  LessonReader(const std::string& source, const std::string& folder, const std::string& assets)
      : source_(source), folder_(folder), assets_(assets) {}

  Lesson read(const toml::table& root) {
    const TableReader top(root, source_, "");
    top.only({"lesson", "scenarios", "step"});
    lesson_.source = source_;
    lesson_.id = fs::path(folder_).filename().string();
    read_head(top);
    read_scenarios(top);
    top.require("step");
    for (const TableReader& step : top.tables("step")) {
      read_step(step);
    }
    if (lesson_.steps.empty()) {
      top.fail("step", "is empty; a lesson has steps");
    }
    return std::move(lesson_);
  }

 private:
  void read_head(const TableReader& top) {
    top.require("lesson");
    const TableReader head = *top.table_at("lesson");
    head.only({"number", "title", "summary"});
    lesson_.number = static_cast<int>(head.whole("number", 0, 0, 999));
    lesson_.title = needed(head, "title");
    lesson_.summary = needed(head, "summary");
  }

  // ---- Scenarios ----

  void read_scenarios(const TableReader& top) {
    top.require("scenarios");
    const TableReader scenarios = *top.table_at("scenarios");
    for (const auto& [key, node] : scenarios.table()) {
      const std::string name(key.str());
      if (!made_of(name, kWord) || (name[0] >= '0' && name[0] <= '9')) {
        scenarios.fail(name, "is no name for a scenario", "letters, digits and _, a letter first");
      }
      lesson_.scenarios[name] = read_scenario(*scenarios.table_at(name));
    }
    if (lesson_.scenarios.empty()) {
      top.fail("scenarios", "is empty; a lesson has at least one scenario");
    }
  }

  sim::Scenario read_scenario(const TableReader& in) const {
    for (const std::string key : {"file", "builtin"}) {
      for (const auto& [other, node] : in.table()) {
        if (in.has(key) && other.str() != key) {
          in.fail(std::string(other.str()), fmt::format("has no place beside '{}'", key));
        }
      }
    }
    if (in.has("file")) {
      return sim::load_scenario((fs::path(folder_) / in.text("file")).string());
    }
    if (in.has("builtin")) {
      return built_in(in);
    }
    sim::Scenario scenario = sim::scenario_from(in.table(), source_);
    sim::relocate_files(scenario, folder_);
    return scenario;
  }

  sim::Scenario built_in(const TableReader& in) const {
    const fs::path folder = fs::path(assets_.empty() ? folder_ + "/../../assets" : assets_) / "scenarios";
    Strings names;
    std::error_code ignored;
    for (fs::directory_iterator at(folder, ignored), end; !ignored && at != end; at.increment(ignored)) {
      names.push_back(at->path().stem().string());
    }
    const std::string name = in.text("builtin");
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      in.fail("builtin", fmt::format("is '{}', which is no built-in scenario", sim::printable(name)),
              sim::suggestion(name, names));
    }
    return sim::load_scenario((folder / (name + ".toml")).string());
  }

  // ---- Steps ----

  void read_step(const TableReader& in) {
    in.only({"id", "title", "text", "caption", "formula", "scenario", "at", "highlight", "view", "question"});
    Step step;
    step.line = in.line();
    step.id = read_id(in);
    step.title = needed(in, "title");
    step.text = needed(in, "text");
    step.caption = checked_words(in, "caption");
    step.formula = in.text("formula");
    step.scenario = read_scenario_name(in);
    step.at = in.text("at", step.at);
    step.highlight = in.texts("highlight");
    if (const auto view = in.table_at("view")) {
      step.view = sim::view_from(view->table(), source_);
    }
    if (const auto question = in.table_at("question")) {
      step.question = read_question(*question);
    }
    lesson_.steps.push_back(std::move(step));
  }

  std::string read_id(const TableReader& in) const {
    in.require("id");
    const std::string id = in.text("id");
    if (!made_of(id, kSmall)) {
      in.fail("id", fmt::format("is '{}'; expected small letters, digits and -", sim::printable(id)));
    }
    for (const Step& step : lesson_.steps) {
      if (step.id == id) {
        in.fail("id", fmt::format("is '{}', as that of the step in line {}", id, step.line));
      }
    }
    return id;
  }

  std::string read_scenario_name(const TableReader& in) const {
    if (in.has("scenario")) {
      const std::string name = in.text("scenario");
      check_scenario(name, in.where("scenario"));
      return name;
    }
    if (lesson_.steps.empty() && lesson_.scenarios.size() > 1) {
      in.fail("scenario", "is missing", "the first step says which scenario it starts with");
    }
    return lesson_.steps.empty() ? lesson_.scenarios.begin()->first : lesson_.steps.back().scenario;
  }

  void check_scenario(const std::string& name, const std::string& where) const {
    Strings names;
    for (const auto& entry : lesson_.scenarios) {
      names.push_back(entry.first);
    }
    if (lesson_.scenarios.count(name) == 0) {
      throw sim::Error(where, fmt::format("there is no scenario '{}' in this lesson", sim::printable(name)),
                       sim::suggestion(name, names));
    }
  }

  // ---- Questions ----

  Question read_question(const TableReader& in) const {
    in.require("kind");
    Question question;
    question.line = in.line();
    question.kind = read_kind(in);
    Strings known = {"kind", "ask", "explain"};
    const bool click = question.kind == Question::Kind::click, choice = question.kind == Question::Kind::choice;
    for (const char* key : {"answer", "format"}) {
      known.insert(known.end(), click ? 0 : 1, key);
    }
    for (const char* key : {"unit", "unit_size", "tolerance"}) {
      known.insert(known.end(), click || choice ? 0 : 1, key);
    }
    known.insert(known.end(), choice ? 1 : 0, "choices");
    known.insert(known.end(), click ? 1 : 0, "object");
    in.only(known);
    question.ask = needed(in, "ask");
    question.explain = checked_words(in, "explain");
    if (click) {
      in.require("object");
      question.object = in.text("object");
    } else {
      read_answer(in, question);
    }
    return question;
  }

  static Question::Kind read_kind(const TableReader& in) {
    const std::string kind = in.text("kind");
    const auto* const found = std::find(kKinds.begin(), kKinds.end(), kind);
    if (found == kKinds.end()) {
      in.fail("kind", fmt::format("is '{}'; expected number, choice or click", sim::printable(kind)),
              sim::suggestion(kind, Strings(kKinds.begin(), kKinds.end())));
    }
    return static_cast<Question::Kind>(found - kKinds.begin());
  }

  void read_answer(const TableReader& in, Question& question) const {
    in.require("answer");
    question.answer = in.text("answer");
    check_expression(question.answer, in.where("answer"));
    question.format = in.text("format");
    check_format(question.format, in.where("format"));
    question.unit = in.text("unit");
    question.unit_size = in.number("unit_size", 1);
    question.tolerance = in.number("tolerance", 0);
    if (!(question.unit_size > 0)) {
      in.fail("unit_size", fmt::format("is {}; expected a number above 0", question.unit_size));
    }
    if (!(question.tolerance >= 0 && question.tolerance < 1)) {
      in.fail("tolerance", fmt::format("is {}; expected a number from 0 to below 1", question.tolerance));
    }
    if (question.kind == Question::Kind::choice) {
      read_choices(in, question);
    }
  }

  void read_choices(const TableReader& in, Question& question) const {
    in.require("choices");
    for (const TableReader& choice : in.tables("choices")) {
      choice.only({"en", "zh", "value"});
      choice.require("value");
      const Words words{choice.text("en"), choice.text("zh")};
      if (words.en.empty() != words.zh.empty()) {
        choice.fail(words.en.empty() ? "en" : "zh", "is missing", "give both languages, or neither");
      }
      check_words(words, choice.where());
      check_expression(choice.text("value"), choice.where("value"));
      question.choices.push_back({words, choice.text("value")});
    }
    if (question.choices.size() < 2) {
      in.fail("choices", fmt::format("has {}; a choice needs two at least", question.choices.size()));
    }
  }

  // ---- Words ----

  Words needed(const TableReader& in, const std::string& key) const {
    in.require(key);
    Words words = checked_words(in, key);
    if (words.empty()) {
      in.fail(key, "is empty");
    }
    return words;
  }

  Words checked_words(const TableReader& in, const std::string& key) const {
    Words words = in.words(key);
    check_words(words, in.where(key));
    return words;
  }

  void check_words(const Words& words, const std::string& where) const {
    for (const std::string* text : {&words.en, &words.zh}) {
      for (const Piece& piece : pieces_of(*text, where)) {
        if (!piece.expression.empty()) {
          check_expression(piece.expression, where);
          check_format(piece.format, where);
        }
      }
    }
  }

  void check_expression(const std::string& expression, const std::string& where) const {
    for (const auto& [scenario, name] : names_in(expression, where)) {
      if (!scenario.empty()) {
        check_scenario(scenario, where);
      }
    }
  }

  const std::string source_, folder_, assets_;
  Lesson lesson_;
};

}  // namespace

sim::Scenario scenario_of(const Lesson& lesson, const Step& step) {
  sim::Scenario scenario = lesson.scenarios.at(step.scenario);
  for (const auto& [key, value] : step.view) {
    const std::string& name = key;  // C++17's bindings cannot be captured
    const auto found = std::find_if(scenario.view.begin(), scenario.view.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (found != scenario.view.end()) {
      found->second = value;
    } else {
      scenario.view.emplace_back(key, value);
    }
  }
  return scenario;
}

Lesson parse_lesson(const std::string& text, const std::string& source, const std::string& folder,
                    const std::string& assets) {
  return LessonReader(source, folder, assets).read(sim::parse_toml(text, kLessonBytesMax, source));
}

Lesson load_lesson(const std::string& path, const std::string& assets) {
  const std::vector<unsigned char> bytes = sim::read_file(path);
  const std::string folder = fs::absolute(path).lexically_normal().parent_path().string();
  return parse_lesson(std::string(bytes.begin(), bytes.end()), path, folder, assets);
}

std::vector<Lesson> load_course(const std::string& directory, const std::string& assets) {
  std::vector<Lesson> course;
  std::error_code ignored;
  for (fs::directory_iterator at(directory, ignored), end; !ignored && at != end; at.increment(ignored)) {
    const fs::path file = at->path() / "lesson.toml";
    if (!fs::exists(file, ignored)) {
      continue;
    }
    try {
      course.push_back(load_lesson(file.string(), assets));
    } catch (const sim::Error&) {
      continue;
    }
  }
  std::sort(course.begin(), course.end(),
            [](const Lesson& a, const Lesson& b) { return a.number != b.number ? a.number < b.number : a.id < b.id; });
  return course;
}

}  // namespace lessons
