#include "sim/executors/values.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "sim/base/error.h"

namespace sim {

namespace {

constexpr std::int64_t kChunkElements = 4096;     // 16 KiB: what a store copies at most, beside what it writes
constexpr std::uint32_t kUnwritten = 0x7fc0dead;  // a quiet NaN that no arithmetic makes

bool has_unwritten(const float* values, std::int64_t count) {
  bool found = false;
  for (std::int64_t i = 0; i < count; ++i) {
    found |= std::bit_cast<std::uint32_t>(values[i]) == kUnwritten;
  }
  return found;
}

std::size_t bytes_of(std::int64_t elements) { return static_cast<std::size_t>(elements) * sizeof(float); }

}  // namespace

Matrix::Matrix(Shape shape) : data_(new float[static_cast<std::size_t>(shape.elements())]), shape_(shape) {}

float* Matrix::write() {
  if (shared()) {
    Matrix copy(shape_);
    std::memcpy(copy.data_.get(), data_.get(), bytes_of(shape_.elements()));
    *this = std::move(copy);
  }
  return data_.get();
}

// ---- HBM ----

HbmValues::HbmValues(const Plan& plan) {
  for (const TensorInfo& info : plan.tensors) {
    const Shape shape = info.tensor.shape;
    const auto chunk_rows =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(kChunkElements / shape.cols, 1, shape.rows));
    tensors_.push_back({shape, chunk_rows, std::vector<std::shared_ptr<Slice>>(static_cast<std::size_t>(info.slices))});
  }
}

bool HbmValues::read(TensorId tensor, std::int64_t slice, std::int32_t row, std::int32_t col, Shape shape,
                     float* out) const {
  const Stack& stack = tensors_[tensor];
  const Slice* from = stack.slices[static_cast<std::size_t>(slice)].get();
  if (from == nullptr) {
    return false;
  }
  const std::int32_t cols = stack.shape.cols, end = row + shape.rows;
  for (std::int32_t r = row; r < end;) {
    const std::int32_t chunk = r / stack.chunk_rows, in_chunk = r % stack.chunk_rows;
    const Matrix& source = from->chunks[static_cast<std::size_t>(chunk)];
    if (!source) {
      return false;
    }
    const std::int32_t count = std::min(stack.chunk_rows - in_chunk, end - r);
    const float* first = source.data() + std::int64_t{in_chunk} * cols + col;
    const bool whole = shape.cols == cols;
    const std::int64_t run = whole ? std::int64_t{count} * cols : shape.cols;
    for (std::int32_t i = 0; i < (whole ? 1 : count); ++i, first += cols, out += run) {
      std::memcpy(out, first, bytes_of(run));
      if (has_unwritten(out, run)) {
        return false;
      }
    }
    r += count;
  }
  return true;
}

float* HbmValues::writable_chunk(const Stack& stack, Slice& slice, std::int32_t chunk) {
  Matrix& values = slice.chunks[static_cast<std::size_t>(chunk)];
  if (!values) {
    values = Matrix({stack.chunk_rows, stack.shape.cols});
    std::fill_n(values.write(), values.shape().elements(), std::bit_cast<float>(kUnwritten));
  }
  return values.write();
}

void HbmValues::write(TensorId tensor, std::int64_t slice, std::int32_t row, std::int32_t col, Shape shape,
                      const float* in) {
  Stack& stack = tensors_[tensor];
  std::shared_ptr<Slice>& to = stack.slices[static_cast<std::size_t>(slice)];
  if (to == nullptr) {
    to = std::make_shared<Slice>();
    to->chunks.resize(static_cast<std::size_t>(ceil_div(stack.shape.rows, stack.chunk_rows)));
  } else if (to.use_count() > 1) {
    to = std::make_shared<Slice>(*to);
  }
  const std::int32_t cols = stack.shape.cols, end = row + shape.rows;
  for (std::int32_t r = row; r < end;) {
    const std::int32_t in_chunk = r % stack.chunk_rows;
    const std::int32_t count = std::min(stack.chunk_rows - in_chunk, end - r);
    float* first = writable_chunk(stack, *to, r / stack.chunk_rows) + std::int64_t{in_chunk} * cols + col;
    for (std::int32_t i = 0; i < count; ++i, first += cols, in += shape.cols) {
      std::memcpy(first, in, bytes_of(shape.cols));
    }
    r += count;
  }
}

void HbmValues::forget(TensorId tensor, std::int64_t slice) {
  tensors_[tensor].slices[static_cast<std::size_t>(slice)].reset();
}

void HbmValues::add_to(Hash& hash) const {
  for (const Stack& stack : tensors_) {
    for (const std::shared_ptr<Slice>& slice : stack.slices) {
      hash.add(slice != nullptr);
      if (slice == nullptr) {
        continue;
      }
      for (const Matrix& chunk : slice->chunks) {
        hash.add(static_cast<bool>(chunk));
        hash.add_bytes(chunk.data(), chunk ? bytes_of(chunk.shape().elements()) : 0);
      }
    }
  }
}

// ---- Tiles ----

Matrix* TileValues::find(TileId id) {
  const auto at = std::find(ids_.rbegin(), ids_.rend(), id);
  return at == ids_.rend() ? nullptr : &tiles_[static_cast<std::size_t>(ids_.rend() - at - 1)];
}

Matrix* TileValues::put(TileId id, Matrix values) {
  if (Matrix* tile = find(id)) {
    *tile = std::move(values);
    return tile;
  }
  ids_.push_back(id);
  return &tiles_.emplace_back(std::move(values));
}

bool TileValues::drop(TileId id) {
  Matrix* tile = find(id);
  if (tile == nullptr) {
    return false;
  }
  ids_[static_cast<std::size_t>(tile - tiles_.data())] = ids_.back();
  ids_.pop_back();
  if (tile != &tiles_.back()) {
    *tile = std::move(tiles_.back());
  }
  tiles_.pop_back();
  return true;
}

void TileValues::clear() {
  ids_.clear();
  tiles_.clear();
}

std::int64_t TileValues::bytes() const {
  return std::accumulate(tiles_.begin(), tiles_.end(), std::int64_t{0}, [](std::int64_t sum, const Matrix& tile) {
    return sum + tile.shape().elements() * static_cast<std::int64_t>(sizeof(float));
  });
}

void TileValues::add_to(Hash& hash) const {
  std::vector<TileId> sorted = ids_;
  std::sort(sorted.begin(), sorted.end());
  for (const TileId id : sorted) {
    const Matrix& tile = *find(id);
    hash.add(id).add(tile.shape().rows).add(tile.shape().cols);
    hash.add_bytes(tile.data(), bytes_of(tile.shape().elements()));
  }
}

std::uint64_t Values::hash() const {
  Hash hash;
  hbm.add_to(hash);
  tiles.add_to(hash);
  return hash.value();
}

}  // namespace sim
