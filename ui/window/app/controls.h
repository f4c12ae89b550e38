// The left panel: algorithm, problem, schedule, what-if sliders, places to stop.
#pragma once

#include "ui/window/app/topbar.h"

namespace app {

struct ControlsInput {
  const BarInput& bar;
  const sim::Machine& base;          ///< the machine as its file has it
  bool failed = false;               ///< the newest request does not run
  std::string where, message, hint;  ///< why
};
void controls_panel(draw::Ui& ui, const draw::Rect& area, const ControlsInput& in);

}  // namespace app
