// The window at the moment where a student's program goes wrong.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "ui/cli/exercise_command.h"

namespace cli {

namespace {

#if defined(ATTOSCOPE_HAS_WINDOW)
constexpr bool kHasWindow = true;
#else
constexpr bool kHasWindow = false;
#endif

bool has_display() {
#ifdef __APPLE__
  return true;
#else
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
#endif
}

/// Becomes the window. Returns only if that can't be.
void become_window(const std::string& path) {
  std::string words[] = {"attoscope", "window", "--open", path};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  execv("/proc/self/exe", arguments);
  execvp(arguments[0], arguments);
}

/// A grandchild, so that nobody has to wait for its end.
bool start_beside(const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() == 0) {
      std::freopen("/dev/null", "r", stdin);
      std::freopen("/dev/null", "w", stdout);
      std::freopen("/dev/null", "w", stderr);
      become_window(path);
    }
    _exit(0);
  }
  return child > 0 && waitpid(child, nullptr, 0) == child;
}

}  // namespace

std::string open_failure(Language language, const std::string& path, bool beside) {
  if (!kHasWindow) {
    return say(language,
               {"This attoscope was built without the window, which could open {}.\n",
                "这个 attoscope 编译时没有带窗口，无法打开 {}。\n"},
               path);
  }
  if (!has_display()) {
    return say(
        language,
        {"There is no display here, so no window. A picture of that moment:\n  attoscope render {} -o failure.png\n",
         "这里没有显示器，无法打开窗口。可以生成那一刻的图片：\n  attoscope render {} -o failure.png\n"},
        path);
  }
  if (beside && start_beside(path)) {
    return say(language, {"The window opens {}.\n", "正在窗口中打开 {}。\n"}, path);
  }
  if (!beside) {
    std::fflush(nullptr);
    become_window(path);
  }
  return say(language, {"The window can't be opened: {}\n", "无法打开窗口：{}\n"}, std::strerror(errno));
}

}  // namespace cli
