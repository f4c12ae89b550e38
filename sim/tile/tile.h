// The language of tile programs: plain C++ over tiles that hold no numbers. One thread block runs one call of the
// program; every operation is recorded once, in program order, with its source line, and executors read the record.
//
//   Tile Qi = block.load(rows(Q, i, Br));            HBM -> SMEM
//   Tile Sij = scale * dot(Qi, T(Kj));               into registers
//   Tile mij = max(mi, rowmax(Sij));                 one column
//   Tile Pij = exp(std::move(Sij) - mij);            a moved operand's storage is taken over
//   block.store(rows(O, i, Br), Oi);                 to HBM
//
// A tile lives from the op that makes it to the end of its C++ scope. Shapes are checked as the program runs: a
// mistake throws sim::Error naming both shapes, the source file and the line.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/error.h"
#include "sim/tile/op.h"
#include "sim/tile/trace.h"

namespace sim {

class Block;

/// A handle on a tile: its name (id) and shape. It can be moved, not copied; the tile dies with it.
class Tile {
 public:
  Tile() = default;
  Tile(Tile&& other) noexcept { *this = std::move(other); }
  Tile& operator=(Tile&& other) noexcept;
  Tile(const Tile&) = delete;
  Tile& operator=(const Tile&) = delete;
  ~Tile() { release(); }

  /// The tile is used no more: its buffer is free from here on, so a copy waiting for it may start.
  void release(int line = __builtin_LINE());

  Block& block() const { return *block_; }
  TileId id() const { return id_; }
  Shape shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  Level level() const { return level_; }
  explicit operator bool() const { return block_ != nullptr; }

 private:
  friend class Block;
  Tile(Block& block, TileId id, Shape shape, DType dtype, Level level)
      : block_(&block), id_(id), shape_(shape), dtype_(dtype), level_(level) {}

  Block* block_ = nullptr;
  TileId id_ = 0;
  Shape shape_;
  DType dtype_ = DType::fp32;
  Level level_ = Level::registers;
};

/// An operand: a tile that is read, or, from an rvalue, read for the last time so that the result may take its storage.
/// The converting constructors carry the call site, so that `a - b` knows its own line.
struct Operand {
  Operand(const Tile& t, int w = __builtin_LINE()) : tile(&t), line(w) {}
  Operand(Tile&& t, int w = __builtin_LINE()) : tile(&t), line(w), moved(&t) {}
  const Tile* tile;
  int line;
  Tile* moved = nullptr;  ///< the same tile, if its storage may be taken
};

struct Transposed {
  const Tile& tile;
};
inline Transposed T(const Tile& tile) { return {tile}; }

/// A synchronisation point between roles: a phase is complete after `arrivals` arrivals, then the next begins.
struct Barrier {
  std::int16_t id = kNoBarrier;
};

/// Answers a program's question about values; without one the program's own assumption holds.
struct Oracle {
  virtual ~Oracle() = default;
  /// Is any element of `tile` greater than `threshold`, given the ops so far?
  virtual bool any_greater(const std::vector<Op>& ops_so_far, TileId tile, float threshold) = 0;
};

/// Takes the ops of a block while it runs, a chunk at a time, when nobody needs the whole trace. Ops come in program
/// order, loads not hoisted, releases left out; a chunk stands for `times` like it (see Block::steps).
using OpSink = std::function<void(const std::vector<Op>& ops, std::int64_t times)>;

/// A loop's steps, for `for (const std::int32_t j : block.steps(...))`.
class Steps {
 public:
  class Iterator {
   public:
    std::int32_t operator*() const { return at_; }
    Iterator& operator++();
    bool operator!=(const Iterator& end) const { return at_ < end.at_; }

   private:
    friend class Steps;
    Iterator(const Steps& steps, std::int32_t at);
    void enter();
    const Steps* steps_;
    std::int32_t at_;
  };
  Iterator begin() const { return {*this, first_}; }
  Iterator end() const { return {*this, last_}; }

 private:
  friend class Block;
  Steps(Block& block, std::int32_t first, std::int32_t last, std::int32_t alike_first, std::int32_t alike_last)
      : block_(&block), first_(first), last_(last), alike_first_(alike_first), alike_last_(alike_last) {}
  std::int32_t alike() const { return alike_last_ - alike_first_; }
  Block* block_;
  std::int32_t first_, last_, alike_first_, alike_last_;
};

/// One thread block: what a tile program talks to. Records ops into a Trace.
class Block {
 public:
  /// `index` is the block's place within its slice of the grid, 0 <= index < Kernel::blocks.
  Block(int index, Trace& trace, const char* source_file, int warps, Oracle* oracle = nullptr,
        const OpSink* sink = nullptr);

  int index() const { return index_; }

  /// HBM -> chip. The copy is asynchronous: the first use of the tile waits for it. `stages` = s > 0 makes the call
  /// site a ring of s buffers: the copy is issued as soon as the buffer is free that s copies ago was filled.
  Tile load(const Region& region, int stages = 0, Level level = Level::smem, int line = __builtin_LINE());
  /// HBM -> the tile `slot`; when the bytes have landed, `landed` gets an arrival. For producer roles.
  void load_into(const Tile& slot, const Region& region, Barrier landed, int line = __builtin_LINE());
  /// HBM -> chip, `rows_each` rows from each of `first_rows`, as a page table scatters them.
  Tile gather(const Tensor& tensor, const std::vector<std::int32_t>& first_rows, std::int32_t rows_each,
              int line = __builtin_LINE());
  /// Chip -> HBM. Rounds to the tensor's dtype.
  void store(const Region& region, const Tile& tile, int line = __builtin_LINE());
  /// Chip -> HBM, added atomically to what is there (red.add, or a TMA reduction).
  void reduce_add(const Region& region, const Tile& tile, int line = __builtin_LINE());

  /// A tile whose elements are all `value`.
  Tile fill(float value, Shape shape, int line = __builtin_LINE());
  /// An empty SMEM buffer of the shape and dtype of `region` for load_into.
  Tile slot(const Region& region, int line = __builtin_LINE());

  /// Runs `program` as a role of its own beside the other roles of this block. All roles start together when the
  /// block's own ops so far are done, and the block goes on when all have ended.
  void role(const std::string& name, int warps, const std::function<void(Block&)>& program);
  /// `arrivals` complete a phase; `completed_phases` = 1 lets each role's first wait through (an empty buffer).
  Barrier barrier(int arrivals = 1, int completed_phases = 0);
  void arrive(Barrier barrier, int line = __builtin_LINE());
  /// This role's n-th wait on the barrier ends when n phases are complete.
  void wait(Barrier barrier, int line = __builtin_LINE());

  /// The steps first, first + 1, ..., last - 1 of a loop, of which those in [alike_first, alike_last) do the same work:
  /// their ops differ only in the rows and columns they address, and none leaves the loop. Where only counts are
  /// wanted, one of them stands for all; tests hold the promise.
  Steps steps(std::int32_t first, std::int32_t last, std::int32_t alike_first, std::int32_t alike_last);

  /// A branch on data: is any element of `tile` > `threshold`? Asks the values if the run has them, else `assumed`.
  bool any_greater(const Tile& tile, float threshold, bool assumed);

  /// Closes the record: ends roles, orders loads and roles. No op may follow.
  void finish();

  // For the operations below.
  /// A new tile that is computed from a (whose storage it takes over, if it may) and b; the op is out_'s last.
  Tile make(OpKind kind, Shape shape, const Operand& a, const Tile* b, int line, DType dtype = DType::fp32);
  /// Appends an op, all zero but for kind, line and role, and returns it to be filled in before the next is appended.
  Op& append(OpKind kind, int line);
  Op& last() { return out_->back(); }
  [[noreturn]] void fail(int line, const std::string& message, const std::string& hint = {}) const;

 private:
  friend class Tile;
  friend class Steps;
  void flush();
  Tile moved_in(OpKind kind, const Region& region, Shape shape, Level level, int line);
  void moved_out(OpKind kind, const Region& region, const Tile& tile, int line);
  void check_region(const Region& region, Shape tile, int line) const;
  void end_roles();

  void before_append();

  int index_;
  Trace& trace_;
  const char* source_file_;
  Oracle* oracle_;
  const OpSink* sink_;
  std::int64_t times_ = 1;                ///< that what is recorded now stands for
  bool before_append_ = false;            ///< is there a sink, or roles to join?
  std::vector<std::vector<Op>> streams_;  ///< of the roles that have not been joined yet
  std::vector<std::vector<int>> waits_;   ///< [role][barrier]: waits so far
  std::vector<Op>* out_;                  ///< where the running role records
  std::uint8_t role_ = 0;
  std::uint8_t first_open_role_ = 1;
  std::exception_ptr deadlock_;  ///< of roles, thrown by finish()
};

// Matrix products: fp32 results in registers.
Tile dot(const Tile& a, Transposed b, int line = __builtin_LINE());              ///< a b^T
Tile dot(const Tile& a, const Tile& b, int line = __builtin_LINE());             ///< a b
void mma(Tile& acc, const Tile& a, Transposed b, int line = __builtin_LINE());   ///< acc += a b^T
void mma(Tile& acc, const Tile& a, const Tile& b, int line = __builtin_LINE());  ///< acc += a b

// Element by element; a tile of one column is broadcast over the other operand's columns.
Tile operator+(const Operand& a, const Operand& b);
Tile operator-(const Operand& a, const Operand& b);
Tile operator*(const Operand& a, const Operand& b);
Tile operator/(const Operand& a, const Operand& b);  ///< 0 where b is 0
Tile operator*(float scale, const Operand& a);
Tile max(const Operand& a, const Tile& b, int line = __builtin_LINE());
Tile exp(const Operand& a);
Tile exp_diff(const Operand& a, const Tile& b, float scale = 1, int line = __builtin_LINE());  ///< e^(scale (a - b))
Tile log(const Operand& a);
Tile convert(DType dtype, const Operand& a);  ///< no op if a moved tile has the dtype already

// Along rows: results have one column.
Tile rowmax(const Tile& a, int line = __builtin_LINE());
Tile rowsum(const Tile& a, int line = __builtin_LINE());

/// Scores of queries [first_query, ...) against keys [first_key, ...): -inf where the key is in the query's future.
/// Bottom-right aligned: query q sees keys up to q + keys - queries. Rows are taken modulo `queries`, so several
/// heads' queries may be packed into one tile.
struct Causal {
  std::int32_t queries = 0, keys = 0;
  /// One past the last key that any of the rows [first_row, first_row + count) sees; 0 if none.
  std::int32_t visible_keys(std::int32_t first_row, std::int32_t count) const;
  /// One past the last key that all of the rows see.
  std::int32_t fully_visible_keys(std::int32_t first_row, std::int32_t count) const;
};
Tile causal_mask(const Operand& scores, const Causal& causal, std::int32_t first_row, std::int32_t first_key);

}  // namespace sim
