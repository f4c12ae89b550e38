// What is computed (Problem) and how (Schedule).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/dtype.h"
#include "sim/machine/machine.h"

namespace sim {

enum class Mask : std::uint8_t { none, causal };  ///< causal is bottom-right aligned: query q sees keys <= q + Nk - Nq
std::string_view name_of(Mask mask);
std::string_view name_of(MatmulUnit unit);  ///< "ffma", "mma_sync", "wgmma"

/// Attention: Q is [batch, heads, seqlen_q, head_dim], K and V are [batch, kv_heads, seqlen_kv, head_dim], row-major.
/// Softmax: X is [rows, row_length].
struct Problem {
  std::int32_t batch = 1;
  std::int32_t heads = 1;
  std::int32_t kv_heads = 0;  ///< 0: as many as heads (MHA); 1: MQA; else GQA, and heads is a multiple of it
  std::int32_t seqlen_q = 1024;
  std::int32_t seqlen_kv = 0;  ///< 0: as seqlen_q
  std::int32_t head_dim = 64;
  DType dtype = DType::fp16;
  Mask mask = Mask::none;
  std::int32_t rows = 1024;
  std::int32_t row_length = 1024;

  std::int32_t slices() const { return batch * heads; }
  std::int32_t kv_slices() const { return batch * kv_heads; }
  std::int32_t group() const { return heads / kv_heads; }  ///< query heads that share one K, V head
};

/// Fills in the zeros above and checks every field; throws Error naming the flag, its value and the range.
Problem checked(Problem problem, bool softmax);

/// How the work is cut up. 0 means: the algorithm's default for the problem and the machine.
struct Schedule {
  std::int32_t block_q = 0;   ///< Br: rows of Q (or of X) a block
  std::int32_t block_kv = 0;  ///< Bc: rows of K and V (or columns of X) a step
  int stages = 0;             ///< buffers each of K and V has
  int warps = 0;              ///< of a block
  std::int32_t splits = 0;    ///< flash_decoding: parts that K and V are split into
  std::int32_t tile = 0;      ///< memory_efficient: rows and columns of the tiles inside a chunk
};

}  // namespace sim
