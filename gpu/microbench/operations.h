// Instructions for mixes: each works on chains of its own, so that neither latency nor another kind holds it up.
#pragma once

#include "microbench/mma.h"

namespace microbench {

/// The registers of one instruction kind in one thread.
struct FloatChains {
  static constexpr int kChains = 8;
  float value[kChains + 1];  // the last is never written
  __device__ void start(int salt) {
#pragma unroll
    for (int c = 0; c <= kChains; ++c) {
      value[c] = static_cast<float>(threadIdx.x * 7 + c + salt) * 0.01f;
    }
  }
  __device__ float sum() const {
    float total = 0;
#pragma unroll
    for (int c = 0; c <= kChains; ++c) {
      total += value[c];
    }
    return total;
  }
};

struct Fma : FloatChains {
  static constexpr const char* kName = "fma";
  __device__ void apply(int c) { asm volatile("fma.rn.f32 %0, %0, %1, %1;" : "+f"(value[c]) : "f"(value[c + 1])); }
};

struct Add : FloatChains {
  static constexpr const char* kName = "add";
  __device__ void apply(int c) { asm volatile("add.rn.f32 %0, %0, %1;" : "+f"(value[c]) : "f"(value[c + 1])); }
};

/// Adds one and the same register everywhere.
struct AddSame : FloatChains {
  static constexpr const char* kName = "add_same";
  __device__ void apply(int c) { asm volatile("add.rn.f32 %0, %0, %1;" : "+f"(value[c]) : "f"(value[kChains])); }
};

/// Neither operand is the register of the result. (Operands that nobody writes would let the assembler add once.)
struct AddDistinct : FloatChains {
  static constexpr const char* kName = "add_distinct";
  __device__ void apply(int c) {
    asm volatile("add.rn.f32 %0, %1, %2;" : "=f"(value[c]) : "f"(value[(c + 3) % 8]), "f"(value[(c + 5) % 8]));
  }
};

struct Multiply : FloatChains {
  static constexpr const char* kName = "mul";
  __device__ void apply(int c) { asm volatile("mul.rn.f32 %0, %0, %1;" : "+f"(value[c]) : "f"(value[c + 1])); }
};

struct Max : FloatChains {
  static constexpr const char* kName = "max";
  __device__ void apply(int c) { asm volatile("max.f32 %0, %0, %1;" : "+f"(value[c]) : "f"(value[c + 1])); }
};

struct Exp2 : FloatChains {
  static constexpr const char* kName = "exp2";
  __device__ void apply(int c) { asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(value[c])); }
};

/// Two fp32 to one fp16x2.
struct Convert : FloatChains {
  static constexpr const char* kName = "convert_pair";
  __device__ void apply(int c) {
    unsigned packed;
    asm volatile("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(value[c]), "f"(value[c + 1]));
    value[c] = __uint_as_float(packed);
  }
};

/// In a ring: a sum that only its own chain reads would be added together with the next one (IADD3).
struct IntegerAdd : FloatChains {
  static constexpr const char* kName = "iadd";
  __device__ void apply(int c) {
    const int next = __float_as_int(value[(c + 1) % kChains]);
    int sum;
    asm volatile("add.s32 %0, %1, %2;" : "=r"(sum) : "r"(__float_as_int(value[c])), "r"(next));
    value[c] = __int_as_float(sum);
  }
};

/// mma.sync m16n8k16, operands in registers.
struct Mma {
  static constexpr const char* kName = "mma";
  static constexpr int kChains = 4;
  float d[kChains][4];
  unsigned a[4], b[2];
  __device__ void start(int salt) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      a[i] = random_pair<Format::Fp16>(threadIdx.x * 8 + i + salt);
    }
    b[0] = random_pair<Format::Fp16>(threadIdx.x * 8 + 4 + salt);
    b[1] = random_pair<Format::Fp16>(threadIdx.x * 8 + 5 + salt);
#pragma unroll
    for (int c = 0; c < kChains; ++c) {
      d[c][0] = d[c][1] = d[c][2] = d[c][3] = static_cast<float>(c);  // equal chains could become one
    }
  }
  __device__ void apply(int c) { mma<Format::Fp16>(d[c], a, b); }
  __device__ float sum() const {
    float total = 0;
#pragma unroll
    for (int c = 0; c < kChains; ++c) {
      total += d[c][0] + d[c][1] + d[c][2] + d[c][3];
    }
    return total;
  }
};

}  // namespace microbench
