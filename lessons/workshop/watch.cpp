#include "lessons/workshop/watch.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>

namespace lessons {

namespace {

constexpr double kPollSeconds = 0.3;
constexpr double kRestSeconds = 0.02;  ///< a file that has not changed for so long has been written
constexpr int kRests = 50;

/// Seconds of the system's clock, which files are stamped with.
double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

void rest(double seconds) { poll(nullptr, 0, static_cast<int>(seconds * 1e3)); }

int notifier(const std::string& folder) {
#ifdef __linux__
  const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor >= 0 && inotify_add_watch(descriptor, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE) < 0) {
    close(descriptor);
    return -1;
  }
  return descriptor;
#else
  static_cast<void>(folder);
  return -1;
#endif
}

}  // namespace

FileWatch::FileWatch(std::vector<std::string> paths) : paths_(std::move(paths)) {
  const std::string folder = std::filesystem::path(paths_.at(0)).parent_path().string();
  notify_ = notifier(folder.empty() ? "." : folder);
  for (const std::string& path : paths_) {
    last_.push_back(look(path));
  }
}

FileWatch::~FileWatch() {
  if (notify_ >= 0) {
    close(notify_);
  }
}

FileWatch::Stamp FileWatch::look(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) {
    return {};
  }
#ifdef __APPLE__
  const timespec& time = info.st_mtimespec;
#else
  const timespec& time = info.st_mtim;
#endif
  return {info.st_size, time.tv_sec, time.tv_nsec, static_cast<std::int64_t>(info.st_ino)};
}

/// Whether the file is there and other than before; waits until it stays as it is.
bool FileWatch::settle(std::size_t file) {
  Stamp stamp = look(paths_[file]);
  if (stamp == last_[file] || stamp.size < 0) {
    return false;
  }
  const double seen = now();
  for (int n = 0; n < kRests; ++n) {
    rest(kRestSeconds);
    const Stamp later = look(paths_[file]);
    if (later == stamp && stamp.size > 0) {
      break;
    }
    stamp = later;
  }
  if (stamp.size < 0) {
    return false;  // gone again: an editor between two steps
  }
  last_[file] = stamp;
  saved_ = file;
  const double stamped = static_cast<double>(stamp.seconds) + 1e-9 * static_cast<double>(stamp.nanoseconds);
  saved_at_ = std::clamp(stamped, seen - kPollSeconds, now());  // copies keep old times, servers have other clocks
  return true;
}

FileWatch::Event FileWatch::wait(int input, double seconds) {
  for (double left = seconds;; left -= kPollSeconds) {
    for (std::size_t file = 0; file < paths_.size(); ++file) {
      if (settle(file)) {
        return Event::saved;
      }
    }
    if (left <= 0) {
      return Event::nothing;
    }
    std::array<pollfd, 2> watched = {pollfd{input, POLLIN, 0}, pollfd{notify_, POLLIN, 0}};
    const int ready = poll(watched.data(), watched.size(), static_cast<int>(std::min(left, kPollSeconds) * 1e3));
    if (ready < 0 && errno == EINTR) {
      return Event::nothing;
    }
    if (watched[1].revents != 0) {
      std::array<char, 4096> events{};
      while (read(notify_, events.data(), events.size()) > 0) {
      }
    }
    if (watched[0].revents != 0) {
      return Event::input;
    }
  }
}

double FileWatch::since_saved() const { return std::max(0.0, now() - saved_at_); }

}  // namespace lessons
