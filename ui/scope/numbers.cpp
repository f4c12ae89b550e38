// Numbers as they are written everywhere.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "ui/scope/caption.h"

namespace scope {

namespace {

constexpr const char* kMicro = "\xC2\xB5s";
constexpr const char* kTimes = "\xC3\x97";  // the multiplication sign

std::string with_commas(std::string digits) {
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) {
    digits.insert(at - 3, ",");
  }
  return digits;
}

/// Three significant digits, those before the point all written: "1.23", "12.3", "123", "1,234".
std::string significant(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value) || size >= 999.5) {
    return std::isfinite(value) ? with_commas(fmt::format("{:.0f}", value)) : fmt::format("{}", value);
  }
  return size >= 99.95 ? fmt::format("{:.0f}", value)
                       : (size >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value));
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

/// `value` in the first unit, each `step` times the one before, in which three digits say it.
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

}  // namespace

std::string bytes_text(double bytes) {
  if (std::abs(bytes) < 9999.5) {
    return with_commas(fmt::format("{:.0f}", bytes)) + " B";
  }
  return in_units(bytes / 1e3, 1e3, std::array{"kB", "MB", "GB", "TB", "PB"}, false);
}

std::string kib_text(double bytes) {
  if (std::abs(bytes) < 1024) {
    return fmt::format("{:.0f} B", bytes);
  }
  return in_units(bytes / 1024, 1024, std::array{"KiB", "MiB", "GiB"}, true);
}

std::string time_text(double us) {
  const double size = std::abs(us);
  if (size < 0.9995) {
    return us == 0 ? fmt::format("0 {}", kMicro) : trimmed(significant(us * 1e3)) + " ns";
  }
  if (size < 99.995) {
    return fmt::format("{:.2f} {}", us, kMicro);
  }
  return in_units(us, 1e3, std::array{kMicro, "ms", "s"}, false);
}

std::string count_text(std::int64_t n) { return with_commas(fmt::format("{}", n)); }

std::string ratio_text(double ratio) { return significant(ratio) + kTimes; }

bool is_error(float value, Family family) {
  const bool may_be_least = family == Family::s || family == Family::statistic;
  return !std::isfinite(value) && !(may_be_least && std::isinf(value) && value < 0);
}

std::string value_text(float value) {
  if (!std::isfinite(value)) {
    return std::isnan(value) ? "NaN" : (value > 0 ? "inf" : "-inf");
  }
  const double size = std::abs(static_cast<double>(value));
  if (size < 1e4 && size * 2 == std::floor(size * 2)) {
    return trimmed(fmt::format("{:.1f}", value == 0 ? 0.F : value));
  }
  if (size < 0.0005 || size >= 99999.5) {
    return fmt::format("{:.0e}", value);
  }
  return fmt::format("{:.{}f}", value, size < 9.9995 ? 3 : (size < 99.995 ? 2 : (size < 999.95 ? 1 : 0)));
}

}  // namespace scope
