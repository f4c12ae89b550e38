// The row of tabs.
#include "ui/window/views/dock.h"
#include "ui/window/views/dock_parts.h"

namespace views {

namespace {

std::string key_of(scope::Tab tab, const char* what) {
  return "dock." + std::string(what) + "." + std::string(scope::name_of(tab));
}

std::vector<draw::Choice> choices(const Context& context) {
  std::vector<draw::Choice> out;
  for (int i = 0; i < scope::kTabs; ++i) {
    const auto tab = static_cast<scope::Tab>(i);
    out.push_back({std::string(scope::name_of(tab)), std::string(context.ui.words(key_of(tab, "tab"))),
                   std::string(context.ui.words("dock.tab_tip"))});
  }
  return out;
}

void open_over_stage(Context& context, const std::vector<draw::Choice>& tabs) {
  for (std::size_t i = 0; i < tabs.size(); ++i) {
    const draw::WidgetInfo* tab = context.ui.state.find(context.prefix + "dock.tab." + tabs[i].name);
    if (tab != nullptr && tab->box.has(context.ui.state.pointer.at)) {
      context.view.tab = static_cast<scope::Tab>(i);
      context.view.dock_open = context.view.tab_over_stage = true;
    }
  }
}

}  // namespace

void tab_row(Context& context, const draw::Rect& area) {
  draw::Ui& ui = context.ui;
  scope::View& view = context.view;
  ui.p.fill(area, ui.colors().background);
  const std::vector<draw::Choice> tabs = choices(context);
  draw::Rect rest = area.inset(8, 0);
  const float wanted = ui.tabs_width(tabs);
  const draw::Rect box = rest.cut_left(std::min(wanted, rest.w), 24);
  const int open = view.dock_open ? static_cast<int>(view.tab) : -1;
  const int pressed = ui.tabs(context.prefix + "dock.tab", box, tabs, open);
  if (pressed >= 0 && pressed != open) {
    view.tab = static_cast<scope::Tab>(pressed);
    view.dock_open = true;
  } else if (pressed >= 0 && !view.tab_over_stage) {
    view.dock_open = false;  // over the stage a click may be the end of a double click; Esc closes it
  }
  if (ui.state.pointer.double_clicked && box.has(ui.state.pointer.at)) {
    open_over_stage(context, tabs);
  }
  const std::string hint(ui.words(!view.dock_open       ? "dock.hint.closed"
                                  : view.tab_over_stage ? "dock.hint.over_stage"
                                                        : key_of(view.tab, "hint")));
  if (ui.p.width_of(hint, kSmall) <= rest.w) {
    text_at(ui.p, {rest.right() - 4, area.center().y}, hint, kSmall, ui.colors().ink2, draw::Align::right);
  }
}

}  // namespace views
