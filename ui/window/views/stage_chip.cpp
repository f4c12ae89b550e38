// The SM's card: what block runs, which units are at work, SMEM and registers with what they hold.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

constexpr std::array<const char*, scope::kLamps> kLampKeys = {"unit.tensor", "unit.exp", "unit.fp32", "unit.copy"};
constexpr std::array<const char*, scope::kLamps> kLampNames = {"lamp.tensor", "lamp.exp", "lamp.fp32", "lamp.copy"};
constexpr std::array<draw::Icon, scope::kLamps> kLampIcons = {draw::Icon::tensor, draw::Icon::exp, draw::Icon::fp32,
                                                              draw::Icon::copy};

void draw_lamp(Scene& scene, Point center, const scope::UnitLight& light) {
  if (!light.lit) {
    scene.p.ring(center, 6, scene.colors.edge, 1.5F);
    return;
  }
  scene.p.disc(center, 6.5F, scene.colors.of(light.makes).fill);
  scene.p.ring(center, 7, scene.colors.ink, 1.5F);
}

void touch_lamp(Scene& scene, std::size_t lamp, const Rect& box) {
  if (!scene.ui.touch(scene.name(kLampNames[lamp]), box).hovered) {
    return;
  }
  const scope::UnitLight& light = scene.frame().units[lamp];
  draw::HoverCard card;
  card.title = std::string(scene.words(kLampKeys[lamp])) + ": " +
               std::string(scene.words(light.lit ? "stage.unit.working" : "stage.unit.idle"));
  card.rows.push_back({std::string(scene.words("stage." + std::string(kLampKeys[lamp]))), ""});
  if (light.lit && !light.tile.empty()) {
    card.rows.push_back({std::string(scene.words("stage.unit.makes")), underlined(light.makes, light.tile)});
  }
  scene.ui.hover(card);
}

/// Lamps from the right end of `row`; returns the px they took.
float draw_lamps(Scene& scene, const Rect& row, bool labels) {
  float x = row.right();
  const float y = row.center().y;
  for (std::size_t lamp = scope::kLamps; lamp-- > 0;) {
    const scope::UnitLight& light = scene.frame().units[lamp];
    const std::string_view label = scene.words(kLampKeys[lamp]);
    const TextStyle style = light.lit ? kDenseBold : kDense;
    const float right = x;
    if (labels) {
      x -= std::max(scene.p.width_of(label, kDense), scene.p.width_of(label, kDenseBold));
      scene.p.text({x, y - draw::line_height(style) / 2}, label, style,
                   light.lit ? scene.colors.ink : scene.colors.ink2);
    } else {
      x -= 14;
      draw::icon(scene.p, kLampIcons[lamp], {x + 7, y}, 6, light.lit ? scene.colors.ink : scene.colors.ink2);
    }
    x -= 15;
    draw_lamp(scene, {x, y}, light);
    touch_lamp(scene, lamp, {x - 8, row.y, right - x + 8, row.h});
    x -= labels ? 26.0F : 18.0F;
  }
  return row.right() - x;
}

void draw_title(Scene& scene) {
  Rect row = scene.areas.sm.inset(12, 0);
  const bool tight = scene.areas.compact || scene.areas.low;
  row.cut_top(tight ? 3 : 5);
  row = row.cut_top(tight ? 26 : 32);
  const float lamps = draw_lamps(scene, row, row.w >= 700 || (row.w >= 560 && !scene.areas.compact));
  row.w -= lamps;
  const TextStyle style = tight ? kDenseBold : kTitle;
  const float y = row.center().y - draw::line_height(style) / 2;
  if (tight) {
    row.cut_left(scene.p.text({row.x, y - 2}, "SM", kTitle, scene.colors.ink).w, 14);
  }
  first_that_fits(scene, {row.x, y}, row.w, {block_title(scene, 0), block_title(scene, 1), block_title(scene, 2)},
                  style, scene.colors.ink);
}

// ---- SMEM and registers ----

double capacity_of(const Scene& scene, sim::Level level) {
  const sim::Machine::Sm& sm = scene.run().machine().sm;
  return static_cast<double>(level == sim::Level::smem ? sm.smem_bytes_per_block : 4 * sm.registers);
}

void draw_bar(Scene& scene, const Rect& bar, sim::Level level) {
  const double whole = capacity_of(scene, level);
  scene.p.fill(bar, scene.colors.hair.with_alpha(0.5F));
  float x = bar.x;
  for (const scope::OnChip& tile : scene.frame().tiles) {
    if (tile.tile->level != level) {
      continue;
    }
    const float w = static_cast<float>(static_cast<double>(tile.tile->bytes) / whole) * bar.w;
    if (x + w > bar.right() + 1) {
      break;
    }
    scene.p.fill({x, bar.y, w, bar.h},
                 tile.tile->family == Family::none ? scene.colors.edge : scene.colors.of(tile.tile->family).fill);
    x += w;
    if (w >= 3) {
      scene.p.fill({x - 1, bar.y, 1, bar.h}, scene.colors.panel);
    }
  }
  scene.p.frame(bar.inset(-1), scene.colors.edge, 1);
}

void touch_bar(Scene& scene, const Rect& box, sim::Level level) {
  if (!scene.ui.touch(scene.name(level == sim::Level::smem ? "smem" : "registers"), box).hovered) {
    return;
  }
  draw::HoverCard card;
  card.title = std::string(scene.words(level == sim::Level::smem ? "level.smem" : "level.registers"));
  const auto held =
      static_cast<double>(level == sim::Level::smem ? scene.frame().smem_bytes : scene.frame().register_bytes);
  card.rows.push_back(
      {std::string(scene.words("stage.hover.held")), "`" + scope::count_text(std::llround(held)) + "` B"});
  const double whole = capacity_of(scene, level);
  card.rows.push_back(
      {std::string(scene.words("stage.hover.room")), "`" + scope::count_text(std::llround(whole)) + "` B"});
  for (const scope::OnChip& tile : scene.frame().tiles) {
    if (tile.tile->level == level && card.rows.size() < 12) {
      card.rows.push_back(
          {underlined(tile.tile->family, tile.tile->name), "`" + scope::count_text(tile.tile->bytes) + "` B"});
    }
  }
  card.badge = draw::Badge::exact;
  scene.ui.hover(card);
}

/// Low blackboard: name, what is held and of how much, below each other left of the tiles.
void draw_low_group(Scene& scene, const Group& group, sim::Level level) {
  const bool smem = level == sim::Level::smem;
  const Rect head{group.box.x + 12, group.box.y, group.tiles.x - group.box.x - 18, group.box.h};
  const auto held = static_cast<double>(smem ? scene.frame().smem_bytes : scene.frame().register_bytes);
  float y = std::max(head.y + 3, head.center().y - 28);
  scene.p.text_within({head.x, y}, head.w, scene.words(smem ? "level.smem" : "level.registers"), kDenseBold,
                      scene.colors.ink);
  y += 21;
  first_that_fits(scene, {head.x, y}, head.w,
                  {part_of_capacity(scene, held, capacity_of(scene, level)), capacity(held)}, kSmall,
                  scene.colors.ink2);
  if (y + 27 < head.bottom()) {
    draw_bar(scene, {head.x, y + 20, head.w - 8, 5}, level);
  }
  touch_bar(scene, head, level);
}

void draw_group(Scene& scene, const Group& group, sim::Level level) {
  const bool dark = scene.colors.theme == draw::Theme::dark;
  if (scene.areas.low) {
    scene.p.fill(group.box, dark ? scene.colors.background : scene.colors.raised, 5);
    draw_low_group(scene, group, level);
    return;
  }
  if (scene.areas.compact) {
    if (level == sim::Level::registers) {
      scene.p.line({group.box.x - 4, group.box.y}, {group.box.x - 4, group.box.bottom() - 8}, scene.colors.hair, 1);
    }
    return;
  }
  scene.p.fill(group.box, dark ? scene.colors.background : scene.colors.raised, 5);
  if (group.bar.empty()) {
    return;
  }
  const bool smem = level == sim::Level::smem;
  Rect row = group.box.inset(12, 8);
  row = row.cut_top(20);
  const Rect name =
      scene.p.text({row.x, row.y}, scene.words(smem ? "level.smem" : "level.registers"), kDenseBold, scene.colors.ink);
  const auto held = static_cast<double>(smem ? scene.frame().smem_bytes : scene.frame().register_bytes);
  const std::string words = part_of_capacity(scene, held, capacity_of(scene, level));
  first_that_fits(scene, {row.right(), row.y + 1}, row.w - name.w - 10, {words}, kSmall, scene.colors.ink2,
                  draw::Align::right);
  Rect bar = group.bar;
  if (scene.areas.stacked) {
    const float from = name.right() + 18;
    bar = {from, bar.y, row.right() - draw::rich_width(words, kSmall, scene.p.scale()) - 18 - from, bar.h};
    if (bar.w < 60) {
      return;
    }
  }
  draw_bar(scene, bar, level);
  touch_bar(scene, {row.x, row.y, row.w, bar.bottom() - row.y}, level);
}

/// SMEM that nothing uses: a dashed box above the low tiles, or beside the last one.
void draw_free(Scene& scene, const Group& group) {
  if (scene.areas.compact) {
    return;
  }
  const double free = capacity_of(scene, sim::Level::smem) - static_cast<double>(scene.frame().smem_bytes);
  const std::string words = scene.ui.strings.format("stage.free", {{"size", capacity(free)}});
  float last = group.tiles.x, low_from = group.tiles.right(), low_top = group.tiles.bottom();
  for (const Slot& slot : scene.slots) {
    if (scene.kinds[static_cast<std::size_t>(slot.kind)].level != sim::Level::smem) {
      continue;
    }
    last = std::max(last, slot.box.x + std::max(slot.box.w, slot.name_width));
    if (slot.box.y - group.tiles.y >= 60 && low_from > slot.box.x) {
      low_from = slot.box.x;
    }
    if (slot.box.x >= low_from) {
      low_top = std::min(low_top, slot.box.y);
    }
  }
  const float wide = scene.p.width_of(words, kSmall) + 12;
  Rect box{low_from, group.tiles.y - 4, group.tiles.right() - low_from, std::min(44.0F, low_top - 26 - group.tiles.y)};
  if (box.w < wide || box.h < 24) {
    const float from = group.kinds.empty() ? group.tiles.x : last + 20;
    box = {from, group.tiles.y, group.tiles.right() - from, group.tiles.h};
  }
  if (free > 0 && box.w >= wide && box.h >= 24) {
    scene.p.dashed_frame(box, scene.colors.edge, draw::kGhost, 1);
    scene.p.text_in(box, words, kSmall, scene.colors.ink2);
  }
}

/// The arrow from S to P while one is turned into the other.
void draw_exp_arrow(Scene& scene) {
  const Slot *s = scene.slot_of(Family::s), *p = scene.slot_of(Family::p);
  if (s == nullptr || p == nullptr || !scene.frame().units[static_cast<std::size_t>(scope::Lamp::exp)].lit) {
    return;
  }
  if (p->tile == nullptr || p->tile->state != scope::OnChip::State::computing || p->box.x < s->box.right() + 16) {
    return;
  }
  const float y = std::max(s->box.y, p->box.y) + std::min(s->box.h, p->box.h) / 2;
  const Point from{s->box.right() + 6, y}, tip{p->box.x - 7, y};
  scene.p.line(from, {tip.x - 4, y}, scene.colors.ink, 1.5F);
  draw::arrow_head(scene.p, tip, from, scene.colors.ink, 7);
  const Rect label{from.x, y - 20, tip.x - from.x, 16};
  if (scene.size == scope::Size::blackboard) {
    scene.p.text_in(label, "exp", kSmall, scene.colors.ink2);
  }
}

}  // namespace

void draw_groups(Scene& scene) {
  draw_group(scene, scene.groups[0], sim::Level::smem);
  draw_group(scene, scene.groups[1], sim::Level::registers);
}

void draw_chip(Scene& scene) {
  draw_title(scene);
  draw_free(scene, scene.groups[0]);
  for (const Slot& slot : scene.slots) {
    draw_slot(scene, slot);
  }
  draw_exp_arrow(scene);
  if (scene.areas.gpu_in_card) {
    const Rect& smem = scene.groups[0].box;
    draw_gpu_list(scene, {smem.right() + 16, smem.y, scene.groups[1].box.right() - smem.right() - 16, smem.h});
  }
}

}  // namespace views::on_stage
