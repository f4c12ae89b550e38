// Every measured point of the machine: its time on the card against its time in the simulator.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/window/views/chart.h"
#include "ui/window/views/measured_parts.h"

namespace views {

namespace {

constexpr float kPadding = 16, kGap = 36, kMark = 5, kLarge = 420, kErrors = 150, kHead = 22;
constexpr float kBeside = 520, kBesideGap = 28;  // the errors stand beside the times from here on
constexpr double kBand = 0.10;                   // shaded on both sides
constexpr double kErrorsLeast = 0.15;            // the axis of errors goes so far at least,
constexpr double kMargin = 1.2;
constexpr double kErrorsMost = 0.45;  // and at most: what lies beyond has an arrow

std::string percent_tick(double error) {
  std::string words = scope::error_words(error);
  words.erase(words.size() - 4, 2);  // its tenth
  return words;
}

class Scatter {
 public:
  Scatter(Context& context, const draw::Rect& area, const scope::Measured& measured, const sim::FoundPoint& own)
      : context_(context), p_(context.ui.p), c_(context.ui.colors()), measured_(measured), own_(own) {
    for (const sim::Comparison& comparison : measured.comparisons()) {
      if (comparison.failure.empty()) {
        shown_.push_back(&comparison);
        points_.push_back({comparison.measured_us, comparison.simulated_us});
      }
    }
    draw::Rect rest = area;
    if (area.h >= kLarge) {
      errors_area_ = rest.cut_bottom(std::max(kErrors, area.h * 0.26F), 14);
    } else if (area.w >= kBeside) {
      beside_ = true;
      rest.cut_top(kHead);
      errors_area_ = rest.cut_right((area.w - kBesideGap) * 0.52F, kBesideGap);
      rest = {rest.x, area.y, rest.w, area.h};
    }
    times_area_ = rest;
  }

  void draw() {
    head();
    Chart times(context_.ui, times_area_, time_axis("dock.measured.x"), time_axis());
    if (errors_area_.empty()) {
      return draw_times(times);
    }
    Chart errors(context_.ui, errors_area_, time_axis("dock.measured.x"), error_axis());
    if (beside_) {
      draw_times(times);
      return draw_errors(errors);
    }
    const float apart = times.plot().x - errors.plot().x;  // below each other the plots begin at one place
    (apart > 0 ? errors_area_ : times_area_).cut_left(std::abs(apart));
    draw_times(Chart(context_.ui, times_area_, time_axis(), time_axis()));
    draw_errors(Chart(context_.ui, errors_area_, time_axis("dock.measured.x"), error_axis()));
  }

 private:
  std::string_view say(std::string_view key) const { return context_.ui.words(key); }
  double own_us() const { return context_.run.report().time_us; }

  // Both axes go equally far, whatever has been simulated so far.
  Axis time_axis(const char* title = nullptr) const {
    double low = INFINITY, high = 0;
    const auto include = [&](double us) {
      if (us > 0 && std::isfinite(us)) {
        low = std::min(low, us);
        high = std::max(high, us);
      }
    };
    for (const sim::FoundPoint& at : measured_.selection().points) {
      include(at.point->time_us.median);
    }
    for (const ChartPoint& point : points_) {
      include(point.y);
    }
    if (own_) {
      include(own_.point->time_us.median);
      include(own_us());
    }
    Axis axis;
    axis.log = true;
    axis.from = high > 0 ? low / 1.4 : 1;
    axis.to = high > 0 ? high * 1.4 : 10;
    axis.title = title != nullptr ? std::string(say(title)) : "";
    return axis;
  }

  Axis error_axis() const {
    double most = kErrorsLeast;
    for (const sim::Comparison* comparison : shown_) {
      most = std::max(most, std::min(std::abs(comparison->error), kErrorsMost));
    }
    Axis axis;
    axis.from = -kMargin * most, axis.to = kMargin * most;
    const double step = most < 2.5 * kBand ? kBand : 2 * kBand;
    for (double tick = -step * std::floor(most / step); tick <= most; tick += step) {
      axis.at.push_back(std::abs(tick) < step / 2 ? 0 : tick);
    }
    axis.label = percent_tick;
    axis.title = beside_ ? "" : std::string(say("dock.measured.error"));
    return axis;
  }

  // What the axes are, and of what the points are.
  void head() {
    draw::Rect line = times_area_.cut_top(kHead - 2, 2);
    line.w = std::max(line.w, errors_area_.right() - line.x);
    const float y = line.center().y;
    const float left = words_with_badge(context_, {line.x, y}, say("dock.measured.y"), draw::Badge::modelled);
    const float against = text_at(p_, {left + 8, y}, say("dock.measured.against"), kSmall, c_.ink2).right();
    const float from =
        words_with_badge(context_, {against + 6, y}, say("dock.measured.x_short"), draw::Badge::measured) + 24;
    const std::string words = state();
    if (line.right() - from > 60) {
      const float w = std::min(p_.width_of(words, kSmall), line.right() - from);
      p_.text_within({line.right() - w, y - draw::line_height(kSmall) / 2}, w + 1, words, kSmall, c_.ink2);
    }
  }

  std::string state() const {
    const std::string all = scope::count_text(static_cast<std::int64_t>(measured_.selection().points.size()));
    if (!measured_.done()) {
      const std::string done = scope::count_text(static_cast<std::int64_t>(measured_.comparisons().size()));
      return context_.ui.strings.format("dock.measured.progress", {{"n", done}, {"count", all}});
    }
    const sim::MeasurementFile& last = measured_.files().back();
    const std::string key = measured_.altered() ? "dock.measured.altered_points" : "dock.measured.points";
    return context_.ui.strings.format(key, {{"n", all}, {"card", last.card.name}, {"date", last.date.substr(0, 10)}});
  }

  void band(const Chart& chart, bool errors) {
    const Axis axis = time_axis();
    const auto corner = [&](double us, double error) {
      return chart.at(errors ? ChartPoint{us, error} : ChartPoint{us, us * (1 + error)});
    };
    p_.push_clip(chart.plot());
    p_.polygon(std::array{corner(axis.from, kBand), corner(axis.to, kBand), corner(axis.to, -kBand),
                          corner(axis.from, -kBand)},
               draw::blend(c_.ink, 0.09F, c_.panel));
    p_.line(corner(axis.from, 0), corner(axis.to, 0), c_.edge, 1);
    p_.pop_clip();
  }

  void draw_times(Chart chart) {
    band(chart, false);
    chart.axes();
    const Axis axis = time_axis();
    chart.labels().keep_free(chart.at({axis.from, axis.from}), chart.at({axis.to, axis.to}));
    marks(chart, points_);
    if (own_) {
      const ChartPoint at{own_.point->time_us.median, own_us()};
      own_mark(chart, at);
      chart.label(at, "**" + std::string(say("dock.measured.this_run")) + "**", kSmall, c_.ink, 14);
    }
    const double right = std::pow(axis.to, 0.86) * std::pow(axis.from, 0.14);
    chart.label({right, right * (1 - kBand)}, say("dock.measured.band"), kSmall, c_.ink2, 10);
    react(chart, points_, "measured.scatter");
  }

  void draw_errors(Chart chart) {
    band(chart, true);
    chart.axes();
    const double most = error_axis().to / kMargin;
    std::vector<ChartPoint> points;
    for (const sim::Comparison* comparison : shown_) {
      points.push_back({comparison->measured_us, std::clamp(comparison->error, -most, most)});
      if (std::abs(comparison->error) > most + 1e-9) {
        const draw::Point at = chart.at(points.back());
        const float up = comparison->error > 0 ? -1.0F : 1.0F;
        draw::arrow_head(p_, {at.x, at.y + up * (kMark + 7)}, at, c_.ink2, 6);
      }
    }
    marks(chart, points);
    if (own_) {
      own_mark(chart, {own_.point->time_us.median, std::clamp(own_us() / own_.point->time_us.median - 1, -most, most)});
    }
    react(chart, points, "measured.errors");
  }

  // Those of the run's algorithm last: over the others. What lies off the scale points there.
  void marks(Chart& chart, const std::vector<ChartPoint>& points) {
    const std::string& mine = context_.run.scenario().algorithm;
    for (const bool last : {false, true}) {
      for (std::size_t i = 0; i < points.size(); ++i) {
        const sim::MeasuredPoint& point = *shown_[i]->at.point;
        if ((point.algorithm == mine) != last) {
          continue;
        }
        const draw::Point at = chart.at(points[i]);
        algorithm_mark(p_, point.algorithm, at, kMark, point.held_back);
        chart.labels().keep_free({at.x - kMark - 1, at.y - kMark - 1, 2 * kMark + 2, 2 * kMark + 2});
      }
    }
  }

  void own_mark(Chart& chart, ChartPoint where) {
    const draw::Point at = chart.at(where);
    algorithm_mark(p_, own_.point->algorithm, at, kMark, own_.point->held_back);
    p_.ring(at, 11, c_.panel, 4);
    p_.ring(at, 10, c_.ink, 2);
    chart.labels().keep_free({at.x - 12, at.y - 12, 24, 24});
  }

  void react(Chart& chart, const std::vector<ChartPoint>& points, const char* name) {
    const draw::Ui::Touch touch = context_.ui.touch(context_.prefix + name, chart.plot());
    const auto near = touch.hovered ? chart.nearest(points, touch.at) : std::nullopt;
    if (!near) {
      return;
    }
    const sim::Comparison& comparison = *shown_[*near];
    p_.ring(chart.at(points[*near]), 9, c_.ink, 2);
    draw::HoverCard card = card_of(context_, comparison.at, comparison.simulated_us);
    card.substituted = say("dock.measured.click");
    context_.ui.hover(std::move(card));
    if (touch.pressed) {
      context_.actions.fields = scope::fields_of(*comparison.at.point);
      if (!context_.run.scenario().program.empty()) {
        context_.actions.fields.insert(context_.actions.fields.begin(), {"program", ""});
      }
    }
  }

  Context& context_;
  draw::Painter& p_;
  const draw::Palette& c_;
  const scope::Measured& measured_;
  sim::FoundPoint own_;
  draw::Rect times_area_, errors_area_;  // no errors where there is no room
  bool beside_ = false;
  std::vector<const sim::Comparison*> shown_;
  std::vector<ChartPoint> points_;
};

void none(Context& context, const draw::Rect& area, const scope::Measured& measured) {
  std::string machines;
  for (const std::string& machine : measured.machines()) {
    machines += (machines.empty() ? "" : ", ") + machine;
  }
  const scope::Strings& strings = context.ui.strings;
  const std::string what = strings.format("dock.measured.none", {{"machine", escaped(measured.machine().name)}});
  const std::string nearest = machines.empty()
                                  ? std::string(strings.get("dock.measured.none_at_all"))
                                  : strings.format("dock.measured.none_nearest", {{"machines", escaped(machines)}});
  context.ui.empty_state(area, what, nearest,
                         strings.get(machines.empty() ? "dock.measured.none_make" : "dock.measured.none_how"));
}

}  // namespace

void measured_tab(Context& context, const draw::Rect& area, const scope::Measured* measured,
                  const sim::FoundPoint& own) {
  context.ui.p.fill(area, context.ui.colors().panel);
  draw::Rect rest = area.inset(kPadding, 8);
  if (measured == nullptr || !measured->loaded()) {
    return context.ui.empty_state(rest, context.ui.words("dock.measured.reading"), "", "");
  }
  if (const std::optional<sim::Error>& error = measured->failure()) {
    return context.ui.error_state(rest, escaped(error->where()), escaped(error->message()), escaped(error->hint()));
  }
  if (measured->selection().points.empty()) {
    return none(context, rest, *measured);
  }
  if (rest.h >= kLarge && rest.w >= 820) {
    draw::Rect right = rest.cut_right(std::clamp(rest.w * 0.36F, 340.0F, 620.0F), kGap);
    measured_bars(context, right.cut_top(216, 20), *measured, own);
    measured_table(context, right, *measured);
  } else {
    if (rest.w >= 640) {
      measured_table(context, rest.cut_right(std::clamp(rest.w * 0.33F, 330.0F, 560.0F), kGap), *measured);
    }
    if (rest.w >= 760) {
      measured_bars(context, rest.cut_right(std::clamp(rest.w * 0.36F, 280.0F, 420.0F), kGap), *measured, own);
    }
  }
  Scatter(context, rest, *measured, own).draw();
}

}  // namespace views
