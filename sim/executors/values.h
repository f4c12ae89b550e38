// What tensors and tiles hold while a plan runs with values. Copies share their storage until one of them is written,
// so that a copy of everything, a checkpoint, costs pointers only. For one thread: reference counts tell who shares.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/base/hash.h"
#include "sim/tile/kernel.h"

namespace sim {

/// rows x cols floats, row-major. Values of 16-bit tensors are kept as the floats that equal them; int32 as floats too,
/// exact up to 2^24.
class Matrix {
 public:
  Matrix() = default;
  explicit Matrix(Shape shape);  ///< not initialised

  Shape shape() const { return shape_; }
  const float* data() const { return data_.get(); }
  std::span<const float> view() const { return {data_.get(), static_cast<std::size_t>(shape_.elements())}; }
  float at(std::int32_t row, std::int32_t col) const { return data_[std::int64_t{row} * shape_.cols + col]; }
  bool shared() const { return data_.use_count() > 1; }
  explicit operator bool() const { return data_ != nullptr; }
  float* write();  ///< the same floats, copied first if they are shared

 private:
  std::shared_ptr<float[]> data_;
  Shape shape_;
};

/// The tensors' contents. Each slice is kept in chunks of whole rows; a chunk exists once something wrote there, and
/// elements that nothing wrote yet hold a NaN of their own (kUnwritten), so that reading them is noticed.
class HbmValues {
 public:
  explicit HbmValues(const Plan& plan);  ///< nothing is written yet

  /// Copies the rectangle at (row, col) to out[shape]; false if some of it was never written.
  bool read(TensorId tensor, std::int64_t slice, std::int32_t row, std::int32_t col, Shape shape, float* out) const;
  void write(TensorId tensor, std::int64_t slice, std::int32_t row, std::int32_t col, Shape shape, const float* in);
  /// Frees the slice: never written.
  void forget(TensorId tensor, std::int64_t slice);
  void add_to(Hash& hash) const;

 private:
  struct Slice {
    std::vector<Matrix> chunks;
  };
  struct Stack {
    Shape shape;              // of a slice
    std::int32_t chunk_rows;  // the last chunk is as large as the others
    std::vector<std::shared_ptr<Slice>> slices;
  };
  static float* writable_chunk(const Stack& stack, Slice& slice, std::int32_t chunk);

  std::vector<Stack> tensors_;  ///< by TensorId
};

/// The tiles of the running block that are alive. There are some dozens at most: found by looking through them.
class TileValues {
 public:
  Matrix* find(TileId id);  ///< null if it is dead or was never made; valid until the next put, take or drop
  const Matrix* find(TileId id) const { return const_cast<TileValues*>(this)->find(id); }
  Matrix* put(TileId id, Matrix values);
  bool drop(TileId id);  ///< false if there is none
  void clear();
  const std::vector<TileId>& ids() const { return ids_; }  ///< in no particular order
  std::int64_t bytes() const;
  void add_to(Hash& hash) const;

 private:
  std::vector<TileId> ids_;
  std::vector<Matrix> tiles_;  ///< beside ids_
};

/// Everything that a run with values knows at one moment.
struct Values {
  explicit Values(const Plan& plan) : hbm(plan) {}
  HbmValues hbm;
  TileValues tiles;  ///< of the running block; none between blocks
  std::uint64_t hash() const;
};

}  // namespace sim
