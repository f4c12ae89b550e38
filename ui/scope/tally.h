// How much of each cell has been made by a moment, counted on from the moment asked for last: a frame costs as much as
// it has cells and as has changed since the frame before, however many tiles there are.
#pragma once

#include <list>

#include "ui/scope/places.h"
#include "ui/scope/slice_map.h"

namespace scope {

/// Elements of a cell.
struct CellSums {
  std::int64_t elements = 0, done = 0, others = 0, masked = 0, read_back = 0;
  bool touched = false;
};

/// Cells of so many tiles; which part of S and P a tensor of one chunk holds.
struct Grouping {
  std::int32_t rows = 1, cols = 1, across = 0;  ///< across: cells side by side
  ChunkStart chunk;
  bool operator==(const Grouping& other) const {
    return rows == other.rows && cols == other.cols && chunk.query == other.chunk.query && chunk.key == other.chunk.key;
  }
  std::size_t cell_of(std::int32_t row, std::int32_t col) const {
    return static_cast<std::size_t>(row / rows) * static_cast<std::size_t>(across) +
           static_cast<std::size_t>(col / cols);
  }
};

class Tally {
 public:
  /// `sums`: what does not change with time; nothing is done.
  Tally(const MatrixTouches& of, const Grouping& by, std::vector<CellSums> sums)
      : of_(of), by_(by), sums_(std::move(sums)) {}
  bool is(const MatrixTouches& of, const Grouping& by) const { return &of_ == &of && by_ == by; }
  /// At a moment; `others` is left to the caller.
  const std::vector<CellSums>& at(double t_us);

 private:
  void count(const MatrixTouches::Change& change, std::int64_t sign);
  const MatrixTouches& of_;
  Grouping by_;
  std::vector<CellSums> sums_;
  std::size_t counted_ = 0;  // of the matrix's changes
};

/// The tallies of the slice that was asked for last.
class Tallies {
 public:
  static Tallies& of(const Run& run, const std::shared_ptr<const SliceMap>& map);
  Tally* find(const MatrixTouches& of, const Grouping& by);
  Tally& keep(Tally tally);

 private:
  std::shared_ptr<const SliceMap> map_;
  std::list<Tally> newest_first_;
};

}  // namespace scope
