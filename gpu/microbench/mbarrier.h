// mbarriers in SMEM, as TMA and warps that work for each other use them.
#pragma once

#include <cstdint>

namespace microbench {

__device__ inline unsigned smem_address(const void* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }

/// By one thread; a __syncthreads must follow before another uses it.
__device__ inline void init_barrier(std::uint64_t* barrier, unsigned arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(smem_address(barrier)), "r"(arrivals) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ inline void arrive(std::uint64_t* barrier) {
  asm volatile("{.reg .b64 state; mbarrier.arrive.shared::cta.b64 state, [%0];}" ::"r"(smem_address(barrier))
               : "memory");
}

/// Arrives, and lets the phase wait for `bytes` of copies too.
__device__ inline void arrive_and_expect(std::uint64_t* barrier, unsigned bytes) {
  asm volatile(
      "{.reg .b64 state; mbarrier.arrive.expect_tx.shared::cta.b64 state, [%0], %1;}" ::"r"(smem_address(barrier)),
      "r"(bytes)
      : "memory");
}

/// Until the phase of this parity is complete.
__device__ inline void wait_for(std::uint64_t* barrier, unsigned parity) {
  asm volatile(
      "{.reg .pred done;\n"
      "again%=: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra again%=;}" ::"r"(smem_address(barrier)),
      "r"(parity)
      : "memory");
}

}  // namespace microbench
