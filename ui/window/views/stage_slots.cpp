// Where tiles lie on the chip: one scale for all of them, slots in the order Q K V S P m alpha l O, bottom aligned.
#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

constexpr float kPadding = 12, kStackOffset = 6;
constexpr float kLowHead = 92;  // low blackboard: name and bytes left of the tiles
constexpr int kStackShown = 4;

struct Scale {
  float x = 1, y = 1;  // px per element
  bool stack = false;  // tiles of one kind lie behind each other
  float height = 0;    // room for tiles
};

bool statistic(const SlotKind& kind) { return kind.family == Family::statistic; }

struct Planner {
  Scene& scene;
  Scale scale;
  bool numbers = false;  // blackboard: cells of tiles hold numbers
  bool crowded = false;  // names without numbers; statistics called by words go without, their cards say it

  bool nameless(const SlotKind& kind) const {
    return crowded && statistic(kind) && draw::plain(kind.symbol).size() > 4;
  }

  float name_width(const SlotKind& kind) const {
    if (nameless(kind)) {
      return 0;
    }
    const bool pairs = kind.family == Family::s || kind.family == Family::p, bare = crowded || statistic(kind);
    const std::string name = kind.symbol + (bare ? "" : pairs ? "_{0,0}" : "_{0}");
    const Pointed* object = pointed(scene, kind.symbol);
    const bool may_be_numbered = crowded ? object != nullptr && object->number > 0 : scene.options.numbers_in_rings;
    const float ring = may_be_numbered && !statistic(kind) ? 20 : 0;
    return draw::rich_width(name, kDenseBold, scene.p.scale()) + ring;
  }

  float tile_width(const SlotKind& kind) const {
    const float least = numbers ? 0.0F : statistic(kind) ? (crowded ? 10.0F : 14.0F) : crowded ? 18.0F : 22.0F;
    return std::max(least, static_cast<float>(kind.shape.cols) * scale.x);
  }

  float tile_height(const SlotKind& kind) const {
    const float least = std::min(scale.height, kind.joined ? 64.0F : numbers ? 0.0F : 26.0F);
    return std::clamp(static_cast<float>(kind.shape.rows) * scale.y, least, scale.height);
  }

  float width(const SlotKind& kind) const {
    const float tile = tile_width(kind), count = static_cast<float>(kind.count);
    float all = tile;
    if (kind.joined) {
      all = static_cast<float>(kind.shape.cols) * scale.x * count;
    } else if (scale.stack) {
      all = tile + kStackOffset * (std::min(count, static_cast<float>(kStackShown)) - 1);
    } else if (kind.count > 1) {
      all = tile * count + 8 * (count - 1);
    }
    return std::max(all, name_width(kind));
  }

  float gap(const SlotKind& a, const SlotKind& b) const {
    if (a.family == Family::s && b.family == Family::p) {
      return crowded ? 16 : numbers ? 48 : scene.areas.compact ? 26 : 36;
    }
    if (statistic(a) && statistic(b)) {
      return 9;
    }
    return crowded ? 6 : scene.areas.compact ? 12 : 22;
  }

  float need(const Group& group) const {
    float sum = 0;
    for (std::size_t k = 0; k < group.kinds.size(); ++k) {
      const SlotKind& kind = scene.kinds[static_cast<std::size_t>(group.kinds[k])];
      sum += width(kind);
      if (k > 0) {
        sum += gap(scene.kinds[static_cast<std::size_t>(group.kinds[k - 1])], kind);
      }
    }
    return std::max(sum, scene.areas.compact ? 30.0F : 118.0F);  // its title fits
  }

  /// The largest x scale up to `most` with which every one of `groups` fits its share of `room`.
  float largest(const std::vector<const Group*>& groups, float room, float most) {
    float low = 0, high = most;
    for (int step = 0; step < 20; ++step) {
      scale.x = (low + high) / 2;
      float sum = 0;
      for (const Group* group : groups) {
        sum += need(*group);
      }
      (sum <= room ? low : high) = scale.x;
    }
    return low;
  }

  void place(Group& group) {
    float x = group.tiles.x;
    const float spare = std::max(0.0F, group.tiles.w - need(group));
    const float more = std::min(numbers ? 34.0F : 16.0F, spare / static_cast<float>(group.kinds.size() + 1));
    for (std::size_t k = 0; k < group.kinds.size(); ++k) {
      const SlotKind& kind = scene.kinds[static_cast<std::size_t>(group.kinds[k])];
      if (k > 0) {
        const SlotKind& before = scene.kinds[static_cast<std::size_t>(group.kinds[k - 1])];
        x += gap(before, kind) + (statistic(before) && statistic(kind) ? 0 : more);
      }
      put(group.kinds[k], kind, x, group.tiles.bottom());
      x += width(kind);
    }
  }

  void put(int index, const SlotKind& kind, float x, float bottom) {
    const float w = kind.joined ? static_cast<float>(kind.shape.cols) * scale.x : tile_width(kind);
    const float h = tile_height(kind), all = width(kind);
    const float centred = kind.count == 1 ? (all - w) / 2 : 0;
    const bool behind = scale.stack && !kind.joined && kind.count > 1;
    const int shown = behind ? std::min(kind.count, kStackShown) : kind.count;
    for (int at = shown - 1; at >= 0; --at) {  // what lies behind is drawn first
      const auto n = static_cast<float>(at);
      const float step = kind.joined ? w : behind ? kStackOffset : w + 8;
      Slot slot{};
      slot.kind = index;
      slot.box = {x + centred + n * step, bottom - h - (behind ? n * kStackOffset : 0), w, h};
      slot.name_width = !kind.joined && !behind && kind.count > 1 ? w : all;
      slot.number = at;
      slot.first = at == 0 && !nameless(kind);
      slot.short_name = crowded;
      slot.stacked = behind;
      slot.name_y = bottom - h - (behind ? static_cast<float>(shown - 1) * kStackOffset : 0) - 25;
      scene.slots.push_back(slot);
    }
  }
};

void put_tiles(Scene& scene) {
  for (const scope::OnChip& tile : scene.frame().tiles) {
    const scope::TileInfo& info = *tile.tile;
    int at = 0;
    for (std::size_t k = 0; k < scene.kinds.size(); ++k) {
      const SlotKind& kind = scene.kinds[k];
      if (kind.family != info.family || kind.level != info.level || kind.symbol != info.symbol) {
        continue;
      }
      const int number = info.stages > 0 ? info.stage : info.shape.cols > 0 ? info.col / kind.shape.cols : 0;
      at = kind.count > 1 ? number % kind.count : 0;
      for (Slot& slot : scene.slots) {
        if (slot.kind == static_cast<int>(k) && slot.number == std::min(at, slot.stacked ? kStackShown - 1 : at)) {
          slot.tile = &tile;
        }
      }
    }
  }
}

/// Header, bar and room for tiles of a group.
void cut_group(const Scene& scene, Group& group) {
  Rect inner = group.box.inset(kPadding, 0);
  const bool header = !scene.areas.compact && group.box.h >= 110;
  if (scene.areas.low) {
    inner.cut_left(kLowHead);
    inner.cut_top(23);
    inner.cut_bottom(5);
    group.tiles = inner;
    return;
  }
  inner.cut_top(header ? 8 : 2);
  if (header && scene.areas.stacked) {
    Rect row = inner.cut_top(20, 4);
    row.cut_left(64);
    row.cut_right(130);
    group.bar = {row.x, row.y + 6, row.w, 8};
  } else if (header) {
    inner.cut_top(20, 3);
    group.bar = inner.cut_top(7, 4);
  }
  inner.cut_top(25);
  inner.cut_bottom(scene.areas.compact ? 8 : 10);
  group.tiles = inner;
}

Rect groups_box(const Scene& scene) {
  Rect box = scene.areas.sm.inset(5);
  box.cut_top(scene.areas.compact || scene.areas.low ? 26 : 33);
  return box;
}

/// False, and nothing planned, where SMEM and registers do not fit beside each other although they may lie above.
bool plan_beside(Scene& scene, Planner& planner, const Rect& box) {
  Group &smem = scene.groups[0], &registers = scene.groups[1];
  smem.box = registers.box = box;
  cut_group(scene, smem);
  planner.scale.height = smem.tiles.h;
  float rows = 1;
  for (const SlotKind& kind : scene.kinds) {
    rows = std::max(rows, static_cast<float>(kind.shape.rows));
  }
  const float heads = scene.areas.low ? 2 * kLowHead : 0;
  const float room = box.w - 8 - 4 * kPadding - heads;
  const float most = planner.scale.height / rows;
  const auto solve = [&] {
    const float x = planner.largest({&smem, &registers}, room, std::max(most, planner.numbers ? 58.0F : most));
    planner.scale.x = x;
    planner.scale.y = planner.numbers ? std::min({most, 38.0F, std::max(22.0F, 1.2F * x)}) : x;
  };
  const auto fits = [&] {
    planner.scale.x = 0;
    return planner.need(smem) + planner.need(registers) <= room;
  };
  planner.crowded = !fits();
  if (planner.crowded && scene.areas.stacked) {
    return false;
  }
  solve();
  if (planner.scale.x < 0.6F * most) {
    planner.scale.stack = true;
    solve();
  }
  const float left = planner.need(smem), spare = std::max(0.0F, room - left - planner.need(registers));
  Rect rest = box;
  smem.box = rest.cut_left(left + spare * (smem.kinds.empty() ? 0.25F : 0.5F) + 2 * kPadding + heads / 2, 8);
  registers.box = rest;
  cut_group(scene, smem);
  cut_group(scene, registers);
  return true;
}

void plan_stacked(Scene& scene, Planner& planner, Rect box) {
  Group &smem = scene.groups[0], &registers = scene.groups[1];
  const auto rows_in = [&](const Group& group) {
    int rows = 1;
    for (const int kind : group.kinds) {
      rows = std::max(rows, scene.kinds[static_cast<std::size_t>(kind)].shape.rows);
    }
    return static_cast<float>(rows);
  };
  const float header = scene.areas.low ? 28 : 69, rows = rows_in(smem) + rows_in(registers);
  planner.scale.y = std::min(40.0F, (box.h - 8 - 2 * header) / rows);
  // SMEM lies below, nearer to L2: copies reach it without crossing registers.
  const float wanted = (box.h - 8 - 2 * header) * rows_in(smem) / rows + header;
  smem.box = box.cut_bottom(std::max(wanted, scene.areas.gpu_in_card ? std::min(150.0F, box.h * 0.5F) : 0.0F), 8);
  registers.box = box;
  if (scene.areas.gpu_in_card) {
    smem.box.w -= 16 + std::clamp(box.w * 0.3F, 200.0F, 300.0F);
  }
  cut_group(scene, smem);
  cut_group(scene, registers);
  planner.scale.height = std::max(smem.tiles.h, registers.tiles.h);
  planner.scale.x = 0;
  planner.crowded = planner.need(smem) > smem.tiles.w || planner.need(registers) > registers.tiles.w;
  const float most = std::min(62.0F, planner.scale.y * 1.9F);
  const float x =
      std::min(planner.largest({&smem}, smem.tiles.w, most), planner.largest({&registers}, registers.tiles.w, most));
  planner.scale.x = x;
}

}  // namespace

void plan_chip(Scene& scene) {
  scene.kinds = slot_kinds(scene.frame());
  scene.groups.assign(2, {});
  for (std::size_t k = 0; k < scene.kinds.size(); ++k) {
    scene.groups[scene.kinds[k].level == sim::Level::smem ? 0 : 1].kinds.push_back(static_cast<int>(k));
  }
  Planner planner{scene, {}, scene.size == scope::Size::blackboard};
  const Rect box = groups_box(scene);
  const bool tall =
      std::any_of(scene.kinds.begin(), scene.kinds.end(), [](const SlotKind& kind) { return kind.shape.rows > 3; });
  if ((scene.areas.stacked && !(scene.areas.low && tall)) || !plan_beside(scene, planner, box)) {
    planner.crowded = false;
    plan_stacked(scene, planner, box);
  }
  for (Group& group : scene.groups) {
    planner.place(group);
  }
  put_tiles(scene);
}

}  // namespace views::on_stage
