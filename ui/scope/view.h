// How a run is looked at: everything that makes the picture beside the run itself. Kept in the scenario's [view], so
// that a file opens at its moment.
#pragma once

#include <string>
#include <vector>

#include "ui/scope/moves.h"

namespace scope {

enum class Tab : std::uint8_t { timeline, bytes, roofline, memory, sweep, compare, measured };
inline constexpr int kTabs = 7;
std::string_view name_of(Tab tab);
enum class Size : std::uint8_t { blackboard, lecture, realistic };
std::string_view name_of(Size size);
enum class Align : std::uint8_t { time, work };

struct Bookmark {
  double t_us = 0;
  std::string name;
  bool operator==(const Bookmark&) const = default;
};

/// What a click follows.
struct Chosen {
  enum class Kind : std::uint8_t { nothing, tensor, tile, row } kind = Kind::nothing;
  std::string name;               ///< tensor or tile
  std::int32_t row = 0, col = 0;  ///< tile: its first element; row: the query
  bool operator==(const Chosen&) const = default;
};

struct View {
  Cursor cursor;
  StepUnit unit = StepUnit::op;
  double speed = 5;  ///< ops a second; infinite: Max
  bool playing = false;
  Size size = Size::lecture;
  Tab tab = Tab::timeline;
  bool dock_open = true, tab_over_stage = false, left_open = true, all_heads = false;
  std::string right;              ///< right panel: "program", "state", "softmax"; "": what the size suggests
  std::int32_t row = -1;          ///< query of the softmax panel; -1: the first of the focus block
  double from_us = 0, to_us = 0;  ///< visible part of the timeline; to <= from: around the cursor
  double zoom = 1;                ///< of the stage's HBM
  double pan_x = 0, pan_y = 0;    ///< its centre, as shares of the matrix; with zoom
  std::string zoomed;             ///< matrix that is zoomed into, or ""
  Chosen chosen;
  std::vector<Bookmark> bookmarks;
  std::vector<Breakpoint> breakpoints;
  // Compare
  bool comparing = false;
  Align align = Align::work;
  std::string second;  ///< what the second run changes: lines of a scenario, TOML
  // Sweep
  std::string sweep_key = "block_q";

  bool operator==(const View&) const = default;
};

/// Writes the view into a scenario's [view], and reads it. Unknown keys are kept; a wrong value throws sim::Error
/// naming the key.
void put_view(const View& view, sim::Scenario& scenario);
View view_of(const sim::Scenario& scenario);

/// Which size a run's picture is: every number readable; heat maps; aggregates.
Size size_of(const Run& run);

}  // namespace scope
