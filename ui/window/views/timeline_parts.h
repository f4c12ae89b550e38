// The timeline's drawing, lane by lane.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <utility>

#include "ui/scope/lanes.h"
#include "ui/window/views/dock_parts.h"

namespace views {

/// Lanes of the SMs looked at, and the mean of all, made when first asked for.
class LaneBook {
 public:
  const scope::LaneIndex& lanes(const scope::Run& run, std::int32_t kernel, std::int32_t sm);
  const std::optional<scope::Utilisation>& tensor_units(const scope::Run& run, std::int32_t kernel);

 private:
  std::map<std::pair<std::int32_t, std::int32_t>, scope::LaneIndex> lanes_;
  std::map<std::int32_t, std::optional<scope::Utilisation>> units_;
};

/// Time across the lanes.
struct TimeScale {
  float left = 0, right = 0;
  double from_us = 0, to_us = 1;
  float x(double t_us) const {
    const double share = (t_us - from_us) / (to_us - from_us);
    return left + static_cast<float>(std::clamp(share, -2.0, 3.0)) * (right - left);
  }
  double t(float x) const { return from_us + static_cast<double>((x - left) / (right - left)) * (to_us - from_us); }
  double us_per_px() const { return (to_us - from_us) / static_cast<double>(right - left); }
};

inline constexpr std::int32_t kAllOthers = -2;

/// A lane's place on the screen: which rows of which lane lie there. Rows above each other in one band overlap.
struct Band {
  scope::Lane lane{};
  draw::Rect box;
  std::int32_t slot = 0;
  std::int32_t row = -1;  ///< of that slot's; -1: all; kAllOthers: all of the other slots, thin
};

/// How many rows each slot needs, by lane.
using LaneRows = std::array<std::map<std::int32_t, std::int32_t>, scope::kLanes>;
/// Every row by itself if words fit into it; else every slot; else `slot`, and all others thin below it. `y` and `h`
/// of the boxes only, from 0.
std::vector<Band> bands(const LaneRows& rows, float height, std::int32_t slot);

struct SpanUnderPointer {
  std::int32_t kernel = 0;
  const scope::PlacedSpan* span = nullptr;
  const scope::LaneItem* item = nullptr;
};

/// Draws one kernel's items of a band. Returns the one under `pointer`, if that is in the band.
class BandPainter {
 public:
  BandPainter(Context& context, const TimeScale& time, std::int32_t kernel, std::int32_t sm, LaneBook& book);
  std::optional<SpanUnderPointer> draw(const Band& band, std::optional<draw::Point> pointer);
  /// 4 px, no words.
  void draw_folded(const draw::Rect& box, scope::Lane lane);

 private:
  void row(const Band& band, std::size_t number);
  void item(const draw::Rect& box, const scope::LaneItem& item, std::size_t number);
  float uncovered(float left, float right, std::size_t number) const;
  void folded(const draw::Rect& box, double begin, double end, const scope::FamilyTimes& busy);
  void wait(const draw::Rect& box, const scope::LaneItem& item);
  void words(const draw::Rect& box, const scope::PlacedSpan& span, draw::Family family);
  void flush_folded();

  Context& context_;
  draw::Painter& p_;
  const draw::Palette& c_;
  TimeScale time_;
  std::int32_t kernel_;
  double now_;
  const scope::LaneIndex& index_;
  std::span<const scope::PlacedSpan> spans_;
  std::vector<const scope::LaneRow*> rows_;  ///< of the band: later ones lie over earlier ones
  struct Column {
    float left = 0, right = 0;
    draw::Rect band;
    std::array<int, scope::kFamilies> heights{};
    bool past = false;
  };
  std::optional<Column> column_;  ///< waits for a neighbour that looks the same
};

/// What an op is called on its span: "K_{7}" and its bytes, "P_{3,4} V_{4}".
struct SpanWords {
  std::string name, symbol, bytes;  ///< rich text
};
SpanWords span_words(const scope::TraceIndex& trace, const sim::Plan& plan, const scope::PlacedSpan& span);

void span_card(Context& context, const SpanUnderPointer& under);

}  // namespace views
