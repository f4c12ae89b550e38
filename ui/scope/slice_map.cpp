#include "ui/scope/slice_map.h"

#include <algorithm>
#include <limits>
#include <list>

#include "ui/scope/by_time.h"
#include "ui/scope/places.h"
#include "ui/scope/scores_made.h"

namespace scope {

namespace {

constexpr std::size_t kSlicesKept = 4;

}  // namespace

MatrixTouches::MatrixTouches(const MatrixInfo& info)
    : info_(info), seen_(static_cast<std::size_t>(info.down()) * static_cast<std::size_t>(info.across()), false) {}

std::int64_t MatrixTouches::elements_of(std::int32_t down, std::int32_t across) const {
  const std::int64_t rows = std::min(info_.tile_rows, info_.shape.rows - down * info_.tile_rows);
  return rows * std::min(info_.tile_cols, info_.shape.cols - across * info_.tile_cols);
}

void MatrixTouches::add(const Touch& touch, std::int32_t row, std::int32_t col, sim::Shape shape) {
  const std::int32_t row_end = std::min(row + shape.rows, info_.shape.rows);
  const std::int32_t col_end = std::min(col + shape.cols, info_.shape.cols);
  const bool only_seen = info_.family == Family::k || info_.family == Family::v;
  for (std::int32_t i = row / info_.tile_rows; i * info_.tile_rows < row_end; ++i) {
    const std::int32_t rows = std::min(row_end, (i + 1) * info_.tile_rows) - std::max(row, i * info_.tile_rows);
    for (std::int32_t j = col / info_.tile_cols; j * info_.tile_cols < col_end; ++j) {
      const std::int32_t cols = std::min(col_end, (j + 1) * info_.tile_cols) - std::max(col, j * info_.tile_cols);
      const std::size_t cell = index(i, j);
      seen_[cell] = true;
      if (!only_seen) {
        added_.emplace_back(static_cast<std::uint32_t>(cell), touch).second.elements = rows * cols;
      }
    }
  }
}

void MatrixTouches::add_written(const Written& written) {
  written_.push_back(written);
  add({written.t_us, 0, written.block, written.kernel, true}, written.row, written.col, written.shape);
}

void MatrixTouches::finish() {
  find_makers();
  sort_touches();
  find_changes();
  std::sort(written_.begin(), written_.end(), [](const Written& a, const Written& b) { return a.t_us < b.t_us; });
}

// Touches are added block by block.
void MatrixTouches::find_makers() {
  const auto end_block = [&] {
    const auto first = tiles_made_.begin() + (makers_.empty() ? 0 : static_cast<std::ptrdiff_t>(makers_.back().begin));
    std::sort(first, tiles_made_.end());
    tiles_made_.erase(std::unique(first, tiles_made_.end()), tiles_made_.end());
  };
  for (const auto& [tile, touch] : added_) {
    if (!touch.write) {
      continue;
    }
    if (makers_.empty() || makers_.back().kernel != touch.kernel || makers_.back().block != touch.block) {
      end_block();
      makers_.push_back({touch.kernel, touch.block, tiles_made_.size()});
    }
    tiles_made_.push_back(tile);
  }
  end_block();
  makers_.push_back({std::numeric_limits<std::int32_t>::max(), 0, tiles_made_.size()});
}

void MatrixTouches::sort_touches() {
  const auto cells = static_cast<std::size_t>(info_.down()) * static_cast<std::size_t>(info_.across());
  begin_.assign(cells + 1, 0);
  for (const auto& [cell, touch] : added_) {
    ++begin_[cell + 1];
  }
  for (std::size_t cell = 0; cell < cells; ++cell) {
    begin_[cell + 1] += begin_[cell];
  }
  std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
  touches_.resize(added_.size());
  for (const auto& [cell, touch] : added_) {
    touches_[next[cell]++] = touch;
  }
  added_ = {};
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const auto first = touches_.begin() + begin_[cell], last = touches_.begin() + begin_[cell + 1];
    if (last - first > 1) {
      std::sort(first, last, [](const Touch& a, const Touch& b) { return a.t_us < b.t_us; });
    }
  }
}

// A tile counts once however often it is written; reading it back begins anew with each write.
void MatrixTouches::find_changes() {
  if (tiles_made_.empty()) {
    return;
  }
  changes_.reserve(touches_.size());
  for (std::int32_t row = 0; row < info_.down(); ++row) {
    for (std::int32_t col = 0; col < info_.across(); ++col) {
      const std::int64_t elements = elements_of(row, col);
      std::int64_t written = 0, read = 0, made_before = 0, back_before = 0;
      for (const Touch& touch : of(row, col)) {
        written += touch.write ? touch.elements : 0;
        read = touch.write ? 0 : read + (written > 0 ? touch.elements : 0);
        const std::int64_t made = std::min(written, elements), back = std::min(read, made);
        if (made != made_before || back != back_before) {
          changes_.push_back({touch.t_us, static_cast<std::uint32_t>(index(row, col)),
                              static_cast<std::int32_t>(made - made_before),
                              static_cast<std::int32_t>(back - back_before)});
        }
        made_before = made;
        back_before = back;
      }
      written_once_ = written_once_ && written <= elements;
    }
  }
  sort_by_time(changes_, [](const Change& change) { return change.t_us; });
}

std::span<const std::uint32_t> MatrixTouches::made_by(std::int32_t kernel, std::uint32_t block) const {
  const auto maker =
      std::lower_bound(makers_.begin(), makers_.end(), std::pair(kernel, block),
                       [](const Maker& a, const auto& key) { return std::pair(a.kernel, a.block) < key; });
  if (maker == makers_.end() || maker->kernel != kernel || maker->block != block) {
    return {};
  }
  return std::span(tiles_made_).subspan(maker->begin, std::next(maker)->begin - maker->begin);
}

const MatrixTouches* SliceMap::find(const MatrixInfo& info) const {
  for (const MatrixTouches& matrix : matrices) {
    if (matrix.info().name == info.name && matrix.info().tensor == info.tensor) {
      return &matrix;
    }
  }
  return nullptr;
}

std::vector<Copy> copies_of(const Run& run, std::int32_t kernel, std::uint32_t block) {
  const KernelRun& of = run.kernels()[static_cast<std::size_t>(kernel)];
  const std::span<const PlacedSpan> spans = of.spans_of(block);
  const BlockRun& in = of.blocks[block];
  const std::size_t count = run.moved_count(kernel, block);
  std::vector<Copy> copies;
  for (std::size_t n = 0; n < count; ++n) {
    if (n < spans.size() && spans[n].kind == sim::StepKind::compute) {
      continue;
    }
    if (const std::optional<Run::Moved> moved = run.moved(kernel, block, n)) {
      // Without spans, ops are spread evenly over the block's time.
      const double share = static_cast<double>(n + 1) / static_cast<double>(count);
      const double t = n < spans.size() ? spans[n].end_us : in.begin_us + share * (in.end_us - in.begin_us);
      copies.push_back({t, *moved});
    }
  }
  return copies;
}

namespace {

class SliceBuilder {
 public:
  SliceBuilder(const Run& run, std::int32_t slice) : run_(run), map_(std::make_shared<SliceMap>()) {
    map_->slice = slice;
    by_tensor_.assign(run.plan().tensors.size(), nullptr);
    for (const MatrixInfo& info : scope::matrices(run)) {
      map_->matrices.emplace_back(info);
    }
    for (MatrixTouches& matrix : map_->matrices) {
      if (matrix.info().tensor) {
        by_tensor_[*matrix.info().tensor] = &matrix;
      } else {
        (matrix.info().family == Family::s ? ghost_s_ : ghost_p_) = &matrix;
      }
    }
  }

  std::shared_ptr<const SliceMap> build() {
    for (std::size_t k = 0; k < run_.kernels().size(); ++k) {
      add_kernel(static_cast<std::int32_t>(k));
    }
    for (MatrixTouches& matrix : map_->matrices) {
      matrix.finish();
    }
    return map_;
  }

 private:
  void add_kernel(std::int32_t k) {
    const sim::Kernel& kernel = run_.plan().kernels[static_cast<std::size_t>(k)];
    if (map_->slice >= kernel.slices) {
      return;
    }
    const std::uint32_t first = static_cast<std::uint32_t>(map_->slice) * static_cast<std::uint32_t>(kernel.blocks);
    ScoresMade made(run_, k);
    for (std::int32_t index = 0; index < kernel.blocks; ++index) {
      const std::uint32_t block = first + static_cast<std::uint32_t>(index);
      add_copies(k, block);
      if (ghost_s_ != nullptr) {
        made.each(block, [&](const ScoresMade::Tile& tile, double t_us) {
          MatrixTouches* ghost = tile.family == Family::s ? ghost_s_ : ghost_p_;
          ghost->add({t_us, 0, block, static_cast<std::int16_t>(k), true}, tile.row, tile.col, tile.shape);
        });
      }
    }
  }

  void add_copies(std::int32_t k, std::uint32_t block) {
    for (const Copy& copy : copies_of(run_, k, block)) {
      const Run::Moved& moved = copy.moved;
      MatrixTouches* matrix = by_tensor_[moved.tensor];
      if (matrix == nullptr) {
        continue;
      }
      if (sim::writes_hbm(moved.kind)) {
        matrix->add_written({copy.t_us, moved.row, moved.col, moved.shape, block, static_cast<std::int16_t>(k)});
      } else {
        matrix->add({copy.t_us, 0, block, static_cast<std::int16_t>(k), false}, moved.row, moved.col, moved.shape);
      }
    }
  }

  const Run& run_;
  std::shared_ptr<SliceMap> map_;
  std::vector<MatrixTouches*> by_tensor_;
  MatrixTouches* ghost_s_ = nullptr;
  MatrixTouches* ghost_p_ = nullptr;
};

}  // namespace

std::shared_ptr<const SliceMap> slice_map(const Run& run, std::int32_t slice) {
  using Kept = std::list<std::shared_ptr<const SliceMap>>;
  std::shared_ptr<void>& cache = run.cache("slice_maps");
  if (cache == nullptr) {
    cache = std::make_shared<Kept>();
  }
  Kept& kept = *static_cast<Kept*>(cache.get());
  const auto found = std::find_if(kept.begin(), kept.end(), [&](const auto& map) { return map->slice == slice; });
  if (found != kept.end()) {
    kept.splice(kept.begin(), kept, found);
  } else {
    kept.push_front(SliceBuilder(run, slice).build());
    if (kept.size() > kSlicesKept) {
      kept.pop_back();
    }
  }
  return kept.front();
}

}  // namespace scope
