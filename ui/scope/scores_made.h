// Which tiles of S and P a kernel's blocks make on the chip, and by which ops. Where blocks do the same work one of
// them stands for all, moved to their rows and columns.
#pragma once

#include <map>
#include <vector>

#include "ui/scope/run.h"

namespace scope {

class ScoresMade {
 public:
  ScoresMade(const Run& run, std::int32_t kernel);

  struct Tile {
    std::uint32_t op = 0;
    Family family = Family::none;  ///< s or p
    std::int32_t row = 0, col = 0;
    sim::Shape shape;
  };
  /// each(tile, t_us): when it was ready. In the order of the ops.
  template <typename Each>
  void each(std::uint32_t block, Each each) {
    const Made& made = made_by(block);
    const Start start = start_of(block);
    Clock clock(run_, kernel_, block, made.ops);
    for (Tile tile : made.tiles) {
      tile.row += start.row - made.start.row;
      tile.col += start.col - made.start.col;
      each(tile, clock.end_of(tile.op));
    }
  }

 private:
  /// First row of Q and of K that a block loads.
  struct Start {
    std::int32_t row = 0, col = 0;
  };
  struct Made {
    std::vector<Tile> tiles;
    Start start;
    std::size_t ops = 0;
  };
  /// Ends of ops, asked for in order.
  class Clock {
   public:
    Clock(const Run& run, std::int32_t kernel, std::uint32_t block, std::size_t ops);
    double end_of(std::uint32_t op);

   private:
    std::span<const PlacedSpan> spans_;
    std::size_t at_ = 0, ops_;
    const BlockRun& in_;
  };

  const Made& made_by(std::uint32_t block);
  Start start_of(std::uint32_t block) const;

  const Run& run_;
  std::int32_t kernel_;
  const sim::Kernel& program_;
  std::map<std::int32_t, Made> made_;  // by representative
  sim::Trace trace_;
};

}  // namespace scope
