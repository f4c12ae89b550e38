// A row's steps through a softmax, read off the ops of one block as they are executed. Only softmax_row.cpp and
// row_steps.cpp include this.
#pragma once

#include <map>

#include "ui/scope/place_blocks.h"
#include "ui/scope/softmax_row.h"

namespace scope {

constexpr std::uint32_t kNever = 0xFFFFFFFFU;

/// A step with everything that is ever known of it, and the ops by which it is.
struct RowStep {
  SoftmaxRow::Step step;
  std::uint32_t first = kNever, last = 0;  ///< ops that belong to it
  std::uint32_t scores = kNever, max = kNever, p = kNever, alpha = kNever, sum = kNever, o = kNever, weights = kNever;
  float p_weight = 1;                  ///< by which p and its sum are multiplied to be relative to the new m
  std::uint32_t weighted_by = kNever;  ///< the op that finds it
};

struct RowOfBlock {
  std::vector<RowStep> steps;  ///< by first key
  SoftmaxRow::Letters letters;
  bool has_max = false, online = false, divided = false, any_exp = false;
  float scale = 1;
};

/// Executes the block. Rows count within the slice.
RowOfBlock row_of_block(const Run& run, BlockRef ref, std::int32_t row);

}  // namespace scope
