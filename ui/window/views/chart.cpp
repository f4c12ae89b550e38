// Charts: what is drawn in a plot, and where words find room.
#include "ui/window/views/chart.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace views {

namespace {

constexpr draw::TextStyle kNumber{13, draw::Face::mono};
constexpr draw::TextStyle kTitle{13, draw::Face::regular};
constexpr float kTickGap = 8;

// Does the piece of a line touch the rectangle? (Liang and Barsky 1984.)
bool touches(draw::Point a, draw::Point b, const draw::Rect& r) {
  float enter = 0, leave = 1;
  const std::array<std::pair<float, float>, 4> sides = {
      {{a.x - b.x, a.x - r.x}, {b.x - a.x, r.right() - a.x}, {a.y - b.y, a.y - r.y}, {b.y - a.y, r.bottom() - a.y}}};
  for (const auto& [slope, room] : sides) {
    if (slope == 0 && room < 0) {
      return false;
    }
    if (slope < 0) {
      enter = std::max(enter, room / slope);
    } else if (slope > 0) {
      leave = std::min(leave, room / slope);
    }
  }
  return enter <= leave;
}

}  // namespace

bool Labels::is_free(const draw::Rect& rect) const {
  return inside_.contains(rect) &&
         std::none_of(rects_.begin(), rects_.end(), [&](const draw::Rect& r) { return r.overlaps(rect); }) &&
         std::none_of(lines_.begin(), lines_.end(),
                      [&](const auto& line) { return touches(line.first, line.second, rect); });
}

std::optional<draw::Rect> Labels::place(draw::Point anchor, float w, float h, float gap) {
  for (const float out : {1.0F, 2.0F, 3.5F}) {
    const float g = gap * out;
    const std::array<draw::Point, 8> corners = {{{anchor.x + g, anchor.y - h / 2},
                                                 {anchor.x - g - w, anchor.y - h / 2},
                                                 {anchor.x - w / 2, anchor.y - g - h},
                                                 {anchor.x - w / 2, anchor.y + g},
                                                 {anchor.x + g, anchor.y - g / 2 - h},
                                                 {anchor.x + g, anchor.y + g / 2},
                                                 {anchor.x - g - w, anchor.y - g / 2 - h},
                                                 {anchor.x - g - w, anchor.y + g / 2}}};
    for (const draw::Point corner : corners) {
      const draw::Rect rect{corner.x, corner.y, w, h};
      if (is_free(rect.inset(-4, -2))) {
        keep_free(rect.inset(-3, -1));
        return rect;
      }
    }
  }
  return std::nullopt;
}

void draw_marker(draw::Painter& painter, Marker marker, draw::Point c, float r, draw::Color color) {
  switch (marker) {
    case Marker::disc: painter.disc(c, r, color); return;
    case Marker::ring: painter.ring(c, r, color, 2); return;
    case Marker::square: painter.fill({c.x - 0.9F * r, c.y - 0.9F * r, 1.8F * r, 1.8F * r}, color); return;
    case Marker::triangle:
      painter.polygon(
          std::array<draw::Point, 3>{{{c.x, c.y - r}, {c.x + r, c.y + 0.8F * r}, {c.x - r, c.y + 0.8F * r}}}, color);
      return;
    case Marker::diamond:
      painter.polygon(std::array<draw::Point, 4>{{{c.x, c.y - r}, {c.x + r, c.y}, {c.x, c.y + r}, {c.x - r, c.y}}},
                      color);
      return;
  }
}

Chart::Chart(draw::Ui& ui, const draw::Rect& area, Axis x, Axis y)
    : ui_(ui), area_(area), plot_(area), x_(std::move(x)), y_(std::move(y)), labels_(area) {
  plot_.cut_bottom(draw::line_height(kNumber) + 5);
  plot_.cut_top(y_.title.empty() ? 6 : draw::line_height(kTitle) + 2);
  y_ticks_ = ticks_of(y_, plot_.h, plot_.h < 200 ? 34 : 56);
  float widest = 0;
  for (const double tick : y_ticks_) {
    widest = std::max(widest, ui_.p.width_of(text(y_, tick), kNumber));
  }
  plot_.cut_left(widest + (widest > 0 ? kTickGap : 0));
  labels_ = Labels(plot_.inset(-2, -3));
}

float Chart::place(const Axis& axis, double value, float from, float length) {
  const double share = axis.log ? std::log(std::max(value, 1e-300) / axis.from) / std::log(axis.to / axis.from)
                                : (value - axis.from) / (axis.to - axis.from);
  return from + static_cast<float>(share * static_cast<double>(length));
}

double Chart::x_at(float px) const {
  const double share = static_cast<double>((px - plot_.x) / plot_.w);
  return x_.log ? x_.from * std::pow(x_.to / x_.from, share) : x_.from + share * (x_.to - x_.from);
}

std::string Chart::text(const Axis& axis, double value) { return axis.label ? axis.label(value) : number_text(value); }

void Chart::axes() {
  const draw::Palette& c = ui_.colors();
  for (const double tick : y_ticks_) {
    if (y_.grid && y(tick) < plot_.bottom() - 2) {
      ui_.p.line({plot_.x, y(tick)}, {plot_.right(), y(tick)}, c.hair);
    }
  }
  y_numbers();
  x_numbers();
  ui_.p.line({plot_.x, plot_.bottom()}, {plot_.right(), plot_.bottom()}, c.edge);
}

void Chart::y_numbers() {
  const float half = draw::line_height(kNumber) / 2;
  for (const double tick : y_ticks_) {
    const float top = std::min(y(tick) - half, area_.bottom() - 2 * half);
    ui_.p.text({plot_.x - kTickGap, top}, text(y_, tick), kNumber, ui_.colors().ink2, draw::Align::right);
  }
  if (!y_.title.empty()) {
    draw::rich(ui_.p, {plot_.x, area_.y}, y_.title, kTitle, ui_.colors().ink2);
  }
}

void Chart::x_numbers() {
  const draw::Palette& c = ui_.colors();
  const float top = plot_.bottom() + 4;
  Labels row({plot_.x - 24, top - 1, area_.right() - plot_.x + 24, area_.bottom() - top + 4});
  if (!x_.title.empty()) {
    const float w = draw::rich_width(x_.title, kTitle, ui_.p.scale());
    draw::rich(ui_.p, {area_.right() - w, top}, x_.title, kTitle, c.ink2);
    row.keep_free({area_.right() - w - 12, top, w + 12, draw::line_height(kTitle)});
  }
  for (const double tick : ticks_of(x_, plot_.w, 64)) {
    const float at = x(tick);
    if (x_.grid && at > plot_.x + 1 && at <= plot_.right() + 0.5F) {
      ui_.p.line({at, plot_.y}, {at, plot_.bottom()}, c.hair);
    }
    const std::string words = text(x_, tick);
    const float w = ui_.p.width_of(words, kNumber), left = std::min(at - w / 2, area_.right() - w);
    const draw::Rect box{left, top, w, draw::line_height(kNumber)};
    if (row.is_free(box)) {
      ui_.p.text({left, top}, words, kNumber, c.ink2);
      row.keep_free(box.inset(-10, 0));
    }
  }
}

std::vector<draw::Point> Chart::clipped(std::span<const ChartPoint> points) const {
  std::vector<draw::Point> out;
  out.reserve(points.size());
  for (const ChartPoint& p : points) {
    const draw::Point q = at(p);
    out.push_back({std::clamp(q.x, plot_.x - 4096, plot_.right() + 4096),
                   std::clamp(q.y, plot_.y - 4096, plot_.bottom() + 4096)});
  }
  return out;
}

void Chart::curve(std::span<const ChartPoint> points, draw::Color color, float thickness,
                  std::optional<draw::Dash> dash) {
  const std::vector<draw::Point> line = clipped(points);
  ui_.p.push_clip(plot_.inset(-thickness, -thickness));
  if (dash) {
    ui_.p.dashed_polyline(line, color, *dash, thickness);
  } else {
    ui_.p.polyline(line, color, thickness);
  }
  ui_.p.pop_clip();
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    labels_.keep_free(line[i], line[i + 1]);
  }
}

void Chart::steps(std::span<const ChartPoint> points, draw::Color color, float thickness,
                  std::optional<draw::Dash> dash) {
  std::vector<ChartPoint> corners;
  for (const ChartPoint& p : points) {
    if (!corners.empty() && corners.back().y != p.y) {
      corners.push_back({p.x, corners.back().y});
    }
    if (corners.size() < 2 || corners.back().y != p.y || corners[corners.size() - 2].y != p.y) {
      corners.push_back(p);
    } else {
      corners.back().x = p.x;
    }
  }
  curve(corners, color, thickness, dash);
}

void Chart::point(ChartPoint p, Marker marker, draw::Color color, float radius) {
  const draw::Point c = at(p);
  draw_marker(ui_.p, marker, c, radius, color);
  labels_.keep_free({c.x - radius - 1, c.y - radius - 1, 2 * radius + 2, 2 * radius + 2});
}

void Chart::vertical(double value, draw::Color color, float thickness) {
  if (value < x_.from || value > x_.to) {
    return;
  }
  const draw::Point top{x(value), plot_.y}, bottom{x(value), plot_.bottom()};
  ui_.p.line(top, bottom, color, thickness);
  labels_.keep_free({top.x - thickness, top.y, 2 * thickness, plot_.h});
}

void Chart::horizontal(double value, draw::Color color, draw::Dash dash) {
  if (value < y_.from || value > y_.to) {
    return;
  }
  const draw::Point left{plot_.x, y(value)}, right{plot_.right(), y(value)};
  ui_.p.dashed_line(left, right, color, dash, 1.5F);
  labels_.keep_free(left, right);
}

void Chart::impossible(double from, double to) {
  const float left = std::max(plot_.x, x(from)), right = std::min(plot_.right(), x(to));
  const draw::Rect box{left, plot_.y, right - left, plot_.h};
  ui_.p.hatch(box, ui_.colors().hair, 8);
  labels_.keep_free(box);
}

bool Chart::label(ChartPoint where, std::string_view markup, const draw::TextStyle& style, draw::Color color,
                  float gap) {
  const float w = draw::rich_width(markup, style, ui_.p.scale());
  const auto box = labels_.place(at(where), w, draw::line_height(style), gap);
  if (box) {
    ui_.p.fill(box->inset(-3, 0), ui_.colors().panel);
    draw::rich(ui_.p, {box->x, box->y}, markup, style, color);
  }
  return box.has_value();
}

bool Chart::label_with_badge(ChartPoint where, std::string_view markup, const draw::TextStyle& style,
                             draw::Badge badge) {
  constexpr float kBadge = 14, kGap = 6;
  const float w = draw::rich_width(markup, style, ui_.p.scale()), h = draw::line_height(style);
  const auto box = labels_.place(at(where), w + kGap + kBadge, h, 8);
  if (box) {
    ui_.p.fill(box->inset(-3, 0), ui_.colors().panel);
    draw::rich(ui_.p, {box->x, box->y}, markup, style, ui_.colors().ink);
    draw::badge(ui_.p, badge, {box->x + w + kGap, box->y + (h - kBadge) / 2}, ui_.colors().ink2);
  }
  return box.has_value();
}

bool Chart::label_somewhere(std::span<const ChartPoint> places, std::string_view markup, const draw::TextStyle& style,
                            draw::Color color, float gap) {
  return std::any_of(places.begin(), places.end(),
                     [&](const ChartPoint& place) { return label(place, markup, style, color, gap); });
}

std::optional<std::size_t> Chart::nearest(std::span<const ChartPoint> points, draw::Point pointer) const {
  std::optional<std::size_t> best;
  float closest = 24;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const draw::Point p = at(points[i]);
    const float distance = std::hypot(p.x - pointer.x, p.y - pointer.y);
    if (distance < closest) {
      closest = distance;
      best = i;
    }
  }
  return best;
}

}  // namespace views
