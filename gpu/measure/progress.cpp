#include "measure/progress.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <numeric>

namespace measure {

Progress::Progress(std::vector<double> work)
    : work_(std::move(work)),
      total_(std::accumulate(work_.begin(), work_.end(), 0.0)),
      terminal_(isatty(STDERR_FILENO) != 0),
      begin_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (terminal_) {
    std::fputs("\r\033[K", stderr);
  }
}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

std::string Progress::eta() const {
  if (done_ <= 0) {
    return "--:--";
  }
  const int left = static_cast<int>(seconds() * (total_ - done_) / done_ + 0.5);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%d:%02d", left / 60, left % 60);
  return text.data();
}

void Progress::begin(const std::string& what) {
  what_ = what;
  ++step_;
  if (terminal_) {
    constexpr int kWidth = 24;
    const int filled = total_ > 0 ? static_cast<int>(kWidth * done_ / total_) : 0;
    const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    std::fprintf(stderr, "\r\033[K[%s] %zu/%zu, %s left  %.70s", bar.c_str(), step_, work_.size(), eta().c_str(),
                 what.c_str());
  }
}

void Progress::end(const std::string& result) {
  if (step_ >= 1 && step_ <= work_.size()) {
    done_ += work_[step_ - 1];
  }
  if (!terminal_ && !result.empty()) {
    std::fprintf(stderr, "%zu/%zu %s: %s\n", step_, work_.size(), what_.c_str(), result.c_str());
  }
}

void Progress::say(const std::string& line) const {
  std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\033[K" : "", line.c_str());
}

}  // namespace measure
