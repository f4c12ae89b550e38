// A log as an SVG picture. Text stays text.
#pragma once

#include <string>

#include "ui/window/draw/painter.h"

namespace draw {

std::string to_svg(const Log& log, float width, float height, Color background);

}  // namespace draw
