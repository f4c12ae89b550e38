// Pictures in files.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace platform {

/// RGBA, 8 bits each, rows from the top. Throws sim::Error naming the file.
void write_png(const std::string& path, std::span<const std::uint8_t> rgba, int width, int height);

}  // namespace platform
