// Sentences, formulas and code words with subscripts, emphasis and the underline that ties a word to its tensor.
//
// Markup: *italic*  **semibold**  `mono`  _{sub}  ^{sup}  [K:words]: underlined in K's line colour. Families are named
// Q K V S P O and m (statistic). A backslash takes the next character as it is. Marks nest: "[S:S_{3,6}]". What opens
// no mark stands for itself: "2 * 3", "a[i]", "x_1".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ui/window/draw/painter.h"

namespace draw {

struct RichRun {
  std::string text;
  Face face = Face::regular;
  int script = 0;             ///< -1 subscript, +1 superscript; 0.74 em
  float size = 1, raise = 0;  ///< with what it is nested in: of the text's px
  Family family = Family::none;
  float x = 0, y = 0, w = 0;  ///< placed: px from the paragraph's top left to the run's line box
  int line = 0;               ///< placed
  int mark = 0;               ///< number of the bracket it stands in; 0: none
};

struct Paragraph {
  std::vector<RichRun> runs;
  float width = 0, height = 0;
  int lines = 0;
};

std::vector<RichRun> parse_rich(std::string_view markup, Face base = Face::regular);
/// Breaks at spaces, and between CJK characters but not before closing punctuation. `width` <= 0: one line.
Paragraph layout(std::string_view markup, const TextStyle& style, float width, float scale, float line_spacing = 1.4F);
/// Draws it and returns its box.
Rect paint(Painter& painter, Point at, const Paragraph& paragraph, const TextStyle& style, Color color);
/// layout and paint; one line if width <= 0. `at` is the left, the middle or the right of every line.
Rect rich(Painter& painter, Point at, std::string_view markup, const TextStyle& style, Color color, float width = 0,
          Align align = Align::left);
float rich_width(std::string_view markup, const TextStyle& style, float scale);
/// The markup's words without its marks.
std::string plain(std::string_view markup);
/// Layouts are kept between frames: after the fonts have changed they must be made anew.
void forget_layouts();

}  // namespace draw
