// Ranges of a sweep: "seqlen=512:65536:*2", "block_kv=64:256:+64", "algorithm=flash1,flash2".
#pragma once

#include <string>
#include <vector>

namespace cli {

struct SweepAxis {
  std::string key;
  std::vector<std::string> values;
};

/// The most points that a sweep may have.
constexpr std::size_t kSweepPointsMax = 100'000;

/// Throws sim::Error that names the range and what is wrong with it.
SweepAxis parse_axis(const std::string& text);

/// How many points the product of the axes has. Throws sim::Error if they are too many or two axes have one key.
std::size_t count_points(const std::vector<SweepAxis>& axes);

/// The values of point `index`, one for each axis; the last axis runs fastest.
std::vector<std::string> point_of(const std::vector<SweepAxis>& axes, std::size_t index);

}  // namespace cli
