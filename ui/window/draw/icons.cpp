#include "ui/window/draw/icons.h"

#include <array>
#include <cmath>
#include <numbers>

namespace draw {

namespace {

// What an icon is drawn with: a centre and a unit.
struct Pen {
  Painter& painter;
  Point center;
  float r;
  Color color;

  Point at(float x, float y) const { return {center.x + x * r, center.y + y * r}; }
  float stroke() const { return std::max(1.5F, r * 0.19F); }
  void box(float x, float y, float w, float h) const {
    painter.fill({center.x + x * r, center.y + y * r, w * r, h * r}, color);
  }
  void triangle(Point a, Point b, Point c) const { painter.polygon(std::array{a, b, c}, color); }
  void line(float ax, float ay, float bx, float by) const { painter.line(at(ax, ay), at(bx, by), color, stroke()); }
  template <std::size_t N>
  void path(const std::array<Point, N>& points, bool closed = false) const {
    painter.polyline(points, color, stroke(), closed);
  }
};

void triangle_right(const Pen& p, float x, float w, float h) { p.triangle(p.at(x, -h), p.at(x + w, 0), p.at(x, h)); }
void triangle_left(const Pen& p, float x, float w, float h) { p.triangle(p.at(x, -h), p.at(x - w, 0), p.at(x, h)); }

void run_control(const Pen& p, Icon icon) {
  switch (icon) {
    case Icon::reset:
      p.box(-1, -0.75F, 0.22F, 1.5F);
      triangle_left(p, 0.12F, 0.86F, 0.72F);
      triangle_left(p, 1, 0.86F, 0.72F);
      break;
    case Icon::back:
      triangle_left(p, 0.3F, 1.1F, 0.75F);
      p.box(0.5F, -0.75F, 0.22F, 1.5F);
      break;
    case Icon::play: triangle_right(p, -0.5F, 1.4F, 0.9F); break;
    case Icon::pause:
      p.box(-0.6F, -0.8F, 0.4F, 1.6F);
      p.box(0.2F, -0.8F, 0.4F, 1.6F);
      break;
    case Icon::forward:
      p.box(-0.72F, -0.75F, 0.22F, 1.5F);
      triangle_right(p, -0.3F, 1.1F, 0.75F);
      break;
    default:  // end
      triangle_right(p, -1, 0.86F, 0.72F);
      triangle_right(p, -0.12F, 0.86F, 0.72F);
      p.box(0.78F, -0.75F, 0.22F, 1.5F);
  }
}

// y = e^x over [-2, 1], the unit's own function.
void exponential(const Pen& p) {
  std::array<Point, 17> curve;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const float share = static_cast<float>(i) / 16;
    const float y = (std::exp(-2.2F + 3.2F * share) - std::exp(-2.2F)) / (std::exp(1.0F) - std::exp(-2.2F));
    curve[i] = p.at(-0.95F + 1.9F * share, 0.9F - 1.8F * y);
  }
  p.path(curve);
}

void arrow(const Pen& p, float x, float way) {
  p.line(x, 0.9F * way, x, -0.3F * way);
  p.triangle(p.at(x - 0.42F, -0.25F * way), p.at(x, -0.95F * way), p.at(x + 0.42F, -0.25F * way));
}

void unit(const Pen& p, Icon icon) {
  switch (icon) {
    case Icon::tensor:
      for (const float x : {-0.9F, 0.12F}) {
        p.box(x, -0.9F, 0.78F, 0.78F);
        p.box(x, 0.12F, 0.78F, 0.78F);
      }
      break;
    case Icon::exp: exponential(p); break;
    case Icon::fp32:
      p.line(-0.95F, 0, 0.95F, 0);
      p.line(0, -0.95F, 0, 0.95F);
      break;
    case Icon::copy:
      arrow(p, -0.46F, 1);
      arrow(p, 0.46F, -1);
      break;
    case Icon::smem:
      p.painter.frame({p.center.x - p.r, p.center.y - 0.75F * p.r, 2 * p.r, 1.5F * p.r}, p.color, p.stroke());
      p.line(0, -0.75F, 0, 0.75F);
      break;
    case Icon::l2:
      p.box(-0.95F, -0.65F, 1.9F, 0.24F);
      p.box(-0.95F, 0.41F, 1.9F, 0.24F);
      break;
    default:  // hbm
      for (const float y : {-0.9F, -0.22F, 0.46F}) {
        p.box(-0.95F, y, 1.9F, 0.44F);
      }
  }
}

void sun(const Pen& p) {
  p.painter.ring(p.center, 0.5F * p.r, p.color, p.stroke());
  for (int i = 0; i < 8; ++i) {
    const float angle = static_cast<float>(i) * std::numbers::pi_v<float> / 4;
    const float x = std::cos(angle), y = std::sin(angle);
    p.line(0.68F * x, 0.68F * y, x, y);
  }
}

// A disc less another one: two arcs between the same tips.
void moon(const Pen& p) {
  constexpr float kTurn = 2 * std::numbers::pi_v<float>, kFrom = 0.75F, kRadius = 0.9F, kBite = 0.45F;
  constexpr std::size_t kHalf = 16;
  const float tip_x = kRadius * std::cos(kFrom), tip_y = kRadius * std::sin(kFrom);
  const float inner = std::hypot(tip_x - kBite, tip_y), from = std::atan2(tip_y, tip_x - kBite);
  std::array<Point, 2 * kHalf> outline;
  for (std::size_t i = 0; i < kHalf; ++i) {
    const float share = static_cast<float>(i) / (kHalf - 1);
    const float out = kFrom + (kTurn - 2 * kFrom) * share, in = kTurn - from + (2 * from - kTurn) * share;
    outline[i] = p.at(kRadius * std::cos(out), kRadius * std::sin(out));
    outline[kHalf + i] = p.at(kBite + inner * std::cos(in), inner * std::sin(in));
  }
  p.path(outline, true);
}

// A question mark in a ring: a hook, a stem, a dot.
void help(const Pen& p) {
  p.painter.ring(p.center, p.r, p.color, p.stroke());
  std::array<Point, 13> hook;
  for (std::size_t i = 0; i < 12; ++i) {
    const float angle = std::numbers::pi_v<float> * (1.08F + 1.35F * static_cast<float>(i) / 11);
    hook[i] = p.at(0.3F * std::cos(angle), -0.24F + 0.3F * std::sin(angle));
  }
  hook[12] = p.at(0, 0.26F);
  p.path(hook);
  p.painter.disc(p.at(0, 0.54F), std::max(1.0F, 0.12F * p.r), p.color);
}

void projector(const Pen& p) {
  p.painter.frame({p.center.x - p.r, p.center.y - 0.8F * p.r, 2 * p.r, 1.25F * p.r}, p.color, p.stroke());
  p.line(-0.15F, 0.45F, -0.5F, 0.9F);
  p.line(0.15F, 0.45F, 0.5F, 0.9F);
}

void logo(const Pen& p) {
  p.painter.ring(p.center, p.r, p.color, p.stroke());
  std::array<Point, 25> wave;
  for (std::size_t i = 0; i < wave.size(); ++i) {
    const float share = static_cast<float>(i) / 24;
    wave[i] = p.at(-0.66F + 1.32F * share, -0.3F * std::sin(share * 2.0F * std::numbers::pi_v<float>));
  }
  p.path(wave);
}

void chrome(const Pen& p, Icon icon) {
  switch (icon) {
    case Icon::menu:
      for (const float y : {-0.6F, 0.0F, 0.6F}) {
        p.line(-0.85F, y, 0.85F, y);
      }
      break;
    case Icon::close:
      p.line(-0.65F, -0.65F, 0.65F, 0.65F);
      p.line(-0.65F, 0.65F, 0.65F, -0.65F);
      break;
    case Icon::search:
      p.painter.ring(p.at(-0.2F, -0.2F), 0.65F * p.r, p.color, p.stroke());
      p.line(0.25F, 0.25F, 0.9F, 0.9F);
      break;
    case Icon::bookmark:
      p.box(-0.6F, -0.9F, 1.2F, 1.3F);
      p.triangle(p.at(-0.6F, 0.3F), p.at(0.1F, 0.3F), p.at(-0.6F, 0.95F));
      p.triangle(p.at(0.6F, 0.3F), p.at(-0.1F, 0.3F), p.at(0.6F, 0.95F));
      break;
    case Icon::breakpoint: p.painter.disc(p.center, 0.7F * p.r, p.color); break;
    case Icon::chevron_down: p.triangle(p.at(-0.7F, -0.4F), p.at(0.7F, -0.4F), p.at(0, 0.55F)); break;
    case Icon::chevron_right: p.triangle(p.at(-0.4F, -0.7F), p.at(0.55F, 0), p.at(-0.4F, 0.7F)); break;
    default:  // check
      p.path(std::array{p.at(-0.75F, 0.05F), p.at(-0.2F, 0.6F), p.at(0.8F, -0.6F)});
  }
}

void wave(const Pen& p, float y) {
  std::array<Point, 13> points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const float share = static_cast<float>(i) / 12;
    points[i] = p.at(-0.55F + 1.1F * share, y - 0.15F * std::sin(share * 2 * std::numbers::pi_v<float>));
  }
  p.painter.polyline(points, p.color, 1.2F);
}

}  // namespace

void icon(Painter& painter, Icon icon, Point center, float radius, Color color) {
  const Pen pen{painter, center, radius, color};
  if (icon <= Icon::end) {
    run_control(pen, icon);
  } else if (icon <= Icon::hbm) {
    unit(pen, icon);
  } else if (icon == Icon::projector) {
    projector(pen);
  } else if (icon == Icon::sun) {
    sun(pen);
  } else if (icon == Icon::moon) {
    moon(pen);
  } else if (icon == Icon::help) {
    help(pen);
  } else if (icon == Icon::logo) {
    logo(pen);
  } else {
    chrome(pen, icon);
  }
}

Rect badge(Painter& painter, Badge badge, Point at, Color color) {
  constexpr float kSide = 14;
  const Rect box{at.x, at.y, kSide, kSide};
  const Point c = box.center();
  const Pen pen{painter, c, kSide / 2, color};
  const Color hole = painter.colors().panel;
  if (badge == Badge::exact) {
    painter.fill(box, color, 2);
    painter.fill({c.x - 4, c.y - 3, 8, 2}, hole);
    painter.fill({c.x - 4, c.y + 1, 8, 2}, hole);
  } else if (badge == Badge::modelled) {
    painter.ring(c, kSide / 2, color, 1.2F);
    wave(pen, -0.2F);
    wave(pen, 0.24F);
  } else {
    painter.polygon(std::array{pen.at(0, -1.1F), pen.at(1.1F, 0), pen.at(0, 1.1F), pen.at(-1.1F, 0)}, color);
    painter.disc(c, 2.4F, hole);
  }
  return box;
}

void mark(Painter& painter, Mark mark, Point center, float radius, Color color) {
  if (mark == Mark::done) {
    painter.disc(center, radius, color);
    return;
  }
  painter.ring(center, radius, color, 1.5F);
  if (mark == Mark::running) {
    std::array<Point, 14> half;
    for (std::size_t i = 0; i < half.size(); ++i) {
      const float angle = std::numbers::pi_v<float> * (0.5F + static_cast<float>(i) / 13);
      half[i] = {center.x + (radius - 0.5F) * std::cos(angle), center.y + (radius - 0.5F) * std::sin(angle)};
    }
    painter.polygon(half, color);
  }
}

void warning(Painter& painter, Point center, float radius) {
  const Pen pen{painter, center, radius, painter.colors().error_mark};
  pen.triangle(pen.at(0, -0.95F), pen.at(1.05F, 0.85F), pen.at(-1.05F, 0.85F));
  const Color bang = palette(Theme::dark).background;  // 6.1 : 1 on every theme's error mark
  painter.line(pen.at(0, -0.3F), pen.at(0, 0.28F), bang, std::max(1.5F, 0.2F * radius));
  painter.disc(pen.at(0, 0.56F), std::max(0.9F, 0.12F * radius), bang);
}

void arrow_head(Painter& painter, Point tip, Point from, Color color, float size) {
  const float x = tip.x - from.x, y = tip.y - from.y, length = std::hypot(x, y);
  if (length <= 0) {
    return;
  }
  const float ux = x / length * size, uy = y / length * size;
  painter.polygon(std::array{tip, Point{tip.x - ux - uy * 0.6F, tip.y - uy + ux * 0.6F},
                             Point{tip.x - ux + uy * 0.6F, tip.y - uy - ux * 0.6F}},
                  color);
}

}  // namespace draw
