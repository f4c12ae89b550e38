// Colours. One for each tensor, the same everywhere (Okabe and Ito 2008); chrome is ink on grey. A tensor's colour says
// which tensor and nothing else; text is always ink, or `on_fill` inside a filled tile.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ui/scope/family.h"

namespace draw {

struct Color {
  std::uint8_t r = 0, g = 0, b = 0, a = 255;
  bool operator==(const Color&) const = default;
  constexpr Color with_alpha(float share) const {
    return {r, g, b, static_cast<std::uint8_t>(static_cast<float>(a) * share + 0.5F)};
  }
};
constexpr Color rgb(std::uint32_t hex) {
  return {static_cast<std::uint8_t>(hex >> 16), static_cast<std::uint8_t>(hex >> 8), static_cast<std::uint8_t>(hex)};
}
/// `top` laid over `bottom`, `share` of it.
Color blend(Color top, float share, Color bottom);
/// Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, 1.4.3).
double contrast(Color a, Color b);

enum class Theme : std::uint8_t { dark, light, projector };
inline constexpr int kThemes = 3;
std::string_view name_of(Theme theme);

/// Whose colour a mark has. `statistic` is drawn in ink; `none`: chrome.
using Family = scope::Family;
using scope::kFamilies;

struct TensorColors {
  Color fill, on_fill, line, tint;
};

struct Palette {
  Theme theme = Theme::dark;
  Color background, panel, raised, hair, edge;
  Color ink, ink2, ink3, inverse;  ///< inverse: text on a surface filled with ink
  Color error_mark, error_text;
  std::array<TensorColors, kFamilies> tensors;
  const TensorColors& of(Family family) const { return tensors[static_cast<std::size_t>(family)]; }
};
const Palette& palette(Theme theme);

/// Heat maps. S and P: viridis, 0..1. O: diverging, -1..1, zero in the middle. Statistics: a grey ramp, 0..1.
Color viridis(float share);
Color diverging(const Palette& palette, float value);
Color grey_ramp(const Palette& palette, float share);

}  // namespace draw
