// The stage: HBM below with every matrix as a grid of tiles to scale, L2, one SM with its SMEM slots, registers and
// units above, and beside them the whole GPU. Tiles travel between the levels.
#pragma once

#include "ui/window/views/context.h"

namespace views {

/// What of the stage is shown. The whole-GPU column is left out in comparisons and on projectors.
struct StageOptions {
  bool whole_gpu = true;
  bool l2 = true;
  bool numbers_in_rings = false;  ///< projector: 1..9 beside names
};
void stage(Context& context, const draw::Rect& area, const StageOptions& options = {});

}  // namespace views
