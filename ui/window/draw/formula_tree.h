// A formula as it was written: a tree of what is to be set. Between the parser and the layout.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ui/window/draw/fonts.h"
#include "ui/window/draw/palette.h"

namespace draw::formula {

/// What a thing is to its neighbours: decides the space between them (Knuth, The TeXbook, chapter 18).
enum class Atom : std::uint8_t { ord, op, bin, rel, open, close, punct, inner };
enum class Accent : std::uint8_t { tilde, hat, bar };

struct Node {
  enum class Kind : std::uint8_t {
    list,      ///< children in a row
    glyphs,    ///< text
    prime,     ///< of a letter
    large,     ///< text, larger than the rest: a sum
    space,     ///< em
    fraction,  ///< numerator, denominator
    root,      ///< what is under it
    scripts,   ///< nucleus, subscript, superscript; an empty list: none
    fence,     ///< body between open and close, as tall as it
    accent,    ///< what is under it
    mark,      ///< what is underlined in the family's colour
  };
  Kind kind = Kind::list;
  Atom atom = Atom::ord;
  std::string text;
  Face face = Face::regular;
  bool limits = false;  ///< scripts stand under and over it in display
  float space = 0;
  std::string open, close;
  Accent accent{};
  Family family = Family::none;
  std::vector<Node> children;
};

/// Lines, each of cells that & parts; a cell is a list.
using Row = std::vector<Node>;
std::vector<Row> parse(std::string_view latex, const std::string& where);

struct Symbol {
  std::string_view name;  ///< the command without its backslash
  std::string_view text;  ///< what is shown
  Atom atom = Atom::ord;
  Face face = Face::regular;
};
struct Space {
  std::string_view name;
  float em = 0;
};
struct Operator {
  std::string_view name, text;
  bool large = false, limits = false;
};
std::span<const Symbol> symbols();      ///< \alpha
std::span<const Symbol> blackboard();   ///< \mathbb{R}: named by the letter
std::span<const Symbol> delimiters();   ///< after \left and \right; named as written, with the backslash
std::span<const Operator> operators();  ///< \sum, \log
std::span<const Space> spaces();        ///< \quad
/// Every command, with its backslash, for hints.
std::vector<std::string> commands();

template <typename T>
const T* find(std::span<const T> all, std::string_view name) {
  for (const T& one : all) {
    if (one.name == name) {
      return &one;
    }
  }
  return nullptr;
}

}  // namespace draw::formula
