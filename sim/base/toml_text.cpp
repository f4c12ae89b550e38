#include "sim/base/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sim/base/error.h"

namespace sim {
namespace {

constexpr std::ptrdiff_t kDotsMax = 10'000;  // files have some hundred; the stack ends near 10^5

/// Walks over strings and comments as the library does, as long as the text is right; where it isn't, the library
/// stops with an error, and what this makes of the rest doesn't matter.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    at_ = text.substr(0, 3) == kByteOrderMark ? 3 : 0;
  }

  /// Where the first stray character stands, or npos.
  std::size_t find_stray() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_beyond_ascii(c)) {
        return at_;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '"' || c == '\'') {
        const std::size_t begin = at_, stray = skip_string(c);
        if (stray != std::string_view::npos) {
          return stray;
        }
        const std::string_view string = text_.substr(begin, at_ - begin);
        if (follows_number(begin) && std::any_of(string.begin(), string.end(), is_beyond_ascii)) {
          return begin;
        }
      } else {
        ++at_;
      }
    }
    return std::string_view::npos;
  }

 private:
  static bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
  bool starts(std::string_view with) const { return text_.substr(at_, with.size()) == with; }

  /// Does the quote at `quote` stand in what may begin with a number? The library looks ahead from there up to 127
  /// characters, until a blank or a closing bracket, and minds no quotes: "a = 1'" and on.
  bool follows_number(std::size_t quote) const {
    constexpr std::size_t kLookahead = 256;
    char next = text_[quote];
    for (std::size_t i = quote; i > 0 && quote - i < kLookahead; --i) {
      const bool number = (next >= '0' && next <= '9') || next == '+' || next == '-';
      const char c = text_[i - 1];
      const bool ends = std::string_view(" \t\n\v\f\r]},#").find(c) != std::string_view::npos;
      if (number && (ends || c == '=' || c == '[' || c == '{')) {
        return true;
      }
      if (ends) {
        return false;
      }
      next = c;
    }
    return next >= '0' && next <= '9';
  }

  /// Leaves at_ behind the string. Returns npos, or where a stray character follows a backslash at a line's end: the
  /// library tests for blanks there too.
  std::size_t skip_string(char quote) {
    const std::string long_quote(3, quote);
    const bool is_long = starts(long_quote);
    const std::string_view end = is_long ? std::string_view(long_quote) : std::string_view(&quote, 1);
    for (at_ += end.size(); at_ < text_.size() && !starts(end); ++at_) {
      if (text_[at_] == '\n' && !is_long) {
        return std::string_view::npos;
      }
      if (text_[at_] != '\\' || quote != '"') {
        continue;
      }
      if (!is_long) {
        ++at_;
        continue;
      }
      const std::size_t next = std::min(text_.find_first_not_of(" \t\n\r", at_ + 1), text_.size());
      if (next < text_.size() && is_beyond_ascii(text_[next])) {
        return next;
      }
      at_ = std::max(at_ + 1, next - 1);
    }
    while (at_ < text_.size() && text_[at_] == quote) {  // the end, and up to two quotes that belong to the string
      ++at_;
    }
    return std::string_view::npos;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

namespace {

void refuse_hostile(const std::string& text, std::size_t bytes_max, const std::string& source) {
  if (text.size() > bytes_max) {
    throw Error(source, fmt::format("larger than {} bytes; that is no file of ours", bytes_max));
  }
  if (std::count(text.begin(), text.end(), '.') > kDotsMax) {
    throw Error(source, fmt::format("more than {} dots; that is no file of ours", kDotsMax));
  }
  const std::size_t stray = Scanner(text).find_stray();
  if (stray != std::string_view::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(stray), '\n');
    throw Error(fmt::format("{}:{}", source, line), "a character beyond ASCII outside of strings and comments");
  }
}

bool trips_assertion(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const TomlAssertion&) {
    return true;
  } catch (const toml::parse_error&) {
    return false;
  }
  return false;
}

/// The line whose end the shortest beginning of `text` has that trips an assertion.
int line_of_assertion(std::string_view text) {
  std::size_t good = 0, bad = text.size();
  while (bad - good > 1) {
    const std::size_t middle = good + (bad - good) / 2;
    (trips_assertion(text.substr(0, middle)) ? bad : good) = middle;
  }
  return static_cast<int>(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(good), '\n'));
}

}  // namespace

toml::table parse_toml(const std::string& text, std::size_t bytes_max, const std::string& source) {
  refuse_hostile(text, bytes_max, source);
  try {
    return toml::parse(std::string_view(text));
  } catch (const toml::parse_error& error) {
    throw Error(at_line(source, error.source()), printable(error.description()));
  } catch (const TomlAssertion&) {
    throw Error(fmt::format("{}:{}", source, line_of_assertion(text)), "this is no TOML");
  }
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMax = 80;
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (out.size() >= kMax && (byte & 0xC0) != 0x80) {
      return out + "...";
    }
    out += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return out;
}

std::string at_line(const std::string& source, const toml::source_region& region) {
  return region.begin.line == 0 ? source : fmt::format("{}:{}", source, region.begin.line);
}

std::string described(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string: return fmt::format("the string \"{}\"", printable(node.as_string()->get()));
    case toml::node_type::integer: return fmt::format("the integer {}", node.as_integer()->get());
    case toml::node_type::floating_point: return fmt::format("the float {}", node.as_floating_point()->get());
    case toml::node_type::boolean: return node.as_boolean()->get() ? "the boolean true" : "the boolean false";
    case toml::node_type::array: return "an array";
    case toml::node_type::table: return "a table";
    default: return "a date or time";
  }
}

}  // namespace sim
