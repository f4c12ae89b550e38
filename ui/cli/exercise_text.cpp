// Text on a terminal, with Chinese.
#include <algorithm>

#include "ui/cli/exercise_command.h"

namespace cli {

namespace {

struct Glyph {
  std::string_view bytes;
  int columns = 1;
  bool wide = false;
};

Glyph glyph_at(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = std::min<std::size_t>(text.size(), first < 0xC0   ? 1
                                                              : first < 0xE0 ? 2
                                                              : first < 0xF0 ? 3
                                                                             : 4);
  char32_t code = first < 0x80 ? first : first & (0xFF >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  const auto between = [&](char32_t low, char32_t high) { return code >= low && code <= high; };
  const bool wide = between(0x1100, 0x115F) || between(0x2E80, 0xA4CF) || between(0xAC00, 0xD7A3) ||
                    between(0xF900, 0xFAFF) || between(0xFE30, 0xFE6F) || between(0xFF00, 0xFF60) ||
                    between(0xFFE0, 0xFFE6) || between(0x1F300, 0x1FAFF) || between(0x20000, 0x3FFFD);
  const bool quote =
      code == 0x201C || code == 0x201D || code == 0x2026;  // of Chinese texts, but one column in most fonts
  return {text.substr(0, size), wide ? 2 : 1, wide || quote};
}

/// Punctuation that may not begin a line.
bool closes(std::string_view glyph) {
  static constexpr std::string_view kClosing[] = {"，", "。", "、", "；", "：", "？", "！", "）", "”", "》", "…"};
  return std::find(std::begin(kClosing), std::end(kClosing), glyph) != std::end(kClosing);
}

bool opens(std::string_view glyph) { return glyph == "（" || glyph == "“" || glyph == "《"; }

/// What is kept on one line: a word, or a Chinese character with the punctuation that clings to it.
std::string_view next_unit(std::string_view text) {
  const Glyph first = glyph_at(text);
  std::size_t end = first.bytes.size();
  bool open = opens(first.bytes), wide = first.wide;
  while (end < text.size() && text[end] != ' ' && text[end] != '\n') {
    const Glyph glyph = glyph_at(text.substr(end));
    if (!open && !closes(glyph.bytes) && (wide || glyph.wide)) {
      break;
    }
    open = opens(glyph.bytes);
    wide = glyph.wide;
    end += glyph.bytes.size();
  }
  return text.substr(0, end);
}

}  // namespace

int columns_of(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    if (text[0] == '\x1b') {
      text.remove_prefix(std::min(text.find('m'), text.size() - 1) + 1);
      continue;
    }
    const Glyph glyph = glyph_at(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes.size());
  }
  return columns;
}

std::string padded_to(const std::string& text, int columns) {
  return text + std::string(static_cast<std::size_t>(std::max(0, columns - columns_of(text))), ' ');
}

std::string folded(std::string_view text, int indent, int width) {
  const std::string blanks(static_cast<std::size_t>(indent), ' ');
  std::string out, line;
  const auto end_line = [&] {
    line.erase(line.find_last_not_of(' ') + 1);
    out += line.empty() ? "\n" : blanks + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    if (text[0] == '\n' || text[0] == ' ') {
      if (text[0] == '\n') {
        end_line();
      } else if (!line.empty()) {
        line += ' ';
      }
      text.remove_prefix(1);
      continue;
    }
    const std::string_view unit = next_unit(text);
    if (!line.empty() && indent + columns_of(line) + columns_of(unit) > width) {
      end_line();
    }
    line += unit;
    text.remove_prefix(unit.size());
  }
  if (!line.empty()) {
    end_line();
  }
  return out;
}

}  // namespace cli
