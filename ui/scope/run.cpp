#include "ui/scope/run.h"

#include <algorithm>

#include "sim/base/error.h"
#include "ui/scope/run_parts.h"

namespace scope {

std::span<const PlacedSpan> KernelRun::spans_of(std::uint32_t block) const {
  const auto [first, count] = block_spans[block];
  if (count == 0) {
    return {};
  }
  return lanes[static_cast<std::size_t>(blocks[block].sm)].subspan(first, count);
}

std::span<const PlacedSpan> KernelRun::lane(std::int32_t sm) const {
  const bool is_there = sm >= 0 && sm < static_cast<std::int32_t>(lanes.size());
  return is_there ? lanes[static_cast<std::size_t>(sm)] : std::span<const PlacedSpan>{};
}

std::int32_t Run::kernel_at(double t_us) const {
  const auto at = std::lower_bound(kernels_.begin(), kernels_.end(), t_us,
                                   [](const KernelRun& kernel, double t) { return kernel.end_us < t; });
  return static_cast<std::int32_t>(std::min<std::ptrdiff_t>(at - kernels_.begin(), std::ssize(kernels_) - 1));
}

const BlockRun& Run::block_run(std::int32_t kernel, std::uint32_t block) const {
  SIM_CHECK(kernel >= 0 && kernel < std::ssize(kernels_));
  const std::vector<BlockRun>& blocks = kernels_[static_cast<std::size_t>(kernel)].blocks;
  SIM_CHECK(block < blocks.size());
  return blocks[block];
}

const ByteSeries& Run::bytes(sim::TensorId tensor, Boundary boundary, bool write) const {
  SIM_CHECK(tensor < parts_->series.size());
  return parts_->series[tensor][2 * static_cast<std::size_t>(boundary) + (write ? 1 : 0)];
}

std::int64_t Run::bytes_at(double t_us, Boundary boundary, bool write) const {
  std::int64_t sum = 0;
  for (std::size_t tensor = 0; tensor < parts_->series.size(); ++tensor) {
    sum += bytes(static_cast<sim::TensorId>(tensor), boundary, write).at(t_us);
  }
  return sum;
}

}  // namespace scope
