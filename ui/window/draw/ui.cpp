// The state machine under all widgets: who is under the pointer, who has the keyboard.
//
// All hit testing is done here, from the pointer and the list of widgets of the last frame; of Dear ImGui only the text
// input is used. Between 1.86 and 1.92 ImGui changed three times how overlapping items share the pointer, and its order
// is that of submission, where here what is drawn later, or on a higher layer, must win. It also means that a widget
// needs no ImGui window around it, and that one list serves the pointer, Tab, and the tests.
#include "ui/window/draw/ui.h"

#include <algorithm>

#include "ui/window/draw/imgui_compat.h"

namespace draw {
namespace {

using Kind = WidgetInfo::Kind;

UiState::Pointer read_pointer(float scale) {
  const ImGuiIO& io = ImGui::GetIO();
  UiState::Pointer pointer;
  pointer.inside = ImGui::IsMousePosValid(&io.MousePos);
  if (pointer.inside) {
    pointer.at = {io.MousePos.x / scale, io.MousePos.y / scale};
    pointer.moved = {io.MouseDelta.x / scale, io.MouseDelta.y / scale};
  }
  pointer.pressed = io.MouseClicked[0];
  pointer.released = io.MouseReleased[0];
  pointer.down = io.MouseDown[0];
  pointer.double_clicked = io.MouseDoubleClicked[0];
  pointer.right_pressed = io.MouseClicked[1];
  pointer.wheel = io.MouseWheel;
  pointer.shift = io.KeyShift;
  return pointer;
}

bool above(const WidgetInfo& a, const WidgetInfo* b) { return b == nullptr || a.layer >= b->layer; }

/// Finds who is hit: the highest layer wins, then what was drawn last.
void hit_test(UiState& state) {
  state.hot.clear(), state.wheel_touch.clear(), state.wheel_scroll.clear();
  if (!state.pointer.inside) {
    return;
  }
  const WidgetInfo *hot = nullptr, *touch = nullptr, *scroll = nullptr;
  for (const WidgetInfo& w : state.widgets) {
    if (!w.seen.has(state.pointer.at) || (!state.open_menu.empty() && w.kind != Kind::menu)) {
      continue;
    }
    if (w.kind != Kind::scroll && above(w, hot)) {
      hot = &w;
    }
    // A shield over a touch area or a panel keeps the wheel from both.
    if (w.kind == Kind::touch || w.kind == Kind::shield) {
      touch = above(w, touch) ? &w : touch;
    }
    if (w.kind == Kind::scroll || w.kind == Kind::shield) {
      scroll = above(w, scroll) ? &w : scroll;
    }
  }
  state.hot = hot != nullptr ? hot->name : "";
  state.wheel_touch = touch != nullptr ? touch->name : "";
  state.wheel_scroll = scroll != nullptr ? scroll->name : "";
}

/// The left button: who is pressed stays it until the release, and is clicked if the pointer is still there.
void press_and_release(UiState& state) {
  const bool pressed = state.pointer.pressed || state.pointer.right_pressed;
  if (pressed) {
    state.focus_visible = false;
    state.focused.clear();
    if (state.hot.empty()) {
      state.open_menu.clear();
    }
    if (state.hot != state.editing) {
      state.editing.clear();
    }
  }
  if (state.pointer.pressed) {
    state.dragged = state.hot;
    state.focus_origin = state.hot.empty() ? state.focus_origin : state.hot;
  }
  state.clicked = state.pointer.released && state.dragged == state.hot ? state.dragged : "";
  if (!state.dragged.empty() && state.hot != state.dragged) {
    state.hot.clear();
  }
}

void begin_frame(UiState& state, float scale) {
  state.in_frame = true;
  state.drawing.clear();
  state.pointer = read_pointer(scale);
  hit_test(state);
  press_and_release(state);
}

}  // namespace

const WidgetInfo* UiState::find(std::string_view name) const {
  for (const WidgetInfo& w : widgets) {
    if (w.name == name) {
      return &w;
    }
  }
  return nullptr;
}

Ui::Ui(UiState& s, Painter& painter, const scope::Strings& words) : p(painter), state(s), strings(words) {
  if (!state.in_frame) {
    begin_frame(state, p.scale());
  }
}

WidgetInfo& Ui::note(std::string_view name, const Rect& box, bool enabled, Kind kind) {
  WidgetInfo& widget = state.drawing.emplace_back();
  widget.name = name;
  widget.box = box;
  widget.seen = p.visible(box);
  widget.enabled = enabled;
  widget.layer = p.layer();
  widget.kind = kind;
  widget.focusable = kind == Kind::widget;
  return widget;
}

Ui::Look Ui::use(std::string_view name, const Rect& box, bool enabled, std::string_view tip, Kind kind,
                 WidgetInfo::Arrows arrows) {
  note(name, box, enabled, kind).arrows = arrows;
  Look look;
  const bool hot = state.hot == name;
  if (hot && state.dragged.empty() && !tip.empty()) {
    show_tip(tip, box);
  }
  if (!enabled) {
    return look;
  }
  const bool has_focus = state.focused == name && kind != Kind::part;
  look.held = state.dragged == name;
  look.hovered = hot;
  look.focused = state.focus_visible && has_focus;
  look.activated = state.clicked == name || (has_focus && state.activate_focused);
  if (look.focused && state.reveal_focus) {
    reveal(box);
  }
  return look;
}

bool Ui::take_key(std::string_view name, UiKey key) {
  if (state.focused != name) {
    return false;
  }
  const auto it = std::find(state.keys.begin(), state.keys.end(), key);
  if (it == state.keys.end()) {
    return false;
  }
  state.keys.erase(it);
  return true;
}

int Ui::arrow_choice(std::string_view name, int selected, int count) {
  int to = selected;
  while (take_key(name, UiKey::left)) {
    to = std::max(0, to - 1);
  }
  while (take_key(name, UiKey::right)) {
    to = std::min(count - 1, to + 1);
  }
  return to == selected ? -1 : to;
}

Color Ui::surface(const Look& look, Color color) const {
  const float ink = look.held && look.hovered ? 0.16F : look.hovered ? 0.08F : 0;
  return blend(colors().ink, ink, color);
}

void Ui::focus_ring(const Rect& box, float radius) { p.frame(box.inset(-4), colors().ink, 2, radius + 4); }

void Ui::shield(const Rect& box) { note({}, box, true, Kind::shield); }

void Ui::finish(const Rect& window) {
  draw_menu(window);
  if (state.open_menu.empty() || state.tip_anchor) {
    draw_tip(window);
    draw_card(window);
  }
  state.widgets.swap(state.drawing);
  state.in_frame = false;
  state.activate_focused = state.reveal_focus = false;
  state.keys.clear();
  state.menu = {};
  state.card.reset(), state.tip_anchor.reset();
  state.tip.clear(), state.tip_key.clear();
  if (!state.pointer.down) {
    state.dragged.clear();
  }
}

}  // namespace draw
