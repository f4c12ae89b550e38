// What goes into a student's program: inputs chosen to catch, not drawn to please.
#pragma once

#include <string>
#include <vector>

#include "lessons/workshop/exercise_file.h"

namespace lessons {

/// Row-major: x [rows, row_length], or q [seqlen_q, head_dim], k and v [seqlen_kv, head_dim].
struct CaseValues {
  std::vector<float> x, q, k, v;
};

/// Names that Case::values may have.
const std::vector<std::string>& kinds_of_values();

/// The case's inputs: a function of its name, shape and kind.
///   integers  whole numbers from -2 to 2
///   normal    standard normal
///   worked    1, 2, 3, ... along every row (or as the keys' scores)
///   growing   every tile's maximum is above the last one's, by so little that old tiles still count
///   falling   the largest first: the maximum never moves again
///   large     scores up to 10,000 and down to -10,000: e^x overflows
///   negative  all scores near -20,000: a maximum that does not start at -infinity leaves nothing of them
///   masked    scores of -infinity: single ones, a row's whole first tile, a whole row (softmax only)
///   nan       one NaN among ordinary numbers: in the second row, or the only one
CaseValues values_of(const Case& given, bool softmax);

}  // namespace lessons
