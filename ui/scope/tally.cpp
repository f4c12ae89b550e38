#include "ui/scope/tally.h"

#include <algorithm>

namespace scope {

namespace {

constexpr std::size_t kKept = 24;

}  // namespace

const std::vector<CellSums>& Tally::at(double t_us) {
  const std::vector<MatrixTouches::Change>& changes = of_.changes();
  for (; counted_ < changes.size() && changes[counted_].t_us <= t_us; ++counted_) {
    count(changes[counted_], 1);
  }
  for (; counted_ > 0 && changes[counted_ - 1].t_us > t_us; --counted_) {
    count(changes[counted_ - 1], -1);
  }
  return sums_;
}

void Tally::count(const MatrixTouches::Change& change, std::int64_t sign) {
  const auto across = static_cast<std::uint32_t>(of_.info().across());
  CellSums& sums = sums_[by_.cell_of(static_cast<std::int32_t>(change.tile / across),
                                     static_cast<std::int32_t>(change.tile % across))];
  sums.done += sign * change.made;
  sums.read_back += sign * change.read_back;
}

Tallies& Tallies::of(const Run& run, const std::shared_ptr<const SliceMap>& map) {
  std::shared_ptr<void>& kept = run.cache("tallies");
  if (kept == nullptr) {
    kept = std::make_shared<Tallies>();
  }
  Tallies& tallies = *static_cast<Tallies*>(kept.get());
  if (tallies.map_ != map) {
    tallies.newest_first_.clear();
    tallies.map_ = map;
  }
  return tallies;
}

Tally* Tallies::find(const MatrixTouches& of, const Grouping& by) {
  const auto found =
      std::find_if(newest_first_.begin(), newest_first_.end(), [&](const Tally& tally) { return tally.is(of, by); });
  if (found == newest_first_.end()) {
    return nullptr;
  }
  newest_first_.splice(newest_first_.begin(), newest_first_, found);
  return &newest_first_.front();
}

Tally& Tallies::keep(Tally tally) {
  newest_first_.push_front(std::move(tally));
  if (newest_first_.size() > kKept) {
    newest_first_.pop_back();
  }
  return newest_first_.front();
}

}  // namespace scope
