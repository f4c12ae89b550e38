#include "ui/window/app/layout.h"

#include <algorithm>

namespace app {

namespace {

using draw::Rect;

struct Sizes {
  float top, left, right, caption, scrub, tabs, dock;
};

Sizes sizes_for(const LayoutInput& in, bool compact) {
  if (in.screen == Screen::projector) {
    return {34, in.lesson ? in.width * 0.41F : 0, 0, 44, in.lesson ? 24.0F : 46.0F, 0, 0};
  }
  Sizes sizes = compact           ? Sizes{44, 280, 360, 52, 54, 34, 0}
                : in.width < 2800 ? Sizes{52, 304, 456, 56, 54, 34, 180}
                                  : Sizes{52, 360, 560, 64, 54, 34, 392};
  const auto dragged = [](float size, float by_default, float least, float most) {
    return size > 0 ? std::clamp(size, least, std::max(least, most)) : by_default;
  };
  if (in.screen == Screen::blackboard) {
    sizes.right = in.width * (in.lesson ? 0.34F : 0.4323F);  // 830 of 1920
  }
  sizes.left = dragged(in.sizes.left, sizes.left, 240, in.width * 0.3F);
  sizes.right = dragged(in.sizes.right, sizes.right, 300, in.width * 0.55F);
  sizes.dock = dragged(in.sizes.dock, sizes.dock, 120, in.height * 0.5F);
  return sizes;
}

void place_columns(Layout& out, Rect middle, const LayoutInput& in, const Sizes& sizes) {
  if (in.screen == Screen::compare) {
    out.stage = middle.cut_left((middle.w - 8) / 2, 8);
    out.second_stage = middle;
    return;
  }
  const bool left_open = in.left_open && !in.tab_over_stage && !in.lesson;
  const bool has_left = left_open && in.screen == Screen::normal;
  const bool drawer = out.compact || in.screen == Screen::blackboard;
  if (left_open && drawer && in.screen != Screen::projector) {
    Rect over = middle;
    out.left = over.cut_left(sizes.left);
    out.left_is_drawer = true;
  } else if (has_left) {
    out.left = middle.cut_left(sizes.left);
    out.left_splitter = {out.left.right() - 3, middle.y, 6, middle.h};
  }
  if (sizes.right > 0) {
    out.right = middle.cut_right(sizes.right);
    out.right_splitter = {out.right.x - 3, middle.y, 6, middle.h};
    if (!out.compact && in.screen == Screen::normal) {
      Rect rest = out.right;
      out.program = rest.cut_top(rest.h * 0.57F);
      out.state = rest;
    }
  }
  out.stage = middle;
}

// A lesson's column goes down to the scrub bar; on projectors to the caption, which has all of the width.
void place_lesson(Layout& out, Rect& rest, const Sizes& sizes, bool projector) {
  out.left = rest.cut_left(sizes.left);
  out.left_splitter = projector ? Rect{} : Rect{out.left.right() - 3, rest.y, 6, rest.h};
}

// The open tab over the stage, or over all but a lesson's column.
void place_dock_over_stage(Layout& out, const LayoutInput& in, const Sizes& sizes) {
  out.dock_over_stage = true;
  const float left = in.lesson ? out.left.right() : 0;
  if (in.tab_over_stage) {
    out.dock = {left, out.top.bottom(), in.width - left, out.caption.y - out.top.bottom()};
  } else {
    const float height = std::min(260.0F, out.stage.h * 0.6F);
    out.dock = {left, out.tabs.y - sizes.scrub - sizes.caption - height, in.width - left, height};
  }
}

}  // namespace

Layout layout(const LayoutInput& in) {
  Layout out;
  out.compact = in.width < 1600 || in.height < 850;
  const Sizes sizes = sizes_for(in, out.compact);
  Rect rest{0, 0, in.width, in.height};
  out.top = rest.cut_top(sizes.top);
  const bool dock_inside = in.dock_open && !out.compact && !in.tab_over_stage && in.screen != Screen::projector &&
                           in.screen != Screen::blackboard;
  if (in.screen == Screen::compare) {
    out.dock = rest.cut_bottom(out.compact ? 132 : 200);
  } else if (dock_inside) {
    out.dock = rest.cut_bottom(sizes.dock);
  }
  if (sizes.tabs > 0 && in.screen != Screen::compare) {
    out.tabs = rest.cut_bottom(sizes.tabs);
  }
  out.scrub = rest.cut_bottom(sizes.scrub);
  const bool projector = in.screen == Screen::projector;
  if (in.lesson && !projector) {
    place_lesson(out, rest, sizes, false);
  }
  // The caption is as wide as the stage, unless there is no panel at its right.
  const bool caption_below_all = in.screen != Screen::normal || (in.tab_over_stage && in.dock_open);
  if (caption_below_all) {
    out.caption = rest.cut_bottom(sizes.caption);
  }
  if (in.lesson && projector) {
    place_lesson(out, rest, sizes, true);
  }
  place_columns(out, rest, in, sizes);
  if (!caption_below_all) {
    out.caption = out.stage.cut_bottom(sizes.caption);
  }
  if (dock_inside) {
    out.dock_splitter = {0, out.scrub.y - 3, in.width, 6};
  }
  if (in.dock_open && !dock_inside && in.screen != Screen::projector && in.screen != Screen::compare) {
    place_dock_over_stage(out, in, sizes);
  }
  return out;
}

}  // namespace app
