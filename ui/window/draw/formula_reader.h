// Formulas: the text a parser reads, and where in it something is wrong.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "sim/base/error.h"
#include "ui/window/draw/utf8.h"

namespace draw::formula {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

class Reader {
 public:
  Reader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

 protected:
  [[noreturn]] void fail(std::size_t at, const std::string& message, const std::string& hint = {}) const {
    std::size_t column = 1;
    for (std::size_t i = 0; i < std::min(at, text_.size()); ++column) {
      next_code_point(text_, i);
    }
    throw sim::Error(where_ + ", column " + std::to_string(column), message, hint);
  }

  bool at_end() const { return at_ >= text_.size(); }
  char now() const { return text_[at_]; }
  /// A command is all of its letters: \left does not begin \leftarrow.
  bool starts(std::string_view what) const {
    const std::size_t end = at_ + what.size();
    const bool command = what.size() > 2 && what[0] == '\\';
    return text_.substr(at_, what.size()) == what && !(command && end < text_.size() && is_letter(text_[end]));
  }
  bool take(std::string_view what) {
    const bool there = starts(what);
    at_ += there ? what.size() : 0;
    return there;
  }
  void skip_spaces() {
    while (!at_end() && is_space(now())) {
      ++at_;
    }
  }
  /// The character here, moved behind.
  std::string_view next_character() {
    const std::size_t begin = at_;
    next_code_point(text_, at_);
    return text_.substr(begin, at_ - begin);
  }
  /// Behind a backslash: letters, or one other character; empty at the end.
  std::string_view command_name() {
    const std::size_t begin = at_;
    while (!at_end() && is_letter(now())) {
      ++at_;
    }
    return at_ > begin || at_end() ? text_.substr(begin, at_ - begin) : next_character();
  }

  /// What stands between braces after `command`, as it is; without its spaces unless they are kept.
  std::string words(std::size_t begin, const std::string& command, bool keeps_spaces) {
    skip_spaces();
    if (!take("{")) {
      fail(begin, command + " without what belongs to it", "write " + command + "{...}");
    }
    std::string out;
    for (; !at_end() && now() != '}'; ++at_) {
      if (now() == '{' || now() == '$' || (now() == '\\' && (at_ + 1 >= text_.size() || is_letter(text_[at_ + 1])))) {
        fail(at_, "only words stand in " + command + "{...}", "end it before a command and begin it again");
      }
      const char c = now() == '\\' ? text_[++at_] : is_space(now()) ? ' ' : now();
      if (c != ' ' || keeps_spaces) {
        out += c;
      }
    }
    if (!take("}")) {
      fail(begin, command + " without its '}'");
    }
    return out;
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
};

}  // namespace draw::formula
