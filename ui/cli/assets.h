// Where machines and presets are.
#pragma once

#include <string>

namespace cli {

/// $ATTOSCOPE_ASSETS if it is set; else the folder beside the installed program; else that of the source tree.
/// Throws sim::Error if there is none.
const std::string& assets_directory();

}  // namespace cli
