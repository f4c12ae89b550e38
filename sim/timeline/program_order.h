// Where each op of a plan stands in program order: kernels in order; in a kernel, slices in order; in a slice, blocks
// in order; in a block, its trace's ops, releases included. And the counters of everything before a point. No op is
// kept: runs of blocks that do the same work are stored once.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/executors/io.h"

namespace sim {

/// An op of a plan. One past the last op is {number of kernels, 0, 0, 0}.
struct Position {
  std::int32_t kernel = 0;
  std::int32_t slice = 0;  ///< of the grid
  std::int32_t block = 0;  ///< within the slice
  std::int64_t op = 0;     ///< within the block's trace
  bool operator==(const Position&) const = default;
};

/// What one block amounts to.
struct BlockSize {
  std::int64_t ops = 0;  ///< releases included
  Counters counters;
};

/// Built front to back: begin_kernel, then its blocks with add.
class ProgramOrder {
 public:
  /// `alike`: all slices do the same, and add() is called for the blocks of one; otherwise for those of every slice.
  void begin_kernel(std::int32_t blocks, std::int32_t slices, bool alike);
  /// The next `count` blocks are each of this size.
  void add(std::int64_t count, const BlockSize& size);

  std::int64_t ops() const;  ///< of the blocks added so far; of a kernel whose slices are alike, when all are added
  Position locate(std::int64_t k) const;                     ///< of op k, 0 <= k <= ops()
  std::int64_t index_of(const Position& position) const;     ///< locate's inverse; `op` may also be the block's end
  Counters before_block_of(const Position& position) const;  ///< counters of all blocks before this one

 private:
  struct Run {  // blocks that follow each other and do the same work
    std::int64_t first_block, first_op;
    Counters before;
    BlockSize each;
  };
  struct KernelPart {
    std::int64_t first_op = 0;
    Counters before;
    std::int32_t blocks = 0;
    std::int64_t repeats = 1;  // of what the runs describe: slices, if they are alike
    std::vector<Run> runs;
    std::int64_t run_blocks = 0, run_ops = 0;  // of all runs
    Counters run_counters;
  };
  std::int64_t period_block(const KernelPart& part, const Position& position, std::int64_t* period) const;
  static const Run& run_of_block(const KernelPart& part, std::int64_t block);

  std::vector<KernelPart> kernels_;
};

}  // namespace sim
