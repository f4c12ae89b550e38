// What is dragged: sliders, touch areas, splitters, scrolling panels.
#include <algorithm>
#include <array>

#include "ui/window/draw/imgui_compat.h"
#include "ui/window/draw/ui.h"

namespace draw {
namespace {

constexpr float kKnob = 6.5F;
constexpr float kBar = 10, kThumb = 4, kNotch = 48;  // px of a scrolling panel: bar, thumb in it, way per wheel notch

/// The next tick above or below; without ticks a twentieth.
float stepped(float value, const std::vector<float>& ticks, bool up) {
  if (ticks.empty()) {
    return std::clamp(value + (up ? 0.05F : -0.05F), 0.0F, 1.0F);
  }
  constexpr float kSame = 1e-4F;
  float best = value;
  for (const float t : ticks) {
    const bool beyond = up ? t > value + kSame : t < value - kSame;
    const bool nearer = best == value || (up ? t < best : t > best);
    best = beyond && nearer ? t : best;
  }
  return best;
}

void slider_with_ticks(Painter& p, const Rect& track, float knob, const std::vector<float>& ticks, Color line,
                       Color disc) {
  const float y = track.center().y;
  p.line({track.x, y}, {track.right(), y}, line, 2);
  for (const float t : ticks) {
    const float x = track.x + t * track.w;
    p.line({x, y - 5}, {x, y + 5}, line, 1.5F);
  }
  p.disc({knob, y}, kKnob, disc);
}

void plain_slider(Painter& p, const Rect& track, float knob, Color color) {
  const Palette& c = p.colors();
  const Rect groove{track.x - kKnob, track.center().y - 2, track.w + 2 * kKnob, 4};
  p.fill(groove, c.raised, 2);
  p.frame(groove, c.edge.with_alpha(0.6F), 1, 2);
  p.fill({groove.x, groove.y, knob - groove.x, 4}, color, 2);
  const Point center{knob, track.center().y};
  p.disc(center, kKnob + 1.5F, color);
  p.disc(center, kKnob - 0.5F, c.panel);
  p.disc(center, 2.5F, color);
}

}  // namespace

bool Ui::slider(std::string_view name, const Rect& box, float& value, const std::vector<float>& ticks,
                std::string_view tip, bool enabled) {
  const Look look = use(name, box, enabled, tip, WidgetInfo::Kind::widget, WidgetInfo::Arrows::across);
  const Rect track = box.inset(kKnob + 1.5F, 0);
  float to = std::clamp(value, 0.0F, 1.0F);
  if (look.held && track.w > 0) {
    to = std::clamp((state.pointer.at.x - track.x) / track.w, 0.0F, 1.0F);
  }
  for (const UiKey key : {UiKey::left, UiKey::right}) {
    while (take_key(name, key)) {
      to = stepped(to, ticks, key == UiKey::right);
    }
  }
  const Palette& c = colors();
  const float knob = track.x + to * track.w;
  if (ticks.empty()) {
    plain_slider(p, track, knob, enabled ? c.ink : c.edge);
  } else {
    slider_with_ticks(p, track, knob, ticks, c.edge, enabled ? c.ink : c.edge);
  }
  if (look.hovered || look.held) {
    p.ring({knob, track.center().y}, kKnob + 3.5F, c.ink.with_alpha(0.35F), 2);
  }
  if (look.focused) {
    p.ring({knob, track.center().y}, kKnob + 5, c.ink, 2);
  }
  const bool changed = to != value;
  value = to;
  return changed;
}

Ui::Touch Ui::touch(std::string_view name, const Rect& box, bool focusable) {
  const Look look = use(name, box, true, {}, WidgetInfo::Kind::touch);
  state.drawing.back().focusable = focusable;
  const UiState::Pointer& pointer = state.pointer;
  Touch touch;
  touch.at = pointer.at;
  touch.hovered = look.hovered;
  touch.held = look.held;
  touch.pressed = (look.held && pointer.pressed) || (look.activated && state.clicked != name);
  touch.double_clicked = look.hovered && pointer.double_clicked;
  touch.right_pressed = look.hovered && pointer.right_pressed;
  touch.wheel = state.wheel_touch == name ? pointer.wheel : 0;
  touch.drag = look.held && !pointer.pressed ? pointer.moved : Point{};
  if (look.focused) {
    focus_ring(box.inset(6), 4);
  }
  return touch;
}

float Ui::splitter(std::string_view name, const Rect& box, bool vertical, bool& reset) {
  const Look look = use(name, box, true, {}, WidgetInfo::Kind::touch);
  state.drawing.back().focusable = false;
  if (look.hovered || look.held) {
    ImGui::SetMouseCursor(vertical ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
    const Point center = box.center();
    p.fill(vertical ? Rect{center.x - 1, box.y, 2, box.h} : Rect{box.x, center.y - 1, box.w, 2}, colors().edge);
  }
  reset = look.hovered && state.pointer.double_clicked;
  const Point by = look.held && !state.pointer.pressed ? state.pointer.moved : Point{};
  return vertical ? by.x : by.y;
}

Rect Ui::begin_scroll(std::string_view name, const Rect& box, float content_height) {
  note(name, box, true, WidgetInfo::Kind::scroll);
  scrolls_.push_back({std::string(name), box, content_height});
  float& offset = state.scroll[scrolls_.back().name];
  if (state.wheel_scroll == name) {
    offset -= state.pointer.wheel * kNotch;
  }
  const float room = state.scroll_room[scrolls_.back().name] = std::max(0.0F, content_height - box.h);
  offset = std::clamp(offset, 0.0F, room);
  p.push_clip(box);
  p.set_may_be_cut(true);
  const float bar = content_height > box.h ? kBar : 0;
  // Whole physical pixels: text stays crisp.
  const float whole = static_cast<float>(static_cast<int>(offset * p.scale() + 0.5F)) / p.scale();
  return {box.x, box.y - whole, box.w - bar, content_height};
}

void Ui::end_scroll() {
  const Scroll s = scrolls_.back();
  scrolls_.pop_back();
  p.pop_clip();
  p.set_may_be_cut(!scrolls_.empty());
  const float room = s.content_height - s.box.h;
  if (room <= 0) {
    return;
  }
  const Rect bar{s.box.right() - kBar, s.box.y, kBar, s.box.h};
  const Look look = use(s.name + ".bar", bar, true, {}, WidgetInfo::Kind::part);
  float& offset = state.scroll[s.name];
  const float length = std::max(24.0F, s.box.h * s.box.h / s.content_height);
  const float way = s.box.h - length;
  if (look.held && way > 0) {
    offset = std::clamp(offset + state.pointer.moved.y * room / way, 0.0F, room);
  }
  const Rect thumb{bar.center().x - kThumb / 2, bar.y + way * offset / room, kThumb, length};
  p.fill(thumb, look.hovered || look.held ? colors().ink2 : colors().edge, kThumb / 2);
}

void Ui::reveal(const Rect& box) {
  if (scrolls_.empty()) {
    return;
  }
  const Scroll& s = scrolls_.back();
  constexpr float kMargin = 8;
  float& offset = state.scroll[s.name];
  if (box.y - kMargin < s.box.y) {
    offset -= s.box.y - (box.y - kMargin);
  } else if (box.bottom() + kMargin > s.box.bottom()) {
    offset += box.bottom() + kMargin - s.box.bottom();
  }
}

}  // namespace draw
