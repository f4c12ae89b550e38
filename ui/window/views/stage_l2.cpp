// L2: which tiles of the focus block's head it holds, below the slots and above the matrices that they belong to; and
// how full it is.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

constexpr float kCell = 6;
constexpr std::int32_t kCellsMax = 80;

std::int32_t tiles_of(const scope::MatrixInfo& info) { return info.down() * info.across(); }

/// What a cell of the strip holds, in shares.
struct Contents {
  std::vector<float> held;
  std::vector<bool> evicted, arriving;
};

std::int32_t cell_of(const L2Run& run, const scope::MatrixInfo& info, std::int32_t row, std::int32_t col) {
  const std::int32_t tile = row / info.tile_rows * info.across() + col / info.tile_cols;
  return std::clamp(static_cast<std::int32_t>(tile / run.tiles_per_cell), 0, run.cells - 1);
}

std::vector<Contents> contents_of(const Scene& scene) {
  std::vector<Contents> all;
  for (const L2Run& run : scene.l2_runs) {
    const auto n = static_cast<std::size_t>(run.cells);
    all.push_back({std::vector<float>(n), std::vector<bool>(n), std::vector<bool>(n)});
  }
  const auto visit = [&](sim::TensorId tensor, std::int64_t slice, std::int32_t row, std::int32_t col, auto&& each) {
    for (std::size_t r = 0; r < scene.l2_runs.size(); ++r) {
      const scope::MatrixInfo& info = scene.places[static_cast<std::size_t>(scene.l2_runs[r].place)].info;
      if (info.tensor == tensor &&
          scene.run().plan().tensors[tensor].tensor.slice_of(scene.frame().at.slice) == slice) {
        each(all[r], static_cast<std::size_t>(cell_of(scene.l2_runs[r], info, row, col)), info, scene.l2_runs[r]);
      }
    }
  };
  const scope::Run::L2Contents& l2 = scene.run().l2_at(scene.frame().cursor.t_us);
  for (const auto& tile : l2.held) {
    visit(tile.tensor, tile.slice, tile.row, tile.col,
          [&](Contents& c, std::size_t cell, const scope::MatrixInfo& info, const L2Run& run) {
            const double whole = static_cast<double>(info.slice_bytes) / tiles_of(info) * run.tiles_per_cell;
            c.held[cell] += static_cast<float>(static_cast<double>(tile.bytes) / std::max(1.0, whole));
          });
  }
  for (const auto& tile : l2.evicted) {
    visit(tile.tensor, tile.slice, tile.row, tile.col,
          [&](Contents& c, std::size_t cell, const scope::MatrixInfo&, const L2Run&) { c.evicted[cell] = true; });
  }
  for (const scope::Flight& flight : scene.frame().flights) {
    if (flight.from_dram && !flight.store) {
      const std::int64_t slice = scene.run().plan().tensors[flight.tensor].tensor.slice_of(scene.frame().at.slice);
      visit(flight.tensor, slice, flight.row, flight.col,
            [&](Contents& c, std::size_t cell, const scope::MatrixInfo&, const L2Run&) { c.arriving[cell] = true; });
    }
  }
  return all;
}

void draw_cell(Scene& scene, const L2Run& run, std::int32_t at, const Contents& contents,
               const std::vector<Rect>& flights) {
  const MatrixPlace& place = scene.places[static_cast<std::size_t>(run.place)];
  const Family family = place.info.family;
  const draw::TensorColors& colors = scene.colors.of(family);
  const auto i = static_cast<std::size_t>(at);
  const Rect cell = run.cell(at);
  const bool soft = scene.size == scope::Size::blackboard;
  const bool named = soft && cell.w >= 24 && cell.h >= 16 && run.tiles_per_cell <= 1;
  const float held = std::min(1.0F, contents.held[i]);
  if (contents.arriving[i]) {
    draw::tile(scene.p, cell, family, draw::TileState::in_flight);
  } else if (held > 0.001F) {
    const float h = held > 0.99F ? cell.h : std::max(2.0F, cell.h * held);
    scene.p.fill({cell.x, cell.bottom() - h, cell.w, h}, soft ? colors.tint : colors.fill);
    if (soft || held <= 0.99F) {
      scene.p.frame(cell, colors.line, soft ? 1.5F : 1);
    }
  } else if (contents.evicted[i] && cell.w >= 8) {
    draw::tile(scene.p, cell, family, draw::TileState::evicted);
  } else {
    scene.p.frame(cell, soft ? scene.colors.hair : scene.colors.edge.with_alpha(0.8F), 1);
  }
  const bool covered =
      std::any_of(flights.begin(), flights.end(), [&](const Rect& flight) { return flight.overlaps(cell); });
  if (named && !covered && (held > 0 || contents.evicted[i] || contents.arriving[i])) {
    const std::int32_t across = place.info.across();
    const std::string name = tile_name(place, at / across * place.info.tile_rows, at % across * place.info.tile_cols);
    const TextStyle style = cell.w >= 44 && cell.h >= 20 ? kDense : kSmall;
    const float width = draw::rich_width(name, style, scene.p.scale());
    if (width <= cell.w - 4) {
      draw::rich(scene.p, {cell.center().x - width / 2, cell.center().y - draw::line_height(style) / 2}, name, style,
                 held > 0 ? scene.colors.ink : scene.colors.ink2);
    }
  }
}

/// Does a place get a run: tensors of tiles, not the one number per row of statistics.
bool has_run(const MatrixPlace& place) {
  return !place.ghost() && place.info.family != Family::statistic && place.info.family != Family::none &&
         place.info.name.find('_') == std::string::npos;
}

}  // namespace

Rect L2Run::cell(std::int32_t at) const {
  const float w = box.w / static_cast<float>(cells);
  return {box.x + static_cast<float>(at) * w, box.y, std::max(2.0F, w - 1), box.h};
}

void plan_l2(Scene& scene) {
  if (scene.areas.l2.empty()) {
    return;
  }
  const Rect inner = scene.areas.l2.inset(10, scene.areas.l2.h >= 40 ? 12 : scene.areas.low ? 3 : 8);
  const bool two_rows = scene.place_of(Family::k) != nullptr &&
                        ((scene.place_of(Family::s) != nullptr && !scene.place_of(Family::s)->ghost()) ||
                         (scene.place_of(Family::p) != nullptr && !scene.place_of(Family::p)->ghost()));
  float upper = inner.x, lower = inner.x;
  for (std::size_t m = 0; m < scene.places.size(); ++m) {
    const MatrixPlace& place = scene.places[m];
    if (!has_run(place)) {
      continue;
    }
    const bool scores = two_rows && (place.info.family == Family::s || place.info.family == Family::p);
    const std::int32_t tiles = tiles_of(place.info);
    const float wanted = std::clamp(static_cast<float>(tiles) * 8, place.box.w, std::max(place.box.w, 64.0F));
    float& from = scores ? lower : upper;
    Rect box{place.box.center().x - wanted / 2, inner.y, wanted, inner.h};
    if (two_rows) {
      box.h = (inner.h - 3) / 2;
      box.y += scores ? box.h + 3 : 0;
    }
    const float x = std::max(box.x, from);
    box.w = std::min({box.w, inner.right() - x, place.box.w > wanted ? place.box.w : box.w});
    box.x = x;
    if (box.w < kCell) {
      continue;
    }
    L2Run run{static_cast<int>(m), box, 1, 1};
    run.cells = std::clamp(std::min(tiles, static_cast<std::int32_t>(box.w / kCell)), 1, kCellsMax);
    run.tiles_per_cell = static_cast<double>(tiles) / run.cells;
    scene.l2_runs.push_back(run);
    from = box.right() + 8;
  }
}

void draw_l2(Scene& scene) {
  if (!scene.run().l2_at(scene.frame().cursor.t_us).known) {
    const Rect& strip = scene.areas.l2;
    const std::string_view words = scene.words("stage.l2_unknown");
    const float width = scene.p.width_of(words, kSmall) + 20;
    const Rect box{strip.center().x - width / 2, strip.center().y - 10, width, 20};
    scene.p.fill(box, scene.colors.panel);  // lanes pass behind
    scene.p.text_in(box, words, kSmall, scene.colors.ink2);
    return;
  }
  const std::vector<Contents> contents = contents_of(scene);
  const std::vector<Rect> flights = flight_boxes(scene);
  for (std::size_t r = 0; r < scene.l2_runs.size(); ++r) {
    const L2Run& run = scene.l2_runs[r];
    scene.p.fill(run.box.inset(-2, -1), scene.colors.panel);
    for (std::int32_t cell = 0; cell < run.cells; ++cell) {
      draw_cell(scene, run, cell, contents[r], flights);
    }
    touch_l2(scene, run, contents[r].held);
  }
  if ((scene.areas.compact || scene.areas.low) && !scene.l2_runs.empty() &&
      scene.l2_runs[0].box.x > scene.areas.l2.x + 36) {
    scene.p.text({scene.areas.l2.x + 10, scene.areas.l2.center().y - 10}, "L2", kDenseBold, scene.colors.ink);
  }
}

void draw_l2_card(Scene& scene) {
  Rect card = scene.areas.l2_card;
  if (card.empty()) {
    return;
  }
  scene.ui.card(card);
  const auto& l2 = scene.run().l2_at(scene.frame().cursor.t_us);
  if (!l2.known) {
    const std::string rate =
        scene.ui.strings.format("stage.hit_rate", {{"rate", fmt::format("`{:.1f}` %", l2.hit_rate * 100)}});
    draw::rich(scene.p, {card.x + 12, card.center().y - 9}, "L2  " + rate, kSmall, scene.colors.ink);
    return;
  }
  const double whole = static_cast<double>(scene.run().machine().l2.bytes);
  const double share = std::clamp(static_cast<double>(l2.held_bytes) / whole, 0.0, 1.0);
  const Rect inner = card.inset(12, 0);
  const bool has_bar = card.h >= 38;
  const float y = card.y + (card.h - (has_bar ? 34 : 18)) / 2;
  const Rect held =
      draw::rich(scene.p, {inner.x, y},
                 scene.ui.strings.format(
                     "stage.l2_holds", {{"part", part_of_capacity(scene, static_cast<double>(l2.held_bytes), whole)}}),
                 kSmall, scene.colors.ink);
  const std::string percent = fmt::format("`{:.1f}` %", l2.hit_rate * 100);
  first_that_fits(scene, {inner.right(), y}, inner.w - held.w - 12,
                  {scene.ui.strings.format("stage.hit_rate", {{"rate", percent}}), percent}, kSmall, scene.colors.ink,
                  draw::Align::right);
  if (has_bar) {
    const Rect bar{inner.x, y + 25, inner.w, 7};
    scene.p.fill({bar.x, bar.y, bar.w * static_cast<float>(share), bar.h}, scene.colors.ink2);
    scene.p.frame(bar, scene.colors.edge, 1);
  }
  if (scene.ui.touch(scene.name("l2_card"), card).hovered) {
    draw::HoverCard hover;
    hover.title = "L2";
    hover.rows = {{std::string(scene.words("stage.hover.held")), "`" + scope::count_text(l2.held_bytes) + "` B"},
                  {std::string(scene.words("stage.hover.room")), "`" + scope::count_text(std::llround(whole)) + "` B"},
                  {std::string(scene.words("stage.hover.hits")), percent}};
    hover.source = std::string(scene.words("stage.hover.l2_rule"));
    hover.badge = draw::Badge::modelled;
    scene.ui.hover(hover);
  }
}

}  // namespace views::on_stage
