// Beside the stage when a checker's failure is open: what it said, what the program got and what is right.
#pragma once

#include "ui/scope/failure.h"
#include "ui/window/views/context.h"

namespace views {

/// `moved`: the user looks at another moment; then there is a button "failure.moment" back to the failure's.
/// The command it asks for, if any.
std::optional<std::string> failure_panel(draw::Ui& ui, const draw::Rect& area, const scope::Failure& failure,
                                         const std::string& title, bool moved);

}  // namespace views
