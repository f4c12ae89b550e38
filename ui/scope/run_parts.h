// The inside of a Run: what its blocks' ops are, series of bytes, caches. Only run*.cpp include this.
#pragma once

#include <array>
#include <list>
#include <map>
#include <utility>

#include "sim/executors/access.h"
#include "ui/scope/run.h"

namespace scope {

/// What is known of each op that takes time, before it has been placed.
struct ExpectedSpan {
  std::uint32_t op = 0;      ///< of the trace
  std::uint32_t access = 0;  ///< which of the ops that move bytes it is
  std::uint32_t bytes = 0;   ///< that it moves
  sim::TensorId tensor = 0;
};

/// Blocks of the same work: their ops, but for addresses.
struct BlockClass {
  std::vector<std::uint32_t> real_ops;              ///< all but releases
  std::vector<ExpectedSpan> spans;                  ///< of the ops that take time, in the trace's order
  std::vector<std::vector<std::uint32_t>> of_role;  ///< their numbers, by role
};

struct KernelBlocks {
  std::vector<BlockClass> classes;
  std::vector<std::uint32_t> class_of;      ///< by the block's index within its slice
  std::vector<sim::AccessClass> addresses;  ///< in order of their first blocks
  const BlockClass& of(std::uint32_t block) const { return classes[class_of[block % class_of.size()]]; }
};

/// When a block's ops are done, as at() sees it: strictly one after another, the last with the block's end.
struct BlockClock {
  double begin_us = 0;
  std::vector<double> op_begin, done;  ///< by op, releases not counted
  double from(std::size_t n) const { return n == 0 ? begin_us : done[n - 1]; }
};

/// The blocks at a place, all kernels', in order of time.
struct PlaceLine {
  struct Stay {
    std::int32_t kernel = 0;
    std::uint32_t block = 0;
    double begin_us = 0, end_us = 0;
    std::int64_t first = 0, count = 0;  ///< ops at the place before this block; its own
  };
  std::vector<Stay> stays;
  std::int64_t ops = 0;
};

/// What was used last, up to a limit of bytes. One value may exceed it.
template <typename Key, typename Value>
class Recent {
 public:
  explicit Recent(std::int64_t limit) : limit_(limit) {}
  std::shared_ptr<const Value> find(const Key& key) {
    const auto at = entries_.find(key);
    if (at == entries_.end()) {
      return nullptr;
    }
    newest_first_.splice(newest_first_.begin(), newest_first_, at->second);
    return at->second->value;
  }
  void put(const Key& key, std::shared_ptr<const Value> value, std::int64_t bytes) {
    newest_first_.push_front({key, std::move(value), bytes});
    entries_[key] = newest_first_.begin();
    bytes_ += bytes;
    while (bytes_ > limit_ && newest_first_.size() > 1) {
      bytes_ -= newest_first_.back().bytes;
      entries_.erase(newest_first_.back().key);
      newest_first_.pop_back();
    }
  }

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const Value> value;
    std::int64_t bytes = 0;
  };
  std::int64_t limit_, bytes_ = 0;
  std::list<Entry> newest_first_;
  std::map<Key, typename std::list<Entry>::iterator> entries_;
};

/// Every touch of L2 by a load or store, in order of time.
struct L2Touches {
  struct Touch {
    double t_us = 0, next_us = 0;  ///< when the copy lands; when the same tile is touched next
    std::uint32_t tile = 0;
  };
  std::vector<Touch> touches;
  std::vector<Run::L2Tile> tiles;
};

using BlockKey = std::pair<std::int32_t, std::uint32_t>;  ///< kernel, block (or index)

struct Run::Parts {
  explicit Parts(const Run& of) : run(of) {}

  // run_time.cpp
  std::shared_ptr<const BlockClock> clock(std::int32_t kernel, std::uint32_t block);
  const PlaceLine& line(Place place);
  At nowhere(double t_us) const;
  At at(const Cursor& cursor);
  double position(const Cursor& cursor);
  double time_of(Place place, double position);

  // run_values.cpp
  sim::Timeline& make_timeline();
  sim::Timeline& slice_timeline(std::int64_t slice);
  sim::Values inputs() const;
  sim::Values inputs_of(const sim::Plan& one, std::int64_t slice) const;
  std::pair<sim::Timeline*, std::int64_t> value_index(std::int32_t kernel, std::uint32_t block, std::uint32_t op);

  // run_l2.cpp
  void find_touches();
  L2Contents contents(double t_us) const;

  const Run& run;
  std::vector<KernelBlocks> kernels;
  std::vector<std::array<ByteSeries, 4>> series;  ///< by tensor; [2 * boundary + write]

  Recent<BlockKey, BlockClock> clocks{std::int64_t{64} << 20};
  std::pair<BlockKey, std::shared_ptr<const BlockClock>> last_clock;
  std::map<std::pair<std::int32_t, std::int32_t>, PlaceLine> lines;

  Recent<BlockKey, TraceIndex> traces{std::int64_t{256} << 20};
  std::unique_ptr<sim::Timeline> timeline, of_slice;
  std::int64_t timeline_slice = -1;                   ///< of_slice's
  std::array<std::unique_ptr<sim::State>, 2> states;  ///< the one asked for last, and before

  std::unique_ptr<L2Touches> touches;
  std::optional<std::pair<double, L2Contents>> l2;
};

}  // namespace scope
