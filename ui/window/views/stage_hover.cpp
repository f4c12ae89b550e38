// What lies under the pointer, and what a click chooses.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

using scope::Chosen;

constexpr double kZoomStep = 1.25;

std::string number(std::int64_t n) { return "`" + scope::count_text(n) + "`"; }

std::string elements_words(const Scene& scene, std::int32_t row, std::int32_t col, sim::Shape shape) {
  return scene.ui.strings.format("stage.hover.range", {{"a", scope::count_text(row)},
                                                       {"b", scope::count_text(row + shape.rows - 1)},
                                                       {"c", scope::count_text(col)},
                                                       {"d", scope::count_text(col + shape.cols - 1)}});
}

/// "128 x 64 x 2 B = 16,384 B".
std::string product(sim::Shape shape, sim::DType dtype) {
  const std::int64_t bytes = shape.elements() * sim::size_of(dtype);
  return fmt::format("{} × {} × {} B = **{} B**", scope::count_text(shape.rows), scope::count_text(shape.cols),
                     sim::size_of(dtype), scope::count_text(bytes));
}

void put_size(const Scene& scene, draw::HoverCard& card, sim::Shape shape, sim::DType dtype) {
  card.rows.push_back(
      {std::string(scene.words("stage.hover.shape")), size_words(shape) + " " + std::string(sim::name_of(dtype))});
  card.formula = std::string(scene.words("stage.hover.bytes_formula"));
  card.substituted = product(shape, dtype);
  card.badge = draw::Badge::exact;
}

const char* state_key(const scope::OnChip& tile) {
  switch (tile.state) {
    case scope::OnChip::State::arriving: return "stage.hover.arriving";
    case scope::OnChip::State::computing: return "stage.hover.computing";
    case scope::OnChip::State::dying: return "stage.hover.dying";
    default: return "stage.hover.resident";
  }
}

std::int32_t row_at(const Slot& slot, const scope::TileInfo& tile, Point at) {
  const float share = (at.y - slot.box.y) / std::max(1.0F, slot.box.h);
  return tile.row +
         std::clamp(static_cast<std::int32_t>(share * static_cast<float>(tile.shape.rows)), 0, tile.shape.rows - 1);
}

void hover_slot(Scene& scene, const Slot& slot, Point at) {
  const scope::OnChip& tile = *slot.tile;
  const scope::TileInfo& info = *tile.tile;
  draw::HoverCard card;
  card.title = underlined(info.family, info.name);
  card.rows.push_back({std::string(scene.words("stage.hover.state")),
                       std::string(scene.words(state_key(tile))) +
                           (tile.share < 1 ? fmt::format(" `{:.0f}` %", tile.share * 100) : std::string())});
  card.rows.push_back({std::string(scene.words("stage.hover.where")),
                       std::string(scene.words(info.level == sim::Level::smem ? "level.smem" : "level.registers"))});
  put_size(scene, card, info.shape, info.dtype);
  card.rows.push_back(
      {std::string(scene.words("stage.hover.elements")), elements_words(scene, info.row, info.col, info.shape)});
  if (tile.values != nullptr && tile.values->shape().elements() > 0) {
    const std::int32_t row = row_at(slot, info, at) - info.row;
    const float share = std::clamp((at.x - slot.box.x) / std::max(1.0F, slot.box.w), 0.0F, 0.999F);
    const auto col = static_cast<std::int32_t>(share * static_cast<float>(info.shape.cols));
    const sim::Shape shape = tile.values->shape();
    if (row < shape.rows && col < shape.cols) {
      card.rows.push_back({fmt::format("({}, {})", info.row + row, info.col + col),
                           "`" + scope::value_text(tile.values->at(row, col)) + "`"});
    }
    const Range range = range_of(*tile.values, info.family);
    card.rows.push_back({std::string(scene.words("stage.hover.values")),
                         fmt::format("`{}` … `{}`", scope::value_text(range.low), scope::value_text(range.high))});
  }
  scene.ui.hover(card);
}

}  // namespace

bool is_chosen(const Scene& scene, const std::string& name, std::int32_t row, std::int32_t col) {
  const Chosen& chosen = scene.c.view.chosen;
  if (chosen.name != name) {
    return false;
  }
  return chosen.kind == Chosen::Kind::tensor ||
         (chosen.kind == Chosen::Kind::tile && chosen.row == row && chosen.col == col);
}

/// A second click lets go again.
void choose_tile(Scene& scene, const std::string& name, std::int32_t row, std::int32_t col) {
  const Chosen chosen{Chosen::Kind::tile, name, row, col};
  scene.c.view.chosen = scene.c.view.chosen == chosen ? Chosen{} : chosen;
}

void touch_slot(Scene& scene, const Slot& slot) {
  if (slot.tile == nullptr) {
    return;
  }
  const scope::TileInfo& info = *slot.tile->tile;
  const Rect box{slot.box.x, slot.box.y - 24, slot.box.w, slot.box.h + 24};
  const auto touch = scene.ui.touch(scene.name("tile." + draw::plain(info.name)), box, true);
  if (touch.hovered) {
    hover_slot(scene, slot, touch.at);
  }
  if (touch.pressed) {
    choose_tile(scene, scene.kinds[static_cast<std::size_t>(slot.kind)].symbol, info.row, info.col);
    if (info.family != Family::k && info.family != Family::v && info.family != Family::none &&
        touch.at.y >= slot.box.y) {
      scene.c.view.row = row_at(slot, info, touch.at);
    }
  }
}

namespace {

struct Element {
  std::int32_t row = 0, col = 0;
};

Element element_at(const MatrixPlace& place, Point at) {
  const float x = (at.x - place.box.x) / place.box.w, y = (at.y - place.box.y) / place.box.h;
  const float row = place.transposed ? x : y, col = place.transposed ? y : x;
  const sim::Shape shape = place.info.shape;
  return {std::clamp(static_cast<std::int32_t>(row * static_cast<float>(shape.rows)), 0, shape.rows - 1),
          std::clamp(static_cast<std::int32_t>(col * static_cast<float>(shape.cols)), 0, shape.cols - 1)};
}

void hover_matrix(Scene& scene, const MatrixPlace& place, Element at) {
  const scope::MatrixInfo& info = place.info;
  draw::HoverCard card;
  const std::int32_t row = at.row / info.tile_rows * info.tile_rows, col = at.col / info.tile_cols * info.tile_cols;
  const sim::Shape tile{std::min(info.tile_rows, info.shape.rows - row),
                        std::min(info.tile_cols, info.shape.cols - col)};
  const std::string name = underlined(info.family, tile_name(place, row, col));
  card.title = place.ghost() ? scene.ui.strings.format("stage.hover.ghost", {{"name", name}})
                             : scene.ui.strings.format("stage.hover.tile_of", {{"name", name}});
  card.rows.push_back({std::string(scene.words("stage.hover.elements")), elements_words(scene, row, col, tile)});
  card.rows.push_back({std::string(scene.words("stage.hover.whole")),
                       size_words(info.shape) + " " + std::string(sim::name_of(info.dtype))});
  if (const auto value = scope::values(scene.run(), scene.frame(), info, at.row, at.col, {1, 1});
      value && scope::is_there(value->at(0, 0))) {
    card.rows.push_back({fmt::format("({}, {})", at.row, at.col), "`" + scope::value_text(value->at(0, 0)) + "`"});
  }
  const std::string slices = info.slices > 1 ? scope::count_text(info.slices) + " × " : "";
  card.formula = std::string(scene.words("stage.hover.bytes_formula"));
  card.substituted =
      slices + fmt::format("{} × {} × {} B = **{} B**", scope::count_text(info.shape.rows),
                           scope::count_text(info.shape.cols), sim::size_of(info.dtype), scope::count_text(info.bytes));
  const std::int64_t merged = std::int64_t{place.group_rows} * place.group_cols;
  if (merged > 1) {
    card.rows.push_back({std::string(scene.words("stage.hover.merged")), number(merged)});
  }
  card.source = place.ghost() ? std::string(scene.words("stage.hover.ghost_rule")) : std::string();
  card.badge = draw::Badge::exact;
  scene.ui.hover(card);
}

/// The wheel zooms about the pointer: what lies under it stays there.
void zoom(Scene& scene, const MatrixPlace& place, Element at, float wheel) {
  scope::View& view = scene.c.view;
  if (wheel > 0 && (view.zoomed != place.info.name || view.zoom <= 1)) {
    view.zoomed = place.info.name;
    view.zoom = 1.0001;
    view.pan_x = 0.5, view.pan_y = 0.5;
  }
  if (view.zoomed == place.info.name) {
    view.zoom *= std::pow(kZoomStep, static_cast<double>(wheel));
    const double part = 1 - 1 / std::max(1.0, view.zoom);
    const auto share = [](std::int32_t n, std::int32_t of) { return (n + 0.5) / std::max(1, of); };
    view.pan_y = 0.5 + (share(at.row, place.info.shape.rows) - 0.5) * part;
    view.pan_x = 0.5 + (share(at.col, place.info.shape.cols) - 0.5) * part;
  }
}

}  // namespace

void touch_matrix(Scene& scene, const MatrixPlace& place) {
  const auto touch = scene.ui.touch(scene.name("matrix." + place.info.name), place.box, true);
  if (!touch.hovered && !touch.pressed) {
    return;
  }
  const Element at = element_at(place, touch.at);
  if (touch.hovered && !touch.held) {
    hover_matrix(scene, place, at);
  }
  if (touch.wheel != 0) {
    zoom(scene, place, at, touch.wheel);
  }
  if (touch.pressed) {
    const scope::MatrixInfo& info = place.info;
    choose_tile(scene, info.name, at.row / info.tile_rows * info.tile_rows, at.col / info.tile_cols * info.tile_cols);
    if (!place.transposed && info.shape.rows == scene.run().problem().seqlen_q) {
      scene.c.view.row = at.row;
    }
  }
}

void touch_l2(Scene& scene, const L2Run& run, const std::vector<float>& shares) {
  const scope::MatrixInfo& info = scene.places[static_cast<std::size_t>(run.place)].info;
  if (!scene.ui.touch(scene.name("l2." + info.name), run.box).hovered) {
    return;
  }
  double held = 0;
  for (const float share : shares) {
    held += std::min(1.0F, share);
  }
  held /= std::max(1.0, static_cast<double>(shares.size()));
  draw::HoverCard card;
  card.title =
      scene.ui.strings.format("stage.hover.in_l2", {{"name", underlined(info.family, tensor_name(info.name))}});
  card.rows.push_back({std::string(scene.words("stage.hover.held")), fmt::format("`{:.0f}` %", held * 100)});
  card.rows.push_back(
      {std::string(scene.words("stage.hover.cell")),
       scene.ui.strings.format("stage.hover.tiles", {{"n", fmt::format("{:.1f}", run.tiles_per_cell)}})});
  card.source = std::string(scene.words("stage.hover.l2_rule"));
  card.badge = draw::Badge::modelled;
  scene.ui.hover(card);
}

void touch_flight(Scene& scene, const scope::Flight& flight, const Rect& box, int at) {
  if (!scene.ui.touch(scene.name(fmt::format("flight.{}", at)), box).hovered) {
    return;
  }
  const MatrixPlace* place = scene.place_of(flight.tensor);
  draw::HoverCard card;
  const std::string name = flight.tile != nullptr ? flight.tile->name
                           : place != nullptr     ? tensor_name(place->info.name)
                                                  : "";
  card.title =
      scene.ui.strings.format(flight.store ? "stage.hover.store" : "stage.hover.load",
                              {{"name", underlined(place != nullptr ? place->info.family : Family::none, name)}});
  card.rows.push_back({std::string(scene.words("stage.hover.bytes")), number(flight.bytes) + " B"});
  card.rows.push_back({std::string(scene.words("stage.hover.way")), fmt::format("`{:.0f}` %", flight.share * 100)});
  if (!flight.store) {
    card.rows.push_back({std::string(scene.words("stage.hover.from")),
                         flight.from_dram ? std::string(scene.words("level.hbm")) : "L2"});
  }
  card.rows.push_back(
      {std::string(scene.words("stage.hover.takes")), scope::time_text(flight.end_us - flight.begin_us)});
  if (flight.sms > 1) {
    card.rows.push_back({std::string(scene.words("stage.hover.sms")), number(flight.sms)});
  }
  card.badge = draw::Badge::modelled;
  scene.ui.hover(card);
}

}  // namespace views::on_stage
