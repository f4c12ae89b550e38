#include "ui/cli/assets.h"

#include <cstdlib>
#include <filesystem>

#include "sim/base/error.h"

#ifndef ATTOSCOPE_INSTALLED_ASSETS
#define ATTOSCOPE_INSTALLED_ASSETS "../share/attoscope/assets"
#endif

namespace cli {
namespace {

namespace fs = std::filesystem;

std::string find_assets() {
  std::error_code ignored;
  if (const char* chosen = std::getenv("ATTOSCOPE_ASSETS"); chosen != nullptr && *chosen != '\0') {
    if (!fs::is_directory(chosen, ignored)) {
      throw sim::Error("ATTOSCOPE_ASSETS", std::string("'") + chosen + "' is no folder");
    }
    return chosen;
  }
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path installed = (program.parent_path() / ATTOSCOPE_INSTALLED_ASSETS).lexically_normal();
  for (const fs::path& candidate : {installed, fs::path(ATTOSCOPE_SOURCE_ASSETS)}) {
    if (fs::is_directory(candidate / "machines", ignored)) {
      return candidate.string();
    }
  }
  throw sim::Error("assets", "found neither '" + installed.string() + "' nor '" ATTOSCOPE_SOURCE_ASSETS "'",
                   "set ATTOSCOPE_ASSETS to the folder that holds machines/ and presets/");
}

}  // namespace

const std::string& assets_directory() {
  static const std::string directory = find_assets();
  return directory;
}

}  // namespace cli
