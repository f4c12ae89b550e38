// Sorting by time what comes nearly in order of time already.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace scope {

/// `time_of(entry)`: finite. A bucket for each entry leaves little to sort.
template <typename Entry, typename TimeOf>
void sort_by_time(std::vector<Entry>& entries, TimeOf time_of) {
  const auto earlier = [&](const Entry& a, const Entry& b) { return time_of(a) < time_of(b); };
  if (std::is_sorted(entries.begin(), entries.end(), earlier)) {
    return;
  }
  const auto [first, last] = std::minmax_element(entries.begin(), entries.end(), earlier);
  const double begin = time_of(*first);
  const double scale = static_cast<double>(entries.size() - 1) / (time_of(*last) - begin);
  const auto bucket = [&](const Entry& entry) { return static_cast<std::size_t>((time_of(entry) - begin) * scale); };
  std::vector<std::uint32_t> place(entries.size() + 2, 0);
  for (const Entry& entry : entries) {
    ++place[bucket(entry) + 2];
  }
  for (std::size_t i = 3; i < place.size(); ++i) {
    place[i] += place[i - 1];
  }
  std::vector<Entry> sorted(entries.size());
  for (const Entry& entry : entries) {
    sorted[place[bucket(entry) + 1]++] = entry;
  }
  std::size_t begin_of = 0;
  for (std::size_t b = 0; b < entries.size(); ++b) {
    const std::size_t end = place[b + 1];
    std::sort(sorted.begin() + static_cast<std::ptrdiff_t>(begin_of), sorted.begin() + static_cast<std::ptrdiff_t>(end),
              earlier);
    begin_of = end;
  }
  entries = std::move(sorted);
}

}  // namespace scope
