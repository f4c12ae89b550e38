// What is remembered between starts: looks, language, panels, keys, the scenario shown last.
#pragma once

#include <map>
#include <string>

#include "ui/scope/strings.h"
#include "ui/window/app/commands.h"
#include "ui/window/app/layout.h"
#include "ui/window/draw/palette.h"

namespace app {

inline constexpr float kScaleMin = 0.5F, kScaleMax = 4;

struct Settings {
  draw::Theme theme = draw::Theme::dark;
  scope::Language language = scope::Language::en;
  float scale = 1;  ///< beside that of the display
  bool reduced_motion = false;
  bool tour_done = false;
  PanelSizes panels;
  int window_width = 1600, window_height = 900;
  KeyPreset key_preset = KeyPreset::arrows;
  std::map<std::string, std::string> keys;  ///< by command
  bool operator==(const Settings&) const = default;
};

/// Any bytes give settings: what is wrong stays at its default and is named in `complaints`.
Settings parse_settings(const std::string& text, const std::string& source, std::string* complaints);
std::string to_toml(const Settings& settings);

/// $XDG_CONFIG_HOME/attoscope, or ~/.config/attoscope; "" if there is no home.
std::string settings_directory();

}  // namespace app
