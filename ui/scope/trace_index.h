// The tiles of a block's trace: what the program calls them, which part of which matrix they hold, when they live.
//
// Names come from the program's own source: `Tile Sij = dot(Qi, T(Kj))` names the tile that line makes "Sij", which is
// S of row block i and K/V tile j. Which rows and columns a tile covers follows from the ops: a product has its first
// operand's rows and the rows (K^T) or columns (V) of its second.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/tile/kernel.h"
#include "ui/scope/family.h"

namespace scope {

/// A tile program's source, as the build saw it.
struct SourceFile {
  std::string path;                ///< "sim/algorithms/flash_attention_2.cpp"
  std::vector<std::string> lines;  ///< lines[0] is line 1
  /// Paper's line number in the margin of a line ("//  8"), or nothing.
  std::optional<int> paper_line(int line) const;
  /// The lines of the function around `line`: first and last, both from 1.
  std::pair<int, int> function_around(int line) const;
};
/// Carried in the program, or remembered. Throws sim::Error for a path that is not there.
const SourceFile& source_file(const std::string& path);
/// Keeps the text of a program that is not the project's own; what came last under a path is found.
void remember_source(const std::string& path, std::string_view text);

struct TileInfo {
  sim::TileId id = 0;
  std::string variable;  ///< as in the source: "Sij"; of a temporary: what its value is for, or ""
  std::string name;      ///< rich text with numbers: "S_{3,6}", "*m*_{3}", "K_{7}"
  std::string symbol;    ///< rich text without: "S", "*m*", "K"
  Family family = Family::none;
  sim::Level level = sim::Level::registers;
  sim::DType dtype = sim::DType::fp32;
  sim::Shape shape;
  std::int64_t bytes = 0;
  std::int32_t row = 0, col = 0;        ///< of the matrix that it is a part of
  std::int32_t i = -1, j = -1;          ///< row block and K/V tile, if they mean something
  std::optional<sim::TensorId> tensor;  ///< loaded from
  bool temporary = false;               ///< lives inside one source line
  std::uint32_t made_op = 0,
                dead_op = 0;  ///< ops [made_op, dead_op]; dead_op: the release, or the op that took it over
  int stages = 0, stage = 0;  ///< of a ring of buffers: how many, which
};

struct TraceIndex {
  std::shared_ptr<const sim::Trace> trace;
  const sim::Kernel* kernel = nullptr;
  std::vector<TileInfo> tiles;             ///< by made_op; ids that take over another's storage are tiles of their own
  std::vector<std::uint32_t> tile_of;      ///< by TileId: index into tiles
  std::vector<std::uint32_t> real_ops;     ///< ops that are not releases
  std::vector<std::uint32_t> number_of;    ///< by op: how many real ops come before it
  std::vector<std::int32_t> iteration_of;  ///< by op: K/V tile j that it works on, or -1

  const TileInfo* tile(sim::TileId id) const;  ///< null: no such tile
  /// Indices of tiles alive after op `op`, oldest first.
  std::vector<std::uint32_t> alive_after(std::uint32_t op) const;

  std::vector<std::vector<std::uint32_t>> marks;  ///< alive after every 256th op
};

/// `schedule` gives the sizes that i and j count in.
std::shared_ptr<const TraceIndex> index_trace(std::shared_ptr<const sim::Trace> trace, const sim::Plan& plan,
                                              const sim::Kernel& kernel, std::int32_t block_q, std::int32_t block_kv);

/// Family of a tensor or variable by its name: Q K V S P O; m l d alpha LSE weights and the like are statistics.
Family family_of(const std::string& name);

}  // namespace scope
