// The stage's layout, and the order in which its parts are drawn.
#include "ui/window/views/stage.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ui/window/views/stage_scene.h"

namespace views {

namespace on_stage {

namespace {

constexpr float kSm = 258, kHbm = 302, kL2 = 46, kGap = 42;  // VISUAL 6, at 704 px
constexpr float kTop = 10, kBottom = 6, kRight = 12;

/// Heights of the rows: what is over or missing goes to SM and HBM.
struct Rows {
  float sm = kSm, gap = kGap, l2 = kL2, hbm = kHbm;
};

Rows rows_of(float height, bool has_l2, bool stacked) {
  Rows rows;
  if (height < 600) {
    const float tight = std::clamp((height - 360) / 240, 0.0F, 1.0F);
    rows.gap = 30 + 12 * tight;
    rows.l2 = 32 + 14 * tight;
  }
  const float between = has_l2 ? rows.l2 + 2 * rows.gap : rows.gap + 6;
  const float extra = height - between - kSm - kHbm;
  const float share = stacked ? 0.55F : extra > 0 ? 0.35F : 0.42F;
  rows.sm = kSm + share * extra;
  rows.hbm = kHbm + (1 - share) * extra;
  return rows;
}

/// Room for four and eight rows of numbers in HBM first.
Rows low_rows(float height, bool has_l2) {
  Rows rows{0, 22, 24, 0};
  rows.sm = std::clamp((height - (has_l2 ? rows.l2 + 2 * rows.gap : rows.gap + 6)) * 0.42F, 150.0F, 260.0F);
  return rows;
}

void cut_rows(Areas& areas, Rect column, const Rows& rows, bool has_l2) {
  areas.sm = column.cut_top(rows.sm);
  areas.upper_gap = column.cut_top(has_l2 ? rows.gap : rows.gap + 6);
  if (has_l2) {
    areas.l2 = column.cut_top(rows.l2);
    areas.lower_gap = column.cut_top(rows.gap);
  }
  areas.hbm = column;
}

void cut_right(Areas& areas, const Rect& column) {
  const auto beside = [&](const Rect& row) { return Rect{column.x, row.y, column.w, row.h}; };
  areas.gpu = beside(areas.sm);
  areas.upper_counter = beside(areas.upper_gap);
  areas.l2_card = areas.l2.empty() ? Rect{} : beside(areas.l2);
  areas.lower_counter = areas.l2.empty() ? Rect{} : beside(areas.lower_gap);
  areas.bytes = beside(areas.hbm);
}

}  // namespace

Areas areas_of(const Rect& area, const StageOptions& options, scope::Size size) {
  Areas areas;
  areas.compact = area.w < 700 || area.h < 420;
  areas.stacked = size == scope::Size::blackboard;
  areas.low = areas.stacked && area.h < 760;
  areas.gpu_in_card = options.whole_gpu && areas.stacked && !areas.low;
  areas.right = options.whole_gpu && !areas.gpu_in_card && area.w >= 860 && area.h >= 440;
  Rect column{area.x, area.y + kTop, area.w - kRight, area.h - kTop - kBottom};
  if (areas.compact || areas.low) {
    column.cut_left(kRight);
  } else {
    areas.rail = column.cut_left(areas.gpu_in_card ? 132 : 82);
  }
  Rect right;
  if (areas.right) {
    right = column.cut_right(std::clamp(area.w * 0.266F, 262.0F, 420.0F), 16);
  }
  cut_rows(areas, column, areas.low ? low_rows(column.h, options.l2) : rows_of(column.h, options.l2, areas.stacked),
           options.l2);
  if (areas.right) {
    cut_right(areas, right);
  }
  return areas;
}

const MatrixPlace* Scene::place_of(sim::TensorId tensor) const {
  for (const MatrixPlace& place : places) {
    if (place.info.tensor == tensor) {
      return &place;
    }
  }
  return nullptr;
}

const MatrixPlace* Scene::place_of(Family family) const {
  for (const MatrixPlace& place : places) {
    if (place.info.family == family) {
      return &place;
    }
  }
  return nullptr;
}

const Slot* Scene::slot_of(const scope::TileInfo& tile) const {
  for (const Slot& slot : slots) {
    if (slot.tile != nullptr && slot.tile->tile->id == tile.id) {
      return &slot;
    }
  }
  return slot_of(tile.family);
}

const Slot* Scene::slot_of(Family family) const {
  for (const Slot& slot : slots) {
    if (kinds[static_cast<std::size_t>(slot.kind)].family == family) {
      return &slot;
    }
  }
  return nullptr;
}

const L2Run* Scene::l2_of(sim::TensorId tensor) const {
  for (const L2Run& run : l2_runs) {
    if (places[static_cast<std::size_t>(run.place)].info.tensor == tensor) {
      return &run;
    }
  }
  return nullptr;
}

namespace {

void rail_entry(Scene& scene, float y, const std::string& name, const std::vector<std::string>& below) {
  const Rect& rail = scene.areas.rail;
  scene.p.text({rail.x + 14, y}, name, kTitle, scene.colors.ink);
  y += 25;
  for (const std::string& line : below) {
    scene.p.text_within({rail.x + 14, y}, rail.w - 18, line, kSmall, scene.colors.ink2);
    y += 18;
  }
}

std::string rate(double gb_per_s) {
  return gb_per_s >= 1000 ? fmt::format("{:.1f} TB/s", gb_per_s / 1000) : fmt::format("{:.0f} GB/s", gb_per_s);
}

}  // namespace

void draw_rail(Scene& scene) {
  const Areas& areas = scene.areas;
  if (areas.rail.empty()) {
    return;
  }
  const sim::Machine& machine = scene.run().machine();
  const scope::Place& place = scene.frame().cursor.place;
  const auto format = [&](const char* key, int a, int b) {
    return scene.ui.strings.format(key, {{"a", std::to_string(a)}, {"b", std::to_string(b)}});
  };
  std::vector<std::string> below = {format("stage.one_of", 1, machine.chip.sm_count)};
  const int slots = scene.run().kernels()[static_cast<std::size_t>(scene.frame().at.kernel)].blocks_per_sm;
  if (slots > 1) {
    below.push_back(format("stage.slot_of", place.slot + 1, slots));
  }
  rail_entry(scene, areas.sm.y + 4, fmt::format("SM {}", place.sm), below);
  if (!areas.l2.empty()) {
    rail_entry(scene, areas.l2.y - 3, "L2", {capacity(static_cast<double>(machine.l2.bytes))});
  }
  rail_entry(scene, areas.hbm.y + 4, std::string(scene.words("level.hbm")),
             {capacity(static_cast<double>(machine.hbm.bytes)), rate(machine.hbm.read_gb_per_s)});
}

void draw_cards(Scene& scene) {
  for (const Rect* card : {&scene.areas.sm, &scene.areas.l2, &scene.areas.hbm}) {
    if (!card->empty()) {
      scene.ui.card(*card);
    }
  }
}

}  // namespace on_stage

namespace {

using namespace on_stage;

void draw_hbm_part(Scene& scene) {
  if (scene.c.view.all_heads) {
    draw_all_heads(scene);
  } else if (!scene.c.view.zoomed.empty() && scene.c.view.zoom > 1) {
    draw_zoomed(scene);
  } else {
    draw_hbm(scene);
  }
}

}  // namespace

void stage(Context& context, const draw::Rect& area, const StageOptions& options) {
  draw::Ui& ui = context.ui;
  const scope::Size size = scope::size_of(context.run);
  Scene scene{context,
              ui,
              ui.p,
              ui.colors(),
              options,
              size,
              areas_of(area, options, size),
              focus_of(context.run, context.frame),
              {},
              {},
              {},
              {},
              {}};
  plan_hbm(scene);
  plan_l2(scene);
  plan_chip(scene);
  ui.p.push_clip(area);
  draw_rail(scene);
  draw_cards(scene);
  draw_groups(scene);
  draw_lanes(scene);
  draw_chip(scene);
  if (!scene.areas.l2.empty()) {
    draw_l2(scene);
  }
  draw_hbm_part(scene);
  if (scene.areas.right) {
    draw_gpu(scene, scene.areas.gpu);
    draw_l2_card(scene);
    draw_bytes(scene);
  }
  if (options.whole_gpu) {
    draw_counters(scene);
  }
  draw_flights(scene);
  draw_pointed(scene);
  touch_levels(scene);
  ui.p.pop_clip();
}

}  // namespace views
