// Formulas: boxes, and those that are drawn with strokes.
#pragma once

#include <cmath>
#include <string_view>

#include "ui/window/draw/formula.h"
#include "ui/window/draw/formula_tree.h"

namespace draw::formula {

/// Here ascent and descent say where ink may be, as the audit sees it, not the line box.
using Box = Formula;

// Of the em. Where letters have ink (audit.cpp); the middle of minus signs and of Inter's fences; Inter's letters.
inline constexpr float kInkAscent = 0.74F, kInkDescent = 0.2F;
inline constexpr float kAxis = 0.284F, kFenceMiddle = 0.3F, kFenceHeight = 0.91F;
inline constexpr float kCapitals = 0.727F, kSmallLetters = 0.55F, kSlant = 0.165F;

/// How a part is set: in display sums carry limits; scripts are smaller.
struct Style {
  enum class Level : std::uint8_t { display, text, script, tiny };
  Level level = Level::display;
  float base = 16;  ///< px of the whole formula
  float scale = 1;

  float px() const;
  bool small() const { return level >= Level::script; }
  Style with(Level other) const { return {other, base, scale}; }
  Style script() const { return with(small() ? Level::tiny : Level::script); }
  Style inside_fraction() const { return level == Level::display ? with(Level::text) : script(); }
  /// `em` of this style in px, on whole physical pixels.
  float em(float em) const { return std::round(em * px() * scale) / scale; }
  float rule() const { return 0.06F * px(); }
};

inline void put(Box& into, const Box& part, float x, float y) {
  for (Formula::Glyphs glyphs : part.texts) {
    glyphs.x += x, glyphs.y += y;
    into.texts.push_back(std::move(glyphs));
  }
  for (Formula::Stroke stroke : part.strokes) {
    for (Point& point : stroke.points) {
      point = point + Point{x, y};
    }
    into.strokes.push_back(std::move(stroke));
  }
  into.width = std::max(into.width, x + part.width);
  into.ascent = std::max(into.ascent, part.ascent - y);
  into.descent = std::max(into.descent, part.descent + y);
}

Box text_box(std::string_view text, Face face, float px, float scale);
/// At least from `ascent` to `descent`, around the axis; a glyph if that is tall enough.
Box fence_box(std::string_view delimiter, float ascent, float descent, const Style& style);
/// As a superscript: where the font's would be too high over a subscript.
Box prime_box(const Style& style);
/// `body` under a root.
Box root_box(const Box& body, const Style& style);
/// `shift`: of the accent's middle to the right; `height`: of what it stands over.
void add_accent(Box& body, Accent accent, float height, float shift, const Style& style);

}  // namespace draw::formula
