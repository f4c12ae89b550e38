// Grid files: which points to measure. {"format": "attoscope-grid 1", "points": [family, ...]}; a family names values
// for each field (one, or a list) and stands for all combinations of them:
//   algorithm                    "flash2" ...; variant: "" by default
//   batch, heads, kv_heads       1, 1, as heads
//   seqlen                       or seqlen_q and seqlen_kv
//   head_dim, dtype, mask        required; "fp16"; "none"
//   rows, row_length             of a softmax, in place of the above but dtype
//   schedule                     "default", "all" (each compiled one), or an object with some of the fields
//   l2                           "cold" by default, or "warm"
//   comment                      is for people
#pragma once

#include <string>
#include <vector>

#include "measure/point.h"

namespace measure {

struct Grid {
  std::vector<Point> points;         ///< in the file's order, each once
  std::vector<std::string> skipped;  ///< one line for each that its kernel refuses
};

/// Throws Error with file, key, value and a hint.
Grid read_grid(const std::string& file, const std::vector<std::string>& only);

}  // namespace measure
