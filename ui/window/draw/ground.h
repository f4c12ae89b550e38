// What lies under and over a place of a picture, from its log.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "ui/window/draw/painter.h"

namespace draw {

Rect common(const Rect& a, const Rect& b);

/// The log in the order in which it is seen: by layer, then as drawn. The log must outlive it.
class Ground {
 public:
  explicit Ground(const Log& log);

  std::size_t size() const { return order_.size(); }
  const LogEntry& operator[](std::size_t i) const { return *order_[i]; }

  /// Fills, images and hatches after `at` that meet `where`.
  std::vector<std::size_t> surfaces_over(const Rect& where, std::size_t at) const;
  /// The colours that can lie under `point` before entry `at` is drawn: one, or those of a hatch or of the part of an
  /// image within `around`. None where nothing opaque was drawn.
  std::vector<Color> under(Point point, std::size_t at, const Rect& around) const;

 private:
  static constexpr float kCell = 64;  // px
  std::size_t column(float x) const;
  std::size_t row(float y) const;

  std::vector<const LogEntry*> order_;
  // Surfaces by the cells of a grid that they meet, in order.
  std::size_t columns_ = 1, rows_ = 1;
  std::vector<std::vector<std::size_t>> cells_;
};

}  // namespace draw
