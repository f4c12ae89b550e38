#include "sim/algorithms/algorithms.h"

#include "sim/algorithms/list.h"
#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace sim {

const std::vector<Algorithm>& algorithms() {
  static const std::vector<Algorithm> kAll = {kSoftmaxNaive,    kSoftmaxSafe, kSoftmaxOnline, kStandard,
                                              kMemoryEfficient, kFlash1,      kFlash2,        kFlashDecoding};
  return kAll;
}

std::vector<std::string> algorithm_names() {
  std::vector<std::string> names;
  for (const Algorithm& algorithm : algorithms()) {
    names.emplace_back(algorithm.name);
  }
  return names;
}

const Algorithm& find_algorithm(const std::string& name) {
  for (const Algorithm& algorithm : algorithms()) {
    if (name == algorithm.name) {
      return algorithm;
    }
  }
  throw Error("algorithm", "unknown algorithm '" + name + "'", suggestion(name, algorithm_names()));
}

}  // namespace sim
