// A matrix in HBM as a grid of tiles, each in its state; ghosts double as the map of the work.
#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

using scope::Cell;
using scope::CellGrid;

constexpr std::int32_t kTextureFrom = 64;  // cells in a direction: VISUAL 6

struct Grid {
  Scene& scene;
  const MatrixPlace& place;
  const CellGrid& cells;
  Rect words;    // of a ghost: nothing is drawn there
  bool numbers;  // its elements carry numbers: tints only
  const draw::TensorColors& colors;
  Rect seen;  // what clips leave

  Rect rect(std::int32_t row, std::int32_t col) const {
    const std::int32_t rows = place.group_rows * place.info.tile_rows, cols = place.group_cols * place.info.tile_cols;
    Rect r = place.part(row * rows, col * cols, {rows, cols});
    const float gap = r.w >= 5 && r.h >= 5 ? 1 : 0;
    return {r.x, r.y, std::max(1.0F, r.w - gap), std::max(1.0F, r.h - gap)};
  }

  void fill_share(const Rect& r, float share, Color color) const {
    if (share > 0) {
      const float h = share >= 0.999F ? r.h : std::max(1.0F, r.h * share);
      scene.p.fill({r.x, r.bottom() - h, r.w, h}, color);
    }
  }

  bool has_role(sim::TensorRole role) const {
    return place.info.tensor && scene.run().plan().tensors[*place.info.tensor].role == role;
  }
  bool is_input() const { return has_role(sim::TensorRole::input); }
  bool is_output() const { return has_role(sim::TensorRole::output); }
  void ghost(const Rect& r, const Cell& cell, std::int32_t row, std::int32_t col) const;
  void masked(const Rect& r, std::int32_t row, std::int32_t col) const;
  void input(const Rect& r, const Cell& cell) const;
  void made(const Rect& r, const Cell& cell) const;
  void draw(std::int32_t row, std::int32_t col) const;
  void texture() const;
};

/// The causal diagonal through a cell: solid below it.
void Grid::masked(const Rect& r, std::int32_t row, std::int32_t col) const {
  const sim::Problem& problem = scene.run().problem();
  const std::int32_t rows = place.group_rows * place.info.tile_rows, cols = place.group_cols * place.info.tile_cols;
  if (std::min(r.w, r.h) < 6 || problem.mask != sim::Mask::causal) {
    draw::tile(scene.p, r, place.info.family, draw::TileState::masked);
    return;
  }
  // Key c is seen by queries from c - (Nk - Nq) on.
  const std::int32_t offset = problem.seqlen_kv - problem.seqlen_q;
  const auto query = [&](std::int32_t key) {
    return static_cast<float>(key - offset - row * rows) / static_cast<float>(rows);
  };
  draw::masked_tile(scene.p, r, place.info.family, query(col * cols), query((col + 1) * cols));
}

void Grid::ghost(const Rect& r, const Cell& cell, std::int32_t row, std::int32_t col) const {
  if (!words.empty() && r.overlaps(words)) {
    return;
  }
  const float own = cell.done - cell.by_others;
  if (cell.skipped) {
    if (std::min(r.w, r.h) >= 5) {
      scene.p.line({r.x, r.bottom()}, {r.right(), r.y}, scene.colors.edge.with_alpha(0.7F), 1);
    }
  } else if (cell.current) {
    scene.p.fill(r, colors.fill);
  } else if (own > 0) {
    cell.partly_masked ? masked(r, row, col) : fill_share(r, own + cell.by_others, colors.tint);
  } else if (cell.by_others > 0) {
    const float size = std::clamp(std::min(r.w, r.h) * 0.3F, 2.0F, 5.0F);
    const Point c = r.center();
    scene.p.fill({c.x - size / 2, c.y - size / 2, size, size}, colors.line);
  }
}

void Grid::input(const Rect& r, const Cell& cell) const {
  if (cell.in_flight && std::min(r.w, r.h) >= 5) {
    draw::tile(scene.p, r, place.info.family, draw::TileState::in_flight);
    return;
  }
  if (numbers) {
    scene.p.fill(r, cell.done > 0 ? colors.tint : draw::blend(colors.tint, 0.45F, scene.colors.panel));
    return;
  }
  if (cell.done >= 0.999F) {
    scene.p.fill(r, colors.fill);
    return;
  }
  draw::tile(scene.p, r, place.info.family, draw::TileState::unused);
  fill_share(r, cell.done, colors.fill);
}

void Grid::made(const Rect& r, const Cell& cell) const {
  const bool small = std::min(r.w, r.h) < 5;
  if (cell.in_flight && !small) {
    draw::tile(scene.p, r, place.info.family, draw::TileState::in_flight);
    return;
  }
  if (cell.done < 0.999F && !numbers) {
    scene.p.frame(r, scene.colors.edge, 1);
  }
  fill_share(r, cell.done, numbers ? colors.tint : colors.fill);
  if (cell.read_back > 0 && !small && !numbers) {
    scene.p.disc(r.center(), 1.75F, colors.on_fill);
  }
}

void Grid::draw(std::int32_t row, std::int32_t col) const {
  const Cell& cell = cells.at(row, col);
  const Rect r = rect(row, col);
  if (!r.overlaps(seen)) {
    return;
  }
  if (place.ghost()) {
    ghost(r, cell, row, col);
    return;
  }
  is_input() ? input(r, cell) : made(r, cell);
}

void Grid::texture() const {
  draw::Pixels pixels{place.transposed ? cells.across : cells.down, place.transposed ? cells.down : cells.across, {}};
  pixels.data.reserve(cells.cells.size());
  for (std::int32_t r = 0; r < pixels.rows; ++r) {
    for (std::int32_t c = 0; c < pixels.cols; ++c) {
      const Cell& cell = place.transposed ? cells.at(c, r) : cells.at(r, c);
      const Color none = place.ghost() ? scene.colors.panel : draw::blend(colors.tint, 0.7F, scene.colors.panel);
      const float most = place.ghost() && !cell.current ? 0.45F : 1;
      pixels.data.push_back(cell.skipped ? scene.colors.hair : draw::blend(colors.fill, cell.done * most, none));
    }
  }
  scene.p.heat_map(place.box, pixels, key_of(pixels));
}

/// Frames of what the op at work has to do with, over their neighbours.
void draw_current(const Grid& grid) {
  const CellGrid& cells = grid.cells;
  if (grid.place.info.family == Family::statistic && grid.place.box.w < 12) {
    return;  // ink on ink: O beside it has the frame
  }
  for (std::int32_t row = 0; row < cells.down; ++row) {
    for (std::int32_t col = 0; col < cells.across; ++col) {
      const Cell& cell = cells.at(row, col);
      if (!cell.current || (grid.is_output() && !cell.written)) {
        continue;  // results that are not in memory yet have the dashed frame of their rows
      }
      if (!grid.place.ghost() && !grid.is_input() && !cell.written) {
        grid.scene.p.dashed_frame(grid.rect(row, col).inset(-2), grid.scene.colors.ink, draw::kFlight, 2);
        continue;
      }
      // Neighbours in a row share one frame.
      std::int32_t last = col;
      while (!grid.place.transposed && last + 1 < cells.across && cells.at(row, last + 1).current) {
        ++last;
      }
      const Rect a = grid.rect(row, col), b = grid.rect(row, last);
      const Rect box{a.x, a.y, b.right() - a.x, b.bottom() - a.y};
      draw::now_frame(grid.scene.p, box);
      col = last;
    }
  }
}

/// Where the focus block's rows lie: of Q always, of O as long as nothing is written.
void draw_focus(const Grid& grid) {
  Scene& scene = grid.scene;
  const MatrixPlace& place = grid.place;
  const Focus& focus = scene.focus;
  if (focus.rows == 0 || focus.first_row >= place.info.shape.rows || place.transposed || place.ghost()) {
    return;
  }
  const Rect part = place.part(focus.first_row, 0, {focus.rows, place.info.shape.cols}, 6);
  if (place.info.family == Family::q) {
    draw::now_frame(scene.p, part);
  } else if (place.info.family == Family::o && place.info.shape.rows == scene.run().problem().seqlen_q) {
    const Cell& cell = grid.cells.at(focus.first_row / (place.group_rows * place.info.tile_rows), 0);
    if (cell.written) {
      return;
    }
    scene.p.dashed_frame(part.inset(-2), scene.colors.ink, draw::kFlight, 2);
  }
}

/// S or P kept for one chunk of the keys only: how large the whole would be.
void draw_whole(Scene& scene, const MatrixPlace& place) {
  const MatrixPlace* over = scene.place_of(place.info.family == Family::s ? Family::k : Family::v);
  const MatrixPlace* beside = scene.place_of(Family::q);
  const bool scores = place.info.family == Family::s || place.info.family == Family::p;
  if (!scores || place.ghost() || over == nullptr || beside == nullptr || place.box.w >= over->box.w - 2) {
    return;
  }
  const Rect whole{place.box.x, place.box.y, over->box.w, beside->box.h};
  scene.p.dashed_frame(whole, scene.colors.edge, draw::kGhost, 1);
  const Rect below{whole.x + 6, place.box.bottom() + 8, whole.w - 12, whole.bottom() - place.box.bottom() - 12};
  if (below.h >= 20) {
    first_that_fits(scene, {below.x, below.y}, below.w,
                    {std::string(scene.words("stage.one_chunk")), std::string(scene.words("stage.one_chunk.short"))},
                    kSmall, scene.colors.ink2);
  }
}

bool holds_numbers(const Scene& scene, const MatrixPlace& place) {
  const float w = place.transposed ? place.px_row() : place.px_col();
  const float h = place.transposed ? place.px_col() : place.px_row();
  return !place.ghost() && scene.run().has_values() && cell_holds_number(scene, w, h);
}

}  // namespace

void draw_matrix(Scene& scene, const MatrixPlace& place) {
  const CellGrid cells = scope::cells(scene.run(), scene.frame(), place.info, place.group_rows, place.group_cols);
  const bool numbers = holds_numbers(scene, place);
  const Rect words = place.ghost() ? ghost_words(scene, place) : Rect{};
  const Grid grid{scene, place, cells, words, numbers, scene.colors.of(place.info.family), scene.p.visible(place.box)};
  draw_whole(scene, place);
  if (std::max(cells.down, cells.across) > kTextureFrom && std::min(cells.down, cells.across) > kTextureFrom / 2) {
    grid.texture();
  } else {
    for (std::int32_t row = 0; row < cells.down; ++row) {
      for (std::int32_t col = 0; col < cells.across; ++col) {
        grid.draw(row, col);
      }
    }
  }
  if (place.ghost()) {
    scene.p.dashed_frame(place.box.inset(-2), scene.colors.edge, draw::kGhost, 1);
    draw_ghost_words(scene, place, words);
  } else if (numbers) {
    draw_numbers(scene, place);
  }
  draw_focus(grid);
  draw_current(grid);
}

}  // namespace views::on_stage
