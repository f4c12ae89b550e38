// The window on the screen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ui/window/app/commands.h"

namespace platform {

/// A Dear ImGui context, current while it lives. It writes no files.
class ImGuiSession {
 public:
  ImGuiSession();
  ~ImGuiSession();
  ImGuiSession(const ImGuiSession&) = delete;
  ImGuiSession& operator=(const ImGuiSession&) = delete;
};

struct WindowOptions {
  std::string title = "Attoscope";
  int width = 0, height = 0;  ///< as Window::width() and height() were when it was closed; 0: 1600x900 or what fits
};

/// What the window asks for, in this order; sizes in physical pixels.
struct WindowCallbacks {
  /// Before a frame: builds the fonts; returns whether they are new.
  std::function<bool(float width, float height, float display_scale)> prepare;
  /// Draws with ImGui. `seconds` since the last frame, 0 after a wait. Returns false to close the window.
  std::function<bool(double seconds, std::span<const app::KeyPress> keys)> frame;
  /// Whether the next frame differs even if nothing happens; empty: never.
  std::function<bool()> animating;
  /// A file was dropped on the window; may be empty.
  std::function<void(const std::string& path)> dropped;
  /// 0xRRGGBB; may be empty.
  std::function<std::uint32_t()> background;
};

/// A window with OpenGL 3.3, for the current ImGui context. One at a time.
class Window {
 public:
  /// Throws sim::Error if there is no display or no OpenGL 3.3.
  explicit Window(const WindowOptions& options);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  /// Until it is closed. Draws with the display's rate while something moves, else only when something happens. If the
  /// graphics driver was restarted, goes on with a new window; throws sim::Error if that fails too.
  void run(const WindowCallbacks& callbacks);

  void set_clipboard(const std::string& text);
  std::string clipboard() const;
  /// To be remembered.
  int width() const;
  int height() const;

  struct Screenshot {
    std::vector<std::uint8_t> rgba;
    int width = 0, height = 0;
  };
  /// The last frame that was shown.
  Screenshot screenshot() const;

 private:
  class Glfw;
  std::unique_ptr<Glfw> glfw_;
};

}  // namespace platform
