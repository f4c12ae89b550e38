// What the parts of a lesson's panel share.
#pragma once

#include <string_view>

#include "ui/window/views/dock_parts.h"
#include "ui/window/views/lesson_panel.h"

namespace views::on_lesson {

inline constexpr draw::TextStyle kBody{16}, kBodyBold{16, draw::Face::semibold}, kTitle{20, draw::Face::semibold};
inline constexpr float kLine = 1.5F;       // of the body, in ems
inline constexpr float kPadding = 18;      // of the text
inline constexpr float kCardPadding = 14;  // inside a card

/// Things below each other. `dry`: only measured.
class Flow {
 public:
  Flow(draw::Ui& ui, const draw::Rect& room, bool dry) : ui_(ui), room_(room), y_(room.y), dry_(dry) {}
  draw::Ui& ui() const { return ui_; }
  bool dry() const { return dry_; }
  draw::Point at() const { return {room_.x, y_}; }
  float width() const { return room_.w; }
  void skip(float by) { y_ += by; }
  /// The next `height` px, over the whole width.
  draw::Rect next(float height) {
    const draw::Rect box{room_.x, y_, room_.w, height};
    y_ += height;
    return box;
  }
  draw::Rect words(const std::string& markup, const draw::TextStyle& style, draw::Color color, float spacing = kLine);

 private:
  draw::Ui& ui_;
  draw::Rect room_;
  float y_;
  bool dry_;
};

/// Words with marks that can be pointed at: "lesson.word.K". Lit words stand on their tensor's tint.
void pointing_words(Flow& flow, const std::string& markup, const LessonPage& page, LessonWishes& wishes);
void question_card(Flow& flow, const LessonPage& page, LessonWishes& wishes);
void contents_list(Flow& flow, const LessonPage& page, LessonWishes& wishes);
void formula_card(Flow& flow, const LessonPage& page);
/// What is wrong, with a triangle.
void problem_line(Flow& flow, const std::string& problem);
/// Dots of the steps, ending at x = `right`; nothing if they do not fit `width`. Returns how wide they are.
float step_dots(draw::Ui& ui, draw::Point right, float width, const LessonPage& page, float radius);
bool on_projector(const draw::Ui& ui);

}  // namespace views::on_lesson
