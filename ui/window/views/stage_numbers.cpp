// Values as numbers: all of a matrix with the same digits and of the same size, the most that its cells hold.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_values.h"

namespace views::on_stage {

std::string number_words(float value, const NumberFormat& format) {
  if (format.decimals < 0 || !std::isfinite(value) || value == std::floor(value)) {
    return scope::value_text(value);
  }
  std::string words = fmt::format("{:.{}f}", value, format.decimals);
  if (const std::size_t zero = words.find("0."); format.bare && zero <= 1 && (zero == 0 || words[0] == '-')) {
    words.erase(zero, 1);
  }
  return words;
}

bool cell_holds_number(const Scene& scene, float width, float height) {
  return scene.size == scope::Size::blackboard ? width >= 15 && height >= 12.5F : width >= 29.5F && height >= 18;
}

NumberFormat number_format(const Scene& scene, const sim::Matrix& values, float width, float height) {
  constexpr NumberFormat kFormats[] = {{kDenseMono, -1}, {kSmallMono, -1}, {kSmallMono, 2}, {kTiny, -1},     {kTiny, 2},
                                       {kTiny, 2, true}, {kSmallMono, 1},  {kTiny, 1},      {kTiny, 1, true}};
  for (const NumberFormat& format : kFormats) {
    std::size_t longest = 0;
    for (const float value : values.view()) {
      if (scope::is_there(value)) {
        longest = std::max(longest, number_words(value, format).size());
      }
    }
    const float wide = static_cast<float>(longest) * scene.p.width_of("0", format.style);
    if (wide + (format.style.px < 13 ? 1.5F : 3.0F) <= width && format.style.px <= height) {
      return format;
    }
  }
  return {kTiny, NumberFormat::kNone};
}

void draw_value(Scene& scene, const Rect& cell, float value, const NumberFormat& format, Family family) {
  if (!scope::is_there(value)) {
    return;
  }
  const bool error = scope::is_error(value, family);
  if (error) {
    scene.p.fill(cell.inset(0.5F), scene.colors.panel);  // on a tile's own colour it could hardly be read
  }
  scene.p.text_in(cell, number_words(value, format), format.style, error ? scene.colors.error_text : scene.colors.ink);
}

namespace {

/// Elements of a matrix as the picture has them: K and V lie on their side.
struct Elements {
  const MatrixPlace& place;
  std::int32_t top = 0, left = 0, bottom = 0, right = 0;  // those that are seen
  float w = 1, h = 1;
  Rect at(std::int32_t r, std::int32_t c) const {
    return {place.box.x + static_cast<float>(c) * w, place.box.y + static_cast<float>(r) * h, w, h};
  }
};

Elements elements_of(const Scene& scene, const MatrixPlace& place) {
  const sim::Shape shape = place.info.shape;
  const std::int32_t down = place.transposed ? shape.cols : shape.rows;
  const std::int32_t across = place.transposed ? shape.rows : shape.cols;
  Elements all{place, 0, 0, 0, 0, place.box.w / static_cast<float>(across), place.box.h / static_cast<float>(down)};
  const Rect seen = scene.p.visible(place.box);
  const auto index = [](float px, float size, std::int32_t most) {
    return std::clamp(static_cast<std::int32_t>(px / size), 0, most);
  };
  all.left = index(seen.x - place.box.x, all.w, across);
  all.top = index(seen.y - place.box.y, all.h, down);
  all.right = std::min(across, index(seen.right() - place.box.x, all.w, across) + 1);
  all.bottom = std::min(down, index(seen.bottom() - place.box.y, all.h, down) + 1);
  return all;
}

void draw_lines(Scene& scene, const Elements& all, Color line) {
  const Rect first = all.at(all.top, all.left), last = all.at(all.bottom - 1, all.right - 1);
  for (std::int32_t c = all.left + 1; c < all.right; ++c) {
    const float x = all.at(0, c).x;
    scene.p.line({x, first.y}, {x, last.bottom()}, line, 1);
  }
  for (std::int32_t r = all.top + 1; r < all.bottom; ++r) {
    const float y = all.at(r, 0).y;
    scene.p.line({first.x, y}, {last.right(), y}, line, 1);
  }
}

}  // namespace

void draw_numbers(Scene& scene, const MatrixPlace& place) {
  const Elements all = elements_of(scene, place);
  if (all.bottom <= all.top || all.right <= all.left) {
    return;
  }
  const draw::TensorColors& colors = scene.colors.of(place.info.family);
  const bool input = scene.run().plan().tensors[*place.info.tensor].role == sim::TensorRole::input;
  draw_lines(scene, all, input ? draw::blend(colors.line, 0.5F, scene.colors.panel) : scene.colors.hair);
  scene.p.frame(place.box, input ? colors.line : scene.colors.edge, 1);
  const sim::Shape seen{all.bottom - all.top, all.right - all.left};
  const auto values = place.transposed ? scope::values(scene.run(), scene.frame(), place.info, all.left, all.top,
                                                       {seen.cols, seen.rows})
                                       : scope::values(scene.run(), scene.frame(), place.info, all.top, all.left, seen);
  if (!values) {
    return;
  }
  const NumberFormat format = number_format(scene, *values, all.w, all.h);
  if (format.decimals == NumberFormat::kNone) {
    return;
  }
  for (std::int32_t r = 0; r < seen.rows; ++r) {
    for (std::int32_t c = 0; c < seen.cols; ++c) {
      const float value = place.transposed ? values->at(c, r) : values->at(r, c);
      draw_value(scene, all.at(all.top + r, all.left + c), value, format, place.info.family);
    }
  }
}

}  // namespace views::on_stage
