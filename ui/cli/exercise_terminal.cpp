#include "ui/cli/exercise_terminal.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace cli {

namespace {

// For the handler: only what may be used in one.
termios before;
volatile std::sig_atomic_t changed = 0, asked = 0;

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
std::array<struct sigaction, kSignals.size()> handlers_before;
struct sigaction continue_before;

void set_keys() {
  termios keys = before;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  keys.c_cc[VMIN] = 0;
  keys.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

void on_end(int signal) {
  const bool again = asked != 0;
  asked = 1;
  if (again) {
    if (changed != 0) {
      tcsetattr(STDIN_FILENO, TCSANOW, &before);
    }
    _exit(128 + signal);
  }
}

// After Ctrl+Z and fg the shell has set the terminal back.
void on_continue(int) {
  if (changed != 0) {
    set_keys();
  }
}

}  // namespace

KeyInput::KeyInput() : terminal_(isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &before) == 0) {
  asked = 0;
  struct sigaction end {};
  end.sa_handler = on_end;
  for (std::size_t n = 0; n < kSignals.size(); ++n) {
    sigaction(kSignals[n], &end, &handlers_before[n]);
  }
  struct sigaction again {};
  again.sa_handler = on_continue;
  sigaction(SIGCONT, &again, &continue_before);
  if (terminal_) {
    changed = 1;
    set_keys();
  }
}

KeyInput::~KeyInput() {
  if (terminal_) {
    changed = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
  }
  for (std::size_t n = 0; n < kSignals.size(); ++n) {
    sigaction(kSignals[n], &handlers_before[n], nullptr);
  }
  sigaction(SIGCONT, &continue_before, nullptr);
}

int KeyInput::descriptor() const { return terminal_ && !ended_ ? STDIN_FILENO : -1; }

char KeyInput::key() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char key = 0;
  if (descriptor() < 0 || poll(&input, 1, 0) <= 0) {
    return 0;
  }
  if (read(STDIN_FILENO, &key, 1) != 1) {
    ended_ = true;  // the terminal is gone
    asked = 1;
    return 0;
  }
  return key;
}

void KeyInput::forget() {
  if (terminal_) {
    tcflush(STDIN_FILENO, TCIFLUSH);
  }
}

bool KeyInput::stopped() { return asked != 0; }

}  // namespace cli
