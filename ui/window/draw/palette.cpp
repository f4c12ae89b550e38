#include "ui/window/draw/palette.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace draw {

namespace {

constexpr Color kWhite = rgb(0xFFFFFF), kNight = rgb(0x0E1217);

struct Base {
  Color fill, on_fill;
};
// Okabe and Ito 2008, as they stand, in every theme; in the order of Family.
constexpr std::array<Base, 6> kTensors = {{{rgb(0x0072B2), kWhite},
                                           {rgb(0x009E73), kNight},
                                           {rgb(0xCC79A7), kNight},
                                           {rgb(0xE69F00), kNight},
                                           {rgb(0xF0E442), kNight},
                                           {rgb(0x56B4E9), kNight}}};
using Lines = std::array<std::uint32_t, 6>;
// The fill's hue, changed only where it would not reach 3:1 on the panel.
constexpr Lines kDarkLines = {0x2F8FCB, 0x009E73, 0xCC79A7, 0xE69F00, 0xF0E442, 0x56B4E9};
constexpr Lines kLightLines = {0x0072B2, 0x00875F, 0xB65E8F, 0xA87000, 0x8A7F00, 0x2288C3};
constexpr Lines kProjectorLines = {0x0072B2, 0x00875F, 0xA84F80, 0x9A6700, 0x7D7400, 0x1F7FB8};

void colour_tensors(Palette& p, const Lines& lines, float tint) {
  for (std::size_t i = 0; i < kTensors.size(); ++i) {
    const Color fill = kTensors[i].fill;
    p.tensors[i] = {fill, kTensors[i].on_fill, rgb(lines[i]), blend(fill, tint, p.panel)};
  }
  p.tensors[static_cast<std::size_t>(Family::statistic)] = {p.ink, p.inverse, p.ink, blend(p.ink, tint, p.panel)};
  p.tensors[static_cast<std::size_t>(Family::none)] = {p.raised, p.ink, p.edge, p.raised};
}

Palette dark() {
  Palette p;
  p.theme = Theme::dark;
  p.background = rgb(0x0E1217), p.panel = rgb(0x151A21), p.raised = rgb(0x1D242D);
  p.hair = rgb(0x2B343F), p.edge = rgb(0x627080);
  p.ink = rgb(0xE9EDF2), p.ink2 = rgb(0xA3AFBC), p.ink3 = rgb(0x8593A1), p.inverse = kNight;
  p.error_mark = rgb(0xE8722A), p.error_text = rgb(0xF08A4B);
  colour_tensors(p, kDarkLines, 0.26F);
  return p;
}

Palette light() {
  Palette p;
  p.theme = Theme::light;
  p.background = rgb(0xEEF0F3), p.panel = kWhite, p.raised = rgb(0xF4F6F8);
  p.hair = rgb(0xD3D9E0), p.edge = rgb(0x7C8793);
  p.ink = rgb(0x15191F), p.ink2 = rgb(0x4A5560), p.ink3 = rgb(0x5B6672), p.inverse = kWhite;
  p.error_mark = rgb(0xD55E00), p.error_text = rgb(0xB34700);
  colour_tensors(p, kLightLines, 0.22F);
  return p;
}

Palette projector() {
  Palette p = light();
  p.theme = Theme::projector;
  p.background = kWhite, p.raised = rgb(0xF2F2F2);
  p.hair = rgb(0xB9C0C8), p.edge = rgb(0x6F7A86);
  p.ink = rgb(0x000000), p.ink2 = rgb(0x333A42), p.ink3 = rgb(0x4A5560);
  colour_tensors(p, kProjectorLines, 0.30F);
  return p;
}

// One channel of sRGB as light (WCAG 2.2, "relative luminance").
double linear(std::uint8_t channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double luminance(Color c) { return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b); }

// Straight lines between colours at equal distances over 0..1.
Color along(std::span<const std::uint32_t> stops, float share) {
  // A NaN is shown as the lowest value, not as a crash.
  const float at = (share > 0 ? std::min(share, 1.0F) : 0.0F) * static_cast<float>(stops.size() - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  return blend(rgb(stops[below + 1]), at - static_cast<float>(below), rgb(stops[below]));
}

// Matplotlib's viridis (van der Walt and Smith 2015, CC0) at 16 places.
constexpr std::array<std::uint32_t, 16> kViridis = {0x440154, 0x481A6C, 0x472F7D, 0x414487, 0x39568C, 0x31688E,
                                                    0x2A788E, 0x23888E, 0x1F988B, 0x22A884, 0x35B779, 0x54C568,
                                                    0x7AD151, 0xA5DB36, 0xD2E21B, 0xFDE725};
// ColorBrewer's BrBG (Brewer 2003); on dark its middle is dark, so that zero recedes on both.
constexpr std::array<std::uint32_t, 5> kDivergingDark = {0xDFC27D, 0x8C6A1E, 0x20262E, 0x12756A, 0x80CDC1};
constexpr std::array<std::uint32_t, 5> kDivergingLight = {0x8C510A, 0xDFC27D, 0xF7F7F7, 0x80CDC1, 0x01665E};

}  // namespace

Color blend(Color top, float share, Color bottom) {
  const auto mix = [share](std::uint8_t t, std::uint8_t b) {
    return static_cast<std::uint8_t>(static_cast<float>(t) * share + static_cast<float>(b) * (1 - share) + 0.5F);
  };
  return {mix(top.r, bottom.r), mix(top.g, bottom.g), mix(top.b, bottom.b), bottom.a};
}

double contrast(Color a, Color b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

std::string_view name_of(Theme theme) {
  constexpr std::array<std::string_view, kThemes> kNames = {"dark", "light", "projector"};
  return kNames[static_cast<std::size_t>(theme)];
}

const Palette& palette(Theme theme) {
  static const std::array<Palette, kThemes> kPalettes = {dark(), light(), projector()};
  return kPalettes[static_cast<std::size_t>(theme)];
}

Color viridis(float share) { return along(kViridis, share); }

Color diverging(const Palette& palette, float value) {
  const auto& stops = palette.theme == Theme::dark ? kDivergingDark : kDivergingLight;
  return along(stops, (value + 1) / 2);
}

Color grey_ramp(const Palette& palette, float share) {
  return blend(palette.ink, 0.15F + 0.85F * std::clamp(share, 0.0F, 1.0F), palette.panel);
}

}  // namespace draw
