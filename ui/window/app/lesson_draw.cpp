// What a lesson adds to a frame: its panel, what it points at, the list of all lessons.
#include <imgui.h>

#include <fmt/format.h>

#include <algorithm>

#include "ui/window/app/app.h"
#include "ui/window/app/lesson_course.h"

namespace app {

using draw::Rect;

// Made anew when something that it shows has changed.
void App::make_page() {
  const LessonAnswer* answer = player_.answered();
  const LessonAnswer none;
  const LessonAnswer& a = answer != nullptr ? *answer : none;
  const bool numbered = settings_.theme == draw::Theme::projector;
  const std::string key = fmt::format(
      "{} {} {} {} {} {} {} {} {} {} {} {} {} {}", player_.lesson()->source, player_.step(), player_.runs().ready(),
      static_cast<int>(strings_.language()), numbered, player_.waiting, player_.contents, player_.problem,
      player_.moment.t_us, player_.done_count(*player_.lesson()), a.choice, a.confidence, a.revealed, a.text);
  if (key != page_key_) {
    const std::shared_ptr<scope::Run> run = player_.waiting ? nullptr : player_.runs().run(player_.current().scenario);
    page_ = lesson_page(player_, strings_, run.get(), numbered);
    page_key_ = key;
  }
  page_.moved = moved_in_step();
}

void App::draw_lesson(draw::Ui& ui, const Layout& at, views::Actions& actions) {
  hovered_object_.clear();
  if (player_.lesson() == nullptr || at.left.empty()) {
    return;
  }
  make_page();
  if (player_.controls && screen() != Screen::projector) {
    return draw_controls(ui, at, actions);
  }
  const views::LessonWishes wishes = views::lesson_panel(ui, at.left, page_);
  hovered_object_ = wishes.hovered;
  carry_out_wishes(wishes, actions);
}

views::StageOptions App::stage_options() const {
  views::StageOptions options;
  options.whole_gpu = screen() != Screen::projector;
  options.l2 = screen() != Screen::projector;
  if (player_.lesson() == nullptr || player_.waiting) {
    return options;
  }
  options.numbers_in_rings = screen() == Screen::projector;
  options.pointed = page_.pointed;
  for (views::Pointed& object : options.pointed) {
    object.lit = object.lit || object.name == hovered_object_;
  }
  options.choose_levels = page_asks_for_click() && views::is_level(player_.current().question->object);
  return options;
}

// The step's own sentence belongs to its moment.
std::string App::lesson_caption() {
  if (player_.lesson() == nullptr) {
    return {};
  }
  if (lesson_shown_greyed()) {
    return std::string(strings_.get(lesson_failure() != nullptr ? "lesson.step_fails" : "lesson.simulating_step"));
  }
  return moved_in_step() ? std::string() : page_.caption;
}

void App::draw_course(draw::Ui& ui, const Rect& window, views::Actions& actions) {
  std::vector<CourseEntry> entries;
  for (const lessons::Lesson& lesson : player_.course()) {
    const bool zh = settings_.language == scope::Language::zh;
    entries.push_back({lesson.id, lesson.number, zh ? lesson.title.zh : lesson.title.en,
                       zh ? lesson.summary.zh : lesson.summary.en, static_cast<int>(lesson.steps.size()),
                       player_.done_count(lesson), player_.lesson() != nullptr && player_.lesson()->id == lesson.id});
  }
  const CourseWishes wishes = course_sheet(ui, window, entries, player_.lesson() != nullptr);
  if (wishes.open) {
    open_after_ = *wishes.open;
  }
  if (wishes.command) {
    actions.command = wishes.command;
  }
  if (wishes.close) {
    player_.course_open = false;
  }
}

// Between frames: what was pressed on the lesson's lists.
void App::follow_lesson_wishes() {
  if (open_after_) {
    open_lesson(*std::exchange(open_after_, std::nullopt), 0);
  }
  if (go_to_after_ && player_.lesson() != nullptr) {
    go_to_step(*go_to_after_);
  }
  go_to_after_.reset();
}

}  // namespace app
