#include "ui/window/draw/ground.h"

#include <algorithm>

namespace draw {

namespace {

constexpr float kFarthest = 16384;  // px; a picture is no larger

bool is_surface(const LogEntry& entry) {
  return entry.kind != LogEntry::Kind::stroke && entry.kind != LogEntry::Kind::text;
}

bool within_corner(const LogEntry& entry, Point p) {
  const float r = entry.radius;
  const float dx = std::max({entry.box.x + r - p.x, p.x - entry.box.right() + r, 0.0F});
  const float dy = std::max({entry.box.y + r - p.y, p.y - entry.box.bottom() + r, 0.0F});
  return dx * dx + dy * dy <= r * r || r <= 0;
}

bool within_polygon(const std::vector<Point>& points, Point p) {
  int sides = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Point a = points[i], b = points[(i + 1) % points.size()];
    const float turn = (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
    sides |= turn > 0 ? 1 : turn < 0 ? 2 : 0;
  }
  return sides != 3;
}

bool lies_under(const LogEntry& entry, Point p) {
  if (!entry.box.has(p) || !entry.clip.has(p)) {
    return false;
  }
  return entry.kind != LogEntry::Kind::fill || (within_corner(entry, p) && within_polygon(entry.points, p));
}

// The colours of an image within a rectangle; of many, some.
void add_pixels(const LogEntry& image, const Rect& around, std::vector<Color>& colors) {
  constexpr int kMost = 16;  // each way
  const Pixels& pixels = image.pixels;
  const Rect part = common(image.box, around);
  const auto cell = [](float at, float size, int count) {
    return std::clamp(static_cast<int>(at / size * static_cast<float>(count)), 0, count - 1);
  };
  const int left = cell(part.x - image.box.x, image.box.w, pixels.cols);
  const int right = cell(part.right() - image.box.x, image.box.w, pixels.cols);
  const int top = cell(part.y - image.box.y, image.box.h, pixels.rows);
  const int bottom = cell(part.bottom() - image.box.y, image.box.h, pixels.rows);
  for (int y = top; y <= bottom; y += std::max(1, (bottom - top) / kMost)) {
    for (int x = left; x <= right; x += std::max(1, (right - left) / kMost)) {
      colors.push_back(pixels.data[static_cast<std::size_t>(y) * static_cast<std::size_t>(pixels.cols) +
                                   static_cast<std::size_t>(x)]);
    }
  }
}

}  // namespace

Rect common(const Rect& a, const Rect& b) {
  const float x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  return {x, y, std::max(0.0F, std::min(a.right(), b.right()) - x),
          std::max(0.0F, std::min(a.bottom(), b.bottom()) - y)};
}

Ground::Ground(const Log& log) {
  float right = 1, bottom = 1;
  for (const LogEntry& entry : log) {
    order_.push_back(&entry);
    right = std::max(right, std::min(entry.box.right(), kFarthest));
    bottom = std::max(bottom, std::min(entry.box.bottom(), kFarthest));
  }
  std::stable_sort(order_.begin(), order_.end(), [](const auto* a, const auto* b) { return a->layer < b->layer; });
  columns_ = static_cast<std::size_t>(right / kCell) + 1;
  rows_ = static_cast<std::size_t>(bottom / kCell) + 1;
  cells_.resize(columns_ * rows_);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const Rect seen = common(order_[i]->box, order_[i]->clip);
    if (!is_surface(*order_[i]) || seen.empty()) {
      continue;
    }
    for (std::size_t y = row(seen.y); y <= row(seen.bottom()); ++y) {
      for (std::size_t x = column(seen.x); x <= column(seen.right()); ++x) {
        cells_[y * columns_ + x].push_back(i);
      }
    }
  }
}

std::size_t Ground::column(float x) const {
  return std::min(static_cast<std::size_t>(std::max(0.0F, x) / kCell), columns_ - 1);
}
std::size_t Ground::row(float y) const {
  return std::min(static_cast<std::size_t>(std::max(0.0F, y) / kCell), rows_ - 1);
}

std::vector<std::size_t> Ground::surfaces_over(const Rect& where, std::size_t at) const {
  std::vector<std::size_t> over;
  for (std::size_t y = row(where.y); y <= row(where.bottom()); ++y) {
    for (std::size_t x = column(where.x); x <= column(where.right()); ++x) {
      const auto& cell = cells_[y * columns_ + x];
      for (auto it = std::upper_bound(cell.begin(), cell.end(), at); it != cell.end(); ++it) {
        if (common(order_[*it]->box, order_[*it]->clip).overlaps(where)) {
          over.push_back(*it);
        }
      }
    }
  }
  std::sort(over.begin(), over.end());
  over.erase(std::unique(over.begin(), over.end()), over.end());
  return over;
}

std::vector<Color> Ground::under(Point point, std::size_t at, const Rect& around) const {
  const auto& cell = cells_[row(point.y) * columns_ + column(point.x)];
  const auto end = std::lower_bound(cell.begin(), cell.end(), at);
  const auto covers = [&](std::size_t i) {
    const LogEntry& entry = *order_[i];
    return lies_under(entry, point) && entry.kind != LogEntry::Kind::hatch &&
           (entry.kind == LogEntry::Kind::image || entry.color.a == 255);
  };
  auto from = end;
  while (from != cell.begin() && !covers(*(from - 1))) {
    --from;
  }
  std::vector<Color> colors;
  if (from == cell.begin()) {
    return colors;
  }
  const LogEntry& base = *order_[*(from - 1)];
  if (base.kind == LogEntry::Kind::image) {
    add_pixels(base, around, colors);
  } else {
    colors.push_back(base.color);
  }
  for (; from != end; ++from) {
    const LogEntry& entry = *order_[*from];
    if (!lies_under(entry, point)) {
      continue;
    }
    const std::size_t plain = colors.size();
    for (std::size_t i = 0; i < plain; ++i) {
      const Color over = blend(entry.color, static_cast<float>(entry.color.a) / 255, colors[i]);
      if (entry.kind == LogEntry::Kind::hatch) {
        colors.push_back(over);
      } else {
        colors[i] = over;
      }
    }
  }
  return colors;
}

}  // namespace draw
