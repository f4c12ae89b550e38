// wgmma m64nNk16 with fp32 accumulation, one function per shape and operand source, and what belongs to it.
#pragma once

#include <cstdint>

#include "microbench/mma.h"

namespace microbench {

__device__ inline void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int Pending>
__device__ inline void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}

/// Nothing that reads or writes these registers is moved past here: the compiler doesn't know that products run on.
template <int Count>
__device__ inline void hold(float (&registers)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; ++i) {
    asm volatile("" : "+f"(registers[i])::"memory");
  }
}

/// Descriptor of a tile in SMEM whose rows are 64 16-bit numbers (128 bytes) along k, swizzled in atoms of 8 rows
/// (1024 bytes). Fields in units of 16 bytes: address, leading offset (unused with this layout), offset from atom to
/// atom; layout 1 is the 128-byte swizzle (PTX ISA, "Matrix descriptor").
__device__ inline std::uint64_t tile_descriptor(const void* tile) {
  const auto address = static_cast<std::uint64_t>(__cvta_generic_to_shared(tile));
  return (address & 0x3ffffu) >> 4 | std::uint64_t{1} << 16 | std::uint64_t{1024 >> 4} << 32 | std::uint64_t{1} << 62;
}
constexpr std::uint64_t kDescriptorStep = 16 * 2 >> 4;  // 16 numbers further along k

// The registers as text, "%0, %1, ..."; ten at a time, whose tens digit is the argument.
#define TEN(t) "%" #t "0,%" #t "1,%" #t "2,%" #t "3,%" #t "4,%" #t "5,%" #t "6,%" #t "7,%" #t "8,%" #t "9,"
#define TEXT_8 "%0,%1,%2,%3"
#define TEXT_32 TEN() "%10,%11,%12,%13,%14,%15"
#define TEXT_64 TEN() TEN(1) TEN(2) "%30,%31"
#define TEXT_128 TEN() TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) "%60,%61,%62,%63"
#define TEXT_256 \
  TEN()          \
  TEN(1)         \
  TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9) TEN(10) TEN(11) "%120,%121,%122,%123,%124,%125,%126,%127"
// ... and as operands.
#define FOUR(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SIXTEEN(i) FOUR(i), FOUR(i + 4), FOUR(i + 8), FOUR(i + 12)
#define SIXTY_FOUR(i) SIXTEEN(i), SIXTEEN(i + 16), SIXTEEN(i + 32), SIXTEEN(i + 48)
#define OPERANDS_8 FOUR(0)
#define OPERANDS_32 SIXTEEN(0)
#define OPERANDS_64 SIXTEEN(0), SIXTEEN(16)
#define OPERANDS_128 SIXTY_FOUR(0)
#define OPERANDS_256 SIXTY_FOUR(0), SIXTY_FOUR(64)

// D += A B with A and B in SMEM; `rest` are the operands' numbers after the accumulators.
#define WGMMA_SHARED(n, type, rest)                                                                                \
  asm volatile("{.reg .pred p; setp.eq.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." type "." type \
               " {" TEXT_##n "}, " rest ", p, 1, 1, 0, 0;}"                                                        \
               : OPERANDS_##n                                                                                      \
               : "l"(a), "l"(b))
// The same with A in registers.
#define WGMMA_REGISTERS(n, type, rest)                                                                             \
  asm volatile("{.reg .pred p; setp.eq.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." type "." type \
               " {" TEXT_##n "}, " rest ", p, 1, 1, 0;}"                                                           \
               : OPERANDS_##n                                                                                      \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b))

#define DEFINE_WGMMA(n, shared_rest, registers_rest)                                       \
  template <Format F>                                                                      \
  __device__ inline void wgmma(float(&d)[n / 2], std::uint64_t a, std::uint64_t b) {       \
    if constexpr (F == Format::Fp16) {                                                     \
      WGMMA_SHARED(n, "f16", shared_rest);                                                 \
    } else {                                                                               \
      WGMMA_SHARED(n, "bf16", shared_rest);                                                \
    }                                                                                      \
  }                                                                                        \
  template <Format F>                                                                      \
  __device__ inline void wgmma(float(&d)[n / 2], const unsigned(&a)[4], std::uint64_t b) { \
    if constexpr (F == Format::Fp16) {                                                     \
      WGMMA_REGISTERS(n, "f16", registers_rest);                                           \
    } else {                                                                               \
      WGMMA_REGISTERS(n, "bf16", registers_rest);                                          \
    }                                                                                      \
  }

DEFINE_WGMMA(8, "%4, %5", "{%4, %5, %6, %7}, %8")
DEFINE_WGMMA(32, "%16, %17", "{%16, %17, %18, %19}, %20")
DEFINE_WGMMA(64, "%32, %33", "{%32, %33, %34, %35}, %36")
DEFINE_WGMMA(128, "%64, %65", "{%64, %65, %66, %67}, %68")
DEFINE_WGMMA(256, "%128, %129", "{%128, %129, %130, %131}, %132")

#undef TEN
#undef TEXT_8
#undef TEXT_32
#undef TEXT_64
#undef TEXT_128
#undef TEXT_256
#undef FOUR
#undef SIXTEEN
#undef SIXTY_FOUR
#undef OPERANDS_8
#undef OPERANDS_32
#undef OPERANDS_64
#undef OPERANDS_128
#undef OPERANDS_256
#undef WGMMA_SHARED
#undef WGMMA_REGISTERS
#undef DEFINE_WGMMA

/// Fills `bytes` of SMEM with random numbers of the format, for wgmma to read after the next barrier.
template <Format F>
__device__ inline void fill_tiles(unsigned* words, int bytes) {
  for (int i = static_cast<int>(threadIdx.x); i < bytes / 4; i += static_cast<int>(blockDim.x)) {
    words[i] = random_pair<F>(i + 1);
  }
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

}  // namespace microbench
