#include "lessons/course/markup.h"

#include <fmt/format.h>

#include <string_view>

#include "sim/base/error.h"
#include "sim/base/toml_text.h"

namespace lessons {

namespace {

constexpr std::string_view kFamilies = "QKVSPOm";

bool opens_script(std::string_view words, std::size_t at) {
  return at + 1 < words.size() && (words[at] == '_' || words[at] == '^') && words[at + 1] == '{';
}

bool opens_family(std::string_view words, std::size_t at) {
  return at + 2 < words.size() && words[at] == '[' && words[at + 2] == ':' &&
         kFamilies.find(words[at + 1]) != std::string_view::npos;
}

/// "EXPRESSION|FORMAT"; "||" is an operator.
Piece number_of(const std::string& inside, const std::string& where) {
  Piece piece;
  piece.words = "{" + inside + "}";
  const std::size_t bar = inside.rfind('|');
  const bool has_format = bar != std::string::npos && (bar == 0 || inside[bar - 1] != '|');
  piece.expression = inside.substr(0, has_format ? bar : std::string::npos);
  piece.format = has_format ? inside.substr(bar + 1) : "";
  if (piece.expression.find_first_not_of(' ') == std::string::npos) {
    throw sim::Error(where, fmt::format("'{}' holds no expression", sim::printable(piece.words)),
                     "a brace that is meant as such is written \\{");
  }
  return piece;
}

}  // namespace

std::vector<Piece> pieces_of(const std::string& words, const std::string& where) {
  std::vector<Piece> pieces;
  std::string plain;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const bool pair = words[at] == '\\' || opens_script(words, at);
    if (pair || words[at] != '{') {
      plain += words.substr(at, pair ? 2 : 1);
      at += pair ? 1 : 0;
      continue;
    }
    const std::size_t end = words.find('}', at);
    if (end == std::string::npos) {
      throw sim::Error(where, fmt::format("'{}' has no closing brace", sim::printable(words.substr(at))));
    }
    if (!plain.empty()) {
      pieces.push_back({std::move(plain), "", ""});
      plain.clear();
    }
    pieces.push_back(number_of(words.substr(at + 1, end - at - 1), where));
    at = end;
  }
  if (!plain.empty()) {
    pieces.push_back({std::move(plain), "", ""});
  }
  return pieces;
}

int length_of(const std::string& words) {
  int length = 0, open = 0;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const char c = words[at];
    if (opens_script(words, at) || opens_family(words, at)) {
      at += c == '[' ? 2 : 1;
      ++open;
    } else if (open > 0 && (c == '}' || c == ']')) {
      --open;
    } else if (c == '\\' && at + 1 < words.size()) {
      ++at;
      ++length;
    } else if (c != '*' && c != '`' && c != '\n' && (static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++length;
    }
  }
  return length;
}

std::set<char> families_in(const std::string& words) {
  std::set<char> families;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at] == '\\') {
      ++at;
    } else if (opens_family(words, at)) {
      families.insert(words[at + 1]);
    }
  }
  return families;
}

}  // namespace lessons
