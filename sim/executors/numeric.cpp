#include "sim/executors/numeric.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <new>

#include "sim/base/error.h"

namespace sim {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

std::string size_text(std::int64_t bytes) {
  const double gib = static_cast<double>(bytes) / (1 << 30);
  return gib >= 0.1 ? fmt::format("{:.1f} GiB", gib) : fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
}

std::int64_t value_bytes(const TensorInfo& info, std::int64_t grid_slices) {
  const std::int64_t divisor = info.tensor.slice_divisor;
  const std::int64_t slices = grid_slices == 0 ? info.slices : (grid_slices + divisor - 1) / divisor;
  return info.tensor.shape.elements() * slices * static_cast<std::int64_t>(sizeof(float));
}

const char* const kSizeHint = "fewer heads, a smaller batch or shorter sequences, or run without values (no --check)";

}  // namespace

std::int64_t value_bytes(const Plan& plan, std::int64_t grid_slices) {
  std::int64_t bytes = 0;
  for (const TensorInfo& info : plan.tensors) {
    bytes += value_bytes(info, grid_slices);
  }
  return bytes;
}

void check_value_bytes(const Plan& plan, std::int64_t limit, std::int64_t grid_slices) {
  const std::int64_t bytes = value_bytes(plan, grid_slices);
  if (bytes <= limit) {
    return;
  }
  std::string sum;
  for (const TensorInfo& info : plan.tensors) {
    sum += fmt::format("{}{} {}", sum.empty() ? "" : " + ", info.name, size_text(value_bytes(info, grid_slices)));
  }
  throw Error("values",
              fmt::format("{} = {} in fp32, more than the limit of {}", sum, size_text(bytes), size_text(limit)),
              kSizeHint);
}

double estimated_ns(const Op& op) {
  const auto elements = static_cast<double>(op.shape.elements());
  switch (op.kind) {
    case OpKind::matmul: return 100 + elements * op.inner * 0.25;
    case OpKind::row_max:
    case OpKind::row_sum: return 100 + elements * op.inner * 0.35;
    case OpKind::exp:
    case OpKind::exp_diff: return 100 + elements * 3.5;
    case OpKind::arrive:
    case OpKind::wait:
    case OpKind::fork:
    case OpKind::join:
    case OpKind::release: return 20;
    default: return 100 + elements * 0.6;
  }
}

// ---- One block ----

void NumericBlock::fail(const Op& op, const std::string& message) const {
  throw Error(fmt::format("{}:{}", kernel_.source_file, op.line), message);
}

const Matrix& NumericBlock::tile(const Op& op, TileId id) const {
  const Matrix* found = values_.tiles.find(id);
  if (found == nullptr) {
    fail(op, fmt::format("{} uses a tile that is dead (tile {})", name_of(op.kind), id));
  }
  return *found;
}

void NumericBlock::read(const Op& op, std::int32_t row, Shape shape, float* out) const {
  if (!values_.hbm.read(op.tensor, tensor_slice(op), row, op.col, shape, out)) {
    fail(op, fmt::format("{} of {} rows {} to {}, columns {} to {}: some of it was never written", name_of(op.kind),
                         plan_.tensors[op.tensor].name, row, row + shape.rows - 1, op.col, op.col + shape.cols - 1));
  }
}

void NumericBlock::load(const Op& op) {
  if (op.barrier == kNoBarrier) {
    Matrix result(op.shape);
    read(op, op.row, op.shape, result.write());
    values_.tiles.put(op.dst, std::move(result));
    return;
  }
  tile(op, op.dst);  // into a slot, which may have more rows than the region
  read(op, op.row, op.shape, values_.tiles.find(op.dst)->write());
}

void NumericBlock::gather(const Op& op) {
  const GatherRows& rows = trace_.gathers[static_cast<std::size_t>(op.inner)];
  Matrix result(op.shape);
  float* out = result.write();
  for (const std::int32_t first : rows.first_rows) {
    const Shape each{rows.rows_each, op.shape.cols};
    read(op, first, each, out);
    out += each.elements();
  }
  values_.tiles.put(op.dst, std::move(result));
}

void NumericBlock::store(const Op& op) {
  Matrix rounded = tile(op, op.a);
  if (size_of(op.dtype) < 4) {
    round_to(op.dtype, rounded.write(), op.shape.elements());
  }
  values_.hbm.write(op.tensor, tensor_slice(op), op.row, op.col, op.shape, rounded.data());
}

void NumericBlock::reduce_add(const Op& op) {
  Matrix term = tile(op, op.a), sum(op.shape);
  round_to(op.dtype, term.write(), op.shape.elements());
  float* out = sum.write();
  read(op, op.row, op.shape, out);
  const float* in = term.data();
  for (std::int64_t i = 0; i < op.shape.elements(); ++i) {
    out[i] += in[i];
  }
  round_to(op.dtype, out, op.shape.elements());
  values_.hbm.write(op.tensor, tensor_slice(op), op.row, op.col, op.shape, out);
}

// Rounds and keeps an op's result.
void NumericBlock::put(const Op& op, Matrix result) {
  if (size_of(op.dtype) < 4) {
    round_to(op.dtype, result.write(), op.shape.elements());
  }
  values_.tiles.put(op.dst, std::move(result));
}

void NumericBlock::fill(const Op& op) {
  Matrix result(op.shape);
  std::fill_n(result.write(), op.shape.elements(), op.scalar);
  put(op, std::move(result));
}

void NumericBlock::multiply(const Op& op) {
  const MatmulShape shape{op.shape.rows, op.shape.cols, op.inner, op.transpose_b, op.accumulate};
  const Matrix a = tile(op, op.a), b = tile(op, op.b);
  if (op.accumulate) {
    tile(op, op.dst);
    matmul(shape, a.data(), b.data(), values_.tiles.find(op.dst)->write());
    return;
  }
  Matrix result(op.shape);
  matmul(shape, a.data(), b.data(), result.write());
  put(op, std::move(result));
}

void NumericBlock::along_rows(const Op& op) {
  const Matrix& a = tile(op, op.a);
  Matrix result(op.shape);
  const Shape shape{op.shape.rows, op.inner};
  op.kind == OpKind::row_max ? row_max(shape, a.data(), result.write()) : row_sum(shape, a.data(), result.write());
  put(op, std::move(result));
}

// a, and where the result goes: over a, if its storage may be taken and nobody else has it.
void NumericBlock::take_a(const Op& op, Matrix& a, Matrix& result) {
  a = tile(op, op.a);
  if (op.reuses_a) {
    values_.tiles.drop(op.a);
    if (!a.shared() && a.shape() == op.shape) {
      result = std::move(a);
      return;
    }
  }
  result = Matrix(op.shape);
}

template <typename F>
void NumericBlock::unary(const Op& op, F f) {
  Matrix a, result;
  take_a(op, a, result);
  const Broadcast in{a ? a.data() : result.data(), op.shape.cols};
  for_each_pair(op.shape, in, in, result.write(), [f](float x, float) { return f(x); });
  put(op, std::move(result));
}

template <typename F>
void NumericBlock::binary(const Op& op, F f) {
  const Matrix b = tile(op, op.b);
  Matrix a, result;
  take_a(op, a, result);
  const Broadcast left{a ? a.data() : result.data(), a ? a.shape().cols : op.shape.cols};
  for_each_pair(op.shape, left, {b.data(), b.shape().cols}, result.write(), f);
  put(op, std::move(result));
}

void NumericBlock::exponential(const Op& op) {
  Matrix a, result;
  take_a(op, a, result);
  float* out = result.write();
  if (a) {
    std::copy_n(a.data(), op.shape.elements(), out);
  }
  exp_in_place(out, op.shape.elements());
  put(op, std::move(result));
}

void NumericBlock::exp_diff(const Op& op) {
  const Matrix b = tile(op, op.b);
  Matrix a, result;
  take_a(op, a, result);
  const Broadcast left{a ? a.data() : result.data(), op.shape.cols};
  float* out = result.write();
  for_each_pair(op.shape, left, {b.data(), b.shape().cols}, out,
                [scalar = op.scalar](float x, float y) { return scalar * (x - (y == -kInf ? 0.0f : y)); });
  exp_in_place(out, op.shape.elements());
  put(op, std::move(result));
}

void NumericBlock::mask(const Op& op) {
  Matrix a, result;
  take_a(op, a, result);
  const float* in = a ? a.data() : result.data();
  float* out = result.write();
  for (std::int32_t r = 0; r < op.shape.rows; ++r, in += op.shape.cols, out += op.shape.cols) {
    const std::int32_t query = static_cast<std::int32_t>((std::int64_t{op.row} + r) % op.inner);
    const std::int32_t kept = std::clamp(op.col + query + 1, 0, op.shape.cols);
    std::copy(in, in + kept, out);
    std::fill(out + kept, out + op.shape.cols, -kInf);
  }
  put(op, std::move(result));
}

void NumericBlock::release(const Op& op) {
  if (!values_.tiles.drop(op.a)) {
    fail(op, fmt::format("release of a tile that is dead already (tile {})", op.a));
  }
}

void NumericBlock::on(const Op& op) {
  switch (op.kind) {
    case OpKind::load: return load(op);
    case OpKind::gather: return gather(op);
    case OpKind::store: return store(op);
    case OpKind::reduce_add: return reduce_add(op);
    case OpKind::fill: return fill(op);
    case OpKind::matmul: return multiply(op);
    case OpKind::convert: return unary(op, [](float x) { return x; });
    case OpKind::scale: return unary(op, [s = op.scalar](float x) { return s * x; });
    case OpKind::add: return binary(op, [](float x, float y) { return x + y; });
    case OpKind::sub: return binary(op, [](float x, float y) { return x - y; });
    case OpKind::mul: return binary(op, [](float x, float y) { return x * y; });
    case OpKind::div:
      return binary(op, [](float x, float y) {
        const float quotient = x / y;
        return y == 0 ? 0.0f : quotient;
      });
    case OpKind::max: return binary(op, [](float x, float y) { return x > y || y != y ? x : y; });
    case OpKind::exp: return exponential(op);
    case OpKind::exp_diff: return exp_diff(op);
    case OpKind::log: return unary(op, log_fp32);
    case OpKind::row_max:
    case OpKind::row_sum: return along_rows(op);
    case OpKind::mask: return mask(op);
    case OpKind::release: return release(op);
    case OpKind::arrive:
    case OpKind::wait:
    case OpKind::fork:
    case OpKind::join: return;
  }
}

bool NumericBlock::any_greater(const std::vector<Op>& ops_so_far, TileId id, float threshold) {
  for (; answered_ < ops_so_far.size(); ++answered_) {
    on(ops_so_far[answered_]);
  }
  const std::span<const float> all = tile(ops_so_far.back(), id).view();
  return std::any_of(all.begin(), all.end(), [threshold](float x) { return x > threshold; });
}

void record_block_with(const Plan& plan, const Kernel& kernel, std::int64_t slice, std::int32_t index,
                       const Values& values, Trace& trace) {
  if (!kernel.data_dependent) {
    record_block(kernel, index, trace);
    return;
  }
  Values tried = values;
  NumericBlock oracle(plan, kernel, slice, trace, tried);
  record_block(kernel, index, trace, &oracle);
}

// ---- A whole run ----

namespace {

// Does `work`; no memory becomes an Error.
template <typename F>
auto with_memory(const Plan& plan, F work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw Error("values", fmt::format("no memory left: the tensors alone take {}", size_text(value_bytes(plan))),
                kSizeHint);
  }
}

}  // namespace

NumericRun::NumericRun(const Plan& plan, std::int64_t limit, std::int64_t grid_slices) : plan_(plan), values_(plan) {
  check_value_bytes(plan, limit, grid_slices);
}

const TensorInfo& NumericRun::info(const std::string& name, std::int64_t slice) const {
  const TensorInfo* found = plan_.find(name);
  SIM_CHECK(found != nullptr && slice >= 0 && slice < found->slices);
  return *found;
}

void NumericRun::set_input(const std::string& name, std::int64_t slice, std::span<const float> values) {
  const Tensor& tensor = info(name, slice).tensor;
  SIM_CHECK(static_cast<std::int64_t>(values.size()) == tensor.shape.elements());
  with_memory(plan_, [&] {
    std::vector<float> rounded(values.begin(), values.end());
    round_to(tensor.dtype, rounded.data(), tensor.shape.elements());
    values_.hbm.write(tensor.id, slice, 0, 0, tensor.shape, rounded.data());
  });
}

void NumericRun::run_kernel(std::size_t index, std::int64_t first_slice, std::int64_t end_slice) {
  const Kernel& kernel = plan_.kernels[index];
  with_memory(plan_, [&] {
    Trace trace;
    for (std::int64_t slice = first_slice; slice < end_slice; ++slice) {
      for (std::int32_t block = 0; block < kernel.blocks; ++block) {
        record_block_with(plan_, kernel, slice, block, values_, trace);
        NumericBlock executor(plan_, kernel, slice, trace, values_);
        for (const Op& op : trace.ops) {
          executor.on(op);
        }
        values_.tiles.clear();
      }
    }
  });
}

void NumericRun::run() {
  for (std::size_t k = 0; k < plan_.kernels.size(); ++k) {
    run_kernel(k);
  }
}

std::vector<float> NumericRun::read(const std::string& name, std::int64_t slice) const {
  const Tensor& tensor = info(name, slice).tensor;
  return with_memory(plan_, [&] {
    std::vector<float> values(static_cast<std::size_t>(tensor.shape.elements()));
    if (!values_.hbm.read(tensor.id, slice, 0, 0, tensor.shape, values.data())) {
      throw Error(plan_.algorithm, fmt::format("some of {} was never written", name));
    }
    return values;
  });
}

void NumericRun::forget(std::int64_t slice) {
  for (const TensorInfo& info : plan_.tensors) {
    values_.hbm.forget(info.tensor.id, info.tensor.slice_of(slice));
  }
}

}  // namespace sim
