#include "ui/window/draw/font_files.h"

#include <fonts_data.h>

#include <cmath>

#include "sim/base/error.h"

namespace draw {
namespace {

using Bytes = std::vector<unsigned char>;

// What Dear ImGui is told of kAscentEm: it rounds up, and this lands within half a pixel at the sizes in use.
constexpr float kToldAscentEm = 0.945F;

std::uint32_t number(const Bytes& bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) {
    value = value << 8U | bytes[at++];
  }
  return value;
}

void put16(Bytes& bytes, std::size_t at, int value) {
  bytes[at] = static_cast<unsigned char>(static_cast<unsigned>(value) >> 8U);
  bytes[at + 1] = static_cast<unsigned char>(value);
}

// Where the table of this name begins (OpenType: 12 bytes, then 16 for each table).
std::size_t table(const Bytes& font, std::uint32_t name) {
  const std::uint32_t tables = number(font, 4, 2);
  for (std::size_t entry = 12; entry < 12 + 16U * tables; entry += 16) {
    if (number(font, entry, 4) == name) {
      return number(font, entry + 8, 4);
    }
  }
  SIM_CHECK(!"a font without a table that every font has");
  return 0;
}

Bytes with_our_metrics(std::span<const unsigned char> file) {
  constexpr std::uint32_t kHead = 0x68656164, kHhea = 0x68686561, kOs2 = 0x4F532F32;
  Bytes font(file.begin(), file.end());
  const int em = static_cast<int>(number(font, table(font, kHead) + 18, 2));
  const int ascent = static_cast<int>(std::lround(kToldAscentEm * static_cast<float>(em)));
  for (const std::size_t at : {table(font, kHhea) + 4, table(font, kOs2) + 68}) {
    put16(font, at, ascent), put16(font, at + 2, ascent - em), put16(font, at + 4, 0);
  }
  return font;
}

}  // namespace

std::array<FontFile, kSources> sources_of(Face face) {
  switch (face) {
    case Face::semibold: return {FontFile::semibold, FontFile::symbols, FontFile::cjk_bold};
    case Face::italic: return {FontFile::italic, FontFile::symbols, FontFile::cjk};
    case Face::mono: return {FontFile::mono, FontFile::symbols, FontFile::cjk};
    case Face::regular: break;
  }
  return {FontFile::regular, FontFile::symbols, FontFile::cjk};
}

const std::vector<unsigned char>& bytes_of(FontFile file) {
  static const std::array<Bytes, kFontFiles> kept = {
      with_our_metrics(data::regular),  with_our_metrics(data::semibold), with_our_metrics(data::italic),
      with_our_metrics(data::mono),     with_our_metrics(data::symbols),  with_our_metrics(data::cjk),
      with_our_metrics(data::cjk_bold),
  };
  return kept[static_cast<std::size_t>(file)];
}

}  // namespace draw
