// Everything that can be done, by name: the keys, the sheet behind '?', the palette and tooltips come from this table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace app {

/// A key as GLFW numbers it: printable keys by their ASCII capital, others from 256.
struct KeyPress {
  int key = 0;
  bool shift = false, ctrl = false, alt = false;
  bool operator==(const KeyPress&) const = default;
};

enum class Group { run, places, view, panels, files, lesson };

struct Command {
  const char* name;  ///< "step_forward": of the strings' keys ("command.step_forward") and of [keys] in the settings
  Group group;
  const char* keys;  ///< "Right", "Ctrl+Shift+P|F1"; empty: palette only
};
std::span<const Command> commands();
const Command* find_command(std::string_view name);

/// Presets of keys: "arrows", "debugger" (F5, F9, F10, F11), "ripes" (F3 to F8).
enum class KeyPreset { arrows, debugger, ripes };

class KeyMap {
 public:
  explicit KeyMap(KeyPreset preset = KeyPreset::arrows);
  /// Throws sim::Error: unknown command with the nearest, unknown key.
  void bind(const std::string& command, const std::string& keys);
  /// The command of a key, or null.
  const Command* find(const KeyPress& press) const;
  /// As shown: "Shift+→"; the first if there are several; "" if none.
  std::string shown(std::string_view command) const;
  std::vector<std::string> all_shown(std::string_view command) const;

 private:
  struct Binding {
    KeyPress press;
    std::string shown;
    const Command* command;
  };
  void add(const Command& command, const std::string& keys);
  std::vector<Binding> bindings_;
};

/// Throws sim::Error for what is no key.
KeyPress parse_key(const std::string& text);
std::string shown_key(const KeyPress& press);

}  // namespace app
