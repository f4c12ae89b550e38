// Traces and values of a run's blocks.
#include <algorithm>

#include "sim/analysis/check.h"
#include "sim/base/error.h"
#include "sim/base/npy.h"
#include "ui/scope/run_parts.h"

namespace scope {

namespace {

std::vector<float> read(const std::string& path) {
  return path.empty() ? std::vector<float>{} : sim::read_npy(path).values;
}

std::int64_t bytes_of(const TraceIndex& index) {
  return static_cast<std::int64_t>(index.trace->ops.size() * (sizeof(sim::Op) + 3 * sizeof(std::uint32_t)) +
                                   index.tiles.size() * (sizeof(TileInfo) + sizeof(std::uint32_t)));
}

}  // namespace

// Where a program branches on values, its blocks are placed in time as it assumes, and those ops are shown: values of
// other branches would not go with them.
bool Run::has_values() const {
  const std::vector<sim::Kernel>& all = plan().kernels;
  return std::none_of(all.begin(), all.end(), [](const sim::Kernel& kernel) { return kernel.data_dependent; }) &&
         (!values_by_slice() || (sim::value_bytes(plan(), 1) <= options_.value_bytes_max &&
                                 report_.work.matmul_flops / all.front().slices <= options_.value_work_max));
}

bool Run::values_by_slice() const {
  return sim::value_bytes(plan()) > options_.value_bytes_max || report_.work.matmul_flops > options_.value_work_max;
}

sim::Values Run::Parts::inputs() const {
  const sim::Scenario::Inputs& from = run.scenario().inputs;
  const std::vector<float> q = read(from.q), k = read(from.k), v = read(from.v), x = read(from.x);
  sim::NumericRun start(run.plan(), run.options().value_bytes_max);
  for (std::int32_t slice = 0; slice < run.plan().kernels.front().slices; ++slice) {
    sim::set_inputs(start, run.plan(), run.problem(), {from.spec, q, k, v, x}, slice);
  }
  return start.values();
}

sim::Values Run::Parts::inputs_of(const sim::Plan& one, std::int64_t slice) const {
  const sim::Scenario::Inputs& from = run.scenario().inputs;
  const std::vector<float> q = read(from.q), k = read(from.k), v = read(from.v), x = read(from.x);
  sim::NumericRun all(run.plan(), run.options().value_bytes_max, 1);
  sim::set_inputs(all, run.plan(), run.problem(), {from.spec, q, k, v, x}, slice);
  sim::NumericRun start(one, run.options().value_bytes_max);
  for (const sim::TensorInfo& info : one.tensors) {
    if (info.role == sim::TensorRole::input) {
      start.set_input(info.name, 0, all.read(info.name, info.tensor.slice_of(slice)));
    }
  }
  return start.values();
}

// Slices of the grid do not depend on each other, so that one alone holds the same values as among all.
sim::Timeline& Run::Parts::slice_timeline(std::int64_t slice) {
  if (of_slice == nullptr || timeline_slice != slice) {
    sim::Plan one = run.plan();
    for (sim::Kernel& kernel : one.kernels) {
      kernel.slices = 1;
    }
    for (sim::TensorInfo& info : one.tensors) {
      info.slices = 1;
    }
    const sim::Values start = inputs_of(one, slice);
    states = {};
    of_slice = std::make_unique<sim::Timeline>(std::move(one), start);
    timeline_slice = slice;
  }
  return *of_slice;
}

std::pair<sim::Timeline*, std::int64_t> Run::Parts::value_index(std::int32_t kernel, std::uint32_t block,
                                                                std::uint32_t op) {
  run.block_run(kernel, block);  // checks
  const auto blocks = static_cast<std::uint32_t>(run.plan().kernels[static_cast<std::size_t>(kernel)].blocks);
  const auto slice = static_cast<std::int32_t>(block / blocks), index = static_cast<std::int32_t>(block % blocks);
  sim::Timeline& in = run.value_timeline(slice);
  const auto at = static_cast<std::int32_t>(run.has_values() ? run.value_slice(slice) : slice);
  return {&in, in.index_of({kernel, at, index, op})};
}

sim::Timeline& Run::Parts::make_timeline() {
  if (timeline == nullptr) {
    timeline = run.has_values() && !run.values_by_slice() ? std::make_unique<sim::Timeline>(run.plan(), inputs())
                                                          : std::make_unique<sim::Timeline>(run.plan());
  }
  return *timeline;
}

sim::Timeline& Run::timeline() const { return parts_->make_timeline(); }

sim::Timeline& Run::value_timeline(std::int64_t grid_slice) const {
  return has_values() && values_by_slice() ? parts_->slice_timeline(grid_slice) : timeline();
}

sim::State Run::state_before(std::int32_t kernel, std::uint32_t block) const {
  const auto [in, k] = parts_->value_index(kernel, block, 0);
  return in->seek(k);
}

std::shared_ptr<const TraceIndex> Run::trace(std::int32_t kernel, std::uint32_t block) const {
  block_run(kernel, block);  // checks
  const sim::Kernel& program = plan().kernels[static_cast<std::size_t>(kernel)];
  const auto index = static_cast<std::uint32_t>(block % static_cast<std::uint32_t>(program.blocks));
  const BlockKey key{kernel, index};
  std::shared_ptr<const TraceIndex> found = parts_->traces.find(key);
  if (found == nullptr) {
    found = index_trace(timeline().trace(kernel, 0, static_cast<std::int32_t>(index)), plan(), program,
                        schedule().block_q, schedule().block_kv);
    parts_->traces.put(key, found, bytes_of(*found));
  }
  return found;
}

std::int64_t Run::program_index(std::int32_t kernel, std::uint32_t block, std::uint32_t op) const {
  block_run(kernel, block);  // checks
  const auto blocks = static_cast<std::uint32_t>(plan().kernels[static_cast<std::size_t>(kernel)].blocks);
  return timeline().index_of(
      {kernel, static_cast<std::int32_t>(block / blocks), static_cast<std::int32_t>(block % blocks), op});
}

const sim::State& Run::state_after(std::int32_t kernel, std::uint32_t block, std::uint32_t op) const {
  const std::vector<sim::Op>& ops = trace(kernel, block)->trace->ops;
  SIM_CHECK(op < ops.size());
  std::uint32_t next = op + 1;
  while (next < ops.size() && ops[next].kind == sim::OpKind::release) {
    ++next;
  }
  const auto [in, first] = parts_->value_index(kernel, block, op);
  const std::int64_t k = first + (next - op);
  auto& [last, before] = parts_->states;
  if (last == nullptr || last->k != k) {
    last.swap(before);
    if (last == nullptr || last->k != k) {
      last = std::make_unique<sim::State>(in->seek(k));
    }
  }
  return *last;
}

}  // namespace scope
