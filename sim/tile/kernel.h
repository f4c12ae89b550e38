// A kernel: a tile program, its grid and its resources. A plan: an algorithm put onto a problem, as the tensors it
// keeps in HBM and the kernels it launches, in order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/machine/machine.h"
#include "sim/tile/tile.h"

namespace sim {

struct Kernel {
  std::string name;
  const char* source_file = "";  ///< of the tile program, relative to the repository: what the window shows
  std::shared_ptr<const std::string> source_text;  ///< of that file, if it is none of the repository's
  std::int32_t blocks = 1;                         ///< of one slice of the grid; Block::index() counts them
  std::int32_t slices = 1;  ///< of the grid: heads x batch, usually. Slice z uses Tensor::slice_of(z).
  int warps = 4;            ///< of one block, all roles together
  MatmulUnit matmul = MatmulUnit::mma_sync;
  /// Lanes that share a row, of kernels that work on rows in words of 16 bytes a lane; 0: rows lie as mma.sync's
  /// fragments have them, spread over a quad.
  int lanes_of_a_row = 0;
  std::function<void(Block&)> program;

  /// The lowest block whose ops differ from those of `index` only in which rows and columns they address; a program
  /// whose blocks all differ leaves it empty. Counters of one stand for all; tests record both and compare.
  std::function<std::int32_t(std::int32_t index)> same_work_as;

  /// Does the program ask for values (Block::any_greater)? Then each block of each slice has a trace of its own, and
  /// same_work_as holds for runs without values only.
  bool data_dependent = false;

  /// What the papers count as read by one slice of this kernel: each operand once, whatever its tiles read again.
  /// Empty: what the tiles read. Tests hold it against the union of the tiles' loads.
  std::vector<Region> paper_reads;

  std::int32_t representative(std::int32_t index) const { return same_work_as ? same_work_as(index) : index; }
  std::int64_t total_blocks() const { return std::int64_t{blocks} * slices; }
};

enum class TensorRole : std::uint8_t { input, output, scratch };

struct TensorInfo {
  std::string name;  ///< "Q", "K", "S", "LSE", ...
  Tensor tensor;
  std::int32_t slices = 1;
  TensorRole role = TensorRole::scratch;
  std::int64_t bytes() const { return tensor.shape.elements() * slices * size_of(tensor.dtype); }
};

struct Plan {
  std::string algorithm;
  std::vector<TensorInfo> tensors;  ///< tensors[i].tensor.id == i
  std::vector<Kernel> kernels;

  /// Adds a tensor of `slices` slices; a grid of `grid_slices` spreads over them evenly.
  Tensor add(std::string name, TensorRole role, DType dtype, Shape shape, std::int32_t slices,
             std::int32_t grid_slices);
  const TensorInfo* find(const std::string& name) const;
};

/// Records block `index` of `kernel` into `trace` (cleared first): its ops in issue order.
void record_block(const Kernel& kernel, std::int32_t index, Trace& trace, Oracle* oracle = nullptr);

/// Runs block `index` of `kernel` and hands its ops to `sink` as they come, for counters of blocks too long to keep.
void stream_block(const Kernel& kernel, std::int32_t index, Trace& trace, const OpSink& sink);

}  // namespace sim
