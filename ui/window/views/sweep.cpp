// One parameter swept over its values: bytes and time against it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/scope/measured.h"
#include "ui/window/views/chart.h"
#include "ui/window/views/dock.h"
#include "ui/window/views/dock_parts.h"

namespace views {

namespace {

constexpr float kPadding = 16, kGap = 36, kControls = 250, kRow = 30, kNamesFrom = 190;

// Ticks: as short as they are round.
std::string bytes_tick(double bytes) { return without_zeros(scope::bytes_text(bytes)); }
std::string time_tick(double us) { return without_zeros(micro(us)); }

std::string key_words(const std::string& key) { return "dock.sweep." + key; }

// Values one next to the other, evenly: places 0, 1, 2... on a linear axis.
struct Values {
  std::vector<scope::Sweep::Point> points;
  std::vector<std::size_t> fitting, not_fitting;
  std::optional<double> current;
};

Values values_of(const scope::Sweep& sweep) {
  Values out;
  out.points = sweep.points();
  std::sort(out.points.begin(), out.points.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
  for (std::size_t i = 0; i < out.points.size(); ++i) {
    (out.points[i].fits ? out.fitting : out.not_fitting).push_back(i);
    if (std::abs(out.points[i].x - sweep.current()) <= 1e-9 * std::abs(sweep.current())) {
      out.current = static_cast<double>(i);
    }
  }
  return out;
}

class SweepCharts {
 public:
  SweepCharts(Context& context, const scope::Sweep& sweep)
      : context_(context), p_(context.ui.p), c_(context.ui.colors()), sweep_(sweep), values_(values_of(sweep)) {}

  bool any() const { return !values_.fitting.empty(); }

  void bytes(const draw::Rect& area) {
    std::vector<ChartPoint> smem, dram, bound, least;
    for (const std::size_t i : values_.fitting) {
      const scope::Sweep::Point& p = values_.points[i];
      const auto x = static_cast<double>(i);
      smem.push_back({x, static_cast<double>(p.smem_bytes)});
      dram.push_back({x, static_cast<double>(p.dram_bytes)});
      if (p.lower_bound_bytes > 0) {
        bound.push_back({x, p.lower_bound_bytes});
      }
      least.push_back({x, static_cast<double>(p.compulsory_bytes)});
    }
    Chart chart(context_.ui, area, x_axis(), y_axis({smem, dram, bound, least}, bytes_tick));
    begin(chart);
    chart.curve(least, c_.ink2, 1.5F, draw::kEvicted);
    chart.curve(bound, c_.ink2, 1.5F, draw::kToCome);
    chart.curve(dram, c_.ink2, 2);
    chart.curve(smem, c_.ink, 2.5F);
    marks(chart, smem, Marker::disc, c_.ink);
    marks(chart, dram, Marker::square, c_.ink2);
    name(chart, smem, "dock.sweep.smem", draw::Badge::exact);
    if (area.h >= kNamesFrom) {  // else the legend says it
      name(chart, dram, "dock.sweep.dram", draw::Badge::modelled);
      name(chart, bound, "dock.sweep.bound", {});
      name(chart, least, "dock.sweep.least", {});
    }
    why_not(chart);
    hover(chart, "bytes", {smem, dram});
  }

  void time(const draw::Rect& area) {
    std::vector<ChartPoint> line, measured;
    for (const std::size_t i : values_.fitting) {
      const scope::Sweep::Point& p = values_.points[i];
      line.push_back({static_cast<double>(i), p.time_us});
      if (p.measured_us) {
        measured.push_back({static_cast<double>(i), *p.measured_us});
      }
    }
    Chart chart(context_.ui, area, x_axis(), y_axis({line, measured}, time_tick));
    begin(chart);
    chart.curve(line, c_.ink, 2.5F);
    marks(chart, line, Marker::disc, c_.ink);
    measured_marks(chart, measured);
    name(chart, line, "dock.sweep.time", draw::Badge::modelled);
    why_not(chart);
    hover(chart, "time", {line});
  }

 private:
  std::string_view say(std::string_view key) const { return context_.ui.words(key); }

  Axis x_axis() const {
    Axis axis;
    axis.from = -0.5;
    axis.to = static_cast<double>(std::max<std::size_t>(1, values_.points.size())) - 0.5;
    for (std::size_t i = 0; i < values_.points.size(); ++i) {
      axis.at.push_back(static_cast<double>(i));
    }
    axis.label = [this](double i) { return number_text(values_.points[static_cast<std::size_t>(i)].x); };
    axis.grid = false;
    return axis;
  }

  static Axis y_axis(const std::vector<std::vector<ChartPoint>>& curves, std::string (*label)(double)) {
    double low = 0, high = 0;
    for (const auto& curve : curves) {
      for (const ChartPoint& p : curve) {
        low = low == 0 || (p.y > 0 && p.y < low) ? p.y : low;
        high = std::max(high, p.y);
      }
    }
    Axis axis = log_axis(low > 0 ? low : 1, high > 0 ? high : 10);
    axis.label = label;
    return axis;
  }

  void begin(Chart& chart) {
    chart.axes();
    for (std::size_t i = 0; i < values_.points.size(); ++i) {
      const std::size_t first = i;
      while (i < values_.points.size() && !values_.points[i].fits) {
        ++i;
      }
      if (i > first) {
        chart.impossible(static_cast<double>(first) - 0.5, static_cast<double>(i) - 0.5);
      }
    }
    if (values_.current) {  // the value of the scenario itself
      const float half = std::min(26.0F, (chart.x(1) - chart.x(0)) * 0.42F), x = chart.x(*values_.current);
      const draw::Rect box{x - half, chart.plot().y, 2 * half, chart.plot().h};
      p_.dashed_frame(box, c_.edge, draw::kGhost, 1);
      chart.labels().keep_free({box.x, box.y}, {box.x, box.bottom()});
      chart.labels().keep_free({box.right(), box.y}, {box.right(), box.bottom()});
    }
  }

  void marks(Chart& chart, const std::vector<ChartPoint>& line, Marker marker, draw::Color color) {
    for (const ChartPoint& p : line) {
      const bool current = values_.current && *values_.current == p.x;
      chart.point(p, marker, color, current ? 6.0F : 4.5F);
    }
  }

  // The badge itself is the mark, clear of the curve by a moat.
  void measured_marks(Chart& chart, const std::vector<ChartPoint>& points) {
    for (const ChartPoint& p : points) {
      const draw::Point at = chart.at(p);
      draw_marker(p_, Marker::diamond, at, 9, c_.panel);
      draw::badge(p_, draw::Badge::measured, {at.x - 7, at.y - 7}, c_.ink);
      chart.labels().keep_free({at.x - 9, at.y - 9, 18, 18});
    }
    for (const ChartPoint& p : points) {  // one of them is named
      const std::string words = std::string(say("badge.measured")) + (points.size() == 1 ? " " + micro(p.y) : "");
      if (chart.label(p, words, kSmallBold, c_.ink, 12)) {
        return;
      }
    }
  }

  // Beside the curve, between its points if need be; in one word where there is no room for more.
  void name(Chart& chart, const std::vector<ChartPoint>& line, const std::string& key,
            std::optional<draw::Badge> badge) {
    for (const std::string& words : {std::string(say(key)), std::string(say(key + "_short"))}) {
      for (const double share : {0.5, 0.25, 0.75, 0.0, 1.0, 0.4, 0.6, 0.1, 0.9}) {
        if (line.empty()) {
          return;
        }
        const double at = share * static_cast<double>(line.size() - 1);
        const auto i = static_cast<std::size_t>(at);
        const ChartPoint a = line[i], b = line[std::min(i + 1, line.size() - 1)];
        const ChartPoint where{a.x + (at - std::floor(at)) * (b.x - a.x),
                               a.y * std::pow(b.y / a.y, at - std::floor(at))};
        const bool done = badge ? chart.label_with_badge(where, words, kSmallBold, *badge)
                                : chart.label(where, words, kSmall, c_.ink2, 8);
        if (done) {
          return;
        }
      }
    }
  }

  std::string reason(const scope::Sweep::Point& point) const {
    return escaped(scope::why_not(point, context_.ui.strings));
  }

  // In words, over the first stretch of values that do not fit.
  void why_not(Chart& chart) {
    if (values_.not_fitting.empty()) {
      return;
    }
    const std::size_t first = values_.not_fitting.front();
    std::size_t last = first;
    while (last + 1 < values_.points.size() && !values_.points[last + 1].fits) {
      ++last;
    }
    const float left = std::max(chart.plot().x, chart.x(static_cast<double>(first) - 0.5));
    const float right = std::min(chart.plot().right(), chart.x(static_cast<double>(last) + 0.5));
    const draw::Paragraph words =
        draw::layout(reason(values_.points[first]), kSmall, right - left - 16, p_.scale(), 1.3F);
    const draw::Rect box{(left + right) / 2 - words.width / 2, chart.plot().y + 10, words.width, words.height};
    if (right - left < 60 || box.bottom() > chart.plot().bottom()) {
      return;
    }
    p_.fill(box.inset(-5, -3), c_.panel);
    draw::paint(p_, {box.x, box.y}, words, kSmall, c_.ink);
  }

  void hover(Chart& chart, const char* which, const std::vector<std::vector<ChartPoint>>& lines) {
    const draw::Ui::Touch touch = context_.ui.touch(context_.prefix + "sweep." + which, chart.plot());
    if (!touch.hovered || values_.points.empty()) {
      return;
    }
    const double last = static_cast<double>(values_.points.size() - 1);
    const auto i = static_cast<std::size_t>(std::clamp(std::round(chart.x_at(touch.at.x)), 0.0, last));
    const scope::Sweep::Point& point = values_.points[i];
    for (const auto& line : lines) {
      for (const ChartPoint& p : line) {
        if (p.x == static_cast<double>(i)) {
          p_.ring(chart.at(p), 9, c_.ink, 2);
        }
      }
    }
    context_.ui.hover(card(point));
  }

  draw::HoverCard card(const scope::Sweep::Point& point) const {
    draw::HoverCard card;
    card.title = std::string(say(key_words(sweep_.key()))) + " " + number_text(point.x);
    if (!point.fits) {
      card.rows.push_back({std::string(say("dock.sweep.does_not_fit")), reason(point)});
      return card;
    }
    const auto row = [&](const char* key, const std::string& value) {
      card.rows.push_back({std::string(say(key)), value});
    };
    row("dock.sweep.smem", scope::count_text(point.smem_bytes) + " B");
    row("dock.sweep.dram", scope::bytes_text(static_cast<double>(point.dram_bytes)));
    row("dock.sweep.least", scope::count_text(point.compulsory_bytes) + " B");
    if (point.lower_bound_bytes > 0) {
      row("dock.sweep.bound", scope::bytes_text(point.lower_bound_bytes));
    }
    row("dock.sweep.time", micro(point.time_us));
    if (point.measured_us) {
      row("badge.measured",
          micro(*point.measured_us) + ", " + scope::error_words(point.time_us / *point.measured_us - 1));
    }
    card.badge = draw::Badge::modelled;
    return card;
  }

  Context& context_;
  draw::Painter& p_;
  const draw::Palette& c_;
  const scope::Sweep& sweep_;
  Values values_;
};

// The thinner curves of a chart too low for their names.
void legend(Context& context, draw::Rect area) {
  draw::Painter& p = context.ui.p;
  const draw::Palette& c = context.ui.colors();
  for (const char* key : {"dock.sweep.dram", "dock.sweep.bound", "dock.sweep.least"}) {
    const draw::Rect row = area.cut_top(19);
    if (row.h < 19) {
      return;
    }
    const draw::Point left{row.x, row.center().y}, right{row.x + 26, row.center().y};
    if (std::string_view(key) == "dock.sweep.dram") {
      p.line(left, right, c.ink2, 2);
      draw_marker(p, Marker::square, {row.x + 13, left.y}, 4.5F, c.ink2);
    } else {
      p.dashed_line(left, right, c.ink2, std::string_view(key) == "dock.sweep.bound" ? draw::kToCome : draw::kEvicted,
                    1.5F);
    }
    const draw::Rect words = text_at(p, {right.x + 8, left.y}, context.ui.words(key), kSmall, c.ink2);
    if (std::string_view(key) == "dock.sweep.dram") {
      draw::badge(p, draw::Badge::modelled, {words.right() + 6, left.y - 7}, c.ink2);
    }
  }
}

void controls(Context& context, draw::Rect area, const scope::Sweep* sweep, bool with_legend) {
  draw::Ui& ui = context.ui;
  const std::vector<std::string>& keys = scope::Sweep::keys();
  std::vector<draw::Choice> choices;
  int selected = -1;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    choices.push_back({keys[i], std::string(ui.words(key_words(keys[i]))), ""});
    selected = keys[i] == context.view.sweep_key ? static_cast<int>(i) : selected;
  }
  const std::string label = selected >= 0 ? choices[static_cast<std::size_t>(selected)].label : "";
  const int chosen = ui.menu(context.prefix + "sweep.key", area.cut_top(kRow, 10), label, choices, selected,
                             ui.words("dock.sweep.key_tip"));
  if (chosen >= 0) {
    context.view.sweep_key = keys[static_cast<std::size_t>(chosen)];
  }
  if (sweep == nullptr) {
    return;
  }
  const std::string state =
      sweep->done() ? ui.strings.format("dock.sweep.points", {{"n", std::to_string(sweep->points().size())}})
                    : ui.strings.format("dock.sweep.computing", {{"n", std::to_string(sweep->points().size())}});
  draw::Rect line = area.cut_top(26, 8);
  const std::string_view csv = ui.words("dock.csv");
  const draw::Rect button = line.cut_right(ui.p.width_of(csv, kDense) + 28, 8);
  ui.p.text_within({line.x, line.center().y - draw::line_height(kSmall) / 2}, line.w, state, kSmall, ui.colors().ink2);
  if (ui.button(context.prefix + "sweep.csv", button, csv, ui.words("dock.csv_tip"), !sweep->points().empty())) {
    context.actions.csv = scope::csv_sweep(*sweep);
  }
  if (with_legend) {
    legend(context, area);
  }
}

}  // namespace

void sweep_tab(Context& context, const draw::Rect& area, const scope::Sweep* sweep) {
  context.ui.p.fill(area, context.ui.colors().panel);
  draw::Rect rest = area.inset(kPadding, 8);
  controls(context, rest.cut_left(std::min(kControls, rest.w * 0.24F), 28), sweep, rest.h < kNamesFrom);
  if (sweep == nullptr) {
    context.ui.empty_state(rest, context.ui.words("dock.sweep.none"), context.ui.words("dock.sweep.none_nearest"),
                           context.ui.words("dock.sweep.none_how"));
    return;
  }
  SweepCharts charts(context, *sweep);
  if (!charts.any()) {
    const draw::Rect line = rest.cut_top(24);
    text_at(context.ui.p, {line.x, line.center().y}, context.ui.words("dock.sweep.nothing_yet"), kDense,
            context.ui.colors().ink2);
    return;
  }
  if (rest.h >= 420) {
    const draw::Rect top = rest.cut_top((rest.h - 28) * 0.58F, 28);
    charts.bytes(top);
  } else {
    const draw::Rect left = rest.cut_left((rest.w - kGap) * 0.56F, kGap);
    charts.bytes(left);
  }
  charts.time(rest);
}

}  // namespace views
