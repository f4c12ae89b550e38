// Softmax of the rows of X, three ways: naive, safe, online; beside sim/algorithms/softmax.cpp.
// Milakov and Gimelshein 2018, "Online normalizer calculation for softmax" (arXiv 1805.02867); the margin holds the
// line numbers of its Algorithms 1 to 3. A block takes Br rows, a warp one at a time, Bc columns a step.
//
// A row of -infinity becomes 0, as in the tile program; a row with a NaN or +infinity becomes NaN.
#include <algorithm>

#include "kernels/kernels.h"
#include "kernels/softmax_rows.cuh"

namespace kernels {
namespace {

using namespace rows;

constexpr int kMostWarps = 8;

template <class T>
struct Softmax {
  const T* X;
  T* Y;
  int rows, row_length;
  int Br;
};

/// One row of X and Y in pieces of Bc columns. A row that begins inside a 16-byte word has its pieces shifted to the
/// left, so that they consist of whole words.
template <class T, int Bc>
class Columns {
 public:
  static constexpr int kPerWord = Element<T>::kPerWord, kWords = Bc / (32 * kPerWord);

  __device__ __forceinline__ Columns(const Softmax<T>& a, int row)
      : a_(a),
        row_(std::int64_t{row} * a.row_length, a.row_length, kPerWord),
        lane_(static_cast<int>(threadIdx.x) % 32) {}

  /// Calls use(x, j) for each piece x of the row of X, from left to right.
  template <Read kRead, class Use>
  __device__ __forceinline__ void each(Use use) const {
    each_piece<kRead, kWords>(a_.X, row_, 0, 1, lane_, use);
  }

  /// Piece j of Y: e^(x - m) / d.
  __device__ __forceinline__ void store(const Words<T, kWords>& x, int j, float m, float inverse_d) const {
    const float shift = shift_of(m);
#pragma unroll
    for (int w = 0; w < kWords; ++w) {
      float y[kPerWord];
      unpack<T>(x.at[w], y);
#pragma unroll
      for (int e = 0; e < kPerWord; ++e) {
        y[e] = exp_shifted(y[e], shift) * inverse_d;
      }
      store_word<Write::last>(a_.Y, row_, (j * kWords + w) * 32 + lane_, pack_word<T>(y));
    }
  }

 private:
  const Softmax<T>& a_;
  const RowSpan row_;
  const int lane_;
};

/// Registers for two pieces of two words or four are few enough for 24 warps on an SM; longer pieces need fewer warps
/// to have as many bytes on the way.
template <class T, int Bc>
constexpr int kBlocksAtLeast = Columns<T, Bc>::kWords <= 4 ? 3 : 1;

/// The rows of this warp: block i has rows i Br and on, and its warps take turns.
template <class T, class Use>
__device__ __forceinline__ void each_row(const Softmax<T>& a, Use use) {
  const int i = static_cast<int>(blockIdx.x), warp = static_cast<int>(threadIdx.x) / 32;
  const int end = min(a.rows, (i + 1) * a.Br);
#pragma unroll 1
  for (int row = i * a.Br + warp; row < end; row += static_cast<int>(blockDim.x) / 32) {
    use(row);
  }
}

// Sums are kept by lane and added up at the end of the row; the maximum is known to the whole warp at each step.
// clang-format off
// Algorithm 1: two loads and a store an element. e^x overflows float32 from x = 89.
template <class T, int Bc>
__global__ void __launch_bounds__(32 * kMostWarps, kBlocksAtLeast<T, Bc>) softmax_naive(const Softmax<T> a) {
  each_row(a, [&](int row) {
    const Columns<T, Bc> columns(a, row);
    float d = 0;                                                            //  1
    columns.template each<Read::again>([&](const auto& x, int) {            //  2
      d += x.sum_of_exp(0);                                                 //  3
    });                                                                     //  4
    const float inverse_d = inverse_of(warp_sum(d));
    columns.template each<Read::last>([&](const auto& x, int j) {           //  5
      columns.store(x, j, 0, inverse_d);                                    //  6
    });                                                                     //  7
  });
}

// Algorithm 2: three loads and a store an element, one load for the maximum, so that no exponent is positive.
template <class T, int Bc>
__global__ void __launch_bounds__(32 * kMostWarps, kBlocksAtLeast<T, Bc>) softmax_safe(const Softmax<T> a) {
  each_row(a, [&](int row) {
    const Columns<T, Bc> columns(a, row);
    float m = -kInf;                                                        //  1
    columns.template each<Read::again>([&](const auto& x, int) {            //  2
      m = fmaxf(m, x.max());                                                //  3
    });                                                                     //  4
    m = warp_max(m);
    float d = 0;                                                            //  5
    columns.template each<Read::again>([&](const auto& x, int) {            //  6
      d += x.sum_of_exp(m);                                                 //  7
    });                                                                     //  8
    const float inverse_d = inverse_of(warp_sum(d));
    columns.template each<Read::last>([&](const auto& x, int j) {           //  9
      columns.store(x, j, m, inverse_d);                                    // 10
    });                                                                     // 11
  });
}

// Algorithm 3: two loads and a store an element; the sum is rescaled whenever the maximum grows.
template <class T, int Bc>
__global__ void __launch_bounds__(32 * kMostWarps, kBlocksAtLeast<T, Bc>) softmax_online(const Softmax<T> a) {
  each_row(a, [&](int row) {
    const Columns<T, Bc> columns(a, row);
    float m = -kInf;                                                        //  1
    float d = 0;                                                            //  2
    columns.template each<Read::again>([&](const auto& x, int) {            //  3
      const float m_new = fmaxf(m, warp_max(x.max()));                      //  4
      const float alpha = rescale(m, m_new);                                //  5  e^(m_(j-1) - m_j)
      d = alpha * d + x.sum_of_exp(m_new);
      m = m_new;
    });                                                                     //  6
    const float inverse_d = inverse_of(warp_sum(d));
    columns.template each<Read::last>([&](const auto& x, int j) {           //  7
      columns.store(x, j, m, inverse_d);                                    //  8
    });                                                                     //  9
  });
}
// clang-format on

// ---------------------------------------------------------------------------------------------------------------------
// Entries
// ---------------------------------------------------------------------------------------------------------------------

enum class Which { naive, safe, online };

template <class T>
using Kernel = void (*)(const Softmax<T>);

template <Which kWhich, class T, int Bc>
constexpr Kernel<T> kernel() {
  if constexpr (kWhich == Which::naive) {
    return softmax_naive<T, Bc>;
  } else if constexpr (kWhich == Which::safe) {
    return softmax_safe<T, Bc>;
  } else {
    return softmax_online<T, Bc>;
  }
}

constexpr int kColumnsCompiled[] = {256, 512, 1024, 2048};

/// The number of columns a step is compiled for; 0 if it isn't. A row shorter than a step is one step.
int compiled_columns(const Problem& problem, const Schedule& s) {
  for (const int columns : kColumnsCompiled) {
    if (s.block_kv == columns || (s.block_kv == problem.row_length && s.block_kv < columns)) {
      return columns;
    }
  }
  return 0;
}

Schedule fill_in(const Problem& problem, const Schedule& given) {
  const auto choose = [](int value, int otherwise, int most) {
    return std::clamp(value > 0 ? value : otherwise, 1, most);
  };
  Schedule s = given;
  s.block_q = choose(given.block_q, 4, std::max(1, problem.rows));
  s.block_kv = choose(given.block_kv, 1024, std::max(1, problem.row_length));
  s.stages = given.stages > 0 ? given.stages : 2;
  s.warps = given.warps > 0 ? given.warps : 4;
  return s;
}

std::string refusal(const Problem& problem, const Schedule& s) {
  if (!problem.is_softmax() || problem.rows < 1) {
    return "is a row softmax: give rows and row_length";
  }
  if (problem.rows > 1 << 24 || problem.row_length > 1 << 24) {
    return "has " + std::to_string(problem.rows) + " x " + std::to_string(problem.row_length) + "; up to 2^24 each";
  }
  if (s.block_q < 1 || s.block_q > 1024) {
    return "block_q is " + std::to_string(s.block_q) + "; 1 to 1024 is supported";
  }
  if (compiled_columns(problem, s) == 0) {
    return "block_kv is " + std::to_string(s.block_kv) +
           "; 256, 512, 1024, 2048, or a shorter row's length is supported";
  }
  if (s.stages != 2) {
    return "stages is " + std::to_string(s.stages) + "; 2 is supported";
  }
  if (s.warps < 1 || s.warps > kMostWarps) {
    return "warps is " + std::to_string(s.warps) + "; 1 to 8 is supported";
  }
  return "";
}

std::vector<Schedule> schedules(const Problem& problem) {
  std::vector<Schedule> all;
  for (const int rows : {4, 8}) {
    for (const int columns : kColumnsCompiled) {
      Schedule s;
      s.block_q = rows;
      s.block_kv = columns;
      s.warps = rows;
      s = fill_in(problem, s);
      if (std::find(all.begin(), all.end(), s) == all.end()) {
        all.push_back(s);
      }
    }
  }
  return all;
}

template <Which kWhich, class T>
Kernel<T> kernel_of(int columns) {
  switch (columns) {
    case 256: return kernel<kWhich, T, 256>();
    case 512: return kernel<kWhich, T, 512>();
    case 1024: return kernel<kWhich, T, 1024>();
    default: return kernel<kWhich, T, 2048>();
  }
}

/// Unused SMEM for each block, so that the rows of all resident blocks take no more than half of the L2: the second
/// pass over a long row then finds it there.
std::size_t smem_that_limits_blocks(const Problem& problem, const Schedule& s) {
  int device = 0, sms = 0, l2 = 0, smem_of_sm = 0, smem_of_block = 0;
  check(cudaGetDevice(&device), "asking for the device");
  check(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, device), "asking for the number of SMs");
  check(cudaDeviceGetAttribute(&l2, cudaDevAttrL2CacheSize, device), "asking for the size of the L2");
  check(cudaDeviceGetAttribute(&smem_of_sm, cudaDevAttrMaxSharedMemoryPerMultiprocessor, device), "asking for SMEM");
  check(cudaDeviceGetAttribute(&smem_of_block, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "asking for SMEM");
  const std::int64_t block_bytes = std::int64_t{s.warps} * problem.row_length * (problem.dtype == DType::fp32 ? 4 : 2);
  const auto blocks = static_cast<int>(std::clamp<std::int64_t>(l2 / 2 / sms / block_bytes, 1, 32));
  constexpr int kReserved = 1024;  // of each block's SMEM, by the driver
  return static_cast<std::size_t>(std::clamp(smem_of_sm / blocks - kReserved, 0, smem_of_block)) / 1024 * 1024;
}

template <Which kWhich, class T>
void launch(const Problem& problem, const Schedule& s, const Tensors& tensors, bool few_blocks, cudaStream_t stream) {
  const Kernel<T> kernel = kernel_of<kWhich, T>(compiled_columns(problem, s));
  std::size_t smem = 0;
  if (few_blocks) {
    smem = smem_that_limits_blocks(problem, s);
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(smem)), "softmax");
  }
  const Softmax<T> a{static_cast<const T*>(tensors.x), static_cast<T*>(tensors.y), problem.rows, problem.row_length,
                     s.block_q};
  kernel<<<static_cast<unsigned>(ceil_div(problem.rows, s.block_q)), static_cast<unsigned>(32 * s.warps), smem,
           stream>>>(a);
  check_launch("softmax");
}

template <Which kWhich, bool kFewBlocks>
void run(const Problem& problem, const Schedule& s, const Tensors& tensors, void*, cudaStream_t stream) {
  switch (problem.dtype) {
    case DType::fp16: return launch<kWhich, __half>(problem, s, tensors, kFewBlocks, stream);
    case DType::bf16: return launch<kWhich, __nv_bfloat16>(problem, s, tensors, kFewBlocks, stream);
    case DType::fp32: return launch<kWhich, float>(problem, s, tensors, kFewBlocks, stream);
  }
}

template <Which kWhich>
std::vector<Launch> launches(const Problem& problem, const Schedule& s) {
  const char* name = kWhich == Which::naive  ? "softmax_naive"
                     : kWhich == Which::safe ? "softmax_safe"
                                             : "softmax_online";
  return {{name, ceil_div(problem.rows, s.block_q)}};
}

std::size_t no_workspace(const Problem&, const Schedule&) { return 0; }

template <Which kWhich, bool kFewBlocks = false>
Entry entry(const char* algorithm, const char* title) {
  return {algorithm,        kFewBlocks ? "few_blocks" : "", title, refusal, fill_in, schedules, no_workspace,
          launches<kWhich>, run<kWhich, kFewBlocks>};
}

}  // namespace

std::vector<Entry> softmax_entries() {
  return {entry<Which::naive>("softmax_naive", "Naive softmax: sum, then quotient; overflows"),
          entry<Which::safe>("softmax_safe", "Safe softmax: maximum, sum, quotient in three passes"),
          entry<Which::online>("softmax_online", "Online softmax: maximum and sum in one pass"),
          entry<Which::online, true>("softmax_online",
                                     "Online softmax, so few blocks at once that their rows stay in the L2")};
}

}  // namespace kernels
