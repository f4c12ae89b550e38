// Single keys from a terminal, and their end on a signal.
#pragma once

namespace cli {

/// While it lives, keys come one by one and unechoed if stdin is a terminal. The terminal is as it was when it goes,
/// and when a signal ends the program. There is one at a time.
class KeyInput {
 public:
  KeyInput();
  ~KeyInput();
  KeyInput(const KeyInput&) = delete;
  KeyInput& operator=(const KeyInput&) = delete;

  bool is_terminal() const { return terminal_; }
  int descriptor() const;  ///< to wait on; -1 if there are no keys to come
  char key();              ///< 0: none is there
  void forget();           ///< keys that were pressed meanwhile
  static bool stopped();   ///< a signal asks for the end; a second one ends the program at once

 private:
  bool terminal_ = false, ended_ = false;
};

}  // namespace cli
