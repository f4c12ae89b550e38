// One value in its cell, of a tile on the chip or of a matrix in HBM. Only stage_*.cpp include this.
#pragma once

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

/// In ink; infinity and NaN in the colour of errors. Nothing for an element that nothing has written yet.
void draw_value(Scene& scene, const Rect& cell, float value, const NumberFormat& format, Family family);

}  // namespace views::on_stage
