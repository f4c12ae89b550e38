// The painter's text.
#include <cmath>

#include "ui/window/draw/imgui_compat.h"
#include "ui/window/draw/painter.h"
#include "ui/window/draw/utf8.h"

namespace draw {

namespace {

constexpr std::string_view kEllipsis = "…";

float shifted(float x, float width, Align align) {
  return align == Align::left ? x : align == Align::center ? x - width / 2 : x - width;
}

}  // namespace

Rect Painter::text(Point at, std::string_view text, const TextStyle& style, Color color, Align align) {
  const float width = width_of(text, style);
  const Rect box{shifted(at.x, width, align), at.y, width, line_height(style)};
  if (text.empty() || color.a == 0) {
    return box;
  }
  if (log_ != nullptr) {
    LogEntry& entry = note(LogEntry::Kind::text, color, box);
    entry.text = text;
    entry.style = style;
  }
  if (list_ != nullptr) {
    const SizedFont font = font_for(style, scale_);
    list_->AddText(font.font, font.px, vec(std::round(box.x * scale_), std::round(box.y * scale_)), packed(color),
                   text.data(), text.data() + text.size());
  }
  return box;
}

Rect Painter::text_within(Point at, float width, std::string_view text, const TextStyle& style, Color color,
                          Align align) {
  if (width_of(text, style) <= width) {
    return this->text(at, text, style, color, align);
  }
  const float room = width - width_of(kEllipsis, style);
  std::size_t kept = 0;
  float used = 0;
  for (std::size_t next = 0; next < text.size();) {
    const std::size_t begin = next;
    next_code_point(text, next);
    used += width_of(text.substr(begin, next - begin), style);
    if (used > room) {
      break;
    }
    kept = next;
  }
  while (kept > 0 && text[kept - 1] == ' ') {
    --kept;
  }
  if (room < 0) {
    return {shifted(at.x, 0, align), at.y, 0, line_height(style)};
  }
  static thread_local std::string cut;
  cut.assign(text.substr(0, kept)).append(kEllipsis);
  return this->text(at, cut, style, color, align);
}

bool Painter::text_in(const Rect& rect, std::string_view text, const TextStyle& style, Color color) {
  // Capitals decide what is the middle, not the line box.
  const float width = width_of(text, style), height = line_height(style);
  if (width > rect.w || style.px > rect.h) {
    return false;
  }
  this->text({rect.x + (rect.w - width) / 2, rect.y + (rect.h - height) / 2}, text, style, color);
  return true;
}

}  // namespace draw
