// What the focus block works on at this moment, and which kinds of tiles it ever has on the chip.
#include <algorithm>
#include <array>
#include <utility>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

const scope::TileInfo* newest(const scope::Frame& frame, Family family) {
  const scope::TileInfo* found = nullptr;
  for (const scope::OnChip& tile : frame.tiles) {
    if (tile.tile->family == family && tile.state != scope::OnChip::State::arriving) {
      found = tile.tile;
    }
  }
  return found;
}

}  // namespace

Focus focus_of(const scope::Run& run, const scope::Frame& frame) {
  Focus focus;
  for (const Family family : {Family::q, Family::s, Family::p, Family::o}) {
    if (const scope::TileInfo* tile = newest(frame, family)) {
      focus.first_row = tile->row;
      focus.rows = tile->shape.rows;
      focus.i = tile->i;
      break;
    }
  }
  const sim::Kernel& kernel = *run.kernels()[static_cast<std::size_t>(frame.at.kernel)].kernel;
  const sim::Problem& problem = run.problem();
  const std::int32_t block_q = run.schedule().block_q;
  if (focus.rows == 0 && block_q > 0 && kernel.blocks == sim::ceil_div(problem.seqlen_q, block_q)) {
    focus.first_row = frame.at.index * block_q;  // nothing is on the chip yet, or any more
    focus.rows = std::min(block_q, problem.seqlen_q - focus.first_row);
    focus.i = frame.at.index;
  }
  focus.j = frame.iteration;
  for (const Family family : {Family::p, Family::s}) {
    if (const scope::TileInfo* tile = newest(frame, family)) {
      focus.first_key = tile->col;
      focus.keys = tile->shape.cols;
      break;
    }
  }
  if (focus.first_key < 0 && focus.j >= 0) {
    focus.first_key = focus.j * run.schedule().block_kv;
    focus.keys = run.schedule().block_kv;
  }
  return focus;
}

// ---- Kinds of tiles ----
namespace {

constexpr std::size_t kTilesSeen = 800;  // of a trace: loops repeat themselves

/// Q K V S P m alpha l O.
int rank(const SlotKind& kind) {
  constexpr std::array<int, scope::kFamilies> kRanks = {0, 1, 2, 3, 4, 20, 9, 30};
  const int family = kRanks[static_cast<std::size_t>(kind.family)];
  if (kind.family != Family::statistic) {
    return family;
  }
  return kind.symbol == "*m*"   ? family
         : kind.symbol == "*α*" ? family + 1
         : kind.symbol == "*ℓ*" ? family + 2
                                : family + 3;
}

/// Kinds in the making, with the ends of those that live at the moment.
struct Kinds {
  std::vector<SlotKind> kinds;
  std::vector<std::vector<std::uint32_t>> ends;

  std::size_t index_of(const scope::TileInfo& tile) {
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      if (kinds[k].family == tile.family && kinds[k].level == tile.level && kinds[k].symbol == tile.symbol) {
        return k;
      }
    }
    kinds.push_back({tile.family, tile.symbol, tile.level, 0, tile.shape, false});
    ends.emplace_back();
    return kinds.size() - 1;
  }

  void add(const scope::TileInfo& tile) {
    const std::size_t k = index_of(tile);
    SlotKind& kind = kinds[k];
    auto& alive = ends[k];
    alive.erase(std::remove_if(alive.begin(), alive.end(), [&](std::uint32_t end) { return end <= tile.made_op; }),
                alive.end());
    alive.push_back(tile.dead_op);
    // A ring's copies are issued ahead of where their tiles are named: its stages say how many there are.
    const int at_once = tile.stages > 0 ? tile.stages : static_cast<int>(alive.size());
    kind.count = std::max(kind.count, at_once);
    kind.shape.rows = std::max(kind.shape.rows, tile.shape.rows);
    kind.shape.cols = std::max(kind.shape.cols, tile.shape.cols);
  }
};

}  // namespace

std::vector<SlotKind> slot_kinds(const scope::Frame& frame) {
  Kinds all;
  const auto& tiles = frame.trace->tiles;
  for (std::size_t i = 0; i < std::min(tiles.size(), kTilesSeen); ++i) {
    if (!tiles[i].temporary || tiles[i].family != Family::statistic) {
      all.add(tiles[i]);
    }
  }
  for (const scope::OnChip& tile : frame.tiles) {
    if (!tile.tile->temporary) {
      all.index_of(*tile.tile);
    }
  }
  for (SlotKind& kind : all.kinds) {
    kind.count = std::max(1, kind.family == Family::statistic ? 1 : kind.count);
    kind.joined = kind.count > 2;
  }
  std::stable_sort(all.kinds.begin(), all.kinds.end(), [](const SlotKind& a, const SlotKind& b) {
    return std::pair(a.level, rank(a)) < std::pair(b.level, rank(b));
  });
  return all.kinds;
}

}  // namespace views::on_stage
