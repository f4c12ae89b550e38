// One query row through the online softmax: its scores as they come, m, l, alpha and O after each K/V tile, with the
// numbers that the program computed; and the same row by safe softmax.
#pragma once

#include "ui/scope/frame.h"

namespace scope {

struct SoftmaxRow {
  std::int32_t row = 0;  ///< query, within the slice
  struct Step {
    std::int32_t j = 0, first_key = 0;  ///< K/V tile and its first key
    std::vector<float> scores, p;       ///< of this tile; p after exp; empty: not computed yet
    float m_old = 0, m = 0, alpha = 1, l_old = 0, row_sum = 0, l = 0;
    float p_max = 0;                    ///< the maximum that p was made with: m, its own tile's, or 0 for none
    std::vector<float> terms, weights;  ///< where rows end divided: terms / divisor
    float divisor = 1;
    std::vector<float> o_old, o;        ///< not divided by l, unless the algorithm keeps O divided (see divided)
    std::vector<std::vector<float>> v;  ///< the V rows of the tile, if it has at most 8 keys
    bool max_rose = false;
    bool done_scores = false, done_max = false, done_p = false, done_alpha = false, done_sum = false, done_o = false;
    bool done_weights = false;
    double begin_us = 0, end_us = 0;
  };
  std::vector<Step> steps;  ///< those begun by the cursor's moment
  std::int32_t steps_total = 0;
  /// What the program calls them, as rich text: S and P of an attention, X, Y and d of a softmax.
  struct Letters {
    std::string scores = "S", p = "P", m = "*m*", sum = "*ℓ*";
  };
  Letters letters;
  bool has_max = true;   ///< does the program look for a maximum at all?
  bool online = true;    ///< does the program update m and l tile by tile?
  bool divided = false;  ///< FlashAttention-1 keeps O divided by l
  float scale = 1;       ///< what scores are multiplied with inside the exponent: m and s here include it
  // By safe softmax in double precision, over the whole row.
  std::vector<float> safe_scores;
  float safe_m = 0, safe_l = 0;
  std::vector<float> safe_o;
  float largest_exp_without_max = 0;  ///< e^(largest score); infinite if it overflows fp32
  bool overflows_fp16 = false;        ///< e^score > 65504 without the maximum
};
/// Nothing without values, or if no kernel so far computes softmax rows at this place.
std::optional<SoftmaxRow> softmax_row(const Run& run, const Frame& frame, std::int32_t row);

}  // namespace scope
