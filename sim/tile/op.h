// One tile operation: what a tile program says, in the form that every executor reads.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/tile/tensor.h"

namespace sim {

enum class OpKind : std::uint8_t {
  // Between HBM and the chip.
  load,        ///< dst <- region of `tensor`
  gather,      ///< dst <- rows of `tensor` whose first rows are listed in the trace's row table
  store,       ///< region of `tensor` <- a
  reduce_add,  ///< region of `tensor` += a, atomically, rounded to the tensor's dtype
  // On the chip.
  fill,      ///< dst <- scalar
  matmul,    ///< dst <- [dst +] a b, or a b^T; products and sums in fp32
  convert,   ///< dst <- a, rounded to dst's dtype
  scale,     ///< dst <- scalar * a
  add,       ///< dst <- a + b; for this and the next four, b (or a) may be one column, broadcast over the other's
  sub,       ///< dst <- a - b
  mul,       ///< dst <- a * b
  div,       ///< dst <- a / b, and 0 where b = 0: a row that has seen no key has l = 0 and gets O = 0
  max,       ///< dst <- max(a, b)
  exp,       ///< dst <- e^a
  exp_diff,  ///< dst <- e^(scalar * (a - b)), with b = -inf read as 0: such a row has seen no key
  log,       ///< dst <- ln a
  row_max,   ///< dst (one column) <- largest of each row of a
  row_sum,   ///< dst (one column) <- sum of each row of a, left to right
  mask,      ///< dst <- a, with -inf where the key lies in the query's future (see Op::row, Op::col, Op::inner)
  // Order.
  arrive,   ///< one arrival at barrier b
  wait,     ///< until barrier b has completed `inner` phases
  fork,     ///< the block's roles start here
  join,     ///< and have all ended here
  release,  ///< tile a is dead: its bytes are free
};

constexpr int kOpKinds = static_cast<int>(OpKind::release) + 1;
std::string_view name_of(OpKind kind);

enum class Level : std::uint8_t { smem, registers };
std::string_view name_of(Level level);

using TileId = std::uint32_t;  ///< 0: no tile. Each tile of a block has its own; ids are never reused.

constexpr std::int32_t kNoBarrier = -1;

struct Op {
  OpKind kind{};
  DType dtype = DType::fp32;       ///< of dst; of the region for stores
  Level level = Level::registers;  ///< of dst
  std::uint8_t role = 0;           ///< who issues it: 0 is the block itself, 1.. its roles

  bool transpose_b : 1 = false;  ///< matmul: b is used as b^T
  bool accumulate : 1 = false;   ///< matmul: dst is also an input
  bool reuses_a : 1 = false;     ///< dst takes over a's storage, and a is dead after this op
  bool async : 1 = false;        ///< load: the issuer goes on; who uses dst waits
  bool a_in_smem : 1 = false;    ///< matmul: where the operands come from
  bool b_in_smem : 1 = false;
  std::uint8_t stages = 0;            ///< load: buffers of the ring it fills (see Block::load); 0: none
  std::uint16_t line = 0;             ///< of the tile program's source file
  TensorId tensor = 0;                ///< load, gather, store, reduce_add
  std::int16_t barrier = kNoBarrier;  ///< arrive, wait; load: arrives there when the bytes have landed

  TileId dst = 0, a = 0, b = 0;
  Shape shape{};  ///< of dst; of the region for store and reduce_add; of `a` for release
  std::int32_t inner =
      0;  ///< matmul: the summed dimension; row_max, row_sum: columns of a; wait: phases; gather: entry in the trace's
          ///< row table; mask: queries a head (rows are taken modulo it; see causal_mask)
  std::int32_t row = 0, col = 0;  ///< load, store, reduce_add: first element in the tensor's slice;
                                  ///< mask: a(r, c) is query row + r, and is kept while c <= col + query
  float scalar = 0;               ///< fill, scale, exp_diff
};
static_assert(sizeof(Op) <= 56, "millions of these are recorded");

/// Does the op move bytes between HBM and the chip?
constexpr bool moves_bytes(OpKind kind) { return kind <= OpKind::reduce_add; }
constexpr bool reads_hbm(OpKind kind) { return kind == OpKind::load || kind == OpKind::gather; }
constexpr bool writes_hbm(OpKind kind) { return kind == OpKind::store || kind == OpKind::reduce_add; }

/// Bytes that a moving op carries, and 0 for any other.
inline std::int64_t bytes_moved(const Op& op) {
  return moves_bytes(op.kind) ? op.shape.elements() * size_of(op.dtype) : 0;
}

}  // namespace sim
