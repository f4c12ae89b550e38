#include "sim/timeline/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/hash.h"

namespace sim {

namespace {

constexpr std::int64_t kCostlyOps = 10000;  // of a block: recording them again would take a millisecond

}  // namespace

std::uint64_t State::hash() const {
  Hash hash;
  hash.add(k).add(next.kernel).add(next.slice).add(next.block).add(next.op);
  for (const Traffic& traffic : counters.by_tensor) {
    hash.add(traffic);
  }
  hash.add(counters.work).add(counters.ops).add(footprint);
  if (values) {
    hash.add(values->hash());
  }
  return hash.value();
}

Timeline::Timeline(Plan plan, const Options& options)
    : plan_(std::make_unique<const Plan>(std::move(plan))), options_(options), records_(options.trace_bytes) {
  for (std::int32_t k = 0; k < static_cast<std::int32_t>(plan_->kernels.size()); ++k) {
    add_kernel(k);
  }
}

Timeline::Timeline(Plan plan, const Values& start, const Options& options)
    : plan_(std::make_unique<const Plan>(std::move(plan))), options_(options), records_(options.trace_bytes) {
  cursor_ = Cursor{0, start, nullptr, 0, 0};
  leave_checkpoint();
  for (std::int32_t k = 0; k < static_cast<std::int32_t>(plan_->kernels.size()); ++k) {
    data_dependent(k) ? add_kernel_by_running(k) : add_kernel(k);
  }
}

// Do the kernel's traces depend on values that this timeline has?
bool Timeline::data_dependent(std::int32_t kernel) const {
  return has_values() && plan_->kernels[static_cast<std::size_t>(kernel)].data_dependent;
}

// ---- The order of ops ----

// Records one block of each kind of work and lays the kernel's blocks out.
void Timeline::add_kernel(std::int32_t index) {
  const Kernel& kernel = plan_->kernels[static_cast<std::size_t>(index)];
  order_.begin_kernel(kernel.blocks, kernel.slices, true);
  std::map<std::int32_t, BlockSize> sizes;
  for (std::int32_t block = 0; block < kernel.blocks;) {
    const std::int32_t like = kernel.representative(block);
    std::int32_t end = block + 1;
    while (end < kernel.blocks && kernel.representative(end) == like) {
      ++end;
    }
    auto size = sizes.find(like);
    if (size == sizes.end()) {
      const Record record = record_new(index, like);
      size = sizes.emplace(like, record->size()).first;
      const bool costly = record->size().ops > kCostlyOps;
      if (costly || records_.bytes() + record->bytes() <= options_.trace_bytes / 4) {
        records_.put({index, -1, like}, record);
      }
    }
    order_.add(end - block, size->second);
    block = end;
  }
}

void Timeline::add_kernel_by_running(std::int32_t index) {
  const Kernel& kernel = plan_->kernels[static_cast<std::size_t>(index)];
  run_cursor(order_.ops());
  order_.begin_kernel(kernel.blocks, kernel.slices, false);
  for (std::int32_t slice = 0; slice < kernel.slices; ++slice) {
    for (std::int32_t block = 0; block < kernel.blocks; ++block) {
      const Record record = record_with({index, slice, block, 0}, cursor_->values);
      order_.add(1, record->size());
      run_cursor(order_.ops());
    }
  }
}

// ---- Traces ----

// The record of a block whose trace is the same in all slices, or that is in the cache, or else whose values at the
// start are sought.
Timeline::Record Timeline::record_of(std::int32_t index, std::int32_t slice, std::int32_t block) {
  const bool own = data_dependent(index);
  if (Record found = records_.find({index, own ? slice : -1, block})) {
    return found;
  }
  const Position start{index, slice, block, 0};
  if (own) {
    move_cursor(order_.index_of(start));
    return record_with(start, cursor_->values);
  }
  Record record = record_new(index, block);
  records_.put({index, -1, block}, record);
  return record;
}

Timeline::Record Timeline::record_new(std::int32_t index, std::int32_t block) {
  const Kernel& kernel = plan_->kernels[static_cast<std::size_t>(index)];
  try {
    record_block(kernel, block, scratch_);
    const bool large = static_cast<std::int64_t>(scratch_.ops.size()) > kCostlyOps;
    return std::make_shared<const BlockRecord>(*plan_, kernel, large ? std::exchange(scratch_, {}) : scratch_);
  } catch (const std::bad_alloc&) {
    throw Error("timeline", fmt::format("no memory left for the ops of block {} of kernel {}", block, kernel.name),
                "shorter sequences or larger tiles give fewer ops");
  }
}

// The same for values that are those at the block's start.
Timeline::Record Timeline::record_with(const Position& at, const Values& values) {
  if (!data_dependent(at.kernel)) {
    return record_of(at.kernel, at.slice, at.block);
  }
  const RecordCache::Key key{at.kernel, at.slice, at.block};
  Record record = records_.find(key);
  if (record == nullptr) {
    const Kernel& kernel = plan_->kernels[static_cast<std::size_t>(at.kernel)];
    record_block_with(*plan_, kernel, at.slice, at.block, values, scratch_);
    record = std::make_shared<const BlockRecord>(*plan_, kernel, scratch_);
    records_.put(key, record);
  }
  return record;
}

std::shared_ptr<const Trace> Timeline::trace(std::int32_t kernel, std::int32_t slice, std::int32_t block) {
  const Record record = record_of(kernel, slice, block);
  return {record, &record->trace()};
}

Op Timeline::op(std::int64_t k) {
  SIM_CHECK(k >= 0 && k < ops());
  const Position p = locate(k);
  return record_of(p.kernel, p.slice, p.block)->trace().ops[static_cast<std::size_t>(p.op)];
}

// ---- Seeking ----

State Timeline::seek(std::int64_t k) {
  SIM_CHECK(k >= 0 && k <= ops());
  State state;
  state.k = k;
  state.next = locate(k);
  state.counters = order_.before_block_of(state.next);
  state.counters.by_tensor.resize(plan_->tensors.size());
  if (state.next.op > 0) {
    // A block of the same work has the same counters and footprint, and is more likely in the cache.
    const Position& p = state.next;
    const Kernel& kernel = plan_->kernels[static_cast<std::size_t>(p.kernel)];
    const std::int32_t like = data_dependent(p.kernel) ? p.block : kernel.representative(p.block);
    const BlockRecord::Progress progress = record_of(p.kernel, p.slice, like)->after(p.op);
    state.counters.add(progress.counters);
    state.footprint = progress.footprint;
  }
  if (has_values()) {
    move_cursor(k);
    state.values = cursor_->values;
  }
  return state;
}

State Timeline::step(const State& state, std::int64_t n) {
  return seek(std::clamp(n, -state.k, ops() - state.k) + state.k);
}

// Brings the values to k: from where they are, or from the last checkpoint before, whichever is nearer.
void Timeline::move_cursor(std::int64_t k) {
  const auto& [at, checkpoint] = *std::prev(checkpoints_.upper_bound(k));
  if (cursor_->k > k || cursor_->k < at) {
    cursor_ = Cursor{at, checkpoint.values, checkpoint.record, 0, 0};
  }
  try {
    run_cursor(k);
  } catch (...) {
    cursor_ = Cursor{0, checkpoints_.begin()->second.values, nullptr, 0, 0};  // an op that fails half leaves no trace
    throw;
  }
}

void Timeline::run_cursor(std::int64_t k) {
  Cursor& c = *cursor_;
  while (c.k < k) {
    const Position at = locate(c.k);
    if (c.record == nullptr) {
      c.record = at.op == 0 ? record_with(at, c.values) : record_of(at.kernel, at.slice, at.block);
    }
    const Kernel& kernel = plan_->kernels[static_cast<std::size_t>(at.kernel)];
    const Trace& trace = c.record->trace();
    NumericBlock block(*plan_, kernel, at.slice, trace, c.values);
    const std::int64_t end = c.k - at.op + static_cast<std::int64_t>(trace.ops.size());
    for (auto i = static_cast<std::size_t>(at.op); c.k < std::min(k, end); ++i) {
      const Op op = trace.ops[i];
      block.on(op);
      c.work_ns += estimated_ns(op);
      c.bytes_written += writes_hbm(op.kind) ? op.shape.elements() * std::int64_t{sizeof(float)} : 0;
      if (++c.k == end) {
        c.values.tiles.clear();
        c.record.reset();  // and with it, perhaps, the trace
      }
      if (c.work_ns >= options_.checkpoint_ns) {
        leave_checkpoint();
      }
    }
  }
}

// Leaves a checkpoint here unless the line has been run beyond this point before.
void Timeline::leave_checkpoint() {
  Cursor& c = *cursor_;
  c.work_ns = 0;
  const std::int64_t bytes_written = std::exchange(c.bytes_written, 0);
  if (!checkpoints_.empty() && c.k <= checkpoints_.rbegin()->first) {
    return;
  }
  const bool keep = c.record != nullptr && data_dependent(locate(c.k).kernel);
  const std::int64_t bytes = c.values.tiles.bytes() + bytes_written + (keep ? c.record->bytes() : 0);
  checkpoints_.emplace(c.k, Checkpoint{c.values, keep ? c.record : nullptr, bytes});
  checkpoint_bytes_ += bytes;
  if (checkpoint_bytes_ > options_.checkpoint_bytes && checkpoints_.size() > 2) {
    thin_checkpoints();
  }
}

// Drops every other checkpoint, but not the first and the last, and leaves half as many from now on.
void Timeline::thin_checkpoints() {
  options_.checkpoint_ns *= 2;
  bool drop = true;
  for (auto it = std::next(checkpoints_.begin()); std::next(it) != checkpoints_.end(); drop = !drop) {
    checkpoint_bytes_ -= drop ? it->second.bytes : 0;
    it = drop ? checkpoints_.erase(it) : std::next(it);
  }
}

// ---- Who wrote this? ----

const std::vector<WrittenBox>& Timeline::written_by(std::int32_t kernel, std::int32_t slice, std::int32_t block) {
  const RecordCache::Key key{kernel, data_dependent(kernel) ? slice : -1, block};
  auto found = written_.find(key);
  if (found == written_.end()) {
    found = written_.emplace(key, record_of(kernel, slice, block)->written()).first;
  }
  return found->second;
}

std::optional<std::int64_t> Timeline::last_writer_in_block(const Position& block, TensorId tensor, std::int32_t row,
                                                           std::int32_t col, std::int64_t k) {
  const std::int64_t first = index_of(block);
  if (first >= k) {
    return std::nullopt;
  }
  const std::vector<WrittenBox>& boxes = written_by(block.kernel, block.slice, block.block);
  if (std::none_of(boxes.begin(), boxes.end(),
                   [&](const WrittenBox& box) { return box.tensor == tensor && box.has(row, col); })) {
    return std::nullopt;
  }
  const Record record = record_of(block.kernel, block.slice, block.block);
  const std::vector<Op>& ops = record->trace().ops;
  for (std::int64_t i = std::min(static_cast<std::int64_t>(ops.size()), k - first); i-- > 0;) {
    if (writes_to(ops[static_cast<std::size_t>(i)], tensor, row, col)) {
      return first + i;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> Timeline::last_writer_in_kernel(std::int32_t index, TensorId tensor, std::int64_t slice,
                                                            std::int32_t row, std::int32_t col, std::int64_t k) {
  const Kernel& kernel = plan_->kernels[static_cast<std::size_t>(index)];
  const std::int64_t divisor = plan_->tensors[tensor].tensor.slice_divisor;
  const std::int64_t end = std::min<std::int64_t>((slice + 1) * divisor, kernel.slices);
  for (std::int64_t z = end; z-- > slice * divisor;) {
    for (std::int32_t block = kernel.blocks; block-- > 0;) {
      const Position at{index, static_cast<std::int32_t>(z), block, 0};
      // Blocks of the same work write to the same tensors.
      const std::int32_t like = data_dependent(index) ? block : kernel.representative(block);
      const std::vector<WrittenBox>& boxes = written_by(index, at.slice, like);
      if (std::none_of(boxes.begin(), boxes.end(), [&](const WrittenBox& box) { return box.tensor == tensor; })) {
        continue;
      }
      if (const std::optional<std::int64_t> found = last_writer_in_block(at, tensor, row, col, k)) {
        return found;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> Timeline::last_writer(TensorId tensor, std::int64_t slice, std::int32_t row,
                                                  std::int32_t col, std::int64_t k) {
  const auto kernels = static_cast<std::int32_t>(plan_->kernels.size());
  for (std::int32_t kernel = std::min(locate(k).kernel + 1, kernels); kernel-- > 0;) {
    if (const auto found = last_writer_in_kernel(kernel, tensor, slice, row, col, k)) {
      return found;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> Timeline::last_writer(TileId tile, std::int64_t k) {
  const Position at = locate(k);
  if (at.op == 0) {
    return std::nullopt;
  }
  const Record record = record_of(at.kernel, at.slice, at.block);
  for (std::int64_t i = at.op; i-- > 0;) {
    if (record->trace().ops[static_cast<std::size_t>(i)].dst == tile) {
      return k - at.op + i;
    }
  }
  return std::nullopt;
}

}  // namespace sim
