// What every view draws with: a few shapes and text in px at scale 1, onto an ImDrawList, and into a log if there is
// one. From the log come SVG pictures and the tests of overlap, clipping and contrast.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ui/window/draw/fonts.h"
#include "ui/window/draw/geometry.h"
#include "ui/window/draw/palette.h"

struct ImDrawList;

namespace draw {

struct Dash {
  float on = 4, off = 4;
};
// VISUAL: ghost, target in flight, lane to come, idle lane, evicted.
inline constexpr Dash kGhost{4, 4}, kTarget{5, 4}, kFlight{4, 3}, kToCome{6, 5}, kIdle{2, 4}, kEvicted{2, 4};

/// Pixels of a heat map, row-major, shown without smoothing.
struct Pixels {
  std::int32_t rows = 0, cols = 0;
  std::vector<Color> data;
};

/// One thing drawn, in px at scale 1.
struct LogEntry {
  enum class Kind : std::uint8_t { fill, stroke, text, image, hatch };
  Kind kind{};
  Color color;
  float thickness = 0;        ///< stroke
  bool closed = false;        ///< stroke
  float radius = 0;           ///< of corners: a fill or a closed stroke of four points
  Dash dash{0, 0};            ///< stroke; 0: solid
  std::vector<Point> points;  ///< fill, stroke: the outline
  Rect box;                   ///< bounds; of text: advance x line height
  Rect clip;                  ///< that applied
  std::string text;
  TextStyle style;
  bool may_be_cut = false;  ///< text inside something that scrolls or slides under an edge on purpose
  int layer = 0;            ///< 0: the picture; 1, 2...: what lies over it (drawers, menus, cards)
  Pixels pixels;            ///< image
  float step = 0;           ///< hatch, over `box`
  bool falling = false;     ///< hatch
};
using Log = std::vector<LogEntry>;

enum class Align : std::uint8_t { left, center, right };

class Painter {
 public:
  /// `scale`: physical px per px. `log` may be null; `list` too: then it only logs.
  Painter(ImDrawList* list, const Palette& palette, float scale, Log* log);

  const Palette& colors() const { return palette_; }
  float scale() const { return scale_; }

  // ---- Shapes. Edges of rectangles fall on physical pixels. ----
  void fill(const Rect& rect, Color color, float radius = 0);
  void frame(const Rect& rect, Color color, float thickness = 1, float radius = 0);  ///< inside the rectangle
  void dashed_frame(const Rect& rect, Color color, Dash dash, float thickness = 1);
  void line(Point a, Point b, Color color, float thickness = 1);
  void dashed_line(Point a, Point b, Color color, Dash dash, float thickness = 1);
  void polyline(std::span<const Point> points, Color color, float thickness, bool closed = false);
  void dashed_polyline(std::span<const Point> points, Color color, Dash dash, float thickness);
  void polygon(std::span<const Point> points, Color color);  ///< convex
  void disc(Point center, float radius, Color color);
  void ring(Point center, float radius, Color color, float thickness = 1.5F);
  void hatch(const Rect& rect, Color color, float step, bool falling = false);  ///< 45 degrees
  /// Rows x columns of flat cells, stretched over `rect`. Few: rectangles; many: a texture kept while `key` comes
  /// again.
  void heat_map(const Rect& rect, const Pixels& pixels, std::uint64_t key);

  // ---- Text: one line; (x, y) is the top of its line box, at the left, the middle or the right. Returns its box. ----
  Rect text(Point at, std::string_view text, const TextStyle& style, Color color, Align align = Align::left);
  /// Cut with "..." if wider than `width`.
  Rect text_within(Point at, float width, std::string_view text, const TextStyle& style, Color color,
                   Align align = Align::left);
  /// In the middle of `rect`; nothing if it does not fit. Returns whether it did.
  bool text_in(const Rect& rect, std::string_view text, const TextStyle& style, Color color);
  float width_of(std::string_view text, const TextStyle& style) const { return text_width(text, style, scale_); }

  // ---- Scopes ----
  void push_clip(const Rect& rect);
  void pop_clip();
  /// Draws on another list (a menu's, a card's) until the matching pop; its entries carry the next layer's number.
  void push_layer(ImDrawList* list);
  void pop_layer();
  void set_may_be_cut(bool may) { may_be_cut_ = may; }
  int layer() const { return static_cast<int>(layers_.size()); }
  /// The part of `rect` inside the clip that applies.
  Rect visible(const Rect& rect) const {
    const Rect c = clip();
    const float x = std::max(rect.x, c.x), y = std::max(rect.y, c.y);
    return {x, y, std::min(rect.right(), c.right()) - x, std::min(rect.bottom(), c.bottom()) - y};
  }

 private:
  float px(float length) const;  ///< physical, whole, at least one
  Rect snapped(const Rect& rect) const;
  Rect clip() const;
  LogEntry& note(LogEntry::Kind kind, Color color, const Rect& box);
  void note_stroke(std::span<const Point> points, Color color, float thickness, bool closed, Dash dash,
                   float radius = 0);
  void strip(Point a, Point b, float thickness, Color color);  ///< a straight piece of a stroke, not logged
  void stroke(std::span<const Point> points, float thickness, bool closed, Color color);
  void dash_side(Point a, Point b, Dash dash, float thickness, Color color);

  ImDrawList* list_;
  const Palette& palette_;
  float scale_;
  Log* log_;
  bool may_be_cut_ = false;
  std::vector<Rect> clips_;
  std::vector<ImDrawList*> layers_;
};

/// Textures of heat maps. The platform sets it; without one (tests) heat maps of many cells are only logged.
struct TextureHooks {
  std::function<std::uint64_t(const Pixels&)> create;  ///< what ImTextureID holds
  std::function<void(std::uint64_t)> destroy;
};
void set_texture_hooks(TextureHooks hooks);
/// Drops textures that have not been used for a while; once a frame.
void collect_textures();

}  // namespace draw
