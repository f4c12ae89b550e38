#include "tests/ui_driver.h"

#include <imgui.h>

#include <cfloat>

#include "ui/window/draw/fonts.h"

namespace tests {

// Since 1.87 Dear ImGui takes input as events, and hands them on one kind a frame; before, it reads what stands in io.
void Injector::move(draw::Point at) const {
#if IMGUI_VERSION_NUM >= 18700
  ImGui::GetIO().AddMousePosEvent(at.x * scale_, at.y * scale_);
#else
  ImGui::GetIO().MousePos = ImVec2(at.x * scale_, at.y * scale_);
#endif
}

void Injector::leave() const {
#if IMGUI_VERSION_NUM >= 18700
  ImGui::GetIO().AddMousePosEvent(-FLT_MAX, -FLT_MAX);
#else
  ImGui::GetIO().MousePos = ImVec2(-FLT_MAX, -FLT_MAX);
#endif
}

void Injector::button(int which, bool down) const {
#if IMGUI_VERSION_NUM >= 18700
  ImGui::GetIO().AddMouseButtonEvent(which, down);
#else
  ImGui::GetIO().MouseDown[which] = down;
#endif
}

void Injector::wheel(float notches) const {
#if IMGUI_VERSION_NUM >= 18700
  ImGui::GetIO().AddMouseWheelEvent(0, notches);
#else
  ImGui::GetIO().MouseWheel = notches;
#endif
}

void Injector::text(const std::string& utf8) const { ImGui::GetIO().AddInputCharactersUTF8(utf8.c_str()); }

const draw::WidgetInfo* Hand::seen(std::string_view name) const {
  const draw::WidgetInfo* widget = state_.find(name);
  return widget == nullptr || widget->seen.empty() ? nullptr : widget;
}

void Hand::move(draw::Point at) {
  injector_.move(at);
  frame_();
}

void Hand::press(draw::Point at) {
  move(at);
  injector_.button(0, true);
  frame_();
  injector_.button(0, false);
  frame_();
}

void Hand::leave() {
  injector_.leave();
  frame_();
}

bool Hand::hover(std::string_view name) {
  const draw::WidgetInfo* widget = seen(name);
  if (widget == nullptr) {
    return false;
  }
  move(widget->seen.center());
  return true;
}

bool Hand::press_at(std::string_view name, int button, int times) {
  if (!hover(name)) {
    return false;
  }
  for (int i = 0; i < times; ++i) {
    injector_.button(button, true);
    frame_();
    injector_.button(button, false);
    frame_();
  }
  frame_();  // a menu tells in the next frame what was chosen
  return true;
}

bool Hand::click(std::string_view name) { return press_at(name, 0, 1); }
bool Hand::right_click(std::string_view name) { return press_at(name, 1, 1); }
bool Hand::double_click(std::string_view name) { return press_at(name, 0, 2); }

bool Hand::drag(std::string_view name, draw::Point from_share, draw::Point to_share) {
  const draw::WidgetInfo* widget = seen(name);
  if (widget == nullptr) {
    return false;
  }
  const draw::Rect box = widget->box;
  const auto at = [&](float share) {
    const draw::Point s{from_share.x + (to_share.x - from_share.x) * share,
                        from_share.y + (to_share.y - from_share.y) * share};
    return draw::Point{box.x + s.x * box.w, box.y + s.y * box.h};
  };
  move(at(0));
  injector_.button(0, true);
  frame_();
  constexpr int kSteps = 4;
  for (int i = 1; i <= kSteps; ++i) {
    move(at(static_cast<float>(i) / kSteps));
  }
  injector_.button(0, false);
  frame_();
  return true;
}

bool Hand::wheel(std::string_view name, float notches) {
  if (!hover(name)) {
    return false;
  }
  injector_.wheel(notches);
  frame_();
  frame_();
  return true;
}

void Hand::type(const std::string& utf8) {
  injector_.text(utf8);
  frame_();
  frame_();
}

UiDriver::UiDriver(int width, int height, float scale, draw::Theme theme, scope::Language language, Frame frame)
    : strings_(scope::Strings::load(ATTOSCOPE_SOURCE_ASSETS "/strings")),
      context_(ImGui::CreateContext()),
      outer_(ImGui::GetCurrentContext()),
      scale_(scale),
      window_{0, 0, static_cast<float>(width), static_cast<float>(height)},
      palette_(draw::palette(theme)),
      draw_(std::move(frame)),
      hand_(state_, scale, [this] { this->frame(); }) {
  outer_ = outer_ == context_ ? nullptr : outer_;
  ImGui::SetCurrentContext(context_);
  strings_.use(language);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.MousePos = ImVec2(-FLT_MAX, -FLT_MAX);
}

UiDriver::~UiDriver() {
  ImGui::SetCurrentContext(context_);
  ImGui::DestroyContext(context_);
  ImGui::SetCurrentContext(outer_);
}

void UiDriver::frame(int count) {
  ImGui::SetCurrentContext(context_);
  for (int i = 0; i < count; ++i) {
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(window_.w * scale_, window_.h * scale_);
    io.DeltaTime = 1.0F / 60;
#if IMGUI_VERSION_NUM >= 19200
    io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
#endif
    const bool fonts_are_new = draw::build_fonts(scale_, strings_.language() == scope::Language::zh);
    if (before_frame) {
      before_frame(fonts_are_new);
    }
    ImGui::NewFrame();
    log_.clear();
    draw::Painter painter(ImGui::GetBackgroundDrawList(), palette_, scale_, &log_);
    draw::Ui ui(state_, painter, strings_);
    painter.fill(window_, palette_.panel);
    draw_(ui, window_);
    ui.finish(window_);
    ImGui::Render();
    if (after_frame) {
      after_frame();
    }
  }
}

bool UiDriver::key(draw::UiKey key, bool shift) {
  const bool taken = draw::handle_key(state_, key, shift);
  frame();
  frame();
  return taken;
}

bool UiDriver::tab_to(std::string_view name) {
  for (std::size_t i = 0; i <= state_.widgets.size() && state_.focused != name; ++i) {
    key(draw::UiKey::tab);
  }
  return state_.focused == name;
}

bool UiDriver::shows(std::string_view words, int layer) const {
  for (const draw::LogEntry& entry : log_) {
    if (entry.kind == draw::LogEntry::Kind::text && entry.text.find(words) != std::string::npos &&
        (layer < 0 || entry.layer == layer)) {
      return true;
    }
  }
  return false;
}

}  // namespace tests
