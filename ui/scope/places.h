// Where a tensor's rows and columns lie in the matrices of attention. Mostly there is nothing to it, but scratch
// tensors hold one chunk at a time (memory_efficient's S and P) or stack parts (flash_decoding's O_splits).
#pragma once

#include <optional>
#include <vector>

#include "sim/tile/kernel.h"

namespace scope {

/// Rows of row blocks, and of K/V tiles: what i and j count in.
struct Units {
  std::int32_t rows = 1, cols = 1;
};

class Places {
 public:
  Places(const sim::Plan& plan, const sim::Kernel& kernel, std::int32_t block_q, std::int32_t block_kv);

  const Units& units() const { return units_; }
  struct At {
    std::int32_t row = 0, col = 0;  ///< of the matrix
    std::int32_t part = -1;         ///< of a tensor that stacks parts: which
  };
  At of(sim::TensorId tensor, std::int32_t row, std::int32_t col) const;
  /// Row and column of the matrix where the tensor begins, now.
  At origin(sim::TensorId tensor) const { return of(tensor, 0, 0); }

 private:
  struct Frame {
    std::int32_t row = 0, col = 0;
    std::int32_t height = 0;  // of one part; 0: no parts
  };
  std::vector<Frame> frames_;  // by TensorId
  Units units_;
};

/// memory_efficient: first query and key of the chunk that a kernel works on.
struct ChunkStart {
  std::int32_t query = 0, key = 0;
};
std::optional<ChunkStart> chunk_of(const sim::Plan& plan, const sim::Kernel& kernel);

/// Rows of one part of a tensor that stacks parts; 0 if it does not.
std::int32_t part_height(const sim::Plan& plan, const sim::TensorInfo& tensor);

/// What i and j count in: the schedule's blocks, or inside a chunk the tiles of its products.
Units units_of(const sim::Plan& plan, std::int32_t block_q, std::int32_t block_kv);

}  // namespace scope
