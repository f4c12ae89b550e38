// The window's contents without a window: what `attoscope render` and tests make pictures of.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ui/window/app/app.h"
#include "ui/window/draw/audit.h"

struct ImGuiContext;

namespace platform {

class Studio {
 public:
  /// `pixels`: also OpenGL, for picture(); throws sim::Error if there is none. Without it frames are drawn and logged
  /// only. Px are physical; `scale` as a display's.
  Studio(app::Options options, int width, int height, float scale, bool pixels);
  ~Studio();
  Studio(const Studio&) = delete;
  Studio& operator=(const Studio&) = delete;

  app::App& app() { return *app_; }
  void resize(int width, int height, float scale);

  /// One frame; `seconds` have passed since the last.
  void frame(double seconds = 0, std::span<const app::KeyPress> keys = {});
  /// Frames until nothing is being simulated and the layout has come to rest; time stands still.
  void settle();

  /// Of the last frame. RGBA, 8 bits each, rows from the top.
  std::vector<std::uint8_t> picture();
  std::string svg() const;
  const draw::Log& log() const { return log_; }
  std::vector<draw::Finding> audit() const;
  draw::Rect window() const;

 private:
  struct Screen;
  ImGuiContext* context_;
  std::unique_ptr<Screen> screen_;
  std::unique_ptr<app::App> app_;
  draw::Log log_;
  int width_, height_;
  float scale_;
};

}  // namespace platform
