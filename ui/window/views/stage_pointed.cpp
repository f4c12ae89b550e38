// What a lesson points at: brackets around it, and which words mean which thing.
#include <algorithm>
#include <array>
#include <set>

#include "ui/scope/tile_names.h"
#include "ui/window/views/stage_scene.h"

namespace views {

namespace {

constexpr std::array kLevels = {"HBM", "L2", "SM", "SMEM", "registers"};

}  // namespace

bool is_level(const std::string& name) { return std::find(kLevels.begin(), kLevels.end(), name) != kLevels.end(); }

std::string object_name(const std::string& rich) {
  const std::string words = draw::plain(scope::symbol_of(draw::plain(rich)));
  return words == "ℓ" ? "l" : words == "α" ? "alpha" : words;
}

std::string object_of(const std::string& words, scope::Family family, const scope::Run& run,
                      const scope::Frame& frame) {
  std::string plain = draw::plain(words);
  if (is_level(plain)) {
    return plain;
  }
  plain.erase(plain.find_last_not_of("0123456789,") + 1);
  const std::string name = object_name(plain);
  std::string of_family;
  std::set<std::string> seen;
  const auto meets = [&](const std::string& symbol, scope::Family its) {
    if (!seen.insert(symbol).second) {
      return false;
    }
    const bool first = of_family.empty() && its == family && its != scope::Family::statistic;
    of_family = first && its != scope::Family::none ? object_name(symbol) : of_family;
    return object_name(symbol) == name;
  };
  for (const scope::MatrixInfo& matrix : scope::matrices(run)) {
    if (meets(matrix.name, matrix.family)) {
      return name;
    }
  }
  for (const scope::TileInfo& tile : frame.trace->tiles) {
    if (!tile.temporary && meets(tile.symbol, tile.family)) {
      return name;
    }
  }
  return of_family;
}

namespace on_stage {

const Pointed* pointed(const Scene& scene, const std::string& rich) {
  const std::vector<Pointed>& all = scene.options.pointed;
  if (all.empty()) {
    return nullptr;
  }
  const std::string name = object_name(rich);
  const auto at = std::find_if(all.begin(), all.end(), [&](const Pointed& object) { return object.name == name; });
  return at == all.end() ? nullptr : &*at;
}

void draw_ring_number(Scene& scene, Point center, int number) {
  scene.p.ring(center, 8, scene.colors.ink, 1);
  scene.p.text_in({center.x - 8, center.y - 8, 16, 16}, std::to_string(number), kTiny, scene.colors.ink);
}

namespace {

struct Level {
  const char* name;
  Rect box;
};

std::vector<Level> levels_of(const Scene& scene) {
  return {{"HBM", scene.areas.hbm},
          {"L2", scene.areas.l2},
          {"SM", scene.areas.sm},
          {"SMEM", scene.groups[0].box},
          {"registers", scene.groups[1].box}};
}

/// Four corners, clear of the frame that marks "now".
void brackets(Scene& scene, const Rect& around, float away) {
  const Rect r = around.inset(-away);
  const float arm = std::clamp(std::min(r.w, r.h) * 0.28F, 5.0F, 14.0F);
  for (const float right : {0.0F, 1.0F}) {
    for (const float low : {0.0F, 1.0F}) {
      const Point corner{r.x + right * r.w, r.y + low * r.h};
      const float x = right > 0 ? -arm : arm, y = low > 0 ? -arm : arm;
      const Point line[] = {{corner.x + x, corner.y}, corner, {corner.x, corner.y + y}};
      scene.p.polyline(line, scene.colors.ink, 2);
    }
  }
}

/// Around all slots of a kind.
Rect slots_box(const Scene& scene, int kind) {
  Rect all;
  for (const Slot& slot : scene.slots) {
    if (slot.kind != kind) {
      continue;
    }
    const Rect& box = slot.box;
    const float x = all.empty() ? box.x : std::min(all.x, box.x), y = all.empty() ? box.y : std::min(all.y, box.y);
    const float right = all.empty() ? box.right() : std::max(all.right(), box.right());
    const float bottom = all.empty() ? box.bottom() : std::max(all.bottom(), box.bottom());
    all = {x, y, right - x, bottom - y};
  }
  return all;
}

}  // namespace

void draw_pointed(Scene& scene) {
  for (std::size_t kind = 0; kind < scene.kinds.size(); ++kind) {
    const Pointed* object = pointed(scene, scene.kinds[kind].symbol);
    if (object != nullptr && object->lit) {
      brackets(scene, slots_box(scene, static_cast<int>(kind)), 6);
    }
  }
  const bool one_head = !scene.c.view.all_heads && scene.c.view.zoomed.empty();
  for (const MatrixPlace& place : scene.places) {
    const Pointed* object = pointed(scene, place.info.name);
    if (object != nullptr && object->lit && one_head) {
      brackets(scene, place.box, 5);
    }
  }
  for (const Level& level : levels_of(scene)) {
    const Pointed* object = pointed(scene, level.name);
    if (object != nullptr && object->lit && !level.box.empty()) {
      brackets(scene, level.box, -3);
    }
  }
}

// The innermost level lies on top.
void touch_levels(Scene& scene) {
  if (!scene.options.choose_levels) {
    return;
  }
  for (const Level& level : levels_of(scene)) {
    if (level.box.empty()) {
      continue;
    }
    const auto touch = scene.ui.touch(scene.name(std::string("level.") + level.name), level.box, true);
    if (touch.hovered) {
      scene.p.frame(level.box, scene.colors.ink2, 1.5F, 6);
    }
    if (touch.pressed) {
      scene.c.view.chosen = {scope::Chosen::Kind::tensor, level.name, 0, 0};
    }
  }
}

}  // namespace on_stage

}  // namespace views
