// Where everything is: a pure function of the window's size and of what is open. VISUAL sizes, px at scale 1.
#pragma once

#include "ui/window/draw/geometry.h"

namespace app {

enum class Screen { normal, blackboard, compare, projector };

/// What the user has dragged; 0: the default.
struct PanelSizes {
  float left = 0, right = 0, dock = 0;
  bool operator==(const PanelSizes&) const = default;
};

struct LayoutInput {
  float width = 1920, height = 1080;
  Screen screen = Screen::normal;
  bool lesson = false;  ///< its text has the left column, whatever the size
  bool left_open = true, dock_open = true, tab_over_stage = false;
  PanelSizes sizes;
};

/// Empty rectangles: not shown.
struct Layout {
  bool compact = false;  ///< 1280 x 720 and the like
  draw::Rect top, left, stage, second_stage, right, program, state, caption, scrub, tabs, dock;
  draw::Rect left_splitter, right_splitter, dock_splitter;
  bool left_is_drawer = false;   ///< lies over the stage
  bool dock_over_stage = false;  ///< the open tab lies over the stage
};
Layout layout(const LayoutInput& input);

}  // namespace app
