// Panels beside the stage: the tile program with its running line, the state of the block, online softmax row by row.
#pragma once

#include "ui/scope/softmax_row.h"
#include "ui/window/views/context.h"

namespace views {

void program_panel(Context& context, const draw::Rect& area);
/// m, l, alpha, P, O of one row as the program's statements, with numbers put in: done, running, next.
void state_panel(Context& context, const draw::Rect& area);
/// Blackboard size: the whole table of one row beside safe softmax, and its history as curves.
void softmax_panel(Context& context, const draw::Rect& area);

}  // namespace views
