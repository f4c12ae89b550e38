#include "ui/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "ui/cli/format.h"

namespace cli {

Progress::Progress(std::size_t total) : total_(total), shown_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (shown_) {
    std::fputs("\r\x1b[K", stderr);
  }
}

void Progress::show(std::size_t done) const {
  if (shown_) {
    fmt::print(stderr, "\r  {} {}/{} ", bar(static_cast<double>(done) / static_cast<double>(total_), 40), done, total_);
    std::fflush(stderr);
  }
}

}  // namespace cli
