// Which rows of the lanes find room above each other.
#include <algorithm>

#include "ui/window/views/timeline_parts.h"

namespace views {

namespace {

constexpr float kGap = 1, kOtherSlots = 3;
constexpr float kComfortable = 19, kLowest = 16, kHighest = 28;  // px of a band with words

// px of a band of this plan, thin ones aside.
float room(const std::vector<Band>& plan, float height) {
  float gaps = 0, thin = 0, full = 0;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    gaps += i > 0 && plan[i].lane != plan[i - 1].lane ? kGap : 0;
    (plan[i].row == kAllOthers ? thin : full) += 1;
  }
  return (height - gaps - thin * kOtherSlots) / std::max(1.0F, full);
}

std::vector<Band> every_row(const LaneRows& rows) {
  std::vector<Band> plan;
  for (std::size_t lane = 0; lane < rows.size(); ++lane) {
    for (const auto& [slot, count] : rows[lane]) {
      for (std::int32_t row = 0; row < count; ++row) {
        plan.push_back({static_cast<scope::Lane>(lane), {}, slot, row});
      }
    }
  }
  return plan;
}

std::vector<Band> every_slot(const LaneRows& rows) {
  std::vector<Band> plan;
  for (std::size_t lane = 0; lane < rows.size(); ++lane) {
    for (const auto& [slot, count] : rows[lane]) {
      plan.push_back({static_cast<scope::Lane>(lane), {}, slot, -1});
    }
  }
  return plan;
}

std::vector<Band> one_slot(const LaneRows& rows, std::int32_t slot) {
  std::vector<Band> plan;
  for (std::size_t lane = 0; lane < rows.size(); ++lane) {
    if (rows[lane].empty()) {
      continue;
    }
    plan.push_back({static_cast<scope::Lane>(lane), {}, slot, -1});
    if (rows[lane].size() > rows[lane].count(slot)) {
      plan.push_back({static_cast<scope::Lane>(lane), {}, slot, kAllOthers});
    }
  }
  return plan;
}

}  // namespace

std::vector<Band> bands(const LaneRows& rows, float height, std::int32_t slot) {
  std::vector<Band> plan = every_row(rows);
  if (room(plan, height) < kComfortable) {
    plan = every_slot(rows);
  }
  if (room(plan, height) < kLowest) {
    plan = one_slot(rows, slot);
  }
  const float full = std::min(kHighest, room(plan, height));
  float y = 0;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    y += i > 0 && plan[i].lane != plan[i - 1].lane ? kGap : 0;
    plan[i].box = {0, y, 0, plan[i].row == kAllOthers ? kOtherSlots : full};
    y = plan[i].box.bottom();
  }
  return plan;
}

}  // namespace views
