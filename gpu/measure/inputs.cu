#include "measure/inputs.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>
#include <string>

namespace measure {
namespace {

using kernels::DType;
using kernels::Problem;

constexpr std::size_t kTail = 4096;  // bytes behind an output that nobody may write

__host__ __device__ inline std::uint32_t mixed(std::uint64_t x) {  // the finalizer of splitmix64
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return static_cast<std::uint32_t>((x ^ (x >> 31)) >> 32);
}

__device__ inline float normal(std::uint64_t seed, std::uint64_t i) {  // Box and Muller
  const float u = (static_cast<float>(mixed(seed ^ (2 * i)) >> 8) + 0.5f) * 0x1p-24f;
  const float v = static_cast<float>(mixed(seed ^ (2 * i + 1)) >> 8) * 0x1p-24f;
  return sqrtf(-2 * logf(u)) * cospif(2 * v);
}

__device__ inline float sign(std::uint64_t i) { return (mixed(i) & 1) != 0 ? 1.0f : -1.0f; }

enum class Role : std::uint8_t { q, k, v, x };

struct Filling {
  Role role;
  InputKind kind;
  std::uint64_t seed;
  std::int64_t rows, cols;  // of a slice
  float peak;               // `extreme`: of an element
};

// 1 to 4 at 1/4, 1/2, 3/4 and the end of n; 0 elsewhere.
__device__ inline int step_at(std::int64_t i, std::int64_t n) {
  return i == n - 1 ? 4 : i == 3 * n / 4 ? 3 : i == n / 2 ? 2 : i == n / 4 ? 1 : 0;
}

// Queries lean in one direction, which some keys share: direction(c) is +1 or -1.
__device__ inline float attention_value(const Filling& f, std::int64_t row, std::int64_t col, std::int64_t i) {
  const float noise = normal(f.seed, i), direction = sign(col);
  const bool query = f.role == Role::q, key = f.role == Role::k;
  switch (f.kind) {
    case InputKind::large_scores: return query ? 16 * noise : noise;
    case InputKind::rising_keys: {
      const int step = key ? step_at(row, f.rows) : 0;
      return query ? noise + 4 * direction : step > 0 ? 2 * step * direction : noise;
    }
    case InputKind::early_key: return query ? noise + 4 * direction : key && row == 0 ? 8 * direction : noise;
    case InputKind::equal_keys: return key ? normal(f.seed, col) : noise;
    case InputKind::very_negative: return query ? noise + 8 * direction : key ? noise - 8 * direction : noise;
    case InputKind::extreme: return f.peak * (query ? direction : key ? direction * sign(~row) : sign(i));
    default: return noise;
  }
}

__device__ inline float softmax_value(const Filling& f, std::int64_t row, std::int64_t col, std::int64_t i) {
  const float noise = normal(f.seed, i);
  switch (f.kind) {
    case InputKind::large_scores: return 30 * noise;
    case InputKind::rising_keys: return step_at(col, f.cols) > 0 ? 15.0f * step_at(col, f.cols) : noise;
    case InputKind::early_key: return col == 0 ? 60.0f : noise;
    case InputKind::equal_keys: return static_cast<float>(row % 7 - 3);
    case InputKind::very_negative: return noise - 1000;
    case InputKind::extreme: return f.peak * sign(i);
    case InputKind::minus_infinity: return col != row % f.cols && mixed(i) % 4 != 0 ? -INFINITY : noise;
    default: return noise;
  }
}

template <class T>
__global__ void fill(Filling f, std::int64_t count, T* data) {
  const std::int64_t step = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) {
    const std::int64_t row = i / f.cols % f.rows, col = i % f.cols;
    data[i] = T(f.role == Role::x ? softmax_value(f, row, col, i) : attention_value(f, row, col, i));
  }
}

template <class T>
__global__ void count_not_finite(const T* data, std::int64_t count, bool nan_only, unsigned long long* found) {
  unsigned long long mine = 0;
  const std::int64_t step = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) {
    const float value = static_cast<float>(data[i]);
    mine += nan_only ? isnan(value) : !isfinite(value);
  }
  if (mine != 0) {
    atomicAdd(found, mine);
  }
}

__global__ void count_changed(const unsigned char* tail, std::size_t bytes, unsigned long long* found) {
  for (std::size_t i = threadIdx.x; i < bytes; i += blockDim.x) {
    if (tail[i] != 0xff) {
      atomicAdd(found, 1ull);
    }
  }
}

constexpr int kBlocks = 1024, kThreads = 256;

template <class T>
void queue_fill(const Filling& f, std::int64_t count, void* data, cudaStream_t stream) {
  fill<<<kBlocks, kThreads, 0, stream>>>(f, count, static_cast<T*>(data));
  kernels::check_launch("fill");
}

void queue_fill(DType dtype, const Filling& f, std::int64_t count, void* data, cudaStream_t stream) {
  switch (dtype) {
    case DType::fp16: return queue_fill<__half>(f, count, data, stream);
    case DType::bf16: return queue_fill<__nv_bfloat16>(f, count, data, stream);
    case DType::fp32: return queue_fill<float>(f, count, data, stream);
  }
}

template <class T>
void queue_count(const void* data, std::int64_t count, bool nan_only, unsigned long long* found, cudaStream_t stream) {
  count_not_finite<<<kBlocks, kThreads, 0, stream>>>(static_cast<const T*>(data), count, nan_only, found);
  kernels::check_launch("count_not_finite");
}

std::int64_t input_elements(const Problem& p, Role role) {
  switch (role) {
    case Role::x: return std::int64_t{p.rows} * p.row_length;
    case Role::q: return std::int64_t{p.slices()} * p.seqlen_q * p.head_dim;
    default: return std::int64_t{p.batch} * p.kv_heads * p.seqlen_kv * p.head_dim;
  }
}

std::vector<Role> roles(const Problem& p) {
  return p.is_softmax() ? std::vector<Role>{Role::x} : std::vector<Role>{Role::q, Role::k, Role::v};
}

float peak_of(const Problem& p, Role role) {
  if (role == Role::x) {
    return p.dtype == DType::fp16 ? 60000.0f : 1e30f;
  }
  return role == Role::v ? 30000.0f : std::sqrt(50000.0f / std::sqrt(static_cast<float>(p.head_dim)));
}

std::int64_t result_rows(const Problem& p) { return p.is_softmax() ? p.rows : std::int64_t{p.slices()} * p.seqlen_q; }

}  // namespace

const char* name_of(InputKind kind) {
  switch (kind) {
    case InputKind::normal: return "normal";
    case InputKind::large_scores: return "large_scores";
    case InputKind::rising_keys: return "rising_keys";
    case InputKind::early_key: return "early_key";
    case InputKind::equal_keys: return "equal_keys";
    case InputKind::very_negative: return "very_negative";
    case InputKind::extreme: return "extreme";
    case InputKind::minus_infinity: return "minus_infinity";
  }
  return "";
}

std::vector<InputKind> input_kinds(const Point& point) {
  using enum InputKind;
  if (point.algorithm == "softmax_naive") {
    return {normal, rising_keys, early_key, equal_keys, minus_infinity};
  }
  if (point.problem.is_softmax()) {
    return {normal, rising_keys, early_key, equal_keys, large_scores, very_negative, extreme, minus_infinity};
  }
  return {normal, rising_keys, early_key, equal_keys, large_scores, very_negative, extreme};
}

Operands::Operands(const Point& point, std::size_t workspace_bytes)
    : problem_(point.problem),
      algorithm_(point.algorithm),
      rows_(result_rows(point.problem)),
      width_(point.problem.is_softmax() ? point.problem.row_length : point.problem.head_dim),
      output_(static_cast<std::size_t>(rows_ * width_) * element_bytes(point.problem.dtype) + kTail),
      workspace_(workspace_bytes) {
  for (const Role role : roles(problem_)) {
    inputs_.emplace_back(static_cast<std::size_t>(input_elements(problem_, role)) * element_bytes(problem_.dtype));
  }
  for (int i = 0; i < 3 && !problem_.is_softmax(); ++i) {
    statistics_.emplace_back(static_cast<std::size_t>(rows_) * sizeof(float) + kTail);
  }
}

std::size_t Operands::bytes(const Problem& p, std::size_t workspace_bytes) {
  std::size_t elements = static_cast<std::size_t>(result_rows(p)) * (p.is_softmax() ? p.row_length : p.head_dim);
  for (const Role role : roles(p)) {
    elements += static_cast<std::size_t>(input_elements(p, role));
  }
  return elements * element_bytes(p.dtype) + static_cast<std::size_t>(result_rows(p)) * 12 + workspace_bytes;
}

kernels::Tensors Operands::tensors() const {
  kernels::Tensors tensors;
  if (problem_.is_softmax()) {
    tensors.x = inputs_[0].data();
    tensors.y = output_.data();
    return tensors;
  }
  tensors.q = inputs_[0].data();
  tensors.k = inputs_[1].data();
  tensors.v = inputs_[2].data();
  tensors.o = output_.data();
  tensors.lse = statistics_[0].as<float>();
  tensors.l = statistics_[1].as<float>();
  tensors.m = statistics_[2].as<float>();
  return tensors;
}

void Operands::fill(InputKind kind, std::uint64_t seed, cudaStream_t stream) {
  const std::vector<Role> all = roles(problem_);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::int64_t rows = all[i] == Role::x   ? problem_.rows
                              : all[i] == Role::q ? problem_.seqlen_q
                                                  : problem_.seqlen_kv;
    const std::uint64_t own_seed = (seed + 1 + i) * 0x9e3779b97f4a7c15u;
    queue_fill(problem_.dtype, {all[i], kind, own_seed, rows, width_, peak_of(problem_, all[i])},
               input_elements(problem_, all[i]), inputs_[i].data(), stream);
  }
}

void Operands::poison(cudaStream_t stream) {
  const auto poison = [stream](const Memory& memory) {  // 0xffff and 0xffffffff are NaN in all three formats
    kernels::check(cudaMemsetAsync(memory.data(), 0xff, memory.bytes(), stream), "poisoning an output");
  };
  poison(output_);
  poison(workspace_);
  for (const Memory& statistic : statistics_) {
    poison(statistic);
  }
}

Operands::Damage Operands::damage(cudaStream_t stream) const {
  const Memory counts(sizeof(Damage));
  kernels::check(cudaMemsetAsync(counts.data(), 0, sizeof(Damage), stream), "clearing counters");
  auto* found = counts.as<unsigned long long>();
  switch (problem_.dtype) {
    case DType::fp16: queue_count<__half>(result(), rows_ * width_, false, found, stream); break;
    case DType::bf16: queue_count<__nv_bfloat16>(result(), rows_ * width_, false, found, stream); break;
    case DType::fp32: queue_count<float>(result(), rows_ * width_, false, found, stream); break;
  }
  const auto count_tail = [&](const Memory& memory) {
    count_changed<<<1, kThreads, 0, stream>>>(memory.as<unsigned char>() + memory.bytes() - kTail, kTail, found + 2);
    kernels::check_launch("count_changed");
  };
  count_tail(output_);
  for (std::size_t i = 0; i < statistics_.size(); ++i) {
    count_tail(statistics_[i]);
    if (algorithm_ == (i == 0 ? "flash2" : "flash1")) {  // who returns which is said in kernels.h
      queue_count<float>(statistics_[i].data(), rows_, true, found + 1, stream);
    }
  }
  kernels::check(cudaStreamSynchronize(stream), "looking at the outputs");
  return download<Damage>(counts.data(), 1)[0];
}

}  // namespace measure
