#include <algorithm>

#include "ui/scope/run.h"

namespace scope {

namespace {

using Sums = std::vector<std::pair<double, std::int64_t>>;

constexpr std::size_t kHeldMax = std::size_t{1} << 22;  // while they come
constexpr std::size_t kKeptMax = 2'000'000;
constexpr std::size_t kThinned = std::size_t{1} << 16;

bool earlier(const Sums::value_type& a, const Sums::value_type& b) { return a.first < b.first; }

// Copies land nearly in the order in which they are served: a bucket for each leaves little to sort.
void sort_by_time(Sums& sums) {
  if (std::is_sorted(sums.begin(), sums.end(), earlier)) {
    return;
  }
  const auto [first, last] = std::minmax_element(sums.begin(), sums.end(), earlier);
  const double begin = first->first;
  const double scale = static_cast<double>(sums.size() - 1) / (last->first - begin);
  const auto bucket = [&](const Sums::value_type& entry) {
    return static_cast<std::size_t>((entry.first - begin) * scale);
  };
  std::vector<std::uint32_t> place(sums.size() + 2, 0);
  for (const auto& entry : sums) {
    ++place[bucket(entry) + 2];
  }
  for (std::size_t i = 3; i < place.size(); ++i) {
    place[i] += place[i - 1];
  }
  Sums sorted(sums.size());
  for (const auto& entry : sums) {
    sorted[place[bucket(entry) + 1]++] = entry;
  }
  std::size_t begin_of = 0;
  for (std::size_t b = 0; b < sums.size(); ++b) {
    const std::size_t end = place[b + 1];
    std::sort(sorted.begin() + static_cast<std::ptrdiff_t>(begin_of), sorted.begin() + static_cast<std::ptrdiff_t>(end),
              earlier);
    begin_of = end;
  }
  sums = std::move(sorted);
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
    sort_by_time(sums_);
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
  sort_by_time(sums_);
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
