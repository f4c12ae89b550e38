// Segmented controls and tabs: one of a few, all seen.
#include <algorithm>

#include "ui/window/draw/ui.h"

namespace draw {
namespace {

constexpr float kRadius = 6, kSegmentPadding = 14, kTabPadding = 18;

std::string part_name(std::string_view name, const Choice& choice) { return std::string(name) + "." + choice.name; }

/// Widths with the selected style everywhere, so that nothing moves when the choice changes.
std::vector<float> label_widths(const Painter& p, const std::vector<Choice>& choices, float px) {
  std::vector<float> widths;
  widths.reserve(choices.size());
  for (const Choice& c : choices) {
    widths.push_back(std::max(p.width_of(c.label, {px, Face::semibold}), p.width_of(c.label, {px})));
  }
  return widths;
}

float sum(const std::vector<float>& widths) {
  float total = 0;
  for (const float w : widths) {
    total += w;
  }
  return total;
}

/// The largest size of these whose labels have 6 px at either side.
float fitting_px(const Painter& p, const std::vector<Choice>& choices, const Rect& box) {
  for (const float px : {16.0F, 15.0F, 13.0F}) {
    const bool low = px == 16 && box.h < 28;
    if (!low && sum(label_widths(p, choices, px)) + 12 * static_cast<float>(choices.size()) <= box.w) {
      return px;
    }
  }
  return 13;
}

void label_in(Painter& p, const Rect& box, std::string_view label, const TextStyle& style, Color color) {
  p.text_within({box.center().x, box.center().y - line_height(style) / 2}, box.w - 4, label, style, color,
                Align::center);
}

}  // namespace

float Ui::segmented_width(const std::vector<Choice>& choices) const {
  return sum(label_widths(p, choices, 16)) + 2 * kSegmentPadding * static_cast<float>(choices.size());
}

float Ui::tabs_width(const std::vector<Choice>& choices) const {
  return sum(label_widths(p, choices, 16)) + 2 * kTabPadding * static_cast<float>(choices.size());
}

int Ui::segmented(std::string_view name, const Rect& box, const std::vector<Choice>& choices, int selected) {
  if (choices.empty()) {
    return -1;
  }
  const Palette& c = colors();
  const Look whole = use(name, box, true, {}, WidgetInfo::Kind::widget, WidgetInfo::Arrows::across);
  const int count = static_cast<int>(choices.size());
  int result = arrow_choice(name, selected, count);
  const int shown = result >= 0 ? result : selected;
  p.fill(box, c.raised, kRadius);
  p.frame(box, c.hair, 1, kRadius);
  const float px = fitting_px(p, choices, box);
  const std::vector<float> widths = label_widths(p, choices, px);
  const float padding = (box.w - sum(widths)) / static_cast<float>(count);
  float x = box.x;
  for (int i = 0; i < count; ++i) {
    const Choice& choice = choices[static_cast<std::size_t>(i)];
    const Rect segment{x, box.y, widths[static_cast<std::size_t>(i)] + padding, box.h};
    x = segment.right();
    const Look look = use(part_name(name, choice), segment, true, choice.tip, WidgetInfo::Kind::part);
    result = look.activated ? i : result;
    if (i == shown) {
      p.fill(segment, c.ink, kRadius);
    } else if (look.hovered) {
      p.fill(segment.inset(1), surface(look, c.raised), kRadius - 1);
    } else if (i > 0 && i - 1 != shown) {
      p.line({segment.x, segment.y + 8}, {segment.x, segment.bottom() - 8}, c.hair);
    }
    const TextStyle style{px, i == shown ? Face::semibold : Face::regular};
    label_in(p, segment, choice.label, style, i == shown ? c.inverse : look.hovered ? c.ink : c.ink2);
  }
  if (whole.focused) {
    focus_ring(box, kRadius);
  }
  return result;
}

int Ui::tabs(std::string_view name, const Rect& box, const std::vector<Choice>& choices, int selected) {
  if (choices.empty()) {
    return -1;
  }
  const Palette& c = colors();
  const Look whole = use(name, box, true, {}, WidgetInfo::Kind::widget, WidgetInfo::Arrows::across);
  const int count = static_cast<int>(choices.size());
  int result = arrow_choice(name, selected, count);
  const int shown = result >= 0 ? result : selected;
  const float px = fitting_px(p, choices, box);
  const std::vector<float> widths = label_widths(p, choices, px);
  const float padding = std::min(2 * kTabPadding, (box.w - sum(widths)) / static_cast<float>(count));
  float x = box.x;
  for (int i = 0; i < count; ++i) {
    const Choice& choice = choices[static_cast<std::size_t>(i)];
    const Rect tab{x, box.y, widths[static_cast<std::size_t>(i)] + padding, box.h};
    x = tab.right();
    const Look look = use(part_name(name, choice), tab, true, choice.tip, WidgetInfo::Kind::part);
    result = look.activated ? i : result;
    if (i == shown) {
      p.fill(tab, c.panel);
      p.fill({tab.x, tab.y, tab.w, 3}, c.ink);
    } else if (look.hovered) {
      p.fill(tab, surface(look, c.panel));
    }
    const TextStyle style{px, i == shown ? Face::semibold : Face::regular};
    label_in(p, tab, choice.label, style, i == shown || look.hovered ? c.ink : c.ink2);
  }
  if (whole.focused) {
    p.frame({box.x + 1, box.y + 1, x - box.x - 2, box.h - 2}, c.ink, 2, 4);
  }
  return result;
}

}  // namespace draw
