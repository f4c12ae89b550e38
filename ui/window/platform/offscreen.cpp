#include "ui/window/platform/offscreen.h"

#include <epoxy/egl.h>

#include <array>
#include <optional>

#include "sim/base/error.h"
#include "ui/window/platform/gl.h"

namespace platform {
namespace {

constexpr const char* kNeeds =
    "pictures need EGL with OpenGL 3.3; Mesa's software renderer is enough: install libegl1 and libgl1-mesa-dri";

// Mesa without any display; else the first graphics card; else whatever EGL thinks of.
EGLDisplay open_display() {
  std::vector<EGLDisplay> displays;
  if (epoxy_has_egl_extension(EGL_NO_DISPLAY, "EGL_MESA_platform_surfaceless")) {
    displays.push_back(eglGetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr));
  }
  if (epoxy_has_egl_extension(EGL_NO_DISPLAY, "EGL_EXT_platform_device") &&
      epoxy_has_egl_extension(EGL_NO_DISPLAY, "EGL_EXT_device_enumeration")) {
    std::array<EGLDeviceEXT, 16> devices{};
    EGLint count = 0;
    if (eglQueryDevicesEXT(static_cast<EGLint>(devices.size()), devices.data(), &count) == EGL_TRUE) {
      for (EGLint i = 0; i < count; ++i) {
        displays.push_back(eglGetPlatformDisplayEXT(EGL_PLATFORM_DEVICE_EXT, devices[i], nullptr));
      }
    }
  }
  displays.push_back(eglGetDisplay(EGL_DEFAULT_DISPLAY));
  for (EGLDisplay display : displays) {
    if (display != EGL_NO_DISPLAY && eglInitialize(display, nullptr, nullptr) == EGL_TRUE) {
      return display;
    }
  }
  throw sim::Error("graphics", "EGL could not be started", kNeeds);
}

}  // namespace

struct Offscreen::Gl {
  EGLDisplay display = EGL_NO_DISPLAY;
  EGLContext context = EGL_NO_CONTEXT;
  std::optional<Canvas> canvas;
  std::optional<Renderer> renderer;

  Gl() {
    if (!epoxy_has_egl()) {
      throw sim::Error("graphics", "there is no EGL library", kNeeds);
    }
    // Kept for ever: ImGui keeps pointers to functions of the driver, which ends with the last display.
    static const EGLDisplay kDisplay = open_display();
    display = kDisplay;
    try {
      open_context();
      canvas.emplace();
      renderer.emplace();
    } catch (...) {
      close();
      throw;
    }
  }
  ~Gl() { close(); }

  void open_context() {
    constexpr EGLint kAttributes[] = {
        EGL_CONTEXT_MAJOR_VERSION,           3,       EGL_CONTEXT_MINOR_VERSION, 3, EGL_CONTEXT_OPENGL_PROFILE_MASK,
        EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT, EGL_NONE};
    if (eglBindAPI(EGL_OPENGL_API) == EGL_TRUE && epoxy_has_egl_extension(display, "EGL_KHR_no_config_context") &&
        epoxy_has_egl_extension(display, "EGL_KHR_surfaceless_context")) {
      context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, kAttributes);
    }
    if (context == EGL_NO_CONTEXT || eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context) != EGL_TRUE ||
        !has_gl33()) {
      throw sim::Error("graphics", "OpenGL 3.3 is not available without a display", kNeeds);
    }
  }

  void close() {
    if (context != EGL_NO_CONTEXT) {
      eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context);
      renderer.reset();
      canvas.reset();
      eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
      eglDestroyContext(display, context);
    }
  }
};

Offscreen::Offscreen(int width, int height) : gl_(std::make_unique<Gl>()) { resize(width, height); }
Offscreen::~Offscreen() = default;

void Offscreen::resize(int width, int height) { gl_->canvas->resize(width, height); }
int Offscreen::width() const { return gl_->canvas->width(); }
int Offscreen::height() const { return gl_->canvas->height(); }

void Offscreen::begin_frame(bool fonts_are_new) { gl_->renderer->begin_frame(fonts_are_new); }

std::vector<std::uint8_t> Offscreen::pixels(ImDrawData* data, std::uint32_t background) {
  gl_->renderer->draw(data, *gl_->canvas, background);
  return gl_->canvas->read();
}

}  // namespace platform
