#include "sim/machine/occupancy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/base/error.h"

namespace sim {
namespace {

constexpr int kWarp = 32;
constexpr int kSubPartitions = 4;
constexpr int kThreadsPerBlockMax = 1024;  // of every CUDA machine

std::int64_t round_up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

int warps_of(const BlockResources& block) { return (block.threads + kWarp - 1) / kWarp; }

std::int64_t smem_of(const Machine::Sm& sm, const BlockResources& block) {
  return round_up(block.smem_bytes + sm.smem_reserved_bytes_per_block, std::max(1, sm.smem_allocation_unit));
}

std::int64_t registers_per_warp(const Machine::Sm& sm, const BlockResources& block) {
  return kWarp * round_up(block.registers_per_thread, std::max(1, sm.register_allocation_unit));
}

/// Warps whose registers the SM can hold.
std::int64_t warps_with_registers(const Machine::Sm& sm, const BlockResources& block) {
  return sm.registers / kSubPartitions / registers_per_warp(sm, block) * kSubPartitions;
}

void check_smem(const Machine& machine, const BlockResources& block) {
  const Machine::Sm& sm = machine.sm;
  if (block.smem_bytes < 0) {
    throw Error(machine.name, fmt::format("a block can't use {} bytes of SMEM", block.smem_bytes));
  }
  if (block.smem_bytes > sm.smem_bytes_per_block) {
    throw Error(machine.name,
                fmt::format("a block needs {} bytes of SMEM, {} more than the {} that one block may use",
                            block.smem_bytes, block.smem_bytes - sm.smem_bytes_per_block, sm.smem_bytes_per_block));
  }
  if (smem_of(sm, block) > sm.smem_bytes) {
    throw Error(machine.name,
                fmt::format("a block needs {} + {} reserved = {} bytes of SMEM (in units of {}); an SM has {}",
                            block.smem_bytes, sm.smem_reserved_bytes_per_block, smem_of(sm, block),
                            sm.smem_allocation_unit, sm.smem_bytes));
  }
}

void check_threads_and_registers(const Machine& machine, const BlockResources& block) {
  const Machine::Sm& sm = machine.sm;
  const int threads_max = std::min(kThreadsPerBlockMax, sm.threads_max);
  if (block.threads < 1 || block.threads > threads_max) {
    throw Error(machine.name,
                fmt::format("a block of {} threads can't run; expected 1 to {}", block.threads, threads_max));
  }
  if (block.registers_per_thread < 0 || block.registers_per_thread > sm.registers_per_thread_max) {
    throw Error(machine.name, fmt::format("{} registers per thread can't be; expected 0 to {}",
                                          block.registers_per_thread, sm.registers_per_thread_max));
  }
  if (block.registers_per_thread > 0 && warps_with_registers(sm, block) < warps_of(block)) {
    throw Error(machine.name, fmt::format("a block needs {} warps x {} registers = {}; an SM has {}, enough for {} "
                                          "such warps",
                                          warps_of(block), registers_per_warp(sm, block),
                                          warps_of(block) * registers_per_warp(sm, block), sm.registers,
                                          warps_with_registers(sm, block)));
  }
}

}  // namespace

Occupancy occupancy(const Machine& machine, const BlockResources& block) {
  check_smem(machine, block);
  check_threads_and_registers(machine, block);
  const Machine::Sm& sm = machine.sm;
  struct Limit {
    const char* name;
    std::int64_t blocks;
  };
  const std::int64_t unlimited = sm.blocks_max;
  const std::int64_t smem = smem_of(sm, block);
  const std::array<Limit, 4> limits{{
      {"SMEM", smem == 0 ? unlimited : sm.smem_bytes / smem},
      {"registers", block.registers_per_thread == 0 ? unlimited : warps_with_registers(sm, block) / warps_of(block)},
      {"threads", sm.threads_max / kWarp / warps_of(block)},
      {"blocks", sm.blocks_max},
  }};
  const Limit* least = &limits.back();
  for (const Limit& limit : limits) {
    // A limit no lower than the machine's own number of blocks takes nothing away.
    if (limit.blocks < least->blocks) {
      least = &limit;
    }
  }
  return {static_cast<int>(least->blocks), least->name};
}

}  // namespace sim
