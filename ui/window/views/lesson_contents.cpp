// The list of a lesson's steps, and the line at the top on projectors.
#include <fmt/format.h>

#include <algorithm>

#include "ui/window/views/lesson_parts.h"

namespace views {

namespace on_lesson {

using draw::Point;
using draw::Rect;
using draw::Ui;

namespace {

void entry(Flow& flow, const LessonPage& page, std::size_t n, LessonWishes& wishes) {
  constexpr float kIndent = 30, kOut = 8;
  Ui& ui = flow.ui();
  const draw::Palette& c = ui.colors();
  const bool now = static_cast<int>(n) == page.step;
  const draw::TextStyle style = now ? kBodyBold : kBody;
  const draw::Paragraph text = draw::layout(page.steps[n].title, style, flow.width() - kIndent, ui.p.scale(), 1.35F);
  const Rect row = flow.next(text.height + 12);
  if (flow.dry()) {
    return;
  }
  const Rect box{row.x - kOut, row.y, row.w + 2 * kOut, row.h};
  const auto touch = ui.touch(fmt::format("lesson.step.{}", n + 1), box, true);
  if (touch.hovered || now) {
    ui.p.fill(box, c.raised, 5);
  }
  wishes.step = touch.pressed ? std::optional(static_cast<int>(n)) : wishes.step;
  const Point center{row.x + 9, row.y + 6 + draw::line_height(style) / 2};
  if (page.steps[n].done) {
    ui.p.disc(center, 9, c.ink2);
    draw::icon(ui.p, draw::Icon::check, center, 6, c.inverse);
  } else {
    ui.p.ring(center, 8, now ? c.ink : c.edge, now ? 2.0F : 1.5F);
  }
  draw::paint(ui.p, {row.x + kIndent, row.y + 6}, text, style, c.ink);
}

}  // namespace

void contents_list(Flow& flow, const LessonPage& page, LessonWishes& wishes) {
  Ui& ui = flow.ui();
  flow.words(page.lesson_title, kTitle, ui.colors().ink, 1.3F);
  flow.skip(10);
  for (std::size_t n = 0; n < page.steps.size(); ++n) {
    entry(flow, page, n, wishes);
  }
  flow.skip(14);
  for (const char* command : {"lessons", "close_lesson"}) {
    const Rect row = flow.next(34);
    flow.skip(8);
    if (!flow.dry() &&
        ui.button(fmt::format("lesson.{}", command), row, ui.words(fmt::format("command.{}", command)))) {
      wishes.command = command;
    }
  }
}

namespace {

/// A button with a chevron to the left or to the right.
bool chevron(Ui& ui, std::string_view name, const Rect& box, bool left, std::string_view tip, bool enabled) {
  const bool pressed = ui.button(name, box, "", tip, enabled);
  const Point at = box.center();
  const float x = left ? -2.5F : 2.5F;
  const Point line[] = {{at.x - x, at.y - 5}, {at.x + x, at.y}, {at.x - x, at.y + 5}};
  ui.p.polyline(line, enabled ? ui.colors().ink : ui.colors().ink3, 2);
  return pressed;
}

}  // namespace

}  // namespace on_lesson

LessonWishes lesson_line(draw::Ui& ui, const draw::Rect& area, const LessonPage& page) {
  using namespace on_lesson;
  LessonWishes wishes;
  const float y = area.center().y;
  const auto box = [&](float x, float w) { return draw::Rect{x, y - 11, w, 22}; };
  const bool last = page.step + 1 == static_cast<int>(page.steps.size());
  float right = area.right();
  right -= 22;
  if (chevron(ui, "lesson.next", box(right, 22), false, ui.words(last ? "lesson.finish" : "lesson.next_tip"), true)) {
    wishes.command = "lesson_next";
  }
  right -= 26;
  if (chevron(ui, "lesson.back", box(right, 22), true, ui.words("lesson.back_tip"), page.step > 0)) {
    wishes.command = "lesson_back";
  }
  right -= 6;
  const std::string step = ui.strings.format("lesson.step", {{"step", std::to_string(page.step + 1)}});
  const float words = ui.p.width_of(step, {14}) + 8;
  const float dots = step_dots(ui, {right, y}, area.w - (area.right() - right) - words, page, 3);
  const draw::Rect list{right - dots - words - 4, y - 12, dots + words + 4, 24};
  if (ui.touch("lesson.contents", list, true).pressed) {
    wishes.command = "lesson_contents";
  }
  text_at(ui.p, {right - dots - 8, y}, step, {14}, ui.colors().ink, draw::Align::right);
  return wishes;
}

}  // namespace views
