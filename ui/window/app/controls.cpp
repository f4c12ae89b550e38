#include "ui/window/app/controls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/algorithms/algorithms.h"
#include "ui/scope/caption.h"

namespace app {

namespace {

using draw::Choice;
using draw::Face;
using draw::Rect;
using draw::Ui;

constexpr float kRow = 27, kLabel = 20, kGap = 10;

/// A machine number scaled by a slider, and those that go with it.
struct WhatIf {
  const char* name;  ///< of the strings: "whatif.smem"
  std::array<const char*, 2> keys;
};
constexpr std::array<WhatIf, 5> kWhatIfs = {{
    {"smem", {"sm.smem_bytes_per_block", "sm.smem_bytes"}},
    {"hbm", {"hbm.read_gb_per_s", "hbm.write_gb_per_s"}},
    {"l2", {"l2.bytes_per_clock", "l2.bytes_per_clock_per_sm"}},
    {"tensor", {"rates.mma_sync_flops_per_clock", "rates.wgmma_flops_per_clock"}},
    {"exp", {"rates.exp_per_clock", ""}},
}};

class Panel {
 public:
  Panel(Ui& ui, const Rect& area, const ControlsInput& in) : ui_(ui), in_(in), at_(area) {}

  float height() const { return at_.y; }

  void title(std::string_view key) {
    at_.y += 8;
    ui_.p.text({at_.x, at_.y}, ui_.words(key), {15, Face::semibold}, ui_.colors().ink);
    at_.y += 26;
  }

  void choose(const char* field, const std::vector<Choice>& choices, int selected) {
    const int chosen = ui_.segmented(name(field), {at_.x, at_.y, at_.w, 30}, choices, selected);
    if (chosen >= 0) {
      set(field, choices[static_cast<std::size_t>(chosen)].name);
    }
    at_.y += 30 + kGap;
  }

  void menu(const char* field, const std::string& label, const std::vector<Choice>& choices, int selected) {
    const int chosen = ui_.menu(name(field), {at_.x, at_.y, at_.w, 34}, label, choices, selected);
    if (chosen >= 0) {
      set(field, choices[static_cast<std::size_t>(chosen)].name);
    }
    at_.y += 34 + kGap;
  }

  /// A slider over powers of two, from 2^least to 2^most.
  void power(const char* field, std::string_view label, std::int64_t value, int least, int most) {
    const double log = std::log2(static_cast<double>(std::max<std::int64_t>(value, 1)));
    auto share = static_cast<float>(std::clamp((log - least) / (most - least), 0.0, 1.0));
    if (labelled_slider(field, label, scope::count_text(value), share, most - least)) {
      set(field, fmt::format("{}", std::int64_t{1} << (least + std::lround(share * static_cast<float>(most - least)))));
    }
  }

  /// x 1/8 to x 8, in halves of powers of two.
  void what_if(const WhatIf& what) {
    const double base = sim::find_machine_field(what.keys[0]).get(in_.base);
    const double now =
        in_.bar.run != nullptr ? sim::find_machine_field(what.keys[0]).get(in_.bar.run->machine()) : base;
    if (base <= 0) {
      return;
    }
    auto share = static_cast<float>(std::clamp((std::log2(now / base) + 3) / 6, 0.0, 1.0));
    const std::string label(ui_.words(fmt::format("whatif.{}", what.name)));
    if (labelled_slider(what.name, label, fmt::format("× {:.2f}", now / base), share, 6)) {
      const double factor = std::exp2(std::round((share * 6 - 3) * 4) / 4);
      for (const char* key : what.keys) {
        if (*key != 0) {
          const sim::MachineField& field = sim::find_machine_field(key);
          const double scaled = field.get(in_.base) * factor;
          in_.bar.actions.machine.emplace_back(key, field.whole ? std::round(scaled) : scaled);
        }
      }
    }
  }

  void check(const char* widget, std::string_view label, bool& on, std::string_view tip = {}) {
    ui_.check_box(name(widget), {at_.x, at_.y, at_.w, kRow}, label, on, tip);
    at_.y += kRow;
  }

  bool button(const char* widget, std::string_view label) {
    const bool pressed = ui_.button(name(widget), {at_.x, at_.y, at_.w, 32}, label);
    at_.y += 32 + kGap;
    return pressed;
  }

  void skip(float by) { at_.y += by; }

 private:
  std::string name(const char* widget) const { return std::string("controls.") + widget; }
  void set(const char* field, const std::string& value) { in_.bar.actions.fields.emplace_back(field, value); }

  bool labelled_slider(const char* widget, std::string_view label, const std::string& value, float& share, int steps) {
    draw::rich(ui_.p, {at_.x, at_.y}, label, {15}, ui_.colors().ink);
    ui_.p.text({at_.right(), at_.y}, value, {15, Face::mono}, ui_.colors().ink, draw::Align::right);
    at_.y += kLabel + 2;
    std::vector<float> ticks;
    for (int n = 0; n <= steps; ++n) {
      ticks.push_back(static_cast<float>(n) / static_cast<float>(steps));
    }
    const bool changed = ui_.slider(name(widget), {at_.x, at_.y, at_.w, 22}, share, ticks);
    at_.y += 22 + kGap;
    return changed;
  }

  Ui& ui_;
  const ControlsInput& in_;
  Rect at_;
};

std::vector<Choice> plain(const std::vector<std::string>& names) {
  std::vector<Choice> choices;
  for (const std::string& name : names) {
    choices.push_back({name, name, ""});
  }
  return choices;
}

int index_in(const std::vector<std::string>& names, const std::string& name) {
  const auto at = std::find(names.begin(), names.end(), name);
  return at == names.end() ? -1 : static_cast<int>(at - names.begin());
}

void problem_part(Panel& panel, Ui& ui, const ControlsInput& in) {
  const sim::Problem& problem = in.bar.run->problem();
  const sim::Scenario& scenario = in.bar.scenario;
  panel.title("controls.algorithm");
  std::vector<Choice> algorithms;
  int selected = -1;
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    selected = scenario.algorithm == algorithm.name ? static_cast<int>(algorithms.size()) : selected;
    algorithms.push_back({algorithm.name, algorithm.title, ""});
  }
  panel.menu("algorithm", algorithm_title(scenario.algorithm), algorithms, selected);
  panel.title("controls.problem");
  if (sim::find_algorithm(scenario.algorithm).softmax) {
    panel.power("rows", ui.words("controls.rows"), problem.rows, 0, 16);
    panel.power("row_length", ui.words("controls.cols"), problem.row_length, 1, 17);
    return;
  }
  const auto& presets = in.bar.lists.presets;
  panel.menu("preset", scenario.preset.empty() ? std::string(ui.words("topbar.own_problem")) : scenario.preset,
             plain(presets), index_in(presets, scenario.preset));
  panel.power("seqlen", ui.words("controls.tokens"), problem.seqlen_kv, 2, 17);
  panel.power("heads", ui.words("controls.heads"), problem.heads, 0, 7);
  panel.power("batch", ui.words("controls.batch"), problem.batch, 0, 6);
  const std::vector<std::string> dims = {"4", "64", "128", "256"};
  panel.choose("head_dim", {{"4", "d 4", ""}, {"64", "64", ""}, {"128", "128", ""}, {"256", "256", ""}},
               index_in(dims, fmt::format("{}", problem.head_dim)));
  const std::vector<std::string> types = {"fp32", "fp16", "bf16"};
  panel.choose("dtype", plain(types), index_in(types, std::string(sim::name_of(problem.dtype))));
  panel.choose(
      "mask",
      {{"none", std::string(ui.words("controls.full")), ""}, {"causal", std::string(ui.words("controls.causal")), ""}},
      problem.mask == sim::Mask::causal ? 1 : 0);
}

void schedule_part(Panel& panel, Ui& ui, const ControlsInput& in) {
  const sim::Schedule& schedule = in.bar.run->schedule();
  panel.title("controls.schedule");
  if (schedule.block_q > 0) {
    panel.power("block_q", "*B*_{r}", schedule.block_q, 0, 9);
  }
  if (schedule.block_kv > 0) {
    panel.power("block_kv", "*B*_{c}", schedule.block_kv, 0, 9);
  }
  if (schedule.stages > 0) {
    panel.power("stages", ui.words("controls.stages"), schedule.stages, 0, 2);
  }
  if (schedule.warps > 0) {
    panel.power("warps", ui.words("controls.warps"), schedule.warps, 0, 4);
  }
  panel.title("controls.what_if");
  for (const WhatIf& what : kWhatIfs) {
    panel.what_if(what);
  }
  if (!in.bar.scenario.machine_set.empty() && panel.button("drop_overrides", ui.words("controls.drop_overrides"))) {
    in.bar.actions.drop_machine_overrides = true;
  }
}

void stop_part(Panel& panel, Ui& ui, const ControlsInput& in) {
  panel.title("controls.stop_when");
  scope::View& view = in.bar.view;
  for (int k = 0; k <= static_cast<int>(scope::BreakKind::scores_in_hbm); ++k) {
    const auto kind = static_cast<scope::BreakKind>(k);
    const auto at = std::find_if(view.breakpoints.begin(), view.breakpoints.end(),
                                 [&](const scope::Breakpoint& b) { return b.kind == kind; });
    scope::Breakpoint fresh;
    fresh.kind = kind;
    fresh.bytes = in.bar.run->report().dram_read_bytes / 2;
    const bool was = at != view.breakpoints.end();
    bool on = was;
    const std::string_view why_not = scope::unavailable(*in.bar.run, was ? *at : fresh);
    const std::string key = fmt::format("break.{}", scope::name_of(kind));
    const std::string label =
        kind == scope::BreakKind::bytes_passed
            ? ui.strings.format(key, {{"bytes", scope::bytes_text(static_cast<double>(was ? at->bytes : fresh.bytes))}})
            : std::string(ui.words(key));
    panel.check(fmt::format("break_{}", scope::name_of(kind)).c_str(), label, on,
                why_not.empty() ? std::string_view() : ui.words(why_not));
    if (on && !was) {
      view.breakpoints.push_back(fresh);
    } else if (!on && was) {
      view.breakpoints.erase(at);
    }
  }
  panel.skip(10);
  if (panel.button("continue", ui.words("command.continue"))) {
    in.bar.actions.command = "continue";
  }
}

void footer(Ui& ui, const Rect& area, const ControlsInput& in) {
  ui.p.line({area.x, area.y}, {area.right(), area.y}, ui.colors().hair);
  const Rect inner = area.inset(12, 8);
  if (in.failed) {
    return ui.error_state(area.inset(6, 6), in.where, in.message, in.hint);
  }
  const sim::Report& report = in.bar.run->report();
  const sim::KernelReport& kernel =
      report.kernels[static_cast<std::size_t>(in.bar.run->kernel_at(in.bar.view.cursor.t_us))];
  const auto kib = [](std::int64_t bytes) { return scope::kib_text(static_cast<double>(bytes)); };
  ui.p.text_within({inner.x, inner.y}, inner.w,
                   ui.strings.format("controls.fits", {{"used", kib(kernel.smem_bytes_per_block)},
                                                       {"free", kib(in.bar.run->machine().sm.smem_bytes_per_block)}}),
                   {13}, ui.colors().ink);
  ui.p.text_within(
      {inner.x, inner.y + 20}, inner.w,
      ui.strings.format("controls.blocks", {{"blocks", scope::count_text(kernel.grid)},
                                            {"sms", scope::count_text(in.bar.run->machine().chip.sm_count)},
                                            {"each", fmt::format("{}", kernel.blocks_per_sm)}}),
      {13}, ui.colors().ink2);
}

}  // namespace

void controls_panel(Ui& ui, const Rect& area, const ControlsInput& in) {
  ui.p.fill(area, ui.colors().panel);
  ui.p.line({area.right() - 0.5F, area.y}, {area.right() - 0.5F, area.bottom()}, ui.colors().hair);
  if (in.bar.run == nullptr) {
    return;
  }
  Rect rest = area;
  const Rect foot = rest.cut_bottom(in.failed ? 116 : 60);
  rest = rest.inset(0, 4);
  // The content's height is known once it was drawn; the first frame takes a guess.
  float& height = ui.state.scroll["controls.height"];
  const Rect inner = ui.begin_scroll("controls", rest, height > 0 ? height : 900);
  Panel panel(ui, {inner.x + 16, inner.y, inner.w - 32, inner.h}, in);
  problem_part(panel, ui, in);
  schedule_part(panel, ui, in);
  stop_part(panel, ui, in);
  height = panel.height() - inner.y + 12;
  ui.end_scroll();
  footer(ui, foot, in);
}

}  // namespace app
