// UTF-8, one code point at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace draw {

/// The code point at `at`, which moves behind it; U+FFFD for a byte that begins none. `at` < text.size().
inline char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  if (first < 0x80) {
    return first;
  }
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  char32_t point = first & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    if (at >= text.size() || (byte(at) & 0xC0U) != 0x80) {
      return 0xFFFD;
    }
    point = (point << 6U) | (byte(at++) & 0x3FU);
  }
  return more == 0 ? 0xFFFD : point;
}

/// Characters that are set without spaces: ideographs, kana, and their punctuation, full-width forms.
inline bool is_cjk(char32_t c) {
  return (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF00 && c <= 0xFFEF);
}

}  // namespace draw
