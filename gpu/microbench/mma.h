// mma.sync m16n8k16 with fp32 accumulation, and random operands for it.
#pragma once

namespace microbench {

constexpr double kMmaFlops = 2.0 * 16 * 8 * 16;

enum class Format { Fp16, Bf16 };

template <Format F>
__device__ inline void mma(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  if constexpr (F == Format::Fp16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
}

/// Two numbers of magnitude 1/2 to 2 in the format, random signs and mantissas: power as with real data.
template <Format F>
__device__ inline unsigned random_pair(unsigned seed) {
  unsigned h = seed * 2654435761u;
  h = (h ^ (h >> 15)) * 2246822519u;
  h ^= h >> 13;
  return F == Format::Fp16 ? (h & 0x87ff87ffu) | 0x38003800u : (h & 0x80ff80ffu) | 0x3f003f00u;
}

}  // namespace microbench
