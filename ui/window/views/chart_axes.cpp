// Axes: where numbers stand, and how they are written.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/chart.h"

namespace views {

namespace {

// 1, 2 or 5 times a power of ten, at least `least`.
double nice_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) {
      return factor * power;
    }
  }
  return 10 * power;
}

std::vector<double> linear_ticks(const Axis& axis, double count) {
  const double range = axis.to - axis.from;
  if (!(range > 0) || !std::isfinite(range)) {
    return {};
  }
  const double step = nice_step(range / count);
  std::vector<double> out;
  for (double i = std::ceil(axis.from / step - 1e-9); i * step <= axis.to + 1e-9 * range; ++i) {
    out.push_back(i * step);
  }
  return out;
}

std::vector<double> log_ticks(const Axis& axis, double count) {
  const double low = std::log10(axis.from), high = std::log10(axis.to);
  if (!(high > low) || !std::isfinite(high - low)) {
    return {};
  }
  const double decades = high - low;
  const std::vector<double> within = decades * 3 <= count ? std::vector<double>{1, 2, 5} : std::vector<double>{1};
  std::vector<double> out;
  for (double every = std::max(1.0, std::ceil(decades / count)); every >= 1 && out.size() < 2; --every) {
    out.clear();
    for (double e = std::floor(high + 1e-9); e >= std::floor(low); e -= every) {
      for (const double factor : within) {
        const double value = factor * std::pow(10.0, e);
        if (value >= axis.from * (1 - 1e-9) && value <= axis.to * (1 + 1e-9)) {
          out.push_back(value);
        }
      }
    }
  }
  std::sort(out.begin(), out.end());
  return out.size() >= 2 ? out : linear_ticks(axis, count);
}

}  // namespace

std::string number_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e6) {
    return fmt::format("{:.3g}", value);
  }
  std::string digits = size >= 100 || size == std::floor(size) ? fmt::format("{:.0f}", value)
                       : size >= 10                            ? fmt::format("{:.1f}", value)
                                                               : fmt::format("{:.3g}", value);
  for (int at = static_cast<int>(digits.find_first_of(".e") != std::string::npos ? 0 : digits.size()) - 3;
       at > (value < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string without_zeros(std::string words) {
  const std::size_t point = words.find('.'), end = std::min(words.find(' '), words.size());
  if (point == std::string::npos || point > end) {
    return words;
  }
  std::size_t kept = end;
  while (words[kept - 1] == '0') {
    --kept;
  }
  kept -= words[kept - 1] == '.' ? 1 : 0;
  return words.erase(kept, end - kept);
}

std::vector<double> ticks_of(const Axis& axis, float px, float px_apart) {
  if (!axis.at.empty()) {
    return axis.at;
  }
  const double count = std::max(1.0, std::floor(static_cast<double>(px / px_apart)));
  return axis.log ? log_ticks(axis, count) : linear_ticks(axis, count);
}

Axis axis_up_to(double highest) {
  Axis axis;
  axis.to = highest > 0 ? 1.12 * highest : 1;
  return axis;
}

Axis log_axis(double lowest, double highest) {
  Axis axis;
  axis.log = true;
  const double middle = std::sqrt(lowest * highest);
  const double around = std::max(std::sqrt(highest / lowest) * 2.0, 3.0);
  axis.from = middle / around;
  axis.to = middle * around;
  return axis;
}

}  // namespace views
