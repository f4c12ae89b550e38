// Formulas: from a tree to boxes. After Knuth, The TeXbook, appendix G, with the measures of Inter.
#include "ui/window/draw/formula_layout.h"

#include <algorithm>
#include <array>

#include "ui/window/draw/utf8.h"

namespace draw::formula {

namespace {

using Kind = Node::Kind;
using Level = Style::Level;

constexpr float kThin = 0.14F, kMedium = 0.17F, kThick = 0.22F;  // em; Inter's operators have room of their own

// Between two atoms: 0 none, 1 thin, 2 medium, 3 thick; negative: none in scripts.
constexpr std::array<std::array<int, 8>, 8> kSpacing = {{
    // ord op bin rel open close punct inner
    {0, 1, -2, -3, 0, 0, 0, -1},
    {1, 1, 0, -3, 0, 0, 0, -1},
    {-2, -2, 0, 0, -2, 0, 0, -2},
    {-3, -3, 0, 0, -3, 0, 0, -3},
    {0, 0, 0, 0, 0, 0, 0, 0},
    {0, 1, -2, -3, 0, 0, 0, -1},
    {-1, -1, 0, -1, -1, -1, -1, -1},
    {-1, 1, -2, -3, -1, 0, -1, -1},
}};

float space_between(Atom left, Atom right, const Style& style) {
  constexpr std::array<float, 4> kSpaces = {0, kThin, kMedium, kThick};
  const int code = kSpacing[static_cast<std::size_t>(left)][static_cast<std::size_t>(right)];
  return code < 0 && style.small() ? 0 : style.em(kSpaces[static_cast<std::size_t>(std::abs(code))]);
}

bool may_precede_sign(Atom atom) {
  return atom == Atom::bin || atom == Atom::op || atom == Atom::rel || atom == Atom::open || atom == Atom::punct;
}

// A sign is an operator between two things only: "-x", "(+1)" and "a =-b" have none.
std::vector<Atom> atoms_of(const std::vector<Node>& nodes) {
  std::vector<Atom> atoms;
  Atom* last = nullptr;
  atoms.reserve(nodes.size());
  for (const Node& node : nodes) {
    atoms.push_back(node.atom);
    if (node.kind == Kind::space) {
      continue;
    }
    Atom& now = atoms.back();
    if (now == Atom::bin && (last == nullptr || may_precede_sign(*last))) {
      now = Atom::ord;
    }
    if (last != nullptr && *last == Atom::bin && (now == Atom::rel || now == Atom::close || now == Atom::punct)) {
      *last = Atom::ord;
    }
    last = &now;
  }
  if (last != nullptr && *last == Atom::bin) {
    *last = Atom::ord;
  }
  return atoms;
}

// Of the letter, for what stands over it.
float height_of(char32_t letter) {
  constexpr std::u32string_view kSmall = U"acegmnopqrsuvwxyzαγεημπρστ";
  return kSmall.find(letter) != std::u32string_view::npos ? kSmallLetters : kCapitals;
}

// The one letter that a list is, if it is one.
const Node* only_letter(const Node& list) {
  const Node* node = &list;
  while (node->kind == Kind::list && node->children.size() == 1) {
    node = &node->children[0];
  }
  std::size_t next = 0;
  if (node->kind == Kind::glyphs && !node->text.empty()) {
    next_code_point(node->text, next);
  }
  return next > 0 && next == node->text.size() ? node : nullptr;
}

char32_t letter_of(const Node& node) {
  std::size_t next = 0;
  return next_code_point(node.text, next);
}

bool is_empty(const Box& box) { return box.texts.empty() && box.strokes.empty(); }

Box set_large(const Node& node, const Style& style) {
  const float larger = style.level == Level::display ? 1.5F : style.level == Level::text ? 1.15F : 1;
  const float px = larger * style.px();
  const Box glyph = text_box(node.text, Face::regular, px, style.scale);
  Box box;
  put(box, glyph, 0, kFenceMiddle * px - kAxis * style.px());
  return box;
}

Box set_fraction(const Node& node, const Style& style) {
  const Style inside = style.inside_fraction();
  const Box above = set(node.children[0], inside), below = set(node.children[1], inside);
  const bool display = style.level == Level::display;
  const float axis = style.em(kAxis), rule = style.rule(), gap = style.em(display ? 0.12F : 0.06F);
  const float side = style.em(0.08F), over = style.em(0.06F);
  const float up = std::max(style.em(display ? 0.64F : 0.4F), axis + rule / 2 + gap / 2 + above.descent);
  const float down = std::max(style.em(display ? 0.66F : 0.4F), below.ascent + gap + rule / 2 - axis);
  const float width = std::max(above.width, below.width) + 2 * over;
  Box box;
  put(box, above, side + style.em((width - above.width) / 2 / style.px()), -up);
  put(box, below, side + style.em((width - below.width) / 2 / style.px()), down);
  box.strokes.push_back({{{side, -axis}, {side + width, -axis}}, rule, Family::none, true});
  box.width = width + 2 * side;
  return box;
}

// Under and over a sum.
Box with_limits(const Node& node, const Box& nucleus, const Style& style) {
  const Box below = set(node.children[1], style.script()), above = set(node.children[2], style.script());
  const float width = std::max({nucleus.width, below.width, above.width});
  const auto centred = [&](const Box& part) { return style.em((width - part.width) / 2 / style.px()); };
  constexpr float kClear = 0.07F;
  const bool word = node.children[0].kind != Kind::large;
  Box box;
  put(box, nucleus, centred(nucleus), 0);
  if (!is_empty(below)) {
    put(box, below, centred(below), nucleus.descent + below.ascent + style.em(word ? 0.03F : kClear));
  }
  if (!is_empty(above)) {
    put(box, above, centred(above), -nucleus.ascent - above.descent - style.em(kClear));
  }
  return box;
}

// Where scripts hang on: of a letter under an accent or over an underline, the letter.
const Node& bare(const Node& node) {
  return node.kind == Kind::accent || node.kind == Kind::mark ? bare(node.children[0]) : node;
}

Box set_scripts(const Node& node, const Style& style) {
  const Node& nucleus = node.children[0];
  Box box = set(nucleus, style);
  if (nucleus.limits && style.level == Level::display) {
    return with_limits(node, box, style);
  }
  const Box below = set(node.children[1], style.script()), above = set(node.children[2], style.script());
  const Node* letter = only_letter(bare(nucleus));
  const float tall = letter != nullptr ? kInkAscent * style.px() : box.ascent;
  const float deep = letter != nullptr ? kInkDescent * style.px() : box.descent;
  float up = std::max({style.em(0.4F), tall - style.em(0.42F), above.descent + style.em(0.12F)});
  float down = std::max({style.em(0.18F), deep - style.em(0.02F), below.ascent - style.em(0.5F)});
  const bool both = !is_empty(below) && !is_empty(above);
  const float between = nucleus.kind == Kind::large ? style.em(0.12F) : 0.5F;  // px: baselines are rounded
  if (const float missing = both ? above.descent + below.ascent + between - up - down : 0; missing > 0) {
    up += missing * 0.4F, down += missing * 0.6F;
  }
  const bool slanted = letter != nullptr && letter->face == Face::italic && height_of(letter_of(*letter)) == kCapitals;
  const float left = box.width + (nucleus.kind == Kind::large ? style.em(0.04F) : 0);
  if (!is_empty(above)) {
    put(box, above, left + (slanted ? style.em(0.07F) : style.em(0.02F)), -up);
  }
  if (!is_empty(below)) {
    put(box, below, left, down);
  }
  box.width += style.em(0.04F);
  return box;
}

Box set_fence(const Node& node, const Style& style) {
  const Box body = set(node.children[0], style);
  const Box open = fence_box(node.open, body.ascent, body.descent, style),
            close = fence_box(node.close, body.ascent, body.descent, style);
  Box box;
  put(box, open, 0, 0);
  put(box, body, open.width, 0);
  put(box, close, open.width + body.width, 0);
  return box;
}

Box set_accent(const Node& node, const Style& style) {
  Box box = set(node.children[0], style);
  const Node* letter = only_letter(node.children[0]);
  const float px = style.px();
  const float height = letter != nullptr ? height_of(letter_of(*letter)) * px : box.ascent;
  const bool slanted = letter != nullptr && letter->face == Face::italic;
  add_accent(box, node.accent, height, slanted ? kSlant * (height / 2 + 0.1F * px) : 0, style);
  return box;
}

// As deep as the other underlines of its line.
void underline(Box& box, float left, float right, float depth, Family family, const Style& style) {
  constexpr float kThickness = 2;
  const float y = depth + style.em(0.04F) + kThickness / 2;
  // Two that follow each other stay two.
  box.strokes.push_back({{{left, y}, {right - style.em(0.07F), y}}, kThickness, family, true});
  box.descent = std::max(box.descent, y + kThickness / 2);
}

Box set_mark(const Node& node, const Style& style) {
  Box box = set(node.children[0], style);
  underline(box, 0, box.width, box.descent, node.family, style);
  return box;
}

}  // namespace

Box set_list(std::span<const Node> nodes, const Style& style) {
  const std::vector<Atom> atoms = atoms_of({nodes.begin(), nodes.end()});
  Box box;
  std::vector<std::array<float, 2>> ends;  // left and right of each
  float x = 0, depth = 0;
  const Atom* last = nullptr;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    if (node.kind == Kind::space) {
      x += style.em(node.space);
    } else {
      x += last == nullptr ? 0 : space_between(*last, atoms[i], style);
      last = &atoms[i];
    }
    const Box part = set(node.kind == Kind::mark ? node.children[0] : node, style);
    depth = node.kind == Kind::mark ? std::max(depth, part.descent) : depth;
    put(box, part, x, 0);
    ends.push_back({x, x + part.width});
    x += part.width;
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].kind == Kind::mark) {
      underline(box, ends[i][0], ends[i][1], depth, nodes[i].family, style);
    }
  }
  box.width = std::max(0.0F, x);
  return box;
}

Box set(const Node& node, const Style& style) {
  switch (node.kind) {
    case Kind::list: return set_list(node.children, style);
    case Kind::prime: return prime_box(style);
    case Kind::glyphs: return text_box(node.text, node.face, style.px(), style.scale);
    case Kind::large: return set_large(node, style);
    case Kind::space: break;
    case Kind::fraction: return set_fraction(node, style);
    case Kind::root: return root_box(set(node.children[0], style), style);
    case Kind::scripts: return set_scripts(node, style);
    case Kind::fence: return set_fence(node, style);
    case Kind::accent: return set_accent(node, style);
    case Kind::mark: return set_mark(node, style);
  }
  return {};
}

}  // namespace draw::formula
