// When each tile of each matrix of a slice is touched, and by which block: what cells are looked up in. Built once a
// slice, from the placed ops of the blocks that work on it.
#pragma once

#include <memory>
#include <vector>

#include "ui/scope/cells.h"

namespace scope {

struct Touch {
  double t_us = 0;  ///< it has ended
  std::int32_t elements = 0;
  std::uint32_t block = 0;
  std::int16_t kernel = 0;
  bool write = false;  ///< or, of a ghost, made
};

/// A rectangle of a tensor as it was stored.
struct Written {
  double t_us = 0;
  std::int32_t row = 0, col = 0;
  sim::Shape shape;
  std::uint32_t block = 0;
  std::int16_t kernel = 0;
};

class MatrixTouches {
 public:
  explicit MatrixTouches(const MatrixInfo& info);
  void add(const Touch& touch, std::int32_t row, std::int32_t col, sim::Shape shape);
  void add_written(const Written& written);
  void finish();  ///< no add may follow

  /// Does any block ever touch the tile?
  bool touched(std::int32_t down, std::int32_t across) const { return seen_[index(down, across)]; }
  /// In order of time. Of K and V, none: what counts there is only how far one block has come.
  std::span<const Touch> of(std::int32_t down, std::int32_t across) const {
    const std::size_t cell = index(down, across);
    return std::span(touches_).subspan(begin_[cell], begin_[cell + 1] - begin_[cell]);
  }
  /// A tile by its number, row by row: elements that become made, or are read again after that.
  struct Change {
    double t_us = 0;
    std::uint32_t tile = 0;
    std::int32_t made = 0, read_back = 0;
  };
  /// In order of time.
  const std::vector<Change>& changes() const { return changes_; }
  /// Numbers of the tiles that a block makes or writes, each once.
  std::span<const std::uint32_t> made_by(std::int32_t kernel, std::uint32_t block) const;
  /// Of a tensor, in order of time.
  const std::vector<Written>& written() const { return written_; }
  bool written_once() const { return written_once_; }
  const MatrixInfo& info() const { return info_; }
  std::int64_t elements_of(std::int32_t down, std::int32_t across) const;

 private:
  /// Where a block's tiles begin in tiles_made_.
  struct Maker {
    std::int32_t kernel = 0;
    std::uint32_t block = 0;
    std::size_t begin = 0;
  };
  void find_makers();
  void sort_touches();
  void find_changes();
  std::size_t index(std::int32_t down, std::int32_t across) const {
    return static_cast<std::size_t>(down) * static_cast<std::size_t>(info_.across()) + static_cast<std::size_t>(across);
  }
  MatrixInfo info_;
  std::vector<bool> seen_;                              // by cell
  std::vector<std::pair<std::uint32_t, Touch>> added_;  // cell
  std::vector<std::uint32_t> begin_;                    // by cell
  std::vector<Touch> touches_;                          // by cell, then time
  std::vector<Change> changes_;                         // in order of time
  std::vector<Maker> makers_;                           // by kernel, then block; the last one ends the list
  std::vector<std::uint32_t> tiles_made_;
  std::vector<Written> written_;  // in order of time
  bool written_once_ = true;
};

struct SliceMap {
  std::int32_t slice = 0;
  std::vector<MatrixTouches> matrices;  ///< as matrices() lists them
  const MatrixTouches* find(const MatrixInfo& info) const;
};

/// Kept for the slices asked for last.
std::shared_ptr<const SliceMap> slice_map(const Run& run, std::int32_t slice);

/// One block's copies in the trace's order, each with the time at which it has ended.
struct Copy {
  double t_us = 0;
  Run::Moved moved;
};
std::vector<Copy> copies_of(const Run& run, std::int32_t kernel, std::uint32_t block);

}  // namespace scope
