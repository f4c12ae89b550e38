// Budgets of a stage: expressions over the letters of a case's shape.
#pragma once

#include <cstdint>
#include <string>

#include "lessons/workshop/exercise_file.h"

namespace lessons {

/// Throws sim::Error (where: `where`) if it does not parse or has an unknown letter. Letters: R V (rows and columns of
/// a softmax), Nq Nk d (of attention), Br Bc (a tile's), Tr Tc (how many there are), e (bytes of an element).
void check_budget(const std::string& expression, const std::string& where);

/// Bytes that the expression allows in this case.
std::int64_t budget_of(const std::string& expression, const Case& given, bool softmax);

}  // namespace lessons
