// Tiles: the shape says the state, the colour says whose.
#include <array>
#include <vector>

#include "ui/window/draw/icons.h"

namespace draw {

namespace {

constexpr float kNotch = 0.25F;  // of the smaller side
constexpr float kThin = 0.75F;   // share of an unused tile's line

struct Look {
  Painter& painter;
  Rect rect;
  TensorColors colors;
  float notch = 0;  // 0: none

  // Convex pieces of the rectangle without its top right corner.
  void body(Color color) const {
    if (notch <= 0) {
      painter.fill(rect, color);
      return;
    }
    const Rect& r = rect;
    painter.polygon(std::array{Point{r.x, r.y}, Point{r.right() - notch, r.y}, Point{r.right(), r.y + notch},
                               Point{r.right(), r.bottom()}, Point{r.x, r.bottom()}},
                    color);
  }

  void outline(Color color, float thickness) const {
    if (notch <= 0) {
      painter.frame(rect, color, thickness);
      return;
    }
    const Rect r = rect.inset(thickness / 2);
    painter.polyline(std::array{Point{r.x, r.y}, Point{r.right() - notch, r.y}, Point{r.right(), r.y + notch},
                                Point{r.right(), r.bottom()}, Point{r.x, r.bottom()}},
                     color, thickness, true);
  }

  void dashes(Color color, Dash dash, float thickness) const {
    painter.dashed_frame(rect, color, dash, thickness);
    if (notch > 0) {
      painter.polygon(std::array{Point{rect.right() - notch, rect.y}, Point{rect.right(), rect.y},
                                 Point{rect.right(), rect.y + notch}},
                      color);
    }
  }

  void solid() const {
    body(colors.fill);
    if (painter.colors().theme != Theme::dark && rect.w >= 6 && rect.h >= 6) {
      outline(colors.line, 1);
    }
  }
};

// What of the rectangle lies below the line from (0, left) to (1, right), in shares of it: a convex outline.
std::vector<Point> below(const Rect& r, float left, float right) {
  constexpr std::array<Point, 4> kCorners = {{{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
  std::vector<Point> outline;
  for (std::size_t i = 0; i < 4; ++i) {
    const Point a = kCorners[i], b = kCorners[(i + 1) % 4];
    const float depth_a = a.y - (left + (right - left) * a.x), depth_b = b.y - (left + (right - left) * b.x);
    if (depth_a >= 0) {
      outline.push_back({r.x + a.x * r.w, r.y + a.y * r.h});
    }
    if ((depth_a > 0 && depth_b < 0) || (depth_a < 0 && depth_b > 0)) {
      const float at = depth_a / (depth_a - depth_b);
      outline.push_back({r.x + (a.x + (b.x - a.x) * at) * r.w, r.y + (a.y + (b.y - a.y) * at) * r.h});
    }
  }
  return outline;
}

void masked(const Look& look, float left, float right) {
  look.body(look.colors.tint);
  look.painter.polygon(below(look.rect, left, right), look.colors.fill);
  look.outline(look.colors.line, 1);
}

void other_sm(const Look& look) {
  look.solid();
  const Point c = look.rect.center();
  constexpr float kDot = 5;
  look.painter.fill({c.x - kDot / 2, c.y - kDot / 2, kDot, kDot}, look.colors.on_fill);
}

void skipped(const Look& look) {
  const Color edge = look.painter.colors().edge;
  look.outline(edge, 1);
  look.painter.line({look.rect.x, look.rect.bottom()}, {look.rect.right(), look.rect.y}, edge, 1);
}

}  // namespace

void tile(Painter& painter, const Rect& rect, Family family, TileState state, bool derivative) {
  const Palette& p = painter.colors();
  Look look{painter, rect, p.of(family), derivative ? kNotch * std::min(rect.w, rect.h) : 0};
  switch (state) {
    case TileState::unused:
      look.body(look.colors.tint);
      look.outline(blend(look.colors.line, kThin, p.panel), 1);
      break;
    case TileState::done: look.solid(); break;
    case TileState::current:
      look.rect = rect.inset(std::min(1.0F, std::min(rect.w, rect.h) / 4));
      look.solid();
      now_frame(painter, look.rect);
      break;
    case TileState::in_flight:
      look.body(blend(look.colors.tint, 0.5F, p.panel));
      look.dashes(look.colors.line, kFlight, 2);
      break;
    case TileState::masked: masked(look, 0, 1); break;
    case TileState::skipped: skipped(look); break;
    case TileState::evicted: look.dashes(look.colors.line, kEvicted, 2); break;
    case TileState::unwritten: look.outline(p.edge, 1); break;
    case TileState::ghost: look.dashes(p.edge, kGhost, 1); break;
    case TileState::other_sm: other_sm(look); break;
    case TileState::impossible:
      painter.hatch(rect, p.hair, 8);
      look.outline(p.hair, 1);
      break;
  }
}

void masked_tile(Painter& painter, const Rect& rect, Family family, float left, float right, bool derivative) {
  masked({painter, rect, painter.colors().of(family), derivative ? kNotch * std::min(rect.w, rect.h) : 0}, left, right);
}

void now_frame(Painter& painter, const Rect& rect) {
  painter.frame(rect.inset(-1), painter.colors().panel, 1);
  painter.frame(rect.inset(-3), painter.colors().ink, 2);
}

}  // namespace draw
