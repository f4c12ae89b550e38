// The stage: HBM below with every matrix as a grid of tiles to scale, L2, one SM with its SMEM slots, registers and
// units above, and beside them the whole GPU. Tiles travel between the levels.
#pragma once

#include <string>
#include <vector>

#include "ui/window/views/context.h"

namespace views {

/// What a lesson points at: a tensor, a kind of tile, or a level (HBM, L2, SM, SMEM, registers).
struct Pointed {
  std::string name;  ///< see object_name
  int number = 0;    ///< in the ring beside its name (projector); 0: none
  bool lit = false;
};
/// HBM, L2, SM, SMEM, registers.
bool is_level(const std::string& name);
/// The name that lessons and the stage both know: "m" for "*m*" and "mi", "l" for "*ℓ*", "alpha", "K" for "Kj".
std::string object_name(const std::string& rich);
/// What words mean on this stage, marked with a tensor's colour or not: "" if there is no such thing.
std::string object_of(const std::string& words, scope::Family family, const scope::Run& run, const scope::Frame& frame);

/// What of the stage is shown. The whole-GPU column is left out in comparisons and on projectors.
struct StageOptions {
  bool whole_gpu = true;
  bool l2 = true;
  bool numbers_in_rings = false;   ///< projector: 1..9 beside names
  std::vector<Pointed> pointed{};  ///< lesson
  bool choose_levels = false;      ///< a click anywhere chooses the level there
};
void stage(Context& context, const draw::Rect& area, const StageOptions& options = {});

}  // namespace views
