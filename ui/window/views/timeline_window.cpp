// Which part of a run the timeline shows.
#include <algorithm>

#include "ui/window/views/dock.h"

namespace views {

namespace {

constexpr double kTilesAround = 3.5;  // K/V tiles seen when nothing else is asked for
constexpr double kOpsAround = 12;     // for blocks without such tiles

}  // namespace

std::pair<double, double> timeline_window(const scope::Run& run, const scope::Frame& frame, const scope::View& view) {
  if (view.to_us > view.from_us) {
    return {view.from_us, view.to_us};
  }
  const double end = run.end_us();
  const scope::BlockRun& block = run.block_run(frame.at.kernel, frame.at.block);
  const double steps = frame.iterations > 1 ? frame.iterations : static_cast<double>(frame.at.count) / 3;
  const double seen = frame.iterations > 1 ? kTilesAround : kOpsAround / 3;
  const double width = std::min(end, (block.end_us - block.begin_us) * std::min(1.0, seen / std::max(1.0, steps)));
  const double t = frame.cursor.t_us;
  double from = std::clamp(t - width / 2, 0.0, std::max(0.0, end - width)), to = from + std::max(width, end * 1e-6);
  if (frame.at.idle) {  // as far as the nearest block, so that something is seen
    from = std::max(0.0, std::min(from, block.end_us - width / 2));
    to = std::min(end, std::max(to, block.begin_us + width / 2));
  }
  return {from, to};
}

void move_timeline(const scope::Run& run, std::pair<double, double> window, double factor, double center_us,
                   double shift, scope::View& view) {
  const double end = run.end_us(), width = window.second - window.first;
  const double to_width = std::clamp(width * factor, end * 1e-7, end);
  const double left = center_us - (center_us - window.first) * to_width / width + shift * width;
  view.from_us = std::clamp(left, 0.0, std::max(0.0, end - to_width));
  view.to_us = view.from_us + to_width;
}

}  // namespace views
