#include "ui/window/platform/window_loop.h"

#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.h"
#include "ui/window/platform/glfw_window.h"

namespace platform {

ImGuiSession::ImGuiSession() {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
}
ImGuiSession::~ImGuiSession() { ImGui::DestroyContext(); }

class Window::Glfw {
 public:
  explicit Glfw(WindowOptions wanted) : options(std::move(wanted)) { open(); }

  void open() {
    window.reset();
    window.emplace(options.title, options.width, options.height);
    opened_s = glfwGetTime();
  }

  void wait(bool moving) {
    constexpr double kGlance = 0.25;  // seconds: for what happens without an event
    constexpr int kSettling = 3;      // frames that ImGui takes until hover and layout are right
    const GlfwWindow::Size pixels = window->physical();
    if (pixels.width > 0 && pixels.height > 0 && (moving || settling > 0)) {
      settling = std::max(settling - 1, 0);
      waited = false;
      glfwPollEvents();
      return;
    }
    const double before = glfwGetTime();
    glfwWaitEventsTimeout(kGlance);
    settling = glfwGetTime() - before < kGlance ? kSettling : 0;
    waited = true;
  }

  // Returns whether to go on.
  bool frame(const WindowCallbacks& callbacks) {
    for (const std::string& path : std::exchange(window->dropped, {})) {
      if (callbacks.dropped) {
        callbacks.dropped(path);
      }
    }
    const GlfwWindow::Size pixels = window->physical();
    if (pixels.width <= 0 || pixels.height <= 0) {
      return true;  // minimised
    }
    const bool fonts_are_new =
        callbacks.prepare(static_cast<float>(pixels.width), static_cast<float>(pixels.height), window->content_scale());
    window->begin_frame(fonts_are_new);
    ImGui::NewFrame();
    const std::vector<app::KeyPress> keys = std::exchange(window->keys, {});
    constexpr double kLongest = 0.1;  // seconds: after a hitch, time goes on from where it was
    const double seconds = waited ? 0 : std::min<double>(ImGui::GetIO().DeltaTime, kLongest);
    const bool go_on = callbacks.frame(seconds, keys);
    ImGui::Render();
    if (!window->show(callbacks.background ? callbacks.background() : 0)) {
      restart();
    }
    return go_on;
  }

  void restart() {
    constexpr double kTooSoon = 10;  // seconds
    if (glfwGetTime() - opened_s < kTooSoon) {
      throw sim::Error("graphics", "the graphics driver was restarted twice in a row",
                       "set LIBGL_ALWAYS_SOFTWARE=1 to draw without the graphics card");
    }
    open();
  }

  WindowOptions options;
  std::optional<GlfwWindow> window;
  double opened_s = 0;
  int settling = 3;
  bool waited = true;
};

Window::Window(const WindowOptions& options) : glfw_(std::make_unique<Glfw>(options)) {}
Window::~Window() = default;

void Window::run(const WindowCallbacks& callbacks) {
  Glfw& glfw = *glfw_;
  while (glfwWindowShouldClose(glfw.window->handle()) == GLFW_FALSE && glfw.frame(callbacks)) {
    glfw.options.width = width(), glfw.options.height = height();
    glfw.wait(callbacks.animating && callbacks.animating());
  }
}

void Window::set_clipboard(const std::string& text) { glfwSetClipboardString(glfw_->window->handle(), text.c_str()); }

std::string Window::clipboard() const {
  const char* text = glfwGetClipboardString(glfw_->window->handle());
  return text == nullptr ? "" : text;
}

int Window::width() const { return glfw_->window->size().width; }
int Window::height() const { return glfw_->window->size().height; }

Window::Screenshot Window::screenshot() const {
  const Canvas& canvas = glfw_->window->canvas();
  return {canvas.read(), canvas.width(), canvas.height()};
}

}  // namespace platform
