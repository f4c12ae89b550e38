// P = softmax(S) of standard attention; beside sim/algorithms/standard.cpp, softmax_rows and softmax_long_rows.
// Line 2 of Dao et al. 2022 (FlashAttention), Algorithm 0. The causal mask is applied here.
//
// A row that sees no key, or only -infinity, becomes 0, and so does its row of O.
#include "kernels/standard_softmax.h"

#include <algorithm>

#include "kernels/softmax_rows.cuh"

namespace kernels {
namespace {

using namespace rows;

constexpr int kThreads = 32 * kSoftmaxWarps;

template <class T>
struct Softmax {
  const T* S;
  T* P;
  int Nq, Nk, pitch;
  int rows;    ///< a block
  int blocks;  ///< a slice
  bool causal;

  /// How many keys, from the first on, does this query see?
  __device__ __forceinline__ int visible(int query) const { return causal ? min(max(query + Nk - Nq + 1, 0), Nk) : Nk; }
  /// Are there words with keys that a query doesn't see, or with none?
  __device__ __forceinline__ bool masks() const { return causal || pitch != Nk; }
  /// A row of all slices, with the rest of its last word.
  __device__ __forceinline__ RowSpan span(std::int64_t row) const { return {row * pitch, pitch, Element<T>::kPerWord}; }
};

/// Rows of block blockIdx.x: `count` of them, the first being row `query` of its slice and row `row` of all slices.
struct BlockRows {
  int query, count;
  std::int64_t row;

  template <class T>
  __device__ __forceinline__ explicit BlockRows(const Softmax<T>& a) {
    const int slice = static_cast<int>(blockIdx.x) / a.blocks, i = static_cast<int>(blockIdx.x) % a.blocks;
    query = i * a.rows;
    count = min(a.rows, a.Nq - query);
    row = std::int64_t{slice} * a.Nq + query;
  }
};

/// Leaves the first `kept` elements of a word as they are and makes the others -infinity.
template <class T>
__device__ __forceinline__ void mask_word(uint4& word, int kept) {
  constexpr unsigned kLow = Element<T>::kMinusInf, kHigh = kLow << 16;
  unsigned parts[4] = {word.x, word.y, word.z, word.w};
#pragma unroll
  for (int p = 0; p < 4; ++p) {
    parts[p] = (2 * p < kept ? parts[p] & 0xFFFFu : kLow) | (2 * p + 1 < kept ? parts[p] & 0xFFFF0000u : kHigh);
  }
  word = make_uint4(parts[0], parts[1], parts[2], parts[3]);
}

/// Words first, first + stride, ...: keys from `visible` on become -infinity.
template <class T, int kWords>
__device__ __forceinline__ void mask(Words<T, kWords>& words, const RowSpan& row, int first, int stride, int visible) {
#pragma unroll
  for (int w = 0; w < kWords; ++w) {
    const int kept = row.begin + visible - (first + w * stride) * Element<T>::kPerWord;
    if (kept < Element<T>::kPerWord) {
      mask_word<T>(words.at[w], kept);
    }
  }
}

/// The kWarps warps that share a row bring together what each of them found.
template <int kWarps, class Combine>
__device__ __forceinline__ float across_warps(float mine, float (&exchange)[kSoftmaxWarps], Combine combine) {
  if constexpr (kWarps == 1) {
    return mine;
  }
  const int warp = static_cast<int>(threadIdx.x) / 32, group = warp / kWarps;
  exchange[warp] = mine;
  if constexpr (kWarps == kSoftmaxWarps) {
    __syncthreads();
  } else {
    asm volatile("bar.sync %0, %1;" ::"r"(1 + group), "n"(32 * kWarps) : "memory");  // 0 is __syncthreads
  }
  float all = exchange[group * kWarps];
#pragma unroll
  for (int w = 1; w < kWarps; ++w) {
    all = combine(all, exchange[group * kWarps + w]);
  }
  return all;
}

/// One row in registers, spread over kWarps warps: exponentials are computed once and kept.
template <class T, int kWords, int kWarps>
__device__ __forceinline__ void softmax_row(const Softmax<T>& a, Words<T, kWords>& S, const RowSpan& span, int query) {
  constexpr int kPerWord = Element<T>::kPerWord, kLanes = 32 * kWarps;
  __shared__ float of_max[kSoftmaxWarps], of_sum[kSoftmaxWarps];
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  if (a.masks()) {
    mask(S, span, lane, kLanes, a.visible(query));
  }
  const float m = across_warps<kWarps>(warp_max(S.max()), of_max, [](float x, float y) { return fmaxf(x, y); });
  const float shift = shift_of(m);
  float e[kWords][kPerWord], l = 0;
#pragma unroll
  for (int w = 0; w < kWords; ++w) {
    unpack<T>(S.at[w], e[w]);
#pragma unroll
    for (int k = 0; k < kPerWord; ++k) {
      e[w][k] = exp_shifted(e[w][k], shift);
      l += e[w][k];
    }
  }
  l = across_warps<kWarps>(warp_sum(l), of_sum, [](float x, float y) { return x + y; });
  const float inverse_l = inverse_of(l);
#pragma unroll
  for (int w = 0; w < kWords; ++w) {
#pragma unroll
    for (int k = 0; k < kPerWord; ++k) {
      e[w][k] *= inverse_l;
    }
    store_word<Write::read_soon>(a.P, span, lane + w * kLanes, pack_word<T>(e[w]));
  }
}

/// Blocks of an SM for which registers suffice without spilling: with their rows on the way they keep the memory busy.
template <int kWords>
constexpr int kBlocksAtLeast = kWords == 16  ? 2
                               : kWords == 8 ? 3
                               : kWords == 5 ? 5
                               : kWords == 4 ? 6
                                             : 8;

/// Rows that fit are read once and kept on the chip between the maximum, the sum and the result. kWords words a lane
/// and kWarps warps hold a row; where warps have several rows, the next one is on its way while one is used.
template <class T, int kWords, int kWarps>
__global__ void __launch_bounds__(kThreads, kBlocksAtLeast<kWords>) softmax_rows(const Softmax<T> a) {
  constexpr int kAtOnce = kSoftmaxWarps / kWarps, kLanes = 32 * kWarps;
  const BlockRows block(a);
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const auto load_row = [&](Words<T, kWords>& S, int r) {
    const RowSpan span = a.span(block.row + r);
    load_words<Read::last>(S, a.S, span, lane, kLanes, span.holds(0, kLanes * kWords * Element<T>::kPerWord));
    return span;
  };
  int r = static_cast<int>(threadIdx.x) / kLanes;
  if (r >= block.count) {
    return;
  }
  Words<T, kWords> next;
  RowSpan next_span = load_row(next, r);
#pragma unroll 1
  for (; r < block.count; r += kAtOnce) {
    Words<T, kWords> S = next;
    const RowSpan span = next_span;
    if (kWarps == 1 && r + kAtOnce < block.count) {
      next_span = load_row(next, r + kAtOnce);
    }
    softmax_row<T, kWords, kWarps>(a, S, span, block.query + r);
  }
}

/// Words a lane holds of a piece of a long row: 1024 columns a warp.
constexpr int kLongWords = 4;

/// Rows too long to keep are read twice: once for m and l together, once for the result. A block has one row; its warps
/// take turns at pieces of it, and bring together their m and l between the passes.
template <class T>
__global__ void __launch_bounds__(kThreads) softmax_long_rows(const Softmax<T> a) {
  constexpr int kPerWord = Element<T>::kPerWord;
  __shared__ float of_max[kSoftmaxWarps], of_sum[kSoftmaxWarps];
  const BlockRows block(a);
  const RowSpan span = a.span(block.row);
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int visible = a.visible(block.query);
  const auto masked = [&](Words<T, kLongWords> S, int j) {
    if (a.masks()) {
      mask(S, span, j * kLongWords * 32 + lane, 32, visible);
    }
    return S;
  };
  float m = -kInf, l = 0;
  each_piece<Read::again, kLongWords>(a.S, span, warp, kSoftmaxWarps, lane, [&](const auto& piece, int j) {
    const Words<T, kLongWords> S = masked(piece, j);
    const float m_new = fmaxf(m, warp_max(S.max()));
    l = rescale(m, m_new) * l + S.sum_of_exp(m_new);
    m = m_new;
  });
  const float m_all = across_warps<kSoftmaxWarps>(m, of_max, [](float x, float y) { return fmaxf(x, y); });
  l = across_warps<kSoftmaxWarps>(rescale(m, m_all) * warp_sum(l), of_sum, [](float x, float y) { return x + y; });
  const float shift = shift_of(m_all), inverse_l = inverse_of(l);
  each_piece<Read::last, kLongWords>(a.S, span, warp, kSoftmaxWarps, lane, [&](const auto& piece, int j) {
    const Words<T, kLongWords> S = masked(piece, j);
#pragma unroll
    for (int w = 0; w < kLongWords; ++w) {
      float p[kPerWord];
      unpack<T>(S.at[w], p);
#pragma unroll
      for (int k = 0; k < kPerWord; ++k) {
        p[k] = exp_shifted(p[k], shift) * inverse_l;
      }
      store_word<Write::read_soon>(a.P, span, (j * kLongWords + w) * 32 + lane, pack_word<T>(p));
    }
  });
}

template <class T>
using Kernel = void (*)(const Softmax<T>);

template <class T, int kWarps>
Kernel<T> kernel_of_words(int words) {
  return words <= 1    ? softmax_rows<T, 1, kWarps>
         : words <= 2  ? softmax_rows<T, 2, kWarps>
         : words <= 4  ? softmax_rows<T, 4, kWarps>
         : words <= 5  ? softmax_rows<T, 5, kWarps>  // a little more than 4096 keys: 8 would be idle to a third
         : words <= 8  ? softmax_rows<T, 8, kWarps>
         : words <= 16 ? softmax_rows<T, 16, kWarps>
                       : softmax_long_rows<T>;
}

/// Four warps that hold a row of 16384 keys have 128 exponentials a lane. The next size would be 256, and a thread has
/// 255 registers: rows up to 32768, which the simulator refuses for that reason, are read twice as are longer ones.
template <class T>
Kernel<T> kernel_of(const Problem& problem, int rows) {
  const int warps = rows >= 3 ? 1 : rows == 2 ? 2 : 4;
  const int words = ceil_div(pitch_of_scores(problem) / Element<T>::kPerWord, 32 * warps);
  return warps == 1   ? kernel_of_words<T, 1>(words)
         : warps == 2 ? kernel_of_words<T, 2>(words)
                      : kernel_of_words<T, 4>(words);
}

template <class T>
void launch(const Problem& problem, const void* S, void* P, cudaStream_t stream) {
  const int rows = softmax_rows_a_block(problem);
  const Softmax<T> a{static_cast<const T*>(S),
                     static_cast<T*>(P),
                     problem.seqlen_q,
                     problem.seqlen_kv,
                     pitch_of_scores(problem),
                     rows,
                     ceil_div(problem.seqlen_q, rows),
                     problem.causal};
  kernel_of<T>(problem, rows)<<<static_cast<unsigned>(softmax_blocks(problem)), kThreads, 0, stream>>>(a);
  check_launch("softmax");
}

}  // namespace

// sim/algorithms/standard.cpp, softmax_rows_a_block: 16 KB of rows fit the SMEM of any card, and their fp32 copies half
// of its registers, so that its halving until they fit never happens to more than one row.
int softmax_rows_a_block(const Problem& problem) {
  const std::int64_t row_bytes = std::int64_t{problem.seqlen_kv} * 2;
  return static_cast<int>(std::clamp<std::int64_t>((16 << 10) / row_bytes, 1, std::min(16, problem.seqlen_q)));
}

std::int64_t softmax_blocks(const Problem& problem) {
  return std::int64_t{problem.slices()} * ceil_div(problem.seqlen_q, softmax_rows_a_block(problem));
}

int pitch_of_scores(const Problem& problem) { return ceil_div(problem.seqlen_kv, 8) * 8; }

std::size_t bytes_of_scores(const Problem& problem) {
  const auto elements = static_cast<std::size_t>(problem.slices()) * static_cast<std::size_t>(problem.seqlen_q) *
                        static_cast<std::size_t>(pitch_of_scores(problem));
  return (elements * 2 + 255) / 256 * 256;
}

void launch_softmax(const Problem& problem, const void* S, void* P, cudaStream_t stream) {
  return problem.dtype == DType::bf16 ? launch<__nv_bfloat16>(problem, S, P, stream)
                                      : launch<__half>(problem, S, P, stream);
}

}  // namespace kernels
