#include <algorithm>

#include "ui/scope/by_time.h"
#include "ui/scope/run.h"

namespace scope {

namespace {

using Sums = std::vector<std::pair<double, std::int64_t>>;

constexpr std::size_t kHeldMax = std::size_t{1} << 22;  // while they come
constexpr std::size_t kKeptMax = 2'000'000;
constexpr std::size_t kThinned = std::size_t{1} << 16;

void sort(Sums& sums) {
  sort_by_time(sums, [](const Sums::value_type& entry) { return entry.first; });
}

}  // namespace

void ByteSeries::add(double end_us, std::int64_t bytes) {
  if (bytes == 0) {
    return;
  }
  if (!sums_.empty() && sums_.back().first == end_us) {
    sums_.back().second += bytes;
    return;
  }
  if (sums_.size() == kHeldMax) {
    // Two neighbours in time become one at the later's.
    sort(sums_);
    for (std::size_t i = 0; i < kHeldMax / 2; ++i) {
      sums_[i] = {sums_[2 * i + 1].first, sums_[2 * i].second + sums_[2 * i + 1].second};
    }
    sums_.resize(kHeldMax / 2);
  }
  sums_.emplace_back(end_us, bytes);
}

void ByteSeries::finish(double end_us) {
  if (sums_.empty()) {
    return;
  }
  for (auto& entry : sums_) {
    entry.first = std::min(entry.first, end_us);
  }
  sort(sums_);
  std::size_t kept = 0;
  for (std::size_t i = 1; i < sums_.size(); ++i) {
    const auto [t, bytes] = sums_[i];
    const std::int64_t sum = sums_[kept].second + bytes;
    kept += t != sums_[kept].first;
    sums_[kept] = {t, sum};
  }
  sums_.resize(kept + 1);
  if (sums_.size() > kKeptMax) {
    Sums thin;
    const double begin = sums_.front().first, step = (sums_.back().first - begin) / static_cast<double>(kThinned - 1);
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const auto slot = [&](std::size_t n) { return static_cast<std::int64_t>((sums_[n].first - begin) / step); };
      if (i + 1 == sums_.size() || slot(i + 1) != slot(i)) {
        thin.push_back(sums_[i]);
      }
    }
    sums_ = std::move(thin);
  }
  sums_.shrink_to_fit();
}

std::int64_t ByteSeries::at(double t_us) const {
  const auto behind = std::upper_bound(sums_.begin(), sums_.end(), t_us,
                                       [](double t, const Sums::value_type& entry) { return t < entry.first; });
  return behind == sums_.begin() ? 0 : std::prev(behind)->second;
}

std::int64_t ByteSeries::total() const { return sums_.empty() ? 0 : sums_.back().second; }

std::optional<double> ByteSeries::when_passed(std::int64_t bytes) const {
  const auto first = std::upper_bound(sums_.begin(), sums_.end(), bytes,
                                      [](std::int64_t b, const Sums::value_type& entry) { return b < entry.second; });
  return first == sums_.end() ? std::nullopt : std::optional(first->first);
}

}  // namespace scope
