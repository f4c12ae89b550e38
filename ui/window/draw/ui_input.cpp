// One line of text. Dear ImGui edits it (selection, clipboard, undo, input methods) in a window of its own that shows
// nothing; what is seen is painted here, so that it stands in its layer, in the log, and never blinks.
#include <algorithm>
#include <array>
#include <cstring>

#include "ui/window/draw/imgui_compat.h"
#include "ui/window/draw/ui.h"

namespace draw {
namespace {

constexpr float kRadius = 6, kPadding = 10;
constexpr std::size_t kBytesMax = 1024;
const TextStyle kStyle{16};

int note_caret(ImGuiInputTextCallbackData* data) {
  UiState& state = *static_cast<UiState*>(data->UserData);
  state.caret = data->CursorPos;
  state.selection_from = std::min(data->SelectionStart, data->SelectionEnd);
  state.selection_to = std::max(data->SelectionStart, data->SelectionEnd);
  return 0;
}

// Same metrics as the painted text, so that a click finds the right character.
void push_text_font(const SizedFont& font) {
#if IMGUI_VERSION_NUM >= 19200
  ImGui::PushFont(font.font, font.px);
#else
  ImGui::PushFont(font.font);
  ImGui::SetWindowFontScale(font.px / font.font->FontSize);
#endif
}

}  // namespace

void Ui::edit(std::string_view name, const Rect& inner, std::string& text) {
  std::array<char, kBytesMax> buffer{};
  std::memcpy(buffer.data(), text.data(), std::min(text.size(), kBytesMax - 1));
  const float s = p.scale();
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, vec(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, vec(1, 1));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, vec(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_Alpha, 0.001F);  // 0 would make ImGui skip the window
  ImGui::SetNextWindowPos(vec(inner.x * s, inner.y * s));
  ImGui::SetNextWindowSize(vec(inner.w * s, inner.h * s));
  constexpr ImGuiWindowFlags kFlags = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoBackground |
                                      ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                                      ImGuiWindowFlags_NoNav;
  ImGui::Begin("##draw.input", nullptr, kFlags);
  const SizedFont font = font_for(kStyle, s);
  if (font.font != nullptr) {
    push_text_font(font);
  }
  ImGui::SetNextItemWidth(inner.w * s);
  if (state.editing_begins) {
    ImGui::SetWindowFocus();
    ImGui::SetKeyboardFocusHere();
  }
  ImGui::PushID(name.data(), name.data() + name.size());
  ImGui::InputText("##text", buffer.data(), buffer.size(), ImGuiInputTextFlags_CallbackAlways, note_caret, &state);
  state.editing_begins = !state.editing_begins && !ImGui::IsItemActive();
  ImGui::PopID();
  if (font.font != nullptr) {
    ImGui::PopFont();
  }
  ImGui::End();
  ImGui::PopStyleVar(4);
  text = buffer.data();
}

void Ui::paint_text(const Rect& inner, const std::string& text, bool editing) {
  const Palette& c = colors();
  const auto x_of = [&](int byte) {
    return p.width_of(std::string_view(text).substr(0, static_cast<std::size_t>(byte)), kStyle);
  };
  const auto clamped = [&](int byte) { return std::clamp(byte, 0, static_cast<int>(text.size())); };
  const float caret = x_of(clamped(state.caret));
  float scroll = 0;
  if (editing) {  // as ImGui scrolls, by a quarter of the width
    if (caret < state.text_scroll) {
      state.text_scroll = std::max(0.0F, caret - inner.w / 4);
    } else if (caret - inner.w >= state.text_scroll) {
      state.text_scroll = caret - inner.w * 0.75F;
    }
    scroll = state.text_scroll;
  }
  const float left = inner.x - scroll;
  p.push_clip({inner.x - 1, inner.y, inner.w + 3, inner.h});
  const int from = clamped(state.selection_from), to = clamped(state.selection_to);
  if (editing && to > from) {
    p.fill({left + x_of(from), inner.y, x_of(to) - x_of(from), inner.h}, blend(c.ink, 0.2F, c.panel));
  }
  p.set_may_be_cut(true);
  p.text({left, inner.y}, text, kStyle, c.ink);
  p.set_may_be_cut(!scrolls_.empty());
  if (editing) {
    p.fill({left + caret - 1, inner.y, 1.5F, inner.h}, c.ink);
  }
  p.pop_clip();
}

bool Ui::input(std::string_view name, const Rect& box, std::string& text, std::string_view hint, bool focus) {
  const Look look = use(name, box);
  const bool walked_to = look.focused && state.reveal_focus;
  const bool starts = look.activated || walked_to || focus || (look.held && state.pointer.pressed);
  if (starts && state.editing != name) {
    state.editing = name;
    state.editing_begins = true;
    state.text_scroll = 0;
    state.caret = state.selection_from = state.selection_to = 0;
  }
  const bool editing = state.editing == name;
  const Palette& c = colors();
  p.fill(box, c.panel, kRadius);
  p.frame(box, editing || look.hovered ? c.ink : c.edge, editing ? 2.0F : 1.0F, kRadius);
  if (look.hovered) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_TextInput);
  }
  const float height = line_height(kStyle);
  const Rect inner{box.x + kPadding, box.center().y - height / 2, box.w - 2 * kPadding, height};
  bool entered = false;
  if (editing) {
    state.editing_forced = focus;
    edit(name, inner, text);
    const auto enter = std::find(state.keys.begin(), state.keys.end(), UiKey::enter);
    entered = enter != state.keys.end();
    if (entered) {
      state.keys.erase(enter);
      state.editing = focus ? state.editing : "";
    }
  }
  if (text.empty() && !hint.empty()) {
    p.text_within({inner.x, inner.y}, inner.w, hint, kStyle, c.ink3);
  }
  paint_text(inner, text, editing);
  if (look.focused && !editing) {
    focus_ring(box, kRadius);
  }
  return entered;
}

}  // namespace draw
