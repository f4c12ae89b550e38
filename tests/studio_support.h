// A window without a display that looks the same every time: what tests, pictures and benchmarks of it begin with.
#pragma once

#include <string>

#include "ui/window/platform/studio.h"

namespace tests {

inline app::Options studio_options() {
  app::Options options;
  options.assets = ATTOSCOPE_SOURCE_ASSETS;
  options.background = false;
  options.files = false;
  options.settings.reduced_motion = true;
  return options;
}

/// The file of a scenario that comes with the project.
inline std::string built_in(const std::string& scenario) {
  return std::string(ATTOSCOPE_SOURCE_ASSETS) + "/scenarios/" + scenario + ".toml";
}

/// Opens it and waits for its first picture.
inline void open_built_in(platform::Studio& studio, const std::string& scenario) {
  studio.app().open_file(built_in(scenario));
  studio.settle();
}

}  // namespace tests
