// The CUDA kernels as the harness sees them: what is computed, how the work is cut up, and a list of entries. An entry
// runs the algorithm that the tile program of the same name in sim/algorithms describes, with the same schedule.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kernels {

enum class DType : std::uint8_t { fp16, bf16, fp32 };  ///< fp32: softmax only

/// Attention: Q is [batch, heads, seqlen_q, head_dim], K and V are [batch, kv_heads, seqlen_kv, head_dim], row-major,
/// as is O; the causal mask is bottom-right aligned: query q sees keys <= q + seqlen_kv - seqlen_q.
/// Softmax: X and Y are [rows, row_length].
struct Problem {
  int batch = 1, heads = 1, kv_heads = 1;
  int seqlen_q = 0, seqlen_kv = 0, head_dim = 0;
  bool causal = false;
  int rows = 0, row_length = 0;
  DType dtype = DType::fp16;

  bool is_softmax() const { return row_length > 0; }
  int slices() const { return batch * heads; }
};

/// The simulator's sim::Schedule; see sim/algorithms/problem.h.
struct Schedule {
  int block_q = 0, block_kv = 0, stages = 0, warps = 0, splits = 0, tile = 0;
  bool operator==(const Schedule&) const = default;
};

/// Device pointers. 16-bit or fp32 elements by Problem::dtype; statistics are fp32, [batch, heads, seqlen_q].
struct Tensors {
  const void *q = nullptr, *k = nullptr, *v = nullptr;
  void* o = nullptr;
  float* lse = nullptr;              ///< natural logarithm of the sum of exponentials, of scaled scores; flash2
  float *l = nullptr, *m = nullptr;  ///< flash1's running sum and maximum
  const void* x = nullptr;
  void* y = nullptr;
};

/// One kernel launch of an entry, for the harness to name and count.
struct Launch {
  std::string name;  ///< as the simulator's kernel: "scores", "softmax", "output", "flash2"
  std::int64_t blocks = 0;
};

struct Entry {
  const char* algorithm;  ///< the simulator's name: "flash2"
  const char* variant;    ///< "": what the simulator simulates; else a baseline, e.g. "cublas"
  const char* title;      ///< one line for --list

  /// "" if this entry can run `problem` under `schedule`, else why not, naming the value and what is supported.
  std::string (*refusal)(const Problem& problem, const Schedule& schedule);
  /// What the simulator would choose on this card, with zeros of `given` filled in (sim/algorithms: schedule()).
  Schedule (*fill_in)(const Problem& problem, const Schedule& given);
  /// Every schedule that is compiled for this problem, for the sweep of block sizes.
  std::vector<Schedule> (*schedules)(const Problem& problem);
  std::size_t (*workspace_bytes)(const Problem& problem, const Schedule& schedule);
  std::vector<Launch> (*launches)(const Problem& problem, const Schedule& schedule);
  /// Queues everything on `stream`; no allocation, no synchronisation. Throws std::runtime_error on a CUDA error.
  void (*run)(const Problem& problem, const Schedule& schedule, const Tensors& tensors, void* workspace,
              cudaStream_t stream);
};

/// The lists, one a file; the harness joins them.
std::vector<Entry> softmax_entries();           // softmax.cu: softmax_naive, softmax_safe, softmax_online
std::vector<Entry> standard_entries();          // standard.cu: own tensor-core GEMMs
std::vector<Entry> standard_cublas_entries();   // standard_cublas.cu: cuBLAS products, own softmax
std::vector<Entry> memory_efficient_entries();  // memory_efficient.cu
std::vector<Entry> flash1_entries();            // flash1.cu
std::vector<Entry> flash2_entries();            // flash2.cu

/// Throws std::runtime_error "WHAT: the error in words".
void check(cudaError_t error, const char* what);
/// After a launch.
inline void check_launch(const char* kernel) { check(cudaGetLastError(), kernel); }

constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }

}  // namespace kernels
