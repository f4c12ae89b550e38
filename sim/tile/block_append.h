// How an op gets into a block's record: inline, since millions do. Only sim/tile includes this.
#pragma once

#include "sim/tile/tile.h"

namespace sim {

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

}  // namespace sim
