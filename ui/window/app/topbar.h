// The bar at the top: what is simulated, the run control, step size, speed, size, language and looks.
#pragma once

#include "ui/window/app/commands.h"
#include "ui/window/app/layout.h"
#include "ui/window/app/settings.h"
#include "ui/window/views/lesson_panel.h"

namespace app {

/// What there is to choose from, read once.
struct Lists {
  std::vector<std::string> machines, presets;
};

struct BarInput {
  const scope::Run* run = nullptr;
  const sim::Scenario& scenario;
  scope::View& view;
  Settings& settings;
  const KeyMap& keys;
  views::Actions& actions;
  const Lists& lists;
  Screen screen = Screen::normal;
  bool compact = false;
  const views::LessonPage* lesson = nullptr;
};
void top_bar(draw::Ui& ui, const draw::Rect& area, const BarInput& in);

/// 0.25 0.5 1 2 5 10 25 100 ops a second, then infinite: Max.
double next_speed(double speed, int direction);

/// "FlashAttention-2", by its name in the list; the name itself if it is not there.
std::string algorithm_title(const std::string& name);

}  // namespace app
