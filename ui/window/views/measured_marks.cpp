// One shape and one colour per algorithm, and what a mark's card says.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "ui/window/views/measured_parts.h"

namespace views {

namespace {

using scope::Family;

constexpr float kHollow = 1.4F;  // a hair below what the audit of contrast takes: marks may lie over each other

enum class Shape : std::uint8_t { disc, square, triangle, fallen, diamond, pentagon, plus, cross };

// In the order of sim::algorithms(). On this tab nothing else has a tensor's colour: these are the palette's eight
// that colour-blind eyes tell apart; the shape says the same.
constexpr std::array<std::pair<Shape, Family>, 8> kMarks = {{{Shape::plus, Family::p},
                                                             {Shape::cross, Family::o},
                                                             {Shape::pentagon, Family::none},
                                                             {Shape::square, Family::s},
                                                             {Shape::diamond, Family::v},
                                                             {Shape::fallen, Family::k},
                                                             {Shape::disc, Family::q},
                                                             {Shape::triangle, Family::statistic}}};

std::pair<Shape, Family> mark_of(const std::string& algorithm) {
  const auto& all = sim::algorithms();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& a) { return algorithm == a.name; });
  return kMarks[static_cast<std::size_t>(found - all.begin()) % kMarks.size()];
}

std::vector<draw::Point> turned(int corners, float radius, double first) {
  std::vector<draw::Point> out;
  for (int i = 0; i < corners; ++i) {
    const double angle = (first + 360.0 * i / corners) * 3.14159265358979 / 180;
    out.push_back({radius * static_cast<float>(std::cos(angle)), radius * static_cast<float>(std::sin(angle))});
  }
  return out;
}

// A plus whose arms are two thirds of its radius wide.
std::vector<draw::Point> plus(float r) {
  const float a = r / 3;
  return {{-a, -r}, {a, -r}, {a, -a}, {r, -a}, {r, a}, {a, a}, {a, r}, {-a, r}, {-a, a}, {-r, a}, {-r, -a}, {-a, -a}};
}

std::vector<draw::Point> outline(Shape shape, float r) {
  switch (shape) {
    case Shape::disc: return turned(24, 0.92F * r, 0);
    case Shape::square: return turned(4, 1.2F * r, 45);
    case Shape::triangle: return turned(3, 1.15F * r, -90);
    case Shape::fallen: return turned(3, 1.15F * r, 90);
    case Shape::diamond: return turned(4, 1.15F * r, 0);
    case Shape::pentagon: return turned(5, 1.05F * r, -90);
    case Shape::plus: return plus(1.1F * r);
    case Shape::cross: break;
  }
  std::vector<draw::Point> out = plus(1.1F * r);
  for (draw::Point& p : out) {
    p = {0.70711F * (p.x - p.y), 0.70711F * (p.x + p.y)};
  }
  return out;
}

}  // namespace

void algorithm_mark(draw::Painter& painter, const std::string& algorithm, draw::Point center, float radius,
                    bool hollow) {
  const auto [shape, family] = mark_of(algorithm);
  const draw::Palette& c = painter.colors();
  const draw::Color color = family == Family::none ? c.ink2 : c.of(family).line;
  std::vector<draw::Point> corners = outline(shape, hollow ? radius - 0.5F : radius);
  for (draw::Point& p : corners) {
    p = p + center;
  }
  const draw::Color inside = hollow ? c.panel : color;  // over other marks it stays hollow
  if (corners.size() != 12) {
    painter.polygon(corners, inside);
  } else {  // its two bars: polygons are convex
    painter.polygon(std::array{corners[0], corners[1], corners[6], corners[7]}, inside);
    painter.polygon(std::array{corners[3], corners[4], corners[9], corners[10]}, inside);
  }
  if (hollow) {
    painter.polyline(corners, color, kHollow, true);
  }
}

std::string algorithm_words(const Context& context, const std::string& algorithm) {
  return algorithm == "all" ? std::string(context.ui.words("dock.measured.all")) : sim::find_algorithm(algorithm).title;
}

draw::HoverCard card_of(const Context& context, const sim::FoundPoint& at, double simulated_us) {
  const scope::Strings& strings = context.ui.strings;
  const sim::MeasuredPoint& point = *at.point;
  draw::HoverCard card;
  card.title = escaped(algorithm_words(context, point.algorithm));
  const auto row = [&](const char* key, const std::string& value) {
    card.rows.push_back({std::string(strings.get(key)), value});
  };
  row("dock.measured.problem", scope::problem_words(point) + ", " + scope::kind_words(point));
  row("dock.measured.schedule", scope::schedule_words(point, strings));
  if (simulated_us > 0) {
    row("dock.measured.simulated_row", micro(simulated_us));
  }
  row("dock.measured.measured_row", micro(point.time_us.median));
  if (simulated_us > 0) {
    row("dock.measured.error", scope::error_words(simulated_us / point.time_us.median - 1));
  }
  row("dock.measured.spread",
      strings.format("dock.measured.spread_value", {{"low", micro(point.time_us.p10)},
                                                    {"high", micro(point.time_us.p90)},
                                                    {"n", scope::count_text(point.time_us.samples)}}));
  row("dock.measured.card", escaped(at.file->card.name));
  row("dock.measured.driver", escaped(at.file->driver + ", CUDA " + at.file->toolkit));
  row("dock.measured.date", escaped(at.file->date.substr(0, 10)));
  row("dock.measured.l2", std::string(strings.get(point.cold_l2 ? "dock.measured.cold" : "dock.measured.warm")));
  if (point.held_back) {
    card.source = strings.get("dock.measured.held_back_tip");
  }
  return card;
}

float words_with_badge(Context& context, draw::Point at, std::string_view words, draw::Badge badge) {
  const draw::Rect box = text_at(context.ui.p, at, words, kSmall, context.ui.colors().ink2);
  return draw::badge(context.ui.p, badge, {box.right() + 6, at.y - 7}, context.ui.colors().ink2).right();
}

}  // namespace views
