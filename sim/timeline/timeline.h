// A run as a line of ops in program order (see program_order.h). Any point of it can be reached at once: counters from
// sums kept per block, values from checkpoints that share their storage and are left while running. Going back is
// going there: a state is a function of how many ops have been done.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/executors/numeric.h"
#include "sim/timeline/block_record.h"
#include "sim/timeline/program_order.h"

namespace sim {

struct TimelineOptions {
  std::int64_t trace_bytes = std::int64_t{512} << 20;  ///< kept of traces
  std::int64_t checkpoint_bytes = std::int64_t{512}
                                  << 20;  ///< of values that checkpoints alone keep; then they thin out
  double checkpoint_ns = 4e6;             ///< estimated work between two checkpoints, to begin with
};

/// After the first `k` ops.
struct State {
  std::int64_t k = 0;
  Position next;                 ///< of op k, the next one
  Counters counters;             ///< of the k ops
  Footprint footprint;           ///< of the block that is running: the one of `next`, unless it has not begun
  std::optional<Values> values;  ///< if the timeline has values: HBM, and the tiles of the running block
  std::uint64_t hash() const;    ///< of all of the above
};

class Timeline {
 public:
  using Options = TimelineOptions;

  /// Shapes only: counters and footprints. Data-dependent programs branch as they assume.
  explicit Timeline(Plan plan, const Options& options = {});
  /// With values: `start` holds the inputs. If a kernel is data-dependent, everything up to the end of the last such
  /// kernel is executed here, since no op has a number before it is known which ops there are; otherwise nothing is.
  Timeline(Plan plan, const Values& start, const Options& options = {});

  const Plan& plan() const { return *plan_; }
  bool has_values() const { return cursor_.has_value(); }
  std::int64_t ops() const { return order_.ops(); }  ///< releases included
  Position locate(std::int64_t k) const { return order_.locate(k); }
  std::int64_t index_of(const Position& position) const { return order_.index_of(position); }

  /// The state after the first k ops, 0 <= k <= ops(). With values, what lies between the furthest point reached yet
  /// and k is executed once; later seeks replay from a checkpoint. Throws Error as the numeric executor does.
  State seek(std::int64_t k);
  /// `n` ops on, or back if negative; stops at the ends.
  State step(const State& state, std::int64_t n);

  /// The trace of a block: Trace::ops[p.op] is the op at position p.
  std::shared_ptr<const Trace> trace(std::int32_t kernel, std::int32_t slice, std::int32_t block);
  Op op(std::int64_t k);  ///< 0 <= k < ops()

  /// The last op before op k that wrote element (row, col) of a tensor's slice; nothing if none did.
  std::optional<std::int64_t> last_writer(TensorId tensor, std::int64_t slice, std::int32_t row, std::int32_t col,
                                          std::int64_t k);
  /// The last op before op k that wrote the tile, of the block that is running there.
  std::optional<std::int64_t> last_writer(TileId tile, std::int64_t k);

  std::int64_t checkpoints() const { return static_cast<std::int64_t>(checkpoints_.size()); }

 private:
  using Record = std::shared_ptr<const BlockRecord>;
  struct Checkpoint {
    Values values;
    Record record;           // of the running block, if its kernel is data-dependent
    std::int64_t bytes = 0;  // that are this checkpoint's own, at most
  };
  struct Cursor {
    std::int64_t k = 0;
    Values values;
    Record record;                   // of the running block; null between blocks
    double work_ns = 0;              // since the last checkpoint
    std::int64_t bytes_written = 0;  // to HBM since then
  };

  bool data_dependent(std::int32_t kernel) const;
  void add_kernel(std::int32_t kernel);
  void add_kernel_by_running(std::int32_t kernel);
  Record record_of(std::int32_t kernel, std::int32_t slice, std::int32_t block);
  Record record_new(std::int32_t kernel, std::int32_t block);
  Record record_with(const Position& block, const Values& values);
  void move_cursor(std::int64_t k);
  void run_cursor(std::int64_t k);
  void leave_checkpoint();
  void thin_checkpoints();
  std::optional<std::int64_t> last_writer_in_kernel(std::int32_t kernel, TensorId tensor, std::int64_t slice,
                                                    std::int32_t row, std::int32_t col, std::int64_t k);
  std::optional<std::int64_t> last_writer_in_block(const Position& block, TensorId tensor, std::int32_t row,
                                                   std::int32_t col, std::int64_t k);
  const std::vector<WrittenBox>& written_by(std::int32_t kernel, std::int32_t slice, std::int32_t block);

  std::unique_ptr<const Plan> plan_;  ///< records point into it
  Options options_;
  ProgramOrder order_;
  RecordCache records_;
  Trace scratch_;
  std::map<RecordCache::Key, std::vector<WrittenBox>> written_;

  std::optional<Cursor> cursor_;                    ///< the values that move
  std::map<std::int64_t, Checkpoint> checkpoints_;  ///< by k
  std::int64_t checkpoint_bytes_ = 0;
};

}  // namespace sim
