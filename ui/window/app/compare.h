// Two runs side by side in lock-step, and how they differ: bytes, time, memory.
#pragma once

#include "ui/window/app/layout.h"
#include "ui/window/app/topbar.h"

namespace app {

/// `second.view` is moved with the first's. The first context's view holds how the two are aligned.
void compare_screen(views::Context& first, views::Context& second, const Layout& at, const Lists& lists,
                    const views::StageOptions& options);

}  // namespace app
