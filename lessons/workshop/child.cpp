#include "lessons/workshop/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>

#include "sim/base/error.h"

namespace lessons {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kChannel = 3;
constexpr double kGrace = 0.5;  // seconds from SIGTERM to SIGKILL, in which the program may say where it was

struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      throw sim::Error("pipe", std::strerror(errno));
    }
    read = ends[0], write = ends[1];
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_read() { read >= 0 ? void(close(read)) : void(), read = -1; }
  void close_write() { write >= 0 ? void(close(write)) : void(), write = -1; }
  int read = -1, write = -1;
};

void limit(int what, std::int64_t most) {
  const rlimit both{static_cast<rlim_t>(most), static_cast<rlim_t>(most)};
  setrlimit(static_cast<decltype(RLIMIT_AS)>(what), &both);
}

// Between fork and exec: system calls only.
[[noreturn]] void become(char* const* words, const char* folder, const ChildLimits& limits, int output, int channel) {
  setpgid(0, 0);
  if (limits.memory_bytes > 0) {
    limit(RLIMIT_AS, limits.memory_bytes);
  }
  if (limits.file_bytes > 0) {
    limit(RLIMIT_FSIZE, limits.file_bytes);
  }
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, static_cast<std::int64_t>(limits.seconds) + 1);
  const int nothing = open("/dev/null", O_RDONLY);
  // The channel may hold a low number itself: out of the way first.
  channel = fcntl(channel, F_DUPFD_CLOEXEC, 10);
  output = fcntl(output, F_DUPFD_CLOEXEC, 10);
  if (chdir(folder) != 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
      dup2(channel, kChannel) < 0) {
    _exit(126);
  }
  execvp(words[0], words);
  _exit(127);
}

// Reads both pipes until they end, the time is up, or there is too much.
class Watch {
 public:
  Watch(pid_t child, const ChildLimits& limits, int output, int channel, ChildResult& result)
      : child_(child), limits_(limits), result_(result), begun_(Clock::now()) {
    ends_ = {{{output, POLLIN, 0}, {channel, POLLIN, 0}}};
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }

  int until_end() {
    int status = 0;
    while (true) {
      wait_for_words();
      end_in_time();
      if (waitpid(child_, &status, WNOHANG) == child_) {
        drain();
        return status;
      }
    }
  }

 private:
  void wait_for_words() {
    if (ends_[0].fd < 0 && ends_[1].fd < 0) {
      usleep(1000);
      return;
    }
    if (poll(ends_.data(), ends_.size(), 5) > 0) {
      read_some(0, result_.output, limits_.output_bytes, result_.too_much_output);
      read_some(1, result_.channel, limits_.channel_bytes, result_.too_much_sent);
    }
  }

  bool read_some(std::size_t which, std::string& into, std::int64_t most, bool& too_much) {
    pollfd& end = ends_[which];
    if (end.fd < 0 || end.revents == 0) {
      return false;
    }
    char bytes[16 << 10];
    const ssize_t count = read(end.fd, bytes, sizeof bytes);
    if (count <= 0) {
      end.fd = count < 0 && errno == EAGAIN ? end.fd : -1;
      return false;
    }
    const std::int64_t room = most - static_cast<std::int64_t>(into.size());
    into.append(bytes, static_cast<std::size_t>(std::min<std::int64_t>(room, count)));
    if (room < count && !too_much) {
      too_much = true;
      kill(-child_, SIGKILL);
    }
    return true;
  }

  void end_in_time() {
    const double now = seconds();
    if (now > limits_.seconds && !result_.timed_out) {
      result_.timed_out = true;
      kill(-child_, SIGTERM);
    }
    if (now > limits_.seconds + kGrace) {
      kill(-child_, SIGKILL);
    }
  }

  // What is still in the pipes when the child itself has ended; what it started ends here too.
  void drain() {
    kill(-child_, SIGKILL);
    for (bool more = true; more;) {
      for (pollfd& end : ends_) {
        end.revents = 0;
      }
      more = poll(ends_.data(), ends_.size(), 0) > 0 &&
             (read_some(0, result_.output, limits_.output_bytes, result_.too_much_output) |
              read_some(1, result_.channel, limits_.channel_bytes, result_.too_much_sent));
      more = more && !result_.too_much_output && !result_.too_much_sent;
    }
  }

  pid_t child_;
  const ChildLimits& limits_;
  ChildResult& result_;
  Clock::time_point begun_;
  std::array<pollfd, 2> ends_{};
};

}  // namespace

ChildResult run_child(const std::vector<std::string>& words, const std::string& folder, const ChildLimits& limits) {
  Pipe output, channel;
  std::vector<char*> pointers;
  for (const std::string& word : words) {
    pointers.push_back(const_cast<char*>(word.c_str()));
  }
  pointers.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    throw sim::Error(words[0], std::string("no process can be made: ") + std::strerror(errno));
  }
  if (child == 0) {
    become(pointers.data(), folder.c_str(), limits, output.write, channel.write);
  }
  setpgid(child, child);
  output.close_write();
  channel.close_write();
  ChildResult result;
  Watch watch(child, limits, output.read, channel.read, result);
  const int status = watch.until_end();
  result.seconds = watch.seconds();
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + result.signal;
  return result;
}

}  // namespace lessons
