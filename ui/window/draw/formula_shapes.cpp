// Formulas: fences, roots and accents, drawn with strokes.
#include <algorithm>
#include <array>
#include <numbers>

#include "ui/window/draw/formula_box.h"

namespace draw::formula {

namespace {

constexpr float kFenceStroke = 0.075F;  // em: as thick as Inter's parentheses

void add_stroke(Box& box, std::vector<Point> points, float thickness, bool crisp) {
  box.strokes.push_back({std::move(points), thickness, Family::none, crisp});
}

// From the top to the bottom; bent to the left in the middle. `depth`: share of its width at -1..1 of its height.
template <typename Depth>
std::vector<Point> curve(float width, float top, float bottom, Depth depth) {
  constexpr int kSteps = 32;
  std::vector<Point> points;
  for (int i = 0; i <= kSteps; ++i) {
    const float share = static_cast<float>(i) / kSteps;
    points.push_back({width * depth(2 * share - 1), top + (bottom - top) * share});
  }
  return points;
}

// A quarter of an ellipse that leaves `from` upright if `upright`, else level.
void quarter(std::vector<Point>& points, Point from, Point to, bool upright) {
  constexpr int kSteps = 8;
  for (int i = 0; i <= kSteps; ++i) {
    const float angle = std::numbers::pi_v<float> / 2 * static_cast<float>(i) / kSteps;
    const float slow = 1 - std::cos(angle), quick = std::sin(angle);
    points.push_back(
        {from.x + (to.x - from.x) * (upright ? slow : quick), from.y + (to.y - from.y) * (upright ? quick : slow)});
  }
}

std::vector<Point> brace(float width, float top, float bottom) {
  const float middle = (top + bottom) / 2, bend = std::min(width, (bottom - top) / 4), stem = width / 2;
  std::vector<Point> points;
  quarter(points, {width, top}, {stem, top + bend}, false);
  quarter(points, {stem, middle - bend}, {0, middle}, true);
  quarter(points, {0, middle}, {stem, middle + bend}, false);
  quarter(points, {stem, bottom - bend}, {width, bottom}, true);
  return points;
}

bool any_of(std::string_view what, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), what) != all.end();
}

// The strokes of a delimiter that opens, its left at 0; of one that closes, its mirror image.
void add_fence(Box& box, std::string_view which, float width, float top, float bottom, const Style& style) {
  const float thickness = kFenceStroke * style.px();
  std::vector<Point> points;
  bool crisp = true;
  if (any_of(which, {"(", ")"})) {
    points = curve(width, top, bottom, [](float at) { return std::pow(std::abs(at), 2.2F); });
    crisp = false;
  } else if (any_of(which, {"{", "}"})) {
    points = brace(width, top, bottom);
    crisp = false;
  } else if (any_of(which, {"⟨", "⟩"})) {
    points = {{width, top}, {0, (top + bottom) / 2}, {width, bottom}};
    crisp = false;
  } else if (which == "|") {
    points = {{width / 2, top}, {width / 2, bottom}};
  } else {
    points = {{0, top}, {0, bottom}};
    if (!any_of(which, {"⌊", "⌋"})) {
      points.insert(points.begin(), {width, top});
    }
    if (!any_of(which, {"⌈", "⌉"})) {
      points.push_back({width, bottom});
    }
  }
  if (any_of(which, {")", "]", "}", "⌉", "⌋", "⟩"})) {
    for (Point& point : points) {
      point.x = width - point.x;
    }
  }
  add_stroke(box, std::move(points), thickness, crisp);
}

}  // namespace

float Style::px() const {
  constexpr float kSmallest = 11;
  const float share = level == Level::script ? 0.74F : level == Level::tiny ? 0.6F : 1;
  return std::max(std::min(kSmallest, base), share * base);
}

Box text_box(std::string_view text, Face face, float px, float scale) {
  Box box;
  const TextStyle style{px, face};
  box.width = text_width(text, style, scale);
  box.ascent = kInkAscent * px;
  box.descent = kInkDescent * px;
  box.texts.push_back({0, 0, box.width, std::string(text), style});
  return box;
}

Box fence_box(std::string_view delimiter, float ascent, float descent, const Style& style) {
  constexpr float kShort = 0.3F, kLeast = 0.9F, kGlyphDoes = 1.02F;  // em, share, em: what may stick out
  const float px = style.px();
  const float whole = 2 * std::max(ascent - kAxis * px, descent + kAxis * px);
  const float height = std::max(kLeast * whole, whole - kShort * px);
  if (delimiter.empty()) {
    Box none;
    none.width = style.em(0.08F);
    return none;
  }
  if (height <= kGlyphDoes * px) {
    return text_box(delimiter, Face::regular, px, style.scale);
  }
  const float bent = any_of(delimiter, {"(", ")"}) ? std::min(0.2F * px + 0.04F * height, 0.42F * px) : 0.22F * px;
  const float middle = -kAxis * px, side = style.em(0.1F), width = style.em(bent / px);
  Box strokes, box;
  add_fence(strokes, delimiter, width, middle - height / 2, middle + height / 2, style);
  put(box, strokes, side, 0);
  box.width = width + 2 * side;
  box.ascent = height / 2 - middle;
  box.descent = height / 2 + middle;
  return box;
}

Box prime_box(const Style& style) {
  const float px = style.px();
  Box box;
  add_stroke(box, {{0.19F * px, -0.45F * px}, {0.09F * px, -0.08F * px}}, 0.09F * px, false);
  box.width = style.em(0.24F);
  box.ascent = 0.46F * px;
  return box;
}

Box root_box(const Box& body, const Style& style) {
  const float px = style.px(), rule = style.rule();
  const float top = -std::max(body.ascent, 0.6F * px) - 0.1F * px - rule / 2;
  const float bottom = std::max(body.descent - 0.1F * px, 0.06F * px);
  const float hook = style.em(0.56F), knee = bottom - std::min(0.5F * px, (bottom - top) / 2);
  Box box;
  const float end = hook + body.width + style.em(0.06F);
  add_stroke(
      box,
      {{0.06F * px, knee + 0.07F * px}, {0.17F * px, knee}, {0.33F * px, bottom}, {hook - 0.06F * px, top}, {end, top}},
      rule, true);
  put(box, body, hook, 0);
  box.width = end + style.em(0.04F);
  box.ascent = -top + rule;
  box.descent = std::max(body.descent, bottom);
  return box;
}

void add_accent(Box& body, Accent accent, float height, float shift, const Style& style) {
  constexpr float kGap = 0.09F, kHigh = 0.12F;
  const float px = style.px(), low = -height - kGap * px, high = low - kHigh * px;
  const float middle = body.width / 2 + shift;
  const float thickness = style.rule();
  std::vector<Point> points;
  if (accent == Accent::hat) {
    const float half = 0.19F * px;
    points = {{middle - half, low}, {middle, high}, {middle + half, low}};
  } else if (accent == Accent::bar) {
    const float half = std::max(0.2F * px, body.width / 2 - 0.1F * px), y = (low + high) / 2;
    points = {{middle - half, y}, {middle + half, y}};
  } else {
    constexpr int kSteps = 16;
    for (int i = 0; i <= kSteps; ++i) {
      const float share = static_cast<float>(i) / kSteps, half = 0.23F * px;
      points.push_back({middle + half * (2 * share - 1),
                        (low + high) / 2 - kHigh * px * 0.5F * std::sin(2 * std::numbers::pi_v<float> * share)});
    }
  }
  add_stroke(body, std::move(points), thickness, accent == Accent::bar);
  body.ascent = std::max(body.ascent, thickness / 2 - high);
}

}  // namespace draw::formula
