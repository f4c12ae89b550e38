// What every unit of an SM did when: the focus SM lane by lane, its neighbours folded, all others as their mean.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/window/views/chart.h"
#include "ui/window/views/dock.h"
#include "ui/window/views/timeline_parts.h"

namespace views {

namespace {

constexpr float kLabels = 138, kAxis = 22, kPadding = 16, kGap = 1;
constexpr float kNeighbour = 14, kFoldedRow = 4;
constexpr float kMeanFrom = 210;
constexpr std::size_t kKernelsCompared = 8;  // more: lanes of the kernels in sight only

constexpr std::array<const char*, scope::kLanes> kLaneKeys = {"dock.lane.tensor", "dock.lane.exp",    "dock.lane.fp32",
                                                              "dock.lane.copy_k", "dock.lane.copy_v", "dock.lane.copy"};

class Timeline {
 public:
  Timeline(Context& context, const draw::Rect& area)
      : context_(context), p_(context.ui.p), c_(context.ui.colors()), book_(kept_for<LaneBook>(context.run)) {
    const auto window = timeline_window(context.run, context.frame, context.view);
    area_ = area.inset(0, 2);
    time_ = {area_.x + kLabels, area_.right() - kPadding, window.first, window.second};
    sm_ = context.view.cursor.place.sm;
  }

  void draw() {
    p_.fill(area_.inset(0, -2), c_.panel);
    follow();
    react();
    axis();
    draw::Rect rest = area_;
    rest.cut_top(kAxis);
    const auto others = static_cast<int>(context_.run.machine().chip.sm_count) - 1;
    const int neighbours = std::min(neighbours_shown(), others);
    const bool with_mean = others > neighbours && area_.h >= kMeanFrom;
    const draw::Rect mean = rest.cut_bottom(with_mean ? std::clamp((area_.h - kMeanFrom) / 3, 15.0F, 60.0F) : 0, kGap);
    const float apart = area_.h >= kMeanFrom + 90 ? kNeighbour + 4 : kNeighbour;
    draw::Rect folded = rest.cut_bottom(static_cast<float>(neighbours) * apart, kGap);
    p_.push_clip({time_.left, area_.y, time_.right - time_.left, area_.h});
    grid();
    p_.pop_clip();
    lanes(rest);
    for (const std::int32_t sm : neighbours_of(sm_, neighbours)) {
      neighbour(folded.cut_top(kNeighbour, apart - kNeighbour), sm);
    }
    if (mean.h > 4) {
      whole_gpu(mean);
    }
    playhead();
    buttons();
    if (under_) {
      span_card(context_, *under_);
    }
    click();
  }

 private:
  std::string_view say(std::string_view key) const { return context_.ui.words(key); }
  std::string name() const { return context_.prefix + "timeline"; }
  double now() const { return context_.frame.cursor.t_us; }
  float& dragged() { return context_.ui.state.scroll[name() + ".dragged"]; }

  // While playing, the window turns a page when the playhead leaves it.
  void follow() {
    scope::View& view = context_.view;
    const double width = view.to_us - view.from_us;
    if (view.playing && width > 0 && (now() > view.to_us || now() < view.from_us)) {
      move_timeline(context_.run, {view.from_us, view.to_us}, 1, view.from_us, (now() - view.from_us) / width - 0.05,
                    view);
      time_.from_us = view.from_us;
      time_.to_us = view.to_us;
    }
  }

  void react() {
    const draw::Rect box{time_.left, area_.y + kAxis, time_.right - time_.left, area_.h - kAxis};
    touch_ = context_.ui.touch(name(), box);
    const std::pair window{time_.from_us, time_.to_us};
    if (touch_.wheel != 0) {
      move_timeline(context_.run, window, std::pow(0.8, static_cast<double>(touch_.wheel)), time_.t(touch_.at.x), 0,
                    context_.view);
    }
    if (touch_.pressed) {
      dragged() = 0;
    }
    if (touch_.held && touch_.drag.x != 0) {
      dragged() += std::abs(touch_.drag.x);
      const double shift = static_cast<double>(-touch_.drag.x / (time_.right - time_.left));
      move_timeline(context_.run, window, 1, time_.from_us, shift, context_.view);
    }
    if (touch_.hovered) {
      pointer_ = touch_.at;
    }
  }

  // To the begin of the span, or to that time.
  void click() {
    if (context_.ui.state.clicked != name() || !touch_.hovered || dragged() > 4) {
      return;
    }
    context_.view.playing = false;
    if (!under_) {
      context_.view.cursor.t_us = std::clamp(time_.t(touch_.at.x), 0.0, context_.run.end_us());
      return;
    }
    const scope::PlacedSpan& span = *under_->span;
    // A moment later: at its very begin the op before it is still the one at work.
    context_.view.cursor = {span.begin_us + 1e-3 * (span.end_us - span.begin_us), {sm_, span.slot}};
    const std::shared_ptr<const scope::TraceIndex> trace = context_.run.trace(under_->kernel, span.block);
    const sim::Op& op = trace->trace->ops[span.op];
    const scope::TileInfo* tile = trace->tile(op.dst != 0 ? op.dst : op.a);
    if (tile != nullptr) {
      choose_tile(context_, *tile);
    }
  }

  // Room for the words of the focus SM's lanes comes first.
  int neighbours_shown() const {
    const bool shared = std::any_of(context_.run.kernels().begin(), context_.run.kernels().end(),
                                    [](const scope::KernelRun& k) { return k.blocks_per_sm > 1; });
    return area_.h < 140 ? 0 : std::clamp(static_cast<int>((area_.h - kMeanFrom) / 24), shared ? 1 : 2, 8);
  }

  // The next SMs whose ops are kept.
  std::vector<std::int32_t> neighbours_of(std::int32_t sm, int count) const {
    std::vector<std::int32_t> out;
    const std::vector<scope::KernelRun>& kernels = context_.run.kernels();
    const std::int32_t sms = context_.run.machine().chip.sm_count;
    for (std::int32_t i = 1; i < sms && std::ssize(out) < count; ++i) {
      const std::int32_t other = (sm + i) % sms;
      if (std::all_of(kernels.begin(), kernels.end(),
                      [&](const scope::KernelRun& k) { return k.all_spans || !k.lane(other).empty(); })) {
        out.push_back(other);
      }
    }
    return out;
  }

  std::vector<std::int32_t> kernels_seen() const {
    std::vector<std::int32_t> seen;
    for (std::size_t k = 0; k < context_.run.kernels().size(); ++k) {
      const scope::KernelRun& kernel = context_.run.kernels()[k];
      if (kernel.begin_us < time_.to_us && kernel.end_us > time_.from_us) {
        seen.push_back(static_cast<std::int32_t>(k));
      }
    }
    return seen;
  }

  void axis() {
    Axis axis;
    axis.from = time_.from_us, axis.to = time_.to_us;
    ticks_ = ticks_of(axis, time_.right - time_.left, 150);
    const double step = ticks_.size() > 1 ? ticks_[1] - ticks_[0] : time_.to_us - time_.from_us;
    time_words_ = axis_time(now(), step / 50, time_.to_us);
    const float w = p_.width_of(time_words_, kSmallMono) + 14;
    const float at = std::clamp(time_.x(now()) - w / 2, time_.left, time_.right - w);
    time_box_ = {at, area_.y + 1, w, kAxis - 3};
    time_box_shown_ = now() >= time_.from_us && now() <= time_.to_us;
    Labels row({time_.left - 40, area_.y, time_.right - time_.left + 52, kAxis});
    if (time_box_shown_) {
      row.keep_free(time_box_.inset(-6, 0));
    }
    for (const double tick : ticks_) {
      const std::string number = axis_time(tick, step, time_.to_us);
      const float half = p_.width_of(number, kSmallMono) / 2;
      const draw::Rect box{time_.x(tick) - half, area_.y + 2, 2 * half, 17};
      if (row.is_free(box) && box.x > time_.left - 8) {
        text_at(p_, {box.x, area_.y + kAxis / 2}, number, kSmallMono, c_.ink2);
        row.keep_free(box.inset(-8, 0));
      }
    }
  }

  void grid() {
    for (const double tick : ticks_) {
      p_.line({time_.x(tick), area_.y + kAxis}, {time_.x(tick), area_.bottom()}, c_.hair);
    }
    for (const std::int32_t k : kernels_seen()) {
      const scope::KernelRun& kernel = context_.run.kernels()[static_cast<std::size_t>(k)];
      for (const double t : {kernel.begin_us, kernel.end_us}) {
        if (t > time_.from_us && t < time_.to_us) {
          p_.dashed_line({time_.x(t), area_.y + kAxis}, {time_.x(t), area_.bottom()}, c_.edge, draw::kIdle, 1);
        }
      }
    }
  }

  LaneRows rows_of_focus() {
    const std::vector<scope::KernelRun>& kernels = context_.run.kernels();
    std::vector<std::int32_t> compared = kernels_seen();
    if (kernels.size() <= kKernelsCompared) {
      compared.clear();
      for (std::size_t k = 0; k < kernels.size(); ++k) {
        compared.push_back(static_cast<std::int32_t>(k));
      }
    }
    LaneRows rows;
    for (const std::int32_t k : compared) {
      const scope::LaneIndex& index = book_.lanes(context_.run, k, sm_);
      for (int lane = 0; lane < scope::kLanes; ++lane) {
        std::map<std::int32_t, std::int32_t> here;
        for (const scope::LaneRow& row : index.rows(static_cast<scope::Lane>(lane))) {
          ++here[row.slot()];
        }
        for (const auto& [slot, count] : here) {
          std::int32_t& most = rows[static_cast<std::size_t>(lane)][slot];
          most = std::max(most, count);
        }
      }
    }
    return rows;
  }

  void lanes(const draw::Rect& area) {
    const LaneRows rows = rows_of_focus();
    std::vector<Band> plan = bands(rows, area.h, context_.view.cursor.place.slot);
    if (plan.empty()) {
      const draw::Rect box{time_.left, area.y, time_.right - time_.left, area.h};
      context_.ui.empty_state(box.inset(0, 4), say("dock.timeline.not_kept"), say("dock.timeline.not_kept_nearest"),
                              say("dock.timeline.not_kept_how"));
      return;
    }
    for (Band& band : plan) {
      const float gap = band.box.h >= 12 ? 0.5F : 0;
      band.box = {time_.left, area.y + band.box.y + gap, time_.right - time_.left, band.box.h - 2 * gap};
    }
    lane_names(plan, rows);
    p_.push_clip({time_.left, area.y, time_.right - time_.left, area.h});
    for (const std::int32_t k : kernels_seen()) {
      BandPainter painter(context_, time_, k, sm_, book_);
      for (const Band& band : plan) {
        const auto found = painter.draw(band, pointer_);
        under_ = found ? found : under_;
      }
    }
    p_.pop_clip();
  }

  void lane_names(const std::vector<Band>& plan, const LaneRows& rows) {
    for (std::size_t i = 0; i < plan.size();) {
      std::size_t end = i;
      while (end < plan.size() && plan[end].lane == plan[i].lane) {
        ++end;
      }
      const float middle = (plan[i].box.y + plan[end - 1].box.bottom()) / 2;
      if (plan[end - 1].box.bottom() - plan[i].box.y >= 12) {
        text_at(p_, {time_.left - 10, middle}, say(kLaneKeys[static_cast<std::size_t>(plan[i].lane)]), kSmall, c_.ink2,
                draw::Align::right);
      }
      i = end;
    }
    std::size_t slots = 0;
    for (const auto& lane : rows) {
      slots = std::max(slots, lane.size());
    }
    const float middle = (plan.front().box.y + plan.back().box.bottom()) / 2;
    text_at(p_, {area_.x + kPadding, middle - (slots > 1 ? 9 : 0)}, "SM " + std::to_string(sm_), kDenseBold, c_.ink);
    if (slots > 1) {
      text_at(p_, {area_.x + kPadding, middle + 10},
              context_.ui.strings.format("dock.timeline.blocks", {{"n", std::to_string(slots)}}), kSmall, c_.ink2);
    }
  }

  void neighbour(const draw::Rect& box, std::int32_t sm) {
    text_at(p_, {area_.x + kPadding, box.center().y}, "SM " + std::to_string(sm), kSmallBold, c_.ink);
    text_at(p_, {time_.left - 10, box.center().y}, say("dock.timeline.folded"), kSmall, c_.ink2, draw::Align::right);
    p_.push_clip({time_.left, box.y, time_.right - time_.left, box.h});
    for (const std::int32_t k : kernels_seen()) {
      BandPainter painter(context_, time_, k, sm, book_);
      float y = box.y + 1;
      for (const scope::Lane lane : {scope::Lane::tensor, scope::Lane::exp, scope::Lane::fp32}) {
        painter.draw_folded({time_.left, y, time_.right - time_.left, kFoldedRow - 0.5F}, lane);
        y += kFoldedRow;
      }
    }
    p_.pop_clip();
  }

  // Tensor units of the whole GPU: their mean over each pixel.
  void whole_gpu(const draw::Rect& box) {
    const auto count = static_cast<std::int32_t>(context_.run.machine().chip.sm_count);
    text_at(p_, {area_.x + kPadding, box.center().y},
            context_.ui.strings.format("dock.timeline.all_sms", {{"n", std::to_string(count)}}), kSmallBold, c_.ink);
    text_at(p_, {time_.left - 10, box.center().y}, say("dock.timeline.mean"), kSmall, c_.ink2, draw::Align::right);
    const draw::Rect plot{time_.left, box.y + 1, time_.right - time_.left, box.h - 2};
    p_.line({plot.x, plot.bottom()}, {plot.right(), plot.bottom()}, c_.hair);
    double mean = -1;
    for (const std::int32_t k : kernels_seen()) {
      const std::optional<scope::Utilisation>& units = book_.tensor_units(context_.run, k);
      if (!units) {
        text_at(p_, {plot.x, box.center().y}, say("dock.timeline.no_mean"), kSmall, c_.ink2);
        return;
      }
      utilisation(plot, *units);
      if (pointer_ && box.has(*pointer_) && time_.t(pointer_->x) >= units->begin_us) {
        mean = units->mean(time_.t(pointer_->x), time_.t(pointer_->x + 1));
      }
    }
    if (mean >= 0) {
      draw::HoverCard card;
      card.title = std::string(say("dock.timeline.mean_title"));
      card.rows.push_back({micro(time_.t(pointer_->x)), std::to_string(std::lround(mean * 100)) + " %"});
      card.badge = draw::Badge::modelled;
      context_.ui.hover(std::move(card));
    }
  }

  void utilisation(const draw::Rect& plot, const scope::Utilisation& units) {
    const float begin = std::max(plot.x, time_.x(units.begin_us)), end = std::min(plot.right(), time_.x(units.end_us));
    const auto height = [&](float x) {
      return std::round(static_cast<float>(units.mean(time_.t(x), time_.t(x + 1))) * plot.h);
    };
    for (float x = begin; x < end;) {
      const float h = height(x), playhead = time_.x(now());
      float to = x + 1;
      while (to < end && height(to) == h && !(x < playhead && to >= playhead)) {
        ++to;
      }
      p_.fill({x, plot.bottom() - h, std::min(to, end) - x, h}, x < playhead ? c_.ink2 : c_.edge);
      x = to;
    }
  }

  void playhead() {
    if (!time_box_shown_) {
      return;
    }
    const float x = time_.x(now());
    p_.line({x, time_box_.bottom()}, {x, area_.bottom()}, c_.ink, 2);
    p_.fill(time_box_, c_.ink, 4);
    text_at(p_, time_box_.center(), time_words_, kSmallMono, c_.inverse, draw::Align::center);
  }

  void buttons() {
    const bool whole = time_.from_us <= 0 && time_.to_us >= context_.run.end_us();
    const draw::Rect box{area_.x + kPadding, area_.y, kLabels - kPadding - 18, kAxis - 1};
    if (context_.ui.button(name() + ".whole", box, say(whole ? "dock.timeline.near" : "dock.timeline.whole"),
                           say(whole ? "dock.timeline.near_tip" : "dock.timeline.whole_tip"))) {
      context_.view.from_us = 0;
      context_.view.to_us = whole ? 0 : context_.run.end_us();
    }
  }

  Context& context_;
  draw::Painter& p_;
  const draw::Palette& c_;
  LaneBook& book_;
  draw::Rect area_, time_box_;
  std::string time_words_;
  bool time_box_shown_ = false;
  TimeScale time_;
  std::int32_t sm_ = 0;
  std::vector<double> ticks_;
  draw::Ui::Touch touch_;
  std::optional<draw::Point> pointer_;
  std::optional<SpanUnderPointer> under_;
};

}  // namespace

void timeline_tab(Context& context, const draw::Rect& area) { Timeline(context, area).draw(); }

}  // namespace views
