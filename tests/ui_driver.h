// Draws frames of the window without a screen, and does with them what a user does: by the names of widgets, so that no
// test knows a coordinate.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ui/scope/strings.h"
#include "ui/window/draw/painter.h"
#include "ui/window/draw/ui.h"

struct ImGuiContext;

namespace tests {

/// The pointer, the wheel and text, into Dear ImGui's current context, before its next NewFrame. Px at scale 1.
class Injector {
 public:
  explicit Injector(float scale) : scale_(scale) {}
  void move(draw::Point at) const;
  void leave() const;  ///< the pointer is nowhere
  void button(int which, bool down) const;
  void wheel(float notches) const;
  void text(const std::string& utf8) const;

 private:
  float scale_;
};

/// The user's acts, on anything that draws frames and keeps its widgets in a UiState. Each ends when the frame that
/// answers it is drawn.
class Hand {
 public:
  Hand(const draw::UiState& state, float scale, std::function<void()> frame)
      : state_(state), injector_(scale), frame_(std::move(frame)) {}

  /// False, and nothing done, if no widget that is seen has the name.
  bool click(std::string_view name);
  bool right_click(std::string_view name);
  bool double_click(std::string_view name);
  bool hover(std::string_view name);
  /// From a share of the widget's width and of its height, to another, in a few steps.
  bool drag(std::string_view name, draw::Point from_share, draw::Point to_share);
  bool wheel(std::string_view name, float notches);
  void move(draw::Point at);
  void press(draw::Point at);
  void leave();
  void type(const std::string& utf8);

 private:
  const draw::WidgetInfo* seen(std::string_view name) const;
  bool press_at(std::string_view name, int button, int times);

  const draw::UiState& state_;
  Injector injector_;
  std::function<void()> frame_;
};

/// One Ui that a function fills: for tests of widgets and of single panels.
class UiDriver {
 public:
  using Frame = std::function<void(draw::Ui& ui, draw::Rect window)>;
  /// `width`, `height`: px at scale 1.
  UiDriver(int width, int height, float scale, draw::Theme theme, scope::Language language, Frame frame);
  ~UiDriver();
  UiDriver(const UiDriver&) = delete;
  UiDriver& operator=(const UiDriver&) = delete;

  void frame(int count = 1);
  bool click(std::string_view name) { return hand_.click(name); }
  bool hover(std::string_view name) { return hand_.hover(name); }
  bool drag(std::string_view name, float from_share, float to_share) {
    return hand_.drag(name, {from_share, 0.5F}, {to_share, 0.5F});
  }
  /// What handle_key says; then a frame.
  bool key(draw::UiKey key, bool shift = false);
  bool tab_to(std::string_view name);  ///< Tab until the widget has the focus
  void type(const std::string& utf8) { hand_.type(utf8); }
  Hand& hand() { return hand_; }

  const draw::Log& log() const { return log_; }  ///< of the last frame
  draw::UiState& state() { return state_; }
  draw::Rect window() const { return window_; }
  /// Whether a text with these words was drawn; on this layer, or on any if negative.
  bool shows(std::string_view words, int layer = -1) const;
  /// Called instead of throwing the frame away, with the size in physical px (pictures).
  std::function<void(bool fonts_are_new)> before_frame;
  std::function<void()> after_frame;

 private:
  scope::Strings strings_;  // first: loading them may throw
  ImGuiContext* context_;
  ImGuiContext* outer_;
  float scale_;
  draw::Rect window_;
  const draw::Palette& palette_;
  Frame draw_;
  draw::UiState state_;
  draw::Log log_;
  Hand hand_;
};

}  // namespace tests
