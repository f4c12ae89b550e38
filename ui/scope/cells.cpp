#include "ui/scope/cells.h"

#include <algorithm>

#include "sim/tile/tile.h"
#include "ui/scope/places.h"
#include "ui/scope/slice_map.h"
#include "ui/scope/tally.h"
#include "ui/scope/tile_names.h"

namespace scope {

namespace {

struct Rectangle {
  std::int32_t row = 0, col = 0;
  sim::Shape shape;
};

// The copies of the focus block, of the block asked for last.
struct FocusCopies {
  std::int32_t kernel = -1;
  std::uint32_t block = 0;
  std::vector<Copy> copies;
};

const std::vector<Copy>& focus_copies(const Run& run, const At& at) {
  std::shared_ptr<void>& kept = run.cache("focus_copies");
  if (kept == nullptr) {
    kept = std::make_shared<FocusCopies>();
  }
  FocusCopies& last = *static_cast<FocusCopies*>(kept.get());
  if (last.kernel != at.kernel || last.block != at.block) {
    last = {at.kernel, at.block, copies_of(run, at.kernel, at.block)};
  }
  return last.copies;
}

class CellBuilder {
 public:
  CellBuilder(const Run& run, const Frame& frame, const MatrixInfo& info, const MatrixTouches& touches,
              std::int32_t group_rows, std::int32_t group_cols)
      : run_(run),
        frame_(frame),
        info_(info),
        touches_(touches),
        by_{std::max(1, group_rows), std::max(1, group_cols), 0, {}},
        is_input_(info.tensor && run.plan().tensors[*info.tensor].role == sim::TensorRole::input),
        causal_(run.problem().mask == sim::Mask::causal) {
    grid_.down = sim::ceil_div(info.down(), by_.rows);
    grid_.across = by_.across = sim::ceil_div(info.across(), by_.cols);
    grid_.cells.resize(static_cast<std::size_t>(grid_.down) * static_cast<std::size_t>(grid_.across));
    const std::optional<ChunkStart> chunk =
        chunk_of(run.plan(), run.plan().kernels[static_cast<std::size_t>(frame.at.kernel)]);
    by_.chunk = chunk && is_scores() ? *chunk : ChunkStart{};
  }

  CellGrid build(const std::shared_ptr<const SliceMap>& map) {
    is_input_ ? count_read() : count_made(Tallies::of(run_, map));
    for (std::size_t n = 0; n < sums_.size(); ++n) {
      finish(sums_[n], grid_.cells[n]);
    }
    mark_current();
    mark_flights();
    return std::move(grid_);
  }

 private:
  bool is_scores() const { return info_.family == Family::s || info_.family == Family::p; }
  double t() const { return frame_.cursor.t_us; }
  bool is_focus(const Touch& touch) const { return touch.kernel == frame_.at.kernel && touch.block == frame_.at.block; }
  std::size_t number_of(std::int32_t row, std::int32_t col) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(info_.across()) + static_cast<std::size_t>(col);
  }

  // ---- Shares ----

  // What does not change with time.
  void count_all() {
    sums_.assign(grid_.cells.size(), {});
    for (std::int32_t row = 0; row < info_.down(); ++row) {
      for (std::int32_t col = 0; col < info_.across(); ++col) {
        CellSums& sums = sums_[by_.cell_of(row, col)];
        sums.elements += touches_.elements_of(row, col);
        sums.touched = sums.touched || touches_.touched(row, col);
        sums.masked += masked_of(row, col);
      }
    }
  }

  void count_read() {
    find_own_pass();
    find_mask();
    count_all();
    for (std::int32_t row = 0; row < info_.down(); ++row) {
      for (std::int32_t col = 0; col < info_.across(); ++col) {
        add_read(row, col, sums_[by_.cell_of(row, col)]);
      }
    }
  }

  // K and V as far as the focus block has come with them; of Q, or X, what others have taken too.
  void add_read(std::int32_t row, std::int32_t col, CellSums& sums) const {
    const std::int64_t elements = touches_.elements_of(row, col);
    const std::int64_t own = std::min(elements, own_[number_of(row, col)]);
    std::int64_t others = 0;
    if (info_.family == Family::q || info_.family == Family::s) {
      for (const Touch& touch : touches_.of(row, col)) {
        others += touch.t_us <= t() && !is_focus(touch) ? touch.elements : 0;
      }
    }
    others = std::min(others, elements - own);
    sums.done += own + others;
    sums.others += others;
  }

  void count_made(Tallies& tallies) {
    Tally* tally = tallies.find(touches_, by_);
    if (tally == nullptr) {
      count_all();
      tally = &tallies.keep({touches_, by_, std::move(sums_)});
    }
    sums_ = tally->at(t());
    for (CellSums& sums : sums_) {
      sums.others = sums.done;
    }
    for (const std::uint32_t tile : touches_.made_by(frame_.at.kernel, frame_.at.block)) {
      const auto across = static_cast<std::uint32_t>(info_.across());
      const auto row = static_cast<std::int32_t>(tile / across), col = static_cast<std::int32_t>(tile % across);
      sums_[by_.cell_of(row, col)].others -= made_here(row, col);
    }
  }

  // By the focus block, of a tile.
  std::int64_t made_here(std::int32_t row, std::int32_t col) const {
    std::int64_t own = 0;
    for (const Touch& touch : touches_.of(row, col)) {
      own += touch.write && touch.t_us <= t() && is_focus(touch) ? touch.elements : 0;
    }
    return std::min(own, touches_.elements_of(row, col));
  }

  void finish(const CellSums& sums, Cell& cell) const {
    const auto share = [&](std::int64_t part) {
      return static_cast<float>(static_cast<double>(part) /
                                static_cast<double>(std::max<std::int64_t>(1, sums.elements)));
    };
    cell.done = share(sums.done);
    cell.by_others = share(sums.others);
    cell.masked = share(sums.masked);
    cell.read_back = share(sums.read_back);
    cell.partly_masked = sums.masked > 0 && sums.masked < sums.elements;
    cell.skipped = !sums.touched;
    cell.written = !is_input_ && sums.done > 0;
  }

  // What the focus block has read since it last began at the front.
  void find_own_pass() {
    own_.assign(static_cast<std::size_t>(info_.down()) * static_cast<std::size_t>(info_.across()), 0);
    std::pair<std::int32_t, std::int32_t> last{-1, -1};
    for (const Copy& copy : focus_copies(run_, frame_.at)) {
      const Run::Moved& moved = copy.moved;
      if (moved.tensor != *info_.tensor || copy.t_us > t()) {
        continue;
      }
      const std::pair now{moved.row, moved.col};
      if (now <= last) {
        std::fill(own_.begin(), own_.end(), 0);
      }
      last = now;
      for_each_tile({moved.row, moved.col, moved.shape}, [&](std::int32_t row, std::int32_t col, std::int64_t shared) {
        own_[number_of(row, col)] += shared;
      });
    }
  }

  // each(row, col, elements that the tile shares with the rectangle).
  template <typename Each>
  void for_each_tile(const Rectangle& in, Each each) const {
    const std::int32_t row_end = std::min(in.row + in.shape.rows, info_.shape.rows);
    const std::int32_t col_end = std::min(in.col + in.shape.cols, info_.shape.cols);
    const std::int32_t high = info_.tile_rows, wide = info_.tile_cols;
    for (std::int32_t i = std::max(0, in.row) / high; i * high < row_end; ++i) {
      const std::int64_t rows = std::min(row_end, (i + 1) * high) - std::max(in.row, i * high);
      for (std::int32_t j = std::max(0, in.col) / wide; j * wide < col_end; ++j) {
        each(i, j, rows * (std::min(col_end, (j + 1) * wide) - std::max(in.col, j * wide)));
      }
    }
  }

  // ---- Causality ----

  // Keys that the focus block's queries see; all of them if there is no mask.
  void find_mask() {
    if (!causal_ || (info_.family != Family::k && info_.family != Family::v)) {
      return;
    }
    for (const Copy& copy : focus_copies(run_, frame_.at)) {
      if (family_of(run_.plan().tensors[copy.moved.tensor].name) == Family::q) {
        const std::int32_t seen = visible().visible_keys(copy.moved.row, copy.moved.shape.rows);
        keys_seen_ = std::max(keys_seen_.value_or(0), seen);
      }
    }
  }

  sim::Causal visible() const { return {run_.problem().seqlen_q, run_.problem().seqlen_kv}; }

  std::int64_t masked_of(std::int32_t row, std::int32_t col) const {
    if (!causal_) {
      return 0;
    }
    const std::int32_t first_row = row * info_.tile_rows, first_col = col * info_.tile_cols;
    const std::int32_t rows = std::min(info_.tile_rows, info_.shape.rows - first_row);
    const std::int32_t cols = std::min(info_.tile_cols, info_.shape.cols - first_col);
    if (keys_seen_) {
      return std::int64_t{std::clamp(first_row + rows - *keys_seen_, 0, rows)} * cols;
    }
    return is_scores() ? masked_scores(first_row + by_.chunk.query, first_col + by_.chunk.key, rows, cols) : 0;
  }

  std::int64_t masked_scores(std::int32_t query, std::int32_t key, std::int32_t rows, std::int32_t cols) const {
    const sim::Causal causal = visible();
    if (key + cols <= causal.fully_visible_keys(query, rows)) {
      return 0;
    }
    if (key >= causal.visible_keys(query, rows)) {
      return std::int64_t{rows} * cols;
    }
    std::int64_t masked = 0;
    for (std::int32_t row = query; row < query + rows; ++row) {
      masked += std::clamp(key + cols - causal.visible_keys(row, 1), 0, cols);
    }
    return masked;
  }

  // ---- Now ----

  void mark_current() {
    const sim::Op* op = frame_.op;
    if (op == nullptr) {
      return;
    }
    if (sim::moves_bytes(op->kind)) {
      if (info_.tensor == op->tensor) {
        mark({op->row, op->col, op->shape}, &Cell::current);
      }
      return;
    }
    for (const sim::TileId id : {op->dst, op->a, op->b}) {
      const TileInfo* tile = id != 0 ? frame_.trace->tile(id) : nullptr;
      if (tile != nullptr && is_part(*tile)) {
        mark({tile->row - by_.chunk.query, tile->col - by_.chunk.key, tile->shape}, &Cell::current);
      }
    }
  }

  // Does the tile hold a part of this matrix?
  bool is_part(const TileInfo& tile) const {
    if (tile.family != info_.family || (tile.tensor && tile.tensor != info_.tensor)) {
      return false;
    }
    if (info_.tensor && part_height(run_.plan(), run_.plan().tensors[*info_.tensor]) > 0) {
      return false;  // which part it will be is known when it is stored
    }
    return tile.family != Family::statistic || tile.symbol == symbol_of(info_.name);
  }

  void mark_flights() {
    for (const Flight& flight : frame_.flights) {
      if (info_.tensor == flight.tensor) {
        mark({flight.row, flight.col, flight.shape}, &Cell::in_flight);
      }
    }
  }

  void mark(const Rectangle& where, bool Cell::*flag) {
    for_each_tile(where, [&](std::int32_t row, std::int32_t col, std::int64_t) {
      grid_.cells[by_.cell_of(row, col)].*flag = true;
    });
  }

  const Run& run_;
  const Frame& frame_;
  const MatrixInfo& info_;
  const MatrixTouches& touches_;
  Grouping by_;
  bool is_input_, causal_;
  std::optional<std::int32_t> keys_seen_;  // K and V under a mask
  std::vector<std::int64_t> own_;          // by tile: elements that the focus block has read in its pass
  std::vector<CellSums> sums_;             // by cell
  CellGrid grid_;
};

}  // namespace

CellGrid cells(const Run& run, const Frame& frame, const MatrixInfo& matrix, std::int32_t group_rows,
               std::int32_t group_cols) {
  const std::shared_ptr<const SliceMap> map = slice_map(run, frame.at.slice);
  const MatrixTouches* touches = map->find(matrix);
  return touches != nullptr ? CellBuilder(run, frame, matrix, *touches, group_rows, group_cols).build(map) : CellGrid{};
}

}  // namespace scope
