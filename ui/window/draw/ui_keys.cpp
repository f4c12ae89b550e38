// Keys, between frames: Tab through the widgets of the last frame, Enter on the focused one, the open menu.
#include <algorithm>
#include <cstddef>

#include "ui/window/draw/ui.h"

namespace draw {
namespace {

/// Widgets that Tab visits, in drawing order: those of the topmost layer that has any.
std::vector<const WidgetInfo*> tab_stops(const UiState& state) {
  int layer = 0;
  const auto can_focus = [](const WidgetInfo& w) { return w.focusable && w.enabled && !w.box.empty(); };
  for (const WidgetInfo& w : state.widgets) {
    layer = can_focus(w) ? std::max(layer, w.layer) : layer;
  }
  std::vector<const WidgetInfo*> stops;
  for (const WidgetInfo& w : state.widgets) {
    if (can_focus(w) && w.layer == layer) {
      stops.push_back(&w);
    }
  }
  return stops;
}

bool walk(UiState& state, bool back) {
  const std::vector<const WidgetInfo*> stops = tab_stops(state);
  if (stops.empty()) {
    return false;
  }
  const std::string& from = state.focused.empty() ? state.focus_origin : state.focused;
  std::size_t at = back ? 0 : stops.size() - 1;  // so that the first is the first, or the last
  for (std::size_t i = 0; i < stops.size(); ++i) {
    // A click on a segment goes on from the whole control.
    if (from == stops[i]->name || from.starts_with(stops[i]->name + ".")) {
      at = i;
    }
  }
  at = back ? (at + stops.size() - 1) % stops.size() : (at + 1) % stops.size();
  state.focused = state.focus_origin = stops[at]->name;
  state.focus_visible = state.reveal_focus = true;
  return true;
}

void menu_key(UiState& state, UiKey key, int entries) {
  state.reveal_focus = true;  // scrolls to the row
  switch (key) {
    case UiKey::up: state.menu_cursor = state.menu_cursor <= 0 ? entries - 1 : state.menu_cursor - 1; break;
    case UiKey::down: state.menu_cursor = entries > 0 ? (state.menu_cursor + 1) % entries : -1; break;
    case UiKey::enter:
    case UiKey::space:
      if (state.menu_cursor >= 0 && state.menu_cursor < entries) {
        state.chosen_menu = state.open_menu;
        state.chosen_entry = state.menu_cursor;
      }
      state.open_menu.clear();
      break;
    case UiKey::tab:
    case UiKey::escape: state.open_menu.clear(); break;
    case UiKey::left:
    case UiKey::right: break;
  }
}

bool text_key(UiState& state, UiKey key, bool shift) {
  const bool walks = key == UiKey::up || key == UiKey::down || key == UiKey::tab || key == UiKey::escape;
  if (state.editing_forced && walks) {
    return false;
  }
  if (key == UiKey::tab) {
    state.focus_origin = state.editing;
    state.editing.clear();
    return walk(state, shift);
  }
  if (key == UiKey::escape) {
    state.editing.clear();
  } else if (key == UiKey::enter) {
    state.keys.push_back(key);
  }
  return true;
}

bool focused_key(UiState& state, UiKey key) {
  const WidgetInfo* widget = state.find(state.focused);
  if (state.focused.empty() || widget == nullptr || !widget->enabled) {
    return false;
  }
  const bool across = widget->arrows == WidgetInfo::Arrows::across && (key == UiKey::left || key == UiKey::right);
  const bool down = widget->arrows == WidgetInfo::Arrows::down && (key == UiKey::up || key == UiKey::down);
  const bool arrow = state.focus_visible && (across || down);
  const bool activates = key == UiKey::enter || (key == UiKey::space && state.focus_visible);
  if (arrow) {
    state.keys.push_back(key);
  }
  state.activate_focused = state.activate_focused || activates;
  return arrow || activates;
}

}  // namespace

bool handle_key(UiState& state, UiKey key, bool shift) {
  if (!state.open_menu.empty()) {
    menu_key(state, key, state.menu_entries);
    return true;
  }
  if (!state.editing.empty()) {
    return text_key(state, key, shift);
  }
  if (key == UiKey::tab) {
    return walk(state, shift);
  }
  if (key == UiKey::escape && state.focus_visible) {
    state.focus_visible = false;
    state.focused.clear();
    return true;
  }
  return focused_key(state, key);
}

}  // namespace draw
