// Fonts of any size whose glyphs are made when a text first needs them, for Dear ImGui before 1.92 (which does this
// itself): thousands of Chinese characters in twenty sizes would take a second and a huge texture if made beforehand.
#pragma once

#include <imgui.h>

#if IMGUI_VERSION_NUM < 19200
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "ui/window/draw/fonts.h"

namespace draw {

class GlyphAtlas {
 public:
  /// Empties `atlas` and gives it a texture of side x side.
  void start(ImFontAtlas& atlas, int side);
  bool serves(const ImFontAtlas& atlas) const {
    return atlas_ == &atlas && !atlas.Fonts.empty() && atlas.Fonts[0] == first_;
  }
  /// Some glyph found no room: start again, between frames.
  bool full() const { return full_; }

  /// `px`: physical pixels of the em.
  ImFont* font(Face face, int px);
  /// Makes the glyphs of `text` that `font` lacks; glyphs that are there stay where they are.
  void need(ImFont* font, std::string_view text);

  GlyphRows take_new_rows();
  static bool has(Face face, char32_t character);

 private:
  struct Made {
    Face face;
    int px;
    std::vector<bool> tried;  ///< by character
  };
  struct Shelf {
    int x, y, height;
  };
  struct Place {
    int x = 0, y = 0;
    bool found = false;
  };

  void make(ImFont* font, Made& made, ImWchar character);
  Place place(int width, int height);
  void copy(const unsigned char* from, int pitch, Place to, int width, int height);

  ImFontAtlas* atlas_ = nullptr;
  const ImFont* first_ = nullptr;  ///< Dear ImGui's own: a space
  std::map<std::pair<Face, int>, ImFont*> fonts_;
  std::map<const ImFont*, Made> made_;
  std::vector<Shelf> shelves_;
  int left_ = 0, top_ = 0, right_ = 0, bottom_ = 0;  ///< what is ours of the texture; top_: of what no shelf has yet
  GlyphRows new_rows_;
  bool full_ = false;
};

}  // namespace draw
#endif
