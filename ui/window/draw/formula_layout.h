// Formulas: from a tree to boxes.
#pragma once

#include <span>

#include "ui/window/draw/formula_box.h"
#include "ui/window/draw/formula_tree.h"

namespace draw::formula {

Box set(const Node& node, const Style& style);
/// What stands in a row, with the spaces between.
Box set_list(std::span<const Node> nodes, const Style& style);

}  // namespace draw::formula
