// A lesson: bilingual text in steps, each with a scenario, a moment, things to look at and perhaps a question. Lessons
// are data (lessons/NAME/lesson.toml; lessons/skeleton/lesson.toml shows every key); no number in them is typed in:
// texts and answers hold expressions over what the simulator counts (see expression.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace lessons {

/// The same words in both languages, as rich text (ui/window/draw/rich_text.h): "[K:K_{7}] stays". A number is written
/// {EXPRESSION|FORMAT}: "{two_level.read_bytes|bytes}".
struct Words {
  std::string en, zh;
  bool empty() const { return en.empty() && zh.empty(); }
};

/// Predict, then reveal.
struct Question {
  enum class Kind { number, choice, click };
  struct Choice {
    Words words;        ///< empty: the value itself is shown
    std::string value;  ///< an expression; the choice whose value equals the answer is right
  };

  Kind kind = Kind::number;
  Words ask;
  std::string answer;       ///< number, choice: an expression, evaluated at the step's moment
  std::string format = "";  ///< of the answer and of the choices' values, as in {EXPRESSION|FORMAT}
  std::string unit;         ///< number: what the student's number is in, shown beside the field: "B", "MB", "us"
  double unit_size = 1;     ///< number: of the answer's own unit: 1e6 if answer is in bytes and unit is "MB"
  double tolerance = 0;     ///< number: relative; 0: exact
  std::vector<Choice> choices;
  std::string object;  ///< click: the tensor, tile symbol or level that is meant: "S", "m", "HBM"
  Words explain;       ///< shown with the answer
  int line = 0;
};

struct Step {
  std::string id;  ///< of links and of the progress that is kept; unique in the lesson
  Words title;
  Words text;                          ///< paragraphs are parted by an empty line
  Words caption;                       ///< empty: the caption of the op at work
  std::string formula;                 ///< LaTeX subset (ui/window/draw/formula.h); several lines are parted by "\\"
  std::string scenario;                ///< name in Lesson::scenarios; the last step's if not given
  std::string at = "start";            ///< the moment; see scope::moment_of
  std::vector<std::string> highlight;  ///< tensors, tile symbols, levels: framed and lit up
  sim::ViewTable view;                 ///< keys of a scenario's [view] over the scenario's own
  std::optional<Question> question;
  int line = 0;  ///< of the file
};

struct Lesson {
  std::string id;      ///< the folder's name: "softmax-three-ways"
  std::string source;  ///< the file, for messages
  int number = 0;      ///< in the course
  Words title, summary;
  std::map<std::string, sim::Scenario> scenarios;
  std::vector<Step> steps;
};

/// The step's scenario as the window opens it: its [view] with the step's keys over it.
sim::Scenario scenario_of(const Lesson& lesson, const Step& step);

/// Throws sim::Error with file, line, key, value and what was expected: bad TOML, an unknown key (with the nearest), a
/// missing language, a scenario that does not exist or does not parse, an expression or format that does not parse.
/// What can be known only by running the scenario is left to `attoscope lesson check`.
/// `assets` holds the scenarios that are built in; "": the folder assets/ beside lessons/.
Lesson load_lesson(const std::string& path, const std::string& assets = {});
/// load_lesson of a text; `folder` is where its scenario files are looked for.
Lesson parse_lesson(const std::string& text, const std::string& source, const std::string& folder,
                    const std::string& assets = {});

/// Lessons below `directory` (its subfolders' lesson.toml), by number. Those that do not load are left out here.
std::vector<Lesson> load_course(const std::string& directory, const std::string& assets = {});

}  // namespace lessons
