// One frame: layout, panels, what lies over them.
#include <imgui.h>

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.h"
#include "ui/window/app/app.h"
#include "ui/window/app/compare.h"
#include "ui/window/app/controls.h"
#include "ui/window/app/overlays.h"
#include "ui/window/views/dock.h"
#include "ui/window/views/failure_panel.h"
#include "ui/window/views/panels.h"
#include "ui/window/views/stage.h"

namespace app {

using draw::Rect;

void App::frame(double seconds, std::span<const KeyPress> keys) {
  take_results();
  update_lesson({});
  handle_keys(keys);
  move_on(seconds);
  follow_measured();
  compute_sweep();
  if (ui_.log != nullptr) {
    ui_.log->clear();
  }
  draw::Painter painter(ImGui::GetBackgroundDrawList(), draw::palette(settings_.theme), scale(), ui_.log);
  draw_all(painter);
  follow_lesson_wishes();
  draw::collect_textures();
}

// The views' part of the frame. A fault in the picture's data is told in place; the window goes on.
void App::draw_all(draw::Painter& painter) {
  draw::Ui ui(ui_, painter, strings_);
  const Rect window{0, 0, width_px_ / scale(), height_px_ / scale()};
  painter.fill(window, ui.colors().background);
  views::Actions actions;
  const Layout at = layout_now();
  const bool flip = starts_closed();
  flip_panels(flip);
  try {
    if (run_) {
      const scope::Frame now = scope::frame_at(*run_, view_.cursor);
      views::Context context{ui, *run_, now, view_, actions, ""};
      draw_main(context, at);
    } else {
      draw_without_run(ui, window, actions);
    }
  } catch (const sim::Error& error) {
    complain(error.where(), error.message(), error.hint());
  }
  flip_panels(flip);
  draw_overlays(ui, window, actions);
  ui.finish(window);
  carry_out(actions);
}

// A lesson's panel comes first: a word under the pointer lights something on the stage.
void App::draw_main(views::Context& context, const Layout& at) {
  draw::Ui& ui = context.ui;
  draw_lesson(ui, at, context.actions);
  if (at.dock_over_stage && view_.tab_over_stage) {
    draw_tab(context, at.dock);
  } else if (!at.second_stage.empty()) {
    draw_compare(context, at);
  } else {
    draw_stage(context, at);
  }
  if (!at.right.empty() && !(at.dock_over_stage && view_.tab_over_stage)) {
    draw_right(context, at);
  }
  if (at.second_stage.empty()) {
    const scope::Chosen chosen = view_.chosen;
    views::caption_bar(context, at.caption, lesson_caption());
    view_.chosen = page_asks_for_click() ? chosen : view_.chosen;
  }
  views::scrub_bar(context, at.scrub, own_point());
  if (!at.tabs.empty()) {
    views::tab_row(context, at.tabs);
  }
  if (!at.dock.empty() && at.second_stage.empty() && !(at.dock_over_stage && view_.tab_over_stage)) {
    if (at.dock_over_stage) {
      ui.p.push_layer(ImGui::GetBackgroundDrawList());
      ui.shield(at.dock);
      ui.p.fill(at.dock, ui.colors().panel);
      ui.p.line({at.dock.x, at.dock.y}, {at.dock.right(), at.dock.y}, ui.colors().edge, 1);
    }
    draw_tab(context, at.dock);
    if (at.dock_over_stage) {
      ui.p.pop_layer();
    }
  }
  draw_left(ui, at, context.actions);
  draw_top(ui, at, context.actions);
  draw_splitters(ui, at);
}

void App::draw_stage(views::Context& context, const Layout& at) {
  const scope::Chosen chosen = view_.chosen;
  views::stage(context, at.stage, stage_options());
  take_click(chosen);
  if (failed_ || lesson_shown_greyed()) {
    const draw::Color over = context.ui.colors().background.with_alpha(0.6F);
    context.ui.p.fill(at.stage, over);  // the last valid run, greyed
  }
}

BarInput App::bar_input(const Layout& at, views::Actions& actions) {
  return {run_.get(), scenario_, view_,    settings_,  keys_,
          actions,    lists_,    screen(), at.compact, player_.lesson() != nullptr ? &page_ : nullptr};
}

void App::draw_top(draw::Ui& ui, const Layout& at, views::Actions& actions) {
  top_bar(ui, at.top, bar_input(at, actions));
  if (loader_.busy()) {
    ui.p.fill({at.top.x, at.top.bottom() - 2, at.top.w * 0.2F, 2}, ui.colors().ink);
  }
}

void App::draw_left(draw::Ui& ui, const Layout& at, views::Actions& actions) {
  if (at.left.empty() || player_.lesson() != nullptr) {
    return;
  }
  if (failure_) {
    const bool moved = !(view_.cursor == failure_moment_);
    if (const auto command = views::failure_panel(ui, at.left, *failure_, scenario_.title, moved)) {
      actions.command = command;
    }
    return;
  }
  if (at.left_is_drawer) {
    ui.p.push_layer(ImGui::GetBackgroundDrawList());
    ui.shield(at.left);
  }
  draw_controls(ui, at, actions);
  if (at.left_is_drawer) {
    ui.p.pop_layer();
  }
}

void App::draw_controls(draw::Ui& ui, const Layout& at, views::Actions& actions) {
  if (run_ && base_machine_name_ != run_->scenario().machine) {
    base_machine_name_ = run_->scenario().machine;
    base_machine_ = sim::load_machine(base_machine_name_, options_.assets);
  }
  const BarInput bar = bar_input(at, actions);
  ControlsInput in{bar, base_machine_, failed_.has_value(), "", "", ""};
  if (failed_) {
    in.where = failed_->where;
    in.message = failed_->message;
    in.hint = failed_->hint;
  }
  controls_panel(ui, at.left, in);
}

void App::draw_right(views::Context& context, const Layout& at) {
  draw::Ui& ui = context.ui;
  if (!at.program.empty() && view_.right != "softmax") {
    views::program_panel(context, at.program);
    views::state_panel(context, at.state);
    return;
  }
  std::string shown = view_.right;
  if (shown.empty()) {
    shown = screen() == Screen::blackboard ? "softmax" : "program";
  }
  Rect rest = at.right;
  const Rect head = rest.cut_top(40);
  ui.p.fill(head, ui.colors().panel);
  const std::vector<draw::Choice> choices = {{"program", std::string(ui.words("panel.program")), ""},
                                             {"state", std::string(ui.words("panel.state")), ""},
                                             {"softmax", std::string(ui.words("panel.softmax")), ""}};
  const int selected = shown == "program" ? 0 : shown == "state" ? 1 : 2;
  const int chosen =
      ui.segmented("panel", {head.x + 12, head.y + 6, ui.segmented_width(choices), 28}, choices, selected);
  if (chosen >= 0) {
    view_.right = choices[static_cast<std::size_t>(chosen)].name;
  }
  if (shown == "program") {
    views::program_panel(context, rest);
  } else if (shown == "state") {
    views::state_panel(context, rest);
  } else {
    views::softmax_panel(context, rest);
  }
}

void App::draw_tab(views::Context& context, const Rect& area) {
  switch (view_.tab) {
    case scope::Tab::timeline: return views::timeline_tab(context, area);
    case scope::Tab::bytes: return views::bytes_tab(context, area);
    case scope::Tab::roofline: return views::roofline_tab(context, area);
    case scope::Tab::memory: return views::memory_tab(context, area);
    case scope::Tab::sweep: return views::sweep_tab(context, area, sweep_ ? &*sweep_ : nullptr);
    case scope::Tab::compare:
      view_.comparing = true;
      view_.tab = scope::Tab::timeline;
      return;
    case scope::Tab::measured:
      return views::measured_tab(context, area, measured_.empty() ? nullptr : &measured_.front().points, own_point());
  }
}

void App::draw_compare(views::Context& context, const Layout& at) {
  views::StageOptions options = stage_options();
  options.whole_gpu = false;
  options.l2 = true;
  if (!second_) {
    views::stage(context, at.stage, options);
    return context.ui.empty_state(at.second_stage.inset(24), context.ui.words("compare.simulating"), "", "");
  }
  second_view_.cursor = view_.align == scope::Align::work
                            ? scope::same_work(*run_, view_.cursor, *second_, second_view_.cursor.place)
                            : scope::same_time(*run_, view_.cursor, *second_, second_view_.cursor.place);
  second_view_.row = view_.row;
  second_view_.size = view_.size;
  second_view_.all_heads = view_.all_heads;
  const scope::Frame other = scope::frame_at(*second_, second_view_.cursor);
  views::Context second{context.ui, *second_, other, second_view_, context.actions, "second."};
  compare_screen(context, second, at, lists_, options);
}

void App::draw_splitters(draw::Ui& ui, const Layout& at) {
  const auto split = [&](const char* name, const Rect& box, bool vertical, float size, float sign, float& kept) {
    if (box.empty() || at.left_is_drawer) {
      return;
    }
    bool reset = false;
    const float moved = ui.splitter(name, box, vertical, reset);
    kept = reset ? 0 : moved != 0 ? size + sign * moved : kept;
  };
  split("splitter.left", at.left_splitter, true, at.left.w, 1, settings_.panels.left);
  split("splitter.right", at.right_splitter, true, at.right.w, -1, settings_.panels.right);
  split("splitter.dock", at.dock_splitter, false, at.dock.h, -1, settings_.panels.dock);
}

void App::draw_overlays(draw::Ui& ui, const Rect& window, views::Actions& actions) {
  if (!notice_ && !help_open_ && !palette_open_ && !player_.course_open) {
    return;
  }
  ui.p.push_layer(ImGui::GetForegroundDrawList());
  ui.p.push_layer(ImGui::GetForegroundDrawList());  // above a drawer
  if (player_.course_open && !help_open_ && !palette_open_) {
    draw_course(ui, window, actions);
  }
  if (notice_ && !help_open_ && !palette_open_ && notice_strip(ui, layout_now().stage, *notice_)) {
    notice_.reset();
  }
  if (help_open_ && help_sheet(ui, window, keys_)) {
    help_open_ = false;
  }
  if (palette_open_) {
    if (const auto command = palette_sheet(ui, window, keys_, palette_text_, palette_row_)) {
      palette_open_ = false;
      actions.command = *command;
    }
  }
  ui.p.pop_layer();
  ui.p.pop_layer();
}

void App::draw_without_run(draw::Ui& ui, const Rect& window, views::Actions& actions) {
  const Layout at = layout_now();
  draw_lesson(ui, at, actions);
  top_bar(ui, at.top, bar_input(at, actions));
  const Rect middle = player_.lesson() != nullptr ? at.stage : window;
  const float width = std::min(520.0F, middle.w - 24);
  const Rect box{middle.center().x - width / 2, middle.center().y - 70, width, 140};
  if (const sim::Error* error = lesson_failure()) {
    ui.error_state(box, error->where().empty() ? ui.words("notice.error") : std::string_view(error->where()),
                   error->message(), error->hint());
  } else if (failed_) {
    ui.error_state(box, failed_->where.empty() ? ui.words("notice.error") : std::string_view(failed_->where),
                   failed_->message, failed_->hint);
  } else if (simulating()) {
    ui.empty_state(box, ui.words("start.simulating"), "", "");
  } else {
    ui.empty_state(box, ui.words("start.nothing"), ui.words("start.nearest"), ui.words("start.how"));
  }
}

}  // namespace app
