#include "sim/executors/io.h"

#include <algorithm>
#include <map>

namespace sim {

Traffic Counters::traffic() const {
  Traffic sum;
  for (const Traffic& t : by_tensor) {
    sum.read_bytes += t.read_bytes;
    sum.write_bytes += t.write_bytes;
    sum.reduce_bytes += t.reduce_bytes;
  }
  return sum;
}

void Counters::add(const Counters& other, std::int64_t times) {
  by_tensor.resize(std::max(by_tensor.size(), other.by_tensor.size()));
  for (std::size_t t = 0; t < other.by_tensor.size(); ++t) {
    by_tensor[t].read_bytes += times * other.by_tensor[t].read_bytes;
    by_tensor[t].write_bytes += times * other.by_tensor[t].write_bytes;
    by_tensor[t].reduce_bytes += times * other.by_tensor[t].reduce_bytes;
  }
  work.matmul_flops += times * other.work.matmul_flops;
  work.other_flops += times * other.work.other_flops;
  work.exps += times * other.work.exps;
  work.tensor_instructions += times * other.work.tensor_instructions;
  work.smem_operand_bytes += times * other.work.smem_operand_bytes;
  ops += times * other.ops;
}

std::int64_t smem_operand_bytes(const Op& op, const Kernel& kernel) {
  // Operands are 16-bit except on the FMA lanes.
  const int size = kernel.matmul == MatmulUnit::ffma ? 4 : 2;
  const std::int64_t a = op.a_in_smem ? std::int64_t{op.shape.rows} * op.inner * size : 0;
  const std::int64_t b = op.b_in_smem ? std::int64_t{op.shape.cols} * op.inner * size : 0;
  switch (kernel.matmul) {
    case MatmulUnit::mma_sync: return a + b * std::min(kernel.warps, ceil_div(op.shape.rows, 16));
    case MatmulUnit::wgmma: return a + b * ceil_div(op.shape.rows, 64);
    case MatmulUnit::ffma: return a * ceil_div(op.shape.cols, 64) + b * ceil_div(op.shape.rows, 32);
  }
  return 0;
}

namespace {

std::int64_t tensor_instructions(const Op& op, MatmulUnit unit) {
  const std::int64_t k = ceil_div(op.inner, 16);
  switch (unit) {
    case MatmulUnit::mma_sync: return k * ceil_div(op.shape.rows, 16) * ceil_div(op.shape.cols, 8);
    case MatmulUnit::wgmma: return k * ceil_div(op.shape.rows, 64) * ceil_div(op.shape.cols, 256);
    case MatmulUnit::ffma: return 0;
  }
  return 0;
}

void count_matmul(const Op& op, const Kernel& kernel, Work& work) {
  work.matmul_flops += 2 * op.shape.elements() * op.inner;
  work.tensor_instructions += tensor_instructions(op, kernel.matmul);
  work.smem_operand_bytes += smem_operand_bytes(op, kernel);
}

}  // namespace

void count(const Op& op, const Kernel& kernel, Counters& counters) {
  const std::int64_t elements = op.shape.elements();
  switch (op.kind) {
    case OpKind::load:
    case OpKind::gather: counters.by_tensor[op.tensor].read_bytes += bytes_moved(op); break;
    case OpKind::store: counters.by_tensor[op.tensor].write_bytes += bytes_moved(op); break;
    case OpKind::reduce_add: counters.by_tensor[op.tensor].reduce_bytes += bytes_moved(op); break;
    case OpKind::matmul: count_matmul(op, kernel, counters.work); break;
    case OpKind::scale:
    case OpKind::add:
    case OpKind::sub:
    case OpKind::mul:
    case OpKind::div:
    case OpKind::max: counters.work.other_flops += elements; break;
    case OpKind::row_max:
    case OpKind::row_sum: counters.work.other_flops += elements * op.inner; break;
    case OpKind::exp: counters.work.exps += elements; break;
    case OpKind::exp_diff:
      counters.work.exps += elements;
      counters.work.other_flops += 2 * elements;
      break;
    case OpKind::release: return;
    default: break;
  }
  ++counters.ops;
}

Counters count_block(const Plan& plan, const Kernel& kernel, std::int32_t index) {
  Counters total, chunk;
  total.by_tensor.resize(plan.tensors.size());
  chunk.by_tensor.resize(plan.tensors.size());
  const Counters none = chunk;
  Trace trace;
  stream_block(kernel, index, trace, [&](const std::vector<Op>& ops, std::int64_t times) {
    Counters& counters = times == 1 ? total : chunk;
    for (const Op& op : ops) {
      count(op, kernel, counters);
    }
    if (times != 1) {
      total.add(chunk, times);
      chunk = none;
    }
  });
  return total;
}

Counters count_kernel(const Plan& plan, const Kernel& kernel) {
  std::map<std::int32_t, std::int64_t> blocks_like;
  for (std::int32_t index = 0; index < kernel.blocks; ++index) {
    ++blocks_like[kernel.representative(index)];
  }
  Counters total;
  total.by_tensor.resize(plan.tensors.size());
  for (const auto& [index, times] : blocks_like) {
    total.add(count_block(plan, kernel, index), times * kernel.slices);
  }
  return total;
}

Traffic paper_traffic(const Kernel& kernel, const Counters& two_level) {
  Traffic traffic = two_level.traffic();
  if (!kernel.paper_reads.empty()) {
    traffic.read_bytes = 0;
    for (const Region& region : kernel.paper_reads) {
      traffic.read_bytes += region.bytes() * (kernel.slices / region.tensor.slice_divisor);
    }
  }
  return traffic;
}

std::vector<std::int64_t> hbm_bytes_by_kernel(const Plan& plan, const std::vector<Counters>& kernels) {
  const Traffic unused{};
  std::vector<std::int64_t> bytes(kernels.size(), 0);
  for (std::size_t t = 0; t < plan.tensors.size(); ++t) {
    std::size_t first = kernels.size(), last = 0;
    for (std::size_t k = 0; k < kernels.size(); ++k) {
      if (!(kernels[k].by_tensor[t] == unused)) {
        first = std::min(first, k);
        last = k;
      }
    }
    if (plan.tensors[t].role != TensorRole::scratch) {
      first = 0;
      last = kernels.size() - 1;
    }
    for (std::size_t k = first; k <= last && k < kernels.size(); ++k) {
      bytes[k] += plan.tensors[t].bytes();
    }
  }
  return bytes;
}

}  // namespace sim
