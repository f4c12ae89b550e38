#include "measure/entries.h"

#include <algorithm>

#include "measure/error.h"

namespace measure {

const std::vector<kernels::Entry>& all_entries() {
  static const std::vector<kernels::Entry> entries = [] {
    std::vector<kernels::Entry> all;
    for (const auto list : {kernels::softmax_entries, kernels::standard_entries, kernels::standard_cublas_entries,
                            kernels::memory_efficient_entries, kernels::flash1_entries, kernels::flash2_entries}) {
      const std::vector<kernels::Entry> some = list();
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }();
  return entries;
}

const kernels::Entry* find_entry(const std::string& algorithm, const std::string& variant) {
  for (const kernels::Entry& entry : all_entries()) {
    if (entry.algorithm == algorithm && entry.variant == variant) {
      return &entry;
    }
  }
  return nullptr;
}

const kernels::Entry& entry_of(const Point& point) {
  if (const kernels::Entry* entry = find_entry(point.algorithm, point.variant)) {
    return *entry;
  }
  throw Error("algorithm", "there is no kernel '" + label(point.algorithm, point.variant) + "'",
              "known: " + known_entries());
}

std::string known_entries() {
  std::string names;
  for (const kernels::Entry& entry : all_entries()) {
    names += (names.empty() ? "" : ", ") + label(entry.algorithm, entry.variant);
  }
  return names;
}

bool selected(const std::vector<std::string>& only, const std::string& algorithm, const std::string& variant) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& name) {
           return name == algorithm || name == label(algorithm, variant);
         });
}

}  // namespace measure
