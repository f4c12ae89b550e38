// Icons, marks and badges, drawn from shapes.
#pragma once

#include "ui/window/draw/painter.h"

namespace draw {

enum class Icon : std::uint8_t {
  reset,
  back,
  play,
  pause,
  forward,
  end,  // run control
  tensor,
  exp,
  fp32,
  copy,
  smem,
  l2,
  hbm,  // units and levels
  projector,
  sun,
  moon,
  help,
  menu,
  close,
  search,
  bookmark,
  breakpoint,
  chevron_down,
  chevron_right,
  check,
  logo,
};
void icon(Painter& painter, Icon icon, Point center, float radius, Color color);

/// Where a number comes from.
enum class Badge : std::uint8_t { exact, modelled, measured };
/// 14 px square with its top left corner at `at`. Returns its box.
Rect badge(Painter& painter, Badge badge, Point at, Color color);

/// State of a statement or a step: disc, half disc, ring.
enum class Mark : std::uint8_t { done, running, next };
void mark(Painter& painter, Mark mark, Point center, float radius, Color color);

/// Error triangle with "!".
void warning(Painter& painter, Point center, float radius);

/// How a tile is drawn: shape first, colour second.
enum class TileState : std::uint8_t {
  unused,      ///< tint + thin line
  done,        ///< solid
  current,     ///< solid, moat, ink frame
  in_flight,   ///< dashes, at source and target
  masked,      ///< partly: lower left triangle solid
  skipped,     ///< box with one diagonal
  evicted,     ///< dotted
  unwritten,   ///< empty box
  ghost,       ///< dashed: never in memory
  other_sm,    ///< done by another SM: small square dot
  impossible,  ///< hatched: does not fit
};
void tile(Painter& painter, const Rect& rect, Family family, TileState state, bool derivative = false);
/// Partly masked, with its true boundary: solid below the line from `left` to `right`, shares of the height from the
/// top (any number). Worth it from 24 px.
void masked_tile(Painter& painter, const Rect& rect, Family family, float left, float right, bool derivative = false);
/// The frame of "now": 2 px ink outside 1 px moat of the panel's colour.
void now_frame(Painter& painter, const Rect& rect);
/// Dashed arrow head at the end of a lane.
void arrow_head(Painter& painter, Point tip, Point from, Color color, float size = 8);

}  // namespace draw
