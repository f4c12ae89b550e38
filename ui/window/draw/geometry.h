// Points and rectangles in px at scale 1: the painter multiplies by the UI scale, nobody else does.
#pragma once

#include <algorithm>

namespace draw {

struct Point {
  float x = 0, y = 0;
  Point operator+(Point o) const { return {x + o.x, y + o.y}; }
  Point operator-(Point o) const { return {x - o.x, y - o.y}; }
  bool operator==(const Point&) const = default;
};

struct Rect {
  float x = 0, y = 0, w = 0, h = 0;

  float right() const { return x + w; }
  float bottom() const { return y + h; }
  Point center() const { return {x + w / 2, y + h / 2}; }
  bool empty() const { return w <= 0 || h <= 0; }
  bool has(Point p) const { return p.x >= x && p.x < right() && p.y >= y && p.y < bottom(); }
  bool overlaps(const Rect& o) const { return x < o.right() && o.x < right() && y < o.bottom() && o.y < bottom(); }
  bool contains(const Rect& o) const { return o.x >= x && o.y >= y && o.right() <= right() && o.bottom() <= bottom(); }
  Rect inset(float by) const { return inset(by, by); }
  Rect inset(float across, float down) const {
    return {x + across, y + down, std::max(0.0F, w - 2 * across), std::max(0.0F, h - 2 * down)};
  }
  bool operator==(const Rect&) const = default;

  // Each cuts a strip off, `gap` away from what stays, and returns it.
  Rect cut_left(float width, float gap = 0) {
    const Rect cut{x, y, std::min(width, w), h};
    const float by = std::min(w, width + gap);
    x += by, w -= by;
    return cut;
  }
  Rect cut_right(float width, float gap = 0) {
    const float kept = std::max(0.0F, w - width);
    const Rect cut{x + kept, y, w - kept, h};
    w = std::max(0.0F, kept - gap);
    return cut;
  }
  Rect cut_top(float height, float gap = 0) {
    const Rect cut{x, y, w, std::min(height, h)};
    const float by = std::min(h, height + gap);
    y += by, h -= by;
    return cut;
  }
  Rect cut_bottom(float height, float gap = 0) {
    const float kept = std::max(0.0F, h - height);
    const Rect cut{x, y + kept, w, h - kept};
    h = std::max(0.0F, kept - gap);
    return cut;
  }
};

}  // namespace draw
