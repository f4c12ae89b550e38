#include "kernels/flash2.cuh"

namespace kernels::flash2 {

// block_q, block_kv, warps, stages
std::vector<Compiled> head_dim_256() { return {compiled<256, 128, 64, 8, 1>(), compiled<256, 64, 64, 4, 1>()}; }

}  // namespace kernels::flash2
