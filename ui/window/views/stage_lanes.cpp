// Lanes between the levels, and the tiles that travel on them: where a tile is, is linear in simulated time.
#include <algorithm>
#include <cmath>
#include <map>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

constexpr double kHbmLeg = 0.8;  // of a copy's time that its way from HBM to L2 takes

/// From the matrix up to L2, then up, across and up to the slot: at most one elbow.
struct Lane {
  Family family = Family::none;
  float hbm_x = 0, slot_x = 0;
  float hbm_y = 0, l2_y = 0, elbow_y = 0, slot_y = 0;
  std::vector<Point> upper() const { return {{hbm_x, l2_y}, {hbm_x, elbow_y}, {slot_x, elbow_y}, {slot_x, slot_y}}; }
};

/// A lane's elbow lies so that lanes beside each other do not cross: of those that lead to the left, the rightmost
/// turns last.
void set_elbows(const Scene& scene, std::vector<Lane>& lanes) {
  const Rect& gap = scene.areas.upper_gap;
  std::vector<Lane*> left, right;
  for (Lane& lane : lanes) {
    (lane.slot_x <= lane.hbm_x ? left : right).push_back(&lane);
  }
  const auto by_x = [](const Lane* a, const Lane* b) { return a->hbm_x < b->hbm_x; };
  std::sort(left.begin(), left.end(), by_x);
  std::sort(right.begin(), right.end(), [&](const Lane* a, const Lane* b) { return by_x(b, a); });
  const auto spread = [&](std::vector<Lane*>& side) {
    const float step = std::min(6.0F, (gap.h - 22) / static_cast<float>(std::max<std::size_t>(1, side.size())));
    for (std::size_t k = 0; k < side.size(); ++k) {
      side[k]->elbow_y = gap.bottom() - 9 - static_cast<float>(k) * step;
    }
  };
  spread(left);
  spread(right);
}

/// Where a slot's lane ends: its middle, or where nothing lies below it.
float slot_x(const Scene& scene, const Slot& slot) {
  const float middle = slot.box.center().x;
  if (!scene.areas.stacked) {
    return middle;
  }
  const auto free = [&](float x) {
    const Rect& smem = scene.groups[0].box;
    if (slot.box.bottom() < smem.y && scene.areas.gpu_in_card && x > smem.right() + 14) {
      return false;
    }
    return std::none_of(scene.slots.begin(), scene.slots.end(), [&](const Slot& other) {
      return other.box.y > slot.box.bottom() && x > other.box.x - 6 &&
             x < other.box.x + std::max(other.box.w, other.name_width) + 6;
    });
  };
  for (float off = 0; off < slot.box.w / 2 - 2; off += 2) {
    for (const float x : {middle - off, middle + off}) {
      if (free(x)) {
        return x;
      }
    }
  }
  return middle;
}

/// Where lanes begin and end in HBM: above the label of a matrix, and above what lies on top of it.
float hbm_end(const Scene& scene, const MatrixPlace& place) {
  const Family family = place.info.family;
  const MatrixPlace* top = family == Family::s   ? scene.place_of(Family::k)
                           : family == Family::p ? scene.place_of(Family::v)
                                                 : nullptr;
  const float y = top != nullptr ? top->box.y - 3 : place.transposed ? place.box.y - 3 : place.box.y - 25;
  return std::max(y, scene.areas.hbm.y + 2);
}

float slot_bottom(const Scene& scene, const Slot& slot) {
  return std::min(slot.box.bottom() + 3, scene.areas.sm.bottom());
}

std::vector<Lane> lanes_of(const Scene& scene) {
  std::vector<Lane> lanes;
  const float l2_y = scene.areas.l2.empty() ? scene.areas.upper_gap.bottom() - 2 : scene.areas.l2.center().y;
  for (const MatrixPlace& place : scene.places) {
    const Slot* slot = scene.slot_of(place.info.family);
    const bool once =
        std::none_of(lanes.begin(), lanes.end(), [&](const Lane& l) { return l.family == place.info.family; });
    if (place.ghost() || slot == nullptr || place.info.family == Family::statistic || !once) {
      continue;
    }
    lanes.push_back({place.info.family, place.box.center().x, slot_x(scene, *slot), hbm_end(scene, place), l2_y, 0,
                     slot_bottom(scene, *slot)});
  }
  set_elbows(scene, lanes);
  return lanes;
}

/// The lane of a copy: as its family's, between its own tile in HBM and its own slot.
struct Way {
  Lane lane;
  double share = 0;   // 0 at HBM, 1 at the slot
  bool whole = true;  // all the way; else only between L2 and the chip
};

Rect source_of(const Scene& scene, const scope::Flight& flight) {
  const MatrixPlace* place = scene.place_of(flight.tensor);
  if (place == nullptr || flight.row >= place->info.shape.rows) {
    return {};
  }
  return place->part(flight.row, flight.col, flight.shape, 6);
}

std::optional<Way> way_of(const Scene& scene, const std::vector<Lane>& lanes, const scope::Flight& flight) {
  const MatrixPlace* place = scene.place_of(flight.tensor);
  const Rect source = source_of(scene, flight);
  if (place == nullptr || source.empty()) {
    return std::nullopt;
  }
  Way way;
  const Slot* slot = flight.tile != nullptr ? scene.slot_of(*flight.tile) : scene.slot_of(place->info.family);
  const auto lane =
      std::find_if(lanes.begin(), lanes.end(), [&](const Lane& l) { return l.family == place->info.family; });
  if (lane != lanes.end()) {
    way.lane = *lane;
  } else {
    const Rect& gap = scene.areas.upper_gap;
    way.lane = {place->info.family,
                0,
                source.center().x,
                0,
                scene.areas.l2.empty() ? gap.bottom() - 2 : scene.areas.l2.center().y,
                gap.center().y,
                scene.areas.sm.bottom()};
  }
  way.lane.hbm_x = source.center().x;
  way.lane.hbm_y = hbm_end(scene, *place) - 9;  // the tile lies above
  if (slot != nullptr) {
    way.lane.slot_x = slot_x(scene, *slot);
    way.lane.slot_y = slot_bottom(scene, *slot);
  }
  way.whole = flight.from_dram || flight.store;
  way.share = flight.store ? 1 - flight.share : flight.share;
  return way;
}

/// A polyline cut at a share of its length: the point, and the two parts.
struct Cut {
  Point at;
  std::vector<Point> passed, to_come;
};

float length_of(Point a, Point b) { return std::hypot(b.x - a.x, b.y - a.y); }

Cut cut_at(const std::vector<Point>& points, double share) {
  float whole = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    whole += length_of(points[i - 1], points[i]);
  }
  float left = whole * static_cast<float>(std::clamp(share, 0.0, 1.0));
  Cut cut{points.front(), {points.front()}, {}};
  std::size_t i = 1;
  for (; i < points.size(); ++i) {
    const float piece = length_of(points[i - 1], points[i]);
    if (left <= piece) {
      const float part = piece > 0 ? left / piece : 0;
      cut.at = {points[i - 1].x + (points[i].x - points[i - 1].x) * part,
                points[i - 1].y + (points[i].y - points[i - 1].y) * part};
      break;
    }
    left -= piece;
    cut.passed.push_back(points[i]);
    cut.at = points[i];
  }
  cut.passed.push_back(cut.at);
  cut.to_come.push_back(cut.at);
  cut.to_come.insert(cut.to_come.end(), points.begin() + static_cast<std::ptrdiff_t>(std::min(i, points.size())),
                     points.end());
  return cut;
}

/// Where the tile is: the leg between HBM and L2 takes most of the time of a copy from DRAM.
Cut cut_of(const Way& way) {
  const std::vector<Point> lower = {{way.lane.hbm_x, way.lane.hbm_y}, {way.lane.hbm_x, way.lane.l2_y}};
  const std::vector<Point> upper = way.lane.upper();
  if (!way.whole) {
    return cut_at(upper, way.share);
  }
  if (way.share < kHbmLeg) {
    Cut cut = cut_at(lower, way.share / kHbmLeg);
    cut.to_come.insert(cut.to_come.end(), upper.begin() + 1, upper.end());
    return cut;
  }
  Cut cut = cut_at(upper, (way.share - kHbmLeg) / (1 - kHbmLeg));
  cut.passed.insert(cut.passed.begin(), lower.front());
  return cut;
}

void draw_way(Scene& scene, const Way& way, bool store) {
  const Color line = scene.colors.of(way.lane.family).line;
  Cut cut = cut_of(way);
  std::vector<Point>& solid = store ? cut.to_come : cut.passed;
  std::vector<Point>& dashed = store ? cut.passed : cut.to_come;
  if (solid.size() >= 2) {
    scene.p.polyline(solid, line, 2);
  }
  if (store) {
    std::reverse(dashed.begin(), dashed.end());
  }
  const Point tip = dashed.back();
  const Point before = dashed.size() >= 2 ? dashed[dashed.size() - 2] : Point{tip.x, tip.y + (store ? -10.0F : 10.0F)};
  const float way_to_tip = length_of(before, tip);
  if (way_to_tip > 8) {
    // The line ends where the arrow head begins.
    dashed.back() = {tip.x + (before.x - tip.x) * 7 / way_to_tip, tip.y + (before.y - tip.y) * 7 / way_to_tip};
  }
  if (dashed.size() >= 2) {
    scene.p.dashed_polyline(dashed, line, draw::kToCome, 2);
  }
  draw::arrow_head(scene.p, tip, {tip.x, before.x == tip.x ? before.y : tip.y + (store ? -10.0F : 10.0F)}, line, 9);
}

Rect tile_box(const scope::Flight& flight, Point at) {
  const float aspect =
      std::sqrt(static_cast<float>(flight.shape.cols) / static_cast<float>(std::max(1, flight.shape.rows)));
  const float w = std::clamp(20 * aspect, 14.0F, 30.0F), h = std::clamp(20 / std::max(aspect, 0.1F), 14.0F, 24.0F);
  return {at.x - w / 2, at.y - h / 2, w, h};
}

void draw_tile(Scene& scene, const Rect& box, Family family) {
  const Color ground = scene.colors.background;
  scene.p.fill({box.x + 4, box.y + 4, box.w + 2, box.h + 2}, draw::blend(scene.colors.edge, 0.55F, ground));
  scene.p.fill(box.inset(-3), ground);
  scene.p.fill(box, scene.colors.of(family).fill);
  scene.p.frame(box.inset(-3), scene.colors.ink, 2);
}

std::string flight_name(const Scene& scene, const scope::Flight& flight) {
  if (flight.tile != nullptr) {
    return flight.tile->name;
  }
  const MatrixPlace* place = scene.place_of(flight.tensor);
  return place != nullptr ? tile_name(*place, flight.row, flight.col) : std::string();
}

/// The label beside a tile stays in the gap that the tile crosses; what does not fit there is shortened or left out.
Rect draw_label(Scene& scene, const scope::Flight& flight, const Rect& box, Family family,
                const std::vector<Rect>& taken) {
  const Areas& areas = scene.areas;
  const bool lower = !areas.lower_gap.empty() && box.center().y > areas.l2.center().y;
  const Rect& gap = lower ? areas.lower_gap : areas.upper_gap;
  const std::string name = underlined(family, flight_name(scene, flight));
  const std::string bytes = scope::count_text(flight.bytes) + " B";
  const std::string sms =
      flight.sms > 1 ? " " + scene.ui.strings.format("stage.for_sms", {{"n", std::to_string(flight.sms)}}) : "";
  const float y = std::clamp(box.center().y - 10, gap.y + 2, std::max(gap.y + 2, gap.bottom() - 22));
  for (const std::string& words : {name + "  " + bytes + sms, name + "  " + bytes, name}) {
    const float width = draw::rich_width(words, kDenseBold, scene.p.scale());
    for (const float x : {box.right() + 13, box.x - 12 - width}) {
      const Rect at{x - 4, y - 1, width + 8, 22};
      const bool free = std::none_of(taken.begin(), taken.end(), [&](const Rect& r) { return r.overlaps(at); });
      if (free && at.x >= areas.sm.x && at.right() <= areas.sm.right()) {
        scene.p.fill(at, scene.colors.background);
        draw::rich(scene.p, {x, y}, words, kDenseBold, scene.colors.ink);
        return at;
      }
    }
  }
  return {};
}

bool shown(const Scene& scene) {
  return !scene.c.view.all_heads && (scene.c.view.zoomed.empty() || scene.c.view.zoom <= 1);
}

std::vector<std::pair<const scope::Flight*, Way>> ways_of(const Scene& scene, const std::vector<Lane>& lanes) {
  std::vector<std::pair<const scope::Flight*, Way>> ways;
  for (const scope::Flight& flight : scene.frame().flights) {
    if (const auto way = way_of(scene, lanes, flight)) {
      ways.emplace_back(&flight, *way);
    }
  }
  return ways;
}

}  // namespace

std::vector<Rect> flight_boxes(const Scene& scene) {
  std::vector<Rect> boxes;
  if (shown(scene)) {
    for (const auto& [flight, way] : ways_of(scene, lanes_of(scene))) {
      boxes.push_back(tile_box(*flight, cut_of(way).at).inset(-7));
    }
  }
  return boxes;
}

void draw_lanes(Scene& scene) {
  const std::vector<Lane> lanes = lanes_of(scene);
  const auto ways = shown(scene) ? ways_of(scene, lanes) : std::vector<std::pair<const scope::Flight*, Way>>{};
  for (const Lane& lane : lanes) {
    const bool used =
        std::any_of(ways.begin(), ways.end(), [&](const auto& way) { return way.second.lane.family == lane.family; });
    if (used) {
      continue;
    }
    std::vector<Point> points = lane.upper();
    points.insert(points.begin(), {lane.hbm_x, shown(scene) ? lane.hbm_y : scene.areas.hbm.y});
    scene.p.dashed_polyline(points, scene.colors.edge, draw::kIdle, 1);
  }
  for (const auto& [flight, way] : ways) {
    draw_way(scene, way, flight->store);
  }
}

void draw_flights(Scene& scene) {
  if (!shown(scene)) {
    return;
  }
  const auto ways = ways_of(scene, lanes_of(scene));
  std::vector<Rect> boxes;
  for (const auto& [flight, way] : ways) {
    boxes.push_back(tile_box(*flight, cut_of(way).at).inset(-6));
  }
  std::vector<Rect> labels;
  for (std::size_t n = 0; n < ways.size(); ++n) {
    const auto& [flight, way] = ways[n];
    draw_tile(scene, boxes[n].inset(6), way.lane.family);
    std::vector<Rect> taken = labels;
    for (std::size_t other = 0; other < boxes.size(); ++other) {
      if (other != n) {
        taken.push_back(boxes[other]);
      }
    }
    if (const Rect label = draw_label(scene, *flight, boxes[n].inset(6), way.lane.family, taken); !label.empty()) {
      labels.push_back(label);
    }
    touch_flight(scene, *flight, boxes[n], static_cast<int>(n));
  }
}

}  // namespace views::on_stage
