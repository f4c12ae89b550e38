// HBM: where every matrix lies. Rows of queries and columns of keys line up through all of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

constexpr float kLabel = 20, kLeast = 6;

/// A column of the picture: a matrix, perhaps with a transposed one on top.
struct Column {
  int main = -1, top = -1;
};

std::vector<Column> columns_of(const std::vector<scope::MatrixInfo>& infos) {
  const auto find = [&](Family family) {
    for (std::size_t m = 0; m < infos.size(); ++m) {
      if (infos[m].family == family) {
        return static_cast<int>(m);
      }
    }
    return -1;
  };
  const int k = find(Family::k), v = find(Family::v), s = find(Family::s), p = find(Family::p);
  std::vector<Column> columns;
  for (const Family family : {Family::q, Family::s, Family::p, Family::o}) {
    if (const int m = find(family); m >= 0) {
      columns.push_back({m, m == s ? k : m == p ? v : -1});
    }
  }
  for (std::size_t m = 0; m < infos.size(); ++m) {
    const auto at = static_cast<int>(m);
    const bool placed = at == k || at == v || std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
                          return column.main == at;
                        });
    if (!placed) {
      columns.push_back({at, -1});
    }
  }
  return columns;
}

struct Layout {
  Scene& scene;
  std::vector<scope::MatrixInfo> infos;
  std::vector<Column> columns;
  Rect area;           // inside the card
  float x = 1, y = 1;  // px per element
  float left = 0;      // room for "i = 3"

  const scope::MatrixInfo& info(int m) const { return infos[static_cast<std::size_t>(m)]; }

  float least(const Column& column) const {
    const bool wide = column.top >= 0 || info(column.main).shape.cols > 256;
    return wide ? 60 : kLeast;
  }
  /// Of a column: as wide as the keys, even if the matrix above or below is only a part.
  float width(const Column& column) const {
    const std::int32_t keys = column.top >= 0 ? info(column.top).shape.rows : info(column.main).shape.cols;
    return std::max(least(column), static_cast<float>(std::max(keys, info(column.main).shape.cols)) * px(column));
  }
  /// Of an element: on a low blackboard inputs, which are whole numbers, leave room to the results.
  float px(const Column& column) const {
    const scope::MatrixInfo& main = info(column.main);
    const bool whole = main.family == Family::q || (column.top >= 0 && !main.tensor);
    return !scene.areas.low ? x : whole ? 0.65F * x : main.family == Family::p ? 0.88F * x : x;
  }
  float label_width(const Column& column) const {
    return draw::rich_width(tensor_name(info(column.main).name), kDenseBold, scene.p.scale()) + 4;
  }
  float slot_width(const Column& column) const { return std::max(width(column), label_width(column)); }
  float top_height() const {
    float height = 0;
    for (const Column& column : columns) {
      if (column.top >= 0) {
        const float least = scene.areas.compact ? 8.0F : 12.0F;
        height = std::max(height, std::clamp(static_cast<float>(info(column.top).shape.cols) * y, least,
                                             std::max(least, area.h * (scene.areas.low ? 0.4F : 0.3F))));
      }
    }
    return height > 0 ? height + kLabel + 6 : kLabel;
  }
  float height(const scope::MatrixInfo& matrix) const {
    return std::clamp(static_cast<float>(matrix.shape.rows) * y, std::min(22.0F, room()), room());
  }
  float room() const { return std::max(10.0F, area.h - top_height()); }
  float rows() const {
    std::int32_t rows = 1;
    for (const Column& column : columns) {
      const bool scratch = info(column.main).name.find('_') != std::string::npos;
      rows = std::max(rows, scratch ? 1 : info(column.main).shape.rows);
    }
    return static_cast<float>(rows);
  }
  float total() const {
    float sum = left;
    for (const Column& column : columns) {
      sum += slot_width(column);
    }
    return sum + gap() * static_cast<float>(columns.size() - 1);
  }
  float gap() const {
    return scene.areas.low ? 14 : scene.areas.compact ? 28 : scene.size == scope::Size::blackboard ? 15 : 24;
  }

  void solve();
  void place();
  void put(int m, const Rect& box, bool transposed);
};

/// One scale for everything; small matrices may be up to 1.7 times as wide as high, to hold numbers.
void Layout::solve() {
  const float most_rows = rows();
  const bool small = scene.size == scope::Size::blackboard;
  x = 0;
  float low = 0, high = 64;
  for (int step = 0; step < 24; ++step) {  // by height
    y = (low + high) / 2;
    (most_rows * y <= room() ? low : high) = y;
  }
  y = low;
  const float most = small ? std::min(64.0F, y * 1.7F) : y;
  const float least = most_rows * y < 40 ? 64.0F : most;  // few rows: as wide as there is room
  low = 0, high = std::max(most, least);
  for (int step = 0; step < 24; ++step) {
    x = (low + high) / 2;
    (total() <= area.w ? low : high) = x;
  }
  x = low;
  const float tall = y;
  y = std::min(y, small ? std::max(x, 1e-4F) : x);
  // Few queries for many keys: rows may be higher than keys are wide.
  y = std::max(y, std::min({tall, 0.4F * room() / most_rows, 40.0F}));
}

void Layout::put(int m, const Rect& box, bool transposed) {
  MatrixPlace place{info(m), box, transposed, 1, 1};
  const float px_row = place.px_row() * static_cast<float>(place.info.tile_rows);
  const float px_col = place.px_col() * static_cast<float>(place.info.tile_cols);
  place.group_rows = std::max(1, static_cast<std::int32_t>(std::ceil(kLeast / std::max(px_row, 1e-4F) - 1e-3F)));
  place.group_cols = std::max(1, static_cast<std::int32_t>(std::ceil(kLeast / std::max(px_col, 1e-4F) - 1e-3F)));
  place.group_rows = std::min(place.group_rows, place.info.down());
  place.group_cols = std::min(place.group_cols, place.info.across());
  scene.places.push_back(std::move(place));
}

void Layout::place() {
  const float spare = std::max(0.0F, area.w - total());
  const float more = std::min(34.0F, spare / static_cast<float>(columns.size() + 1));
  float at = area.x + left + (spare - more * static_cast<float>(columns.size() - 1)) / 2;
  const float top = area.y + top_height();
  const float tall = std::max(height(info(columns[0].main)), 1.0F);
  const float down = std::max(0.0F, (room() - std::max(tall, rows() * y)) / 2) * 0.8F;
  for (const Column& column : columns) {
    const float w = width(column), inset = (slot_width(column) - w) / 2;
    const scope::MatrixInfo& main = info(column.main);
    const float main_w = std::max(std::min(w, least(column)), static_cast<float>(main.shape.cols) * px(column));
    put(column.main, {at + inset, top + down, main_w, std::min(height(main), room() - down)}, false);
    if (column.top >= 0) {
      const float h = top_height() - kLabel - 6;
      const float keys = static_cast<float>(info(column.top).shape.rows) * px(column);
      put(column.top, {at + inset, top + down - h - 6, std::max(keys, least(column)), h}, true);
    }
    at += slot_width(column) + gap() + more;
  }
}

}  // namespace

float MatrixPlace::px_row() const {
  return (transposed ? box.w : box.h) / static_cast<float>(std::max(1, info.shape.rows));
}

float MatrixPlace::px_col() const {
  return (transposed ? box.h : box.w) / static_cast<float>(std::max(1, info.shape.cols));
}

Rect MatrixPlace::part(std::int32_t row, std::int32_t col, sim::Shape shape, float least) const {
  const std::int32_t rows = std::min(shape.rows, info.shape.rows - row);
  const std::int32_t cols = std::min(shape.cols, info.shape.cols - col);
  float y = static_cast<float>(row) * px_row(), h = static_cast<float>(rows) * px_row();
  float x = static_cast<float>(col) * px_col(), w = static_cast<float>(cols) * px_col();
  if (h < least) {
    y = std::clamp(y + (h - least) / 2, 0.0F, std::max(0.0F, (transposed ? box.w : box.h) - least));
    h = least;
  }
  if (w < least) {
    x = std::clamp(x + (w - least) / 2, 0.0F, std::max(0.0F, (transposed ? box.h : box.w) - least));
    w = least;
  }
  return transposed ? Rect{box.x + y, box.y + x, h, w} : Rect{box.x + x, box.y + y, w, h};
}

void plan_hbm(Scene& scene) {
  Layout layout{scene,
                scope::matrices(scene.run()),
                {},
                scene.areas.low ? scene.areas.hbm.inset(10, 6) : scene.areas.hbm.inset(14, 10)};
  layout.columns = columns_of(layout.infos);
  if (layout.columns.empty()) {
    return;
  }
  layout.left = scene.areas.low ? 18 : scene.areas.compact ? 34 : scene.size == scope::Size::blackboard ? 28 : 40;
  if (scene.areas.compact && !scene.areas.low) {
    layout.area.cut_left(20);
  }
  layout.solve();
  layout.place();
}

// ---- Words around the matrices ----
namespace {

struct Label {
  std::string rich;
  TextStyle style;
  Point at;
  float width = 0;
};

/// Above its matrix; beside it where K or V lies on top, or where there is no room above.
Label label_of(const Scene& scene, const MatrixPlace& place) {
  const Family family = place.info.family;
  Label label{tensor_name(place.info.name) + (place.transposed ? "^{T}" : ""),
              family == Family::statistic ? kSmallBold : kDenseBold,
              {},
              0};
  label.width = draw::rich_width(label.rich, label.style, scene.p.scale());
  const bool covered = (family == Family::s && scene.place_of(Family::k) != nullptr) ||
                       (family == Family::p && scene.place_of(Family::v) != nullptr);
  if (covered || (place.transposed && scene.areas.compact && !scene.areas.low)) {
    const float y = covered ? place.box.y - 2 : place.box.center().y - 11;
    label.at = {place.box.x - label.width - (covered ? 4.0F : 6.0F), y};
  } else {
    label.at = {place.transposed ? place.box.x : place.box.center().x - label.width / 2, place.box.y - 22};
  }
  return label;
}

void draw_label(Scene& scene, const MatrixPlace& place) {
  if (place.ghost()) {
    return;  // its words lie inside
  }
  const Label label = label_of(scene, place);
  const Rect box{label.at.x, label.at.y, label.width, 20};
  const std::vector<Rect> flights = flight_boxes(scene);
  if (std::any_of(flights.begin(), flights.end(), [&](const Rect& flight) { return flight.overlaps(box); })) {
    return;
  }
  const Pointed* object = pointed(scene, place.info.name);
  if ((object != nullptr && object->lit) ||
      (scene.c.view.chosen.kind == scope::Chosen::Kind::tensor && scene.c.view.chosen.name == place.info.name)) {
    scene.p.fill({label.at.x - 3, label.at.y - 1, label.width + 6, 21}, scene.colors.of(place.info.family).tint, 3);
  }
  draw::rich(scene.p, label.at, label.rich, label.style, scene.colors.ink);
}

void draw_row_label(Scene& scene) {
  const MatrixPlace* q = scene.place_of(Family::q);
  const Focus& focus = scene.focus;
  if (q == nullptr || focus.rows == 0) {
    return;
  }
  const Rect row = q->part(focus.first_row, 0, {focus.rows, q->info.shape.cols}, 6);
  if (scene.size == scope::Size::blackboard && q->px_row() >= 12.5F) {
    for (std::int32_t r = 0; r < q->info.shape.rows; ++r) {
      const bool chosen = r == scene.c.view.row;
      const TextStyle style{13, chosen ? draw::Face::semibold : draw::Face::mono};
      scene.p.text({q->box.x - 9, q->box.y + (static_cast<float>(r) + 0.5F) * q->px_row() - 8}, std::to_string(r),
                   style, chosen ? scene.colors.ink : scene.colors.ink2, draw::Align::right);
    }
    return;
  }
  if (focus.i >= 0) {
    draw::rich(scene.p, {row.x - 8, row.center().y - 9}, fmt::format("*i* = {}", focus.i), kSmall, scene.colors.ink2, 0,
               draw::Align::right);
  }
}

void draw_key_label(Scene& scene) {
  const MatrixPlace* k = scene.place_of(Family::k);
  const Focus& focus = scene.focus;
  if (k == nullptr || focus.j < 0 || focus.first_key < 0 || focus.first_key >= k->info.shape.rows) {
    return;
  }
  const Rect part = k->part(focus.first_key, 0, {focus.keys, k->info.shape.cols}, 6);
  const std::string words = fmt::format("*j* = {}", focus.j);
  const float width = draw::rich_width(words, kSmall, scene.p.scale());
  const float name =
      scene.areas.compact && !scene.areas.low ? 0 : draw::rich_width("K^{T}", kDenseBold, scene.p.scale()) + 10;
  const float x = std::max(part.center().x - width / 2, k->box.x + name);
  const Rect box{x - 3, k->box.y - 21, width + 6, 19};
  const std::vector<Rect> flights = flight_boxes(scene);
  if (std::any_of(flights.begin(), flights.end(), [&](const Rect& flight) { return flight.overlaps(box); })) {
    return;
  }
  scene.p.fill(box, scene.colors.panel);
  draw::rich(scene.p, {x, k->box.y - 20}, words, kSmall, scene.colors.ink2);
}

}  // namespace

void draw_hbm(Scene& scene) {
  if (scene.areas.compact || scene.areas.low) {
    const std::string_view name = scene.words("level.hbm");
    const Rect box{scene.areas.hbm.x + 12, scene.areas.hbm.y + 8, scene.p.width_of(name, kDenseBold), 20};
    const std::vector<Rect> flights = flight_boxes(scene);
    if (std::none_of(flights.begin(), flights.end(), [&](const Rect& flight) { return flight.overlaps(box); })) {
      scene.p.text({box.x, box.y}, name, kDenseBold, scene.colors.ink);
    }
  }
  for (const MatrixPlace& place : scene.places) {
    draw_label(scene, place);
    draw_matrix(scene, place);
    touch_matrix(scene, place);
  }
  draw_row_label(scene);
  draw_key_label(scene);
}

}  // namespace views::on_stage
