#include "measure/reference.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace measure {
namespace {

using kernels::DType;
using kernels::Problem;
using kernels::Tensors;

constexpr int kThreads = 256;
constexpr int kWidest = kThreads;  // head_dim: a thread has one column of O

/// Of one row: see ValueRange.
struct RowRange {
  double score, score_terms, value, mean, mean_ahead;
};

// `combine` over all threads' values; every thread gets the result.
template <class Combine>
__device__ double over_block(double value, Combine combine) {
  __shared__ double values[kThreads];
  __syncthreads();
  values[threadIdx.x] = value;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      values[threadIdx.x] = combine(values[threadIdx.x], values[threadIdx.x + half]);
    }
  }
  __syncthreads();
  return values[0];
}
__device__ double max_over_block(double value) {
  return over_block(value, [](double a, double b) { return fmax(a, b); });
}
__device__ double sum_over_block(double value) {
  return over_block(value, [](double a, double b) { return a + b; });
}

// Scores into e^(score - largest), each thread its own; returns their sum.
__device__ double exponentials(double* scores, int count, double largest) {
  double sum = 0;
  for (int j = threadIdx.x; j < count; j += kThreads) {
    scores[j] = exp(scores[j] - largest);
    sum += scores[j];
  }
  return sum_over_block(sum);
}

struct AttentionRow {
  int query, visible;  // the query sees keys [0, visible)
  std::int64_t q, kv;  // first element of its row of Q, and of its slice of K and V
};

__host__ __device__ AttentionRow attention_row(const Problem& p, std::int64_t row) {
  const std::int64_t slice = row / p.seqlen_q;
  const int query = static_cast<int>(row % p.seqlen_q), batch = static_cast<int>(slice / p.heads),
            head = static_cast<int>(slice % p.heads);
  const int seen = p.causal ? query + p.seqlen_kv - p.seqlen_q + 1 : p.seqlen_kv;
  const std::int64_t kv_slice = std::int64_t{batch} * p.kv_heads + head / (p.heads / p.kv_heads);
  return {query, seen < 0 ? 0 : seen, row * p.head_dim, kv_slice * p.seqlen_kv * p.head_dim};
}

// One row of O a block. `scores` has seqlen_kv doubles for each.
template <class T>
__global__ void __launch_bounds__(kThreads)
    attention_rows(Problem p, double scale, const T* q, const T* k, const T* v, const std::int64_t* rows,
                   double* scores, double* out, double* lse, RowRange* ranges) {
  const AttentionRow row = attention_row(p, rows[blockIdx.x]);
  const int d = p.head_dim;
  double* weights = scores + std::int64_t{blockIdx.x} * p.seqlen_kv;
  double q_norm = 0, k_norm = 0, largest = -INFINITY, largest_size = 0;
  for (int c = 0; c < d; ++c) {
    const double x = static_cast<float>(q[row.q + c]);
    q_norm += x * x;
  }
  for (int j = threadIdx.x; j < row.visible; j += kThreads) {
    double sum = 0, norm = 0;
    for (int c = 0; c < d; ++c) {
      const double key = static_cast<float>(k[row.kv + std::int64_t{j} * d + c]);
      sum += static_cast<float>(q[row.q + c]) * key;
      norm += key * key;
    }
    weights[j] = scale * sum;
    largest = fmax(largest, weights[j]);
    largest_size = fmax(largest_size, fabs(weights[j]));
    k_norm = fmax(k_norm, norm);
  }
  largest = max_over_block(largest);
  const double sum = exponentials(weights, row.visible, largest), share = 1 / sum;
  RowRange range{max_over_block(largest_size), scale * sqrt(q_norm * max_over_block(k_norm)), 0, 0, 0};

  const int c = threadIdx.x;
  const double per_key = 1.0 / p.seqlen_kv;
  double o = 0;
  for (int j = 0; c < d && j < row.visible; ++j) {
    const double value = static_cast<float>(v[row.kv + std::int64_t{j} * d + c]), term = weights[j] * share * value;
    o += term;
    range.value = fmax(range.value, fabs(value));
    range.mean += fabs(term);
    range.mean_ahead += fabs(term) * (1 - j * per_key);
  }
  if (c < d) {
    out[std::int64_t{blockIdx.x} * d + c] = o;
  }
  range.value = max_over_block(range.value);
  range.mean = max_over_block(range.mean);
  range.mean_ahead = max_over_block(range.mean_ahead);
  if (threadIdx.x == 0) {
    lse[blockIdx.x] = row.visible == 0 ? -INFINITY : largest + log(sum);
    ranges[blockIdx.x] = range;
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    softmax_rows(int length, const T* x, const std::int64_t* rows, double* out, RowRange* ranges) {
  double* y = out + std::int64_t{blockIdx.x} * length;
  double largest = -INFINITY, largest_size = 0, mean = 0;
  for (int j = threadIdx.x; j < length; j += kThreads) {
    y[j] = static_cast<float>(x[rows[blockIdx.x] * length + j]);
    largest = fmax(largest, y[j]);
    largest_size = fmax(largest_size, isfinite(y[j]) ? fabs(y[j]) : 0.0);
  }
  largest = max_over_block(largest);
  const double sum = exponentials(y, length, largest);
  for (int j = threadIdx.x; j < length; j += kThreads) {
    y[j] /= sum;
    mean = fmax(mean, y[j]);
  }
  mean = max_over_block(mean);
  largest_size = max_over_block(largest_size);
  if (threadIdx.x == 0) {
    ranges[blockIdx.x] = {largest_size, largest_size, 1, mean, mean};
  }
}

template <class T>
__global__ void gather(const T* result, std::int64_t width, const std::int64_t* rows, float* out) {
  for (std::int64_t c = threadIdx.x; c < width; c += blockDim.x) {
    out[blockIdx.x * width + c] = static_cast<float>(result[rows[blockIdx.x] * width + c]);
  }
}

template <class T>
Rows run_rows(const Problem& p, const Tensors& tensors, const std::vector<std::int64_t>& rows, cudaStream_t stream) {
  const auto count = static_cast<unsigned>(rows.size());
  const std::int64_t width = p.is_softmax() ? p.row_length : p.head_dim;
  const Memory which = upload(rows), out(count * width * sizeof(double)), lse(count * sizeof(double)),
               ranges(count * sizeof(RowRange)),
               scores(p.is_softmax() ? 0 : std::size_t{count} * p.seqlen_kv * sizeof(double));
  if (p.is_softmax()) {
    softmax_rows<<<count, kThreads, 0, stream>>>(p.row_length, static_cast<const T*>(tensors.x),
                                                 which.as<std::int64_t>(), out.as<double>(), ranges.as<RowRange>());
  } else {
    attention_rows<<<count, kThreads, 0, stream>>>(
        p, 1 / std::sqrt(static_cast<double>(p.head_dim)), static_cast<const T*>(tensors.q),
        static_cast<const T*>(tensors.k), static_cast<const T*>(tensors.v), which.as<std::int64_t>(),
        scores.as<double>(), out.as<double>(), lse.as<double>(), ranges.as<RowRange>());
  }
  kernels::check_launch("the reference");
  kernels::check(cudaStreamSynchronize(stream), "the reference");
  Rows result{width, download<double>(out.data(), count * width), {}, {}};
  if (!p.is_softmax()) {
    result.lse = download<double>(lse.data(), count);
  }
  for (const RowRange& r : download<RowRange>(ranges.data(), count)) {
    result.range.include({r.score, r.score_terms, r.value, r.mean, r.mean_ahead});
  }
  return result;
}

template <class T>
void run_gather(const void* result, std::int64_t width, const Memory& rows, std::size_t count, const Memory& out,
                cudaStream_t stream) {
  gather<<<static_cast<unsigned>(count), kThreads, 0, stream>>>(static_cast<const T*>(result), width,
                                                                rows.as<std::int64_t>(), out.as<float>());
  kernels::check_launch("gather");
}

// The same on the CPU, for one row of attention on fp32 values.
std::vector<double> attention_on_cpu(const Problem& p, std::int64_t row, const std::vector<float>& q,
                                     const std::vector<float>& k, const std::vector<float>& v, double& lse) {
  const AttentionRow r = attention_row(p, row);
  std::vector<double> weights, out(static_cast<std::size_t>(p.head_dim));
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (int j = 0; j < r.visible; ++j) {
    double score = 0;
    for (int c = 0; c < p.head_dim; ++c) {
      score += static_cast<double>(q[r.q + c]) * k[r.kv + std::int64_t{j} * p.head_dim + c];
    }
    weights.push_back(score / std::sqrt(static_cast<double>(p.head_dim)));
    largest = std::max(largest, weights.back());
  }
  for (double& weight : weights) {
    weight = std::exp(weight - largest);
    sum += weight;
  }
  for (int j = 0; j < r.visible; ++j) {
    for (int c = 0; c < p.head_dim; ++c) {
      out[c] += weights[j] / sum * v[r.kv + std::int64_t{j} * p.head_dim + c];
    }
  }
  lse = largest + std::log(sum);
  return out;
}

std::vector<float> some_values(std::size_t count, unsigned seed) {
  std::vector<float> values(count);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(seed >> 8) * 0x1p-22f - 2;
  }
  return values;
}

void require_equal(double got, double want) {
  if (!(got == want || std::fabs(got - want) <= 1e-12 * (1 + std::fabs(want)))) {
    throw std::runtime_error("the reference on the card says " + std::to_string(got) + ", the CPU " +
                             std::to_string(want) + ": one of them is wrong, so nothing can be checked");
  }
}

}  // namespace

Rows reference_rows(const Problem& problem, const Tensors& tensors, const std::vector<std::int64_t>& rows,
                    cudaStream_t stream) {
  if (!problem.is_softmax() && problem.head_dim > kWidest) {
    throw std::runtime_error("the reference has head_dim up to " + std::to_string(kWidest));
  }
  switch (problem.dtype) {
    case DType::fp16: return run_rows<__half>(problem, tensors, rows, stream);
    case DType::bf16: return run_rows<__nv_bfloat16>(problem, tensors, rows, stream);
    case DType::fp32: break;
  }
  return run_rows<float>(problem, tensors, rows, stream);
}

std::vector<float> gather_rows(DType dtype, const void* result, std::int64_t width,
                               const std::vector<std::int64_t>& rows, cudaStream_t stream) {
  const Memory which = upload(rows), out(rows.size() * width * sizeof(float));
  switch (dtype) {
    case DType::fp16: run_gather<__half>(result, width, which, rows.size(), out, stream); break;
    case DType::bf16: run_gather<__nv_bfloat16>(result, width, which, rows.size(), out, stream); break;
    case DType::fp32: run_gather<float>(result, width, which, rows.size(), out, stream); break;
  }
  kernels::check(cudaStreamSynchronize(stream), "gathering rows of a result");
  return download<float>(out.data(), rows.size() * width);
}

void check_reference(cudaStream_t stream) {
  Problem p;
  p.batch = 2;
  p.heads = 4;
  p.kv_heads = 2;
  p.seqlen_kv = 37;
  p.head_dim = 8;
  p.dtype = DType::fp32;
  for (const int queries : {5, 40}) {  // 40: the first three see no key
    p.seqlen_q = queries;
    p.causal = queries == 40;
    const std::vector<float> q = some_values(std::size_t{8} * queries * 8, 1), k = some_values(4 * 37 * 8, 2),
                             v = some_values(4 * 37 * 8, 3);
    const Memory q_memory = upload(q), k_memory = upload(k), v_memory = upload(v);
    Tensors tensors;
    tensors.q = q_memory.data();
    tensors.k = k_memory.data();
    tensors.v = v_memory.data();
    const std::vector<std::int64_t> rows = {0, 2, 3, 4, 2 * queries, 5 * queries - 1, 8 * queries - 1};
    const Rows got = reference_rows(p, tensors, rows, stream);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double lse = 0;
      const std::vector<double> want = attention_on_cpu(p, rows[i], q, k, v, lse);
      require_equal(got.lse[i], lse);
      for (std::size_t c = 0; c < want.size(); ++c) {
        require_equal(got.values[i * 8 + c], want[c]);
      }
    }
  }
}

}  // namespace measure
