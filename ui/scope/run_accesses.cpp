// Which bytes a span moves, without the block's trace.
#include <algorithm>

#include "ui/scope/run_parts.h"

namespace scope {

std::size_t Run::moved_count(std::int32_t kernel, std::uint32_t block) const {
  return parts_->kernels[static_cast<std::size_t>(kernel)].of(block).spans.size();
}

std::optional<Run::Moved> Run::moved(std::int32_t kernel, std::uint32_t block, std::size_t n) const {
  const KernelBlocks& blocks = parts_->kernels[static_cast<std::size_t>(kernel)];
  const std::vector<ExpectedSpan>& spans = blocks.of(block).spans;
  if (n >= spans.size() || spans[n].bytes == 0) {
    return std::nullopt;
  }
  const auto in_slice = static_cast<std::uint32_t>(blocks.class_of.size());
  const auto index = static_cast<std::int32_t>(block % in_slice);
  const auto behind = std::upper_bound(blocks.addresses.begin(), blocks.addresses.end(), index,
                                       [](std::int32_t i, const sim::AccessClass& c) { return i < c.first; });
  const sim::AccessClass& in = *std::prev(behind);
  const sim::Access& access = in.accesses[spans[n].access];
  const sim::AccessRegion& region = in.regions[access.first_region];
  const std::int32_t step = index - in.first;
  const sim::Tensor& tensor = plan().tensors[access.tensor].tensor;
  return Moved{access.kind,
               access.tensor,
               tensor.slice_of(block / in_slice),
               region.row + step * region.row_step,
               region.col + step * region.col_step,
               region.shape};
}

}  // namespace scope
