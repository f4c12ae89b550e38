// One matrix over the whole of HBM's card, down to single elements.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

constexpr float kElementMost = 64;  // px: closer than that shows nothing more
constexpr std::int64_t kHeatMost = 1 << 19;

struct Window {
  Rect area;
  std::int32_t down = 1, across = 1;
  float px = 1;  // of an element
  Rect whole;    // the matrix, most of it outside
};

/// The zoom and its centre, within bounds; the view keeps what is shown.
Window window_of(Scene& scene, const MatrixPlace& place, const Rect& area) {
  scope::View& view = scene.c.view;
  Window w{area,
           place.transposed ? place.info.shape.cols : place.info.shape.rows,
           place.transposed ? place.info.shape.rows : place.info.shape.cols,
           1,
           {}};
  const auto across = static_cast<float>(w.across), down = static_cast<float>(w.down);
  const float fit = std::min(area.w / across, area.h / down);
  view.zoom = std::clamp(view.zoom, 1.0, std::max(1.0, static_cast<double>(kElementMost / fit)));
  w.px = fit * static_cast<float>(view.zoom);
  double &x = place.transposed ? view.pan_y : view.pan_x, &y = place.transposed ? view.pan_x : view.pan_y;
  const auto clamp_to = [&](double& at, float room, float length) {
    const double half = std::min(0.5, static_cast<double>(room / length) / 2);
    at = std::clamp(at, half, 1 - half);
  };
  clamp_to(x, area.w, across * w.px);
  clamp_to(y, area.h, down * w.px);
  const float width = across * w.px, height = down * w.px;
  w.whole = {area.center().x - static_cast<float>(x) * width, area.center().y - static_cast<float>(y) * height, width,
             height};
  return w;
}

MatrixPlace zoomed_place(const MatrixPlace& place, const Window& window) {
  constexpr float kLeast = 6;
  MatrixPlace zoomed = place;
  zoomed.box = window.whole;
  const auto group = [&](std::int32_t tile, std::int32_t count) {
    const float px = static_cast<float>(tile) * window.px;
    return std::clamp(static_cast<std::int32_t>(std::ceil(kLeast / px)), 1, std::max(1, count));
  };
  zoomed.group_rows = group(place.info.tile_rows, place.info.down());
  zoomed.group_cols = group(place.info.tile_cols, place.info.across());
  return zoomed;
}

/// Elements that are seen, as the matrix counts them.
struct Seen {
  std::int32_t row = 0, col = 0;
  sim::Shape shape;
};

Seen seen_of(const MatrixPlace& place, const Rect& area) {
  const Rect& box = place.box;
  const float left = std::max(0.0F, area.x - box.x), top = std::max(0.0F, area.y - box.y);
  const float right = std::min(box.w, area.right() - box.x), bottom = std::min(box.h, area.bottom() - box.y);
  const float row_from = place.transposed ? left : top, row_to = place.transposed ? right : bottom;
  const float col_from = place.transposed ? top : left, col_to = place.transposed ? bottom : right;
  const auto first = [](float px, float size) { return static_cast<std::int32_t>(px / size); };
  const auto end = [](float px, float size, std::int32_t most) {
    return std::min(most, static_cast<std::int32_t>(std::ceil(px / size - 1e-3F)));
  };
  const std::int32_t row = first(row_from, place.px_row()), col = first(col_from, place.px_col());
  return {row,
          col,
          {std::max(1, end(row_to, place.px_row(), place.info.shape.rows) - row),
           std::max(1, end(col_to, place.px_col(), place.info.shape.cols) - col)}};
}

void draw_heat(Scene& scene, const MatrixPlace& place, const Seen& seen) {
  if (place.ghost() || !scene.run().has_values() || seen.shape.elements() > kHeatMost) {
    return;
  }
  const auto values = scope::values(scene.run(), scene.frame(), place.info, seen.row, seen.col, seen.shape);
  if (!values) {
    return;
  }
  const Rect part = place.part(seen.row, seen.col, seen.shape);
  const Family family = place.info.family;
  draw::Pixels pixels = heat_pixels(scene.colors, *values, family, range_of(*values, family), 512, 512);
  if (place.transposed) {
    draw::Pixels turned{pixels.cols, pixels.rows, {}};
    turned.data.resize(pixels.data.size());
    for (std::int32_t r = 0; r < pixels.rows; ++r) {
      for (std::int32_t c = 0; c < pixels.cols; ++c) {
        turned.data[static_cast<std::size_t>(c) * static_cast<std::size_t>(pixels.rows) + static_cast<std::size_t>(r)] =
            pixels.data[static_cast<std::size_t>(r) * static_cast<std::size_t>(pixels.cols) +
                        static_cast<std::size_t>(c)];
      }
    }
    pixels = std::move(turned);
  }
  scene.p.heat_map(part, pixels, key_of(pixels));
}

void draw_words(Scene& scene, const MatrixPlace& place, const Seen& seen, Rect row) {
  const std::string name =
      underlined(place.info.family, tensor_name(place.info.name)) + (place.transposed ? "^{T}" : "");
  const std::string factor = fmt::format("`×{:.1f}`", scene.c.view.zoom);
  const std::string range =
      scene.ui.strings.format("stage.zoom.range", {{"a", scope::count_text(seen.row)},
                                                   {"b", scope::count_text(seen.row + seen.shape.rows - 1)},
                                                   {"c", scope::count_text(seen.col)},
                                                   {"d", scope::count_text(seen.col + seen.shape.cols - 1)}});
  const Rect words = first_that_fits(scene, {row.x, row.y}, row.w,
                                     {"**" + name + "**  " + factor + "  " + range, "**" + name + "**  " + factor},
                                     kDense, scene.colors.ink);
  first_that_fits(scene, {row.right(), row.y + 2}, row.w - words.w - 24, {std::string(scene.words("stage.zoom.back"))},
                  kSmall, scene.colors.ink2, draw::Align::right);
}

void touch_zoomed(Scene& scene, const MatrixPlace& place, const Window& window) {
  scope::View& view = scene.c.view;
  const auto touch = scene.ui.touch(scene.name("matrix." + place.info.name), window.area, true);
  if (touch.double_clicked) {
    view.zoom = 1;
    view.zoomed.clear();
    return;
  }
  const float x = touch.drag.x / window.whole.w, y = touch.drag.y / window.whole.h;
  (place.transposed ? view.pan_y : view.pan_x) -= static_cast<double>(x);
  (place.transposed ? view.pan_x : view.pan_y) -= static_cast<double>(y);
  if (touch.wheel != 0) {
    // What lies under the pointer stays there.
    const double factor = std::pow(1.25, static_cast<double>(touch.wheel));
    const double dx = static_cast<double>((touch.at.x - window.area.center().x) / window.whole.w);
    const double dy = static_cast<double>((touch.at.y - window.area.center().y) / window.whole.h);
    (place.transposed ? view.pan_y : view.pan_x) += dx * (1 - 1 / factor);
    (place.transposed ? view.pan_x : view.pan_y) += dy * (1 - 1 / factor);
    view.zoom *= factor;
    if (view.zoom <= 1.01) {
      view.zoom = 1;
      view.zoomed.clear();
    }
  }
}

}  // namespace

void draw_zoomed(Scene& scene) {
  const auto found = std::find_if(scene.places.begin(), scene.places.end(),
                                  [&](const MatrixPlace& place) { return place.info.name == scene.c.view.zoomed; });
  if (found == scene.places.end()) {
    draw_hbm(scene);
    return;
  }
  Rect inner = scene.areas.hbm.inset(14, 8);
  const Rect words = inner.cut_top(22, 4);
  const Window window = window_of(scene, *found, inner);
  const MatrixPlace place = zoomed_place(*found, window);
  const Seen seen = seen_of(place, window.area);
  draw_words(scene, place, seen, words);
  scene.p.push_clip(window.area);
  scene.p.set_may_be_cut(true);
  draw_matrix(scene, place);
  const float small = std::min(place.px_row(), place.px_col());
  if (small < 18) {
    draw_heat(scene, place, seen);
  }
  scene.p.set_may_be_cut(false);
  scene.p.pop_clip();
  touch_zoomed(scene, place, window);
}

}  // namespace views::on_stage
