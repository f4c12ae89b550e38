// Pieces of softmax on accumulators: the four lanes of a quad share a row, each with two columns in eight.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <type_traits>

namespace kernels {

constexpr float kLog2E = 1.44269504088896340736f;
constexpr unsigned kAllLanes = 0xffffffffu;

/// 2^x on the special function unit; 0 for -infinity, and where the result would be subnormal.
__device__ __forceinline__ float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// Over the four lanes of a quad; every lane gets the result.
__device__ __forceinline__ float quad_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(kAllLanes, x, 1));
  return fmaxf(x, __shfl_xor_sync(kAllLanes, x, 2));
}
__device__ __forceinline__ float quad_sum(float x) {
  x += __shfl_xor_sync(kAllLanes, x, 1);
  return x + __shfl_xor_sync(kAllLanes, x, 2);
}

/// Two numbers in one register, `low` in the lower half, rounded to nearest even.
template <class T>
__device__ __forceinline__ unsigned pack(float low, float high) {
  unsigned pair;
  if constexpr (std::is_same_v<T, __half>) {
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  } else {
    static_assert(std::is_same_v<T, __nv_bfloat16>);
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  }
  return pair;
}

/// Writes a pair to SMEM.
__device__ __forceinline__ void store_shared(unsigned address, unsigned pair) {
  asm volatile("st.shared.u32 [%0], %1;" ::"r"(address), "r"(pair) : "memory");
}

}  // namespace kernels
