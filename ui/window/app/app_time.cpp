// Time passes: playing, gliding from step to step, sweeps computed point by point.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/app/app.h"

namespace app {

namespace {

constexpr double kMaxSpeedSeconds = 8;  // "Max" shows a whole run in so many seconds
constexpr double kMaxSpeedLeast = 50;   // ops a second, at least
constexpr double kNoticeSeconds = 4;

double eased(double u) { return u * u * (3 - 2 * u); }

}  // namespace

void App::glide_to(const scope::Cursor& cursor, double seconds) {
  if (settings_.reduced_motion || seconds <= 0 || cursor.place != view_.cursor.place) {
    view_.cursor = cursor;
    glide_.reset();
    return;
  }
  glide_ = Glide{view_.cursor, cursor, seconds, 0};
}

void App::move_on(double seconds) {
  if (notice_ && !notice_->error && (notice_->shown_s += seconds) > kNoticeSeconds) {
    notice_.reset();
  }
  if (!run_) {
    return;
  }
  if (glide_) {
    glide_->passed += seconds;
    const double u = std::min(1.0, glide_->passed / glide_->seconds);
    view_.cursor.t_us = glide_->from.t_us + (glide_->to.t_us - glide_->from.t_us) * eased(u);
    if (u >= 1) {
      view_.cursor = glide_->to;
      glide_.reset();
    }
    return;
  }
  if (!view_.playing) {
    return;
  }
  const double all = run_->positions(view_.cursor.place);
  const double speed = std::isfinite(view_.speed) ? view_.speed : std::max(all / kMaxSpeedSeconds, kMaxSpeedLeast);
  const double ops = speed * std::min(seconds, 0.1);
  const scope::Cursor next = scope::advance(*run_, view_.cursor, ops);
  const auto hit = scope::run_to(*run_, view_.cursor, view_.breakpoints, +1, static_cast<std::int64_t>(ops) + 2);
  if (hit && hit->cursor.t_us <= next.t_us) {
    view_.cursor = hit->cursor;
    view_.playing = false;
    say(std::string("break.") + std::string(scope::name_of(view_.breakpoints[hit->breakpoint].kind)));
    return;
  }
  view_.playing = next.t_us < run_->end_us() && next.t_us > view_.cursor.t_us;
  view_.cursor = next;
}

// One point of the sweep a frame, so that the window stays quick.
void App::compute_sweep() {
  if (view_.tab != scope::Tab::sweep || !run_) {
    return;
  }
  const std::string of = sim::to_toml(run_->scenario()) + view_.sweep_key;
  if (of != sweep_of_) {
    sweep_of_ = of;
    sweep_.emplace(run_->scenario(), view_.sweep_key, options_.assets);
  }
  if (!sweep_->done()) {
    sweep_->compute_one();
  }
  if (!measured_.empty() && measured_.front().points.loaded()) {
    sweep_->find_measured(measured_.front().points.files());
  }
}

bool App::measured_shown() const { return view_.tab == scope::Tab::measured && !layout_now().dock.empty(); }

bool App::measuring() const {
  return run_ && !measured_.empty() && measured_.front().points.unfinished(measured_shown());
}

// What was measured on the run's machine: read for every run, compared while the tab is open.
void App::follow_measured() {
  constexpr std::size_t kKept = 4;
  if (!run_ || !ui_.dragged.empty()) {  // a slider goes through machines that nobody asks about
    return;
  }
  const auto& overrides = run_->scenario().machine_set;
  std::string key = run_->scenario().machine;
  for (const auto& [name, value] : overrides) {
    key += fmt::format(" {}={}", name, value);
  }
  const auto found = std::find_if(measured_.begin(), measured_.end(), [&](const auto& m) { return m.key == key; });
  if (found != measured_.end()) {
    measured_.splice(measured_.begin(), measured_, found);
  } else {
    own_of_.reset();  // own_ points into a front that may go
    measured_.emplace_front(key, run_->machine(), !overrides.empty(), options_.assets, options_.background);
  }
  scope::Measured& points = measured_.front().points;
  points.advance(measured_shown());
  if (measured_.size() > kKept && !measured_.back().points.at_work()) {
    measured_.pop_back();
  }
  if (own_of_.lock() != run_ && points.loaded()) {
    own_ = points.find(*run_);
    own_of_ = run_;
  }
}

}  // namespace app
