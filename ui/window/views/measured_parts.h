// What the parts of the tab "Simulated vs measured" share.
#pragma once

#include <string>

#include "ui/window/views/context.h"
#include "ui/window/views/dock.h"
#include "ui/window/views/dock_parts.h"

namespace views {

/// An algorithm's shape, in its colour; hollow: held back while the model was made.
void algorithm_mark(draw::Painter& painter, const std::string& algorithm, draw::Point center, float radius,
                    bool hollow);
/// Its title; "all" in the strings' words.
std::string algorithm_words(const Context& context, const std::string& algorithm);
/// A point's card: what ran, both times, on which card and how.
draw::HoverCard card_of(const Context& context, const sim::FoundPoint& at, double simulated_us);
/// Words and the badge after them; its right end.
float words_with_badge(Context& context, draw::Point at, std::string_view words, draw::Badge badge);

/// The run's own point: simulated and measured, kernel by kernel.
void measured_bars(Context& context, draw::Rect area, const scope::Measured& measured, const sim::FoundPoint& own);
/// Errors by algorithm; its marks are the chart's legend.
void measured_table(Context& context, draw::Rect area, const scope::Measured& measured);

}  // namespace views
