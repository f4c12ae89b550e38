#include "ui/window/platform/glfw_window.h"

#include <epoxy/gl.h>
// After epoxy, which replaces GLFW's own OpenGL header.
#include <GLFW/glfw3.h>
#include <imgui.h>
#if __has_include(<backends/imgui_impl_glfw.h>)
#include <backends/imgui_impl_glfw.h>
#else
#include <imgui_impl_glfw.h>
#endif

#include <algorithm>

#include "sim/base/error.h"

namespace platform {
namespace {

constexpr const char* kWithoutDisplay = "pictures and films need no display: see `attoscope render --help`";

// What GLFW said last.
std::string& complaint() {
  static std::string kept;
  return kept;
}

GlfwWindow& of(GLFWwindow* window) { return *static_cast<GlfwWindow*>(glfwGetWindowUserPointer(window)); }

// Letters go by what is printed on the key, the others by where they are.
int key_name(int key, int scancode) {
  const char* printed = key < GLFW_KEY_ESCAPE ? glfwGetKeyName(key, scancode) : nullptr;
  if (printed != nullptr && printed[0] != '\0' && printed[1] == '\0') {
    const char letter = printed[0];
    if (letter >= 'a' && letter <= 'z') {
      return letter - 'a' + 'A';
    }
  }
  return key;
}

void on_key(GLFWwindow* window, int key, int scancode, int action, int mods) {
  ImGui_ImplGlfw_KeyCallback(window, key, scancode, action, mods);
  if (action != GLFW_RELEASE && key != GLFW_KEY_UNKNOWN && key < GLFW_KEY_LEFT_SHIFT) {  // above: Shift, Ctrl and such
    of(window).keys.push_back({key_name(key, scancode), (mods & GLFW_MOD_SHIFT) != 0,
                               (mods & (GLFW_MOD_CONTROL | GLFW_MOD_SUPER)) != 0, (mods & GLFW_MOD_ALT) != 0});
  }
}

void on_drop(GLFWwindow* window, int count, const char** paths) {
  std::vector<std::string>& dropped = of(window).dropped;
  dropped.insert(dropped.end(), paths, paths + count);
}

void set_hints(bool notice_restarts) {
  glfwDefaultWindowHints();
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  glfwWindowHint(GLFW_CONTEXT_ROBUSTNESS, notice_restarts ? GLFW_LOSE_CONTEXT_ON_RESET : GLFW_NO_ROBUSTNESS);
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "attoscope");
  glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "attoscope");
}

// 1600 x 900 px, or nine tenths of what the screen has.
GlfwWindow::Size chosen_size() {
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  if (monitor == nullptr) {
    return {1600, 900};
  }
  float scale = 1, unused = 1;
  int x = 0, y = 0, width = 0, height = 0;
  glfwGetMonitorContentScale(monitor, &scale, &unused);
  glfwGetMonitorWorkarea(monitor, &x, &y, &width, &height);
  return {std::min(static_cast<int>(1600 * scale), width * 9 / 10),
          std::min(static_cast<int>(900 * scale), height * 9 / 10)};
}

bool graphics_restarted() {
  static constexpr auto kKnown = {"GL_KHR_robustness", "GL_ARB_robustness"};
  if (epoxy_gl_version() >= 45 || epoxy_has_gl_extension(*kKnown.begin())) {
    return glGetGraphicsResetStatus() != GL_NO_ERROR;
  }
  return epoxy_has_gl_extension(*(kKnown.begin() + 1)) && glGetGraphicsResetStatusARB() != GL_NO_ERROR;
}

}  // namespace

GlfwWindow::GlfwWindow(const std::string& title, int width, int height) {
  glfwSetErrorCallback([](int, const char* text) { complaint() = text; });
  if (glfwInit() != GLFW_TRUE) {
    throw sim::Error("display", "no window can be opened: " + complaint(), kWithoutDisplay);
  }
  try {
    open(title, width, height);
  } catch (...) {
    glfwTerminate();
    throw;
  }
}

void GlfwWindow::open(const std::string& title, int width, int height) {
  const Size size = width > 0 && height > 0 ? Size{width, height} : chosen_size();
  for (const bool notice_restarts : {true, false}) {
    set_hints(notice_restarts);
    window_ = window_ != nullptr ? window_ : glfwCreateWindow(size.width, size.height, title.c_str(), nullptr, nullptr);
  }
  if (window_ == nullptr) {
    throw sim::Error("display", "no window with OpenGL 3.3 can be opened: " + complaint(), kWithoutDisplay);
  }
  glfwMakeContextCurrent(window_);
  if (!has_gl33()) {
    throw sim::Error("display", "OpenGL 3.3 is not available", kWithoutDisplay);
  }
  glfwSwapInterval(1);
  const float scale = content_scale() / pixels_per_unit();
  glfwSetWindowSizeLimits(window_, static_cast<int>(960 * scale), static_cast<int>(600 * scale), GLFW_DONT_CARE,
                          GLFW_DONT_CARE);
  glfwSetWindowUserPointer(window_, this);
  ImGui_ImplGlfw_InitForOpenGL(window_, false);
  listen();
  canvas_.emplace();
  renderer_.emplace();
}

GlfwWindow::~GlfwWindow() {
  renderer_.reset();
  canvas_.reset();
  ImGui_ImplGlfw_Shutdown();
  glfwDestroyWindow(window_);
  glfwTerminate();
}

// Ours instead of ImGui's, which are called from here: we want keys by number, and positions in physical pixels.
void GlfwWindow::listen() {
  glfwSetKeyCallback(window_, on_key);
  glfwSetDropCallback(window_, on_drop);
  glfwSetCharCallback(window_, ImGui_ImplGlfw_CharCallback);
  glfwSetMouseButtonCallback(window_, ImGui_ImplGlfw_MouseButtonCallback);
  glfwSetScrollCallback(window_, ImGui_ImplGlfw_ScrollCallback);
  glfwSetWindowFocusCallback(window_, ImGui_ImplGlfw_WindowFocusCallback);
  glfwSetCursorEnterCallback(window_, ImGui_ImplGlfw_CursorEnterCallback);
#if IMGUI_VERSION_NUM >= 18700
  glfwSetCursorPosCallback(window_, [](GLFWwindow* window, double x, double y) {
    const double ratio = of(window).pixels_per_unit();
    ImGui_ImplGlfw_CursorPosCallback(window, x * ratio, y * ratio);
  });
#endif
}

GlfwWindow::Size GlfwWindow::size() const {
  Size size;
  glfwGetWindowSize(window_, &size.width, &size.height);
  return size;
}

GlfwWindow::Size GlfwWindow::physical() const {
  Size size;
  glfwGetFramebufferSize(window_, &size.width, &size.height);
  return size;
}

float GlfwWindow::content_scale() const {
  float scale = 1, unused = 1;
  glfwGetWindowContentScale(window_, &scale, &unused);
  return scale;
}

float GlfwWindow::pixels_per_unit() const {
  const int units = size().width;
  return units > 0 ? static_cast<float>(physical().width) / static_cast<float>(units) : 1;
}

void GlfwWindow::begin_frame(bool fonts_are_new) {
  renderer_->begin_frame(fonts_are_new);
  ImGui_ImplGlfw_NewFrame();
  ImGuiIO& io = ImGui::GetIO();
  const Size pixels = physical();
  io.DisplaySize = {static_cast<float>(pixels.width), static_cast<float>(pixels.height)};
  io.DisplayFramebufferScale = {1, 1};
#if IMGUI_VERSION_NUM < 18700
  if (io.MousePos.x > -1e6F) {  // not "nowhere"
    io.MousePos = {io.MousePos.x * pixels_per_unit(), io.MousePos.y * pixels_per_unit()};
  }
#endif
}

bool GlfwWindow::show(std::uint32_t background) {
  const Size pixels = physical();
  canvas_->resize(std::max(pixels.width, 1), std::max(pixels.height, 1));
  renderer_->draw(ImGui::GetDrawData(), *canvas_, background);
  canvas_->copy_to_window();
  glfwSwapBuffers(window_);
  return !graphics_restarted();
}

}  // namespace platform
