// What L2 holds, as a picture: the tiles that were touched last and fit. Whether a load hits was decided by the
// simulator's own model, line by line (sim/executors/l2.h).
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "ui/scope/run_parts.h"

namespace scope {

namespace {

constexpr std::size_t kListedMax = 4096;
constexpr std::size_t kEvictedListed = 8;

struct Rectangle {
  std::int64_t slice = 0;
  std::int32_t row = 0, col = 0;
  sim::Shape shape;
  sim::TensorId tensor = 0;
  bool operator==(const Rectangle&) const = default;
};

struct HashOfRectangle {
  std::size_t operator()(const Rectangle& r) const {
    const auto mix = [](std::uint64_t h, std::int64_t n) {
      h = (h ^ static_cast<std::uint64_t>(n)) * 0x9E3779B97F4A7C15u;
      return h ^ (h >> 32);
    };
    return mix(mix(mix(mix(r.tensor, r.slice), r.row), r.col), (std::int64_t{r.shape.rows} << 32) + r.shape.cols);
  }
};

using Numbers = std::unordered_map<Rectangle, std::uint32_t, HashOfRectangle>;

// Touches of one kernel's copies, block by block.
class Finder {
 public:
  Finder(const Run& run, L2Touches& result) : run_(run), result_(result) {}

  void add(const KernelRun& kernel, const KernelBlocks& blocks) {
    const auto in_slice = static_cast<std::uint32_t>(blocks.class_of.size());
    for (std::uint32_t block = 0; block < kernel.blocks.size(); ++block) {
      const auto index = static_cast<std::int32_t>(block % in_slice);
      const sim::AccessClass& in =
          *std::prev(std::upper_bound(blocks.addresses.begin(), blocks.addresses.end(), index,
                                      [](std::int32_t i, const sim::AccessClass& c) { return i < c.first; }));
      const std::vector<ExpectedSpan>& expected = blocks.of(block).spans;
      const std::span<const PlacedSpan> spans = kernel.spans_of(block);
      for (std::size_t n = 0; n < spans.size(); ++n) {
        if (expected[n].bytes > 0) {
          add_access(in, expected[n].access, index - in.first, block / in_slice, spans[n].end_us);
        }
      }
    }
  }

 private:
  void add_access(const sim::AccessClass& in, std::uint32_t number, std::int32_t step, std::int64_t slice,
                  double t_us) {
    const sim::Access& access = in.accesses[number];
    const sim::Tensor& tensor = run_.plan().tensors[access.tensor].tensor;
    for (std::uint32_t r = 0; r < access.regions; ++r) {
      const sim::AccessRegion& region = in.regions[access.first_region + r];
      const Rectangle rectangle{tensor.slice_of(slice), region.row + step * region.row_step,
                                region.col + step * region.col_step, region.shape, access.tensor};
      const auto [at, is_new] = numbers_.try_emplace(rectangle, static_cast<std::uint32_t>(result_.tiles.size()));
      if (is_new) {
        result_.tiles.push_back({rectangle.tensor, rectangle.slice, rectangle.row, rectangle.col, rectangle.shape,
                                 rectangle.shape.elements() * size_of(tensor.dtype), 0});
      }
      result_.touches.push_back({t_us, std::numeric_limits<double>::infinity(), at->second});
    }
  }

  const Run& run_;
  L2Touches& result_;
  Numbers numbers_;
};

}  // namespace

void Run::Parts::find_touches() {
  touches = std::make_unique<L2Touches>();
  Finder finder(run, *touches);
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    if (!run.kernels_[k].all_spans) {
      return;
    }
    finder.add(run.kernels_[k], kernels[k]);
  }
  std::vector<L2Touches::Touch>& all = touches->touches;
  std::stable_sort(all.begin(), all.end(),
                   [](const L2Touches::Touch& a, const L2Touches::Touch& b) { return a.t_us < b.t_us; });
  std::vector<double> next(touches->tiles.size(), std::numeric_limits<double>::infinity());
  for (std::size_t i = all.size(); i-- > 0;) {
    all[i].next_us = next[all[i].tile];
    next[all[i].tile] = all[i].t_us;
  }
}

// Back in time from t, over the touches that are their tile's last.
Run::L2Contents Run::Parts::contents(double t_us) const {
  L2Contents result;
  result.known = std::all_of(run.kernels_.begin(), run.kernels_.end(), [](const KernelRun& k) { return k.all_spans; });
  const std::int64_t read = run.bytes_at(t_us, Boundary::smem, false);
  const std::int64_t missed = run.bytes_at(t_us, Boundary::dram, false);
  result.hit_rate = read > 0 ? std::max(0.0, 1 - static_cast<double>(missed) / static_cast<double>(read)) : 0;
  auto touch = std::upper_bound(touches->touches.begin(), touches->touches.end(), t_us,
                                [](double t, const L2Touches::Touch& other) { return t < other.t_us; });
  bool full = false;
  while (touch != touches->touches.begin() && result.evicted.size() < kEvictedListed) {
    --touch;
    if (touch->next_us <= t_us) {
      continue;
    }
    L2Tile tile = touches->tiles[touch->tile];
    tile.touched_us = touch->t_us;
    full = full || result.held_bytes + tile.bytes > run.machine().l2.bytes;
    if (full) {
      result.evicted.push_back(tile);
      continue;
    }
    result.held_bytes += tile.bytes;
    if (result.held.size() < kListedMax) {
      result.held.push_back(tile);
    }
  }
  return result;
}

const Run::L2Contents& Run::l2_at(double t_us) const {
  if (parts_->touches == nullptr) {
    parts_->find_touches();
  }
  if (!parts_->l2 || parts_->l2->first != t_us) {
    parts_->l2.emplace(t_us, parts_->contents(t_us));
  }
  return parts_->l2->second;
}

}  // namespace scope
