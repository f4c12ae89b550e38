// A lesson beside the stage: its text, its question, back and next; or the list of its steps. All words come ready:
// chosen for the language, numbers put in. What the user does goes back as wishes; nothing here remembers anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lessons/course/lesson.h"
#include "ui/window/draw/ui.h"
#include "ui/window/views/stage.h"

namespace views {

/// Rich text throughout.
struct LessonPage {
  /// A question with what has been answered.
  struct Question {
    struct Choice {
      std::string words;
      bool is_value = false;  ///< a number: set in mono
      bool right = false;
    };
    enum class Verdict { none, right, not_quite };

    lessons::Question::Kind kind = lessons::Question::Kind::number;
    std::string ask;
    std::vector<Choice> choices;
    std::string unit, typed;  ///< number
    int chosen = -1;          ///< choice
    std::string clicked;      ///< click: what was clicked, or ""
    int confidence = -1;
    bool revealed = false;
    bool ready = true;  ///< false: what the answer needs is still being simulated
    Verdict verdict = Verdict::none;
    std::string answer;
    std::optional<draw::Badge> badge;
    std::string explain, problem;
  };
  struct Entry {
    std::string title;
    bool done = false;
  };

  /// A marked word of the text, and what it means on the stage.
  struct Mark {
    std::string words;
    draw::Family family = draw::Family::none;
    std::string object;  ///< Pointed::name
  };

  int number = 0;
  int step = 0;  ///< from 0
  std::string lesson_title, title, caption;
  std::string formula;  ///< LaTeX
  std::vector<std::string> paragraphs;
  std::optional<draw::Badge> badge;  ///< of the numbers in the text
  std::vector<std::string> problems;
  std::optional<Question> question;
  std::vector<Entry> steps;
  std::vector<Mark> marks;
  std::vector<Pointed> pointed;  ///< on the stage: numbered words, lit objects
  bool contents = false;         ///< the list of steps in place of the text
  bool moved = false;            ///< the user looks at another moment than the step's
};

struct LessonWishes {
  std::optional<std::string> command;
  std::optional<std::string> typed;
  std::optional<int> choice, confidence, step;
  std::string hovered;  ///< Pointed::name of the word under the pointer
};

/// In projector theme: without what the bar at the top then shows.
LessonWishes lesson_panel(draw::Ui& ui, const draw::Rect& area, const LessonPage& page);
/// "Lesson 6 · FlashAttention-2", and at the right the step, its dots, back and next: the projector's top line.
LessonWishes lesson_line(draw::Ui& ui, const draw::Rect& area, const LessonPage& page);

}  // namespace views
