// The list of all lessons, over the picture.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/window/draw/ui.h"

namespace app {

struct CourseEntry {
  std::string id;
  int number = 0;
  std::string title, summary;  ///< rich text
  int steps = 0, done = 0;
  bool open = false;
};

struct CourseWishes {
  std::optional<std::string> open, command;
  bool close = false;
};

CourseWishes course_sheet(draw::Ui& ui, const draw::Rect& window, const std::vector<CourseEntry>& entries,
                          bool lesson_open);

}  // namespace app
