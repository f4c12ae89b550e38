// Moving through a run: steps of every size forwards and back, meaningful places to stop, who wrote this last.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/scope/frame.h"

namespace scope {

/// op; tile: the next tile that has come or gone; iteration: the next K/V tile; block; kernel.
enum class StepUnit : std::uint8_t { op, tile, iteration, block, kernel };
inline constexpr int kStepUnits = 5;
std::string_view name_of(StepUnit unit);  ///< "op", "tile", "iteration", "block", "kernel"

/// The next (direction > 0) or last moment at which such a step ends, seen from the cursor's place; its own place
/// stays. Ends of the run if there is none. step back is where step forward came from, if that was such a moment.
Cursor step(const Run& run, const Cursor& cursor, StepUnit unit, int direction);

/// Playing: `ops` further (back, if negative) at the cursor's place, fractions too.
Cursor advance(const Run& run, const Cursor& cursor, double ops);

enum class BreakKind : std::uint8_t {
  max_rose,       ///< a row's maximum changed (with values)
  alpha_below_1,  ///< old sums shrink (with values)
  masked_tile,    ///< the first tile that the mask cuts, of a block
  smem_full,      ///< the block's SMEM is at its peak
  bytes_passed,   ///< HBM traffic so far exceeds `bytes`
  scores_in_hbm,  ///< S or P is written to or read from HBM
  line,           ///< source line `line` of file `file` begins
  at_time,        ///< a breakpoint set at a moment
};
inline constexpr int kBreakKinds = 8;
std::string_view name_of(BreakKind kind);

struct Breakpoint {
  BreakKind kind = BreakKind::max_rose;
  bool on = true;
  std::int64_t bytes = 0;  ///< bytes_passed
  std::string file;        ///< line
  int line = 0;            ///< line
  double t_us = 0;         ///< at_time
  bool operator==(const Breakpoint&) const = default;
};

struct Hit {
  Cursor cursor;
  std::size_t breakpoint = 0;
};
/// The first moment after (before, if direction < 0) the cursor at which one of the breakpoints that are on holds, at
/// the cursor's place. Looks at `ops_max` ops at most.
std::optional<Hit> run_to(const Run& run, const Cursor& cursor, const std::vector<Breakpoint>& breakpoints,
                          int direction, std::int64_t ops_max = 20'000'000);
/// Why a breakpoint cannot hold in this run, as a key of the strings ("break.needs_values"), or empty.
std::string_view unavailable(const Run& run, const Breakpoint& breakpoint);

/// The op that last wrote the tile, or the element of a tensor in the focus's slice, before the cursor.
std::optional<Cursor> last_writer(const Run& run, const Cursor& cursor, sim::TileId tile);
std::optional<Cursor> last_writer(const Run& run, const Cursor& cursor, sim::TensorId tensor, std::int32_t row,
                                  std::int32_t col);
/// The next (last) time that source line runs at the place.
std::optional<Cursor> run_to_line(const Run& run, const Cursor& cursor, const std::string& file, int line,
                                  int direction);

/// Marks over the scrub bar, for the blocks that run at a place.
struct ScrubMarks {
  struct Iteration {
    double t_us = 0;
    float rows_risen = 0;  ///< share of rows whose maximum rose there; 0 without values
  };
  std::vector<Iteration> iterations;  ///< ends of K/V tiles; thinned to 400
  std::vector<double> stores;         ///< O and its statistics written; thinned to 100
  std::vector<double> kernels;        ///< kernels' starts
};
ScrubMarks scrub_marks(const Run& run, Place place);

}  // namespace scope
