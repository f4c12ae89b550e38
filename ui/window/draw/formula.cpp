// Formulas: lines, what is kept between frames, and onto the picture.
#include "ui/window/draw/formula.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "ui/window/draw/formula_layout.h"

namespace draw {

namespace {

using formula::Atom;
using formula::Box;
using formula::Node;
using formula::Row;
using formula::Style;

constexpr const char* kWhere = "formula";
constexpr std::size_t kKept = 256;  // layouts

// Where a line may be broken, before its i-th thing: the best first, 0; -1: not there. i > 0.
int break_rank(const std::vector<Node>& nodes, std::size_t i) {
  const bool after_space = nodes[i - 1].kind == Node::Kind::space;
  if (nodes[i].kind != Node::Kind::space && after_space && i > 1 && nodes[i - 2].atom == Atom::punct) {
    return 0;
  }
  return nodes[i].atom == Atom::rel ? 1 : nodes[i].atom == Atom::bin ? 2 : -1;
}

// Spaces at the end of a line take no room.
std::span<const Node> trimmed(std::span<const Node> nodes) {
  while (!nodes.empty() && nodes.back().kind == Node::Kind::space) {
    nodes = nodes.first(nodes.size() - 1);
  }
  return nodes;
}

float width_of(std::span<const Node> nodes, const Style& style) {
  return formula::set_list(trimmed(nodes), style).width;
}

// How many of these go on this line; all if it cannot be broken.
std::size_t fitting(const std::vector<Node>& nodes, const Style& style, float width) {
  constexpr float kWellFilled = 0.4F;
  std::size_t best = nodes.size(), first = nodes.size();
  int best_rank = 3;
  // Not before anything stands on the line: each takes something.
  const auto is_empty = [](const Node& node) {
    return node.kind == Node::Kind::space || (node.kind == Node::Kind::list && node.children.empty());
  };
  const auto content = std::find_if_not(nodes.begin(), nodes.end(), is_empty);
  for (auto i = static_cast<std::size_t>(content - nodes.begin()) + 1; i < nodes.size(); ++i) {
    const int rank = break_rank(nodes, i);
    if (rank < 0) {
      continue;
    }
    const float now = width_of(std::span(nodes).first(i), style);
    if (now > width) {
      first = std::min(first, i);
      break;
    }
    if (rank <= best_rank || now < kWellFilled * width) {
      best = i, best_rank = now < kWellFilled * width ? 3 : rank;
    }
  }
  return best < nodes.size() ? best : first;
}

// A row of one cell as lines that fit; the later ones are indented.
std::vector<Row> broken(const Row& row, const Style& style, float width) {
  std::vector<Node> left = row[0].children;
  std::vector<Row> lines;
  for (;;) {
    const bool fits = width_of(left, style) <= width;
    const std::size_t count = fits ? left.size() : fitting(left, style, width);
    Node line;
    const std::span<const Node> here = trimmed(std::span(left).first(count));
    line.children.assign(here.begin(), here.end());
    lines.push_back({std::move(line)});
    if (count == left.size()) {
      return lines;
    }
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
    Node indent;
    indent.kind = Node::Kind::space;
    indent.space = 1;
    // The empty thing gives a sign at the line's beginning its room.
    left.insert(left.begin(), {indent, Node{}});
  }
}

struct Line {
  std::vector<Box> cells;
};

// Columns before an & end there, the next begin there; pairs of columns stand apart.
std::vector<float> column_widths(const std::vector<Line>& lines) {
  std::vector<float> widths;
  for (const Line& line : lines) {
    for (std::size_t c = 0; line.cells.size() > 1 && c < line.cells.size(); ++c) {
      widths.resize(std::max(widths.size(), c + 1));
      widths[c] = std::max(widths[c], line.cells[c].width);
    }
  }
  return widths;
}

Box in_one(const Line& line, const std::vector<float>& widths, const Style& style) {
  Box box;
  float x = 0;
  for (std::size_t c = 0; c < line.cells.size(); ++c) {
    const bool to_the_right = c % 2 == 0 && line.cells.size() > 1;
    formula::put(box, line.cells[c], x + (to_the_right ? widths[c] - line.cells[c].width : 0), 0);
    x += line.cells.size() > 1 ? widths[c] + (c % 2 == 1 ? style.em(1) : 0) : 0;
  }
  return box;
}

std::vector<Line> lines_of(const std::vector<Row>& rows, const Style& style, float width) {
  std::vector<Line> lines;
  for (const Row& row : rows) {
    const std::vector<Row> parts = width > 0 && row.size() == 1 ? broken(row, style, width) : std::vector<Row>{row};
    for (const Row& part : parts) {
      Line& line = lines.emplace_back();
      for (std::size_t c = 0; c < part.size(); ++c) {
        Node cell = part[c];
        if (c % 2 == 1) {
          cell.children.insert(cell.children.begin(), Node{});  // a relation after & keeps its room
        }
        line.cells.push_back(formula::set(cell, style));
      }
    }
  }
  return lines;
}

// The line boxes of the texts, for whoever puts the formula among other text; whole physical pixels, and one more for
// the baselines, which are rounded.
void grow_to_line_boxes(Formula& formula, float scale) {
  for (const Formula::Glyphs& glyphs : formula.texts) {
    const float above = ascent(glyphs.style);
    formula.ascent = std::max(formula.ascent, above - glyphs.y);
    formula.descent = std::max(formula.descent, line_height(glyphs.style) - above + glyphs.y);
    formula.width = std::max(formula.width, glyphs.x + glyphs.w);
  }
  formula.ascent = (std::ceil(formula.ascent * scale) + 1) / scale;
  formula.descent = (std::ceil(formula.descent * scale) + 1) / scale;
}

Formula make(std::string_view latex, const Style& style, float width) {
  constexpr float kApart = 1.4F, kGap = 0.4F;  // em: baselines; ink of two lines
  const std::vector<Line> lines = lines_of(formula::parse(latex, kWhere), style, width);
  const std::vector<float> widths = column_widths(lines);
  Formula all;
  float y = 0, descent = 0;
  for (const Line& line : lines) {
    const Box box = in_one(line, widths, style);
    if (all.lines++ > 0) {
      y += std::max(style.em(kApart), descent + style.em(kGap) + box.ascent);
    }
    descent = box.descent;
    formula::put(all, box, 0, y);
  }
  grow_to_line_boxes(all, style.scale);
  return all;
}

using Cache = std::unordered_map<std::string, std::shared_ptr<const Formula>>;
Cache& cache() {
  static thread_local Cache layouts;
  return layouts;
}

// To whole physical pixels; a line's middle so that its edges are on them.
float snapped(float at, float scale) { return std::round(at * scale) / scale; }
float snapped_middle(float at, float thickness, float scale) {
  const float whole = std::max(1.0F, std::round(thickness * scale));
  return (std::round(at * scale - whole / 2) + whole / 2) / scale;
}

// The points of a crisp stroke on the middle of pixels; ends along the axes on their edges.
void snap(std::vector<Point>& points, float thickness, float scale) {
  const std::vector<Point> exact = points;
  for (Point& point : points) {
    point = {snapped_middle(point.x, thickness, scale), snapped_middle(point.y, thickness, scale)};
  }
  const auto end = [&](std::size_t i, std::size_t next) {
    if (exact[i].y == exact[next].y) {
      points[i].x = snapped(exact[i].x, scale);
    } else if (exact[i].x == exact[next].x) {
      points[i].y = snapped(exact[i].y, scale);
    }
  };
  end(0, 1);
  end(points.size() - 1, points.size() - 2);
}

void paint_stroke(Painter& painter, Point origin, const Formula::Stroke& stroke, Color ink) {
  const float scale = painter.scale();
  std::vector<Point> points = stroke.points;
  for (Point& point : points) {
    point = origin + point;
  }
  float thickness = stroke.thickness;
  if (stroke.crisp) {
    thickness = std::max(1.0F, std::round(thickness * scale)) / scale;
    snap(points, thickness, scale);
  }
  const Color color = stroke.family == Family::none ? ink : painter.colors().of(stroke.family).line;
  painter.polyline(points, color, thickness);
}

}  // namespace

std::shared_ptr<const Formula> layout_formula(std::string_view latex, float size_px, float scale, float width) {
  std::string key = fmt::format("{} {} {} {}", size_px, scale, width, latex);
  if (const auto found = cache().find(key); found != cache().end()) {
    return found->second;
  }
  auto made = std::make_shared<const Formula>(make(latex, {Style::Level::display, size_px, scale}, width));
  if (cache().size() >= kKept) {
    cache().clear();
  }
  return cache()[std::move(key)] = std::move(made);
}

Rect paint_formula(Painter& painter, Point top_left, const Formula& formula, Color ink) {
  const float scale = painter.scale();
  const Point origin{snapped(top_left.x, scale), snapped(top_left.y + formula.ascent, scale)};
  for (const Formula::Stroke& stroke : formula.strokes) {
    paint_stroke(painter, origin, stroke, ink);
  }
  for (const Formula::Glyphs& glyphs : formula.texts) {
    // The fonts put the baseline on a whole pixel below a line box's top that is on one.
    const float rise = std::round(ascent({std::round(glyphs.style.px * scale), glyphs.style.face})) / scale;
    const float baseline = snapped(origin.y + glyphs.y, scale);
    painter.text({origin.x + glyphs.x, baseline - rise}, glyphs.text, glyphs.style, ink);
  }
  return {top_left.x, top_left.y, formula.width, formula.height()};
}

void check_formula(std::string_view latex, const std::string& where) { formula::parse(latex, where); }

void forget_formulas() { cache().clear(); }

}  // namespace draw
