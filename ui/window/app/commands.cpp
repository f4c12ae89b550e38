#include "ui/window/app/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace app {

namespace {

// '|' separates alternatives. Step keys and bookmarks: product conventions of teaching simulators and debuggers.
constexpr std::array kCommands = {
    Command{"play", Group::run, "Space"},
    Command{"step_forward", Group::run, "Right"},
    Command{"step_back", Group::run, "Left"},
    Command{"op_forward", Group::run, "F11"},
    Command{"op_back", Group::run, "Shift+F11"},
    Command{"tile_forward", Group::run, "Shift+Right"},
    Command{"tile_back", Group::run, "Shift+Left"},
    Command{"iteration_forward", Group::run, "Ctrl+Right|F10"},
    Command{"iteration_back", Group::run, "Ctrl+Left|Shift+F10"},
    Command{"block_forward", Group::run, "Ctrl+PageDown"},
    Command{"block_back", Group::run, "Ctrl+PageUp"},
    Command{"kernel_forward", Group::run, "Shift+PageDown"},
    Command{"kernel_back", Group::run, "Shift+PageUp"},
    Command{"to_start", Group::run, "Home"},
    Command{"to_end", Group::run, "End"},
    Command{"faster", Group::run, "=|Shift+="},
    Command{"slower", Group::run, "-"},
    Command{"continue", Group::run, "F5"},
    Command{"continue_back", Group::run, "Shift+F5"},
    Command{"last_writer", Group::run, "Backspace"},
    Command{"break_here", Group::places, "B|F9"},
    Command{"bookmark_1", Group::places, "1"},
    Command{"bookmark_2", Group::places, "2"},
    Command{"bookmark_3", Group::places, "3"},
    Command{"bookmark_4", Group::places, "4"},
    Command{"bookmark_5", Group::places, "5"},
    Command{"bookmark_6", Group::places, "6"},
    Command{"bookmark_7", Group::places, "7"},
    Command{"bookmark_8", Group::places, "8"},
    Command{"bookmark_9", Group::places, "9"},
    Command{"set_bookmark_1", Group::places, "Ctrl+1"},
    Command{"set_bookmark_2", Group::places, "Ctrl+2"},
    Command{"set_bookmark_3", Group::places, "Ctrl+3"},
    Command{"set_bookmark_4", Group::places, "Ctrl+4"},
    Command{"set_bookmark_5", Group::places, "Ctrl+5"},
    Command{"set_bookmark_6", Group::places, "Ctrl+6"},
    Command{"set_bookmark_7", Group::places, "Ctrl+7"},
    Command{"set_bookmark_8", Group::places, "Ctrl+8"},
    Command{"set_bookmark_9", Group::places, "Ctrl+9"},
    Command{"next_sm", Group::places, "]"},
    Command{"previous_sm", Group::places, "["},
    Command{"row_down", Group::places, "Down"},
    Command{"row_up", Group::places, "Up"},
    Command{"zoom_in", Group::view, "W"},
    Command{"zoom_out", Group::view, "S"},
    Command{"pan_left", Group::view, "A"},
    Command{"pan_right", Group::view, "D"},
    Command{"whole_timeline", Group::view, "Z"},
    Command{"all_heads", Group::view, "H"},
    Command{"projector", Group::view, "P"},
    Command{"theme", Group::view, "T"},
    Command{"language", Group::view, "G"},
    Command{"scale_up", Group::view, "Ctrl+="},
    Command{"scale_down", Group::view, "Ctrl+-"},
    Command{"scale_reset", Group::view, "Ctrl+0"},
    Command{"reduced_motion", Group::view, ""},
    Command{"size_blackboard", Group::view, "Alt+1"},
    Command{"size_lecture", Group::view, "Alt+2"},
    Command{"size_realistic", Group::view, "Alt+3"},
    Command{"compare", Group::panels, "C"},
    Command{"align", Group::panels, "Shift+C"},
    Command{"left_panel", Group::panels, "L"},
    Command{"right_panel", Group::panels, "R"},
    Command{"tab_timeline", Group::panels, "F2"},
    Command{"tab_bytes", Group::panels, "F3"},
    Command{"tab_roofline", Group::panels, "F4"},
    Command{"tab_memory", Group::panels, "F6"},
    Command{"tab_sweep", Group::panels, "F7"},
    Command{"close_tab", Group::panels, "F8"},
    Command{"tab_over_stage", Group::panels, "F12"},
    Command{"reset_layout", Group::panels, ""},
    Command{"help", Group::panels, "Shift+/|?"},
    Command{"palette", Group::panels, "Ctrl+Shift+P|F1"},
    Command{"clear", Group::panels, "Escape"},
    Command{"copy_scenario", Group::files, "Ctrl+C"},
    Command{"paste_scenario", Group::files, "Ctrl+V"},
    Command{"save_scenario", Group::files, "Ctrl+S"},
    Command{"save_picture", Group::files, "Ctrl+P"},
    Command{"save_csv", Group::files, "Ctrl+E"},
    Command{"lesson_next", Group::lesson, "PageDown"},
    Command{"lesson_back", Group::lesson, "PageUp"},
    Command{"lesson_reveal", Group::lesson, "Enter"},
    Command{"lesson_again", Group::lesson, ""},
    Command{"failure_moment", Group::run, ""},
    Command{"lesson_moment", Group::lesson, "M"},
    Command{"lesson_contents", Group::lesson, "I"},
    Command{"lessons", Group::lesson, "Shift+I"},
    Command{"close_lesson", Group::lesson, "Ctrl+W"},
    Command{"quit", Group::files, "Ctrl+Q"},
};

// Other habits; what they bind, the arrows' table does not.
using Override = std::pair<const char*, const char*>;
constexpr std::array<Override, 8> kDebugger = {{{"continue", "F5"},
                                                {"iteration_forward", "F10"},
                                                {"iteration_back", "Shift+F10"},
                                                {"op_forward", "F11"},
                                                {"op_back", "Shift+F11"},
                                                {"break_here", "F9"},
                                                {"step_forward", "Right|N"},
                                                {"play", "Space|F8"}}};
constexpr std::array<Override, 8> kRipes = {{{"to_start", "Home|F3"},
                                             {"step_back", "Left|F4"},
                                             {"step_forward", "Right|F5"},
                                             {"play", "Space|F6"},
                                             {"continue", "F8"},
                                             {"continue_back", "Shift+F8"},
                                             {"tab_bytes", ""},
                                             {"tab_roofline", ""}}};

struct NamedKey {
  const char* name;
  int key;
  const char* shown;
};
constexpr std::array kNamedKeys = {
    NamedKey{"Space", 32, "Space"},
    NamedKey{"Escape", 256, "Esc"},
    NamedKey{"Enter", 257, "Enter"},
    NamedKey{"Tab", 258, "Tab"},
    NamedKey{"Backspace", 259, "Backspace"},
    NamedKey{"Right", 262, "→"},
    NamedKey{"Left", 263, "←"},
    NamedKey{"Down", 264, "↓"},
    NamedKey{"Up", 265, "↑"},
    NamedKey{"PageUp", 266, "PgUp"},
    NamedKey{"PageDown", 267, "PgDn"},
    NamedKey{"Home", 268, "Home"},
    NamedKey{"End", 269, "End"},
};
constexpr int kF1 = 290;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('|', at), text.size());
    if (end > at) {
      parts.push_back(text.substr(at, end - at));
    }
    at = end + 1;
  }
  return parts;
}

int key_of(const std::string& name) {
  for (const NamedKey& key : kNamedKeys) {
    if (name == key.name) {
      return key.key;
    }
  }
  if (name.size() >= 2 && name[0] == 'F' && name.find_first_not_of("0123456789", 1) == std::string::npos) {
    const int number = std::stoi(name.substr(1, 3));
    return number >= 1 && number <= 12 ? kF1 + number - 1 : 0;
  }
  const bool printable = name.size() == 1 && name[0] > ' ' && name[0] < 127;
  return printable ? (name[0] >= 'a' && name[0] <= 'z' ? name[0] - 32 : name[0]) : 0;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  const auto at =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& command) { return name == command.name; });
  return at == kCommands.end() ? nullptr : &*at;
}

KeyPress parse_key(const std::string& text) {
  KeyPress press;
  std::string rest = text;
  const auto take = [&](const char* prefix) {
    const bool has = rest.rfind(prefix, 0) == 0;
    rest = has ? rest.substr(std::string_view(prefix).size()) : rest;
    return has;
  };
  for (bool more = true; more;) {
    const bool ctrl = take("Ctrl+"), shift = take("Shift+"), alt = take("Alt+");
    press.ctrl = press.ctrl || ctrl;
    press.shift = press.shift || shift;
    press.alt = press.alt || alt;
    more = ctrl || shift || alt;
  }
  press.key = key_of(rest);
  if (press.key == 0) {
    throw sim::Error("keys", fmt::format("'{}' is no key", text),
                     "write a letter, digit or sign, or Space, Left, Right, Up, Down, PageUp, PageDown, Home, End, "
                     "Enter, Escape, Backspace, F1 to F12; with Ctrl+, Shift+ or Alt+ before it");
  }
  return press;
}

std::string shown_key(const KeyPress& press) {
  std::string shown;
  shown += press.ctrl ? "Ctrl+" : "";
  shown += press.alt ? "Alt+" : "";
  if (press.shift && press.key == '/') {
    return shown + "?";
  }
  if (press.shift && press.key == '=') {
    return shown + "+";
  }
  shown += press.shift ? "Shift+" : "";
  if (press.key >= kF1) {
    return shown + fmt::format("F{}", press.key - kF1 + 1);
  }
  for (const NamedKey& key : kNamedKeys) {
    if (press.key == key.key) {
      return shown + key.shown;
    }
  }
  return shown + (press.key == '=' ? '+' : static_cast<char>(press.key));
}

KeyMap::KeyMap(KeyPreset preset) {
  for (const Command& command : kCommands) {
    add(command, command.keys);
  }
  if (preset == KeyPreset::debugger) {
    for (const auto& [command, keys] : kDebugger) {
      bind(command, keys);
    }
  } else if (preset == KeyPreset::ripes) {
    for (const auto& [command, keys] : kRipes) {
      bind(command, keys);
    }
  }
}

void KeyMap::add(const Command& command, const std::string& keys) {
  for (const std::string& text : split(keys)) {
    const KeyPress press = parse_key(text);
    std::erase_if(bindings_, [&](const Binding& binding) { return binding.press == press; });
    bindings_.push_back({press, shown_key(press), &command});
  }
}

void KeyMap::bind(const std::string& name, const std::string& keys) {
  const Command* command = find_command(name);
  if (command == nullptr) {
    std::vector<std::string> names;
    for (const Command& known : kCommands) {
      names.emplace_back(known.name);
    }
    throw sim::Error("keys", fmt::format("there is no command '{}'", name), sim::suggestion(name, names));
  }
  std::erase_if(bindings_, [&](const Binding& binding) { return binding.command == command; });
  add(*command, keys);
}

const Command* KeyMap::find(const KeyPress& press) const {
  const auto at =
      std::find_if(bindings_.begin(), bindings_.end(), [&](const Binding& binding) { return binding.press == press; });
  return at == bindings_.end() ? nullptr : at->command;
}

std::vector<std::string> KeyMap::all_shown(std::string_view command) const {
  std::vector<std::string> all;
  for (const Binding& binding : bindings_) {
    if (command == binding.command->name && std::find(all.begin(), all.end(), binding.shown) == all.end()) {
      all.push_back(binding.shown);
    }
  }
  return all;
}

std::string KeyMap::shown(std::string_view command) const {
  const std::vector<std::string> all = all_shown(command);
  return all.empty() ? "" : all.front();
}

}  // namespace app
