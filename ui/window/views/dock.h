// Below the stage: the caption, the scrub bar with its marks, and the tabs with the evidence.
#pragma once

#include <utility>

#include "ui/scope/measured.h"
#include "ui/window/views/context.h"

namespace views {

/// `words`: a lesson's own sentence; empty: what the op at work does.
void caption_bar(Context& context, const draw::Rect& area, const std::string& words = {});
/// `own`: the run's measurement, if there is one; then its error stands beside the time.
void scrub_bar(Context& context, const draw::Rect& area, const sim::FoundPoint& own = {});
/// The row of tabs. `extra`: words at its right end.
void tab_row(Context& context, const draw::Rect& area);

void timeline_tab(Context& context, const draw::Rect& area);
void bytes_tab(Context& context, const draw::Rect& area);
void roofline_tab(Context& context, const draw::Rect& area);
void memory_tab(Context& context, const draw::Rect& area);
/// `sweep` is the app's; null until it has begun.
void sweep_tab(Context& context, const draw::Rect& area, const scope::Sweep* sweep);
/// `measured` likewise; `own`: the run's own point.
void measured_tab(Context& context, const draw::Rect& area, const scope::Measured* measured,
                  const sim::FoundPoint& own);

/// The part of the run that the timeline shows: the view's, or else a few K/V tiles around the cursor. What zooms and
/// pans starts from here.
std::pair<double, double> timeline_window(const scope::Run& run, const scope::Frame& frame, const scope::View& view);
/// Zooms by `factor` (below 1: in) around `center_us`, pans by `shift` widths; stays within the run.
void move_timeline(const scope::Run& run, std::pair<double, double> window, double factor, double center_us,
                   double shift, scope::View& view);

}  // namespace views
