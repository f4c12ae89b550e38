// A label that opens a card with rows: the card is drawn last, over everything, and nothing below it reacts.
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "ui/window/draw/imgui_compat.h"
#include "ui/window/draw/ui.h"

namespace draw {
namespace {

constexpr float kRadius = 6, kRow = 32, kPadding = 6, kMark = 30;  // kMark: left of the labels, for the check mark
constexpr float kMargin = 8;                                       // to the window's edge
constexpr float kLabelEnds = 34;  // of the box: 10 before the label, the chevron behind it
const TextStyle kLabel{16}, kChosen{16, Face::semibold};

float widest(const Painter& p, const std::vector<Choice>& choices) {
  float width = 0;
  for (const Choice& c : choices) {
    width = std::max(width, p.width_of(c.label, kChosen));
  }
  return width;
}

/// Under the anchor, or over it if there is more room; as high as fits.
Rect card_for(const Rect& anchor, float width, float height, const Rect& window) {
  const float below = window.bottom() - kMargin - (anchor.bottom() + 4);
  const float above = anchor.y - 4 - (window.y + kMargin);
  const bool under = height <= below || below >= above;
  const float h = std::min(height, std::max(kRow + 2 * kPadding, under ? below : above));
  const float w = std::min(width, window.w - 2 * kMargin);
  const float x = std::clamp(anchor.x, window.x + kMargin, std::max(window.x + kMargin, window.right() - kMargin - w));
  return {x, under ? anchor.bottom() + 4 : anchor.y - 4 - h, w, h};
}

}  // namespace

float Ui::menu_width(std::string_view label, bool framed) const {
  return std::ceil(p.width_of(label, framed ? kLabel : kChosen)) + kLabelEnds;
}

int Ui::menu(std::string_view name, const Rect& box, std::string_view label, const std::vector<Choice>& choices,
             int selected, std::string_view tip, bool framed) {
  const Look look = use(name, box, true, tip, WidgetInfo::Kind::widget, WidgetInfo::Arrows::down);
  const bool by_arrow = take_key(name, UiKey::down) || take_key(name, UiKey::up);
  const bool was_open = state.open_menu == name;
  if ((look.activated || by_arrow) && !was_open && !choices.empty()) {
    state.open_menu = name;
    state.menu_cursor = selected;
    state.menu_entries = 0;
  }
  const bool open = state.open_menu == name;
  if (open) {
    state.menu = {std::string(name), box, choices, selected, {}};
  }
  const Palette& c = colors();
  if (framed) {
    p.fill(box, surface(look, c.raised), kRadius);
    p.frame(box, look.hovered || open ? c.edge : c.hair, 1, kRadius);
  } else if (look.hovered || open) {
    p.fill(box, surface(look, c.raised), kRadius);
  }
  const TextStyle style{box.h >= 31 ? 16.0F : 15.0F, framed ? Face::regular : Face::semibold};
  const float y = box.center().y - line_height(style) / 2;
  const Rect text = p.text_within({box.x + 10, y}, box.w - kLabelEnds, label, style, c.ink);
  const float chevron = framed ? box.right() - 16 : std::min(text.right() + 14, box.right() - 12);
  icon(p, Icon::chevron_down, {chevron, box.center().y}, 5, c.ink2);
  if (look.focused) {
    focus_ring(box, kRadius);
  }
  if (state.chosen_menu != name) {
    return -1;
  }
  state.chosen_menu.clear();
  return state.chosen_entry < static_cast<int>(choices.size()) ? state.chosen_entry : -1;
}

bool Ui::menu_row(const Rect& row, std::size_t index) {
  const Choice& choice = state.menu.choices[index];
  const int number = static_cast<int>(index);
  const Palette& c = colors();
  const Look look = use(state.menu.name + "." + choice.name, row, true, choice.tip, WidgetInfo::Kind::menu);
  const Point moved = state.pointer.moved;
  if (look.hovered && (moved.x != 0 || moved.y != 0)) {
    state.menu_cursor = number;  // not where it merely rests: the arrow keys would have no effect
  }
  const bool chosen = number == state.menu.selected;
  if (number == state.menu_cursor) {
    p.fill(row, blend(c.ink, look.held ? 0.18F : 0.1F, c.panel), 4);
  }
  if (chosen) {
    icon(p, Icon::check, {row.x + kMark / 2, row.center().y}, 6, c.ink);
  }
  const TextStyle& style = chosen ? kChosen : kLabel;
  p.text_within({row.x + kMark, row.center().y - line_height(style) / 2}, row.w - kMark - 8, choice.label, style,
                c.ink);
  return look.activated;
}

void Ui::draw_menu(const Rect& window) {
  if (state.open_menu.empty()) {
    return;
  }
  if (state.menu.name != state.open_menu) {  // its widget is gone
    state.open_menu.clear();
    return;
  }
  const std::size_t rows = state.menu.choices.size();
  const float content = kRow * static_cast<float>(rows);
  const float width = std::max(state.menu.anchor.w, widest(p, state.menu.choices) + kMark + 24 + 2 * kPadding);
  const Rect box = card_for(state.menu.anchor, width, content + 2 * kPadding, window);
  state.menu.card = box;
  p.push_layer(ImGui::GetForegroundDrawList());
  note({}, box, true, WidgetInfo::Kind::menu);
  state.drawing.back().name = state.menu.name + ".card";
  p.fill(box, colors().panel, kRadius);
  p.frame(box, colors().edge, 1, kRadius);
  const Rect inner = box.inset(kPadding);
  const std::string panel = state.menu.name + ".rows";
  const bool opens = state.menu_entries == 0;
  state.menu_entries = static_cast<int>(rows);
  float& offset = state.scroll[panel];
  if (opens) {
    offset = kRow * static_cast<float>(state.menu_cursor) - inner.h / 2;
  }
  if (box.has(state.pointer.at)) {
    state.wheel_scroll = panel;
  }
  const Rect list = begin_scroll(panel, inner, content);
  for (std::size_t i = 0; i < rows; ++i) {
    const Rect row{list.x, list.y + kRow * static_cast<float>(i), list.w, kRow};
    if (state.reveal_focus && static_cast<int>(i) == state.menu_cursor) {
      reveal(row);
    }
    if (menu_row(row, i)) {
      state.chosen_menu = state.menu.name;
      state.chosen_entry = static_cast<int>(i);
      state.open_menu.clear();
    }
  }
  end_scroll();
  p.pop_layer();
}

}  // namespace draw
