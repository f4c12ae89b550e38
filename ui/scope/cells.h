// The matrices of the picture as grids of tiles, and each tile's state at a moment. S and P are there even where they
// never exist in HBM: as ghosts, which double as a map of the work.
#pragma once

#include "ui/scope/frame.h"

namespace scope {

struct MatrixInfo {
  std::string name;  ///< "Q", "K", "LSE"; plain
  Family family = Family::none;
  std::optional<sim::TensorId> tensor;  ///< nothing: a ghost
  sim::Shape shape;                     ///< of a slice
  std::int32_t tile_rows = 1, tile_cols = 1;
  sim::DType dtype = sim::DType::fp16;
  std::int32_t slices = 1;
  std::int64_t slice_bytes = 0, bytes = 0;  ///< a ghost's: what it would take
  std::int32_t down() const { return sim::ceil_div(shape.rows, tile_rows); }
  std::int32_t across() const { return sim::ceil_div(shape.cols, tile_cols); }
};

/// In the picture's order: Q, K, V, S, P, O, then statistics and other scratch tensors. Attention algorithms always
/// have S and P. For a softmax: its input as S ("X"), its output as P ("Y").
std::vector<MatrixInfo> matrices(const Run& run);

/// A group of tiles. Shares are of its elements.
struct Cell {
  float done = 0;       ///< read by the focus block's pass (inputs); made or written (others), by whichever block
  float by_others = 0;  ///< of done: made by other blocks than the focus
  float masked = 0;     ///< in the future of every query that meets it
  float read_back = 0;  ///< scratch tensors: read again after having been written
  bool partly_masked = false;  ///< the diagonal crosses it
  bool skipped = false;        ///< no block ever touches it
  bool current = false;        ///< the op at work has to do with it
  bool in_flight = false;
  bool written = false;  ///< outputs and scratch: at least one element is there
};

/// Cells of the focus block's slice, `group_rows` x `group_cols` tiles each, row-major.
struct CellGrid {
  std::int32_t down = 0, across = 0;
  std::vector<Cell> cells;
  const Cell& at(std::int32_t row, std::int32_t col) const {
    return cells[static_cast<std::size_t>(row) * static_cast<std::size_t>(across) + static_cast<std::size_t>(col)];
  }
};
CellGrid cells(const Run& run, const Frame& frame, const MatrixInfo& matrix, std::int32_t group_rows,
               std::int32_t group_cols);

/// Elements [row, row + shape.rows) x ... of a tensor in the focus block's slice as they stand at the frame's moment;
/// elements that nothing has written yet are not there (is_there). Nothing without values, and for ghosts.
std::optional<sim::Matrix> values(const Run& run, const Frame& frame, const MatrixInfo& matrix, std::int32_t row,
                                  std::int32_t col, sim::Shape shape);

/// False for the NaN that stands for an element not written yet; true for one that the program computed.
bool is_there(float value);

/// When S (or P, O...) of a query and key is made: where and when; nothing if it never is.
std::optional<Cursor> when_made(const Run& run, Family family, std::int32_t slice, std::int32_t row, std::int32_t col);

}  // namespace scope
