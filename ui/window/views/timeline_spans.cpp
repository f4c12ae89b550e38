// Spans of a lane: by themselves where they are wide enough, else as the share of each pixel's time.
#include <algorithm>
#include <cmath>

#include "ui/window/views/timeline_parts.h"

namespace views {

namespace {

constexpr float kRadius = 2, kNarrowest = 1, kWordsFrom = 14;
constexpr float kFutureTint = 0.34F;

}  // namespace

const scope::LaneIndex& LaneBook::lanes(const scope::Run& run, std::int32_t kernel, std::int32_t sm) {
  constexpr std::size_t kKept = 256;
  const std::pair key{kernel, sm};
  auto found = lanes_.find(key);
  if (found == lanes_.end()) {
    if (lanes_.size() >= kKept) {
      lanes_.clear();
    }
    found = lanes_.emplace(key, scope::LaneIndex(run, kernel, sm)).first;
  }
  return found->second;
}

const std::optional<scope::Utilisation>& LaneBook::tensor_units(const scope::Run& run, std::int32_t kernel) {
  const auto found = units_.find(kernel);
  return found != units_.end() ? found->second
                               : units_.emplace(kernel, scope::tensor_utilisation(run, kernel)).first->second;
}

SpanWords span_words(const scope::TraceIndex& trace, const sim::Plan& plan, const scope::PlacedSpan& span) {
  if (span.op >= trace.trace->ops.size()) {
    return {};
  }
  const sim::Op& op = trace.trace->ops[span.op];
  const auto named = [&](sim::TileId id) { return id != 0 ? trace.tile(id) : nullptr; };
  const scope::TileInfo *dst = named(op.dst), *a = named(op.a), *b = named(op.b);
  SpanWords words;
  if (sim::moves_bytes(op.kind)) {
    const scope::TileInfo* moved = sim::reads_hbm(op.kind) ? dst : a;
    const bool known = moved != nullptr && !moved->name.empty();
    words.name = known ? moved->name : escaped(plan.tensors[op.tensor].name);
    words.symbol = known ? moved->symbol : words.name;
    words.bytes = scope::bytes_text(static_cast<double>(sim::bytes_moved(op)));
  } else if (op.kind == sim::OpKind::matmul && op.accumulate && a != nullptr && b != nullptr) {
    words.name = a->name + " " + b->name;
    words.symbol = a->symbol + " " + b->symbol;
  } else if (dst != nullptr) {
    words.name = dst->name;
    words.symbol = dst->symbol;
  }
  if (op.kind == sim::OpKind::row_max) {  // what it is for
    words.symbol = "*m*";
  } else if (op.kind == sim::OpKind::row_sum) {
    words.symbol = "*\xE2\x84\x93*";
  }
  return words;
}

BandPainter::BandPainter(Context& context, const TimeScale& time, std::int32_t kernel, std::int32_t sm, LaneBook& book)
    : context_(context),
      p_(context.ui.p),
      c_(context.ui.colors()),
      time_(time),
      kernel_(kernel),
      now_(context.frame.cursor.t_us),
      index_(book.lanes(context.run, kernel, sm)),
      spans_(context.run.kernels()[static_cast<std::size_t>(kernel)].lane(sm)) {}

std::optional<SpanUnderPointer> BandPainter::draw(const Band& band, std::optional<draw::Point> pointer) {
  rows_.clear();
  std::int32_t number = 0, slot = -1;
  for (const scope::LaneRow& lane_row : index_.rows(band.lane)) {
    number = lane_row.slot() == slot ? number + 1 : 0;
    slot = lane_row.slot();
    if (band.row == kAllOthers ? slot != band.slot : slot == band.slot && (band.row < 0 || number == band.row)) {
      rows_.push_back(&lane_row);
    }
  }
  std::optional<SpanUnderPointer> under;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    row(band, i);
    if (pointer && band.box.has(*pointer)) {
      const double t = time_.t(pointer->x);
      const std::size_t at = rows_[i]->first_after(t);
      if (at < rows_[i]->items().size() && rows_[i]->items()[at].begin_us <= t) {
        const scope::LaneItem& item = rows_[i]->items()[at];
        under = SpanUnderPointer{kernel_, &spans_[item.span], &item};
      }
    }
  }
  return under;
}

void BandPainter::row(const Band& band, std::size_t number) {
  rows_[number]->walk(time_.from_us, time_.to_us, time_.us_per_px() * 3,
                      [&](double begin, double end, const scope::LaneItem* one, const scope::FamilyTimes& busy) {
                        if (one != nullptr) {
                          flush_folded();
                          wait(band.box, *one);
                          item(band.box, *one, number);
                        } else {
                          folded(band.box, begin, end, busy);
                        }
                      });
  flush_folded();
}

// How far to the right of `left` nothing of the rows above is drawn over it.
float BandPainter::uncovered(float left, float right, std::size_t number) const {
  for (std::size_t i = number + 1; i < rows_.size(); ++i) {
    const std::size_t at = rows_[i]->first_after(time_.t(left));
    if (at < rows_[i]->items().size()) {
      right = std::min(right, time_.x(rows_[i]->items()[at].begin_us));
    }
  }
  return right;
}

void BandPainter::draw_folded(const draw::Rect& box, scope::Lane lane) {
  for (const scope::LaneRow& lane_row : index_.rows(lane)) {
    lane_row.walk(time_.from_us, time_.to_us, time_.us_per_px() * 3,
                  [&](double begin, double end, const scope::LaneItem* one, const scope::FamilyTimes& busy) {
                    if (one == nullptr) {
                      folded(box, begin, end, busy);
                      return;
                    }
                    flush_folded();
                    const draw::Color line = c_.of(one->family).line;
                    const float left = time_.x(begin), middle = std::clamp(time_.x(now_), left, time_.x(end));
                    p_.fill({left, box.y, middle - left, box.h}, line);
                    p_.fill({middle, box.y, time_.x(end) - middle, box.h}, draw::blend(line, kFutureTint, c_.panel));
                  });
    flush_folded();
  }
}

// Past: solid. Future: tint and a thin line.
void BandPainter::item(const draw::Rect& box, const scope::LaneItem& item, std::size_t number) {
  const float left = std::max(time_.x(item.begin_us), time_.left - 4);
  const float right = std::min(std::max(time_.x(item.end_us), left + kNarrowest), time_.right + 4);
  const float middle = std::clamp(time_.x(now_), left, right);
  const draw::TensorColors& color = c_.of(item.family);
  const draw::Rect past{left, box.y, middle - left, box.h}, future{middle, box.y, right - middle, box.h};
  const float radius = right - left >= 6 ? kRadius : 0;
  if (future.w > 0) {
    p_.fill(future, color.tint, past.w > 0 ? 0 : radius);
    p_.frame(future, draw::blend(color.line, 0.75F, c_.panel), 1, past.w > 0 ? 0 : radius);
  }
  if (past.w > 0) {
    p_.fill(past, color.fill, radius);
    if (c_.theme != draw::Theme::dark) {
      p_.frame(past, color.line, 1, radius);
    }
  }
  if (box.h >= kWordsFrom && right - left >= 14) {
    const bool on_past = past.w > 14;
    const float from = std::max(on_past ? left : middle, time_.left);
    const float to = uncovered(from, std::min(on_past ? middle : right, time_.right), number);
    words({from, box.y, to - from, box.h}, spans_[item.span], on_past ? item.family : draw::Family::none);
  }
}

// `family`: of the fill that the words stand on; none: a tint.
void BandPainter::words(const draw::Rect& box, const scope::PlacedSpan& span, draw::Family family) {
  const std::shared_ptr<const scope::TraceIndex> trace = context_.run.trace(kernel_, span.block);
  const SpanWords said = span_words(*trace, context_.run.plan(), span);
  const float room = box.w - 8, y = box.center().y - (box.h < 20 ? 1.0F : 0);  // subscripts hang
  const draw::Color color = family == draw::Family::none ? c_.ink : c_.of(family).on_fill;
  for (const std::string& name : {said.name, said.symbol}) {
    const float w = draw::rich_width(name, kSmallBold, p_.scale());
    if (name.empty() || w > room) {
      continue;
    }
    rich_at(p_, {box.x + 5, y}, name, kSmallBold, color);
    if (!said.bytes.empty() && w + 5 + p_.width_of(said.bytes, kSmall) <= room) {
      text_at(p_, {box.x + 10 + w, y}, said.bytes, kSmall, color);
    }
    return;
  }
}

// Thin hatch from where it began to wait.
void BandPainter::wait(const draw::Rect& box, const scope::LaneItem& item) {
  const double waited = static_cast<double>(spans_[item.span].waited_us);
  const float left = std::max(time_.x(item.begin_us - waited), time_.left), right = time_.x(item.begin_us) - 1;
  if (right - left >= 5 && box.h >= 8) {
    const float h = 5;
    p_.hatch({left, box.bottom() - h - 1, right - left, h}, c_.edge, 4);
  }
}

// A column's share of time by family, stacked from the bottom in the families' order.
void BandPainter::folded(const draw::Rect& box, double begin, double end, const scope::FamilyTimes& busy) {
  Column column;
  column.left = std::max(time_.x(begin), time_.left);
  column.right = std::min(time_.x(end), time_.right);
  column.band = box;
  column.past = end <= now_;
  for (std::size_t f = 0; f < busy.size(); ++f) {
    const double share = std::clamp(busy[f] / (end - begin), 0.0, 1.0);
    column.heights[f] = static_cast<int>(std::lround(share * static_cast<double>(box.h)));
  }
  if (column_ && column_->heights == column.heights && column_->past == column.past &&
      column.left <= column_->right + 0.5F) {
    column_->right = column.right;
    return;
  }
  flush_folded();
  column_ = column;
}

void BandPainter::flush_folded() {
  if (!column_) {
    return;
  }
  float bottom = column_->band.bottom();
  for (std::size_t f = 0; f < column_->heights.size(); ++f) {
    const auto h = std::min(static_cast<float>(column_->heights[f]), bottom - column_->band.y);
    if (h > 0) {
      const draw::Color line = c_.of(static_cast<draw::Family>(f)).line;
      p_.fill({column_->left, bottom - h, column_->right - column_->left, h},
              column_->past ? line : draw::blend(line, kFutureTint, c_.panel));
      bottom -= h;
    }
  }
  column_.reset();
}

}  // namespace views
