// Commands, from keys, the palette and buttons.
#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "ui/window/app/app.h"
#include "ui/window/app/overlays.h"
#include "ui/window/views/dock.h"

namespace app {

namespace {

struct StepCommand {
  std::string_view name;
  scope::StepUnit unit;
  int direction;
};
using scope::StepUnit;
constexpr std::array<StepCommand, 10> kSteps = {{{"op_forward", StepUnit::op, 1},
                                                 {"op_back", StepUnit::op, -1},
                                                 {"tile_forward", StepUnit::tile, 1},
                                                 {"tile_back", StepUnit::tile, -1},
                                                 {"iteration_forward", StepUnit::iteration, 1},
                                                 {"iteration_back", StepUnit::iteration, -1},
                                                 {"block_forward", StepUnit::block, 1},
                                                 {"block_back", StepUnit::block, -1},
                                                 {"kernel_forward", StepUnit::kernel, 1},
                                                 {"kernel_back", StepUnit::kernel, -1}}};

// Seconds that one op is stretched over when stepped (VISUAL, Motion).
double op_seconds(sim::OpKind kind) {
  switch (kind) {
    case sim::OpKind::load:
    case sim::OpKind::gather:
    case sim::OpKind::store:
    case sim::OpKind::reduce_add: return 0.45;
    case sim::OpKind::matmul:
    case sim::OpKind::exp:
    case sim::OpKind::exp_diff: return 0.35;
    case sim::OpKind::row_max:
    case sim::OpKind::max: return 0.25;
    default: return 0.3;
  }
}

std::optional<draw::UiKey> widget_key(const KeyPress& press) {
  switch (press.key) {
    case 32: return draw::UiKey::space;
    case 256: return draw::UiKey::escape;
    case 257: return draw::UiKey::enter;
    case 258: return draw::UiKey::tab;
    case 262: return draw::UiKey::right;
    case 263: return draw::UiKey::left;
    case 264: return draw::UiKey::down;
    case 265: return draw::UiKey::up;
    default: return std::nullopt;
  }
}

}  // namespace

void App::handle_keys(std::span<const KeyPress> keys) {
  for (const KeyPress& press : keys) {
    const auto widget = widget_key(press);
    if (palette_open_ && palette_key(press)) {
      continue;
    }
    if (widget && !press.ctrl && !press.alt && draw::handle_key(ui_, *widget, press.shift)) {
      continue;
    }
    const bool typing = !ui_.editing.empty();
    if (typing && !press.ctrl && press.key < 290 && press.key != 256) {
      continue;  // letters belong to the text
    }
    if (lesson_key(press)) {
      continue;
    }
    if (const Command* command = keys_.find(press)) {
      run_command(command->name);
    }
  }
}

void App::run_command(std::string_view name) {
  if (lesson_command(name) || panel_command(name) || view_command(name) || file_command(name) || size_command(name)) {
    return;
  }
  if (run_) {
    step_command(name) || place_command(name);
  }
}

void App::step(scope::StepUnit unit, int direction) {
  if (glide_) {
    view_.cursor = glide_->to;
    glide_.reset();
  }
  view_.playing = false;
  const scope::Cursor next = scope::step(*run_, view_.cursor, unit, direction);
  const scope::At at = run_->at(direction > 0 ? next : view_.cursor);
  const auto trace = run_->trace(at.kernel, at.block);
  const double stretch = std::min(1.0, 5 / std::max(view_.speed, 0.25));
  const double seconds = unit == StepUnit::op ? op_seconds(trace->trace->ops[at.op].kind) * stretch : 0.3 * stretch;
  glide_to(next, view_.speed > 25 ? 0 : seconds);
}

void App::resume(int direction) {
  view_.playing = false;
  glide_.reset();
  if (const auto hit = scope::run_to(*run_, view_.cursor, view_.breakpoints, direction)) {
    view_.cursor = hit->cursor;
    say(std::string("break.") + std::string(scope::name_of(view_.breakpoints[hit->breakpoint].kind)));
  } else {
    view_.cursor.t_us = direction > 0 ? run_->end_us() : 0;
    say(view_.breakpoints.empty() ? "notice.no_breakpoints" : "notice.no_hit");
  }
}

bool App::step_command(std::string_view name) {
  for (const StepCommand& command : kSteps) {
    if (name == command.name) {
      step(command.unit, command.direction);
      return true;
    }
  }
  if (name == "play") {
    view_.playing = !view_.playing;
    view_.cursor.t_us = view_.playing && view_.cursor.t_us >= run_->end_us() ? 0 : view_.cursor.t_us;
    glide_.reset();
  } else if (name == "failure_moment") {
    glide_.reset();
    view_.playing = false;
    view_.cursor = failure_ ? failure_moment_ : view_.cursor;
  } else if (name == "step_forward" || name == "step_back") {
    step(view_.unit, name == "step_forward" ? 1 : -1);
  } else if (name == "to_start" || name == "to_end") {
    glide_.reset();
    view_.playing = false;
    view_.cursor.t_us = name == "to_start" ? 0 : run_->end_us();
  } else if (name == "continue" || name == "continue_back") {
    resume(name == "continue" ? 1 : -1);
  } else if (name == "last_writer") {
    to_last_writer();
  } else {
    return false;
  }
  return true;
}

void App::to_last_writer() {
  glide_.reset();
  const scope::Frame frame = scope::frame_at(*run_, view_.cursor);
  std::optional<scope::Cursor> writer;
  for (const scope::OnChip& tile : frame.tiles) {
    const bool chosen = view_.chosen.kind == scope::Chosen::Kind::tile ? tile.tile->name == view_.chosen.name
                                                                       : tile.tile->family == scope::Family::o;
    writer = chosen && !writer ? scope::last_writer(*run_, view_.cursor, tile.tile->id) : writer;
  }
  if (const sim::TensorInfo* tensor = run_->plan().find(view_.chosen.name);
      tensor != nullptr && view_.chosen.kind == scope::Chosen::Kind::tensor) {
    writer = scope::last_writer(*run_, view_.cursor, tensor->tensor.id, view_.chosen.row, view_.chosen.col);
  }
  writer ? void(view_.cursor = *writer) : say("notice.no_writer");
}

bool App::place_command(std::string_view name) {
  const auto number = [&](std::string_view prefix) {
    return name.rfind(prefix, 0) == 0 ? static_cast<std::size_t>(name.back() - '1') : 9U;
  };
  if (const std::size_t n = number("set_bookmark_"); n < 9) {
    view_.bookmarks.resize(std::max(view_.bookmarks.size(), n + 1), {-1, ""});
    view_.bookmarks[n] = {view_.cursor.t_us, ""};
    say("notice.bookmark_set", std::string(1, static_cast<char>('1' + n)));
  } else if (const std::size_t to = number("bookmark_"); to < 9) {
    if (to < view_.bookmarks.size() && view_.bookmarks[to].t_us >= 0) {
      view_.cursor.t_us = std::min(view_.bookmarks[to].t_us, run_->end_us());
      glide_.reset();
    } else {
      say("notice.no_bookmark", std::string(1, static_cast<char>('1' + to)));
    }
  } else if (name == "break_here") {
    const auto here = [&](const scope::Breakpoint& b) {
      return b.kind == scope::BreakKind::at_time && b.t_us == view_.cursor.t_us;
    };
    if (std::erase_if(view_.breakpoints, here) == 0) {
      view_.breakpoints.push_back({scope::BreakKind::at_time, true, 0, "", 0, view_.cursor.t_us});
    }
  } else if (name == "next_sm" || name == "previous_sm") {
    const int count = run_->machine().chip.sm_count;
    view_.cursor.place.sm = (view_.cursor.place.sm + (name == "next_sm" ? 1 : count - 1)) % count;
  } else if (name == "row_down" || name == "row_up") {
    const scope::At at = run_->at(view_.cursor);
    const std::int32_t first = at.index * run_->schedule().block_q;
    const std::int32_t row = (view_.row < 0 ? first : view_.row) + (name == "row_down" ? 1 : -1);
    view_.row = std::clamp(row, 0, std::max(0, run_->problem().seqlen_q - 1));
  } else {
    return false;
  }
  return true;
}

void App::zoom_timeline(double factor, double shift) {
  if (!run_) {
    return;
  }
  const auto window = views::timeline_window(*run_, scope::frame_at(*run_, view_.cursor), view_);
  const double t = view_.cursor.t_us;
  const double center = t >= window.first && t <= window.second ? t : (window.first + window.second) / 2;
  views::move_timeline(*run_, window, factor, center, shift, view_);
}

bool App::view_command(std::string_view name) {
  if (name == "zoom_in" || name == "zoom_out") {
    zoom_timeline(name == "zoom_in" ? 0.5 : 2, 0);
  } else if (name == "pan_left" || name == "pan_right") {
    zoom_timeline(1, name == "pan_left" ? -0.25 : 0.25);
  } else if (name == "whole_timeline") {
    view_.from_us = view_.to_us = 0;
    view_.zoom = 1;
    view_.zoomed.clear();
  } else if (name == "all_heads") {
    view_.all_heads = !view_.all_heads;
  } else if (name == "projector") {
    settings_.theme = settings_.theme == draw::Theme::projector ? draw::Theme::light : draw::Theme::projector;
  } else if (name == "theme") {
    settings_.theme = settings_.theme == draw::Theme::dark ? draw::Theme::light : draw::Theme::dark;
  } else if (name == "language") {
    settings_.language = settings_.language == scope::Language::en ? scope::Language::zh : scope::Language::en;
  } else if (name == "scale_up" || name == "scale_down") {
    settings_.scale = std::clamp(settings_.scale * (name == "scale_up" ? 1.1F : 1 / 1.1F), kScaleMin, kScaleMax);
  } else if (name == "scale_reset") {
    settings_.scale = 1;
  } else if (name == "reduced_motion") {
    settings_.reduced_motion = !settings_.reduced_motion;
  } else if (name == "faster" || name == "slower") {
    view_.speed = next_speed(view_.speed, name == "faster" ? 1 : -1);
  } else {
    return false;
  }
  return true;
}

bool App::panel_command(std::string_view name) {
  if (name.rfind("tab_", 0) == 0 && name != "tab_over_stage") {
    for (int tab = 0; tab < scope::kTabs; ++tab) {
      if (name.substr(4) == scope::name_of(static_cast<scope::Tab>(tab))) {
        view_.tab = static_cast<scope::Tab>(tab);
        set_dock_open(true);
        return true;
      }
    }
    return false;
  }
  if (name == "compare") {
    view_.comparing = !view_.comparing;
  } else if (name == "align") {
    view_.align = view_.align == scope::Align::time ? scope::Align::work : scope::Align::time;
  } else if (name == "left_panel") {
    bool& open = player_.lesson() != nullptr ? player_.controls : view_.left_open;
    open = !open;
  } else if (name == "right_panel") {
    next_right_panel();
  } else if (name == "close_tab") {
    set_dock_open(false);
    view_.tab_over_stage = false;
  } else if (name == "tab_over_stage") {
    view_.tab_over_stage = !view_.tab_over_stage;
    set_dock_open(true);
  } else if (name == "reset_layout") {
    settings_.panels = {};
    view_.left_open = view_.dock_open = true;
    view_.tab_over_stage = false;
  } else if (name == "help") {
    help_open_ = !help_open_;
  } else if (name == "palette") {
    palette_open_ = !palette_open_;
    palette_text_.clear();
    palette_row_ = 0;
  } else if (name == "clear") {
    clear();
  } else if (name == "quit") {
    quit_ = true;
  } else {
    return false;
  }
  return true;
}

// What Esc closes: the topmost thing first.
void App::clear() {
  if (palette_open_ || help_open_) {
    palette_open_ = help_open_ = false;
  } else if (notice_) {
    notice_.reset();
  } else if (player_.course_open || player_.contents || player_.controls) {
    (player_.course_open ? player_.course_open : player_.contents ? player_.contents : player_.controls) = false;
  } else if (view_.tab_over_stage) {
    view_.tab_over_stage = false;
  } else if (layout_now().dock_over_stage) {
    set_dock_open(false);
  } else if (layout_now().left_is_drawer) {
    view_.left_open = !view_.left_open;
  } else if (!view_.zoomed.empty() || view_.zoom != 1) {
    view_.zoom = 1;
    view_.zoomed.clear();
  } else {
    view_.chosen = {};
  }
}

// Whether the dock is open counts from what the size starts with: open where there is room.
void App::set_dock_open(bool open) {
  if ((layout_now().dock.empty() ? false : true) != open) {
    view_.dock_open = !view_.dock_open;
  }
}

void App::next_right_panel() {
  view_.right = view_.right == "program" ? "state" : view_.right == "state" ? "softmax" : "program";
}

bool App::size_command(std::string_view name) {
  if (name.rfind("size_", 0) != 0) {
    return false;
  }
  open_file(options_.assets + "/scenarios/" + std::string(name.substr(5)) + ".toml");
  return true;
}

// Up, down and Enter choose among the palette's hits; letters go to its field.
bool App::palette_key(const KeyPress& press) {
  const std::vector<const Command*> hits = matching(strings_, palette_text_);
  constexpr int kEnter = 257, kDown = 264, kUp = 265;
  if (press.key == kEnter && !hits.empty()) {
    palette_open_ = false;
    run_command(hits[std::min(static_cast<std::size_t>(palette_row_), hits.size() - 1)]->name);
  } else if (press.key == kDown || press.key == kUp) {
    palette_row_ = std::clamp(palette_row_ + (press.key == kDown ? 1 : -1), 0, static_cast<int>(hits.size()) - 1);
  } else {
    palette_row_ = press.key < 256 ? 0 : palette_row_;
    return press.key < 256 && !press.ctrl && !press.alt;
  }
  return true;
}

bool App::file_command(std::string_view name) {
  try {
    if (name == "copy_scenario") {
      if (options_.hooks.set_clipboard) {
        options_.hooks.set_clipboard(sim::to_toml(present()));
        say("notice.scenario_copied");
      }
    } else if (name == "paste_scenario") {
      if (options_.hooks.get_clipboard) {
        open_text(options_.hooks.get_clipboard(), std::string(strings_.get("notice.clipboard")));
      }
    } else if (name == "save_scenario" && options_.files) {
      const std::string path = options_.folder + "/attoscope.toml";
      sim::write_file(path, sim::to_toml(present()));
      say("notice.saved", path);
    } else if (name == "save_picture" && options_.hooks.save_picture) {
      say("notice.saved", options_.hooks.save_picture("attoscope"));
    } else if (name == "save_csv") {
      save_csv();
    } else {
      return false;
    }
  } catch (const sim::Error& error) {
    complain(error.where(), error.message(), error.hint());
  }
  return true;
}

void App::save_csv() {
  if (!run_) {
    return;
  }
  views::Actions actions;
  if (view_.tab == scope::Tab::timeline) {
    const bool whole = view_.to_us <= view_.from_us;
    actions.csv = scope::csv_timeline(*run_, whole ? 0 : view_.from_us, whole ? run_->end_us() : view_.to_us,
                                      view_.cursor.place.sm);
  } else if (view_.tab == scope::Tab::sweep && sweep_) {
    actions.csv = scope::csv_sweep(*sweep_);
  } else if (view_.tab == scope::Tab::measured && !measured_.empty()) {
    actions.csv = scope::csv_measured(measured_.front().points);
  } else {
    actions.csv = scope::csv_bytes(*run_, scope::frame_at(*run_, view_.cursor));
  }
  carry_out(actions);
}

}  // namespace app
