#include "ui/window/app/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/algorithms/algorithms.h"
#include "sim/scenario/scenario.h"
#include "ui/scope/caption.h"
#include "ui/window/views/stage.h"

namespace app {

namespace {

using draw::Align;
using draw::Badge;
using draw::Face;
using draw::Rect;
using draw::Ui;

struct Pair {
  const views::Context& first;
  const views::Context& second;
  Ui& ui() const { return first.ui; }
};

std::string title_of(const scope::Run& run) { return algorithm_title(run.scenario().algorithm); }

/// What tells the runs apart: their algorithms, else their machines, else "A" and "B".
std::array<std::string, 2> names(const scope::Run& a, const scope::Run& b) {
  if (a.scenario().algorithm != b.scenario().algorithm) {
    return {title_of(a), title_of(b)};
  }
  if (a.scenario().machine != b.scenario().machine) {
    return {a.scenario().machine, b.scenario().machine};
  }
  return {title_of(a) + " A", title_of(b) + " B"};
}

void series_mark(draw::Painter& p, draw::Point center, bool second, draw::Color color) {
  if (second) {
    p.disc(center, 6, color);
  } else {
    p.fill({center.x - 5.5F, center.y - 5.5F, 11, 11}, color);
  }
}

// Mark, name, what runs now; below them one bar a kernel, as long as its time.
void header(views::Context& context, const Rect& area, const std::string& name, bool second, float menu_width) {
  Ui& ui = context.ui;
  const scope::Run& run = context.run;
  ui.p.fill(area, ui.colors().panel);
  Rect inner = area.inset(16, 8);
  Rect line = inner.cut_top(28);
  line.cut_right(menu_width, menu_width > 0 ? 12.0F : 0.0F);
  series_mark(ui.p, {line.x + 6, line.y + 11}, second, ui.colors().ink);
  const std::size_t k = static_cast<std::size_t>(context.frame.at.kernel);
  const std::string now = ui.strings.format("compare.kernel", {{"name", run.kernels()[k].kernel->name},
                                                               {"number", fmt::format("{}", k + 1)},
                                                               {"count", fmt::format("{}", run.kernels().size())}});
  const float taken = std::min(ui.p.width_of(now, {13}) + 16, line.w * 0.5F);
  ui.p.text_within({line.x + 24, line.y}, line.w - 24 - taken, name, {16, Face::semibold}, ui.colors().ink);
  ui.p.text_within({line.right(), line.y + 2}, taken - 16, now, {13}, ui.colors().ink2, Align::right);
  const Rect bar{inner.x, inner.y + 2, inner.w, 8};
  for (const scope::KernelRun& kernel : run.kernels()) {
    const auto x = [&](double t) { return bar.x + bar.w * static_cast<float>(t / run.end_us()); };
    const Rect part{x(kernel.begin_us), bar.y, std::max(1.0F, x(kernel.end_us) - x(kernel.begin_us)), bar.h};
    ui.p.fill(part, ui.colors().raised);
    const double done = std::clamp(context.frame.cursor.t_us, kernel.begin_us, kernel.end_us);
    ui.p.fill({part.x, part.y, x(done) - part.x, part.h}, ui.colors().ink2);
    ui.p.frame(part, ui.colors().hair);
  }
}

void caption(const Pair& pair, const Rect& area, const std::array<std::string, 2>& name) {
  Ui& ui = pair.ui();
  ui.p.fill(area, ui.colors().panel);
  ui.p.fill({area.x, area.y, 4, area.h}, ui.colors().ink);
  const std::vector<draw::Choice> choices = {{"time", std::string(ui.words("compare.same_time")), ""},
                                             {"work", std::string(ui.words("compare.same_work")), ""}};
  const float width = ui.segmented_width(choices);
  const int chosen = ui.segmented("compare.align", {area.right() - width - 16, area.center().y - 15, width, 30},
                                  choices, static_cast<int>(pair.first.view.align));
  if (chosen >= 0) {
    pair.first.view.align = static_cast<scope::Align>(chosen);
  }
  const auto moved = [](const views::Context& c) {
    return c.run.bytes_at(c.frame.cursor.t_us, scope::Boundary::dram, false) +
           c.run.bytes_at(c.frame.cursor.t_us, scope::Boundary::dram, true);
  };
  const std::string sentence =
      ui.strings.format("compare.sentence", {{"a", name[0]},
                                             {"x", scope::bytes_text(static_cast<double>(moved(pair.first)))},
                                             {"b", name[1]},
                                             {"y", scope::bytes_text(static_cast<double>(moved(pair.second)))}});
  const float room = area.w - width - 56;
  float px = 20;
  while (px > 13 && ui.p.width_of(sentence, {px}) > room) {
    px = px > 18 ? 18 : px > 16 ? 16 : px > 15 ? 15 : 13;
  }
  ui.p.text_within({area.x + 24, area.center().y - px * 0.7F}, room, sentence, {px}, ui.colors().ink);
}

struct Curve {
  std::function<double(double)> at;  ///< of the time, us
  double end_us = 0, now_us = 0;
  bool second = false;
};

// Two curves over one time axis: passed parts solid, the rest dashed.
void curves(Ui& ui, const Rect& area, const std::array<Curve, 2>& all, const std::string& top_label) {
  const double end = std::max(all[0].end_us, all[1].end_us);
  double most = 1;
  for (const Curve& curve : all) {
    for (int n = 0; n <= 48; ++n) {
      most = std::max(most, curve.at(curve.end_us * n / 48));
    }
  }
  const auto place = [&](double t, double value) {
    return draw::Point{area.x + area.w * static_cast<float>(t / end),
                       area.bottom() - area.h * static_cast<float>(value / most)};
  };
  const auto now_of = [&](const Curve& curve) { return place(curve.now_us, curve.at(curve.now_us)); };
  ui.p.line({area.x, area.bottom()}, {area.right(), area.bottom()}, ui.colors().edge);
  ui.p.line({area.x, area.y}, {area.right(), area.y}, ui.colors().hair);
  ui.p.text({area.x, area.y - 21}, top_label, {13, Face::mono}, ui.colors().ink2);
  for (const Curve& curve : all) {
    std::vector<draw::Point> passed, rest;
    for (int n = 0; n <= 48; ++n) {
      const double t = curve.end_us * n / 48;
      (t <= curve.now_us ? passed : rest).push_back(place(t, curve.at(t)));
    }
    const draw::Point now = now_of(curve);
    passed.push_back(now);
    rest.insert(rest.begin(), now);
    if (curve.now_us > 0) {
      ui.p.polyline(passed, ui.colors().ink, 2.5F);
    }
    if (curve.now_us < curve.end_us) {
      ui.p.dashed_polyline(rest, ui.colors().ink2, {5, 4}, 1.5F);
    }
  }
  for (const Curve& curve : all) {
    series_mark(ui.p, now_of(curve), curve.second, ui.colors().ink);
  }
}

// Title, badge, the ratio and two lines of words; returns what is left for a chart.
Rect cell(Ui& ui, Rect area, std::string_view title, Badge badge, const std::string& ratio, const std::string& words) {
  Rect inner = area.inset(18, 10);
  const Rect head = inner.cut_top(24);
  const Rect drawn = ui.p.text({head.x, head.y}, title, {15, Face::semibold}, ui.colors().ink);
  ui.badge_with_word(badge, {drawn.right() + 14, head.y + 2});
  Rect text = inner.cut_left(std::min(180.0F, inner.w * 0.42F), 18);
  ui.p.text({text.x, text.y}, ratio, {26, Face::mono}, ui.colors().ink);
  draw::rich(ui.p, {text.x, text.y + 36}, words, {13}, ui.colors().ink2, text.w);
  inner.cut_top(6);
  inner.cut_bottom(4);
  return inner;
}

std::string against(Ui& ui, const std::string& a, const std::string& b) {
  return ui.strings.format("compare.against", {{"a", a}, {"b", b}});
}

void strip(const Pair& pair, Rect area) {
  Ui& ui = pair.ui();
  ui.p.fill(area, ui.colors().panel);
  const float width = area.w / 3;
  const auto curve = [&](const views::Context& c, bool second, auto value) {
    return Curve{[&run = c.run, value](double t) { return value(run, t); }, c.run.end_us(), c.frame.cursor.t_us,
                 second};
  };
  const auto dram = [](const scope::Run& run, double t) {
    return static_cast<double>(run.bytes_at(t, scope::Boundary::dram, false) +
                               run.bytes_at(t, scope::Boundary::dram, true));
  };
  const auto peak = [](const scope::Run& run, double) { return static_cast<double>(run.report().hbm_peak_bytes); };
  const double a = dram(pair.first.run, pair.first.frame.cursor.t_us);
  const double b = dram(pair.second.run, pair.second.frame.cursor.t_us);
  const auto bytes = [](double value) { return scope::bytes_text(value); };
  const auto ratio = [](double x, double y) {
    return y > 0 && x > 0 ? scope::ratio_text(x >= y ? x / y : y / x) : std::string("·");
  };
  const double end_a = dram(pair.first.run, pair.first.run.end_us()),
               end_b = dram(pair.second.run, pair.second.run.end_us());

  Rect chart = cell(ui, area.cut_left(width), ui.words("compare.bytes"), Badge::modelled, ratio(a, b),
                    against(ui, bytes(a), bytes(b)) + " " +
                        ui.strings.format("compare.at_end", {{"a", bytes(end_a)}, {"b", bytes(end_b)}}));
  curves(ui, chart, {curve(pair.first, false, dram), curve(pair.second, true, dram)}, bytes(std::max(end_a, end_b)));

  const double time_a = pair.first.run.end_us(), time_b = pair.second.run.end_us();
  chart = cell(ui, area.cut_left(width), ui.words("compare.time"), Badge::modelled, ratio(time_a, time_b),
               against(ui, scope::time_text(time_a), scope::time_text(time_b)));
  const double longest = std::max(time_a, time_b);
  for (const views::Context* context : {&pair.first, &pair.second}) {
    const bool second = context == &pair.second;
    const Rect bar{chart.x + 18, chart.y + (second ? 34.0F : 4.0F),
                   (chart.w - 18) * static_cast<float>(context->run.end_us() / longest), 18};
    series_mark(ui.p, {chart.x + 6, bar.y + 9}, second, ui.colors().ink);
    ui.p.fill(bar, ui.colors().raised, 2);
    const float done = static_cast<float>(context->frame.cursor.t_us / context->run.end_us());
    ui.p.fill({bar.x, bar.y, bar.w * done, bar.h}, ui.colors().ink2, 2);
    ui.p.frame(bar, ui.colors().edge, 1, 2);
  }

  const double peak_a = peak(pair.first.run, 0), peak_b = peak(pair.second.run, 0);
  chart = cell(ui, area, ui.words("compare.memory"), Badge::exact, ratio(peak_a, peak_b),
               against(ui, bytes(peak_a), bytes(peak_b)));
  for (const views::Context* context : {&pair.first, &pair.second}) {
    const bool second = context == &pair.second;
    const Rect bar{
        chart.x + 18, chart.y + (second ? 34.0F : 4.0F),
        std::max(2.0F, (chart.w - 18) * static_cast<float>(peak(context->run, 0) / std::max(peak_a, peak_b))), 18};
    series_mark(ui.p, {chart.x + 6, bar.y + 9}, second, ui.colors().ink);
    ui.p.fill(bar, ui.colors().ink2, 2);
  }
}

// What the second run changes: an algorithm or a machine.
void second_menu(const Pair& pair, const Rect& area, const Lists& lists, float menu_width) {
  Ui& ui = pair.ui();
  std::vector<draw::Choice> choices;
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    if (algorithm.softmax == sim::find_algorithm(pair.first.run.scenario().algorithm).softmax) {
      choices.push_back({fmt::format("algorithm = \"{}\"", algorithm.name), algorithm.title, ""});
    }
  }
  for (const std::string& machine : lists.machines) {
    choices.push_back({fmt::format("machine = \"{}\"", machine), machine, ""});
  }
  const int chosen = ui.menu("compare.second", {area.right() - 16 - menu_width, area.y + 6, menu_width, 28},
                             ui.words("compare.change"), choices, -1, ui.words("compare.change_tip"));
  if (chosen >= 0) {
    pair.first.view.second = choices[static_cast<std::size_t>(chosen)].name;
  }
}

}  // namespace

void compare_screen(views::Context& first, views::Context& second, const Layout& at, const Lists& lists,
                    const views::StageOptions& options) {
  const Pair pair{first, second};
  const std::array<std::string, 2> name = names(first.run, second.run);
  Rect left = at.stage, right = at.second_stage;
  const float menu_width = first.ui.menu_width(first.ui.words("compare.change"));
  header(first, left.cut_top(60), name[0], false, 0);
  header(second, right.cut_top(60), name[1], true, menu_width);
  views::stage(first, left, options);
  views::stage(second, right, options);
  second_menu(pair, at.second_stage, lists, menu_width);
  caption(pair, at.caption, name);
  strip(pair, at.dock);
}

}  // namespace app
