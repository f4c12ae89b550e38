// Tensors in HBM and the rectangles of them that tile programs move.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "sim/base/dtype.h"

namespace sim {

struct Shape {
  std::int32_t rows = 0, cols = 0;
  std::int64_t elements() const { return std::int64_t{rows} * cols; }
  bool operator==(const Shape&) const = default;
};

using TensorId = std::uint16_t;

/// A tensor that lives in HBM: a stack of slices (one per head, or per group of heads, or one for all), each of
/// `shape`. A block of slice z of the grid works on the tensor's slice z / slice_divisor, so that grouped-query
/// heads share K and V without the tile program saying so.
struct Tensor {
  TensorId id = 0;
  DType dtype = DType::fp16;
  Shape shape;                     ///< of one slice
  std::int32_t slice_divisor = 1;  ///< slices of the grid that share one slice of this tensor

  std::int64_t slice_of(std::int64_t grid_slice) const { return grid_slice / slice_divisor; }
};

/// A rectangle of a tensor's slice, clipped to it: the last tile of a ragged tensor is smaller.
struct Region {
  Tensor tensor;
  std::int32_t row = 0, col = 0;  ///< of its first element
  Shape shape;
  std::int64_t bytes() const { return shape.elements() * size_of(tensor.dtype); }
};

/// Rows [index * count, index * count + count) of `tensor`, all columns.
inline Region rows(const Tensor& tensor, std::int32_t index, std::int32_t count) {
  const std::int32_t first = index * count;
  return {tensor, first, 0, {std::min(count, tensor.shape.rows - first), tensor.shape.cols}};
}

/// Tile (i, j) of `tensor` cut into tiles of at most `height` x `width`.
inline Region tile_of(const Tensor& tensor, std::int32_t i, std::int32_t height, std::int32_t j, std::int32_t width) {
  const std::int32_t row = i * height, col = j * width;
  return {tensor, row, col, {std::min(height, tensor.shape.rows - row), std::min(width, tensor.shape.cols - col)}};
}

constexpr std::int32_t ceil_div(std::int32_t a, std::int32_t b) { return (a + b - 1) / b; }

}  // namespace sim
