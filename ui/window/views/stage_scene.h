// What the parts of the stage share: where things are, and what the run says about this moment. Made anew every frame.
#pragma once

#include <string>
#include <vector>

#include "ui/scope/caption.h"
#include "ui/scope/cells.h"
#include "ui/window/views/context.h"
#include "ui/window/views/stage.h"

namespace views::on_stage {

using draw::Color;
using draw::Family;
using draw::Painter;
using draw::Point;
using draw::Rect;
using draw::TextStyle;

inline constexpr TextStyle kSmall{13, draw::Face::regular}, kSmallBold{13, draw::Face::semibold},
    kSmallMono{13, draw::Face::mono}, kDense{15, draw::Face::regular}, kDenseBold{15, draw::Face::semibold},
    kDenseMono{15, draw::Face::mono}, kTitle{18, draw::Face::semibold}, kTiny{11, draw::Face::mono};

// ---- Where everything is: VISUAL 5 and 6 ----
struct Areas {
  Rect rail, sm, upper_gap, l2, lower_gap, hbm;            ///< focus column
  Rect gpu, upper_counter, l2_card, lower_counter, bytes;  ///< whole GPU; empty if left out
  bool right = false;                                      ///< is there a right column?
  bool compact = false;                                    ///< no rail: cards carry their level's name
  bool stacked = false;                                    ///< blackboard: SMEM above registers
  bool low = false;          ///< blackboard without the height for bars and rail: room goes to cells with numbers
  bool gpu_in_card = false;  ///< blackboard: SMs listed inside the SM's card
};
Areas areas_of(const Rect& area, const StageOptions& options, scope::Size size);

// ---- What the focus block works on ----
struct Focus {
  std::int32_t first_row = 0, rows = 0;  ///< of the matrices: rows that are at work now
  std::int32_t first_key = -1, keys = 0;
  std::int32_t i = -1, j = -1;
};
Focus focus_of(const scope::Run& run, const scope::Frame& frame);

// ---- The chip: a slot for every kind of tile that the block ever has, so that nothing moves as tiles come and go ----
struct SlotKind {
  Family family = Family::none;
  std::string symbol;
  sim::Level level = sim::Level::registers;
  int count = 1;     ///< at once, or stages of its ring
  sim::Shape shape;  ///< of the largest
  bool joined = false;
};
std::vector<SlotKind> slot_kinds(const scope::Frame& frame);

struct Slot {
  int kind = 0;
  Rect box;                             ///< of the tile
  float name_width = 0;                 ///< px for the name and its state above
  const scope::OnChip* tile = nullptr;  ///< null: nothing is there now
  int number = 0;                       ///< among its kind: stage of the ring, or place in the row
  bool first = true;                    ///< the one of its kind that carries the name
  bool short_name = false;              ///< no room for its numbers
  bool stacked = false;                 ///< lies with others of its kind on a stack; `first` in front
  float name_y = 0;                     ///< top of the name
};

/// A level of the chip, in its box.
struct Group {
  Rect box, bar, tiles;
  std::vector<int> kinds;  ///< indices, in order
};

// ---- HBM ----
struct MatrixPlace {
  scope::MatrixInfo info;
  Rect box;
  bool transposed = false;                      ///< K and V: their rows run to the right
  std::int32_t group_rows = 1, group_cols = 1;  ///< tiles in a cell
  bool ghost() const { return !info.tensor.has_value(); }
  float px_row() const;  ///< px of a row of the matrix, along its own direction
  float px_col() const;
  /// Elements [row, row + shape.rows) x ... in px, at least `least` wide and high.
  Rect part(std::int32_t row, std::int32_t col, sim::Shape shape, float least = 0) const;
};

/// The strip of L2: a run of cells for every tensor, below the tensor's slot and above its matrix.
struct L2Run {
  int place = 0;  ///< index of the matrix
  Rect box;
  std::int32_t cells = 1;
  double tiles_per_cell = 1;
  Rect cell(std::int32_t at) const;
};

struct Scene {
  Context& c;
  draw::Ui& ui;
  Painter& p;
  const draw::Palette& colors;
  const StageOptions& options;
  scope::Size size;
  Areas areas;
  Focus focus;
  std::vector<SlotKind> kinds;
  std::vector<Slot> slots;
  std::vector<Group> groups;
  std::vector<MatrixPlace> places;
  std::vector<L2Run> l2_runs;

  const scope::Run& run() const { return c.run; }
  const scope::Frame& frame() const { return c.frame; }
  std::string name(std::string_view widget) const { return c.prefix + "stage." + std::string(widget); }
  std::string_view words(std::string_view key) const { return ui.words(key); }
  const MatrixPlace* place_of(sim::TensorId tensor) const;
  const MatrixPlace* place_of(Family family) const;
  const Slot* slot_of(const scope::TileInfo& tile) const;
  const Slot* slot_of(Family family) const;
  const L2Run* l2_of(sim::TensorId tensor) const;
};

// ---- Words ----
char letter(Family family);  ///< of rich text's underline
std::string underlined(Family family, const std::string& rich);
std::string tensor_name(const std::string& plain);  ///< "O_splits" as rich text
std::string tile_name(const MatrixPlace& place, std::int32_t row, std::int32_t col);
std::string capacity(double bytes);  ///< "256 B", "228 KiB", "50 MiB"
std::string part_of_capacity(const Scene& scene, double bytes, double of);
std::string size_words(const sim::Shape& shape);  ///< "1,024 × 64"
std::string block_title(const Scene& scene, int shortness);
int last_fit(const Scene& scene, const std::vector<std::string>& rich, const TextStyle& style, float width);
/// The first of them that fits, drawn; nothing if none does. Returns its box.
Rect first_that_fits(Scene& scene, Point at, float width, const std::vector<std::string>& rich, const TextStyle& style,
                     Color color, draw::Align align = draw::Align::left);
double fitted_share(double share);

// ---- Colour of values ----
struct Range {
  float low = 0, high = 1;
};
Range range_of(const sim::Matrix& values, Family family);
/// At most `rows_max` x `cols_max` of the values' elements; the texture's key.
draw::Pixels heat_pixels(const draw::Palette& colors, const sim::Matrix& values, Family family, Range range,
                         std::int32_t rows_max, std::int32_t cols_max);
std::uint64_t key_of(const draw::Pixels& pixels);

// ---- Values as numbers ----
struct NumberFormat {
  TextStyle style;
  int decimals = -1;                ///< -1: as value_text has them
  bool bare = false;                ///< ".08" for "0.08"
  static constexpr int kNone = -2;  ///< they fit at no size
};
NumberFormat number_format(const Scene& scene, const sim::Matrix& values, float width, float height);
std::string number_words(float value, const NumberFormat& format);
/// Are an element's px enough for a number of a few digits?
bool cell_holds_number(const Scene& scene, float width, float height);

// ---- Parts, in the order in which they are drawn ----
void plan_chip(Scene& scene);
void plan_hbm(Scene& scene);
void plan_l2(Scene& scene);

void draw_rail(Scene& scene);
void draw_cards(Scene& scene);
void draw_groups(Scene& scene);
void draw_lanes(Scene& scene);
void draw_chip(Scene& scene);
void draw_slot(Scene& scene, const Slot& slot);
void draw_l2(Scene& scene);
void draw_l2_card(Scene& scene);
void draw_hbm(Scene& scene);
void draw_matrix(Scene& scene, const MatrixPlace& place);
void draw_ghost_words(Scene& scene, const MatrixPlace& place, const Rect& words);
/// Where a ghost says what it is; empty: no room.
Rect ghost_words(const Scene& scene, const MatrixPlace& place);
void draw_numbers(Scene& scene, const MatrixPlace& place);
void draw_zoomed(Scene& scene);
void draw_all_heads(Scene& scene);
void draw_flights(Scene& scene);
/// Of the tiles on their way: words give way to them.
std::vector<Rect> flight_boxes(const Scene& scene);
void draw_gpu(Scene& scene, const Rect& box);
void draw_gpu_list(Scene& scene, const Rect& box);
void draw_counters(Scene& scene);
void draw_bytes(Scene& scene);

// ---- Pointer ----
/// What a lesson points at, by symbol or tensor name; null: it does not.
const Pointed* pointed(const Scene& scene, const std::string& rich);
void draw_ring_number(Scene& scene, Point center, int number);
void draw_pointed(Scene& scene);
void touch_levels(Scene& scene);
bool is_chosen(const Scene& scene, const std::string& name, std::int32_t row, std::int32_t col);
void choose_tile(Scene& scene, const std::string& name, std::int32_t row, std::int32_t col);
void touch_slot(Scene& scene, const Slot& slot);
void touch_matrix(Scene& scene, const MatrixPlace& place);
void touch_l2(Scene& scene, const L2Run& run, const std::vector<float>& shares);
void touch_flight(Scene& scene, const scope::Flight& flight, const Rect& box, int number);

}  // namespace views::on_stage
