#include "ui/scope/places.h"

#include <algorithm>
#include <string_view>

namespace scope {

namespace {

bool is_chunked(const sim::Plan& plan) { return plan.algorithm == "memory_efficient"; }

std::int32_t rows_of(const sim::Plan& plan, const char* tensor) {
  const sim::TensorInfo* info = plan.find(tensor);
  return info != nullptr ? info->tensor.shape.rows : 0;
}

}  // namespace

std::optional<ChunkStart> chunk_of(const sim::Plan& plan, const sim::Kernel& kernel) {
  const sim::Kernel* first = plan.kernels.data();
  const bool ours = &kernel >= first && &kernel < first + plan.kernels.size();
  if (!is_chunked(plan) || !ours) {
    return std::nullopt;
  }
  // The kernels of a chunk follow its "scores", whose operands say which chunk it is.
  for (const sim::Kernel* k = &kernel; k >= first; --k) {
    if (k->name == "scores" && k->paper_reads.size() == 2) {
      return ChunkStart{k->paper_reads[0].row, k->paper_reads[1].row};
    }
    if (k == first) {
      break;
    }
  }
  return std::nullopt;
}

std::int32_t part_height(const sim::Plan& plan, const sim::TensorInfo& tensor) {
  const std::string_view name = tensor.name;
  if (name.ends_with("_splits")) {
    return rows_of(plan, "Q");
  }
  return name.ends_with("_chunks") ? rows_of(plan, "S") : 0;
}

Units units_of(const sim::Plan& plan, std::int32_t block_q, std::int32_t block_kv) {
  if (is_chunked(plan) && !plan.kernels.empty()) {
    sim::Trace trace;
    sim::record_block(plan.kernels.front(), 0, trace);
    for (const sim::Op& op : trace.ops) {
      if (op.kind == sim::OpKind::matmul) {
        return {op.shape.rows, op.shape.cols};
      }
    }
  }
  return {std::max(1, block_q), std::max(1, block_kv)};
}

Places::Places(const sim::Plan& plan, const sim::Kernel& kernel, std::int32_t block_q, std::int32_t block_kv)
    : frames_(plan.tensors.size()), units_(units_of(plan, block_q, block_kv)) {
  const std::optional<ChunkStart> chunk = chunk_of(plan, kernel);
  for (const sim::TensorInfo& info : plan.tensors) {
    Frame& frame = frames_[info.tensor.id];
    frame.height = part_height(plan, info);
    if (chunk && frame.height > 0) {
      frame.row = chunk->query;
    } else if (chunk && (info.name == "S" || info.name == "P")) {
      frame.row = chunk->query;
      frame.col = chunk->key;
    }
  }
}

Places::At Places::of(sim::TensorId tensor, std::int32_t row, std::int32_t col) const {
  const Frame& frame = frames_[tensor];
  if (frame.height > 0) {
    return {frame.row + row % frame.height, frame.col + col, row / frame.height};
  }
  return {frame.row + row, frame.col + col, -1};
}

}  // namespace scope
