// The schedules of FlashAttention-2 that are compiled, a head dimension a file.
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace kernels::flash2 {

struct Compiled {
  using Launch = void (*)(const Problem& problem, const Tensors& tensors, cudaStream_t stream);
  int head_dim;
  Schedule schedule;
  Launch fp16, bf16;
};

/// The first is the default; see the tile program's schedule().
std::vector<Compiled> head_dim_64();
std::vector<Compiled> head_dim_128();
std::vector<Compiled> head_dim_256();

}  // namespace kernels::flash2
