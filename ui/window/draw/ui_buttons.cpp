// Buttons, check boxes, radio buttons.
#include "ui/window/draw/ui.h"

namespace draw {
namespace {

constexpr float kRadius = 6;

/// Where a line of this style starts so that it stands in the middle of the box.
float middle(const Rect& box, const TextStyle& style) { return box.center().y - line_height(style) / 2; }

/// 16 in a control of 31 px or more, else 15, 13.
float label_px(const Rect& box) { return box.h >= 31 ? 16.0F : box.h >= 24 ? 15.0F : 13.0F; }

}  // namespace

bool Ui::button(std::string_view name, const Rect& box, std::string_view label, std::string_view tip, bool enabled,
                bool primary) {
  const Look look = use(name, box, enabled, tip);
  const Palette& c = colors();
  const bool solid = primary && enabled;
  // Ink takes the panel's colour on when hovered, the panel takes ink.
  const float shade = look.held && look.hovered ? 0.24F : look.hovered ? 0.12F : 0;
  p.fill(box, solid ? blend(c.panel, shade, c.ink) : enabled ? surface(look, c.raised) : c.panel, kRadius);
  if (!solid) {
    p.frame(box, look.hovered ? c.edge : c.hair, 1, kRadius);
  }
  const TextStyle style{label_px(box), primary ? Face::semibold : Face::regular};
  p.text_within({box.center().x, middle(box, style)}, box.w - 12, label, style,
                solid     ? c.inverse
                : enabled ? c.ink
                          : c.ink3,
                Align::center);
  if (look.focused) {
    focus_ring(box, kRadius);
  }
  return look.activated;
}

bool Ui::icon_button(std::string_view name, const Rect& box, Icon which, std::string_view tip, bool enabled,
                     bool filled, bool framed) {
  const Look look = use(name, box, enabled, tip);
  const Palette& c = colors();
  const float side = std::min(box.w, box.h);
  if (filled) {
    const float shade = look.held && look.hovered ? 0.24F : look.hovered ? 0.12F : 0;
    p.disc(box.center(), side / 2, enabled ? blend(c.panel, shade, c.ink) : c.raised);
  } else if (framed || look.hovered) {
    p.fill(box, enabled ? surface(look, c.raised) : c.panel, kRadius);
    p.frame(box, look.hovered && enabled ? c.edge : c.hair, 1, kRadius);
  }
  const Color color = !enabled ? c.ink3 : filled ? c.inverse : framed ? c.ink : c.ink2;
  icon(p, which, box.center(), side * (framed ? 0.25F : 0.28F), color);
  if (look.focused) {
    focus_ring(box, filled ? side / 2 : kRadius);
  }
  return look.activated;
}

bool Ui::check_box(std::string_view name, const Rect& box, std::string_view label, bool& on, std::string_view tip) {
  const Look look = use(name, box, true, tip);
  const Palette& c = colors();
  const Rect square{box.x, box.center().y - 8, 16, 16};
  if (look.activated) {
    on = !on;
  }
  p.fill(square, on ? c.ink : surface(look, c.panel), 3);
  if (on) {
    icon(p, Icon::check, square.center(), 6, c.inverse);
  } else {
    p.frame(square, look.hovered ? c.ink : c.edge, 1.5F, 3);
  }
  const TextStyle style{std::min(label_px(box), 16.0F)};
  p.text_within({box.x + 26, middle(box, style)}, box.w - 26, label, style, c.ink);
  if (look.focused) {
    focus_ring(square, 3);
  }
  return look.activated;
}

bool Ui::radio(std::string_view name, const Rect& box, std::string_view label, bool on, std::string_view tip) {
  const Look look = use(name, box, true, tip);
  const Palette& c = colors();
  const Point center{box.x + 8.5F, box.center().y};
  p.ring(center, 8, on || look.hovered ? c.ink : c.edge, on ? 2.0F : 1.5F);
  if (on) {
    p.disc(center, 4, c.ink);
  }
  const TextStyle style{label_px(box), on ? Face::semibold : Face::regular};
  p.text_within({box.x + 28, middle(box, style)}, box.w - 28, label, style, c.ink);
  if (look.focused) {
    focus_ring({center.x - 8, center.y - 8, 16, 16}, 8);
  }
  return look.activated;
}

}  // namespace draw
