#include "sim/tile/tile.h"

#include <string>

namespace sim {

namespace {

constexpr std::size_t kSinkChunk = 256;  // ops: 14 KB, which stay in the first-level cache
constexpr int kRolesMax = 32;

std::string text(Shape shape) { return std::to_string(shape.rows) + "x" + std::to_string(shape.cols); }

// A column is broadcast over the columns of the other operand.
bool broadcasts(Shape column, Shape full) { return column.cols == 1 && column.rows == full.rows; }

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

inline Op& Block::append(OpKind kind, int line) {
  if (before_append_) {
    before_append();
  }
  Op& op = out_->emplace_back();
  op.kind = kind;
  op.line = static_cast<std::uint16_t>(line);
  op.role = role_;
  return op;
}

inline Tile Block::make(OpKind kind, Shape shape, const Operand& a, const Tile* b, int line, DType dtype) {
  const Tile& first = *a.tile;
  Op& op = append(kind, line);
  op.dtype = dtype;
  op.dst = trace_.tiles++;
  op.a = first.id();
  op.b = b != nullptr ? b->id() : 0;
  op.shape = shape;
  const TileId id = op.dst;
  if (a.moved != nullptr) {
    const bool fits = shape.elements() * size_of(dtype) <= first.shape().elements() * size_of(first.dtype());
    if (fits && first.level() == Level::registers) {
      op.reuses_a = true;
      a.moved->block_ = nullptr;
    }
  }
  return Tile(*this, id, shape, dtype, Level::registers);
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

void Block::store(const Region& region, const Tile& tile, int line) {
  moved_out(OpKind::store, region, tile, line);
}

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

void Block::arrive(Barrier barrier, int line) {
  append(OpKind::arrive, line).barrier = barrier.id;
}

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

// ---- Operations ----

namespace {

[[noreturn]] void inner_differs(const Tile& a, const Tile& b, bool transpose_b, std::int32_t inner_b, int line) {
  a.block().fail(line, "matmul of " + text(a.shape()) + " by " + text(b.shape()) + (transpose_b ? "^T" : "") +
                           ": inner dimensions " + std::to_string(a.shape().cols) + " and " +
                           std::to_string(inner_b) + " differ");
}

// Completes a matmul whose kind, dst and shape are set.
void set_operands(Op& op, const Tile& a, const Tile& b, bool transpose_b) {
  op.a = a.id();
  op.b = b.id();
  op.inner = a.shape().cols;
  op.transpose_b = transpose_b;
  op.a_in_smem = a.level() == Level::smem;
  op.b_in_smem = b.level() == Level::smem;
}

Shape product_shape(const Tile& a, const Tile& b, bool transpose_b, int line) {
  const std::int32_t inner_b = transpose_b ? b.shape().cols : b.shape().rows;
  if (a.shape().cols != inner_b) {
    inner_differs(a, b, transpose_b, inner_b, line);
  }
  return {a.shape().rows, transpose_b ? b.shape().rows : b.shape().cols};
}

Tile product(const Tile& a, const Tile& b, bool transpose_b, int line) {
  const Shape shape = product_shape(a, b, transpose_b, line);
  Tile result = a.block().make(OpKind::matmul, shape, Operand(a, line), &b, line);
  set_operands(a.block().last(), a, b, transpose_b);
  return result;
}

void accumulate(Tile& acc, const Tile& a, const Tile& b, bool transpose_b, int line) {
  const Shape shape = product_shape(a, b, transpose_b, line);
  if (!(acc.shape() == shape)) {
    a.block().fail(line, "matmul result " + text(shape) + " added to a tile of " + text(acc.shape()));
  }
  Op& op = a.block().append(OpKind::matmul, line);
  op.dst = acc.id();
  op.accumulate = true;
  op.shape = shape;
  set_operands(op, a, b, transpose_b);
}

// After an op: a moved operand whose storage was not taken over dies here.
void end_moved(const Operand& operand, int line) {
  if (operand.moved != nullptr) {
    operand.moved->release(line);
  }
}

Tile elementwise(OpKind kind, const Operand& a, const Operand& b, int line) {
  const Shape left = a.tile->shape(), right = b.tile->shape();
  if (!(left == right) && !broadcasts(right, left) && !broadcasts(left, right)) {
    a.tile->block().fail(line, std::string(name_of(kind)) + " of tiles " + text(left) + " and " + text(right),
                         "shapes must be equal, or one a column with as many rows");
  }
  Tile result = a.tile->block().make(kind, left.cols >= right.cols ? left : right, a, b.tile, line);
  end_moved(a, line);
  end_moved(b, line);
  return result;
}

// The operand that is written over, or else the full one, comes first.
Tile commutative(OpKind kind, const Operand& a, const Operand& b, int line) {
  const std::int32_t left = a.tile->shape().cols, right = b.tile->shape().cols;
  const bool swap = right > left || (right == left && b.moved != nullptr && a.moved == nullptr);
  return swap ? elementwise(kind, b, a, line) : elementwise(kind, a, b, line);
}

Tile unary(OpKind kind, const Operand& a, float scalar = 0) {
  Block& block = a.tile->block();
  Tile result = block.make(kind, a.tile->shape(), a, nullptr, a.line);
  block.last().scalar = scalar;
  end_moved(a, a.line);
  return result;
}

Tile along_rows(OpKind kind, const Tile& a, int line) {
  Tile result = a.block().make(kind, {a.shape().rows, 1}, Operand(a, line), nullptr, line);
  a.block().last().inner = a.shape().cols;
  return result;
}

}  // namespace

Tile dot(const Tile& a, Transposed b, int line) { return product(a, b.tile, true, line); }
Tile dot(const Tile& a, const Tile& b, int line) { return product(a, b, false, line); }
void mma(Tile& acc, const Tile& a, Transposed b, int line) { accumulate(acc, a, b.tile, true, line); }
void mma(Tile& acc, const Tile& a, const Tile& b, int line) { accumulate(acc, a, b, false, line); }

Tile operator+(const Operand& a, const Operand& b) { return commutative(OpKind::add, a, b, a.line); }
Tile operator-(const Operand& a, const Operand& b) { return elementwise(OpKind::sub, a, b, a.line); }
Tile operator*(const Operand& a, const Operand& b) { return commutative(OpKind::mul, a, b, a.line); }
Tile operator/(const Operand& a, const Operand& b) { return elementwise(OpKind::div, a, b, a.line); }
Tile operator*(float scale, const Operand& a) { return unary(OpKind::scale, a, scale); }
Tile max(const Operand& a, const Tile& b, int line) { return commutative(OpKind::max, a, Operand(b, line), line); }
Tile exp(const Operand& a) { return unary(OpKind::exp, a); }
Tile log(const Operand& a) { return unary(OpKind::log, a); }

Tile exp_diff(const Operand& a, const Tile& b, float scale, int line) {
  Block& block = a.tile->block();
  const Shape left = a.tile->shape(), right = b.shape();
  if (!(left == right) && !broadcasts(right, left)) {
    block.fail(line, "exp_diff of tiles " + text(left) + " and " + text(right));
  }
  Tile result = block.make(OpKind::exp_diff, left, a, &b, line);
  block.last().scalar = scale;
  end_moved(a, line);
  return result;
}

Tile convert(DType dtype, const Operand& a) {
  if (a.moved != nullptr && dtype == a.tile->dtype()) {
    return std::move(*a.moved);
  }
  Tile result = a.tile->block().make(OpKind::convert, a.tile->shape(), a, nullptr, a.line, dtype);
  end_moved(a, a.line);
  return result;
}

Tile rowmax(const Tile& a, int line) { return along_rows(OpKind::row_max, a, line); }
Tile rowsum(const Tile& a, int line) { return along_rows(OpKind::row_sum, a, line); }

Tile causal_mask(const Operand& scores, const Causal& causal, std::int32_t first_row, std::int32_t first_key) {
  Block& block = scores.tile->block();
  Tile result = block.make(OpKind::mask, scores.tile->shape(), scores, nullptr, scores.line);
  Op& op = block.last();
  op.inner = causal.queries;
  op.row = first_row;
  op.col = causal.keys - causal.queries - first_key;
  end_moved(scores, scores.line);
  return result;
}

namespace {

// Lowest and highest query among rows [first, first + count), rows taken modulo `queries`.
std::pair<std::int32_t, std::int32_t> query_range(std::int32_t first, std::int32_t count, std::int32_t queries) {
  const std::int32_t low = first % queries;
  const bool wraps = count >= queries || low + count > queries;
  return wraps ? std::pair{0, queries - 1} : std::pair{low, low + count - 1};
}

}  // namespace

std::int32_t Causal::visible_keys(std::int32_t first_row, std::int32_t count) const {
  const std::int32_t last = query_range(first_row, count, queries).second;
  return std::clamp(last + 1 + keys - queries, 0, keys);
}

std::int32_t Causal::fully_visible_keys(std::int32_t first_row, std::int32_t count) const {
  const std::int32_t lowest = query_range(first_row, count, queries).first;
  return std::clamp(lowest + 1 + keys - queries, 0, keys);
}

}  // namespace sim
