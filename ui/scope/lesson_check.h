// A lesson, walked through: every step's scenario simulated, its moment found, its words filled, its question answered.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lessons/course/expression.h"
#include "lessons/course/lesson.h"

namespace scope {

// Longer words do not fit the lesson's panel at 1280 x 720: the title has one line beside its number, the text half of
// the panel's height, the caption the one line under the stage.
struct WordLimits {
  int en = 0, zh = 0;
};
inline constexpr WordLimits kTitleMax{60, 24}, kTextMax{700, 320}, kCaptionMax{110, 45};

struct LessonProblem {
  int line = 0;
  std::string step;  ///< "": of the lesson
  std::string message;
  bool warning = false;
};

/// What the simulator has to say of a step.
struct StepResult {
  const lessons::Step* step = nullptr;
  bool reached = false;  ///< its moment was found
  double t_us = 0;
  int numbers = 0;     ///< in its words
  std::string answer;  ///< of its question, as it is shown; "" without one
  lessons::Quantity answer_value;
};

struct LessonCheck {
  std::vector<LessonProblem> problems;  ///< warnings too
  std::vector<StepResult> steps;
  bool passed() const;
};

/// Throws sim::Error, with `where`, for a formula that cannot be set.
using FormulaCheck = std::function<void(const std::string& formula, const std::string& where)>;

LessonCheck check_lesson(const lessons::Lesson& lesson, const std::string& assets, const FormulaCheck& formula = {});

}  // namespace scope
