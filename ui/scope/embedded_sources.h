// The tile programs' sources, put into the program by the build.
#pragma once

#include <vector>

namespace scope {

struct EmbeddedSource {
  const char* path;  ///< from the top of the repository
  const char* text;
};
const std::vector<EmbeddedSource>& embedded_sources();

}  // namespace scope
