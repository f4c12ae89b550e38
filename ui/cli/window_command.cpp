// attoscope window, and attoscope alone: the window on the screen.
#include <fmt/format.h>

#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "ui/cli/assets.h"
#include "ui/cli/verbs.h"
#include "ui/cli/window_options.h"
#include "ui/window/platform/picture.h"
#include "ui/window/platform/window_loop.h"

namespace cli {

namespace {

struct WindowFlags {
  std::string scenario, lesson, theme, language;
  int step = 0;
};

std::string free_name(const std::string& stem, const std::string& end) {
  std::string path = stem + end;
  for (int n = 2; std::filesystem::exists(path); ++n) {
    path = fmt::format("{}-{}{}", stem, n, end);
  }
  return path;
}

app::Options app_options(const WindowFlags& flags, platform::Window& window, const app::Settings& settings) {
  app::Options options;
  options.assets = assets_directory();
  options.settings = settings;
  if (!flags.theme.empty()) {
    options.settings.theme = theme_of(flags.theme, "--theme");
  }
  if (!flags.language.empty()) {
    options.settings.language = language_of(flags.language, "--lang");
  }
  options.hooks.set_clipboard = [&window](const std::string& text) { window.set_clipboard(text); };
  options.hooks.get_clipboard = [&window] { return window.clipboard(); };
  options.hooks.save_picture = [&window](const std::string& stem) {
    const platform::Window::Screenshot shot = window.screenshot();
    const std::string path = free_name(stem, ".png");
    platform::write_png(path, shot.rgba, shot.width, shot.height);
    return path;
  };
  return options;
}

// What was asked for, else what was shown last, else the lecture.
void open_first(app::App& app, const WindowFlags& flags) {
  if (!flags.lesson.empty() && app.open_lesson(flags.lesson, flags.step)) {
    return;
  }
  try {
    if (!flags.scenario.empty()) {
      return app.open(scenario_called(flags.scenario));
    }
  } catch (const sim::Error& error) {
    app.open(scenario_called("lecture"));
    return app.show_error(error);
  }
  if (const auto last = app::last_scenario_text()) {
    app.open_text(*last, app::settings_directory() + "/last.toml");
  }
  if (app.run() == nullptr && !app.simulating()) {
    app.open(scenario_called("lecture"));
  }
}

int show_window(const WindowFlags& flags) {
  std::string complaints;
  const app::Settings settings = app::load_settings(&complaints);
  const platform::ImGuiSession session;
  platform::Window window({"Attoscope", settings.window_width, settings.window_height});
  app::App app(app_options(flags, window, settings));
  open_first(app, flags);
  if (!complaints.empty()) {
    fmt::print(stderr, "attoscope: {}\n", complaints);
  }
  platform::WindowCallbacks callbacks;
  callbacks.prepare = [&](float width, float height, float scale) { return app.prepare(width, height, scale); };
  callbacks.frame = [&](double seconds, std::span<const app::KeyPress> keys) {
    app.frame(seconds, keys);
    return !app.wants_quit();
  };
  callbacks.animating = [&] { return app.animating(); };
  callbacks.dropped = [&](const std::string& path) { app.open_file(path); };
  callbacks.background = [&] {
    const draw::Color c = draw::palette(app.settings().theme).background;
    return std::uint32_t{c.r} << 16 | std::uint32_t{c.g} << 8 | std::uint32_t{c.b};
  };
  window.run(callbacks);
  app.settings().window_width = window.width();
  app.settings().window_height = window.height();
  app::save_settings(app.settings(), app.present());
  return 0;
}

}  // namespace

Action add_window(CLI::App& app) {
  auto flags = std::make_shared<WindowFlags>();
  app.add_option("--open,scenario", flags->scenario, "a scenario's file, or blackboard, lecture, realistic")
      ->type_name("SCENARIO");
  app.add_option("--lesson", flags->lesson, "a lesson's name, or its file")->type_name("LESSON");
  app.add_option("--step", flags->step, "of the lesson, from 1; where it was left if not given")
      ->check(CLI::Range(1, 999));
  app.add_option("--theme", flags->theme, "dark, light or projector")->type_name("NAME");
  app.add_option("--lang", flags->language, "en or zh")->type_name("NAME");
  return [flags] { return show_window(*flags); };
}

}  // namespace cli
