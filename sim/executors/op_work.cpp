#include "sim/executors/op_work.h"

#include <algorithm>

#include "sim/executors/io.h"

namespace sim {

std::string_view name_of(Unit unit) {
  static constexpr std::string_view kNames[kUnits] = {"tensor core", "fp32", "alu", "exp", "smem"};
  return kNames[static_cast<int>(unit)];
}

namespace {

// A fragment's row is spread over a quad of lanes (m16n8 accumulator layout, PTX ISA).
constexpr int kLanesOfAFragmentsRow = 4;
constexpr double kIssueLanes = 4 * 32;
// Exponentials among other instructions: gpu/microbench pass.exp, 2 blocks of 4 warps, over its exponentials alone;
// H200.
constexpr double kExpInAPass = 1083.4 / 1024;
constexpr double kShuffleLanes = 32;  // a clock: gpu/microbench alu.shuffle, 32.0 on an H200

// ldmatrix and mma.sync of the same warps hide behind each other but for this share of the shorter: the mean of
// gpu/microbench mma_feed, 2 blocks of 4 warps or 1 of 8, H200 (b and a_and_b, 16 and 32 rows a warp: 0.03 to 0.45).
constexpr double kFeedStall = 0.17;

// Of each issue slot that such an instruction takes, how much mma.sync of other warps loses: gpu/microbench
// issue.mma_fma_apart, mma_max_apart, mma_exp2_apart at 16 warps, less mma alone, over the slots; H200.
constexpr double kMmaMissesOfFp32 = 1.02, kMmaMissesOfAlu = 0.57, kMmaMissesOfExp = 0.68;

double& at(UnitWork& work, Unit unit) { return work[static_cast<std::size_t>(unit)]; }
double of(const UnitWork& work, Unit unit) { return work[static_cast<std::size_t>(unit)]; }

std::int64_t padded(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

// FLOPs that the instructions do, edges of their shapes included. All warps work on rows of their own.
double padded_flops(const Op& op, const Kernel& kernel) {
  const std::int64_t rows = op.shape.rows, cols = op.shape.cols;
  switch (kernel.matmul) {
    case MatmulUnit::mma_sync:
      return 2.0 * padded(rows, std::int64_t{16} * kernel.warps) * padded(cols, 8) * padded(op.inner, 16);
    case MatmulUnit::wgmma: return 2.0 * padded(rows, 64) * padded(cols, 8) * padded(op.inner, 16);
    case MatmulUnit::ffma: return 2.0 * rows * cols * op.inner;
  }
  return 0;
}

void add_matmul(const Op& op, const Kernel& kernel, const Machine& machine, const TimingRules& rules, UnitWork& work) {
  const Unit unit = kernel.matmul == MatmulUnit::ffma ? Unit::fp32 : Unit::tensor;
  const double smem = static_cast<double>(smem_operand_bytes(op, kernel)) / machine.rates.smem_bytes_per_clock;
  double tensor = padded_flops(op, kernel) / machine.matmul_flops_per_clock(kernel.matmul);
  if (kernel.matmul == MatmulUnit::mma_sync && rules.feed_stall) {
    tensor += kFeedStall * std::min(tensor, smem);
  }
  at(work, unit) += tensor;
  at(work, Unit::smem) += smem;
}

// Lanes at work on a tile. All lanes that hold parts of a row hold its statistics alike, each doing the same; rows that
// warps share are held in words of 16 bytes, and a shorter row leaves lanes idle.
double lanes_at_work(const Op& op, const Kernel& kernel) {
  const bool reduces = op.kind == OpKind::row_max || op.kind == OpKind::row_sum;
  const std::int64_t cols = reduces ? op.inner : op.shape.cols;
  if (cols == 1) {
    return static_cast<double>(op.shape.rows) * lanes_of_a_row(kernel);
  }
  const std::int64_t word = kernel.matmul == MatmulUnit::ffma ? 4 : 8;
  return static_cast<double>(op.shape.rows) *
         static_cast<double>(kernel.lanes_of_a_row > 0 ? padded(cols, word * kernel.lanes_of_a_row) : cols);
}

}  // namespace

double special_lanes(const Op& op, const Kernel& kernel) {
  switch (op.kind) {
    case OpKind::exp:
    case OpKind::exp_diff:
    case OpKind::log: return lanes_at_work(op, kernel);
    case OpKind::div: return static_cast<double>(lanes_of_a_row(kernel)) * op.shape.rows;
    default: return 0;
  }
}

int lanes_of_a_row(const Kernel& kernel) {
  return kernel.lanes_of_a_row > 0 ? kernel.lanes_of_a_row : kLanesOfAFragmentsRow;
}

int shuffles_of_a_row(const Kernel& kernel) {
  int steps = 0;
  for (int lanes = lanes_of_a_row(kernel); lanes > 1; lanes /= 2) {
    ++steps;
  }
  return steps;
}

UnitWork work_of(const Op& op, const Kernel& kernel, const Machine& machine, const TimingRules& rules) {
  UnitWork work{};
  const Machine::Rates& rates = machine.rates;
  if (op.kind == OpKind::matmul) {
    add_matmul(op, kernel, machine, rules, work);
    return work;
  }
  const double lanes = lanes_at_work(op, kernel);
  switch (op.kind) {
    case OpKind::scale:
    case OpKind::add:
    case OpKind::sub:
    case OpKind::mul:
    case OpKind::row_sum: at(work, Unit::fp32) = lanes / rates.fp32_lanes; break;
    case OpKind::div:  // one reciprocal a row, one product an element
      at(work, Unit::fp32) = lanes / rates.fp32_lanes;
      at(work, Unit::exp) = special_lanes(op, kernel) / rates.exp_per_clock;
      break;
    case OpKind::fill: at(work, Unit::alu) = op.level == Level::registers ? lanes / rates.alu_lanes : 0; break;
    case OpKind::max:
    case OpKind::row_max: at(work, Unit::alu) = lanes / rates.alu_lanes; break;
    case OpKind::mask: at(work, Unit::alu) = 2 * lanes / rates.alu_lanes; break;     // compare, select
    case OpKind::convert: at(work, Unit::alu) = lanes / 2 / rates.alu_lanes; break;  // two to a packed result
    case OpKind::exp:                                                                // a product by log2 e, then 2^x
    case OpKind::exp_diff:  // one fused multiply-add, then 2^x; rows of any number have to subtract first
    case OpKind::log:
      at(work, Unit::fp32) = lanes / rates.fp32_lanes;
      if (op.kind == OpKind::exp_diff && kernel.lanes_of_a_row > 0) {
        at(work, Unit::fp32) *= 2;
      }
      at(work, Unit::exp) = kExpInAPass * special_lanes(op, kernel) / rates.exp_per_clock;
      break;
    default: break;
  }
  return work;
}

double unpack_cycles(double elements, const Machine& machine) { return elements / machine.rates.alu_lanes; }

bool is_staged(const Op& op, bool from_fp32, const Kernel& kernel) {
  return from_fp32 && size_of(op.dtype) == 2 && kernel.lanes_of_a_row == 0 && op.shape.cols > 1;
}

UnitWork store_work(const Op& op, bool from_fp32, const Kernel& kernel, const Machine& machine) {
  UnitWork work{};
  if (!from_fp32 || size_of(op.dtype) != 2) {
    return work;
  }
  at(work, Unit::alu) = static_cast<double>(op.shape.elements()) / 2 / machine.rates.alu_lanes;
  if (is_staged(op, from_fp32, kernel)) {
    at(work, Unit::smem) = 2 * static_cast<double>(bytes_moved(op)) / machine.rates.smem_bytes_per_clock;
  }
  return work;
}

UnitWork shuffle_work(std::int32_t rows, const Kernel& kernel, const Machine& machine) {
  UnitWork work{};
  const double lanes = static_cast<double>(rows) * lanes_of_a_row(kernel) * shuffles_of_a_row(kernel);
  at(work, Unit::smem) = lanes / kShuffleLanes;
  at(work, Unit::alu) = lanes / machine.rates.alu_lanes;
  return work;
}

double shuffle_latency(const Kernel& kernel, const Machine& machine) {
  return shuffles_of_a_row(kernel) * machine.overheads.shuffle_cycles;
}

double issue_cycles(const UnitWork& work, const Machine& machine) {
  const Machine::Rates& rates = machine.rates;
  return (of(work, Unit::fp32) * rates.fp32_lanes + of(work, Unit::alu) * rates.alu_lanes +
          of(work, Unit::exp) * rates.exp_per_clock) /
         kIssueLanes;
}

double mma_slots(const UnitWork& work, const Machine& machine) {
  const Machine::Rates& rates = machine.rates;
  return (kMmaMissesOfFp32 * of(work, Unit::fp32) * rates.fp32_lanes +
          kMmaMissesOfAlu * of(work, Unit::alu) * rates.alu_lanes +
          kMmaMissesOfExp * of(work, Unit::exp) * rates.exp_per_clock) /
         kIssueLanes;
}

}  // namespace sim
