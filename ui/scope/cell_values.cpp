// What elements hold at a moment, and when they were made.
#include <algorithm>
#include <bit>

#include "ui/scope/cells.h"
#include "ui/scope/places.h"
#include "ui/scope/slice_map.h"

namespace scope {

namespace {

constexpr std::uint32_t kNotThereBits = 0x7fc0beef;  // a quiet NaN that no arithmetic makes
constexpr float kNotThere = std::bit_cast<float>(kNotThereBits);

struct Rectangle {
  std::int32_t row = 0, col = 0;
  sim::Shape shape;
};

// A read tells of a whole rectangle whether all of it was written: so row by row, and element by element in a row that
// is there in part.
sim::Matrix read(const sim::Values& values, sim::TensorId tensor, std::int64_t slice, const Rectangle& where) {
  sim::Matrix result(where.shape);
  float* out = result.write();
  std::fill_n(out, where.shape.elements(), kNotThere);
  for (std::int32_t r = 0; r < where.shape.rows; ++r) {
    float* row = out + std::int64_t{r} * where.shape.cols;
    const bool whole = values.hbm.read(tensor, slice, where.row + r, where.col, {1, where.shape.cols}, row);
    const bool in_part = !whole && where.shape.cols > 0 && is_there(row[0]);  // untouched where nothing was ever stored
    for (std::int32_t c = 0; in_part && c < where.shape.cols; ++c) {
      if (!values.hbm.read(tensor, slice, where.row + r, where.col + c, {1, 1}, row + c)) {
        row[c] = kNotThere;
      }
    }
  }
  return result;
}

// A slice of a tensor as it is in the end, of the one asked for last.
struct Final {
  sim::TensorId tensor = 0;
  std::int64_t slice = -1;
  sim::Matrix matrix;
};

struct Finals {
  std::optional<sim::Values> values;  ///< at the end of the run
  std::int64_t of_slice = -1;         ///< of the grid, if values are those of one slice
  std::array<Final, 8> kept;
  std::size_t next = 0;
};

const sim::Matrix& final_slice(const Run& run, sim::TensorId tensor, std::int64_t grid_slice) {
  std::shared_ptr<void>& cache = run.cache("final_values");
  if (cache == nullptr) {
    cache = std::make_shared<Finals>();
  }
  Finals& finals = *static_cast<Finals*>(cache.get());
  const std::int64_t slice = run.plan().tensors[tensor].tensor.slice_of(run.value_slice(grid_slice));
  if (run.values_by_slice() && finals.of_slice != grid_slice) {
    finals = {};
    finals.of_slice = grid_slice;
  }
  for (const Final& kept : finals.kept) {
    if (kept.matrix && kept.tensor == tensor && kept.slice == slice) {
      return kept.matrix;
    }
  }
  if (!finals.values) {
    sim::Timeline& in = run.value_timeline(grid_slice);
    finals.values = in.seek(in.ops()).values;
  }
  Final& made = finals.kept[finals.next++ % finals.kept.size()];
  made = {tensor, slice, read(*finals.values, tensor, slice, {0, 0, run.plan().tensors[tensor].tensor.shape})};
  return made.matrix;
}

void copy(const sim::Matrix& from, const Rectangle& part, const Rectangle& where, float* out) {
  const std::int32_t row = std::max(part.row, where.row), col = std::max(part.col, where.col);
  const std::int32_t row_end = std::min(part.row + part.shape.rows, where.row + where.shape.rows);
  const std::int32_t col_end = std::min(part.col + part.shape.cols, where.col + where.shape.cols);
  for (std::int32_t r = row; r < row_end; ++r) {
    for (std::int32_t c = col; c < col_end; ++c) {
      out[std::int64_t{r - where.row} * where.shape.cols + c - where.col] = from.at(r, c);
    }
  }
}

bool has(const Written& written, std::int32_t row, std::int32_t col) {
  return row >= written.row && row < written.row + written.shape.rows && col >= written.col &&
         col < written.col + written.shape.cols;
}

Cursor cursor_of(const Run& run, double t_us, std::int32_t kernel, std::uint32_t block) {
  const BlockRun& in = run.block_run(kernel, block);
  return {t_us, {in.sm, in.slot}};
}

std::optional<Cursor> when_computed(const Run& run, const MatrixTouches& ghost, std::int32_t row, std::int32_t col) {
  const MatrixInfo& info = ghost.info();
  if (row < 0 || col < 0 || row >= info.shape.rows || col >= info.shape.cols) {
    return std::nullopt;
  }
  const std::span<const Touch> touches = ghost.of(row / info.tile_rows, col / info.tile_cols);
  return touches.empty()
             ? std::nullopt
             : std::optional(cursor_of(run, touches.front().t_us, touches.front().kernel, touches.front().block));
}

// The last time that the element was stored; of S and P that hold one chunk after another, its own chunk's.
std::optional<Cursor> when_stored(const Run& run, const MatrixTouches& matrix, std::int32_t row, std::int32_t col) {
  const bool scores = matrix.info().family == Family::s || matrix.info().family == Family::p;
  for (auto written = matrix.written().rbegin(); written != matrix.written().rend(); ++written) {
    const sim::Kernel& kernel = run.plan().kernels[static_cast<std::size_t>(written->kernel)];
    const ChunkStart start = scores ? chunk_of(run.plan(), kernel).value_or(ChunkStart{}) : ChunkStart{};
    if (has(*written, row - start.query, col - start.key)) {
      return cursor_of(run, written->t_us, written->kernel, written->block);
    }
  }
  return std::nullopt;
}

}  // namespace

bool is_there(float value) { return std::bit_cast<std::uint32_t>(value) != kNotThereBits; }

std::optional<sim::Matrix> values(const Run& run, const Frame& frame, const MatrixInfo& matrix, std::int32_t row,
                                  std::int32_t col, sim::Shape shape) {
  const std::shared_ptr<const SliceMap> map = slice_map(run, frame.at.slice);
  const MatrixTouches* touches = map->find(matrix);
  if (!run.has_values() || !matrix.tensor || touches == nullptr) {
    return std::nullopt;
  }
  Rectangle where{std::clamp(row, 0, matrix.shape.rows), std::clamp(col, 0, matrix.shape.cols), {}};
  where.shape = {std::clamp(shape.rows, 0, matrix.shape.rows - where.row),
                 std::clamp(shape.cols, 0, matrix.shape.cols - where.col)};
  const sim::TensorInfo& info = run.plan().tensors[*matrix.tensor];
  const std::int64_t slice = info.tensor.slice_of(run.value_slice(frame.at.slice));
  const bool is_input = info.role == sim::TensorRole::input;
  if (!is_input && !touches->written_once()) {
    const At& at = frame.at;
    return read(*run.state_after(at.kernel, at.block, at.op).values, *matrix.tensor, slice, where);
  }
  const sim::Matrix& at_end = final_slice(run, *matrix.tensor, frame.at.slice);
  sim::Matrix result(where.shape);
  float* out = result.write();
  std::fill_n(out, where.shape.elements(), kNotThere);
  if (is_input) {
    copy(at_end, where, where, out);
    return result;
  }
  for (const Written& written : touches->written()) {
    if (written.t_us > frame.cursor.t_us) {
      break;
    }
    copy(at_end, {written.row, written.col, written.shape}, where, out);
  }
  return result;
}

std::optional<Cursor> when_made(const Run& run, Family family, std::int32_t slice, std::int32_t row, std::int32_t col) {
  for (const MatrixTouches& matrix : slice_map(run, slice)->matrices) {
    const MatrixInfo& info = matrix.info();
    if (info.family != family || (info.tensor && part_height(run.plan(), run.plan().tensors[*info.tensor]) > 0)) {
      continue;
    }
    return info.tensor ? when_stored(run, matrix, row, col) : when_computed(run, matrix, row, col);
  }
  return std::nullopt;
}

}  // namespace scope
