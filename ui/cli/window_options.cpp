#include "ui/cli/window_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "ui/cli/assets.h"

namespace cli {

namespace {

template <typename T, int count>
T named(const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (int n = 0; n < count; ++n) {
    names.emplace_back(name_of(static_cast<T>(n)));
    if (name == names.back()) {
      return static_cast<T>(n);
    }
  }
  throw sim::Error(where, fmt::format("'{}' is not one of {}", name, fmt::join(names, ", ")),
                   sim::suggestion(name, names));
}

}  // namespace

draw::Theme theme_of(const std::string& name, const std::string& where) {
  return named<draw::Theme, draw::kThemes>(name, where);
}

scope::Language language_of(const std::string& name, const std::string& where) {
  return named<scope::Language, scope::kLanguages>(name, where);
}

sim::Scenario scenario_called(const std::string& name) {
  const std::string built_in = assets_directory() + "/scenarios/" + name + ".toml";
  const bool is_name = name.find_first_of("/.") == std::string::npos;
  if (is_name && std::filesystem::exists(built_in)) {
    return sim::load_scenario(built_in);
  }
  if (is_name && !std::filesystem::exists(name)) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(assets_directory() + "/scenarios")) {
      names.push_back(entry.path().stem().string());
    }
    throw sim::Error(name, "is no file and no built-in scenario", sim::suggestion(name, names));
  }
  return sim::load_scenario(name);
}

}  // namespace cli
