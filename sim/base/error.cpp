#include "sim/base/error.h"

namespace sim {

void check_failed(const char* expression, const char* file, int line) {
  throw std::logic_error(std::string(file) + ":" + std::to_string(line) + ": check failed: " + expression);
}

}  // namespace sim
