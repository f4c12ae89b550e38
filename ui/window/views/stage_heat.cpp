// Values as colours: S and P viridis, O diverging around zero, statistics grey.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

constexpr int kSteps = 256;
using Ramp = std::array<Color, kSteps>;

Ramp ramp_of(const draw::Palette& colors, Family family) {
  Ramp ramp;
  for (int i = 0; i < kSteps; ++i) {
    const float share = static_cast<float>(i) / (kSteps - 1);
    Color& color = ramp[static_cast<std::size_t>(i)];
    if (family == Family::statistic) {
      color = draw::grey_ramp(colors, share);
    } else if (family == Family::s || family == Family::p) {
      color = draw::viridis(share);
    } else {
      color = draw::diverging(colors, 2 * share - 1);
    }
  }
  return ramp;
}

Color color_of(float value, Range range, const Ramp& ramp, const draw::Palette& colors, Family family) {
  if (!scope::is_there(value)) {
    return {0, 0, 0, 0};
  }
  if (!std::isfinite(value)) {
    return scope::is_error(value, family) ? colors.error_mark : colors.hair;
  }
  const float share = range.high > range.low ? (value - range.low) / (range.high - range.low) : 0.5F;
  return ramp[static_cast<std::size_t>(std::clamp(share, 0.0F, 1.0F) * (kSteps - 1) + 0.5F)];
}

}  // namespace

Range range_of(const sim::Matrix& values, Family family) {
  if (family == Family::p) {
    return {0, 1};
  }
  Range range{INFINITY, -INFINITY};
  for (const float value : values.view()) {
    if (std::isfinite(value)) {
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  }
  if (range.low > range.high) {
    return {0, 1};
  }
  if (family == Family::s || family == Family::statistic) {
    return range;
  }
  const float size = std::max({std::abs(range.low), std::abs(range.high), 1e-30F});
  return {-size, size};
}

draw::Pixels heat_pixels(const draw::Palette& colors, const sim::Matrix& values, Family family, Range range,
                         std::int32_t rows_max, std::int32_t cols_max) {
  const sim::Shape shape = values.shape();
  const std::int32_t rows = std::min(shape.rows, std::max(1, rows_max));
  const std::int32_t cols = std::min(shape.cols, std::max(1, cols_max));
  const Ramp ramp = ramp_of(colors, family);
  draw::Pixels pixels{rows, cols, {}};
  pixels.data.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  for (std::int32_t r = 0; r < rows; ++r) {
    const auto row = static_cast<std::int32_t>(std::int64_t{r} * shape.rows / rows);
    for (std::int32_t c = 0; c < cols; ++c) {
      const auto col = static_cast<std::int32_t>(std::int64_t{c} * shape.cols / cols);
      pixels.data.push_back(color_of(values.at(row, col), range, ramp, colors, family));
    }
  }
  return pixels;
}

std::uint64_t key_of(const draw::Pixels& pixels) {
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15;
  std::uint64_t key = static_cast<std::uint64_t>(pixels.rows) * kPrime + static_cast<std::uint64_t>(pixels.cols);
  for (const Color color : pixels.data) {
    std::uint32_t word = 0;
    std::memcpy(&word, &color, sizeof word);
    key = (key ^ word) * kPrime;
    key ^= key >> 29U;
  }
  return key;
}

}  // namespace views::on_stage
