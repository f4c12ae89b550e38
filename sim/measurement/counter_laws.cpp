#include "sim/measurement/counter_laws.h"

#include <map>

#include "sim/analysis/simulate.h"
#include "sim/executors/op_work.h"

namespace sim {
namespace {

constexpr double kSectorBytes = 32;
constexpr double kWarpLanes = 32;

/// What Counters leave out, and the hardware counts.
struct ChipWork {
  /// Lanes that ask the special function units for something: an exponential a score, and four for one of a column of
  /// statistics, which the four lanes of a quad hold alike; a reciprocal for a row's division.
  double special_lanes = 0;
  double smem_read_bytes = 0, smem_write_bytes = 0;  ///< of the data banks that SMEM and L1 share
};

/// The data banks of an SM. All that goes between registers and L2 passes through them, in and out; a copy to SMEM goes
/// in; operands of products and tiles that other ops read come out; a result is staged there before it leaves.
class Banks {
 public:
  Banks(const Kernel& kernel, ChipWork& total) : kernel_(kernel), total_(total) {}

  void add(const Op& op, double count) {
    const double moved = count * static_cast<double>(bytes_moved(op));
    if (reads_hbm(op.kind)) {
      total_.smem_write_bytes += moved;
      total_.smem_read_bytes += op.level == Level::registers ? moved : 0;
    } else if (writes_hbm(op.kind)) {
      const int passes = is_staged(op, in_fp32_registers(op.a), kernel_) ? 2 : 1;
      total_.smem_write_bytes += passes * moved;
      total_.smem_read_bytes += passes * moved;
    } else if (op.kind == OpKind::matmul) {
      total_.smem_read_bytes += count * static_cast<double>(smem_operand_bytes(op, kernel_));
    } else {
      total_.smem_read_bytes += count * (in_smem(op.a) + in_smem(op.b));
    }
    if (op.dst != 0) {
      tiles_[op.dst] = {op.level == Level::smem ? op.shape.elements() * size_of(op.dtype) : 0,
                        op.level == Level::registers && size_of(op.dtype) == 4};
    }
  }

 private:
  struct Tile {
    std::int64_t smem_bytes = 0;
    bool fp32_registers = false;
  };
  double in_smem(TileId id) const {
    const auto tile = tiles_.find(id);
    return tile != tiles_.end() ? static_cast<double>(tile->second.smem_bytes) : 0;
  }
  bool in_fp32_registers(TileId id) const {
    const auto tile = tiles_.find(id);
    return tile != tiles_.end() && tile->second.fp32_registers;
  }

  const Kernel& kernel_;
  ChipWork& total_;
  std::map<TileId, Tile> tiles_;
};

ChipWork chip_work(const Experiment& experiment) {
  const Prepared prepared = prepare(experiment);
  ChipWork total;
  for (const Kernel& kernel : prepared.plan.kernels) {
    std::map<std::int32_t, std::int64_t> blocks_like;
    for (std::int32_t index = 0; index < kernel.blocks; ++index) {
      ++blocks_like[kernel.representative(index)];
    }
    Trace trace;
    for (const auto& [index, blocks] : blocks_like) {
      Banks banks(kernel, total);
      stream_block(kernel, index, trace, [&, alike = blocks](const std::vector<Op>& ops, std::int64_t times) {
        const double count = static_cast<double>(alike * times) * kernel.slices;
        for (const Op& op : ops) {
          total.special_lanes += count * special_lanes(op, kernel);
          banks.add(op, count);
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
      {"l2_read_sectors",
       "(SM reads + half of what comes from DRAM) / 32, of an L2 of two partitions; judged where no SM "
       "asks for what another asks for: such requests meet on their way",
       (l2_read + far * dram_read) / kSectorBytes, false, report.work.matmul_flops == 0},
      {"l2_write_sectors", "1.5 x SM writes / 32, of an L2 of two partitions", (1 + far) * l2_write / kSectorBytes,
       false},
      {"exp_instructions", "lanes at the special function units / 32: a score 1, a row's statistic 4",
       chip.special_lanes / kWarpLanes},
  };
  all.push_back({"smem_read_bytes", "operands of matmuls, with every warp's re-reads, and what passes the data banks",
                 chip.smem_read_bytes});
  all.push_back({"smem_write_bytes", "tile loads, results on their way out, and what passes the data banks",
                 chip.smem_write_bytes});
  all.push_back({"smem_bytes", "both of these", chip.smem_read_bytes + chip.smem_write_bytes});
  if (report.work.tensor_instructions > 0) {
    all.push_back({"tensor_instructions", "whole m16n8k16 of mma.sync, 4096 FLOP each, or m64nNk16 of wgmma",
                   static_cast<double>(report.work.tensor_instructions)});
  }
  return all;
}

}  // namespace sim
