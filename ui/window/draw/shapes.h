// Where dashes and hatch lines lie: once, for the screen, for SVG and for tests.
#pragma once

#include <algorithm>
#include <cmath>

#include "ui/window/draw/painter.h"

namespace draw {

/// The dash closest to `dash` with which a side begins and ends, so that corners are always drawn.
inline Dash fitted(Dash dash, float length) {
  const float periods = std::max(1.0F, std::round((length - dash.on) / (dash.on + dash.off)));
  const float off = (length - dash.on) / periods - dash.on;
  return off >= 1 ? Dash{dash.on, off} : Dash{length / 3, length / 3};
}

/// each(begin, end) along a stretch of `length`.
template <typename Each>
void for_each_dash(float length, Dash dash, Each each) {
  const float period = std::max(dash.on + dash.off, 0.5F);
  for (int i = 0; static_cast<float>(i) * period < length; ++i) {
    const float begin = static_cast<float>(i) * period;
    each(begin, std::min(begin + dash.on, length));
  }
}

/// each(a, b) for the lines at 45 degrees that cut `rect`: x + y (rising) or x - y (falling) is a multiple of `step`,
/// so that the hatches of neighbours meet.
template <typename Each>
void for_each_hatch_line(const Rect& rect, float step, bool falling, Each each) {
  if (rect.empty() || step <= 0) {
    return;
  }
  const float low = falling ? rect.x - rect.bottom() : rect.x + rect.y;
  const float high = falling ? rect.right() - rect.y : rect.right() + rect.bottom();
  for (float c = std::ceil(low / step) * step; c < high; c += step) {
    const float left = std::max(rect.x, falling ? c + rect.y : c - rect.bottom());
    const float right = std::min(rect.right(), falling ? c + rect.bottom() : c - rect.y);
    if (left < right) {
      each(Point{left, falling ? left - c : c - left}, Point{right, falling ? right - c : c - right});
    }
  }
}

}  // namespace draw
