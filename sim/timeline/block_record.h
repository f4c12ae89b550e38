// A block's trace with marks for seeking in it, and a cache of them.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "sim/executors/footprint.h"
#include "sim/timeline/program_order.h"

namespace sim {

/// A rectangle of a tensor's slice that a block writes to, or the smallest that holds all it writes there.
struct WrittenBox {
  TensorId tensor = 0;
  std::int32_t row = 0, row_end = 0, col = 0, col_end = 0;
  bool has(std::int32_t r, std::int32_t c) const { return r >= row && r < row_end && c >= col && c < col_end; }
};
bool writes_to(const Op& op, TensorId tensor, std::int32_t row, std::int32_t col);

/// Counters and footprint of a block after some of its ops, found from a mark at most kMarkOps before.
class BlockRecord {
 public:
  BlockRecord(const Plan& plan, const Kernel& kernel, Trace trace);

  const Trace& trace() const { return trace_; }
  BlockSize size() const { return {static_cast<std::int64_t>(trace_.ops.size()), total_}; }
  std::vector<WrittenBox> written() const;
  std::int64_t bytes() const;

  struct Progress {
    Counters counters;
    Footprint footprint;
  };
  Progress after(std::int64_t ops) const;

 private:
  static constexpr std::int64_t kMarkOps = 1024;
  void advance(Progress& progress, std::int64_t first, std::int64_t end) const;
  std::int64_t tile_bytes(TileId tile) const;

  const Kernel& kernel_;
  Trace trace_;
  std::vector<std::uint32_t> made_by_;  ///< by tile: the op that made it
  std::vector<Progress> marks_;         ///< after 0, kMarkOps, 2 kMarkOps... ops
  Counters total_;
};

/// The block records used last, up to a limit of bytes (one record may exceed it).
class RecordCache {
 public:
  using Key = std::tuple<std::int32_t, std::int32_t, std::int32_t>;  ///< kernel, slice (or -1: any), block
  explicit RecordCache(std::int64_t limit_bytes) : limit_(limit_bytes) {}
  std::shared_ptr<const BlockRecord> find(const Key& key);
  void put(const Key& key, std::shared_ptr<const BlockRecord> record);
  std::int64_t bytes() const { return bytes_; }

 private:
  using Entry = std::pair<Key, std::shared_ptr<const BlockRecord>>;
  std::int64_t limit_, bytes_ = 0;
  std::list<Entry> newest_first_;
  std::map<Key, std::list<Entry>::iterator> entries_;
};

}  // namespace sim
