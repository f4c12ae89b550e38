// Beside the chart of measured points: the run's own, kernel by kernel, and the errors of each algorithm.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "ui/window/views/chart.h"
#include "ui/window/views/measured_parts.h"

namespace views {

namespace {

constexpr float kRow = 20, kTallRow = 27, kBarHeight = 14;
constexpr std::array<float, 4> kColumns = {50, 94, 70, 76};  // points, mean, worst, held back

struct KernelTimes {
  std::string words;
  double simulated_us = 0;
  std::optional<double> measured_us;
};

// Kernels that the run and its measurement both name, in their order.
std::vector<KernelTimes> kernels_of(const scope::Run& run, const sim::MeasuredPoint& point) {
  const std::vector<sim::KernelReport>& kernels = run.report().kernels;
  std::vector<KernelTimes> out;
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    const bool same = point.kernels.size() == kernels.size() && point.kernels[k].name == kernels[k].name;
    out.push_back({kernel_words(run, static_cast<std::int32_t>(k)), kernels[k].time_us,
                   same ? point.kernels[k].time_us : std::nullopt});
  }
  return out;
}

class Bars {
 public:
  Bars(Context& context, const draw::Rect& area, const sim::FoundPoint& own)
      : context_(context),
        p_(context.ui.p),
        c_(context.ui.colors()),
        area_(area),
        own_(own),
        kernels_(kernels_of(context.run, *own.point)) {}

  void draw() {
    draw::Rect rest = area_;
    const draw::Rect head = rest.cut_top(22, 6);
    p_.text_within({head.x, head.y}, head.w - 90, say("dock.measured.this_run_title"), kDenseBold, c_.ink);
    text_at(p_, {head.right(), head.center().y}, scope::error_words(simulated() / measured() - 1),
            {18, draw::Face::mono}, c_.ink, draw::Align::right);
    bar(rest, "dock.measured.simulated", draw::Badge::modelled, simulated(), true);
    bar(rest, "dock.measured.measured", draw::Badge::measured, measured(), split());
    names(rest);
    rest.cut_top(4);
    how(rest);
    react();
  }

 private:
  std::string_view say(std::string_view key) const { return context_.ui.words(key); }
  double simulated() const { return context_.run.report().time_us; }
  double measured() const { return own_.point->time_us.median; }
  bool split() const {
    return std::all_of(kernels_.begin(), kernels_.end(), [](const auto& k) { return k.measured_us.has_value(); });
  }

  draw::Color color_of(std::size_t kernel) const {
    const std::array<draw::Color, 3> kColors = {c_.ink2, c_.edge, c_.hair};
    return kColors[kernel % kColors.size()];
  }

  void bar(draw::Rect& rest, const char* key, draw::Badge badge, double us, bool by_kernel) {
    const draw::Rect line = rest.cut_top(19, 2);
    words_with_badge(context_, {line.x, line.center().y}, say(key), badge);
    text_at(p_, {line.right(), line.center().y}, micro(us), kDenseMono, c_.ink, draw::Align::right);
    draw::Rect box = rest.cut_top(kBarHeight, 8);
    const float scale = box.w / static_cast<float>(std::max({simulated(), measured(), 1e-9}));
    box.w = scale * static_cast<float>(us);
    p_.fill(box, by_kernel ? c_.raised : c_.ink2, 2);
    float x = box.x;
    for (std::size_t k = 0; by_kernel && k < kernels_.size(); ++k) {
      const double part = badge == draw::Badge::modelled ? kernels_[k].simulated_us : *kernels_[k].measured_us;
      const float end = std::min(box.right(), x + scale * static_cast<float>(part));
      p_.fill({x, box.y, std::max(0.0F, end - x - (k + 1 < kernels_.size() ? 1.0F : 0.0F)), box.h}, color_of(k), 2);
      x = end;
    }
    p_.frame(box, c_.edge, 1, 2);
  }

  // One after the other, as many lines as there is room for.
  void names(draw::Rect& rest) {
    if (kernels_.size() < 2 && split()) {
      return;
    }
    if (!split() && rest.h >= 18) {
      const draw::Rect line = rest.cut_top(18, 2);
      p_.text_within({line.x, line.y}, line.w, say("dock.measured.not_by_kernel"), kSmall, c_.ink2);
    }
    draw::Rect line = rest.h >= 18 ? rest.cut_top(18) : draw::Rect{};
    for (std::size_t k = 0; k < kernels_.size() && !line.empty() && kernels_.size() > 1; ++k) {
      const float w = 16 + p_.width_of(kernels_[k].words, kSmall);
      if (w > line.w && rest.h >= 18) {
        line = rest.cut_top(18);
      }
      if (w > line.w) {
        return;
      }
      const draw::Rect box{line.x, line.center().y - 5, 10, 10};
      p_.fill(box, color_of(k), 2);
      p_.frame(box, c_.edge, 1, 2);
      text_at(p_, {line.x + 16, line.center().y}, kernels_[k].words, kSmall, c_.ink2);
      line.cut_left(w + 14);
    }
  }

  // On which card, when, and how far its runs lie apart, where there is room.
  void how(draw::Rect rest) {
    const sim::MeasuredPoint& point = *own_.point;
    const std::string spread =
        context_.ui.strings.format("dock.measured.spread_value", {{"low", micro(point.time_us.p10)},
                                                                  {"high", micro(point.time_us.p90)},
                                                                  {"n", scope::count_text(point.time_us.samples)}});
    const std::string l2(say(point.cold_l2 ? "dock.measured.cold" : "dock.measured.warm"));
    const std::string card = own_.file->card.name + ", " + own_.file->date.substr(0, 10);
    for (const std::string& words : {spread, card + ", L2: " + l2}) {
      if (rest.h < 18) {
        return;
      }
      const draw::Rect line = rest.cut_top(18);
      p_.text_within({line.x, line.y}, line.w, words, kSmall, c_.ink2);
    }
  }

  void react() {
    const draw::Ui::Touch touch = context_.ui.touch(context_.prefix + "measured.bars", area_);
    if (!touch.hovered) {
      return;
    }
    draw::HoverCard card = card_of(context_, own_, simulated());
    for (const KernelTimes& kernel : kernels_) {
      if (kernels_.size() > 1 && kernel.measured_us) {
        card.rows.push_back(
            {escaped(kernel.words),
             context_.ui.strings.format("dock.measured.kernel_value", {{"simulated", micro(kernel.simulated_us)},
                                                                       {"measured", micro(*kernel.measured_us)}})});
      }
    }
    context_.ui.hover(std::move(card));
  }

  Context& context_;
  draw::Painter& p_;
  const draw::Palette& c_;
  draw::Rect area_;
  sim::FoundPoint own_;
  std::vector<KernelTimes> kernels_;
};

// ---- The table ----

/// Numbers at the right ends of equal columns, words before them.
struct Columns {
  draw::Rect row;
  std::size_t count = 3;
  float right(std::size_t i) const { return row.right() - width(i + 1, count); }
  float words() const { return row.w - width(0, count) - 22; }
  static float width(std::size_t from, std::size_t to) {
    return std::accumulate(kColumns.begin() + static_cast<std::ptrdiff_t>(from),
                           kColumns.begin() + static_cast<std::ptrdiff_t>(to), 0.0F);
  }
};

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

void summary_row(Context& context, const draw::Rect& row, const sim::AlgorithmSummary& summary, std::size_t columns) {
  draw::Painter& p = context.ui.p;
  const draw::Palette& c = context.ui.colors();
  const bool all = summary.algorithm == "all", mine = summary.algorithm == context.run.scenario().algorithm;
  const float y = row.center().y;
  if (mine) {
    p.fill(row, c.raised);
    p.fill({row.x - 4, row.y, 3, row.h}, c.ink);
  }
  if (!all) {
    algorithm_mark(p, summary.algorithm, {row.x + 9, y}, 5, false);
  }
  const Columns at{row, columns};
  const draw::TextStyle& style = mine || all ? kSmallBold : kSmall;
  p.text_within({row.x + 22, y - draw::line_height(style) / 2}, at.words(), algorithm_words(context, summary.algorithm),
                style, c.ink);
  const sim::ErrorSummary& errors = summary.all;
  std::vector<std::string> numbers = {scope::count_text(static_cast<std::int64_t>(errors.points))};
  const std::string nothing = "\xC2\xB7";  // does not apply
  numbers.push_back(errors.points > 0 ? percent(errors.mean_abs) : nothing);
  numbers.push_back(errors.points > 0 ? scope::error_words(errors.worst_error) : nothing);
  numbers.push_back(summary.held_back.points > 0 ? percent(summary.held_back.mean_abs) : nothing);
  for (std::size_t i = 0; i < columns; ++i) {
    text_at(p, {at.right(i) - 2, y}, numbers[i], kSmallMono, c.ink, draw::Align::right);
  }
}

void table_head(Context& context, const draw::Rect& row, std::size_t columns) {
  const draw::Palette& c = context.ui.colors();
  const float y = row.center().y;
  const Columns at{row, columns};
  context.ui.p.text_within({row.x, y - draw::line_height(kSmall) / 2}, at.words() + 22,
                           context.ui.words("dock.measured.above"), kSmall, c.ink2);
  constexpr std::array<const char*, 4> kHeads = {"dock.measured.n", "dock.measured.mean", "dock.measured.worst",
                                                 "dock.measured.held_back"};
  for (std::size_t i = 0; i < columns; ++i) {
    text_at(context.ui.p, {at.right(i) - 2, y}, context.ui.words(kHeads[i]), kSmall, c.ink2, draw::Align::right);
  }
  context.ui.p.line({row.x, row.bottom()}, {row.right(), row.bottom()}, c.hair);
}

// What the marks mean, and which points are in no row.
std::vector<std::string> remarks(Context& context, const scope::Measured& measured) {
  const scope::Strings& strings = context.ui.strings;
  std::vector<std::string> out;
  const auto add = [&](const char* key, std::size_t n) {
    if (n > 0) {
      out.push_back(strings.format(key, {{"n", scope::count_text(static_cast<std::int64_t>(n))}}));
    }
  };
  const auto& points = measured.selection().points;
  add("dock.measured.hollow",
      static_cast<std::size_t>(
          std::count_if(points.begin(), points.end(), [](const sim::FoundPoint& at) { return at.point->held_back; })));
  const auto& rows = measured.summaries();
  add("dock.measured.brief", rows.empty() ? 0 : rows.back().brief.points);
  add("dock.measured.failed", measured.failed());
  add("dock.measured.baselines", measured.selection().baselines);
  return out;
}

void draw_remarks(Context& context, draw::Rect area, const std::vector<std::string>& words) {
  for (const std::string& line : words) {
    const draw::Rect row = area.cut_top(18);
    if (row.h >= 18) {
      context.ui.p.text_within({row.x, row.y}, row.w, line, kSmall, context.ui.colors().ink2);
    }
  }
}

}  // namespace

void measured_bars(Context& context, draw::Rect area, const scope::Measured& measured, const sim::FoundPoint& own) {
  if (own) {
    return Bars(context, area, own).draw();
  }
  const char* why = measured.altered()                        ? "dock.measured.own_altered"
                    : !context.run.scenario().program.empty() ? "dock.measured.own_program"
                                                              : "dock.measured.own_none";
  const draw::Rect head = area.cut_top(22, 6);
  context.ui.p.text_within({head.x, head.y}, head.w, context.ui.words("dock.measured.this_run_title"), kDenseBold,
                           context.ui.colors().ink);
  draw::rich(context.ui.p, {area.x, area.y}, context.ui.words(why), kDense, context.ui.colors().ink2, area.w);
}

void measured_table(Context& context, draw::Rect area, const scope::Measured& measured) {
  const std::vector<sim::AlgorithmSummary>& rows = measured.summaries();
  const std::size_t columns = area.w >= 22 + 150 + Columns::width(0, 4) ? 4 : 3;
  const float tall = area.h >= kTallRow * static_cast<float>(rows.size() + 6) ? kTallRow : kRow;
  table_head(context, area.cut_top(tall + 1, 2), columns);
  const std::vector<std::string> words = remarks(context, measured);
  const float below = 6 + 18 * static_cast<float>(words.size());
  std::vector<const sim::AlgorithmSummary*> shown;
  for (const sim::AlgorithmSummary& row : rows) {
    shown.push_back(&row);
  }
  if (area.h < tall * static_cast<float>(rows.size()) + below) {  // the sum and the run's own are seen unscrolled
    const std::string& mine = context.run.scenario().algorithm;
    std::stable_sort(shown.begin(), shown.end(), [&](const auto* a, const auto* b) {
      const auto rank = [&](const auto* s) { return s->algorithm == "all" ? 0 : s->algorithm == mine ? 1 : 2; };
      return rank(a) < rank(b);
    });
  }
  const float content = tall * static_cast<float>(shown.size()) + below;
  draw::Rect rest =
      context.ui.begin_scroll(context.prefix + "measured.table", {area.x - 4, area.y, area.w + 4, area.h}, content);
  rest.x += 4, rest.w -= 4, rest.h = content;
  for (const sim::AlgorithmSummary* summary : shown) {
    summary_row(context, rest.cut_top(tall), *summary, columns);
  }
  rest.cut_top(6);
  draw_remarks(context, rest, words);
  context.ui.end_scroll();
}

}  // namespace views
