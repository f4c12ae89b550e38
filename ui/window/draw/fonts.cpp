#include "ui/window/draw/fonts.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>

#include "sim/base/error.h"
#include "ui/window/draw/font_files.h"
#include "ui/window/draw/glyph_atlas.h"
#if IMGUI_VERSION_NUM >= 19200
#include <imgui_freetype.h>
#endif

namespace draw {
namespace {

int physical(float px, float scale) { return std::max(1, static_cast<int>(std::lround(px * scale))); }

#if IMGUI_VERSION_NUM >= 19200

struct Fonts {
  const ImFontAtlas* atlas = nullptr;
  std::array<ImFont*, 4> faces{};
};
Fonts& fonts() {
  static Fonts kept;
  return kept;
}

ImFont* add(ImFontAtlas& atlas, FontFile file, bool merge) {
  const std::vector<unsigned char>& bytes = bytes_of(file);
  ImFontConfig config;
  config.FontData = const_cast<unsigned char*>(bytes.data());  // NOLINT: never written to
  config.FontDataSize = static_cast<int>(bytes.size());
  config.FontDataOwnedByAtlas = false;
  config.MergeMode = merge;
  config.PixelSnapH = true;
  config.FontLoaderFlags = ImGuiFreeTypeLoaderFlags_LightHinting;
  return atlas.AddFont(&config);
}

#else

GlyphAtlas& glyphs() {
  static GlyphAtlas kept;
  return kept;
}

#endif

}  // namespace

#if IMGUI_VERSION_NUM >= 19200

bool build_fonts(float, bool) {
  ImGuiIO& io = ImGui::GetIO();
  Fonts& now = fonts();
  if (now.atlas == io.Fonts && !io.Fonts->Fonts.empty() && io.Fonts->Fonts[0] == now.faces[0]) {
    return false;
  }
  io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;  // also where nothing is rendered
  io.Fonts->Clear();
  io.Fonts->SetFontLoader(ImGuiFreeType::GetFontLoader());
  now.atlas = io.Fonts;
  for (std::size_t face = 0; face < now.faces.size(); ++face) {
    bool merge = false;
    for (const FontFile file : sources_of(static_cast<Face>(face))) {
      ImFont* font = add(*io.Fonts, file, merge);
      now.faces[face] = merge ? now.faces[face] : font;
      merge = true;
    }
  }
  return true;
}

SizedFont font_for(const TextStyle& style, float scale) {
  ImFont* font = fonts().faces[static_cast<std::size_t>(style.face)];
  SIM_CHECK(font != nullptr);
  return {font, static_cast<float>(physical(style.px, scale))};
}

float text_width(std::string_view text, const TextStyle& style, float scale) {
  const SizedFont sized = font_for(style, scale);
  return sized.font->CalcTextSizeA(sized.px, FLT_MAX, 0, text.data(), text.data() + text.size()).x / scale;
}

bool has_glyph(const TextStyle& style, char32_t character) {
  return character <= IM_UNICODE_CODEPOINT_MAX &&
         font_for(style, 1).font->IsGlyphInFont(static_cast<ImWchar>(character));
}

GlyphRows take_new_glyph_rows() { return {}; }

#else

bool build_fonts(float scale, bool) {
  constexpr float kLarge = 1.5F;
  constexpr int kSide = 2048;
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  const int side = scale > kLarge ? 2 * kSide : kSide;
  if (glyphs().serves(atlas) && atlas.TexWidth == side && !glyphs().full()) {
    return false;
  }
  glyphs().start(atlas, side);
  return true;
}

SizedFont font_for(const TextStyle& style, float scale) {
  const int px = physical(style.px, scale);
  return {glyphs().font(style.face, px), static_cast<float>(px)};
}

float text_width(std::string_view text, const TextStyle& style, float scale) {
  const SizedFont sized = font_for(style, scale);
  glyphs().need(sized.font, text);
  return sized.font->CalcTextSizeA(sized.px, FLT_MAX, 0, text.data(), text.data() + text.size()).x / scale;
}

bool has_glyph(const TextStyle& style, char32_t character) { return GlyphAtlas::has(style.face, character); }

GlyphRows take_new_glyph_rows() { return glyphs().take_new_rows(); }

#endif

float ascent(const TextStyle& style) { return kAscentEm * style.px; }
float line_height(const TextStyle& style) { return (kAscentEm + kDescentEm) * style.px; }

}  // namespace draw
