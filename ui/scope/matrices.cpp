// Which matrices there are, and in which tiles they come.
#include <algorithm>

#include "ui/scope/cells.h"
#include "ui/scope/places.h"

namespace scope {

namespace {

int rank(Family family) {
  static constexpr std::array<int, kFamilies> kRank = {0, 1, 2, 3, 4, 5, 6, 7};  // q k v s p o, then all else
  return kRank[static_cast<std::size_t>(family)];
}

// The shape that programs move a tensor in: as it is stored, or, if it never is, as it is first loaded.
std::vector<sim::Shape> moved_shapes(const Run& run) {
  std::vector<sim::Shape> loaded(run.plan().tensors.size()), stored = loaded;
  for (std::size_t k = 0; k < run.kernels().size(); ++k) {
    const std::size_t count = run.moved_count(static_cast<std::int32_t>(k), 0);
    for (std::size_t n = 0; n < count; ++n) {
      if (const std::optional<Run::Moved> moved = run.moved(static_cast<std::int32_t>(k), 0, n)) {
        sim::Shape& shape = (sim::writes_hbm(moved->kind) ? stored : loaded)[moved->tensor];
        shape = shape.rows > 0 ? shape : moved->shape;
      }
    }
  }
  for (std::size_t tensor = 0; tensor < stored.size(); ++tensor) {
    stored[tensor] = stored[tensor].rows > 0 ? stored[tensor] : loaded[tensor];
  }
  return stored;
}

MatrixInfo info_of(const sim::TensorInfo& tensor, sim::Shape tile) {
  MatrixInfo info;
  info.name = tensor.name;
  info.family = family_of(tensor.name);
  info.tensor = tensor.tensor.id;
  info.shape = tensor.tensor.shape;
  info.tile_rows = std::max(1, tile.rows);
  info.tile_cols = std::max(1, tile.cols);
  info.dtype = tensor.tensor.dtype;
  info.slices = tensor.slices;
  info.bytes = tensor.bytes();
  info.slice_bytes = info.bytes / std::max(1, tensor.slices);
  return info;
}

MatrixInfo ghost(const Run& run, const char* name, const MatrixInfo& q, const MatrixInfo& k, const Units& units) {
  MatrixInfo info;
  info.name = name;
  info.family = family_of(name);
  info.shape = {q.shape.rows, k.shape.rows};
  info.tile_rows = units.rows;
  info.tile_cols = units.cols;
  info.dtype = run.problem().dtype;
  info.slices = q.slices;
  info.slice_bytes = info.shape.elements() * sim::size_of(info.dtype);
  info.bytes = info.slice_bytes * info.slices;
  return info;
}

const MatrixInfo* find(const std::vector<MatrixInfo>& all, Family family) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const MatrixInfo& info) { return info.family == family; });
  return found != all.end() ? &*found : nullptr;
}

std::vector<MatrixInfo> list(const Run& run) {
  const Units units = units_of(run.plan(), run.schedule().block_q, run.schedule().block_kv);
  const std::vector<sim::Shape> tiles = moved_shapes(run);
  std::vector<MatrixInfo> all;
  for (const sim::TensorInfo& tensor : run.plan().tensors) {
    const Family family = family_of(tensor.name);
    const bool scores = family == Family::s || family == Family::p;
    all.push_back(info_of(tensor, scores ? sim::Shape{units.rows, units.cols} : tiles[tensor.tensor.id]));
  }
  const MatrixInfo* q = find(all, Family::q);
  const MatrixInfo* k = find(all, Family::k);
  if (q != nullptr && k != nullptr && find(all, Family::s) == nullptr) {
    const MatrixInfo s = ghost(run, "S", *q, *k, units), p = ghost(run, "P", *q, *k, units);
    all.push_back(s);
    all.push_back(p);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const MatrixInfo& a, const MatrixInfo& b) { return rank(a.family) < rank(b.family); });
  return all;
}

}  // namespace

std::vector<MatrixInfo> matrices(const Run& run) {
  std::shared_ptr<void>& kept = run.cache("matrices");
  if (kept == nullptr) {
    kept = std::make_shared<std::vector<MatrixInfo>>(list(run));
  }
  return *static_cast<std::vector<MatrixInfo>*>(kept.get());
}

}  // namespace scope
