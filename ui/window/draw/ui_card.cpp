// Cards, tooltips, empty and error states.
#include <algorithm>

#include "ui/window/draw/imgui_compat.h"
#include "ui/window/draw/ui.h"

namespace draw {
namespace {

constexpr float kRadius = 6, kMargin = 8, kPadding = 12;
const TextStyle kTip{15}, kKey{13, Face::mono}, kTitle{16, Face::semibold}, kRowLabel{15}, kRowValue{15, Face::mono},
    kFormula{15, Face::italic}, kSmall{13};
constexpr float kLineGap = 4;  // between lines of a box
constexpr float kTipWidth = 320, kCardWidth = 360, kRowHeight = 24, kColumns = 24;

float keep(float at, float size, float from, float to) {
  return std::clamp(at, from + kMargin, std::max(from + kMargin, to - kMargin - size));
}

/// Right of the menu, or left of it: its rows stay to be seen.
Rect place_aside(const Rect& menu, const Rect& row, float width, float height, const Rect& window) {
  const bool right = menu.right() + 6 + width + kMargin <= window.right();
  const float y = row.center().y - height / 2;
  return {right ? menu.right() + 6 : menu.x - 6 - width, keep(y, height, window.y, window.bottom()), width, height};
}

/// Under the widget, or over it.
Rect place_beside(const Rect& anchor, float width, float height, const Rect& window) {
  const bool under = anchor.bottom() + 6 + height + kMargin <= window.bottom();
  return {keep(anchor.x, width, window.x, window.right()), under ? anchor.bottom() + 6 : anchor.y - 6 - height, width,
          height};
}

/// What a hover card holds, laid out.
struct CardLayout {
  Paragraph title, formula, substituted, source;
  std::vector<std::pair<Paragraph, Paragraph>> rows;
  float width = 0, height = 0;
};

float height_of(const Paragraph& paragraph, float gap) { return paragraph.runs.empty() ? 0 : paragraph.height + gap; }

CardLayout lay_out(const HoverCard& card, float scale, float badge_width) {
  CardLayout l;
  const auto place = [&](const std::string& text, const TextStyle& style) {
    return text.empty() ? Paragraph{} : layout(text, style, kCardWidth, scale);
  };
  l.title = place(card.title, kTitle);
  l.formula = place(card.formula, kFormula);
  l.substituted = place(card.substituted, kSmall);
  l.source = place(card.source, kSmall);
  l.width = std::max({l.title.width + (badge_width > 0 ? badge_width + kColumns : 0), l.formula.width,
                      l.substituted.width, l.source.width});
  for (const HoverCard::Row& row : card.rows) {
    l.rows.emplace_back(layout(row.label, kRowLabel, 0, scale), layout(row.value, kRowValue, 0, scale));
    l.width = std::max(l.width, l.rows.back().first.width + kColumns + l.rows.back().second.width);
  }
  l.height = height_of(l.title, 4 + kLineGap) + kRowHeight * static_cast<float>(l.rows.size()) +
             height_of(l.formula, 4) + height_of(l.substituted, 4) + height_of(l.source, 4) - 4;
  return l;
}

std::string_view word_of(Badge badge) {
  switch (badge) {
    case Badge::exact: return "badge.exact";
    case Badge::modelled: return "badge.modelled";
    case Badge::measured: return "badge.measured";
  }
  return {};
}

void keycap(Painter& p, const Rect& box, std::string_view key) {
  p.fill(box, p.colors().raised, 4);
  p.frame(box, p.colors().edge, 1, 4);
  p.text({box.center().x, box.center().y - line_height(kKey) / 2}, key, kKey, p.colors().ink, Align::center);
}

}  // namespace

void Ui::card(const Rect& box, float radius) {
  p.fill(box, colors().panel, radius);
  p.frame(box, colors().hair, 1, radius);
}

void Ui::hover(HoverCard card) { state.card = std::move(card); }

void Ui::tooltip(std::string_view text, std::string_view key) {
  state.tip = text;
  state.tip_key = key;
  state.tip_anchor.reset();
}

void Ui::show_tip(std::string_view tip, const Rect& anchor) {
  const std::size_t tab = tip.find('\t');
  tooltip(tip.substr(0, tab), tab == std::string_view::npos ? std::string_view{} : tip.substr(tab + 1));
  state.tip_anchor = anchor;
}

/// Right of and below the pointer, else on the other side: never under it.
Rect Ui::place_at_pointer(float width, float height, const Rect& window) const {
  const Point at = state.pointer.at;
  const bool right = at.x + 16 + width + kMargin <= window.right();
  const bool below = at.y + 20 + height + kMargin <= window.bottom();
  const float x = right ? at.x + 16 : at.x - 12 - width;
  const float y = below ? at.y + 20 : at.y - 12 - height;
  return {keep(x, width, window.x, window.right()), keep(y, height, window.y, window.bottom()), width, height};
}

void Ui::draw_tip(const Rect& window) {
  if (state.tip.empty() || !state.pointer.inside) {
    return;
  }
  const Paragraph words = layout(state.tip, kTip, kTipWidth, p.scale());
  const float key = state.tip_key.empty() ? 0 : std::max(24.0F, p.width_of(state.tip_key, kKey) + 12);
  const float width = words.width + (key > 0 ? key + 10 : 0) + 2 * 10;
  const float height = words.height + 2 * 7;
  Rect box = place_at_pointer(width, height, window);
  if (state.tip_anchor) {
    box = state.open_menu.empty() ? place_beside(*state.tip_anchor, width, height, window)
                                  : place_aside(state.menu.card, *state.tip_anchor, width, height, window);
  }
  p.push_layer(ImGui::GetForegroundDrawList());
  p.fill(box, colors().panel, kRadius);
  p.frame(box, colors().edge, 1, kRadius);
  paint(p, {box.x + 10, box.y + 7}, words, kTip, colors().ink);
  if (key > 0) {
    keycap(p, {box.right() - 10 - key, box.center().y - 11, key, 22}, state.tip_key);
  }
  p.pop_layer();
}

void Ui::draw_card(const Rect& window) {
  if (!state.card || !state.pointer.inside) {
    return;
  }
  const HoverCard& card = *state.card;
  const Palette& c = colors();
  const float badge_width = card.badge ? 20 + p.width_of(words(word_of(*card.badge)), kSmall) : 0;
  const CardLayout l = lay_out(card, p.scale(), badge_width);
  const Rect box = place_at_pointer(l.width + 2 * kPadding, l.height + 2 * kPadding, window);
  p.push_layer(ImGui::GetForegroundDrawList());
  p.fill(box, c.panel, kRadius);
  p.frame(box, c.edge, 1, kRadius);
  const Rect inner = box.inset(kPadding);
  float y = inner.y;
  if (card.badge) {
    badge_with_word(*card.badge, {inner.right(), y + 2}, Align::right);
  }
  const auto put = [&](const Paragraph& paragraph, const TextStyle& style, Color color) {
    if (!paragraph.runs.empty()) {
      paint(p, {inner.x, y}, paragraph, style, color);
      y += paragraph.height + 4;
    }
  };
  put(l.title, kTitle, c.ink);
  y += l.title.runs.empty() ? 0 : kLineGap;
  for (const auto& [label, value] : l.rows) {
    paint(p, {inner.x, y}, label, kRowLabel, c.ink2);
    paint(p, {inner.right() - value.width, y}, value, kRowValue, c.ink);
    y += kRowHeight;
  }
  put(l.formula, kFormula, c.ink);
  put(l.substituted, kSmall, c.ink2);
  put(l.source, kSmall, c.ink2);
  p.pop_layer();
}

Rect Ui::badge_with_word(Badge which, Point at, Align align) {
  const std::string_view word = words(word_of(which));
  const float width = 20 + p.width_of(word, kSmall), height = line_height(kSmall);
  const float x = align == Align::left ? at.x : align == Align::right ? at.x - width : at.x - width / 2;
  badge(p, which, {x, at.y + height / 2 - 7}, colors().ink2);
  p.text({x + 20, at.y}, word, kSmall, colors().ink2);
  return {x, at.y, width, height};
}

void Ui::empty_state(const Rect& box, std::string_view what, std::string_view nearest, std::string_view how) {
  const Palette& c = colors();
  p.dashed_frame(box, c.edge, kGhost);
  struct Line {
    std::string_view text;
    TextStyle style;
    Color color;
  };
  float height = -kLineGap;
  std::vector<std::pair<Line, Paragraph>> lines;
  for (const Line& line : {Line{what, kTitle, c.ink}, Line{nearest, kRowLabel, c.ink2}, Line{how, kRowLabel, c.ink2}}) {
    if (!line.text.empty()) {
      lines.emplace_back(line, layout(line.text, line.style, std::max(1.0F, box.w - 2 * kPadding), p.scale()));
      height += lines.back().second.height + kLineGap;
    }
  }
  float y = box.center().y - height / 2;
  for (const auto& [line, paragraph] : lines) {
    paint(p, {box.center().x - paragraph.width / 2, y}, paragraph, line.style, line.color);
    y += paragraph.height + kLineGap;
  }
}

void Ui::error_state(const Rect& box, std::string_view title, std::string_view detail, std::string_view hint) {
  const Palette& c = colors();
  p.fill(box, c.raised, kRadius);
  p.fill({box.x, box.y, 6, box.h}, c.error_mark);
  const Rect inner{box.x + 6 + kPadding, box.y + kPadding, box.w - 6 - 2 * kPadding, box.h - 2 * kPadding};
  const Paragraph head = layout(title, kTitle, std::max(1.0F, inner.w - 28), p.scale());
  warning(p, {inner.x + 10, inner.y + line_height(kTitle) * 0.6F}, 10);
  paint(p, {inner.x + 28, inner.y}, head, kTitle, c.error_text);
  float y = inner.y + head.height + kLineGap;
  for (const auto& [text, color] : {std::pair{detail, c.ink}, std::pair{hint, c.ink2}}) {
    if (!text.empty()) {
      y += rich(p, {inner.x, y}, text, kRowLabel, color, std::max(1.0F, inner.w)).h + kLineGap;
    }
  }
}

}  // namespace draw
