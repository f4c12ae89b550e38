// The fonts, from subsets that the program carries. With glyph_atlas, the only files that know how Dear ImGui keeps
// fonts.
#pragma once

#include <cstdint>
#include <string_view>

struct ImFont;

namespace draw {

/// Inter for words (regular, semibold, italic), JetBrains Mono for code and every number that changes.
enum class Face : std::uint8_t { regular, semibold, italic, mono };

/// px of the em at scale 1. Every size is crisp; it is rounded to whole physical pixels.
struct TextStyle {
  float px = 16;
  Face face = Face::regular;
};

/// Prepares the fonts of the current ImGui context, the one that all below then speaks of; before each frame. Cheap if
/// nothing changed. Returns whether the atlas is new: its texture must then be uploaded again. Glyphs, Chinese ones too
/// (`cjk` is only a hint), are made when text_width first meets them.
bool build_fonts(float scale, bool cjk);

struct SizedFont {
  ImFont* font = nullptr;
  float px = 0;  ///< physical: what ImDrawList::AddText takes
};
/// To draw a text with, after text_width of the same text.
SizedFont font_for(const TextStyle& style, float scale);

/// px at scale 1: what ImDrawList::AddText advances by.
float text_width(std::string_view text, const TextStyle& style, float scale);
/// Of the baseline below the line box's top; the same for all faces. px at scale 1.
float ascent(const TextStyle& style);
/// Capital letters stand in its middle.
float line_height(const TextStyle& style);
/// Whether the font of this style has the character, itself or from another one.
bool has_glyph(const TextStyle& style, char32_t character);

/// Rows of the atlas's texture that have new glyphs since the last call; the renderer uploads them before it draws.
struct GlyphRows {
  int first = 0, end = 0;
};
GlyphRows take_new_glyph_rows();

}  // namespace draw
