// The fonts that the program carries. Only fonts.cpp and glyph_atlas.cpp look at them.
#pragma once

#include <array>
#include <vector>

#include "ui/window/draw/fonts.h"

namespace draw {

/// Where a face takes its glyphs from: the first of these files that has the character.
inline constexpr int kSources = 3;
enum class FontFile : std::uint8_t { regular, semibold, italic, mono, symbols, cjk, cjk_bold };
inline constexpr int kFontFiles = 7;
std::array<FontFile, kSources> sources_of(Face face);

/// Of Inter, in em; the line box of every face, so that all stand on one baseline.
inline constexpr float kAscentEm = 0.96875F, kDescentEm = 0.2412F;

/// The bytes, kept for ever. Their ascent + descent is one em, for Dear ImGui takes that for a font's size.
const std::vector<unsigned char>& bytes_of(FontFile file);

}  // namespace draw
