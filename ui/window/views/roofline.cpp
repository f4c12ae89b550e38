// Where every kernel stands under the roof that memory and units make.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/chart.h"
#include "ui/window/views/dock.h"
#include "ui/window/views/dock_parts.h"

namespace views {

namespace {

constexpr float kPadding = 16, kTable = 560, kTableNarrow = 380;

std::string tera(double flops) { return number_text(flops / 1e12); }

// Its kernel's name, or the run's.
std::string name_of(Context& context, const scope::Roofline& roof, std::size_t i) {
  if (roof.points.size() == 1) {
    return sim::find_algorithm(context.run.scenario().algorithm).title;
  }
  if (i + 1 == roof.points.size()) {
    return std::string(context.ui.words("dock.roofline.run"));
  }
  std::string name = roof.points[i].name;
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

double roof_at(const scope::Roofline& roof, double intensity) {
  return std::min(roof.peak_flops, roof.bandwidth * intensity);
}

struct Bounds {
  double x_from = 1, x_to = 10, y_from = 1, y_to = 10;
};

// Whole decades around the ridge and the points.
Bounds bounds_of(const scope::Roofline& roof) {
  const double ridge = roof.peak_flops / roof.bandwidth;
  double left = std::min(1.0, ridge / 10), right = ridge * 10, low = roof_at(roof, left), high = roof.peak_flops;
  for (const scope::Roofline::Point& point : roof.points) {
    if (std::isfinite(point.intensity) && point.intensity > 0 && point.flops > 0) {
      left = std::min(left, point.intensity / 2);
      right = std::max(right, point.intensity * 2);
      low = std::min(low, point.flops / 2);
    }
  }
  const auto down = [](double v) { return std::pow(10.0, std::floor(std::log10(v) + 1e-9)); };
  const auto up = [](double v) { return std::pow(10.0, std::ceil(std::log10(v) - 1e-9)); };
  return {down(left), up(right), std::max(low, high * 1e-6) * 0.9, high * 1.9};
}

class RooflineChart {
 public:
  RooflineChart(Context& context, const draw::Rect& area, const scope::Roofline& roof)
      : context_(context), roof_(roof), bounds_(bounds_of(roof)), chart_(context.ui, area, x_axis(), y_axis()) {}

  void draw() {
    chart_.axes();
    roof();
    points();
    hover();
  }

 private:
  Axis x_axis() const {
    Axis axis;
    axis.from = bounds_.x_from, axis.to = bounds_.x_to, axis.log = true;
    axis.title = std::string(context_.ui.words("dock.roofline.x"));
    return axis;
  }
  Axis y_axis() const {
    Axis axis;
    axis.from = bounds_.y_from / 1e12, axis.to = bounds_.y_to / 1e12, axis.log = true;
    axis.title = "TFLOPS";
    return axis;
  }

  void roof() {
    const draw::Palette& c = context_.ui.colors();
    const double ridge = roof_.peak_flops / roof_.bandwidth, peak = roof_.peak_flops / 1e12;
    const std::vector<ChartPoint> line = {
        {bounds_.x_from, roof_.bandwidth * bounds_.x_from / 1e12}, {ridge, peak}, {bounds_.x_to, peak}};
    chart_.curve(line, c.ink, 2.5F);
    for (std::size_t i = 0; i < roof_.points.size(); ++i) {  // before words, so that these keep clear
      const draw::Point at = chart_.at(position(i));
      chart_.labels().keep_free({at.x - 7, at.y - 7, 14, 14});
    }
    const ChartPoint right{std::pow(bounds_.x_to, 0.97) * std::pow(ridge, 0.03), peak};
    chart_.label(right, fmt::format("{} {}", number_text(peak), escaped(roof_.peak_name)), kSmall, c.ink, 4);
    // Beside the slope, where the roof is half way down.
    const double x = std::sqrt(bounds_.x_from * ridge), y = roof_.bandwidth * x / 1e12;
    chart_.label({x, y}, fmt::format("{} GB/s", number_text(std::round(roof_.bandwidth / 1e9))), kSmall, c.ink, 10);
  }

  ChartPoint position(std::size_t i) const {
    const scope::Roofline::Point& point = roof_.points[i];
    return {std::clamp(point.intensity, bounds_.x_from, bounds_.x_to), point.flops / 1e12};
  }

  void points() {
    const draw::Palette& c = context_.ui.colors();
    const std::size_t count = roof_.points.size();
    const bool only_run = count == 2;  // one kernel: the run differs by its launch
    for (std::size_t i = 0; i < count; ++i) {
      const bool run = i + 1 == count;
      chart_.point(position(i), run ? Marker::ring : Marker::square, run ? c.ink : c.ink2, 6);
    }
    for (std::size_t left = count; left-- > 0;) {
      const bool run = left + 1 == count;
      if (!run || !only_run || count == 1) {
        const std::string words = escaped(name_of(context_, roof_, left));
        chart_.label(position(left), run ? "**" + words + "**" : words, kSmall, c.ink, 13);
      }
    }
  }

  void hover() {
    const draw::Ui::Touch touch = context_.ui.touch(context_.prefix + "roofline", chart_.plot());
    if (!touch.hovered) {
      return;
    }
    std::vector<ChartPoint> all;
    for (std::size_t i = 0; i < roof_.points.size(); ++i) {
      all.push_back(position(i));
    }
    const auto near = chart_.nearest(all, touch.at);
    if (!near) {
      return;
    }
    const scope::Roofline::Point& point = roof_.points[*near];
    draw_marker(context_.ui.p, Marker::ring, chart_.at(all[*near]), 11, context_.ui.colors().ink);
    draw::HoverCard card;
    card.title = escaped(name_of(context_, roof_, *near));
    card.rows.push_back({std::string(context_.ui.words("dock.roofline.x")), number_text(point.intensity)});
    card.rows.push_back({"TFLOPS", tera(point.flops)});
    card.rows.push_back({std::string(context_.ui.words("dock.roofline.of_roof")),
                         fmt::format("{:.0f} %", 100 * point.flops / roof_at(roof_, point.intensity))});
    card.badge = draw::Badge::modelled;
    context_.ui.hover(std::move(card));
  }

  Context& context_;
  const scope::Roofline& roof_;
  Bounds bounds_;
  Chart chart_;
};

// Words and then numbers, in columns of equal width. A narrow table leaves the first number out: the chart has it.
void table_row(Context& context, const draw::Rect& box, std::vector<std::string> words, bool bold, bool head) {
  draw::Painter& p = context.ui.p;
  const draw::Palette& c = context.ui.colors();
  if (box.w < kTable) {
    words.erase(words.begin() + 1);
  }
  const float first = box.w < kTable ? 110 : 150, y = box.center().y;
  const float column = (box.w - first) / static_cast<float>(words.size() - 1);
  const draw::Color color = head ? c.ink2 : c.ink;
  p.text_within({box.x, y - draw::line_height(head ? kSmall : kDense) / 2}, first, words[0],
                head   ? kSmall
                : bold ? kDenseBold
                       : kDense,
                color);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const float right = box.x + first + column * static_cast<float>(i);
    text_at(p, {right, y}, words[i], head ? kSmall : kDenseMono, color, draw::Align::right);
  }
}

void table(Context& context, draw::Rect area, const scope::Roofline& roof) {
  const auto say = [&](const char* key) { return std::string(context.ui.words(key)); };
  const draw::Rect head = area.cut_top(26);
  table_row(context, head,
            {say("dock.roofline.kernel"), say("dock.roofline.intensity"), "TFLOPS", say("dock.roofline.of_roof"),
             say("dock.roofline.time")},
            false, true);
  context.ui.p.line({head.x, head.bottom()}, {head.right(), head.bottom()}, context.ui.colors().hair);
  const sim::Report& report = context.run.report();
  const auto rows = static_cast<std::size_t>(std::max(1.0F, std::floor((area.h - 22) / 24)));
  const std::size_t first = roof.points.size() > rows ? roof.points.size() - rows : 0;  // the run is the last
  for (std::size_t i = first; i < roof.points.size(); ++i) {
    const scope::Roofline::Point& point = roof.points[i];
    double us = report.time_us;
    for (const sim::KernelReport& kernel : report.kernels) {
      us = i + 1 < roof.points.size() && kernel.name == point.name ? kernel.time_us : us;
    }
    table_row(context, area.cut_top(24),
              {name_of(context, roof, i), number_text(point.intensity), tera(point.flops),
               fmt::format("{:.0f} %", 100 * point.flops / roof_at(roof, point.intensity)), micro(us)},
              i + 1 == roof.points.size(), false);
  }
  context.ui.badge_with_word(draw::Badge::modelled, {area.x, area.y + 4});
}

}  // namespace

void roofline_tab(Context& context, const draw::Rect& area) {
  context.ui.p.fill(area, context.ui.colors().panel);
  scope::Roofline& roof = kept_for<scope::Roofline>(context.run);
  if (roof.points.empty()) {
    roof = scope::roofline(context.run);
  }
  draw::Rect rest = area.inset(kPadding, 8);
  if (roof.points.empty() || roof.peak_flops <= 0) {
    context.ui.empty_state(rest, context.ui.words("dock.roofline.none"), context.ui.words("dock.roofline.none_nearest"),
                           context.ui.words("dock.roofline.none_how"));
    return;
  }
  if (rest.w >= 820) {
    table(context, rest.cut_right(rest.w >= 1200 ? kTable : kTableNarrow, 32), roof);
  }
  RooflineChart(context, rest, roof).draw();
}

}  // namespace views
