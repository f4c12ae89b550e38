// OpenGL without a window or a display: pictures for `render`, films and tests.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

struct ImDrawData;

namespace platform {

/// An OpenGL 3.3 context by EGL and a picture to draw on, for the current ImGui context. One at a time.
class Offscreen {
 public:
  /// Throws sim::Error if there is no EGL or no OpenGL 3.3.
  Offscreen(int width, int height);
  ~Offscreen();
  Offscreen(const Offscreen&) = delete;
  Offscreen& operator=(const Offscreen&) = delete;

  void resize(int width, int height);
  int width() const;
  int height() const;

  /// Before ImGui::NewFrame. `fonts_are_new`: as draw::build_fonts said.
  void begin_frame(bool fonts_are_new);
  /// After ImGui::Render: RGBA, 8 bits each, rows from the top. `background`: 0xRRGGBB.
  std::vector<std::uint8_t> pixels(ImDrawData* data, std::uint32_t background = 0);

 private:
  struct Gl;
  std::unique_ptr<Gl> gl_;
};

}  // namespace platform
