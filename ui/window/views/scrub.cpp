// The run as one bar: how far it has come, what happens where; drag it, click it, turn the wheel over it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/window/views/chart.h"
#include "ui/window/views/dock.h"
#include "ui/window/views/dock_parts.h"
#include "ui/window/views/measured_parts.h"

namespace views {

namespace {

constexpr float kBarHeight = 5, kKnob = 8, kBarMiddle = 29, kHighest = 18;
constexpr float kLeft = 174, kLeftNarrow = 140, kLegend = 268;

struct Marks {
  scope::Place place;
  bool known = false;
  scope::ScrubMarks marks;
};

const scope::ScrubMarks& marks_of(const scope::Run& run, scope::Place place) {
  Marks& kept = kept_for<Marks>(run);
  if (!kept.known || !(kept.place == place)) {
    kept = {place, true, scope::scrub_marks(run, place)};
  }
  return kept.marks;
}

/// The bar on the screen, and time on it.
struct Track {
  draw::Rect bar;
  double end_us = 1;
  float x(double t_us) const { return bar.x + static_cast<float>(std::clamp(t_us / end_us, 0.0, 1.0)) * bar.w; }
  double t(float px) const { return std::clamp(static_cast<double>((px - bar.x) / bar.w), 0.0, 1.0) * end_us; }
};

class Scrub {
 public:
  Scrub(Context& context, const draw::Rect& area, const sim::FoundPoint& own)
      : context_(context), p_(context.ui.p), c_(context.ui.colors()), area_(area), own_(own), below_({}) {
    draw::Rect rest = area.inset(16, 0);
    if (slim()) {
      track_ = {{rest.x, area.center().y - kBarHeight / 2, rest.w, kBarHeight}, std::max(1e-9, context.run.end_us())};
      return;
    }
    rest.cut_left(area.w >= 1200 ? kLeft : kLeftNarrow);
    legend_ = area.w >= 1200 ? rest.cut_right(kLegend, 24) : draw::Rect{};
    rest = rest.inset(kKnob, 0);
    track_ = {{rest.x, area.y + kBarMiddle - kBarHeight / 2, rest.w, kBarHeight}, std::max(1e-9, context.run.end_us())};
    below_ = Labels({area.x, track_.bar.bottom() + 2, area.w, area.bottom() - track_.bar.bottom() - 2});
  }

  void draw() {
    p_.fill(area_, c_.panel);
    p_.fill({area_.x, area_.y, area_.w, 1}, c_.hair);
    react();
    bar();
    if (slim()) {
      return knob();
    }
    words();
    measured();
    const scope::ScrubMarks& marks = marks_of(context_.run, context_.view.cursor.place);
    iterations(marks);
    view_marks();
    stores(marks);
    kernels(marks);
    knob();
    legend(marks);
  }

 private:
  bool slim() const { return area_.h < 40; }  ///< room for the bar alone: a lesson on a projector
  double now() const { return context_.view.cursor.t_us; }
  std::string_view say(std::string_view key) const { return context_.ui.words(key); }

  void react() {
    const draw::Rect box{track_.bar.x - kKnob, area_.y + 2, track_.bar.w + 2 * kKnob, area_.h - 2};
    const draw::Ui::Touch touch = context_.ui.touch(context_.prefix + "scrub", box, true);
    if (touch.held || touch.pressed) {
      context_.view.cursor.t_us = track_.t(touch.at.x);
      context_.view.playing = false;
    }
    if (touch.wheel != 0) {
      context_.view.cursor =
          scope::step(context_.run, context_.view.cursor, context_.view.unit, touch.wheel > 0 ? 1 : -1);
    }
    if (touch.hovered && !touch.held) {
      hover(track_.t(touch.at.x));
    }
  }

  void hover(double t_us) {
    const float x = track_.x(t_us);
    p_.line({x, area_.y + 8}, {x, area_.y + area_.h - 6}, c_.edge);
    const scope::At at = context_.run.at({t_us, context_.view.cursor.place});
    draw::HoverCard card;
    card.title = micro(t_us);
    card.badge = draw::Badge::modelled;
    card.rows.push_back({std::string(say("dock.scrub.kernel")), escaped(kernel_words(context_.run, at.kernel))});
    card.rows.push_back({std::string(say("dock.scrub.op")),
                         context_.ui.strings.format("dock.scrub.of", {{"n", scope::count_text(at.number + 1)},
                                                                      {"count", scope::count_text(at.count)}})});
    context_.ui.hover(std::move(card));
  }

  void words() {
    const scope::Strings& strings = context_.ui.strings;
    const bool by_ops = context_.view.size == scope::Size::blackboard;
    const scope::At& at = context_.frame.at;
    const std::string first =
        by_ops ? strings.format("dock.scrub.op_n", {{"n", scope::count_text(at.number + 1)}}) : micro(now());
    const std::string second = by_ops ? strings.format("dock.scrub.of_ops", {{"count", scope::count_text(at.count)}})
                                      : strings.format("dock.scrub.of_time", {{"end", micro(context_.run.end_us())}});
    text_at(p_, {area_.x + 16, area_.y + 18}, first, kDenseMono, c_.ink);
    text_at(p_, {area_.x + 16, area_.y + 39}, second, kSmall, c_.ink2);
  }

  // How far the run's time is from the card's: beside the moment, where that leaves room whatever its digits.
  void measured() {
    if (!own_ || area_.w < 1200) {
      return;
    }
    const double end_us = context_.run.end_us();
    const std::string words = scope::error_words(end_us / own_.point->time_us.median - 1);
    const float right = area_.x + kLeft, y = area_.y + 18, w = p_.width_of(words, kSmall);
    if (20 + w > kLeft - 16 - p_.width_of("00.00 \xC2\xB5s", kDenseMono) - 8) {
      return;
    }
    text_at(p_, {right, y}, words, kSmall, c_.ink2, draw::Align::right);
    const draw::Rect diamond = draw::badge(p_, draw::Badge::measured, {right - w - 20, y - 7}, c_.ink2);
    if (context_.ui.touch(context_.prefix + "scrub.measured", {diamond.x, y - 10, right - diamond.x, 20}).hovered) {
      context_.ui.hover(card_of(context_, own_, end_us));
    }
  }

  void bar() {
    p_.fill(track_.bar, c_.hair, kBarHeight / 2);
    p_.fill({track_.bar.x, track_.bar.y, track_.x(now()) - track_.bar.x, kBarHeight}, c_.ink, kBarHeight / 2);
  }

  void iterations(const scope::ScrubMarks& marks) {
    const float top = track_.bar.y - 3, apart = track_.bar.w / static_cast<float>(marks.iterations.size() + 1);
    const float width = std::clamp(apart * 0.3F, 1.0F, 8.0F);
    float last_tick = -1e9F;
    for (const scope::ScrubMarks::Iteration& i : marks.iterations) {
      const float x = track_.x(i.t_us), height = i.rows_risen * kHighest;
      const draw::Color color = i.t_us <= now() ? c_.ink2 : c_.edge;
      if (i.rows_risen > 0) {
        p_.fill({x - width / 2, top - std::max(1.0F, height), width, std::max(1.0F, height)}, color);
      }
      if (x - last_tick >= 4) {
        p_.line({x, track_.bar.bottom() + 3}, {x, track_.bar.bottom() + 7}, c_.edge);
        last_tick = x;
      }
    }
  }

  void stores(const scope::ScrubMarks& marks) {
    const float y = area_.bottom() - 11;
    float last = -1e9F;
    for (const double t : marks.stores) {
      const float x = track_.x(t);
      const draw::Rect box{x - 5, y - 4, 10, 8};
      if (x - last >= 12 && below_.is_free(box.inset(-2, 0))) {
        p_.polygon(std::array<draw::Point, 3>{{{x - 5, y - 4}, {x + 5, y - 4}, {x, y + 4}}}, c_.ink2);
        below_.keep_free(box.inset(-3, 0));
        last = x;
      }
    }
  }

  // Bookmarks as numbered boxes, breakpoints as discs.
  void view_marks() {
    const float y = area_.bottom() - 9;
    for (std::size_t i = 0; i < context_.view.bookmarks.size(); ++i) {
      const scope::Bookmark& mark = context_.view.bookmarks[i];
      const std::string number = std::to_string(i + 1);
      const float w = std::max(16.0F, p_.width_of(number, kSmallMono) + 8);
      const float x = std::clamp(track_.x(mark.t_us), area_.x + w / 2, area_.right() - w / 2);
      const draw::Rect box{std::round(x - w / 2), y - 8, w, 16};
      if (!below_.is_free(box)) {
        continue;
      }
      p_.fill(box, c_.raised, 3);
      p_.frame(box, c_.edge, 1, 3);
      p_.text_in(box, number, {11, draw::Face::mono}, c_.ink);
      below_.keep_free(box.inset(-3, 0));
      const std::string name = context_.prefix + "scrub.bookmark." + number;
      const draw::Ui::Touch touch = context_.ui.touch(name, box);
      if (touch.hovered) {
        context_.ui.tooltip(mark.name.empty() ? micro(mark.t_us) : mark.name + "  " + micro(mark.t_us), number);
      }
      if (touch.pressed) {
        context_.view.cursor.t_us = mark.t_us;
      }
    }
    for (const scope::Breakpoint& point : context_.view.breakpoints) {
      if (point.kind == scope::BreakKind::at_time) {
        const draw::Point center{track_.x(point.t_us), track_.bar.center().y};
        p_.disc(center, 5.5F, c_.panel);
        point.on ? p_.disc(center, 4.5F, c_.ink) : p_.ring(center, 4.5F, c_.ink2);
      }
    }
  }

  // Where kernels meet; their names in the middle of their time, if they all find room.
  void kernels(const scope::ScrubMarks& marks) {
    if (context_.run.kernels().size() < 2) {
      return;
    }
    const float y = area_.bottom() - 8;
    for (std::size_t k = 0; k < marks.kernels.size(); ++k) {
      const double begin = marks.kernels[k];
      const double end = k + 1 < marks.kernels.size() ? marks.kernels[k + 1] : context_.run.end_us();
      if (k > 0) {
        const float x = track_.x(begin);
        p_.fill({x - 1, track_.bar.y - 1, 2, kBarHeight + 2}, c_.panel);
        p_.line({x, track_.bar.bottom() + 3}, {x, track_.bar.bottom() + 14}, c_.ink2);
        below_.keep_free({x - 3, track_.bar.bottom(), 6, 20});
      }
      const std::string name = kernel_words(context_.run, static_cast<std::int32_t>(k));
      const float w = p_.width_of(name, kSmall), x = (track_.x(begin) + track_.x(end)) / 2;
      const draw::Rect box{x - w / 2, y - 8, w, 16};
      if (w + 16 < track_.x(end) - track_.x(begin) && below_.is_free(box)) {
        text_at(p_, {box.x, y}, name, kSmall, c_.ink2);
        below_.keep_free(box);
      }
    }
  }

  void knob() {
    const draw::Point center{track_.x(now()), track_.bar.center().y};
    if (!slim()) {
      p_.fill({center.x - 2, area_.y + 6, 4, center.y - area_.y - 6}, c_.panel);  // moat: marks lie below
      p_.line({center.x, area_.y + 6}, {center.x, center.y}, c_.ink, 2);
    }
    p_.disc(center, kKnob, c_.ink);
    p_.disc(center, kKnob - 2, c_.panel);
    p_.disc(center, 3, c_.ink);
  }

  void legend(const scope::ScrubMarks& marks) {
    if (legend_.empty()) {
      return;
    }
    float y = area_.y + 18;
    const bool rose =
        std::any_of(marks.iterations.begin(), marks.iterations.end(), [](const auto& i) { return i.rows_risen > 0; });
    if (rose) {
      p_.fill({legend_.x, y - 6, 4, 11}, c_.ink2);
      p_.fill({legend_.x + 6, y, 4, 5}, c_.ink2);
      text_at(p_, {legend_.x + 20, y}, say("dock.scrub.rose"), kSmall, c_.ink2);
    } else if (!marks.iterations.empty()) {
      p_.line({legend_.x + 5, y - 4}, {legend_.x + 5, y + 4}, c_.edge, 1.5F);
      text_at(p_, {legend_.x + 20, y}, say("dock.scrub.ticks"), kSmall, c_.ink2);
    } else {
      y -= 21;
    }
    if (!marks.stores.empty()) {
      y += 21;
      p_.polygon(std::array<draw::Point, 3>{{{legend_.x, y - 4}, {legend_.x + 10, y - 4}, {legend_.x + 5, y + 4}}},
                 c_.ink2);
      text_at(p_, {legend_.x + 20, y}, say("dock.scrub.stored"), kSmall, c_.ink2);
    }
  }

  Context& context_;
  draw::Painter& p_;
  const draw::Palette& c_;
  draw::Rect area_, legend_;
  sim::FoundPoint own_;
  Track track_;
  Labels below_;
};

}  // namespace

void scrub_bar(Context& context, const draw::Rect& area, const sim::FoundPoint& own) {
  Scrub(context, area, own).draw();
}

}  // namespace views
