// Display formulas from a part of LaTeX, set as in a textbook: letters italic, fractions, roots, scripts, limits,
// fences that grow, lines aligned at &.
//
// \color{K}{...} underlines in K's line colour (Q K V S P O m: the families of rich text): the tie to the stage.
// Unknown commands are errors that name the nearest known one; the list of them is in formula_symbols.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ui/window/draw/painter.h"

namespace draw {

/// A formula laid out, in px at scale 1. Its parts count from the baseline of its first line at the left, y down.
struct Formula {
  struct Glyphs {
    float x = 0, y = 0;  ///< y: of the baseline
    float w = 0;
    std::string text;
    TextStyle style;
  };
  /// A rule, a fence, a root, an accent; of a family: the underline in its colour, else ink.
  struct Stroke {
    std::vector<Point> points;
    float thickness = 1;
    Family family = Family::none;
    bool crisp = false;  ///< its points go to whole physical pixels
  };

  float width = 0, ascent = 0, descent = 0;  ///< the line boxes of all its texts and all strokes lie inside
  int lines = 0;
  std::vector<Glyphs> texts;
  std::vector<Stroke> strokes;

  float height() const { return ascent + descent; }
};

/// Kept between frames. Where a line is wider than `width` (> 0) it is broken after a comma, before a relation or an
/// operator, and goes on indented; what has no such place stays wide. Throws sim::Error for what is not in the part of
/// LaTeX that we set, with the column.
std::shared_ptr<const Formula> layout_formula(std::string_view latex, float size_px, float scale, float width = 0);
/// Draws it and returns its box.
Rect paint_formula(Painter& painter, Point top_left, const Formula& formula, Color ink);
/// Parses only: throws as layout_formula does, with `where` as the place. Needs no fonts.
void check_formula(std::string_view latex, const std::string& where);
/// As forget_layouts of rich text.
void forget_formulas();

}  // namespace draw
