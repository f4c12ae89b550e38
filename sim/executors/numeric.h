// The numeric executor: the definition of what every op computes. Comments of tile/op.h say it in a line each; the
// details are these.
//   load, gather  exact. Reading what nothing has written is an error of the program.
//   store         rounds to the tensor's dtype.
//   reduce_add    rounds the tile to the tensor's dtype, adds there and rounds again, as red.add does.
//   matmul        multiplies operands as they are; sums in fp32 in the order of k, starting from dst or from 0.
//   others        in fp32, then rounded to the dtype of dst.
//   max, row_max  a number wins over NaN, as CUDA's fmaxf has it.
//   fork, join, arrive, wait   hold no values.
// Blocks run one after another, slice by slice, each in its trace's order: atomic additions have a fixed order here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/executors/arithmetic.h"
#include "sim/executors/values.h"
#include "sim/tile/kernel.h"

namespace sim {

constexpr std::int64_t kValueBytesMax = std::int64_t{4} << 30;

/// Bytes that the values of all tensors take, 4 an element, when `grid_slices` slices of the grid are kept at once
/// (0: all). Tiles, the few that a block has, come on top.
std::int64_t value_bytes(const Plan& plan, std::int64_t grid_slices = 0);

/// Throws Error with the sum and a hint if value_bytes exceeds `limit`.
void check_value_bytes(const Plan& plan, std::int64_t limit, std::int64_t grid_slices = 0);

/// Rough time of executing `op`, for deciding where to leave checkpoints.
double estimated_ns(const Op& op);

/// Executes one block of grid slice `slice`: give it every op of `trace` in order. As an Oracle it answers a program
/// that is being recorded into that trace, by executing the ops that are new since the last question. A trace once
/// recorded may hold its loads in another order: execute it on values as they were before the block.
class NumericBlock : public Oracle {
 public:
  /// All four are kept by reference. `values` must hold no tile when the block begins.
  NumericBlock(const Plan& plan, const Kernel& kernel, std::int64_t slice, const Trace& trace, Values& values)
      : plan_(plan), kernel_(kernel), slice_(slice), trace_(trace), values_(values) {}

  /// Throws Error naming the program's line if it uses a dead tile or reads what was never written.
  void on(const Op& op);
  bool any_greater(const std::vector<Op>& ops_so_far, TileId tile, float threshold) override;

 private:
  [[noreturn]] void fail(const Op& op, const std::string& message) const;
  const Matrix& tile(const Op& op, TileId id) const;
  std::int64_t tensor_slice(const Op& op) const { return plan_.tensors[op.tensor].tensor.slice_of(slice_); }
  void read(const Op& op, std::int32_t row, Shape shape, float* out) const;
  void load(const Op& op);
  void gather(const Op& op);
  void store(const Op& op);
  void reduce_add(const Op& op);
  void fill(const Op& op);
  void multiply(const Op& op);
  void along_rows(const Op& op);
  void mask(const Op& op);
  template <typename F>
  void unary(const Op& op, F f);
  template <typename F>
  void binary(const Op& op, F f);
  void exponential(const Op& op);
  void exp_diff(const Op& op);
  void take_a(const Op& op, Matrix& a, Matrix& result);
  void put(const Op& op, Matrix result);
  void release(const Op& op);

  const Plan& plan_;
  const Kernel& kernel_;
  std::int64_t slice_;
  const Trace& trace_;
  Values& values_;
  std::size_t answered_ = 0;  ///< ops executed for questions so far
};

/// Records block `index` of slice `slice`. A data-dependent kernel's branches are decided by `values`, which must be
/// those at the block's start and stay as they are.
void record_block_with(const Plan& plan, const Kernel& kernel, std::int64_t slice, std::int32_t index,
                       const Values& values, Trace& trace);

/// A plan's values from its inputs to its outputs. Running out of memory is an Error.
class NumericRun {
 public:
  /// Keeps a reference to the plan. Throws Error if values of `grid_slices` slices (0: all) take more than `limit`.
  explicit NumericRun(const Plan& plan, std::int64_t limit = kValueBytesMax, std::int64_t grid_slices = 0);

  /// Writes a whole slice of the tensor called `name`, [rows][cols], rounded to its dtype.
  void set_input(const std::string& name, std::int64_t slice, std::span<const float> values);

  /// Runs the blocks of slices [first_slice, end_slice) of a kernel, in order.
  void run_kernel(std::size_t kernel, std::int64_t first_slice, std::int64_t end_slice);
  void run_kernel(std::size_t kernel) { run_kernel(kernel, 0, plan_.kernels[kernel].slices); }
  void run();  ///< all kernels, all slices

  /// A whole slice, [rows][cols]. Throws Error if some of it was never written.
  std::vector<float> read(const std::string& name, std::int64_t slice) const;

  /// Frees what grid slice `slice` uses of every tensor.
  void forget(std::int64_t slice);

  const Values& values() const { return values_; }
  std::uint64_t state_hash() const { return values_.hash(); }

 private:
  const TensorInfo& info(const std::string& name, std::int64_t slice) const;

  const Plan& plan_;
  Values values_;
};

}  // namespace sim
