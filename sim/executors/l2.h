// The modelled L2: which of the bytes that SMs ask for come from DRAM. One rule decides, without a clock: the blocks
// that are resident together (a wave) go in step, each doing its n-th access before any does its (n+1)-th; the cache
// holds sectors in lines, replaces the line that was used longest ago, and writes dirty lines back when they leave, or
// when there are more than it keeps unwritten, those first that were written first.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/executors/access.h"
#include "sim/machine/machine.h"

namespace sim {

/// One arrival of bytes in L2 that a read waits for. Entry 0 stands for bytes that have long been there.
struct L2Entry {
  std::int64_t miss_bytes = 0;  ///< that this read brings from DRAM; the first to read them pays
  std::uint32_t waits_for = 0;  ///< the entry that brings the rest, if it is still on its way
};

/// Blocks of one wave, slice and class: they share the entries of what they all touch.
struct L2Group {
  std::int64_t first_block = 0, count = 0;  ///< numbered through the grid: slice * blocks + index
  const AccessClass* accesses = nullptr;
  std::size_t first_entry_index = 0;  ///< into L2Kernel::entry_of
};

struct L2Kernel {
  std::int64_t read_bytes = 0, write_bytes = 0, hit_bytes = 0;  ///< SM <-> L2; hits among the reads
  std::int64_t dram_read_bytes = 0, dram_write_bytes = 0;
  std::vector<AccessClass> classes;
  std::vector<L2Group> groups;  ///< in grid order
  std::vector<L2Entry> entries;
  std::vector<std::uint32_t> entry_of;  ///< [group.first_entry_index + access]: entry of the group's first block; that
                                        ///< of its n-th is n further unless the access is the same for all
};

class L2Model {
 public:
  /// Chooses lines for each tensor from how the plan's kernels cut it up.
  L2Model(const Plan& plan, const Machine& machine);

  /// Runs kernel number `k`, `wave` blocks at a time; the cache keeps its contents for the next kernel.
  L2Kernel run(std::size_t k, std::int64_t wave);

  /// Written, and not yet written back.
  std::int64_t dirty_bytes() const { return dirty_bytes_; }

 private:
  // Division by a number that stays: a multiplication (Lemire, Kaser, Kurz 2019, "Faster remainder by direct
  // computation"), exact for operands below 2^32. Three of them are most of what an access costs.
  class Divisor {
   public:
    explicit Divisor(std::int32_t by = 1) : by_(by), magic_(~std::uint64_t{0} / static_cast<std::uint64_t>(by) + 1) {}
    std::int32_t divide(std::int32_t n) const;
    std::int32_t by() const { return by_; }

   private:
    std::int32_t by_;
    std::uint64_t magic_;
  };

  // A tensor's lines: `height` rows (up to 64 sectors of `unit` rows) by `width` columns.
  struct Lines {
    Divisor unit, height, width;
    std::int32_t down = 1, across = 1;  // lines in a slice
    std::int64_t first = 0;             // number of the tensor's first line
    int element_bytes = 2;
    Shape shape;
  };
  struct Slot {
    std::uint64_t present = 0, dirty = 0;  // by sector
    std::int64_t line = -1;
    std::uint32_t newer = 0, older = 0;
    std::uint32_t entry = 0;
    TensorId tensor = 0;
  };
  struct Outcome {
    std::int64_t hit_bytes = 0, miss_bytes = 0;
    std::uint32_t entry = 0;  // latest among those that brought the hit bytes
  };

  void choose_lines(TensorId tensor, std::int32_t unit, std::int32_t width, std::int32_t slices);
  std::int64_t add_wave(const Kernel& kernel, std::int64_t block, std::int64_t end, L2Kernel& result);
  void run_wave(const Kernel& kernel, std::size_t first_group, L2Kernel& result);
  void access_group(const L2Group& group, std::size_t a, std::int32_t blocks, L2Kernel& kernel);
  Outcome touch(const Access& access, const AccessClass& in, std::int32_t step, std::int64_t slice,
                std::uint32_t entry);
  void touch_line(Slot& slot, std::int32_t i, std::int32_t j, std::uint64_t sectors, OpKind kind, std::uint32_t entry,
                  Outcome& outcome);
  std::int64_t bytes_of(const Lines& lines, std::int32_t i, std::int32_t j, std::uint64_t sectors) const;
  std::int64_t bytes_of(const Slot& slot, std::uint64_t sectors) const;
  std::uint32_t slot_of(std::int64_t line, TensorId tensor);
  void make_newest(std::uint32_t slot);
  void unlink(std::uint32_t slot);
  void evict_oldest();
  void clean_oldest();
  void write_back(Slot& slot);

  const Plan& plan_;
  std::int64_t capacity_bytes_;
  std::int64_t dirty_limit_ = 0;
  std::vector<Lines> lines_;                 // by tensor
  std::vector<std::uint32_t> slot_of_line_;  // 0: not in the cache
  std::vector<Slot> slots_;                  // 0 is the list's head: newer = oldest, older = newest
  std::vector<std::uint32_t> free_slots_;
  std::int64_t held_bytes_ = 0, written_back_ = 0;
  std::int64_t dirty_bytes_ = 0;                   // of them, not yet written back
  std::deque<std::int64_t> dirtied_;               // lines in the order in which they became dirty
  std::vector<std::vector<AccessClass>> classes_;  // by kernel, until it runs
};

}  // namespace sim
