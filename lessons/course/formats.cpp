// Numbers as they are written in lessons; ui/scope/numbers.cpp writes those of the window, by the same rules.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lessons/course/expression.h"
#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "sim/base/toml_text.h"

namespace lessons {

namespace {

constexpr const char* kMicro = "\xC2\xB5s";
constexpr const char* kTimes = "\xC3\x97";  // the multiplication sign

/// Digits before the point in groups of three.
std::string with_commas(std::string number) {
  const std::size_t first = number[0] == '-' ? 1 : 0;
  for (std::size_t at = std::min(number.find('.'), number.size()); at > first + 3; at -= 3) {
    number.insert(at - 3, ",");
  }
  return number;
}

std::string fixed(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_not_of("-0.") == std::string::npos && text[0] == '-') {
    text.erase(0, 1);  // no "-0"
  }
  return with_commas(text);
}

/// "1.50" -> "1.5", "32.0" -> "32".
std::string trimmed(std::string text) {
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') {
      text.pop_back();
    }
  }
  return text;
}

/// Three digits, and all of those before the point.
std::string significant(double value) {
  const double size = std::abs(value);
  return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/// Three significant digits of any number; whole ones as they are.
std::string sig3(double value) {
  const double size = std::abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) {
    const std::string text = fmt::format("{:.2e}", value);
    const std::size_t e = text.find('e');
    return fmt::format("{}e{}", text.substr(0, e), std::stoi(text.substr(e + 1)));
  }
  if (value == std::floor(value) || size >= 0.9995) {
    return value == std::floor(value) ? fixed(value, 0) : significant(value);
  }
  return fixed(value, 2 - static_cast<int>(std::floor(std::log10(size * 1.0005))));
}

/// As tiles show their values.
std::string tile_value(double value) {
  const double size = std::abs(value);
  if (size < 1e4 && size * 2 == std::floor(size * 2)) {
    return trimmed(fixed(value, 1));
  }
  if (size < 0.0005 || size >= 99999.5) {
    return fmt::format("{:.0e}", value);
  }
  return fmt::format("{:.{}f}", value, size < 9.9995 ? 3 : (size < 99.995 ? 2 : (size < 999.95 ? 1 : 0)));
}

template <std::size_t N>
std::string in_units(double value, double step, const std::array<const char*, N>& units, bool trim) {
  std::size_t unit = 0;
  while (unit + 1 < N && std::abs(value) >= step * 0.9995) {
    value /= step;
    ++unit;
  }
  const std::string text = significant(value);
  return fmt::format("{} {}", trim ? trimmed(text) : text, units[unit]);
}

std::string bytes(double value) {
  return std::abs(value) < 9999.5 ? fixed(value, 0) + " B"
                                  : in_units(value / 1e3, 1e3, std::array{"kB", "MB", "GB", "TB", "PB"}, false);
}

std::string kib(double value) {
  return std::abs(value) < 1024 ? fixed(value, 0) + " B"
                                : in_units(value / 1024, 1024, std::array{"KiB", "MiB", "GiB"}, true);
}

std::string time(double us) {
  const double size = std::abs(us);
  if (size < 0.9995) {
    return us == 0 ? fmt::format("0 {}", kMicro) : trimmed(significant(us * 1e3)) + " ns";
  }
  return size < 99.995 ? fmt::format("{:.2f} {}", us, kMicro) : in_units(us, 1e3, std::array{kMicro, "ms", "s"}, false);
}

struct Format {
  const char* name;
  std::string (*write)(double);
};

constexpr std::array kFormats = {
    Format{"", sig3},
    Format{"sig3", sig3},
    Format{"int", [](double value) { return fixed(value, 0); }},
    Format{"bytes", bytes},
    Format{"kib", kib},
    Format{"time", time},
    Format{"ratio", [](double value) { return trimmed(significant(value)) + kTimes; }},
    Format{"percent", [](double value) { return trimmed(significant(value * 100)) + " %"; }},
    Format{"value", tile_value},
    Format{"0f", [](double value) { return fixed(value, 0); }},
    Format{"1f", [](double value) { return fixed(value, 1); }},
    Format{"2f", [](double value) { return fixed(value, 2); }},
    Format{"3f", [](double value) { return fixed(value, 3); }},
    Format{"4f", [](double value) { return fixed(value, 4); }},
    Format{"5f", [](double value) { return fixed(value, 5); }},
    Format{"6f", [](double value) { return fixed(value, 6); }},
};

const Format& find_format(const std::string& name, const std::string& where) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& format) { return format.name == name; });
  if (found == kFormats.end()) {
    std::vector<std::string> names;
    for (const Format& format : kFormats) {
      names.emplace_back(format.name);
    }
    names.erase(names.begin());
    throw sim::Error(where, fmt::format("unknown format '{}'", sim::printable(name)), sim::suggestion(name, names));
  }
  return *found;
}

}  // namespace

void check_format(const std::string& format, const std::string& where) { find_format(format, where); }

std::string formatted(double value, const std::string& format, const std::string& where) {
  const Format& how = find_format(format, where);
  if (!std::isfinite(value)) {
    return std::isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf";
  }
  return how.write(value);
}

}  // namespace lessons
