// All heads at once: an area map, px^2 proportional to bytes. One square per head for S and P, one box for any other
// tensor. Heads fill in the order of the grid.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

constexpr float kGap = 5;  // between heads: room for a frame

struct Map {
  Scene& scene;
  std::vector<scope::MatrixInfo> infos;
  Rect area;
  float px_per_byte = 1;  // px^2

  bool per_head(const scope::MatrixInfo& info) const {
    return (info.family == Family::s || info.family == Family::p) && info.name.find('_') == std::string::npos;
  }
  float side(std::int64_t bytes) const { return std::sqrt(px_per_byte * static_cast<float>(bytes)); }
  std::int32_t columns(const scope::MatrixInfo& info) const {
    return std::max(1, static_cast<std::int32_t>(std::ceil(std::sqrt(static_cast<double>(info.slices)))));
  }
  float grid_width(const scope::MatrixInfo& info) const {
    return static_cast<float>(columns(info)) * (side(info.slice_bytes) + kGap);
  }
  float grid_height(const scope::MatrixInfo& info) const {
    return static_cast<float>(sim::ceil_div(info.slices, columns(info))) * (side(info.slice_bytes) + kGap);
  }
  bool fits() const {
    float width = 0, height = 0, left = 0, right = 0, left_height = 0, right_height = 0;
    for (const scope::MatrixInfo& info : infos) {
      if (per_head(info)) {
        width += grid_width(info) + 44;
        height = std::max(height, grid_height(info) + 44);
      } else {
        const bool input = info.family == Family::q || info.family == Family::k || info.family == Family::v;
        (input ? left : right) = std::max({input ? left : right, side(info.bytes), 76.0F});
        (input ? left_height : right_height) += side(info.bytes) + 50;
      }
    }
    return width + left + right + 30 <= area.w && std::max({height, left_height, right_height}) <= area.h;
  }
};

/// Of a tensor's bytes, how many are there (inputs: have been read), and how many have been read back.
double share_of(const Scene& scene, const scope::MatrixInfo& info) {
  if (!info.tensor || info.bytes == 0) {
    return 0;
  }
  const scope::TensorBytes& now = scene.frame().bytes[*info.tensor];
  const bool input = scene.run().plan().tensors[*info.tensor].role == sim::TensorRole::input;
  const std::int64_t moved = input ? now.dram_read : now.smem_write;
  return std::clamp(static_cast<double>(moved) / static_cast<double>(info.bytes), 0.0, 1.0);
}

double read_back(const Scene& scene, const scope::MatrixInfo& info) {
  if (!info.tensor || info.bytes == 0) {
    return 0;
  }
  return std::clamp(static_cast<double>(scene.frame().bytes[*info.tensor].smem_read) / static_cast<double>(info.bytes),
                    0.0, 1.0);
}

void draw_box(Scene& scene, const Rect& box, const scope::MatrixInfo& info, double share) {
  const draw::TensorColors& colors = scene.colors.of(info.family);
  scene.p.fill(box, colors.tint);
  const float w = box.w * static_cast<float>(share);
  scene.p.fill({box.x, box.y, w, box.h}, colors.fill);
  scene.p.frame(box, colors.line, 1);
}

void draw_heads(Map& map, const scope::MatrixInfo& info, Point at) {
  Scene& scene = map.scene;
  const float side = map.side(info.slice_bytes);
  const std::int32_t columns = map.columns(info);
  const double done = share_of(scene, info) * info.slices, back = read_back(scene, info) * info.slices;
  const auto slice_divisor = info.tensor ? scene.run().plan().tensors[*info.tensor].tensor.slice_divisor : 1;
  for (std::int32_t head = 0; head < info.slices; ++head) {
    const Rect box{at.x + static_cast<float>(head % columns) * (side + kGap),
                   at.y + static_cast<float>(head / columns) * (side + kGap), side, side};
    if (!info.tensor) {
      scene.p.dashed_frame(box, scene.colors.edge, draw::kGhost, 1);
    } else {
      const double share = std::clamp(done - head, 0.0, 1.0);
      scene.p.frame(box, scene.colors.edge, 1);
      const float h = side * static_cast<float>(share);
      scene.p.fill({box.x, box.bottom() - h, side, h}, scene.colors.of(info.family).fill);
      if (back - head >= 0.999 && side >= 6) {
        scene.p.disc(box.center(), std::min(3.0F, side / 4), scene.colors.of(info.family).on_fill);
      }
    }
    if (head == scene.frame().at.slice / slice_divisor && side >= 5) {
      draw::now_frame(scene.p, box);
    }
  }
}

void touch(Map& map, const Rect& box, const scope::MatrixInfo& info) {
  Scene& scene = map.scene;
  const auto touch = scene.ui.touch(scene.name("heads." + info.name), box);
  if (touch.pressed) {
    scene.c.view.chosen = {scope::Chosen::Kind::tensor, info.name, 0, 0};
  }
  if (!touch.hovered) {
    return;
  }
  draw::HoverCard card;
  card.title = underlined(info.family, tensor_name(info.name));
  card.rows.push_back({std::string(scene.words("stage.hover.bytes")), "`" + scope::count_text(info.bytes) + "` B"});
  card.rows.push_back(
      {std::string(scene.words("stage.hover.there")), fmt::format("`{:.1f}` %", share_of(scene, info) * 100)});
  card.formula = std::string(scene.words("stage.hover.bytes_formula"));
  card.substituted =
      fmt::format("{} × {} × {} × {} B = **{} B**", info.slices, scope::count_text(info.shape.rows),
                  scope::count_text(info.shape.cols), sim::size_of(info.dtype), scope::count_text(info.bytes));
  card.badge = draw::Badge::exact;
  scene.ui.hover(card);
}

/// Name, and below it how much of it is there.
void draw_words(Map& map, const scope::MatrixInfo& info, Point at, float width) {
  Scene& scene = map.scene;
  const Rect name = draw::rich(scene.p, at, tensor_name(info.name), kDenseBold, scene.colors.ink);
  const double share = share_of(scene, info);
  const std::string total = scope::bytes_text(static_cast<double>(info.bytes));
  const std::string now = scope::bytes_text(share * static_cast<double>(info.bytes));
  std::vector<std::string> words = {total};
  if (!info.tensor) {
    words = {scene.ui.strings.format("stage.heads.never", {{"bytes", total}}), "0 B"};
  } else if (map.per_head(info)) {
    const bool back = read_back(scene, info) > 0;
    words = {scene.ui.strings.format(back ? "stage.heads.read_back" : "stage.of_total", {{"now", now}, {"end", total}}),
             scene.ui.strings.format("stage.of_total", {{"now", now}, {"end", total}}), total};
  }
  first_that_fits(scene, {name.right() + 8, at.y + 2}, width - name.w - 8, words, kSmall, scene.colors.ink2);
}

void draw_column(Map& map, float x, float width, bool inputs) {
  float y = map.area.y;
  for (const scope::MatrixInfo& info : map.infos) {
    const bool input = info.family == Family::q || info.family == Family::k || info.family == Family::v;
    if (map.per_head(info) || input != inputs) {
      continue;
    }
    const float side = std::max(4.0F, map.side(info.bytes));
    Scene& scene = map.scene;
    if (y + side + 42 > map.scene.areas.hbm.bottom()) {
      break;  // low stages: what does not fit whole is left out
    }
    draw::rich(scene.p, {x, y}, tensor_name(info.name), kDenseBold, scene.colors.ink);
    draw_box(scene, {x, y + 22, side, side}, info, share_of(scene, info));
    scene.p.text_within({x, y + side + 25}, width, scope::bytes_text(static_cast<double>(info.bytes)), kSmall,
                        scene.colors.ink2);
    touch(map, {x, y, std::max(side, 50.0F), side + 42}, info);
    y += side + 50;
  }
}

}  // namespace

void draw_all_heads(Scene& scene) {
  Map map{scene, scope::matrices(scene.run()), scene.areas.hbm.inset(16, 10), 1};
  if (scene.areas.compact) {
    scene.p.text({map.area.x - 4, map.area.y}, scene.words("level.hbm"), kDenseBold, scene.colors.ink);
    map.area.cut_left(46);
  }
  double low = 0, high = 64;
  for (int step = 0; step < 60; ++step) {
    map.px_per_byte = static_cast<float>((low + high) / 2);
    (map.fits() ? low : high) = static_cast<double>(map.px_per_byte);
  }
  map.px_per_byte = static_cast<float>(low);
  float left = 76, right = 76, grids = 0;
  int count = 0;
  for (const scope::MatrixInfo& info : map.infos) {
    const bool input = info.family == Family::q || info.family == Family::k || info.family == Family::v;
    if (map.per_head(info)) {
      grids += map.grid_width(info);
      ++count;
    } else {
      (input ? left : right) = std::max(input ? left : right, map.side(info.bytes));
    }
  }
  const float gap = std::max(20.0F, (map.area.w - left - right - grids) / static_cast<float>(count + 1));
  draw_column(map, map.area.x, left, true);
  float x = map.area.x + left + gap;
  for (const scope::MatrixInfo& info : map.infos) {
    if (!map.per_head(info)) {
      continue;
    }
    const float w = map.grid_width(info);
    draw_words(map, info, {x, map.area.y}, w + gap - 14);
    draw_heads(map, info, {x, map.area.y + 28});
    touch(map, {x, map.area.y + 28, w, map.grid_height(info)}, info);
    x += w + gap;
  }
  draw_column(map, map.area.right() - right, right, false);
}

}  // namespace views::on_stage
