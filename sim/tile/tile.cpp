#include "sim/tile/tile.h"

#include <string>

#include "sim/tile/block_append.h"

namespace sim {

namespace {

constexpr std::size_t kSinkChunk = 256;  // ops: 14 KB, which stay in the first-level cache
constexpr int kRolesMax = 32;

std::string text(Shape shape) { return std::to_string(shape.rows) + "x" + std::to_string(shape.cols); }

}  // namespace

Tile& Tile::operator=(Tile&& other) noexcept {
  if (this != &other) {
    release(0);
    block_ = std::exchange(other.block_, nullptr);
    id_ = other.id_;
    shape_ = other.shape_;
    dtype_ = other.dtype_;
    level_ = other.level_;
  }
  return *this;
}

void Tile::release(int line) {
  if (block_ == nullptr) {
    return;
  }
  Block& block = *std::exchange(block_, nullptr);
  if (block.sink_ == nullptr) {
    Op& op = block.append(OpKind::release, line);
    op.dtype = dtype_;
    op.level = level_;
    op.a = id_;
    op.shape = shape_;
  }
}

Block::Block(int index, Trace& trace, const char* source_file, int warps, Oracle* oracle, const OpSink* sink)
    : index_(index),
      trace_(trace),
      source_file_(source_file),
      oracle_(oracle),
      sink_(sink),
      before_append_(sink != nullptr),
      waits_(1),
      out_(&trace.ops) {
  trace_.clear();
  trace_.roles.push_back({"block", warps});
}

void Block::fail(int line, const std::string& message, const std::string& hint) const {
  throw Error(std::string(source_file_) + ":" + std::to_string(line), message, hint);
}

// What happens rarely before an op: roles are joined, or a full chunk goes to the sink.
void Block::before_append() {
  if (role_ != 0) {
    return;
  }
  if (!streams_.empty()) {
    end_roles();
  }
  if (sink_ != nullptr && out_->size() >= kSinkChunk) {
    flush();
  }
}

void Block::flush() {
  (*sink_)(trace_.ops, times_);
  trace_.ops.clear();
}

// ---- Between HBM and the chip ----

void Block::check_region(const Region& region, Shape tile, int line) const {
  const Shape whole = region.tensor.shape;
  if (region.row < 0 || region.col < 0 || region.shape.rows <= 0 || region.shape.cols <= 0 ||
      region.row > whole.rows - region.shape.rows || region.col > whole.cols - region.shape.cols) {
    fail(line, "region " + text(region.shape) + " at (" + std::to_string(region.row) + ", " +
                   std::to_string(region.col) + ") lies outside the tensor of shape " + text(whole));
  }
  if (!(tile == region.shape)) {
    fail(line, "tile of shape " + text(tile) + " does not fit the region of shape " + text(region.shape));
  }
}

Tile Block::moved_in(OpKind kind, const Region& region, Shape shape, Level level, int line) {
  Op& op = append(kind, line);
  op.dtype = region.tensor.dtype;
  op.level = level;
  op.async = true;
  op.tensor = region.tensor.id;
  op.dst = trace_.tiles++;
  op.shape = shape;
  op.row = region.row;
  op.col = region.col;
  return Tile(*this, op.dst, shape, op.dtype, level);
}

void Block::moved_out(OpKind kind, const Region& region, const Tile& tile, int line) {
  check_region(region, tile.shape(), line);
  Op& op = append(kind, line);
  op.dtype = region.tensor.dtype;
  op.tensor = region.tensor.id;
  op.a = tile.id();
  op.shape = region.shape;
  op.row = region.row;
  op.col = region.col;
}

Tile Block::load(const Region& region, int stages, Level level, int line) {
  check_region(region, region.shape, line);
  Tile tile = moved_in(OpKind::load, region, region.shape, level, line);
  last().stages = static_cast<std::uint8_t>(stages);
  return tile;
}

void Block::load_into(const Tile& slot, const Region& region, Barrier landed, int line) {
  check_region(region, region.shape, line);
  if (region.shape.rows > slot.shape().rows || region.shape.cols != slot.shape().cols) {
    fail(line, "region of shape " + text(region.shape) + " does not fit the buffer of shape " + text(slot.shape()));
  }
  Op& op = append(OpKind::load, line);
  op.dtype = region.tensor.dtype;
  op.level = slot.level();
  op.async = true;
  op.tensor = region.tensor.id;
  op.barrier = landed.id;
  op.dst = slot.id();
  op.shape = region.shape;
  op.row = region.row;
  op.col = region.col;
}

Tile Block::gather(const Tensor& tensor, const std::vector<std::int32_t>& first_rows, std::int32_t rows_each,
                   int line) {
  const Shape each{rows_each, tensor.shape.cols};
  for (const std::int32_t row : first_rows) {
    check_region({tensor, row, 0, each}, each, line);
  }
  trace_.gathers.push_back({first_rows, rows_each});
  const auto count = static_cast<std::int32_t>(first_rows.size());
  Tile tile = moved_in(OpKind::gather, {tensor, 0, 0, each}, {count * rows_each, each.cols}, Level::smem, line);
  last().inner = static_cast<std::int32_t>(trace_.gathers.size() - 1);
  return tile;
}

void Block::store(const Region& region, const Tile& tile, int line) { moved_out(OpKind::store, region, tile, line); }

void Block::reduce_add(const Region& region, const Tile& tile, int line) {
  moved_out(OpKind::reduce_add, region, tile, line);
}

Tile Block::fill(float value, Shape shape, int line) {
  Op& op = append(OpKind::fill, line);
  op.dst = trace_.tiles++;
  op.shape = shape;
  op.scalar = value;
  return Tile(*this, op.dst, shape, DType::fp32, Level::registers);
}

Tile Block::slot(const Region& region, int line) {
  Op& op = append(OpKind::fill, line);
  op.dtype = region.tensor.dtype;
  op.level = Level::smem;
  op.dst = trace_.tiles++;
  op.shape = region.shape;
  return Tile(*this, op.dst, region.shape, op.dtype, Level::smem);
}

// ---- Roles and barriers ----

void Block::role(const std::string& name, int warps, const std::function<void(Block&)>& program) {
  if (role_ != 0) {
    fail(0, "role '" + name + "' starts inside role '" + trace_.roles[role_].name + "'", "start roles from the block");
  }
  if (static_cast<int>(trace_.roles.size()) >= kRolesMax) {
    fail(0, "more than " + std::to_string(kRolesMax - 1) + " roles in a block");
  }
  role_ = static_cast<std::uint8_t>(trace_.roles.size());
  trace_.roles.push_back({name, warps});
  waits_.emplace_back();
  std::vector<Op> stream;
  out_ = &stream;
  try {
    program(*this);
  } catch (...) {
    out_ = &trace_.ops;  // tiles of the block still end
    role_ = 0;
    throw;
  }
  out_ = &trace_.ops;
  role_ = 0;
  hoist_loads(stream);
  streams_.push_back(std::move(stream));
  before_append_ = true;
}

void Block::end_roles() {
  std::vector<std::vector<Op>> streams;
  streams.swap(streams_);
  before_append_ = sink_ != nullptr;
  std::vector<Op> merged;
  try {
    merged = merge_roles(streams, first_open_role_, trace_, source_file_);
  } catch (const Error&) {
    deadlock_ = std::current_exception();  // a tile's destructor may have brought us here: finish() throws
  }
  first_open_role_ = static_cast<std::uint8_t>(trace_.roles.size());
  trace_.ops.push_back({.kind = OpKind::fork});
  trace_.ops.insert(trace_.ops.end(), merged.begin(), merged.end());
  trace_.ops.push_back({.kind = OpKind::join});
}

Barrier Block::barrier(int arrivals, int completed_phases) {
  trace_.barriers.push_back({arrivals, completed_phases});
  return {static_cast<std::int16_t>(trace_.barriers.size() - 1)};
}

void Block::arrive(Barrier barrier, int line) { append(OpKind::arrive, line).barrier = barrier.id; }

void Block::wait(Barrier barrier, int line) {
  std::vector<int>& waits = waits_[role_];
  waits.resize(trace_.barriers.size());
  const int phase = ++waits[static_cast<std::size_t>(barrier.id)];
  Op& op = append(OpKind::wait, line);
  op.barrier = barrier.id;
  op.inner = phase;
}

// ---- Loops ----

Steps Block::steps(std::int32_t first, std::int32_t last, std::int32_t alike_first, std::int32_t alike_last) {
  alike_first = std::clamp(alike_first, first, std::max(first, last));
  return {*this, first, last, alike_first, std::clamp(alike_last, alike_first, std::max(alike_first, last))};
}

Steps::Iterator::Iterator(const Steps& steps, std::int32_t at) : steps_(&steps), at_(at) {
  if (at < steps.last_) {
    enter();
  }
}

// Before the first of the steps that are alike: from here on, an op stands for one in each of them.
void Steps::Iterator::enter() {
  Block& block = *steps_->block_;
  if (block.sink_ != nullptr && block.role_ == 0 && at_ == steps_->alike_first_ && steps_->alike() > 1) {
    block.flush();
    block.times_ *= steps_->alike();
  }
}

Steps::Iterator& Steps::Iterator::operator++() {
  Block& block = *steps_->block_;
  if (block.sink_ != nullptr && block.role_ == 0 && at_ == steps_->alike_first_ && steps_->alike() > 1) {
    block.flush();
    block.times_ /= steps_->alike();
    at_ = steps_->alike_last_;
  } else {
    ++at_;
  }
  if (at_ < steps_->last_) {
    enter();
  }
  return *this;
}

bool Block::any_greater(const Tile& tile, float threshold, bool assumed) {
  if (oracle_ == nullptr) {
    return assumed;
  }
  if (role_ != 0) {
    fail(0, "a role asks for values, which exist only when all roles have run", "branch on data in the block itself");
  }
  return oracle_->any_greater(trace_.ops, tile.id(), threshold);
}

void Block::finish() {
  if (!streams_.empty()) {
    end_roles();
  }
  if (deadlock_ != nullptr) {
    std::rethrow_exception(deadlock_);
  }
  if (sink_ != nullptr) {
    flush();
  } else {
    hoist_loads(trace_.ops);
  }
}

}  // namespace sim
