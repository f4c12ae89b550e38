// What the window and the offscreen picture share: a canvas, the ImGui renderer and the textures of heat maps. An
// OpenGL context must be current from the constructors to the destructors.
#pragma once

#include <cstdint>
#include <vector>

struct ImDrawData;

namespace platform {

/// What is drawn on: kept after it was shown, so that it can be read.
class Canvas {
 public:
  Canvas() = default;
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  /// Throws sim::Error for a size that OpenGL refuses.
  void resize(int width, int height);
  int width() const { return width_; }
  int height() const { return height_; }
  void bind() const;
  void copy_to_window() const;
  /// RGBA, 8 bits each, rows from the top.
  std::vector<std::uint8_t> read() const;

 private:
  unsigned frame_ = 0, colors_ = 0;
  int width_ = 0, height_ = 0;
};

/// ImGui's OpenGL renderer for the current ImGui context, and draw::TextureHooks; taken away again by the destructor.
class Renderer {
 public:
  Renderer();
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  /// Before ImGui::NewFrame. `fonts_are_new`: as draw::build_fonts said.
  void begin_frame(bool fonts_are_new);
  /// Fills the canvas with `background` (0xRRGGBB) and draws.
  void draw(ImDrawData* data, const Canvas& canvas, std::uint32_t background);

 private:
  bool uploaded_ = false;
};

/// Whether the current context is OpenGL 3.3 or newer.
bool has_gl33();

}  // namespace platform
