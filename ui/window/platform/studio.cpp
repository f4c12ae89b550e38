#include "ui/window/platform/studio.h"

#include <imgui.h>

#include <cfloat>
#include <optional>
#include <utility>

#include "ui/window/draw/svg.h"
#include "ui/window/platform/offscreen.h"

namespace platform {

namespace {

// Layouts that depend on what was drawn before (heights of scrolled contents) rest after so many frames.
constexpr int kRestFrames = 3;

std::uint32_t packed(draw::Color color) {
  return std::uint32_t{color.r} << 16 | std::uint32_t{color.g} << 8 | std::uint32_t{color.b};
}

}  // namespace

struct Studio::Screen {
  std::optional<Offscreen> gl;
};

Studio::Studio(app::Options options, int width, int height, float scale, bool pixels)
    : context_(ImGui::CreateContext()),
      screen_(std::make_unique<Screen>()),
      width_(width),
      height_(height),
      scale_(scale) {
  try {
    ImGui::GetIO().IniFilename = nullptr;
    ImGui::GetIO().MousePos = {-FLT_MAX, -FLT_MAX};
    app_ = std::make_unique<app::App>(std::move(options));
    app_->set_log(&log_);
    if (pixels) {
      screen_->gl.emplace(width, height);
    }
#if IMGUI_VERSION_NUM >= 19200
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
#endif
  } catch (...) {
    screen_.reset();
    ImGui::DestroyContext(context_);
    throw;
  }
}

Studio::~Studio() {
  ImGui::SetCurrentContext(context_);
  app_.reset();
  screen_.reset();
  ImGui::DestroyContext(context_);
}

void Studio::resize(int width, int height, float scale) {
  width_ = width;
  height_ = height;
  scale_ = scale;
  if (screen_->gl) {
    screen_->gl->resize(width, height);
  }
}

void Studio::frame(double seconds, std::span<const app::KeyPress> keys) {
  ImGui::SetCurrentContext(context_);
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {static_cast<float>(width_), static_cast<float>(height_)};
  io.DeltaTime = 1.0F / 60;
  const bool fonts_are_new = app_->prepare(io.DisplaySize.x, io.DisplaySize.y, scale_);
  if (screen_->gl) {
    screen_->gl->begin_frame(fonts_are_new);
  }
  ImGui::NewFrame();
  app_->frame(seconds, keys);
  ImGui::Render();
}

void Studio::settle() {
  app_->settle();
  for (int n = 0; n < kRestFrames || (app_->view().tab == scope::Tab::sweep && app_->sweeping() && n < 64); ++n) {
    frame();
    app_->settle();
  }
}

std::vector<std::uint8_t> Studio::picture() {
  ImGui::SetCurrentContext(context_);
  return screen_->gl->pixels(ImGui::GetDrawData(), packed(draw::palette(app_->settings().theme).background));
}

draw::Rect Studio::window() const {
  const float scale = app_->scale();
  return {0, 0, static_cast<float>(width_) / scale, static_cast<float>(height_) / scale};
}

std::string Studio::svg() const {
  return draw::to_svg(log_, window().w, window().h, draw::palette(app_->settings().theme).background);
}

std::vector<draw::Finding> Studio::audit() const { return draw::audit(log_, window()); }

}  // namespace platform
