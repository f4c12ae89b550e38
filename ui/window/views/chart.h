// Charts: axes with ticks that read well, curves, points, bars, and labels that keep clear of all of them.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ui/window/draw/ui.h"

namespace views {

struct Axis {
  double from = 0, to = 1;  ///< log: both above 0
  bool log = false;
  std::function<std::string(double)> label;  ///< how a tick is written; empty: number_text
  std::string title;                         ///< rich text; y: over the plot's left end, x: at the right below
  std::vector<double> at;                    ///< ticks; empty: chosen
  bool grid = true;
};

/// "5,000", "0.25", "10,000": three significant digits at most.
std::string number_text(double value);
/// Without zeros at the end: "10.0 MB" is "10 MB".
std::string without_zeros(std::string words);
/// Round numbers within the axis, about `px_apart` px or more from each other on `px` px.
std::vector<double> ticks_of(const Axis& axis, float px, float px_apart);
/// A linear axis from 0 to a bit above `highest`; a log axis around what is there.
Axis axis_up_to(double highest);
Axis log_axis(double lowest, double highest);

/// Places for words. What is put down stays free of later words.
class Labels {
 public:
  explicit Labels(const draw::Rect& inside) : inside_(inside) {}
  void keep_free(const draw::Rect& rect) { rects_.push_back(rect); }
  void keep_free(draw::Point a, draw::Point b) { lines_.emplace_back(a, b); }
  bool is_free(const draw::Rect& rect) const;
  /// A box of w x h next to `anchor`: right of it, left, above, below, then the corners, then further away; kept free
  /// from now on. Nothing if there is no room.
  std::optional<draw::Rect> place(draw::Point anchor, float w, float h, float gap = 8);

 private:
  draw::Rect inside_;
  std::vector<draw::Rect> rects_;
  std::vector<std::pair<draw::Point, draw::Point>> lines_;
};

struct ChartPoint {
  double x = 0, y = 0;
};

enum class Marker : std::uint8_t { disc, ring, square, triangle, diamond };
void draw_marker(draw::Painter& painter, Marker marker, draw::Point center, float radius, draw::Color color);

class Chart {
 public:
  /// `area` holds the plot, the numbers at its axes and their titles.
  Chart(draw::Ui& ui, const draw::Rect& area, Axis x, Axis y);

  const draw::Rect& plot() const { return plot_; }
  float x(double value) const { return place(x_, value, plot_.x, plot_.w); }
  float y(double value) const { return plot_.bottom() - place(y_, value, 0, plot_.h); }
  draw::Point at(ChartPoint p) const { return {x(p.x), y(p.y)}; }
  double x_at(float px) const;

  /// Grid, ticks, numbers, titles; first of all.
  void axes();
  void curve(std::span<const ChartPoint> points, draw::Color color, float thickness = 2.5F,
             std::optional<draw::Dash> dash = {});
  /// Keeps its value until the next point.
  void steps(std::span<const ChartPoint> points, draw::Color color, float thickness = 2,
             std::optional<draw::Dash> dash = {});
  void point(ChartPoint p, Marker marker, draw::Color color, float radius = 5);
  void vertical(double value, draw::Color color, float thickness = 2);
  void horizontal(double value, draw::Color color, draw::Dash dash);
  /// Hatched: cannot be. From x to x2.
  void impossible(double from, double to);
  /// Words next to a point of the chart, on a patch of the panel's colour. Left out if there is no room.
  bool label(ChartPoint where, std::string_view markup, const draw::TextStyle& style, draw::Color color, float gap = 8);
  /// The same at the first of some places that has room.
  bool label_somewhere(std::span<const ChartPoint> places, std::string_view markup, const draw::TextStyle& style,
                       draw::Color color, float gap = 8);
  bool label_with_badge(ChartPoint where, std::string_view markup, const draw::TextStyle& style, draw::Badge badge);
  /// The point nearest to the pointer, within 24 px.
  std::optional<std::size_t> nearest(std::span<const ChartPoint> points, draw::Point pointer) const;
  Labels& labels() { return labels_; }

 private:
  static float place(const Axis& axis, double value, float from, float length);
  static std::string text(const Axis& axis, double value);
  std::vector<draw::Point> clipped(std::span<const ChartPoint> points) const;
  void x_numbers();
  void y_numbers();

  draw::Ui& ui_;
  draw::Rect area_, plot_;
  Axis x_, y_;
  std::vector<double> y_ticks_;
  Labels labels_;
};

}  // namespace views
