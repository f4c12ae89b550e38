#include "ui/window/draw/glyph_atlas.h"

#if IMGUI_VERSION_NUM < 19200
#include <ft2build.h>

#include <algorithm>
#include <array>
#include <cmath>
#include FT_FREETYPE_H

#include "sim/base/error.h"
#include "ui/window/draw/font_files.h"
#include "ui/window/draw/utf8.h"

namespace draw {
namespace {

constexpr ImWchar kMissing = 0xFFFD;

FT_Face open_face(FontFile file) {
  static const FT_Library kLibrary = [] {
    FT_Library library = nullptr;
    SIM_CHECK(FT_Init_FreeType(&library) == 0);
    return library;
  }();
  const std::vector<unsigned char>& bytes = bytes_of(file);
  FT_Face face = nullptr;
  SIM_CHECK(FT_New_Memory_Face(kLibrary, bytes.data(), static_cast<FT_Long>(bytes.size()), 0, &face) == 0);
  return face;
}

// Kept for ever.
FT_Face face_of(FontFile file) {
  static std::array<FT_Face, kFontFiles> kept{};
  FT_Face& face = kept[static_cast<std::size_t>(file)];
  if (face == nullptr) {
    face = open_face(file);
  }
  return face;
}

// The character's outline drawn, hinted up and down but not sideways; null if no file has it.
FT_GlyphSlot draw_glyph(Face face, int px, ImWchar character) {
  for (const FontFile file : sources_of(face)) {
    FT_Face from = face_of(file);
    const FT_UInt index = FT_Get_Char_Index(from, character);
    if (index != 0 && FT_Set_Pixel_Sizes(from, 0, static_cast<FT_UInt>(px)) == 0 &&
        FT_Load_Glyph(from, index, FT_LOAD_TARGET_LIGHT | FT_LOAD_RENDER) == 0) {
      return from->glyph;
    }
  }
  return nullptr;
}

// An atlas wants a font to begin with.
ImFont* add_first(ImFontAtlas& atlas) {
  static constexpr ImWchar kOnlySpace[] = {' ', ' ', 0};
  const std::vector<unsigned char>& bytes = bytes_of(FontFile::regular);
  ImFontConfig config;
  config.FontData = const_cast<unsigned char*>(bytes.data());  // NOLINT: never written to
  config.FontDataSize = static_cast<int>(bytes.size());
  config.FontDataOwnedByAtlas = false;
  config.SizePixels = 16;
  config.GlyphRanges = kOnlySpace;
  return atlas.AddFont(&config);
}

}  // namespace

void GlyphAtlas::start(ImFontAtlas& atlas, int side) {
  constexpr int kOfImGui = 80;  // room that Dear ImGui needs for its own marks
  *this = {};
  atlas_ = &atlas;
  atlas.Clear();
  atlas.Flags |= ImFontAtlasFlags_NoMouseCursors;
  atlas.TexDesiredWidth = side;
  const int ours = atlas.AddCustomRectRegular(side - 2, side - kOfImGui);
  first_ = add_first(atlas);
  SIM_CHECK(atlas.Build());
  const auto* rect = atlas.GetCustomRectByIndex(ours);
  SIM_CHECK(rect->IsPacked());
  left_ = rect->X, top_ = rect->Y, right_ = rect->X + rect->Width, bottom_ = rect->Y + rect->Height;
}

ImFont* GlyphAtlas::font(Face face, int px) {
  SIM_CHECK(atlas_ != nullptr);  // build_fonts comes first
  ImFont*& font = fonts_[{face, px}];
  if (font == nullptr) {
    font = IM_NEW(ImFont)();
    atlas_->Fonts.push_back(font);  // which destroys it
    font->ContainerAtlas = atlas_;
    font->FontSize = static_cast<float>(px);
    font->Ascent = std::round(kAscentEm * static_cast<float>(px));
    font->Descent = font->Ascent - font->FontSize;
    font->EllipsisChar = 0x2026;
    Made& made = made_[font];
    made = {face, px, std::vector<bool>(0x10000)};
    made.tried[kMissing] = true;
    make(font, made, kMissing);
    font->FallbackChar = kMissing;
    font->FallbackAdvanceX = font->Glyphs.empty() ? 0 : font->Glyphs[0].AdvanceX;
  }
  return font;
}

void GlyphAtlas::need(ImFont* font, std::string_view text) {
  const auto found = made_.find(font);
  SIM_CHECK(found != made_.end());
  std::vector<bool>& tried = found->second.tried;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = next_code_point(text, at);
    const auto character = static_cast<ImWchar>(point > 0xFFFF ? kMissing : point);
    if (!tried[character]) {
      tried[character] = true;
      make(font, found->second, character);
    }
  }
}

void GlyphAtlas::make(ImFont* font, Made& made, ImWchar character) {
  if (character >= font->IndexLookup.Size) {
    const int before = font->IndexLookup.Size;
    font->GrowIndex(character + 1);
    std::fill(font->IndexAdvanceX.begin() + before, font->IndexAdvanceX.end(), font->FallbackAdvanceX);
  }
  const FT_GlyphSlot glyph = draw_glyph(made.face, made.px, character);
  if (glyph == nullptr) {
    return;
  }
  const int width = static_cast<int>(glyph->bitmap.width), height = static_cast<int>(glyph->bitmap.rows);
  const Place to = place(width, height);
  if (!to.found) {
    full_ = true;
    return;
  }
  copy(glyph->bitmap.buffer, glyph->bitmap.pitch, to, width, height);
  const auto x = static_cast<float>(glyph->bitmap_left), y = font->Ascent - static_cast<float>(glyph->bitmap_top);
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  const auto u = static_cast<float>(to.x), v = static_cast<float>(to.y);
  const ImVec2 texel = atlas_->TexUvScale;
  const auto advance = static_cast<float>(std::lround(static_cast<double>(glyph->linearHoriAdvance) / 65536));
  font->AddGlyph(nullptr, character, x, y, x + w, y + h, u * texel.x, v * texel.y, (u + w) * texel.x, (v + h) * texel.y,
                 advance);
  font->Glyphs.back().Visible = w > 0;
  font->IndexAdvanceX[character] = advance;
  font->IndexLookup[character] = static_cast<ImWchar>(font->Glyphs.Size - 1);
  font->FallbackGlyph = &font->Glyphs[0];  // U+FFFD; the vector may have moved
  font->DirtyLookupTables = false;
}

// On the first shelf of about its height that has room; else on a new one. One texel is left free on each side.
GlyphAtlas::Place GlyphAtlas::place(int width, int height) {
  constexpr int kStep = 4;
  const int shelf_height = (height + kStep) / kStep * kStep;
  for (Shelf& shelf : shelves_) {
    if (shelf.height == shelf_height && shelf.x + width < right_) {
      const Place at{shelf.x, shelf.y, true};
      shelf.x += width + 1;
      return at;
    }
  }
  if (top_ + shelf_height >= bottom_ || left_ + width + 2 >= right_) {
    return {};
  }
  shelves_.push_back({left_ + 1 + width + 1, top_ + 1, shelf_height});
  const Place at{left_ + 1, top_ + 1, true};
  top_ += shelf_height;
  return at;
}

void GlyphAtlas::copy(const unsigned char* from, int pitch, Place to, int width, int height) {
  const auto texture_width = static_cast<std::size_t>(atlas_->TexWidth);
  for (int row = 0; row < height; ++row) {
    const std::size_t at = static_cast<std::size_t>(to.y + row) * texture_width + static_cast<std::size_t>(to.x);
    const unsigned char* line = from + static_cast<std::ptrdiff_t>(row) * pitch;
    std::copy_n(line, width, atlas_->TexPixelsAlpha8 + at);
    if (atlas_->TexPixelsRGBA32 != nullptr) {  // the copy that the renderer took
      std::transform(line, line + width, atlas_->TexPixelsRGBA32 + at,
                     [](unsigned char alpha) { return IM_COL32(255, 255, 255, alpha); });
    }
  }
  if (height > 0) {
    const bool none = new_rows_.first == new_rows_.end;
    new_rows_ = {none ? to.y : std::min(new_rows_.first, to.y), std::max(new_rows_.end, to.y + height)};
  }
}

bool GlyphAtlas::has(Face face, char32_t character) {
  const auto files = sources_of(face);
  return std::any_of(files.begin(), files.end(),
                     [character](FontFile file) { return FT_Get_Char_Index(face_of(file), character) != 0; });
}

GlyphRows GlyphAtlas::take_new_rows() { return std::exchange(new_rows_, {}); }

}  // namespace draw
#endif
