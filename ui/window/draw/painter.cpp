#include "ui/window/draw/painter.h"

#include <cmath>

#include "ui/window/draw/ground.h"
#include "ui/window/draw/imgui_compat.h"
#include "ui/window/draw/shapes.h"

namespace draw {

namespace {

constexpr Rect kEverywhere{-1e6F, -1e6F, 2e6F, 2e6F};
// A primitive of ImDrawList must stay under 65,536 vertices, and a thick line takes four for each point.
constexpr std::size_t kPointsAtOnce = 4096;

Rect bounds(std::span<const Point> points, float grow) {
  float left = points[0].x, right = left, top = points[0].y, bottom = top;
  for (const Point p : points) {
    left = std::min(left, p.x), right = std::max(right, p.x);
    top = std::min(top, p.y), bottom = std::max(bottom, p.y);
  }
  return {left - grow, top - grow, right - left + 2 * grow, bottom - top + 2 * grow};
}

std::array<Point, 4> corners(const Rect& r) {
  return {{{r.x, r.y}, {r.right(), r.y}, {r.right(), r.bottom()}, {r.x, r.bottom()}}};
}

bool straight(Point a, Point b) { return a.x == b.x || a.y == b.y; }

// ImDrawList's anti-aliasing wants outlines clockwise (y down).
bool clockwise(std::span<const Point> points) {
  float area = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Point a = points[i], b = points[(i + 1) % points.size()];
    area += a.x * b.y - b.x * a.y;
  }
  return area > 0;
}

// Kept between calls, so that a frame allocates nothing.
std::vector<ImVec2>& scratch() {
  static thread_local std::vector<ImVec2> points;
  points.clear();
  return points;
}

}  // namespace

Painter::Painter(ImDrawList* list, const Palette& palette, float scale, Log* log)
    : list_(list), palette_(palette), scale_(scale), log_(log) {}

float Painter::px(float length) const { return std::max(1.0F, std::round(length * scale_)); }

Rect Painter::snapped(const Rect& r) const {
  const float x = std::round(r.x * scale_), y = std::round(r.y * scale_);
  return {x, y, std::max(1.0F, std::round(r.right() * scale_) - x),
          std::max(1.0F, std::round(r.bottom() * scale_) - y)};
}

Rect Painter::clip() const {
  if (!clips_.empty()) {
    return clips_.back();
  }
  if (list_ == nullptr || list_->_ClipRectStack.empty()) {
    return kEverywhere;
  }
  const ImVec2 min = list_->GetClipRectMin(), max = list_->GetClipRectMax();
  return {min.x / scale_, min.y / scale_, (max.x - min.x) / scale_, (max.y - min.y) / scale_};
}

LogEntry& Painter::note(LogEntry::Kind kind, Color color, const Rect& box) {
  LogEntry& entry = log_->emplace_back();
  entry.kind = kind;
  entry.color = color;
  entry.box = box;
  entry.clip = clip();
  entry.may_be_cut = may_be_cut_;
  entry.layer = static_cast<int>(layers_.size());
  return entry;
}

void Painter::note_stroke(std::span<const Point> points, Color color, float thickness, bool closed, Dash dash,
                          float radius) {
  if (log_ == nullptr) {
    return;
  }
  LogEntry& entry = note(LogEntry::Kind::stroke, color, bounds(points, thickness / 2));
  entry.points.assign(points.begin(), points.end());
  entry.thickness = thickness;
  entry.closed = closed;
  entry.dash = dash;
  entry.radius = radius;
}

void Painter::fill(const Rect& rect, Color color, float radius) {
  if (rect.empty() || color.a == 0) {
    return;
  }
  radius = std::min({radius, rect.w / 2, rect.h / 2});
  if (log_ != nullptr) {
    LogEntry& entry = note(LogEntry::Kind::fill, color, rect);
    entry.radius = radius;
    const auto outline = corners(rect);
    entry.points.assign(outline.begin(), outline.end());
  }
  if (list_ != nullptr) {
    const Rect r = snapped(rect);
    list_->AddRectFilled(vec(r.x, r.y), vec(r.right(), r.bottom()), packed(color), radius * scale_);
  }
}

void Painter::frame(const Rect& rect, Color color, float thickness, float radius) {
  if (rect.empty() || color.a == 0) {
    return;
  }
  const auto middle = corners(rect.inset(thickness / 2));
  note_stroke(middle, color, thickness, true, {0, 0}, std::max(0.0F, radius - thickness / 2));
  if (list_ == nullptr) {
    return;
  }
  const Rect r = snapped(rect);
  const float t = std::min({px(thickness), r.w, r.h}), half = (t - 1) / 2;
  if (radius > 0) {
    add_rect(list_, vec(r.x + half, r.y + half), vec(r.right() - half, r.bottom() - half), packed(color),
             std::max(0.0F, radius * scale_ - half), t);
    return;
  }
  // Four strips that do not overlap: crisp at any scale, right for colours that let something through.
  const ImU32 c = packed(color);
  list_->AddRectFilled(vec(r.x, r.y), vec(r.right(), r.y + t), c);
  list_->AddRectFilled(vec(r.x, std::max(r.y + t, r.bottom() - t)), vec(r.right(), r.bottom()), c);
  list_->AddRectFilled(vec(r.x, r.y + t), vec(r.x + t, r.bottom() - t), c);
  list_->AddRectFilled(vec(std::max(r.x + t, r.right() - t), r.y + t), vec(r.right(), r.bottom() - t), c);
}

void Painter::dash_side(Point a, Point b, Dash dash, float thickness, Color color) {
  const Dash fit = fitted(dash, std::max(std::abs(b.x - a.x), std::abs(b.y - a.y)));
  dashed_line(a, b, color, fit, thickness);
}

void Painter::dashed_frame(const Rect& rect, Color color, Dash dash, float thickness) {
  if (rect.empty()) {
    return;
  }
  // On whole pixels, so that all sides get the same width.
  Rect r = snapped(rect);
  r = {r.x / scale_, r.y / scale_, r.w / scale_, r.h / scale_};
  const float half = std::min({px(thickness) / scale_, r.w, r.h}) / 2;
  dash_side({r.x, r.y + half}, {r.right(), r.y + half}, dash, thickness, color);
  dash_side({r.right() - half, r.y}, {r.right() - half, r.bottom()}, dash, thickness, color);
  dash_side({r.right(), r.bottom() - half}, {r.x, r.bottom() - half}, dash, thickness, color);
  dash_side({r.x + half, r.bottom()}, {r.x + half, r.y}, dash, thickness, color);
}

void Painter::strip(Point a, Point b, float thickness, Color color) {
  if (!straight(a, b)) {
    const std::array<ImVec2, 2> ends = {vec(a.x * scale_, a.y * scale_), vec(b.x * scale_, b.y * scale_)};
    add_polyline(list_, ends.data(), 2, packed(color), false, std::max(1.0F, thickness * scale_));
    return;
  }
  const float t = px(thickness);
  const auto along = [this](float v) { return std::round(v * scale_); };
  const auto across = [this, t](float v) { return std::round(v * scale_ - t / 2); };
  if (a.y == b.y) {
    const float x = along(std::min(a.x, b.x)), right = std::max(x + 1, x + std::round(std::abs(b.x - a.x) * scale_));
    list_->AddRectFilled(vec(x, across(a.y)), vec(right, across(a.y) + t), packed(color));
  } else {
    const float y = along(std::min(a.y, b.y)), bottom = std::max(y + 1, y + std::round(std::abs(b.y - a.y) * scale_));
    list_->AddRectFilled(vec(across(a.x), y), vec(across(a.x) + t, bottom), packed(color));
  }
}

void Painter::line(Point a, Point b, Color color, float thickness) {
  note_stroke(std::array{a, b}, color, thickness, false, {0, 0});
  if (list_ != nullptr) {
    strip(a, b, thickness, color);
  }
}

void Painter::dashed_line(Point a, Point b, Color color, Dash dash, float thickness) {
  const float length = std::hypot(b.x - a.x, b.y - a.y);
  if (length <= 0) {
    return;
  }
  note_stroke(std::array{a, b}, color, thickness, false, dash);
  if (list_ == nullptr) {
    return;
  }
  const auto at = [&](float s) { return Point{a.x + (b.x - a.x) * (s / length), a.y + (b.y - a.y) * (s / length)}; };
  for_each_dash(length, dash, [&](float begin, float end) { strip(at(begin), at(end), thickness, color); });
}

// Not logged. A path along the axes becomes rectangles on whole pixels that overlap at its corners.
void Painter::stroke(std::span<const Point> points, float thickness, bool closed, Color color) {
  const std::size_t n = points.size();
  bool axes = color.a == 255;
  for (std::size_t i = 0; axes && i + 1 < n + (closed ? 1 : 0); ++i) {
    axes = straight(points[i], points[(i + 1) % n]);
  }
  if (axes) {
    const float grow = px(thickness) / scale_ / 2;
    for (std::size_t i = 0; i + 1 < n + (closed ? 1 : 0); ++i) {
      Point a = points[i], b = points[(i + 1) % n];
      const Point way{b.x > a.x ? grow : b.x < a.x ? -grow : 0, b.y > a.y ? grow : b.y < a.y ? -grow : 0};
      a = closed || i > 0 ? a - way : a;
      b = closed || i + 2 < n ? b + way : b;
      strip(a, b, thickness, color);
    }
    return;
  }
  std::vector<ImVec2>& out = scratch();
  for (std::size_t i = 0; i < n; ++i) {
    out.push_back(vec(points[i].x * scale_, points[i].y * scale_));
    if (out.size() == kPointsAtOnce || i + 1 == n) {
      add_polyline(list_, out.data(), static_cast<int>(out.size()), packed(color), closed && n < kPointsAtOnce,
                   std::max(1.0F, thickness * scale_));
      out.erase(out.begin(), out.end() - 1);
    }
  }
}

void Painter::polyline(std::span<const Point> points, Color color, float thickness, bool closed) {
  if (points.size() < 2) {
    return;
  }
  note_stroke(points, color, thickness, closed, {0, 0});
  if (list_ != nullptr) {
    stroke(points, thickness, closed, color);
  }
}

void Painter::dashed_polyline(std::span<const Point> points, Color color, Dash dash, float thickness) {
  if (points.size() < 2) {
    return;
  }
  note_stroke(points, color, thickness, false, dash);
  if (list_ == nullptr || dash.on + dash.off <= 0) {
    return;
  }
  static thread_local std::vector<Point> piece;
  piece.assign(1, points[0]);
  bool on = true;
  float left = dash.on;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    Point a = points[i];
    const Point b = points[i + 1];
    float length = std::hypot(b.x - a.x, b.y - a.y);
    while (length > left) {
      a = {a.x + (b.x - a.x) * (left / length), a.y + (b.y - a.y) * (left / length)};
      length -= left;
      if (on) {
        piece.push_back(a);
        stroke(piece, thickness, false, color);
      }
      on = !on;
      left = on ? dash.on : dash.off;
      piece.assign(1, a);
    }
    left -= length;
    piece.push_back(b);
  }
  if (on && piece.size() > 1) {
    stroke(piece, thickness, false, color);
  }
}

void Painter::polygon(std::span<const Point> points, Color color) {
  if (points.size() < 3) {
    return;
  }
  if (log_ != nullptr) {
    LogEntry& entry = note(LogEntry::Kind::fill, color, bounds(points, 0));
    entry.points.assign(points.begin(), points.end());
  }
  if (list_ == nullptr) {
    return;
  }
  std::vector<ImVec2>& out = scratch();
  for (const Point p : points) {
    out.push_back(vec(p.x * scale_, p.y * scale_));
  }
  if (!clockwise(points)) {
    std::reverse(out.begin(), out.end());
  }
  list_->AddConvexPolyFilled(out.data(), static_cast<int>(out.size()), packed(color));
}

void Painter::disc(Point center, float radius, Color color) {
  const Rect box{center.x - radius, center.y - radius, 2 * radius, 2 * radius};
  if (log_ != nullptr) {
    LogEntry& entry = note(LogEntry::Kind::fill, color, box);
    entry.radius = radius;
    const auto outline = corners(box);
    entry.points.assign(outline.begin(), outline.end());
  }
  if (list_ != nullptr) {
    list_->AddCircleFilled(vec(center.x * scale_, center.y * scale_), radius * scale_, packed(color));
  }
}

void Painter::ring(Point center, float radius, Color color, float thickness) {
  const float middle = std::max(0.0F, radius - thickness / 2);
  const Rect box{center.x - middle, center.y - middle, 2 * middle, 2 * middle};
  note_stroke(corners(box), color, thickness, true, {0, 0}, middle);
  if (list_ != nullptr) {
    // ImDrawList takes half a pixel off the radius.
    list_->AddCircle(vec(center.x * scale_, center.y * scale_), middle * scale_ + 0.5F, packed(color), 0,
                     std::max(1.0F, thickness * scale_));
  }
}

void Painter::hatch(const Rect& rect, Color color, float step, bool falling) {
  if (rect.empty() || step <= 0) {
    return;
  }
  if (log_ != nullptr) {
    LogEntry& entry = note(LogEntry::Kind::hatch, color, rect);
    entry.step = step;
    entry.falling = falling;
    entry.thickness = 1;
  }
  if (list_ != nullptr) {
    // Half a pixel inside: the soft ends of the lines stay in the rectangle.
    const Rect inside = rect.inset(0.5F / scale_);
    for_each_hatch_line(inside, step, falling, [&](Point a, Point b) { strip(a, b, 1, color); });
  }
}

void Painter::push_clip(const Rect& rect) {
  clips_.push_back(common(clip(), rect));
  if (list_ != nullptr) {
    const float x = std::round(rect.x * scale_), y = std::round(rect.y * scale_);
    list_->PushClipRect(vec(x, y), vec(std::round(rect.right() * scale_), std::round(rect.bottom() * scale_)), true);
  }
}

void Painter::pop_clip() {
  clips_.pop_back();
  if (list_ != nullptr) {
    list_->PopClipRect();
  }
}

void Painter::push_layer(ImDrawList* list) {
  layers_.push_back(list_);
  list_ = list;
  clips_.push_back(kEverywhere);  // a layer is not cut by what opened it
}

void Painter::pop_layer() {
  list_ = layers_.back();
  layers_.pop_back();
  clips_.pop_back();
}

}  // namespace draw
