// The list of algorithms: the one place to add one.
#pragma once

#include <string>
#include <vector>

#include "sim/algorithms/problem.h"
#include "sim/tile/kernel.h"

namespace sim {

struct Algorithm {
  const char* name;    ///< what --algorithm takes
  const char* title;   ///< in words
  const char* source;  ///< paper, algorithm, lines
  bool softmax;        ///< works on rows of X instead of Q, K, V
  /// The schedule with its zeros filled in, for this problem on this machine. Throws Error if a given value can't be.
  Schedule (*schedule)(const Problem&, const Schedule&, const Machine&);
  Plan (*plan)(const Problem&, const Schedule&, const Machine&);
};

const std::vector<Algorithm>& algorithms();
std::vector<std::string> algorithm_names();
/// Throws Error with the nearest name.
const Algorithm& find_algorithm(const std::string& name);

}  // namespace sim
