// The ops of one SM as lanes: one for each unit, one for the copies of each of K and V, one for all other copies. Made
// so that a picture costs as much as it has pixels, however many ops there are.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "ui/scope/run.h"

namespace scope {

/// In the order in which they are shown. fp32: FP32 and ALU lanes.
enum class Lane : std::uint8_t { tensor, exp, fp32, copy_k, copy_v, copy };
inline constexpr int kLanes = 6;

struct LaneItem {
  double begin_us = 0, end_us = 0;
  std::uint32_t span = 0;  ///< in KernelRun::lane(sm)
  Family family = Family::none;
};

/// Time that each family's items took, us.
using FamilyTimes = std::array<double, kFamilies>;

/// Items in order that do not overlap.
class LaneRow {
 public:
  explicit LaneRow(std::int32_t slot) : slot_(slot) {}
  std::int32_t slot() const { return slot_; }
  double end_us() const { return items_.empty() ? 0 : items_.back().end_us; }
  const std::vector<LaneItem>& items() const { return items_; }
  /// Begins no earlier than the last one ended: what overlaps is cut off.
  void add(LaneItem item);

  /// Number of the first item that ends after `t`; items().size() if none does.
  std::size_t first_after(double t) const;
  /// Busy time before `t`, by family.
  FamilyTimes busy_before(double t) const { return busy_before(t, first_after(t)); }

  /// each(begin_us, end_us, item, busy) for what is seen of [from, to): items at least `us_per_px` long by themselves;
  /// the others folded, a pixel's column a call, with item = nullptr and the busy time by family.
  template <typename Each>
  void walk(double from, double to, double us_per_px, Each each) const {
    double t = from, counted_to = from - 1;
    FamilyTimes counted{};  // busy time before `counted_to`: the end of one column is mostly the next one's begin
    std::size_t i = first_after(t);
    while (t < to) {
      if (i == items_.size() || items_[i].begin_us >= to) {
        return;
      }
      const LaneItem& item = items_[i];
      if (item.end_us - item.begin_us >= us_per_px) {
        each(item.begin_us, item.end_us, &item, FamilyTimes{});
        t = item.end_us;
        ++i;
        continue;
      }
      double column = std::floor((std::max(t, item.begin_us) - from) / us_per_px);
      column += from + (column + 1) * us_per_px <= t ? 1 : 0;  // t may be that column's rounded end
      const double begin = from + column * us_per_px, end = from + (column + 1) * us_per_px;
      if (!(end > t)) {
        return;  // pixels finer than time's own steps
      }
      const FamilyTimes before = begin == counted_to ? counted : busy_before(begin);
      i = first_after(end);
      FamilyTimes busy = counted = busy_before(end, i);
      counted_to = end;
      for (std::size_t f = 0; f < busy.size(); ++f) {
        busy[f] -= before[f];
      }
      each(begin, end, static_cast<const LaneItem*>(nullptr), busy);
      t = end;
    }
  }

 private:
  FamilyTimes busy_before(double t, std::size_t first_after_t) const;

  static constexpr std::size_t kMark = 16;  // items between two sums
  std::int32_t slot_;
  std::vector<LaneItem> items_;
  std::vector<FamilyTimes> sums_;  ///< before items 0, kMark, 2 kMark...
  std::vector<double> ends_;       ///< of the last item before each of these: to search in few cache lines
  FamilyTimes sum_{};
};

class LaneIndex {
 public:
  struct Entry {
    LaneItem item;
    Lane lane = Lane::tensor;
    std::int32_t slot = 0;
  };
  /// Rows of a lane: each slot has as many as it needs for what overlaps, at most kRowsOfSlot.
  explicit LaneIndex(std::vector<Entry> entries);
  /// Of an SM's kept spans.
  LaneIndex(const Run& run, std::int32_t kernel, std::int32_t sm);

  const std::vector<LaneRow>& rows(Lane lane) const { return rows_[static_cast<std::size_t>(lane)]; }
  bool empty() const;

 private:
  static constexpr int kRowsOfSlot = 8;
  void build(std::vector<Entry>& entries);
  void put(const Entry& entry);
  std::array<std::vector<LaneRow>, kLanes> rows_;
};

/// Share of all SMs' tensor units that is busy over a kernel's time, in equal steps. Its mean is the exact work; how
/// that spreads over time follows the ops.
struct Utilisation {
  double begin_us = 0, end_us = 0;
  std::vector<float> share;
  double mean(double from, double to) const;  ///< over [from, to)
};
/// Nothing unless all spans were kept.
std::optional<Utilisation> tensor_utilisation(const Run& run, std::int32_t kernel);

/// Lane of an op by what it does, and the matrix that it makes or moves.
Lane lane_of(const sim::Op& op, Family family);
Family family_made(const TraceIndex& trace, const sim::Plan& plan, const sim::Op& op);

}  // namespace scope
