#include "kernels/flash2.cuh"

namespace kernels::flash2 {

// block_q, block_kv, warps, stages
std::vector<Compiled> head_dim_128() {
  return {compiled<128, 128, 64, 4, 1>(), compiled<128, 64, 64, 4, 1>(), compiled<128, 128, 32, 4, 1>(),
          compiled<128, 128, 128, 8, 1>(), compiled<128, 128, 64, 4, 2>()};
}

}  // namespace kernels::flash2
