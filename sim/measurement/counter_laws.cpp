#include "sim/measurement/counter_laws.h"

#include <map>

#include "sim/analysis/simulate.h"
#include "sim/executors/timing_program.h"

namespace sim {
namespace {

constexpr double kSectorBytes = 32;
constexpr double kWarpLanes = 32;

/// What Counters leave out, and the hardware counts.
struct ChipWork {
  /// Lanes that ask the special function units for something: an exponential a score, and four for one of a column of
  /// statistics, which the four lanes of a quad hold alike; a reciprocal for a row's division.
  double special_lanes = 0;
  double landed_bytes = 0;  ///< of tile loads, in SMEM
};

ChipWork chip_work(const Experiment& experiment) {
  const Prepared prepared = prepare(experiment);
  const Machine& machine = experiment.machine;
  ChipWork total;
  for (const Kernel& kernel : prepared.plan.kernels) {
    std::map<std::int32_t, std::int64_t> blocks_like;
    for (std::int32_t index = 0; index < kernel.blocks; ++index) {
      ++blocks_like[kernel.representative(index)];
    }
    Trace trace;
    for (const auto& [index, blocks] : blocks_like) {
      stream_block(kernel, index, trace, [&, alike = blocks](const std::vector<Op>& ops, std::int64_t times) {
        const double count = static_cast<double>(alike * times) * kernel.slices;
        for (const Op& op : ops) {
          const double clocks = work_of(op, kernel, machine)[static_cast<std::size_t>(Unit::exp)];
          total.special_lanes += count * clocks * machine.rates.exp_per_clock;
          const bool lands = reads_hbm(op.kind) && op.level == Level::smem;
          total.landed_bytes += lands ? count * static_cast<double>(bytes_moved(op)) : 0;
        }
      });
    }
  }
  return total;
}

/// NVIDIA A100 and H100 whitepapers: the L2 is divided into two partitions.
bool has_two_l2_partitions(const MeasuredCard& card) {
  return card.compute_capability == "8.0" || card.compute_capability == "9.0";
}

}  // namespace

std::vector<PredictedCounter> predict_counters(const Experiment& experiment, const Report& report,
                                               const MeasuredCard& card) {
  const double l2_read = static_cast<double>(report.l2_read_bytes);
  const double l2_write = static_cast<double>(report.l2_write_bytes);
  const double dram_read = static_cast<double>(report.dram_read_bytes);
  const bool evicted = report.l2_write_bytes > experiment.machine.l2.bytes;
  const ChipWork chip = chip_work(experiment);
  const double far = has_two_l2_partitions(card) ? 0.5 : 0;
  std::vector<PredictedCounter> all = {
      {"dram_read_bytes", "what misses the modelled L2", dram_read, false},
      {"dram_write_bytes", "what the modelled L2 evicts; judged where more is written than it holds",
       static_cast<double>(report.dram_write_bytes), false, evicted},
      {"sm_l2_read_bytes", "every tile load of every block", l2_read, false},
      {"sm_l2_write_bytes", "every tile store of every block", l2_write, false},
      // Half the lines live in the far partition, and are counted in both.
      {"l2_read_sectors", "(SM reads + half of what comes from DRAM) / 32, of an L2 of two partitions",
       (l2_read + far * dram_read) / kSectorBytes, false},
      {"l2_write_sectors", "1.5 x SM writes / 32, of an L2 of two partitions", (1 + far) * l2_write / kSectorBytes,
       false},
      {"exp_instructions", "lanes at the special function units / 32: a score 1, a row's statistic 4",
       chip.special_lanes / kWarpLanes},
  };
  if (report.work.matmul_flops > 0) {
    const double operands = static_cast<double>(report.work.smem_operand_bytes);
    all.push_back({"smem_read_bytes", "operands of matmuls, with every warp's re-reads", operands});
    all.push_back({"smem_write_bytes", "tile loads that land there", chip.landed_bytes});
    all.push_back({"smem_bytes", "both of these", operands + chip.landed_bytes});
  }
  if (report.work.tensor_instructions > 0) {
    all.push_back({"tensor_instructions", "whole m16n8k16 of mma.sync, 4096 FLOP each, or m64nNk16 of wgmma",
                   static_cast<double>(report.work.tensor_instructions)});
  }
  return all;
}

}  // namespace sim
