#include "ui/window/app/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/toml_text.h"

namespace app {

namespace {

constexpr std::array<std::pair<const char*, KeyPreset>, 3> kPresets = {
    {{"arrows", KeyPreset::arrows}, {"debugger", KeyPreset::debugger}, {"ripes", KeyPreset::ripes}}};
constexpr std::array<std::pair<const char*, draw::Theme>, 3> kThemeNames = {
    {{"dark", draw::Theme::dark}, {"light", draw::Theme::light}, {"projector", draw::Theme::projector}}};
constexpr std::array<std::pair<const char*, scope::Language>, 2> kLanguageNames = {
    {{"en", scope::Language::en}, {"zh", scope::Language::zh}}};

class Reader {
 public:
  Reader(const toml::table& table, const std::string& source, std::string* complaints)
      : table_(table), source_(source), complaints_(complaints) {}

  template <typename T, std::size_t n>
  void choice(const char* key, const std::array<std::pair<const char*, T>, n>& choices, T& value) {
    const auto text = table_[key].value<std::string>();
    if (!text) {
      return miss(key, "a word");
    }
    const auto at = std::find_if(choices.begin(), choices.end(), [&](const auto& c) { return *text == c.first; });
    if (at == choices.end()) {
      return complain(key, fmt::format("'{}' is none of its values", sim::printable(*text)));
    }
    value = at->second;
  }
  template <typename T>
  void number(const char* key, T least, T most, T& value) {
    const auto got = table_[key].value<double>();
    if (!got) {
      return miss(key, "a number");
    }
    if (!(*got >= static_cast<double>(least) && *got <= static_cast<double>(most))) {
      return complain(key, fmt::format("{} is not between {} and {}", *got, least, most));
    }
    value = static_cast<T>(*got);
  }
  void flag(const char* key, bool& value) {
    const auto got = table_[key].value<bool>();
    got ? void(value = *got) : miss(key, "true or false");
  }
  void keys(Settings& settings) {
    const toml::table* keys = table_["keys"].as_table();
    for (const auto& [name, node] : keys != nullptr ? *keys : toml::table{}) {
      const auto text = node.template value<std::string>();
      try {
        KeyMap(settings.key_preset).bind(std::string(name.str()), text.value_or("?"));
        settings.keys[std::string(name.str())] = text.value_or("");
      } catch (const sim::Error& error) {
        complain(std::string("keys.") + std::string(name.str()), error.what());
      }
    }
  }

 private:
  void miss(const char* key, const char* expected) {
    if (table_.contains(key)) {
      complain(key, fmt::format("{} is expected", expected));
    }
  }
  void complain(const std::string& key, const std::string& what) {
    if (complaints_ != nullptr) {
      *complaints_ +=
          fmt::format("{}{}: {}: {}; the default is used", complaints_->empty() ? "" : "\n", source_, key, what);
    }
  }
  const toml::table& table_;
  const std::string& source_;
  std::string* complaints_;
};

template <typename T, std::size_t n>
const char* name_in(const std::array<std::pair<const char*, T>, n>& choices, T value) {
  return std::find_if(choices.begin(), choices.end(), [&](const auto& c) { return c.second == value; })->first;
}

}  // namespace

Settings parse_settings(const std::string& text, const std::string& source, std::string* complaints) {
  Settings settings;
  try {
    const toml::table table = sim::parse_toml(text, std::size_t{1} << 16, source);
    Reader reader(table, source, complaints);
    reader.choice("theme", kThemeNames, settings.theme);
    reader.choice("language", kLanguageNames, settings.language);
    reader.choice("key_preset", kPresets, settings.key_preset);
    reader.number("scale", kScaleMin, kScaleMax, settings.scale);
    reader.number("left_panel", 0.0F, 4000.0F, settings.panels.left);
    reader.number("right_panel", 0.0F, 4000.0F, settings.panels.right);
    reader.number("dock", 0.0F, 4000.0F, settings.panels.dock);
    reader.number("window_width", 320, 16384, settings.window_width);
    reader.number("window_height", 240, 16384, settings.window_height);
    reader.flag("reduced_motion", settings.reduced_motion);
    reader.flag("tour_done", settings.tour_done);
    reader.keys(settings);
  } catch (const sim::Error& error) {
    if (complaints != nullptr) {
      *complaints = error.what();
    }
  }
  return settings;
}

std::string to_toml(const Settings& s) {
  std::string text = fmt::format(
      "theme = \"{}\"\nlanguage = \"{}\"\nscale = {:.3f}\nreduced_motion = {}\ntour_done = {}\nkey_preset = \"{}\"\n"
      "left_panel = {:.0f}\nright_panel = {:.0f}\ndock = {:.0f}\nwindow_width = {}\nwindow_height = {}\n",
      name_in(kThemeNames, s.theme), name_in(kLanguageNames, s.language), s.scale, s.reduced_motion, s.tour_done,
      name_in(kPresets, s.key_preset), s.panels.left, s.panels.right, s.panels.dock, s.window_width, s.window_height);
  text += s.keys.empty() ? "" : "\n[keys]\n";
  for (const auto& [command, keys] : s.keys) {
    text += fmt::format("{} = '{}'\n", command, keys);
  }
  return text;
}

std::string settings_directory() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config != 0) {
    return std::string(config) + "/attoscope";
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != 0 ? std::string(home) + "/.config/attoscope" : "";
}

}  // namespace app
