#include "sim/timeline/program_order.h"

#include <algorithm>

#include "sim/base/error.h"

namespace sim {

void ProgramOrder::begin_kernel(std::int32_t blocks, std::int32_t slices, bool alike) {
  KernelPart part;
  part.first_op = ops();
  if (!kernels_.empty()) {
    const KernelPart& last = kernels_.back();
    part.before = last.before;
    part.before.add(last.run_counters, last.repeats);
  }
  part.blocks = blocks;
  part.repeats = alike ? slices : 1;
  kernels_.push_back(std::move(part));
}

void ProgramOrder::add(std::int64_t count, const BlockSize& size) {
  KernelPart& part = kernels_.back();
  part.runs.push_back({part.run_blocks, part.run_ops, part.run_counters, size});
  part.run_blocks += count;
  part.run_ops += count * size.ops;
  part.run_counters.add(size.counters, count);
}

std::int64_t ProgramOrder::ops() const {
  return kernels_.empty() ? 0 : kernels_.back().first_op + kernels_.back().repeats * kernels_.back().run_ops;
}

Position ProgramOrder::locate(std::int64_t k) const {
  SIM_CHECK(k >= 0 && k <= ops());
  if (k == ops()) {
    return {static_cast<std::int32_t>(kernels_.size()), 0, 0, 0};
  }
  // Kernels and runs without ops start where the next one does: the last that starts at or before k has op k.
  const auto next = std::upper_bound(kernels_.begin(), kernels_.end(), k,
                                     [](std::int64_t op, const KernelPart& part) { return op < part.first_op; });
  const KernelPart& part = *(next - 1);
  const std::int64_t period = (k - part.first_op) / part.run_ops, rest = (k - part.first_op) % part.run_ops;
  const Run& run = *(std::upper_bound(part.runs.begin(), part.runs.end(), rest,
                                      [](std::int64_t op, const Run& r) { return op < r.first_op; }) -
                     1);
  const std::int64_t block = run.first_block + (rest - run.first_op) / run.each.ops + period * part.run_blocks;
  return {static_cast<std::int32_t>(next - 1 - kernels_.begin()), static_cast<std::int32_t>(block / part.blocks),
          static_cast<std::int32_t>(block % part.blocks), (rest - run.first_op) % run.each.ops};
}

// The block's place among those that the runs describe, and how often these have been repeated before.
std::int64_t ProgramOrder::period_block(const KernelPart& part, const Position& position, std::int64_t* period) const {
  const std::int64_t block = std::int64_t{position.slice} * part.blocks + position.block;
  *period = block / part.run_blocks;
  return block % part.run_blocks;
}

const ProgramOrder::Run& ProgramOrder::run_of_block(const KernelPart& part, std::int64_t block) {
  return *(std::upper_bound(part.runs.begin(), part.runs.end(), block,
                            [](std::int64_t b, const Run& r) { return b < r.first_block; }) -
           1);
}

std::int64_t ProgramOrder::index_of(const Position& position) const {
  if (position.kernel == static_cast<std::int32_t>(kernels_.size())) {
    return ops();
  }
  const KernelPart& part = kernels_[static_cast<std::size_t>(position.kernel)];
  std::int64_t period = 0;
  const std::int64_t block = period_block(part, position, &period);
  const Run& run = run_of_block(part, block);
  return part.first_op + period * part.run_ops + run.first_op + (block - run.first_block) * run.each.ops + position.op;
}

Counters ProgramOrder::before_block_of(const Position& position) const {
  if (position.kernel == static_cast<std::int32_t>(kernels_.size())) {
    Counters all;
    if (!kernels_.empty()) {
      all = kernels_.back().before;
      all.add(kernels_.back().run_counters, kernels_.back().repeats);
    }
    return all;
  }
  const KernelPart& part = kernels_[static_cast<std::size_t>(position.kernel)];
  std::int64_t period = 0;
  const std::int64_t block = period_block(part, position, &period);
  const Run& run = run_of_block(part, block);
  Counters counters = part.before;
  counters.add(part.run_counters, period);
  counters.add(run.before);
  counters.add(run.each.counters, block - run.first_block);
  return counters;
}

}  // namespace sim
