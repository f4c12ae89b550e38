// The app with a lesson open: steps, their scenarios, moments and views, answers.
#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.h"
#include "ui/scope/moment.h"
#include "ui/window/app/app.h"

namespace app {

namespace {

const sim::ViewValue* find(const sim::ViewTable& table, std::string_view key) {
  const auto at = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == key; });
  return at == table.end() ? nullptr : &at->second;
}

}  // namespace

bool App::open_lesson(const std::string& path_or_name, int step) {
  try {
    player_.open(path_or_name, step);
  } catch (const sim::Error& error) {
    complain(error.where(), error.message(), error.hint());
    return false;
  }
  help_open_ = palette_open_ = false;
  failure_.reset();
  if (!player_.complaints().empty()) {
    complain(std::string(strings_.get("lesson.progress_broken")), player_.complaints(), "");
  }
  enter_step();
  return true;
}

void App::close_lesson() {
  player_.close();
  page_ = {};
  page_key_.clear();
}

// A step is entered in the same way from wherever one comes: only the lesson and what was answered count.
void App::enter_step() {
  glide_.reset();
  view_.playing = false;
  without_values_ = false;
  ui_.scroll["lesson.text"] = 0;
  if (ui_.editing == "lesson.answer") {
    ui_.editing.clear();
  }
  player_.waiting = true;
  player_.runs().want(player_.current().scenario, true);
  if (!player_.at_last()) {
    player_.runs().want(player_.lesson()->steps[static_cast<std::size_t>(player_.step()) + 1].scenario, false);
  }
  keep_progress();
  update_lesson({});
}

void App::update_lesson(std::chrono::milliseconds patience) {
  if (player_.lesson() == nullptr) {
    return;
  }
  player_.runs().update(patience);
  if (player_.waiting) {
    show_step();
  }
}

// Nothing happens until the step's run is there.
void App::show_step() {
  const lessons::Step& step = player_.current();
  const std::shared_ptr<scope::Run> run = player_.runs().run(step.scenario);
  if (!run) {
    return;
  }
  player_.waiting = false;
  player_.problem.clear();
  scenario_ = lessons::scenario_of(*player_.lesson(), step);
  scope::View view;
  try {
    view = scope::view_of(scenario_);
  } catch (const sim::Error& error) {
    player_.problem = error.what();
  }
  view.unit = find(scenario_.view, "unit") != nullptr ? view.unit : view_.unit;
  view.speed = find(scenario_.view, "speed") != nullptr ? view.speed : view_.speed;
  view.size = scope::size_of(*run);
  view.playing = false;
  view.cursor = clamped(*run, view.cursor);
  try {
    view.cursor.t_us = scope::moment_of(*run, view.cursor.place, step.at, fmt::format("step '{}', at", step.id));
  } catch (const sim::Error& error) {
    player_.problem = error.what();
  }
  if (const LessonAnswer* answer = player_.answered();
      answer != nullptr && step.question && step.question->kind == lessons::Question::Kind::click) {
    view.chosen = {scope::Chosen::Kind::tensor, answer->text, 0, 0};
  }
  if (run_ != run) {
    second_.reset();
    second_asked_.clear();
  }
  run_ = run;
  failed_.reset();
  glide_.reset();
  player_.moment = view.cursor;
  view_ = std::move(view);
}

bool App::moved_in_step() const {
  return player_.lesson() != nullptr && !player_.waiting && run_ &&
         (run_ != player_.runs().run(player_.current().scenario) || !(view_.cursor == player_.moment));
}

// A tab that the step asks for is open also where the dock otherwise starts closed.
bool App::step_opens_dock() const {
  return player_.lesson() != nullptr && find(player_.current().view, "tab") != nullptr;
}

bool App::lesson_shown_greyed() const { return player_.lesson() != nullptr && player_.waiting; }

const sim::Error* App::lesson_failure() const {
  return player_.lesson() != nullptr ? player_.runs().failure(player_.current().scenario) : nullptr;
}

bool App::page_asks_for_click() const {
  return player_.lesson() != nullptr && page_.question && !page_.question->revealed &&
         page_.question->kind == lessons::Question::Kind::click;
}

void App::go_to_step(int step) {
  player_.go(step);
  enter_step();
}

void App::reveal(bool revealed) {
  if (page_.question && (page_.question->ready || !revealed)) {
    player_.answer().revealed = revealed;
    if (ui_.editing == "lesson.answer") {
      ui_.editing.clear();
    }
    constexpr float kEnd = 1e6F;  // the panel takes what there is
    ui_.scroll["lesson.text"] = revealed ? kEnd : 0;
    keep_progress();
  }
}

// A projector shows little of a long text: the way on leads through what lies below the edge.
bool App::show_rest_of_text() {
  if (screen() != Screen::projector || player_.contents) {
    return false;
  }
  const auto room = ui_.scroll_room.find("lesson.text");
  float& offset = ui_.scroll["lesson.text"];
  if (room == ui_.scroll_room.end() || offset >= room->second - 1) {
    return false;
  }
  offset += 0.85F * layout_now().left.h;
  return true;
}

bool App::lesson_command(std::string_view name) {
  if (name == "lessons" || (name == "lesson_contents" && player_.lesson() == nullptr)) {
    player_.course_open = !player_.course_open;
    return true;
  }
  if (player_.lesson() == nullptr) {
    if (run_ && (name == "lesson_next" || name == "lesson_back")) {
      step(scope::StepUnit::block, name == "lesson_next" ? 1 : -1);  // what these keys do without a lesson
    }
    return name.rfind("lesson_", 0) == 0 || name == "close_lesson";
  }
  if (name == "lesson_next") {
    if (show_rest_of_text()) {
      return true;
    }
    if (player_.at_last()) {
      player_.finish();
      keep_progress();
      player_.course_open = true;
    } else {
      go_to_step(player_.step() + 1);
    }
  } else if (name == "lesson_back") {
    player_.step() > 0 ? go_to_step(player_.step() - 1) : void();
  } else if (name == "lesson_contents") {
    player_.contents = !player_.contents;
    player_.controls = false;
  } else if (name == "lesson_reveal" || name == "lesson_again") {
    reveal(name == "lesson_reveal");
  } else if (name == "lesson_moment") {
    player_.waiting = true;
    update_lesson({});
  } else if (name == "close_lesson") {
    close_lesson();
  } else {
    return false;
  }
  return true;
}

// Digits and letters choose an answer while the lesson has the user's attention: pointer or focus in its panel, or the
// lesson on a projector, where they have no other use.
bool App::lesson_key(const KeyPress& press) {
  const bool open = player_.lesson() != nullptr && page_.question && !page_.question->revealed && !page_.contents &&
                    page_.question->kind == lessons::Question::Kind::choice;
  if (!open || press.ctrl || press.alt || press.shift) {
    return false;
  }
  const bool attention = screen() == Screen::projector || ui_.focus_origin.rfind("lesson.", 0) == 0 ||
                         (ui_.pointer.inside && layout_now().left.has(ui_.pointer.at));
  const int choice = press.key >= 'A' ? press.key - 'A' : press.key - '1';
  if (!attention || choice < 0 || choice >= static_cast<int>(page_.question->choices.size())) {
    return false;
  }
  player_.answer().choice = choice;
  keep_progress();
  return true;
}

void App::keep_progress() {
  try {
    player_.keep();
  } catch (const sim::Error& error) {
    complain(error.where(), error.message(), error.hint());
  }
}

void App::carry_out_wishes(const views::LessonWishes& wishes, views::Actions& actions) {
  if (wishes.typed) {
    player_.answer().text = *wishes.typed;
  }
  if (wishes.choice) {
    player_.answer().choice = *wishes.choice;
  }
  if (wishes.confidence) {
    player_.answer().confidence = *wishes.confidence;
  }
  if (wishes.choice || wishes.confidence) {
    keep_progress();
  }
  if (wishes.step) {
    go_to_after_ = wishes.step;
  }
  if (wishes.command) {
    actions.command = wishes.command;
  }
}

// What was clicked on the stage is the answer; a click anywhere else, or the pointer on a word, is none.
void App::take_click(const scope::Chosen& before) {
  if (!page_asks_for_click() || view_.chosen == before) {
    return;
  }
  const std::string name = views::object_name(view_.chosen.name);
  player_.answer().text = name;
  keep_progress();
}

}  // namespace app
