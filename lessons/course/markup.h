// Rich text (ui/window/draw/rich_text.h) as far as lessons must understand it: where its numbers stand, how long it is,
// which families it marks.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace lessons {

/// Words, or a number "{EXPRESSION|FORMAT}" among them.
struct Piece {
  std::string words;       ///< as they are, marks included; of a number: all of it, braces included
  std::string expression;  ///< empty: no number
  std::string format;
};

/// A brace opens a number unless it follows _ or ^, which makes it a subscript's or superscript's, or a backslash.
/// Throws sim::Error for a number that does not end or is empty.
std::vector<Piece> pieces_of(const std::string& words, const std::string& where);

/// Characters that are seen: code points without marks.
int length_of(const std::string& words);

/// Families of the marked words: "S" of "[S:scores]".
std::set<char> families_in(const std::string& words);

}  // namespace lessons
