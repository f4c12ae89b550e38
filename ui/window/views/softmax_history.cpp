// m, alpha, l and O / l of one row after every K/V tile, beside what safe softmax finds.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/window/views/chart.h"
#include "ui/window/views/softmax_parts.h"

namespace views {

namespace {

constexpr draw::Dash kSafe{4, 3};
constexpr std::int32_t kTicksMost = 8;
using Step = scope::SoftmaxRow::Step;

struct Curve {
  std::string title;
  std::vector<std::pair<std::int32_t, float>> points;  ///< step, value
  std::optional<float> safe;
  draw::Family family = draw::Family::none;
  int digits = 3;
};

std::vector<Curve> curves_of(const scope::SoftmaxRow& row, const std::string& column) {
  const std::string &sum = row.letters.sum, quotient = row.divided || !row.online ? "[O:O]" : "[O:O]/" + sum;
  Curve m{row.letters.m, {}, row.safe_m, draw::Family::none, -1}, alpha{"*α*", {}, {}, draw::Family::none, 3},
      l{sum, {}, row.safe_l, draw::Family::none, 3}, o{quotient + ", " + column, {}, {}, draw::Family::o, 2};
  const std::int32_t first = row.steps.empty() ? 0 : row.steps.front().j;
  for (const Step& step : row.steps) {
    const std::int32_t at = step.j - first;
    const auto add = [&](Curve& curve, bool known, float value) {
      if (known && std::isfinite(value)) {
        curve.points.emplace_back(at, value);
      }
    };
    add(m, step.done_max, step.m);
    add(alpha, step.done_alpha && row.online && std::isfinite(step.m_old), step.alpha);
    add(l, step.done_sum, step.l);
    const float divisor = row.online && !row.divided ? step.l : 1;
    add(o, step.done_o && (step.done_sum || !row.online) && !step.o.empty(),
        step.o.empty() ? 0 : step.o.front() / divisor);
  }
  std::vector<Curve> curves;
  if (row.has_max) {
    curves.push_back(m);
  } else {
    l.safe.reset();  // a sum of other terms
  }
  if (row.online) {
    curves.push_back(alpha);
  }
  curves.push_back(l);
  if (!row.safe_o.empty()) {
    o.safe = row.safe_o.front();
    curves.push_back(o);
  }
  return curves;
}

class Plot {
 public:
  Plot(SoftmaxFrame& at, const Curve& curve, const draw::Rect& area)
      : at_(at), p_(at.p()), colors_(at.colors()), curve_(curve), area_(area) {
    plot_ = {area.x + 6, area.y + 40, area.w - 12, std::max(20.0F, area.h - 40 - 42)};
    low_ = high_ = curve.safe.value_or(curve.points.empty() ? 0 : curve.points.front().second);
    for (const auto& [step, value] : curve.points) {
      low_ = std::min(low_, value);
      high_ = std::max(high_, value);
    }
    if (high_ - low_ < 1e-6F * std::max(1.0F, std::abs(high_))) {
      low_ -= 0.5F;
      high_ += 0.5F;
    }
  }

  void draw() {
    rich_at(p_, {area_.x, area_.y + 10}, curve_.title, {16, draw::Face::semibold}, colors_.ink);
    axis();
    if (curve_.safe) {
      const float y = y_of(*curve_.safe);
      p_.dashed_line({area_.x, y}, {area_.right(), y}, colors_.edge, kSafe, 1.5F);
    }
    const draw::Color color = curve_.family == draw::Family::none ? colors_.ink : colors_.of(curve_.family).line;
    std::vector<draw::Point> points;
    for (const auto& [step, value] : curve_.points) {
      points.push_back({x_of(step), y_of(value)});
    }
    for (std::size_t n = 1; n < points.size(); ++n) {
      p_.line(points[n - 1], points[n], color, 2.5F);  // a polyline's joints spike where it turns back
    }
    const bool few = static_cast<float>(points.size()) * 12 <= plot_.w;
    for (std::size_t n = 0; n < points.size(); ++n) {
      const bool now = n + 1 == points.size();
      if (now) {
        p_.disc(points[n], 11, colors_.panel);
      }
      if (few || now) {
        p_.disc(points[n], now ? 6 : 4, color);
      }
      if (now) {
        p_.ring(points[n], 9, colors_.ink, 2);
      }
    }
    label(points);
  }

 private:
  float x_of(std::int32_t step) const {
    const auto count = static_cast<float>(std::max(1, at_.row.steps_total));
    return plot_.x + plot_.w * (static_cast<float>(step) + 0.5F) / count;
  }
  float y_of(float value) const { return plot_.bottom() - plot_.h * (value - low_) / (high_ - low_); }

  void axis() {
    const float y = area_.bottom() - 20;
    p_.line({area_.x, y}, {area_.right(), y}, colors_.edge, 1);
    const std::int32_t count = at_.row.steps_total, first = at_.row.steps.empty() ? 0 : at_.row.steps.front().j;
    const std::int32_t now = at_.step() != nullptr ? at_.step()->j - first : -1;
    std::vector<std::int32_t> ticks;
    const float widest = p_.width_of(std::to_string(first + count), kSmallBold) + 8;
    const auto most = std::min<std::int32_t>(kTicksMost, static_cast<std::int32_t>(plot_.w / widest));
    const std::int32_t apart = std::max(1, (count + std::max(1, most) - 1) / std::max(1, most));
    for (std::int32_t n = 0; n < count; n += apart) {
      if (now < 0 || n == now || std::abs(x_of(n) - x_of(now)) >= widest) {
        ticks.push_back(n);
      }
    }
    if (now >= 0 && std::find(ticks.begin(), ticks.end(), now) == ticks.end()) {
      ticks.push_back(now);
    }
    for (const std::int32_t n : ticks) {
      text_at(p_, {x_of(n), y + 11}, std::to_string(first + n), n == now ? kSmallBold : kSmall,
              n == now ? colors_.ink : colors_.ink2, draw::Align::center);
    }
  }

  // The newest number first; older ones where they find room.
  void label(const std::vector<draw::Point>& points) {
    Labels labels({area_.x - 4, area_.y + 22, area_.w + 8, area_.h - 44});
    for (std::size_t n = 0; n < points.size(); ++n) {
      const float r = n + 1 == points.size() ? 11 : 6;
      labels.keep_free({points[n].x - r, points[n].y - r, 2 * r, 2 * r});
      if (n > 0) {
        labels.keep_free(points[n - 1], points[n]);
      }
    }
    if (curve_.safe) {
      labels.keep_free({area_.x, y_of(*curve_.safe)}, {area_.right(), y_of(*curve_.safe)});
    }
    for (std::size_t n = points.size(); n-- > 0;) {
      const bool now = n + 1 == points.size();
      if (!now && static_cast<std::int32_t>(points.size()) > kTicksMost) {
        return;
      }
      const float value = curve_.points[n].second;
      const std::string words = curve_.digits < 0 ? in_formula(value) : in_formula(value, curve_.digits);
      const float w = p_.width_of(words, kSmallMono), h = draw::line_height(kSmallMono);
      if (const auto box = labels.place(points[n], w, h, now ? 12 : 8)) {
        p_.text({box->x, box->y}, words, kSmallMono, colors_.ink);
      }
    }
  }

  SoftmaxFrame& at_;
  draw::Painter& p_;
  const draw::Palette& colors_;
  const Curve& curve_;
  draw::Rect area_, plot_;
  float low_ = 0, high_ = 1;
};

}  // namespace

void softmax_history(SoftmaxFrame& at, float left, float right, float height) {
  constexpr float kHead = 34, kGap = 24;
  const float y = at.y + 14;
  const std::string dashed = at.words("softmax.dashed");
  const float legend = at.p().width_of(dashed, kDense) + 34;
  const scope::Strings& strings = at.c.ui.strings;
  for (const char* key : {at.is_softmax() ? "softmax.history_tiles" : "softmax.history", "softmax.history_short"}) {
    const std::string title = strings.format(key, {{"n", std::to_string(at.row.row)}});
    if (draw::rich_width(title, kDenseBold, at.p().scale()) + legend + 16 <= right - left) {
      rich_at(at.p(), {left, y}, title, kDenseBold, at.colors().ink);
      break;
    }
  }
  at.p().dashed_line({right - legend, y}, {right - legend + 26, y}, at.colors().edge, kSafe, 1.5F);
  text_at(at.p(), {right, y}, dashed, kDense, at.colors().ink2, draw::Align::right);
  const std::vector<Curve> curves = curves_of(at.row, at.words("softmax.column_0"));
  const auto count = static_cast<int>(curves.size());
  const int across = right - left >= 600 ? count : std::min(count, 2), down = (count + across - 1) / across;
  const float w = (right - left - kGap * static_cast<float>(across - 1)) / static_cast<float>(across);
  const float h = (height - kHead) / static_cast<float>(down);
  for (int n = 0; n < count; ++n) {
    const draw::Rect area{left + static_cast<float>(n % across) * (w + kGap),
                          at.y + kHead + static_cast<float>(n / across) * h, w, h - 8};
    Plot(at, curves[static_cast<std::size_t>(n)], area).draw();
  }
  at.y += height;
}

}  // namespace views
