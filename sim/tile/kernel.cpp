#include "sim/tile/kernel.h"

#include "sim/base/error.h"

namespace sim {

Tensor Plan::add(std::string name, TensorRole role, DType dtype, Shape shape, std::int32_t slices,
                 std::int32_t grid_slices) {
  SIM_CHECK(slices > 0 && grid_slices % slices == 0);
  const Tensor tensor{static_cast<TensorId>(tensors.size()), dtype, shape, grid_slices / slices};
  tensors.push_back({std::move(name), tensor, slices, role});
  return tensor;
}

const TensorInfo* Plan::find(const std::string& name) const {
  for (const TensorInfo& info : tensors) {
    if (info.name == name) {
      return &info;
    }
  }
  return nullptr;
}

void record_block(const Kernel& kernel, std::int32_t index, Trace& trace, Oracle* oracle) {
  SIM_CHECK(index >= 0 && index < kernel.blocks);
  Block block(index, trace, kernel.source_file, kernel.warps, oracle);
  kernel.program(block);
  block.finish();
}

void stream_block(const Kernel& kernel, std::int32_t index, Trace& trace, const OpSink& sink) {
  SIM_CHECK(index >= 0 && index < kernel.blocks);
  Block block(index, trace, kernel.source_file, kernel.warps, nullptr, &sink);
  kernel.program(block);
  block.finish();
}

}  // namespace sim
