// What a ghost says about itself.
#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

struct Line {
  std::string rich;
  TextStyle style;
  bool strong = true;
};

constexpr TextStyle kGhostName{22, draw::Face::semibold};

/// From full to short.
std::vector<std::vector<Line>> versions(const Scene& scene, const MatrixPlace& place) {
  const bool many = place.info.slices > 1;
  const Line name{"*" + place.info.name + "*", kGhostName};
  const Line bytes{scene.ui.strings.format(many ? "stage.ghost_bytes_per_head" : "stage.ghost_bytes",
                                           {{"bytes", scope::bytes_text(static_cast<double>(place.info.slice_bytes))}}),
                   kDense, false};
  const Line never{std::string(scene.words("word.never_written")), kDenseBold};
  const Line small{std::string(scene.words("word.never_written")), kSmallBold};
  const Line both{"*" + place.info.name + "* " + small.rich, kSmallBold};
  return {{name, bytes, never}, {name, never}, {name, small}, {both}, {name}};
}

float height_of(const std::vector<Line>& lines) {
  float height = 0;
  for (const Line& line : lines) {
    height += draw::line_height(line.style) + 3;
  }
  return height;
}

float width_of(const Scene& scene, const std::vector<Line>& lines) {
  float width = 0;
  for (const Line& line : lines) {
    width = std::max(width, draw::rich_width(line.rich, line.style, scene.p.scale()));
  }
  return width;
}

/// Above or below the band of rows at work, whichever is larger.
Rect room_in(const Scene& scene, const MatrixPlace& place) {
  const Focus& focus = scene.focus;
  Rect above = place.box, below = place.box;
  if (focus.rows > 0 && focus.rows < place.info.shape.rows) {
    const Rect band = place.part(focus.first_row, 0, {focus.rows, 1}, 6);
    above.h = std::max(0.0F, band.y - place.box.y - 4);
    below = {place.box.x, band.bottom() + 4, place.box.w, place.box.bottom() - band.bottom() - 4};
  }
  // Past the middle of a causal matrix's rows the upper part is what is skipped: the words fit there.
  return above.h >= below.h ? above : below;
}

int version_for(const Scene& scene, const std::vector<std::vector<Line>>& all, const Rect& room) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (width_of(scene, all[i]) + 12 <= room.w && height_of(all[i]) + 8 <= room.h) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

}  // namespace

Rect ghost_words(const Scene& scene, const MatrixPlace& place) {
  const auto all = versions(scene, place);
  const Rect room = room_in(scene, place);
  const int which = version_for(scene, all, room);
  if (which < 0) {
    return {};
  }
  const auto& lines = all[static_cast<std::size_t>(which)];
  const float w = width_of(scene, lines) + 12, h = height_of(lines) + 6;
  const float right = room.x + room.w / 2 + (room.w / 2 - w) / 2;
  const float x = std::min(right, room.right() - w - 4);
  return {std::max(x, room.x + (room.w - w) / 2), room.y + (room.h - h) / 2, w, h};
}

void draw_ghost_words(Scene& scene, const MatrixPlace& place, const Rect& words) {
  if (words.empty()) {
    return;
  }
  const auto all = versions(scene, place);
  const int which = version_for(scene, all, room_in(scene, place));
  float y = words.y + 2;
  for (const Line& line : all[static_cast<std::size_t>(std::max(0, which))]) {
    const float width = draw::rich_width(line.rich, line.style, scene.p.scale());
    draw::rich(scene.p, {words.center().x - width / 2, y}, line.rich, line.style,
               line.strong ? scene.colors.ink : scene.colors.ink2);
    y += draw::line_height(line.style) + 3;
  }
}

}  // namespace views::on_stage
