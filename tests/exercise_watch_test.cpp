// attoscope exercise watch: through pipes, and on a terminal.
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/exercise_support.h"

using namespace cli_test;  // NOLINT(google-build-using-namespace)

TEST_CASE("watch checks again after a save, and says how long it took", "[cli][exercise][slow]") {
  const Student student;
  Outcome outcome;
  std::thread watching([&] { outcome = student.run("exercise watch --once"); });
  // The first verdict leaves its failure before the watch begins to wait.
  for (int n = 0; n < 600 && !fs::exists(student.file("failures")); ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  student.put("notes.txt", "not minded");
  student.put(".4913", "an editor's");
  const std::string other = text_of(student.file("3_merge.cpp"));
  student.put("3_merge.cpp", other + "\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  student.solve("safe-softmax", kFirst + "~");
  fs::rename(student.file(kFirst + "~"), student.file(kFirst));  // as many editors save
  watching.join();
  INFO(outcome.out << outcome.err);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.out, "Stage 1 passed!"));
  CHECK(contains(outcome.out, "3_merge.cpp was saved; 1_safe_softmax.cpp is the one that is watched."));
  CHECK(contains(outcome.out, "s from the save to the verdict"));
}

namespace {

/// The program with a terminal of its own.
class Terminal {
 public:
  Terminal(const fs::path& folder, const std::vector<std::string>& words) {
    master_ = posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE((master_ >= 0 && grantpt(master_) == 0 && unlockpt(master_) == 0));
    const std::string name = ptsname(master_);
    slave_ = open(name.c_str(), O_RDWR | O_NOCTTY);
    std::vector<char*> arguments;
    for (const std::string& word : words) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    child_ = fork();
    if (child_ == 0) {
      setsid();
      const int own = open(name.c_str(), O_RDWR);
      for (const int descriptor : {0, 1, 2}) {
        dup2(own, descriptor);
      }
      unsetenv("DISPLAY");
      unsetenv("WAYLAND_DISPLAY");
      setenv("TERM", "xterm", 1);
      if (chdir(folder.c_str()) == 0) {
        execv(ATTOSCOPE_BINARY, arguments.data());
      }
      _exit(127);
    }
  }
  ~Terminal() {
    kill(child_, SIGKILL);
    close(master_);
    close(slave_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Whether the words come within a minute.
  bool shows(const std::string& words) {
    for (int n = 0; n < 600; ++n) {
      if (const std::size_t at = seen_.find(words); at != std::string::npos) {
        seen_.erase(0, at + words.size());
        return true;
      }
      pollfd input{master_, POLLIN, 0};
      char bytes[4096];
      if (poll(&input, 1, 100) > 0) {
        const ssize_t count = read(master_, bytes, sizeof bytes);
        seen_.append(bytes, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      }
    }
    UNSCOPED_INFO(seen_);
    return false;
  }
  void press(const std::string& keys) const { CHECK(write(master_, keys.data(), keys.size()) > 0); }
  void signal(int number) const { kill(child_, number); }
  bool echoes() const {
    termios now{};
    tcgetattr(slave_, &now);
    return (now.c_lflag & ICANON) != 0 && (now.c_lflag & ECHO) != 0;
  }
  int wait() const {
    int status = 0;
    waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int master_ = -1, slave_ = -1;
  pid_t child_ = -1;
  std::string seen_;
};

}  // namespace

TEST_CASE("watch takes keys on a terminal, and leaves it as it was", "[cli][exercise][slow]") {
  const Student student;
  student.put("exercise.h", "changed: so no verdict takes time\n");
  for (const bool by_key : {true, false}) {
    Terminal terminal(student.work(), {"attoscope", "exercise", "watch"});
    REQUIRE(terminal.shows("q quit"));
    CHECK_FALSE(terminal.echoes());
    terminal.press("h");
    CHECK(terminal.shows("Hint "));
    terminal.press("l");
    CHECK(terminal.shows("0/4"));
    terminal.press("p");
    CHECK(terminal.shows("This is the first stage."));
    terminal.press("n");
    CHECK(terminal.shows("Stage 2 of 4"));
    CHECK(terminal.shows("q quit"));
    terminal.press("o");
    CHECK(terminal.shows("no failing moment"));
    terminal.press("c");
    CHECK(terminal.shows("Stage 4 of 4"));
    CHECK(terminal.shows("q quit"));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    student.put("2_online_softmax.cpp", by_key ? "saved" : "saved again");
    CHECK(terminal.shows("from the save to the verdict"));
    CHECK(terminal.shows("q quit"));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    by_key ? terminal.press("q") : terminal.signal(SIGTERM);
    CHECK(terminal.wait() == 1);
    CHECK(terminal.echoes());
  }
}
