// The operations on tiles: each checks its shapes and records one op.
#include <string>

#include "sim/tile/block_append.h"

namespace sim {

namespace {

std::string text(Shape shape) { return std::to_string(shape.rows) + "x" + std::to_string(shape.cols); }

// A column is broadcast over the columns of the other operand.
bool broadcasts(Shape column, Shape full) { return column.cols == 1 && column.rows == full.rows; }

[[noreturn]] void inner_differs(const Tile& a, const Tile& b, bool transpose_b, std::int32_t inner_b, int line) {
  a.block().fail(line, "matmul of " + text(a.shape()) + " by " + text(b.shape()) + (transpose_b ? "^T" : "") +
                           ": inner dimensions " + std::to_string(a.shape().cols) + " and " + std::to_string(inner_b) +
                           " differ");
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
