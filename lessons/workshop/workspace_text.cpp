#include "lessons/workshop/workspace_text.h"

#include <array>

namespace lessons {

namespace {

constexpr std::string_view kFamilies = "QKVSPOm";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// How marks are written in the target.
struct Style {
  std::string_view bold, italic, code;
  std::array<std::string_view, 2> sub, sup;  ///< before and after
};

constexpr Style kPlain = {"", "", "", {"_", ""}, {"^", ""}};
constexpr Style kMarkdown = {"**", "*", "`", {"<sub>", "</sub>"}, {"<sup>", "</sup>"}};

/// Where the bracket that was opened before `at` closes, or npos.
std::size_t closing(std::string_view text, std::size_t at, char open, char close) {
  for (int depth = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == open) {
      ++depth;
    } else if (text[at] == close && --depth == 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

std::string styled(std::string_view text, const Style& style);

/// Appends the mark that opens at `at`, if one does, and moves behind it.
bool take_bracket(std::string_view text, std::size_t* at, const Style& style, std::string* out) {
  const std::string_view rest = text.substr(*at);
  const bool script = rest.size() > 2 && (rest[0] == '_' || rest[0] == '^') && rest[1] == '{';
  const bool family =
      rest.size() > 3 && rest[0] == '[' && rest[2] == ':' && kFamilies.find(rest[1]) != std::string_view::npos;
  if (!script && !family) {
    return false;
  }
  const std::size_t begin = *at + (script ? 2 : 3);
  const std::size_t end = closing(text, begin, script ? '{' : '[', script ? '}' : ']');
  if (end == std::string_view::npos) {
    return false;
  }
  const std::array<std::string_view, 2> around = family           ? std::array<std::string_view, 2>{"", ""}
                                                 : rest[0] == '_' ? style.sub
                                                                  : style.sup;
  *out += around[0];
  *out += styled(text.substr(begin, end - begin), style);
  *out += around[1];
  *at = end + 1;
  return true;
}

/// The same for marks that stand before and after: ** * `. What is in `code` stays as it is.
bool take_pair(std::string_view text, std::size_t* at, const Style& style, std::string* out) {
  for (const auto& [mark, written] :
       {std::pair<std::string_view, std::string_view>{"**", style.bold}, {"*", style.italic}, {"`", style.code}}) {
    const std::size_t begin = *at + mark.size();
    if (text.substr(*at, mark.size()) != mark || begin >= text.size() || text[begin] == ' ') {
      continue;
    }
    const std::size_t end = text.find(mark, begin);
    if (end == std::string_view::npos || end == begin || (mark != "`" && text[end - 1] == ' ')) {
      continue;
    }
    const std::string_view inside = text.substr(begin, end - begin);
    *out += written;
    *out += mark == "`" ? std::string(inside) : styled(inside, style);
    *out += written;
    *at = end + mark.size();
    return true;
  }
  return false;
}

std::string styled(std::string_view text, const Style& style) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      out += text[at + 1];
      at += 2;
    } else if (!take_bracket(text, &at, style, &out) && !take_pair(text, &at, style, &out)) {
      out += text[at++];
    }
  }
  return out;
}

/// Bytes of the UTF-8 character at the beginning, or 0 if there is none that is well-formed.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xC2 ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool beyond = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
  const bool noncharacter = first == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE;  // XML has no U+FFFE, U+FFFF
  return overlong || beyond || noncharacter ? 0 : size;
}

}  // namespace

std::string plain_text(std::string_view rich) { return styled(rich, kPlain); }

std::string markdown(std::string_view rich) { return styled(rich, kMarkdown); }

std::string clean_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t size = character_size(text);
    const bool c1 = size == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    const bool control = (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F || c1;
    if (size == 0 || (control && first != '\r')) {
      out += kReplacement;
    } else if (first != '\r') {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) {
    return std::string(text);
  }
  std::size_t end = bytes < 3 ? 0 : bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace lessons
