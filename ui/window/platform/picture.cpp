#include "ui/window/platform/picture.h"

#include <cerrno>
#include <cstring>

#include "sim/base/error.h"

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb_image_write.h>
#pragma GCC diagnostic pop

namespace platform {

void write_png(const std::string& path, std::span<const std::uint8_t> rgba, int width, int height) {
  SIM_CHECK(rgba.size() == 4U * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  stbi_write_png_compression_level = 5;  // the fastest that stb has
  errno = 0;
  if (stbi_write_png(path.c_str(), width, height, 4, rgba.data(), 4 * width) == 0) {
    const std::string reason = errno != 0 ? std::strerror(errno) : "the picture could not be packed";
    throw sim::Error(path, "cannot be written: " + reason, "check the folder and the space left");
  }
}

}  // namespace platform
