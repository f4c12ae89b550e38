#include "ui/window/app/topbar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sim/algorithms/algorithms.h"
#include "sim/machine/machine.h"
#include "sim/scenario/scenario.h"

namespace app {

namespace {

using draw::Choice;
using draw::Face;
using draw::Icon;
using draw::Rect;
using draw::Ui;

constexpr std::array<double, 9> kSpeeds = {0.25, 0.5, 1, 2, 5, 10, 25, 100, std::numeric_limits<double>::infinity()};

std::string tip(Ui& ui, const BarInput& in, std::string_view command) {
  const std::string words(ui.words(fmt::format("command.{}", command)));
  const std::string key = in.keys.shown(command);
  return key.empty() ? words : words + "\t" + key;
}

void command_button(Ui& ui, const BarInput& in, const Rect& box, Icon icon, const char* command, bool filled = false) {
  if (ui.icon_button(fmt::format("topbar.{}", command), box, icon, tip(ui, in, command), in.run != nullptr, filled)) {
    in.actions.command = command;
  }
}

Rect middle(const Rect& area, float x, float w, float h) { return {x, area.y + (area.h - h) / 2, w, h}; }

// Reset, back, play, forward, end. Returns the right end.
float run_control(Ui& ui, const Rect& area, const BarInput& in, float x) {
  const float small = std::min(36.0F, area.h - 8), big = std::min(40.0F, area.h - 4);
  const auto next = [&](float w) {
    const Rect box = middle(area, x, w, w);
    x += w + 8;
    return box;
  };
  if (in.screen != Screen::projector) {
    command_button(ui, in, next(small), Icon::reset, "to_start");
  }
  command_button(ui, in, next(small), Icon::back, "step_back");
  command_button(ui, in, next(big), in.view.playing ? Icon::pause : Icon::play, "play", true);
  command_button(ui, in, next(small), Icon::forward, "step_forward");
  if (in.screen != Screen::projector) {
    command_button(ui, in, next(small), Icon::end, "to_end");
  }
  return x;
}

std::vector<Choice> unit_choices(Ui& ui) {
  std::vector<Choice> choices;
  for (int unit = 0; unit < scope::kStepUnits; ++unit) {
    const std::string name(scope::name_of(static_cast<scope::StepUnit>(unit)));
    choices.push_back({name, std::string(ui.words("step." + name)), std::string(ui.words("step." + name + "_tip"))});
  }
  return choices;
}

std::string speed_text(Ui& ui, double speed) {
  return std::isfinite(speed) ? fmt::format("{:g}×", speed) : std::string(ui.words("topbar.max"));
}

float speed_slider(Ui& ui, const Rect& area, const BarInput& in, float x) {
  const auto at = std::min_element(kSpeeds.begin(), kSpeeds.end(), [&](double a, double b) {
    return std::abs(std::min(a, 1e9) - std::min(in.view.speed, 1e9)) <
           std::abs(std::min(b, 1e9) - std::min(in.view.speed, 1e9));
  });
  constexpr auto kLast = static_cast<float>(kSpeeds.size() - 1);
  float share = static_cast<float>(at - kSpeeds.begin()) / kLast;
  std::vector<float> ticks;
  for (std::size_t n = 0; n < kSpeeds.size(); ++n) {
    ticks.push_back(static_cast<float>(n) / kLast);
  }
  const float width = in.compact ? 72 : 88;
  if (ui.slider("topbar.speed", middle(area, x, width, 24), share, ticks, ui.words("topbar.speed_tip"))) {
    in.view.speed = kSpeeds[static_cast<std::size_t>(std::lround(share * kLast))];
  }
  x += width + 8;
  ui.p.text({x, area.center().y - 9}, speed_text(ui, in.view.speed), {15, Face::mono}, ui.colors().ink);
  return x + 48;
}

// The same as a menu, where a slider does not fit.
void speed_menu(Ui& ui, const Rect& area, const BarInput& in, float x) {
  std::vector<Choice> choices;
  int selected = -1;
  for (const double speed : kSpeeds) {
    selected = speed == in.view.speed ? static_cast<int>(choices.size()) : selected;
    choices.push_back({speed_text(ui, speed), speed_text(ui, speed), ""});
  }
  const int chosen = ui.menu("topbar.speed", middle(area, x, 76, 32), speed_text(ui, in.view.speed), choices, selected,
                             ui.words("topbar.speed_tip"), false);
  if (chosen >= 0) {
    in.view.speed = kSpeeds[static_cast<std::size_t>(chosen)];
  }
}

struct Picker {
  const char* name;  ///< of the widget and the strings
  std::string label;
  std::vector<Choice> choices;
  int selected = -1;
  float width = 0;
};

std::vector<Choice> named(const std::vector<std::string>& all, const std::string& now, int& selected) {
  std::vector<Choice> choices;
  for (const std::string& name : all) {
    selected = name == now ? static_cast<int>(choices.size()) : selected;
    choices.push_back({name, name, ""});
  }
  return choices;
}

// What is simulated: algorithm, problem, machine; each as wide as its words.
std::array<Picker, 3> pickers(Ui& ui, const BarInput& in) {
  std::array<Picker, 3> all = {{{"algorithm", algorithm_title(in.scenario.algorithm), {}},
                                {"preset", in.scenario.preset, {}},
                                {"machine", in.scenario.machine, {}}}};
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    all[0].selected =
        in.scenario.algorithm == algorithm.name ? static_cast<int>(all[0].choices.size()) : all[0].selected;
    all[0].choices.push_back({algorithm.name, algorithm.title, algorithm.source});
  }
  all[1].choices = named(in.lists.presets, in.scenario.preset, all[1].selected);
  all[2].choices = named(in.lists.machines, in.scenario.machine, all[2].selected);
  if (all[1].label.empty()) {
    all[1].label = std::string(ui.words("topbar.own_problem"));
  }
  for (Picker& picker : all) {
    picker.width = ui.menu_width(picker.label, false);
  }
  return all;
}

void draw_pickers(Ui& ui, const Rect& area, const BarInput& in, const std::array<Picker, 3>& all, float x,
                  float right) {
  const float wanted = all[0].width + all[1].width + all[2].width;
  const float share = std::min(1.0F, (right - x) / wanted);
  for (const Picker& picker : all) {
    const Rect box = middle(area, x, picker.width * share, 32);
    const int chosen = ui.menu(std::string("topbar.") + picker.name, box, picker.label, picker.choices, picker.selected,
                               ui.words(std::string("topbar.") + picker.name + "_tip"), false);
    if (chosen >= 0) {
      in.actions.fields.emplace_back(picker.name, picker.choices[static_cast<std::size_t>(chosen)].name);
    }
    x += picker.width * share;
  }
}

/// "Lesson 6  FlashAttention-2".
void lesson_title(Ui& ui, const Rect& area, const views::LessonPage& lesson) {
  const float y = area.center().y - 11;
  const std::string number = ui.strings.format("lesson.number", {{"lesson", std::to_string(lesson.number)}});
  const float end = ui.p.text({area.x, y}, number, {16, Face::semibold}, ui.colors().ink).right() + 10;
  ui.p.text_within({end, y}, area.right() - end, draw::plain(lesson.lesson_title), {15}, ui.colors().ink);
}

/// An open book.
void lessons_button(Ui& ui, const Rect& box, const BarInput& in) {
  const draw::Palette& c = ui.colors();
  const Rect inner = box.inset(4);
  if (ui.button("topbar.lessons", inner, "", tip(ui, in, "lessons"))) {
    in.actions.command = "lessons";
  }
  const draw::Point at = box.center();
  for (const float side : {-1.0F, 1.0F}) {
    const draw::Point page[] = {{at.x, at.y - 4},
                                {at.x + side * 3, at.y - 5.5F},
                                {at.x + side * 7.5F, at.y - 5.5F},
                                {at.x + side * 7.5F, at.y + 4},
                                {at.x + side * 3, at.y + 4},
                                {at.x, at.y + 5.5F}};
    ui.p.polyline(page, c.ink2, 1.5F);
  }
  ui.p.line({at.x, at.y - 4}, {at.x, at.y + 5.5F}, c.ink2, 1.5F);
}

// From the right end: help, theme, projector, language, size. Returns the left end.
float looks(Ui& ui, const Rect& area, const BarInput& in) {
  float x = area.right() - 8;
  const auto icon = [&](Icon shape, const char* command) {
    x -= 32;
    if (ui.icon_button(fmt::format("topbar.{}", command), middle(area, x, 32, 32), shape, tip(ui, in, command), true,
                       false, false)) {
      in.actions.command = command;
    }
  };
  icon(Icon::help, "help");
  if (in.screen != Screen::projector) {
    icon(ui.colors().theme == draw::Theme::dark ? Icon::sun : Icon::moon, "theme");
  }
  icon(Icon::projector, "projector");
  if (in.screen == Screen::projector && in.lesson != nullptr) {
    return x;
  }
  if (area.w >= 1100 || in.screen == Screen::projector) {
    x -= 32;
    lessons_button(ui, middle(area, x, 32, 32), in);
  }
  const std::vector<Choice> languages = {{"en", "EN", "English"}, {"zh", "中", "中文"}};
  x -= 76;
  const int language =
      ui.segmented("topbar.language", middle(area, x, 68, 30), languages, static_cast<int>(in.settings.language));
  in.settings.language = language >= 0 ? static_cast<scope::Language>(language) : in.settings.language;
  if (in.compact || in.screen == Screen::projector) {
    return x;
  }
  std::vector<Choice> sizes;
  for (const scope::Size size : {scope::Size::blackboard, scope::Size::lecture, scope::Size::realistic}) {
    const std::string name(scope::name_of(size));
    sizes.push_back({name, std::string(ui.words("size." + name)), std::string(ui.words("size." + name + "_tip"))});
  }
  const float width = ui.segmented_width(sizes);
  x -= width + 16;
  const int size = ui.segmented("topbar.size", middle(area, x, width, 30), sizes, static_cast<int>(in.view.size));
  if (size >= 0) {
    in.actions.command = "size_" + std::string(scope::name_of(static_cast<scope::Size>(size)));
  }
  return x;
}

}  // namespace

double next_speed(double speed, int direction) {
  auto at = std::find_if(kSpeeds.begin(), kSpeeds.end(), [&](double s) { return s >= speed; });
  at = at == kSpeeds.end() ? kSpeeds.end() - 1 : at;
  const auto n = std::clamp<std::ptrdiff_t>(at - kSpeeds.begin() + direction, 0, kSpeeds.size() - 1);
  return kSpeeds[static_cast<std::size_t>(n)];
}

std::string algorithm_title(const std::string& name) {
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    if (name == algorithm.name) {
      return algorithm.title;
    }
  }
  return name;
}

void top_bar(Ui& ui, const Rect& area, const BarInput& in) {
  const draw::Palette& colors = ui.colors();
  ui.p.fill(area, colors.panel);
  ui.p.line({area.x, area.bottom() - 0.5F}, {area.right(), area.bottom() - 0.5F}, colors.hair);
  const float right = looks(ui, area, in);
  if (in.screen != Screen::projector || in.lesson == nullptr) {
    draw::icon(ui.p, Icon::logo, {area.x + 28, area.center().y}, 13, colors.ink);
  }
  float x = area.x + 50;
  const float control_width = in.screen == Screen::projector ? 130.0F : 212.0F;
  if (in.screen == Screen::projector) {
    const float centered = area.center().x - control_width / 2;
    if (in.lesson != nullptr) {
      lesson_title(ui, {area.x + 14, area.y, centered - area.x - 22, area.h}, *in.lesson);
      const float end = run_control(ui, area, in, centered);
      const views::LessonWishes wishes = views::lesson_line(ui, {end, area.y, right - 10 - end, area.h}, *in.lesson);
      in.actions.command = wishes.command ? wishes.command : in.actions.command;
      return;
    }
    const std::string title = algorithm_title(in.scenario.algorithm);
    ui.p.text_within({x, area.center().y - 11}, centered - x - 8, title, {16, Face::semibold}, colors.ink);
    run_control(ui, area, in, centered);
    return;
  }
  const bool tight = in.compact || area.w < 1800;  // words beside marks and controls are left out
  if (!tight) {
    x = ui.p.text({x, area.center().y - 11}, "Attoscope", {18, Face::semibold}, colors.ink).right() + 16;
    ui.p.line({x, area.y + 12}, {x, area.bottom() - 12}, colors.hair);
    x += 10;
  }
  const std::vector<Choice> units = unit_choices(ui);
  const float units_width = ui.segmented_width(units), speed_width = in.compact ? 128.0F : 144.0F;
  const float label = tight ? 0 : ui.p.width_of(ui.words("topbar.step"), {13}) + 8;
  const float speed_label = tight ? 0 : ui.p.width_of(ui.words("topbar.speed"), {13}) + 8;
  const std::array<Picker, 3> all = pickers(ui, in);
  const float wanted = x + all[0].width + all[1].width + all[2].width + 12;
  const float without_speed = control_width + label + units_width + 16;
  const bool slider = wanted + without_speed + speed_label + speed_width < right;
  const float group = without_speed + (slider ? speed_label + speed_width : 80);
  const float start = std::max(x + 180, std::min(std::max(wanted, area.center().x - group / 2), right - group - 8));
  draw_pickers(ui, area, in, all, x, start - 8);
  float at = run_control(ui, area, in, start) + 8;
  const auto small_label = [&](std::string_view key) {
    if (!tight) {
      at = ui.p.text({at, area.center().y - 8}, ui.words(key), {13}, colors.ink2).right() + 8;
    }
  };
  small_label("topbar.step");
  const int unit =
      ui.segmented("topbar.step", middle(area, at, units_width, 30), units, static_cast<int>(in.view.unit));
  in.view.unit = unit >= 0 ? static_cast<scope::StepUnit>(unit) : in.view.unit;
  at += units_width + 16;
  if (slider) {
    small_label("topbar.speed");
    speed_slider(ui, area, in, at);
  } else {
    speed_menu(ui, area, in, at - 8);
  }
}

}  // namespace app
