#include "ui/cli/window_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "ui/cli/assets.h"
#include "ui/cli/scenario_flags.h"

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

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

double before(const std::string& text, std::size_t unit, const std::string& where) {
  return number_of(text.substr(0, text.size() - unit), where);
}

}  // namespace

draw::Theme theme_of(const std::string& name, const std::string& where) {
  return named<draw::Theme, draw::kThemes>(name, where);
}

scope::Language language_of(const std::string& name, const std::string& where) {
  return named<scope::Language, scope::kLanguages>(name, where);
}

double moment_of(const scope::Run& run, scope::Place place, const std::string& text, const std::string& where) {
  double t_us = 0;
  if (text == "start" || text == "middle" || text == "end") {
    t_us = text == "start" ? 0 : text == "end" ? run.end_us() : run.end_us() / 2;
  } else if (ends_with(text, "%")) {
    t_us = run.end_us() * before(text, 1, where) / 100;
  } else if (text.rfind("op", 0) == 0) {
    t_us = run.time_of(place, std::clamp(number_of(text.substr(2), where), 0.0, run.positions(place)));
  } else if (ends_with(text, "ms")) {
    t_us = before(text, 2, where) * 1e3;
  } else if (ends_with(text, "us")) {
    t_us = before(text, 2, where);
  } else {
    throw sim::Error(where, fmt::format("'{}' is no moment", text),
                     "write start, middle, end, 40%, op63, 7.3us or 2ms");
  }
  if (!(t_us >= 0 && t_us <= run.end_us() * (1 + 1e-9))) {
    throw sim::Error(where, fmt::format("'{}' is outside the run", text),
                     fmt::format("the run lasts {:.4g} us", run.end_us()));
  }
  return std::min(t_us, run.end_us());
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
