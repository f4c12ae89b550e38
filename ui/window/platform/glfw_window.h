// One GLFW window with its OpenGL context and ImGui's backends. The part of window_loop that is made anew when the
// graphics driver was restarted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/window/app/commands.h"
#include "ui/window/platform/gl.h"

struct GLFWwindow;

namespace platform {

class GlfwWindow {
 public:
  /// `width` x `height`: GLFW's units; 0: chosen. Throws sim::Error.
  GlfwWindow(const std::string& title, int width, int height);
  ~GlfwWindow();
  GlfwWindow(const GlfwWindow&) = delete;
  GlfwWindow& operator=(const GlfwWindow&) = delete;

  struct Size {
    int width = 0, height = 0;
  };
  Size size() const;      ///< GLFW's units
  Size physical() const;  ///< pixels
  /// Physical pixels for a px of the system's.
  float content_scale() const;

  /// Before ImGui::NewFrame.
  void begin_frame(bool fonts_are_new);
  /// After ImGui::Render. Returns false if the graphics driver was restarted: nothing of this window works any more.
  bool show(std::uint32_t background);
  const Canvas& canvas() const { return *canvas_; }
  GLFWwindow* handle() const { return window_; }

  std::vector<app::KeyPress> keys;   ///< since they were last taken
  std::vector<std::string> dropped;  ///< files

 private:
  void open(const std::string& title, int width, int height);
  void listen();
  float pixels_per_unit() const;

  GLFWwindow* window_ = nullptr;
  std::optional<Canvas> canvas_;
  std::optional<Renderer> renderer_;
};

}  // namespace platform
