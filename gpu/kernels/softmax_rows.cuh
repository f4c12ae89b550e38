// Rows of a matrix as 16-byte words spread over lanes, whatever the row's length and alignment; and the row softmax's
// arithmetic on them. Used by softmax.cu and standard_softmax.cu.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/parts/softmax.cuh"

namespace kernels::rows {

constexpr float kInf = std::numeric_limits<float>::infinity();

/// e^(x - max) as 2^((x - max) log2 e). The difference comes first: x log2 e alone would overflow near the largest bf16
/// and fp32 numbers. A maximum of -infinity is read as 0: such a row has seen no number yet, and its exponentials are
/// 0.
__device__ __forceinline__ float shift_of(float max) { return max == -kInf ? 0.0f : max; }
__device__ __forceinline__ float exp_shifted(float x, float shift) { return exp2_approx(__fmul_rn(x - shift, kLog2E)); }

/// e^(max - max_new): where the maximum stays it is exactly 1.
__device__ __forceinline__ float rescale(float max, float max_new) {
  return exp2_approx(__fmul_rn(max - shift_of(max_new), kLog2E));
}

/// 1 / sum, and 0 for a row without weight, so that a row of -infinity becomes 0.
__device__ __forceinline__ float inverse_of(float sum) { return sum == 0.0f ? 0.0f : 1.0f / sum; }

__device__ __forceinline__ float warp_max(float x) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    x = fmaxf(x, __shfl_xor_sync(kAllLanes, x, step));
  }
  return x;
}

__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    x += __shfl_xor_sync(kAllLanes, x, step);
  }
  return x;
}

// ---------------------------------------------------------------------------------------------------------------------
// Words
// ---------------------------------------------------------------------------------------------------------------------

/// An element as bits, -infinity among them, and a word's elements as numbers.
template <class T>
struct Element {
  using Bits = std::uint16_t;
  static constexpr int kPerWord = 8;
  static constexpr Bits kMinusInf = std::is_same_v<T, __half> ? 0xFC00 : 0xFF80;
};
template <>
struct Element<float> {
  using Bits = std::uint32_t;
  static constexpr int kPerWord = 4;
  static constexpr Bits kMinusInf = 0xFF800000u;
};

template <class T>
__device__ __forceinline__ float low_half(unsigned pair) {
  if constexpr (std::is_same_v<T, __half>) {
    return __half2float(__ushort_as_half(static_cast<unsigned short>(pair & 0xFFFFu)));
  } else {
    return __uint_as_float(pair << 16);
  }
}

template <class T>
__device__ __forceinline__ float high_half(unsigned pair) {
  if constexpr (std::is_same_v<T, __half>) {
    return __half2float(__ushort_as_half(static_cast<unsigned short>(pair >> 16)));
  } else {
    return __uint_as_float(pair & 0xFFFF0000u);
  }
}

/// The larger of each half.
template <class T>
__device__ __forceinline__ unsigned max_of_pairs(unsigned a, unsigned b) {
  unsigned pair;
  if constexpr (std::is_same_v<T, __half>) {
    asm("max.f16x2 %0, %1, %2;" : "=r"(pair) : "r"(a), "r"(b));
  } else {
    asm("max.bf16x2 %0, %1, %2;" : "=r"(pair) : "r"(a), "r"(b));
  }
  return pair;
}

/// A word's largest element. Pairs are compared before they are converted, which takes half the instructions and leaves
/// no number to be kept in a register.
template <class T>
__device__ __forceinline__ float max_of(const uint4& word) {
  if constexpr (std::is_same_v<T, float>) {
    return fmaxf(fmaxf(__uint_as_float(word.x), __uint_as_float(word.y)),
                 fmaxf(__uint_as_float(word.z), __uint_as_float(word.w)));
  } else {
    const unsigned pair = max_of_pairs<T>(max_of_pairs<T>(word.x, word.y), max_of_pairs<T>(word.z, word.w));
    return fmaxf(low_half<T>(pair), high_half<T>(pair));
  }
}

/// A word's elements as numbers.
template <class T>
__device__ __forceinline__ void unpack(const uint4& word, float (&out)[Element<T>::kPerWord]) {
  const unsigned parts[4] = {word.x, word.y, word.z, word.w};
#pragma unroll
  for (int p = 0; p < 4; ++p) {
    if constexpr (std::is_same_v<T, float>) {
      out[p] = __uint_as_float(parts[p]);
    } else {
      out[2 * p] = low_half<T>(parts[p]);
      out[2 * p + 1] = high_half<T>(parts[p]);
    }
  }
}

/// And back, rounded to nearest even.
template <class T>
__device__ __forceinline__ uint4 pack_word(const float (&in)[Element<T>::kPerWord]) {
  if constexpr (std::is_same_v<T, float>) {
    return make_uint4(__float_as_uint(in[0]), __float_as_uint(in[1]), __float_as_uint(in[2]), __float_as_uint(in[3]));
  } else {
    return make_uint4(pack<T>(in[0], in[1]), pack<T>(in[2], in[3]), pack<T>(in[4], in[5]), pack<T>(in[6], in[7]));
  }
}

/// Does anybody read it again? Both go past the L1, so that each pass over a row is traffic of the L2, as simulated.
enum class Read { again, last };

template <Read kRead, class Value>
__device__ __forceinline__ Value load(const Value* from) {
  return kRead == Read::again ? __ldcg(from) : __ldcs(from);
}

/// Is it read soon, or had the L2 better keep something else?
enum class Write { read_soon, last };

template <Write kWrite, class Value>
__device__ __forceinline__ void store(Value* to, const Value& value) {
  if constexpr (kWrite == Write::last) {
    __stcs(to, value);
  } else {
    *to = value;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Rows
// ---------------------------------------------------------------------------------------------------------------------

/// Where a row lies among 16-byte words: elements [begin, end), counted from the start of the word that it begins in.
/// The matrix begins at a multiple of 16 bytes; its rows, if their pitch is no multiple of a word's, do not.
struct RowSpan {
  std::int64_t first_word;
  int begin, end;

  /// `first`: of the matrix's elements, the row's first.
  __host__ __device__ RowSpan(std::int64_t first, int length, int per_word)
      : first_word(first / per_word), begin(static_cast<int>(first % per_word)), end(begin + length) {}

  __host__ __device__ bool holds(int element) const { return element >= begin && element < end; }
  __host__ __device__ bool holds(int element, int count) const { return element >= begin && element + count <= end; }
  __host__ __device__ bool touches(int element, int count) const { return element + count > begin && element < end; }
};

/// What one lane holds of a row: kWords words, `stride` apart.
template <class T, int kWords>
struct Words {
  static constexpr int kPerWord = Element<T>::kPerWord;
  uint4 at[kWords];

  __device__ __forceinline__ float max() const {
    float m = -kInf;
#pragma unroll
    for (int w = 0; w < kWords; ++w) {
      m = fmaxf(m, max_of<T>(at[w]));
    }
    return m;
  }

  /// Sum of e^(x - max).
  __device__ __forceinline__ float sum_of_exp(float max) const {
    const float shift = shift_of(max);
    float sum = 0;
#pragma unroll
    for (int w = 0; w < kWords; ++w) {
      float x[kPerWord];
      unpack<T>(at[w], x);
#pragma unroll
      for (int e = 0; e < kPerWord; ++e) {
        sum += exp_shifted(x[e], shift);
      }
    }
    return sum;
  }
};

/// A word beside the row: no maximum or sum of exponentials notices -infinity.
template <class T>
__device__ __forceinline__ uint4 nothing() {
  constexpr unsigned kBits = Element<T>::kMinusInf, kPart = sizeof(T) == 4 ? kBits : kBits | kBits << 16;
  return make_uint4(kPart, kPart, kPart, kPart);
}

/// The part of a word that belongs to the row, element by element, and -infinity beside it.
template <class T, Read kRead>
__device__ __forceinline__ uint4 load_part_of_word(const T* matrix, const RowSpan& row, int word) {
  using Bits = typename Element<T>::Bits;
  constexpr int kPerWord = Element<T>::kPerWord;
  const Bits* from = reinterpret_cast<const Bits*>(matrix) + (row.first_word + word) * kPerWord;
  unsigned parts[4] = {};
#pragma unroll
  for (int e = 0; e < kPerWord; ++e) {
    const unsigned bits = row.holds(word * kPerWord + e) ? load<kRead>(from + e) : Element<T>::kMinusInf;
    parts[e * 4 / kPerWord] |= bits << (e * 128 / kPerWord % 32);
  }
  return make_uint4(parts[0], parts[1], parts[2], parts[3]);
}

/// Words first, first + stride, ... of a row, `whole` if all lanes' words belong to it.
template <Read kRead, class T, int kWords>
__device__ __forceinline__ void load_words(Words<T, kWords>& words, const T* matrix, const RowSpan& row, int first,
                                           int stride, bool whole) {
  constexpr int kPerWord = Element<T>::kPerWord;
  const uint4* from = reinterpret_cast<const uint4*>(matrix) + row.first_word + first;
  if (whole) {
#pragma unroll
    for (int w = 0; w < kWords; ++w) {
      words.at[w] = load<kRead>(from + w * stride);
    }
    return;
  }
#pragma unroll
  for (int w = 0; w < kWords; ++w) {
    const int word = first + w * stride;
    if (row.holds(word * kPerWord, kPerWord)) {
      words.at[w] = load<kRead>(from + w * stride);
    } else if (row.touches(word * kPerWord, kPerWord)) {
      words.at[w] = load_part_of_word<T, kRead>(matrix, row, word);
    } else {
      words.at[w] = nothing<T>();
    }
  }
}

/// Words `lane`, `lane` + 32, ... of each piece that a warp takes of a row: pieces first, first + step, ... in that
/// order, as use(words, number of the piece). Two stages: the next piece is on its way while one is used.
template <Read kRead, int kWords, class T, class Use>
__device__ __forceinline__ void each_piece(const T* matrix, const RowSpan& row, int first, int step, int lane,
                                           Use use) {
  constexpr int kPerWord = Element<T>::kPerWord, kColumns = 32 * kWords * kPerWord;
  const auto load_piece = [&](Words<T, kWords>& x, int j) {
    load_words<kRead>(x, matrix, row, j * kWords * 32 + lane, 32, row.holds(j * kColumns, kColumns));
  };
  const int pieces = (row.end + kColumns - 1) / kColumns;
  Words<T, kWords> next;
  load_piece(next, first);
#pragma unroll 1
  for (int j = first; j < pieces; j += step) {
    const Words<T, kWords> x = next;
    if (j + step < pieces) {
      load_piece(next, j + step);
    }
    use(x, j);
  }
}

/// Writes a word, or the part of it that belongs to the row.
template <Write kWrite, class T>
__device__ __forceinline__ void store_word(T* matrix, const RowSpan& row, int word, const uint4& value) {
  using Bits = typename Element<T>::Bits;
  constexpr int kPerWord = Element<T>::kPerWord;
  if (row.holds(word * kPerWord, kPerWord)) {
    store<kWrite>(reinterpret_cast<uint4*>(matrix) + row.first_word + word, value);
    return;
  }
  if (!row.touches(word * kPerWord, kPerWord)) {
    return;
  }
  Bits* to = reinterpret_cast<Bits*>(matrix) + (row.first_word + word) * kPerWord;
  const unsigned parts[4] = {value.x, value.y, value.z, value.w};
#pragma unroll
  for (int e = 0; e < kPerWord; ++e) {
    if (row.holds(word * kPerWord + e)) {
      store<kWrite>(to + e, static_cast<Bits>(parts[e * 4 / kPerWord] >> (e * 128 / kPerWord % 32)));
    }
  }
}

}  // namespace kernels::rows
