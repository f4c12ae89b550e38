// Is the exercise itself right? Its starters must fail, its solutions and the other right programs pass, and every
// wrong program must die of what its header says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lessons/workshop/verdict.h"

namespace lessons {

/// One program and what it must come to.
struct Trial {
  enum class Kind { starter, right, mutant };
  const Stage* stage = nullptr;
  Kind kind = Kind::starter;
  std::string path, name;
  Mutant mutant;  ///< of a mutant
};
std::vector<Trial> trials_of(const Exercise& exercise);

struct Tried {
  Trial trial;
  Verdict verdict;
  std::string surprise;  ///< what is not as it must be; empty: nothing
};

/// Why the verdict is not what the trial must come to; "" if it is.
std::string surprise_of(const Trial& trial, const Verdict& verdict);

using Check = std::function<Verdict(const Trial&)>;
/// Called after each, in the order in which they end, never from two threads at once.
using Heard = std::function<void(const Tried&)>;

/// All of them, `jobs` at a time; results in the order of `trials`. An Error that a check throws becomes a surprise.
std::vector<Tried> try_all(const std::vector<Trial>& trials, int jobs, const Check& check, const Heard& heard);

/// Markdown, a table per stage: a row per mutant with what is wrong with it, a column per check. "**X**" marks the one
/// that failed first, "x" others that failed too, "-" what was not reached.
std::string kill_matrix(const Exercise& exercise, const std::vector<Tried>& tried);

}  // namespace lessons
