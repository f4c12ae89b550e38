#include "ui/scope/place_blocks.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace scope {

std::vector<BlockRef> blocks_at(const Run& run, Place place) {
  std::vector<BlockRef> blocks;
  for (std::size_t k = 0; k < run.kernels().size(); ++k) {
    const KernelRun& kernel = run.kernels()[k];
    const auto slot = static_cast<std::size_t>(place.sm) * static_cast<std::size_t>(kernel.blocks_per_sm) +
                      static_cast<std::size_t>(place.slot);
    if (place.sm < 0 || place.slot < 0 || place.slot >= kernel.blocks_per_sm || slot >= kernel.on_slot.size()) {
      continue;
    }
    for (const std::uint32_t block : kernel.on_slot[slot]) {
      blocks.push_back({static_cast<std::int32_t>(k), block});
    }
  }
  return blocks;
}

std::size_t block_before(const Run& run, const std::vector<BlockRef>& blocks, double t) {
  const auto after = std::partition_point(blocks.begin(), blocks.end(), [&](const BlockRef& ref) {
    return run.block_run(ref.kernel, ref.block).begin_us < t;
  });
  return after == blocks.begin() ? 0 : static_cast<std::size_t>(after - blocks.begin()) - 1;
}

std::vector<IterationEnd> iteration_ends(const Run& run, BlockRef ref) {
  const auto trace = run.trace(ref.kernel, ref.block);
  std::vector<IterationEnd> ends;
  std::int32_t iteration = -1;
  std::uint32_t last = 0;
  const auto end_one = [&] {
    if (iteration >= 0) {
      ends.push_back({run.op_end_us(ref.kernel, ref.block, last), last});
    }
  };
  for (const std::uint32_t op : trace->real_ops) {
    const sim::OpKind kind = trace->trace->ops[op].kind;
    if (kind < sim::OpKind::fill || kind > sim::OpKind::mask) {
      continue;
    }
    if (trace->iteration_of[op] != iteration) {
      end_one();
    }
    iteration = trace->iteration_of[op];
    last = op;
  }
  end_one();
  return ends;
}

BlockTimes::BlockTimes(const Run& run, BlockRef ref) : run_(run), trace_(run.trace(ref.kernel, ref.block)) {
  const BlockRun& block = run.block_run(ref.kernel, ref.block);
  place_ = {block.sm, block.slot};
  begin_us_ = block.begin_us;
  first_ = std::round(run.position({begin_us_, place_}));
}

double BlockTimes::done_us(std::uint32_t op) const { return run_.time_of(place_, first_ + trace_->number_of[op] + 1); }

double BlockTimes::begin_us(std::uint32_t op) const {
  return std::max(begin_us_, run_.time_of(place_, first_ + trace_->number_of[op]));
}

double BlockTimes::first_seen_us(std::uint32_t op) const {
  return std::nextafter(begin_us(op), std::numeric_limits<double>::infinity());
}

Replay::Replay(const Run& run, BlockRef ref)
    : trace_(run.trace(ref.kernel, ref.block)), start_(run.state_before(ref.kernel, ref.block)) {
  const sim::Kernel& kernel = *trace_->kernel;
  block_ = std::make_unique<sim::NumericBlock>(run.plan(), kernel,
                                               run.value_slice(ref.block / static_cast<std::uint32_t>(kernel.blocks)),
                                               *trace_->trace, *start_.values);
}

}  // namespace scope
