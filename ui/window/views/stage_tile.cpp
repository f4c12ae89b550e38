// One tile on the chip: its name, its state, and its values as numbers or as a heat map.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_values.h"

namespace views::on_stage {

namespace {

using scope::OnChip;

Rect box_of(const Scene& scene, const Slot& slot) {
  const SlotKind& kind = scene.kinds[static_cast<std::size_t>(slot.kind)];
  const sim::Shape shape = slot.tile->tile->shape;
  Rect box = slot.box;
  box.w *= static_cast<float>(shape.cols) / static_cast<float>(std::max(1, kind.shape.cols));
  const float h = box.h * static_cast<float>(shape.rows) / static_cast<float>(std::max(1, kind.shape.rows));
  return {box.x, box.bottom() - h, box.w, h};
}

bool holds_numbers(const Scene& scene, const Rect& box, sim::Shape shape) {
  return shape.elements() <= 1024 &&
         cell_holds_number(scene, box.w / static_cast<float>(shape.cols), box.h / static_cast<float>(shape.rows));
}

/// Parts of a tile that is being made that are finished: k-slices from the left, a band per warp from the top.
std::vector<Rect> finished_parts(const Scene& scene, const Rect& box, double share) {
  const auto part = static_cast<float>(share);
  const sim::OpKind kind = scene.frame().op != nullptr ? scene.frame().op->kind : sim::OpKind::fill;
  if (kind == sim::OpKind::matmul || box.h < 30) {
    return {{box.x, box.y, box.w * part, box.h}};
  }
  int bands = 1;
  if (kind == sim::OpKind::exp || kind == sim::OpKind::exp_diff) {
    bands = std::clamp(scene.frame().trace->kernel->warps, 1, static_cast<int>(box.h / 12));
  }
  std::vector<Rect> parts;
  const float h = box.h / static_cast<float>(bands);
  for (int band = 0; band < bands; ++band) {
    parts.push_back({box.x, box.y + static_cast<float>(band) * h, box.w, h * part});
  }
  return parts;
}

void draw_numbers_in(Scene& scene, const Rect& box, const sim::Matrix& values, Family family) {
  const draw::TensorColors& colors = scene.colors.of(family);
  scene.p.fill(box, colors.tint);
  const sim::Shape shape = values.shape();
  const float w = box.w / static_cast<float>(shape.cols), h = box.h / static_cast<float>(shape.rows);
  for (std::int32_t c = 1; c < shape.cols; ++c) {
    const float x = box.x + static_cast<float>(c) * w;
    scene.p.line({x, box.y}, {x, box.bottom()}, colors.line.with_alpha(0.6F), 1);
  }
  for (std::int32_t r = 1; r < shape.rows; ++r) {
    const float y = box.y + static_cast<float>(r) * h;
    scene.p.line({box.x, y}, {box.right(), y}, colors.line.with_alpha(0.6F), 1);
  }
  const NumberFormat format = number_format(scene, values, w, h);
  for (std::int32_t r = 0; r < shape.rows && format.decimals != NumberFormat::kNone; ++r) {
    for (std::int32_t c = 0; c < shape.cols; ++c) {
      const Rect cell{box.x + static_cast<float>(c) * w, box.y + static_cast<float>(r) * h, w, h};
      draw_value(scene, cell, values.at(r, c), format, family);
    }
  }
}

/// Inputs are shown as numbers or not at all: what matters of them is where they are.
bool shows_values(const Scene& scene, const Rect& box, const OnChip& tile) {
  if (tile.values == nullptr || tile.values->shape().elements() == 0) {
    return false;
  }
  const Family family = tile.tile->family;
  return (family != Family::q && family != Family::k && family != Family::v) ||
         holds_numbers(scene, box, tile.values->shape());
}

void draw_values(Scene& scene, const Rect& box, const OnChip& tile) {
  const Family family = tile.tile->family;
  if (!shows_values(scene, box, tile)) {
    scene.p.fill(box, scene.colors.of(family).tint);
    return;
  }
  if (holds_numbers(scene, box, tile.values->shape())) {
    draw_numbers_in(scene, box, *tile.values, family);
    return;
  }
  const float scale = scene.p.scale();
  const draw::Pixels pixels =
      heat_pixels(scene.colors, *tile.values, family, range_of(*tile.values, family),
                  static_cast<std::int32_t>(box.h * scale), static_cast<std::int32_t>(box.w * scale));
  scene.p.heat_map(box, pixels, key_of(pixels));
}

/// Bytes in the middle, where values are not shown.
void draw_size(Scene& scene, const Rect& box, const OnChip& tile) {
  if (shows_values(scene, box, tile) || box.h < 24) {
    return;
  }
  if (!scene.p.text_in(box.inset(3, 2), scope::count_text(tile.tile->bytes) + " B", kSmall, scene.colors.ink)) {
    scene.p.text_in(box.inset(3, 2), capacity(static_cast<double>(tile.tile->bytes)), kSmall, scene.colors.ink);
  }
}

void draw_arriving(Scene& scene, const Rect& box, const OnChip& tile, bool words) {
  const draw::TensorColors& colors = scene.colors.of(tile.tile->family);
  scene.p.fill(box, draw::blend(colors.tint, 0.5F, scene.colors.panel));
  scene.p.dashed_frame(box, colors.line, draw::kFlight, 2);
  if (words) {
    draw_size(scene, box, tile);
  }
}

void draw_computing(Scene& scene, const Rect& box, const OnChip& tile) {
  scene.p.fill(box, scene.colors.panel);
  scene.p.hatch(box, scene.colors.edge, 5);
  scene.p.set_may_be_cut(true);  // the edge of what is finished runs through numbers
  for (const Rect& part : finished_parts(scene, box, tile.share)) {
    if (part.w >= 1 && part.h >= 1) {
      scene.p.push_clip(part);
      scene.p.fill(part, scene.colors.panel);
      draw_values(scene, box, tile);
      scene.p.pop_clip();
    }
  }
  scene.p.set_may_be_cut(false);
}

void draw_body(Scene& scene, const Rect& box, const OnChip& tile, bool words, bool thin) {
  const draw::TensorColors& colors = scene.colors.of(tile.tile->family);
  if (tile.state == OnChip::State::arriving) {
    draw_arriving(scene, box, tile, words);
    return;
  }
  const bool made_now = tile.tile->made_op == scene.frame().at.op;
  if (tile.state == OnChip::State::computing && made_now && tile.share < 1) {
    draw_computing(scene, box, tile);
  } else {
    draw_values(scene, box, tile);
    if (words) {
      draw_size(scene, box, tile);
    }
  }
  scene.p.frame(box, colors.line, thin || std::min(box.w, box.h) < 20 ? 1 : 2);
  if (tile.operand || tile.result) {
    draw::now_frame(scene.p, box);
  }
}

/// A triangle at the scores' chosen row, ticks beside the other tiles.
void draw_row_pointer(Scene& scene, const Rect& box, const scope::TileInfo& tile) {
  const std::int32_t row = scene.c.view.row - tile.row;
  const bool by_query = tile.family != Family::k && tile.family != Family::v && tile.family != Family::none;
  if (scene.c.view.row < 0 || !by_query || row < 0 || row >= tile.shape.rows || box.h < 12) {
    return;
  }
  const float y = box.y + (static_cast<float>(row) + 0.5F) * box.h / static_cast<float>(tile.shape.rows);
  if (tile.family == Family::s) {
    const float x = box.x - 4;
    const Point triangle[] = {{x - 7, y - 5}, {x, y}, {x - 7, y + 5}};
    scene.p.polygon(triangle, scene.colors.ink);
  } else if (tile.family != Family::q) {
    scene.p.line({box.x - 4, y}, {box.x - 1, y}, scene.colors.ink, 1.5F);
    scene.p.line({box.right() + 1, y}, {box.right() + 4, y}, scene.colors.ink, 1.5F);
  }
}

std::string state_words(const Scene& scene, const Slot& slot) {
  const OnChip& tile = *slot.tile;
  const SlotKind& kind = scene.kinds[static_cast<std::size_t>(slot.kind)];
  if (kind.family == Family::statistic) {
    return {};
  }
  if (tile.state == OnChip::State::arriving) {
    return std::string(scene.words("stage.arriving"));
  }
  if (tile.state == OnChip::State::computing && tile.share < 1) {
    return fmt::format("`{:.0f}` %", tile.share * 100);
  }
  if (slot.stacked) {
    return fmt::format("×{}", kind.count);
  }
  if (kind.joined) {
    return fmt::format("{} × {}", kind.count, capacity(static_cast<double>(tile.tile->bytes)));
  }
  return !shows_values(scene, slot.box, tile) && slot.box.h >= 24 ? std::string()
                                                                  : capacity(static_cast<double>(tile.tile->bytes));
}

void draw_name(Scene& scene, const Slot& slot) {
  const SlotKind& kind = scene.kinds[static_cast<std::size_t>(slot.kind)];
  std::string name =
      slot.tile != nullptr && !kind.joined && !slot.stacked && !slot.short_name ? slot.tile->tile->name : kind.symbol;
  const bool centred = slot.box.w < slot.name_width - 2;
  if (kind.family == Family::statistic) {
    name = kind.symbol;
  }
  const float scale = scene.p.scale();
  const std::string rich = underlined(kind.family, name);
  const float width = draw::rich_width(rich, kDenseBold, scale);
  const Pointed* object = pointed(scene, kind.symbol);
  const int number = object != nullptr && kind.family != Family::statistic ? object->number : 0;
  const float ring = number > 0 ? 20 : 0;
  float x = centred ? slot.box.center().x - (width + ring) / 2 : slot.box.x;
  const float y = slot.name_y;
  if (number > 0) {
    draw_ring_number(scene, {x + 8, y + 9}, number);
    x += ring;
  }
  const bool alive = slot.tile != nullptr;
  const bool lit = object != nullptr && object->lit;
  if (lit || (alive && is_chosen(scene, kind.symbol, slot.tile->tile->row, slot.tile->tile->col))) {
    scene.p.fill(Rect{x - 3, y - 1, width + 6, 21}, scene.colors.of(kind.family).tint, 3);
  }
  draw::rich(scene.p, {x, y}, rich, kDenseBold, alive || lit ? scene.colors.ink : scene.colors.ink3);
  if (alive) {
    const float room = std::max(slot.box.w, slot.name_width) - width - 6 - (number > 0 ? 20 : 0);
    first_that_fits(scene, {slot.box.x + std::max(slot.box.w, slot.name_width), y + 2}, room,
                    {state_words(scene, slot)}, kSmall, scene.colors.ink2, draw::Align::right);
  }
}

}  // namespace

void draw_slot(Scene& scene, const Slot& slot) {
  const SlotKind& kind = scene.kinds[static_cast<std::size_t>(slot.kind)];
  if (slot.tile == nullptr) {
    scene.p.frame(slot.box, scene.colors.hair, 1);
  } else {
    const Rect box = box_of(scene, slot);
    draw_body(scene, box, *slot.tile, slot.first || !slot.stacked, kind.joined);
    draw_row_pointer(scene, box, *slot.tile->tile);
  }
  const bool own_name = slot.tile != nullptr && !kind.joined && !slot.stacked && kind.count > 1;
  if (slot.first || own_name) {
    draw_name(scene, slot);
  }
  touch_slot(scene, slot);
}

}  // namespace views::on_stage
