// Memory over time: what a block keeps on the chip, and what the run keeps in HBM.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "ui/window/views/chart.h"
#include "ui/window/views/dock.h"
#include "ui/window/views/dock_parts.h"

namespace views {

namespace {

constexpr float kPadding = 16, kHead = 24, kGap = 36;

struct Kept {
  std::int32_t kernel = -1;
  std::uint32_t block = 0;
  scope::Footprints footprints;
};

const scope::Footprints& footprints_of(Context& context) {
  Kept& kept = kept_for<Kept>(context.run);
  const scope::At& at = context.frame.at;
  if (kept.kernel != at.kernel || kept.block != at.block) {
    kept = {at.kernel, at.block, scope::footprints(context.run, context.frame.cursor)};
  }
  return kept.footprints;
}

Axis time_axis(double from, double to, float px) {
  Axis axis;
  axis.from = from, axis.to = std::max(to, from + 1e-9);
  const std::vector<double> at = ticks_of(axis, px, 110);
  const double step = at.size() > 1 ? at[1] - at[0] : axis.to - axis.from;
  axis.at = at;
  axis.label = [step, to](double t) { return axis_time(t, step, to); };
  axis.grid = false;
  return axis;
}

// Capacities in powers of two; so are their ticks.
Axis kib_axis(double highest, float px) {
  Axis axis = axis_up_to(highest);
  const double least = axis.to / std::max(1.0, static_cast<double>(px) / (px < 200 ? 34 : 60));
  double step = 1;
  while (step < least) {
    step *= 2;
  }
  for (double t = 0; t <= axis.to; t += step) {
    axis.at.push_back(t);
  }
  axis.label = [](double bytes) { return bytes == 0 ? std::string("0") : scope::kib_text(bytes); };
  return axis;
}

class MemoryCharts {
 public:
  explicit MemoryCharts(Context& context) : context_(context), p_(context.ui.p), c_(context.ui.colors()) {}

  void block(draw::Rect area) {
    const scope::Footprints& all = footprints_of(context_);
    if (all.block.empty()) {
      return;
    }
    const draw::Rect head = area.cut_top(kHead);
    const std::vector<draw::Rect> halves = area.h >= 300 ? split_down(area) : split_across(area);
    part(halves[0], say("dock.memory.smem"), all, all.smem_capacity, [](const auto& p) { return p.smem; });
    part(halves[1], say("dock.memory.registers"), all, all.register_capacity,
         [](const auto& p) { return p.registers; });
    title(head, say("dock.memory.block"), draw::Badge::exact);
  }

  void hbm(draw::Rect area) {
    const scope::Footprints& all = footprints_of(context_);
    title(area.cut_top(kHead), say("dock.memory.hbm"), draw::Badge::exact);
    std::vector<ChartPoint> line;
    double highest = 0;
    for (const auto& [t, bytes] : all.hbm) {
      line.push_back({t, static_cast<double>(bytes)});
      highest = std::max(highest, static_cast<double>(bytes));
    }
    if (line.empty()) {
      return;
    }
    line.push_back({context_.run.end_us(), line.back().y});
    Axis y = axis_up_to(highest * 1.25);
    y.label = [](double bytes) { return bytes == 0 ? std::string("0") : without_zeros(scope::bytes_text(bytes)); };
    Chart chart(context_.ui, area, time_axis(0, context_.run.end_us(), area.w), y);
    chart.axes();
    past_and_future(chart, line);
    chart.vertical(now(), c_.ink);
    hbm_words(chart, highest);
    hover(chart, "hbm", line, false);
  }

 private:
  std::string_view say(std::string_view key) const { return context_.ui.words(key); }
  double now() const { return context_.frame.cursor.t_us; }

  static std::vector<draw::Rect> split_across(draw::Rect area) {
    const draw::Rect left = area.cut_left((area.w - kGap) / 2, kGap);
    return {left, area};
  }
  static std::vector<draw::Rect> split_down(draw::Rect area) {
    const draw::Rect top = area.cut_top((area.h - 20) / 2, 20);
    return {top, area};
  }

  void title(const draw::Rect& box, std::string_view words, draw::Badge badge) {
    const draw::Rect text = text_at(p_, {box.x, box.center().y}, words, kDenseBold, c_.ink);
    draw::badge(p_, badge, {text.right() + 8, box.center().y - 7}, c_.ink2);
  }

  template <typename Bytes>
  void part(const draw::Rect& area, std::string_view name, const scope::Footprints& all, std::int64_t capacity,
            Bytes bytes) {
    std::vector<ChartPoint> line;
    double highest = 0;
    for (const scope::Footprints::Point& point : all.block) {
      line.push_back({point.t_us, static_cast<double>(bytes(point))});
      highest = std::max(highest, line.back().y);
    }
    const auto limit = static_cast<double>(capacity);
    const bool capacity_seen = limit > 0 && limit <= 12 * std::max(1.0, highest);
    const scope::BlockRun& run = context_.run.block_run(context_.frame.at.kernel, context_.frame.at.block);
    Axis y = kib_axis(capacity_seen ? limit : highest, area.h - 30);
    y.title = std::string(name);
    Chart chart(context_.ui, area, time_axis(run.begin_us, run.end_us, area.w), y);
    chart.axes();
    past_and_future(chart, line);
    if (capacity_seen) {
      chart.horizontal(limit, c_.ink2, draw::kToCome);
    }
    chart.vertical(now(), c_.ink);
    const std::string words = context_.ui.strings.format("dock.memory.capacity", {{"size", scope::kib_text(limit)}});
    if (limit > 0) {
      chart.label_somewhere(along(run.begin_us, run.end_us, capacity_seen ? limit : chart_top(y)), escaped(words),
                            kSmall, c_.ink2, 4);
    }
    chart.label_somewhere(at_height(line, highest),
                          context_.ui.strings.format("dock.memory.peak", {{"size", scope::kib_text(highest)}}), kSmall,
                          c_.ink, 6);
    hover(chart, std::string(name), line, true);
  }

  static double chart_top(const Axis& y) { return y.to * 0.93; }

  // Places for words at one height: the middle first.
  static std::vector<ChartPoint> along(double from, double to, double y) {
    std::vector<ChartPoint> out;
    for (const double share : {0.5, 0.75, 0.25, 0.88, 0.12}) {
      out.push_back({from + share * (to - from), y});
    }
    return out;
  }

  // The middles of the stretches at that height, the longest first.
  static std::vector<ChartPoint> at_height(const std::vector<ChartPoint>& line, double y) {
    std::vector<std::pair<double, double>> stretches;  // length, middle
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      if (line[i].y == y) {
        stretches.emplace_back(line[i + 1].x - line[i].x, (line[i].x + line[i + 1].x) / 2);
      }
    }
    std::sort(stretches.begin(), stretches.end(), std::greater<>());
    std::vector<ChartPoint> out;
    for (std::size_t i = 0; i < std::min<std::size_t>(stretches.size(), 8); ++i) {
      out.push_back({stretches[i].second, y});
    }
    return out;
  }

  // What has been: solid. What comes: dashed.
  void past_and_future(Chart& chart, const std::vector<ChartPoint>& line) {
    std::vector<ChartPoint> past, future;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i].x <= now()) {
        past.push_back(line[i]);
      }
      if (line[i].x > now() || (i + 1 < line.size() && line[i + 1].x > now())) {
        future.push_back({std::max(line[i].x, now()), line[i].y});
      }
    }
    if (!past.empty()) {
      past.push_back({std::max(past.back().x, std::min(now(), line.back().x)), past.back().y});
    }
    chart.steps(future, c_.ink2, 1.5F, draw::kTarget);
    chart.steps(past, c_.ink, 2.5F);
  }

  // What grows how: inputs and outputs with N, scores with N^2.
  void hbm_words(Chart& chart, double highest) {
    double lasting = 0;
    std::string names;
    std::int64_t scratch = 0;
    for (const sim::TensorInfo& tensor : context_.run.plan().tensors) {
      const bool square =
          tensor.role == sim::TensorRole::scratch &&
          (scope::family_of(tensor.name) == scope::Family::s || scope::family_of(tensor.name) == scope::Family::p);
      if (square) {
        names += (names.empty() ? "" : ", ") + underlined(tensor.name, scope::family_of(tensor.name));
        scratch += tensor.bytes();
      } else {
        lasting += static_cast<double>(tensor.bytes());
      }
    }
    const scope::Strings& strings = context_.ui.strings;
    const double end = context_.run.end_us();
    if (scratch > 0) {
      chart.horizontal(lasting, c_.edge, draw::kGhost);
      chart.label_somewhere(along(0, end, highest), strings.format("dock.memory.square", {{"names", names}}), kSmall,
                            c_.ink, 5);
    }
    chart.label_somewhere(along(0, end, lasting), say("dock.memory.linear"), kSmall, c_.ink2, 5);
  }

  void hover(Chart& chart, const std::string& name, const std::vector<ChartPoint>& line, bool kib) {
    const draw::Ui::Touch touch = context_.ui.touch(context_.prefix + "memory." + name, chart.plot());
    if (touch.pressed || touch.held) {
      context_.view.cursor.t_us = std::clamp(chart.x_at(touch.at.x), 0.0, context_.run.end_us());
    }
    if (!touch.hovered) {
      return;
    }
    const double t = chart.x_at(touch.at.x);
    double bytes = line.front().y;
    for (const ChartPoint& point : line) {
      bytes = point.x <= t ? point.y : bytes;
    }
    draw::HoverCard card;
    card.title = micro(t);
    card.rows.push_back({kib ? name : std::string(say("dock.memory.hbm")),
                         kib ? scope::count_text(static_cast<std::int64_t>(bytes)) + " B" : scope::bytes_text(bytes)});
    card.badge = draw::Badge::exact;
    context_.ui.hover(std::move(card));
  }

  Context& context_;
  draw::Painter& p_;
  const draw::Palette& c_;
};

}  // namespace

void memory_tab(Context& context, const draw::Rect& area) {
  context.ui.p.fill(area, context.ui.colors().panel);
  draw::Rect rest = area.inset(kPadding, 6);
  MemoryCharts charts(context);
  charts.hbm(rest.cut_right((rest.w - kGap) * (rest.h >= 330 ? 0.5F : 0.36F), kGap));
  charts.block(rest);
}

}  // namespace views
