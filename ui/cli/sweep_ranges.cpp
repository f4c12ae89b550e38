#include "ui/cli/sweep_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/base/error.h"
#include "sim/machine/machine.h"
#include "sim/scenario/scenario.h"
#include "ui/cli/scenario_flags.h"

namespace cli {
namespace {

constexpr double kLargestExact = 9007199254740992.0;  // 2^53

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_text_key(const std::string& key) {
  const sim::ScenarioField* field = sim::find_scenario_field(key);
  return field != nullptr && field->kind != sim::ScenarioField::Kind::whole;
}

/// A number as a flag takes it: whole ones without a point.
std::string value_text(double value) {
  return value == std::floor(value) && std::abs(value) < kLargestExact
             ? fmt::format("{}", static_cast<std::int64_t>(value))
             : fmt::format("{}", value);
}

[[noreturn]] void refuse(const std::string& where, const std::string& message) {
  throw sim::Error(where, message, "a range is FIRST:LAST:*FACTOR or FIRST:LAST:+STEP; a list is A,B,C");
}

std::vector<std::string> range_of(const std::vector<std::string>& parts, const std::string& where) {
  if (parts.size() != 3 || parts[2].size() < 2 || (parts[2][0] != '*' && parts[2][0] != '+')) {
    refuse(where, "is no range");
  }
  const double first = number_of(parts[0], where), last = number_of(parts[1], where);
  const double step = number_of(parts[2].substr(1), where);
  const bool product = parts[2][0] == '*';
  if (!std::isfinite(first) || !std::isfinite(last) || !std::isfinite(step) || first > last) {
    refuse(where, "its first value must not exceed its last");
  }
  if (product ? step <= 1 || first <= 0 : step <= 0) {
    refuse(where,
           product ? "a factor must be more than 1, and the first value more than 0" : "a step must be more than 0");
  }
  std::vector<std::string> values;
  double value = first;
  for (std::size_t i = 1; value <= last; ++i) {
    if (values.size() == kSweepPointsMax) {
      refuse(where, fmt::format("has more than {} points", kSweepPointsMax));
    }
    values.push_back(value_text(value));
    value = product ? value * step : first + static_cast<double>(i) * step;
  }
  return values;
}

}  // namespace

SweepAxis parse_axis(const std::string& text) {
  const std::string where = "--over " + text;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    refuse(where, "is no KEY=RANGE");
  }
  SweepAxis axis{text.substr(0, equals), {}};
  const std::string range = text.substr(equals + 1);
  is_machine_key(axis.key, where);  // throws if it is no key at all
  const bool list = is_text_key(axis.key) || range.find(':') == std::string::npos;
  axis.values = list ? split(range, ',') : range_of(split(range, ':'), where);
  sim::Scenario scratch;
  for (const std::string& value : axis.values) {
    set_by_key(scratch, axis.key, value, where);
  }
  return axis;
}

std::size_t count_points(const std::vector<SweepAxis>& axes) {
  std::size_t points = 1;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (axes[i].key == axes[j].key) {
        throw sim::Error("--over", fmt::format("'{}' is given twice", axes[i].key), "join its values: A,B,C");
      }
    }
    if (axes[i].values.size() > kSweepPointsMax / points) {
      throw sim::Error("--over", fmt::format("more than {} points", kSweepPointsMax));
    }
    points *= axes[i].values.size();
  }
  return points;
}

std::vector<std::string> point_of(const std::vector<SweepAxis>& axes, std::size_t index) {
  std::vector<std::string> values(axes.size());
  for (std::size_t i = axes.size(); i-- > 0;) {
    values[i] = axes[i].values[index % axes[i].values.size()];
    index /= axes[i].values.size();
  }
  return values;
}

}  // namespace cli
