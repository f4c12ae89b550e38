#include "ui/cli/measured.h"

#include <fmt/format.h>

#include "ui/cli/format.h"
#include "ui/cli/validate_output.h"

namespace cli {

std::string measured_text(const sim::FoundPoint& found, const sim::Report& report, bool timing) {
  if (!found) {
    return "";
  }
  const sim::MeasuredPoint& point = *found.point;
  const sim::MeasuredTime& time = point.time_us;
  std::string out = fmt::format("\n{} {}\n", painted(Paint::bold, "The same on a card"), badge_text("measured"));
  out += fmt::format("  {}   (80 % of {} runs within {} to {})", painted(Paint::bold, time_text(time.median)),
                     time.samples, time_text(time.p10), time_text(time.p90));
  if (timing) {
    out += fmt::format("   simulated {}: {}", time_text(report.time_us),
                       painted(Paint::bold, error_text(report.time_us / time.median - 1)));
  }
  std::string how = fmt::format("{}, driver {}, CUDA {}, {}", found.file->card.name, found.file->driver,
                                found.file->toolkit, found.file->date);
  how += point.clock_mhz ? fmt::format("; {:.0f} MHz", point.clock_mhz->median) : "";
  how += point.power_w ? fmt::format("; {:.0f} W", *point.power_w) : "";
  how += fmt::format("; {} L2. {}", point.cold_l2 ? "cold" : "warm", found.file->conditions);
  constexpr int kWidth = 100;
  return out + "\n" + wrapped(how, 2, kWidth);
}

Json measured_json(const sim::FoundPoint& found, const sim::Report& report, bool timing) {
  if (!found) {
    return nullptr;
  }
  const sim::MeasuredPoint& point = *found.point;
  const sim::MeasuredTime& time = point.time_us;
  return {{"time_us", time.median},
          {"p10_us", time.p10},
          {"p90_us", time.p90},
          {"samples", time.samples},
          {"error", timing ? Json(report.time_us / time.median - 1) : Json(nullptr)},
          {"clock_mhz", point.clock_mhz ? Json(point.clock_mhz->median) : Json(nullptr)},
          {"power_w", point.power_w ? Json(*point.power_w) : Json(nullptr)},
          {"l2", point.cold_l2 ? "cold" : "warm"},
          {"held_back", point.held_back},
          {"card", found.file->card.name},
          {"driver", found.file->driver},
          {"toolkit", found.file->toolkit},
          {"date", found.file->date},
          {"conditions", found.file->conditions},
          {"file", found.file->path},
          {"badge", "measured"}};
}

}  // namespace cli
