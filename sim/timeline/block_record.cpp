#include "sim/timeline/block_record.h"

#include <algorithm>

namespace sim {

bool writes_to(const Op& op, TensorId tensor, std::int32_t row, std::int32_t col) {
  return writes_hbm(op.kind) && op.tensor == tensor && row >= op.row && row < op.row + op.shape.rows && col >= op.col &&
         col < op.col + op.shape.cols;
}

namespace {

// Does the op make a tile (and not write into one that exists)?
bool makes_tile(const Op& op) {
  return op.dst != 0 && !op.accumulate && !(op.kind == OpKind::load && op.barrier != kNoBarrier);
}

}  // namespace

BlockRecord::BlockRecord(const Plan& plan, const Kernel& kernel, Trace trace)
    : kernel_(kernel), trace_(std::move(trace)), made_by_(trace_.tiles, 0) {
  const auto ops = static_cast<std::int64_t>(trace_.ops.size());
  for (std::int64_t at = 0; at < ops; ++at) {
    const Op& op = trace_.ops[static_cast<std::size_t>(at)];
    if (makes_tile(op)) {
      made_by_[op.dst] = static_cast<std::uint32_t>(at);
    }
  }
  Progress progress;
  progress.counters.by_tensor.resize(plan.tensors.size());
  for (std::int64_t at = 0; at <= ops; at += kMarkOps) {
    marks_.push_back(progress);
    advance(progress, at, std::min(at + kMarkOps, ops));
  }
  total_ = progress.counters;
}

std::int64_t BlockRecord::tile_bytes(TileId tile) const {
  const Op& op = trace_.ops[made_by_[tile]];
  return op.shape.elements() * size_of(op.dtype);
}

// The footprint's rule is FootprintExecutor's, which keeps a list of all tiles instead of looking them up; tests hold
// the two together.
void BlockRecord::advance(Progress& progress, std::int64_t first, std::int64_t end) const {
  Footprint& f = progress.footprint;
  for (std::int64_t at = first; at < end; ++at) {
    const Op& op = trace_.ops[static_cast<std::size_t>(at)];
    count(op, kernel_, progress.counters);
    if (op.reuses_a || op.kind == OpKind::release) {
      const bool smem = trace_.ops[made_by_[op.a]].level == Level::smem;
      (smem ? f.smem_bytes : f.register_bytes) -= tile_bytes(op.a);
    }
    if (makes_tile(op)) {
      const bool smem = op.level == Level::smem;
      (smem ? f.smem_bytes : f.register_bytes) += op.shape.elements() * size_of(op.dtype);
      f.smem_peak_bytes = std::max(f.smem_peak_bytes, f.smem_bytes);
      f.register_peak_bytes = std::max(f.register_peak_bytes, f.register_bytes);
    }
  }
}

BlockRecord::Progress BlockRecord::after(std::int64_t ops) const {
  const std::int64_t mark = ops / kMarkOps;
  Progress progress = marks_[static_cast<std::size_t>(mark)];
  advance(progress, mark * kMarkOps, ops);
  return progress;
}

std::vector<WrittenBox> BlockRecord::written() const {
  std::vector<WrittenBox> boxes;
  for (const Op& op : trace_.ops) {
    if (!writes_hbm(op.kind)) {
      continue;
    }
    const WrittenBox box{op.tensor, op.row, op.row + op.shape.rows, op.col, op.col + op.shape.cols};
    const auto same =
        std::find_if(boxes.begin(), boxes.end(), [&](const WrittenBox& b) { return b.tensor == op.tensor; });
    if (same == boxes.end()) {
      boxes.push_back(box);
    } else {
      *same = {op.tensor, std::min(same->row, box.row), std::max(same->row_end, box.row_end),
               std::min(same->col, box.col), std::max(same->col_end, box.col_end)};
    }
  }
  return boxes;
}

std::int64_t BlockRecord::bytes() const {
  const std::size_t mark = sizeof(Progress) + total_.by_tensor.size() * sizeof(Traffic);
  return static_cast<std::int64_t>(trace_.ops.capacity() * sizeof(Op) + made_by_.size() * sizeof(std::uint32_t) +
                                   marks_.size() * mark);
}

std::shared_ptr<const BlockRecord> RecordCache::find(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    return nullptr;
  }
  newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
  return found->second->second;
}

void RecordCache::put(const Key& key, std::shared_ptr<const BlockRecord> record) {
  bytes_ += record->bytes();
  newest_first_.emplace_front(key, std::move(record));
  entries_[key] = newest_first_.begin();
  while (bytes_ > limit_ && newest_first_.size() > 1) {
    bytes_ -= newest_first_.back().second->bytes();
    entries_.erase(newest_first_.back().first);
    newest_first_.pop_back();
  }
}

}  // namespace sim
