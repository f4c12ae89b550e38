#include "kernels/flash2.cuh"

namespace kernels::flash2 {

// block_q, block_kv, warps, stages
std::vector<Compiled> head_dim_64() {
  return {compiled<64, 128, 128, 4, 1>(), compiled<64, 128, 64, 4, 1>(), compiled<64, 64, 64, 4, 1>(),
          compiled<64, 128, 32, 4, 1>(), compiled<64, 128, 128, 4, 2>()};
}

}  // namespace kernels::flash2
