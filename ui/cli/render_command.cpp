// attoscope render: pictures and films of any scenario at any moment, without a display.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "ui/cli/assets.h"
#include "ui/cli/verbs.h"
#include "ui/cli/window_options.h"
#include "ui/scope/moment.h"
#include "ui/window/platform/film.h"
#include "ui/window/platform/picture.h"
#include "ui/window/platform/studio.h"

namespace cli {

namespace {

struct RenderOptions {
  std::string scenario, output, at, from = "start", to = "end", theme = "dark", language = "en", tab, size;
  std::string compare, panel, align, lesson;
  double scale = 1, seconds = 8;
  int frames_per_second = 30, sm = -1, step = 1;
  bool film = false, over_stage = false;
};

bool has_end(const std::string& name, const std::string& end) {
  return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

std::pair<int, int> pixels_of(const std::string& size) {
  int width = 0, height = 0;
  char rest = 0;
  if (std::sscanf(size.c_str(), "%dx%d%c", &width, &height, &rest) != 2 || width < 320 || height < 240 ||
      width > 7680 || height > 4320) {
    throw sim::Error("--size", fmt::format("'{}' is no size", size), "write 1920x1080; from 320x240 to 7680x4320");
  }
  return {width, height};
}

// A bar on the terminal; nothing where stderr is no terminal.
void show_progress(double share) {
  if (isatty(STDERR_FILENO) == 1) {
    constexpr int kWidth = 40;
    const int full = static_cast<int>(share * kWidth);
    fmt::print(stderr, "\r[{:=<{}}{: <{}}] {:3.0f} %{}", "", full, "", kWidth - full, share * 100,
               share >= 1 ? "\n" : "");
    std::fflush(stderr);
  }
}

app::Options app_options(const RenderOptions& options) {
  app::Options app;
  app.assets = assets_directory();
  app.background = false;
  app.files = false;
  app.settings.theme = theme_of(options.theme, "--theme");
  app.settings.language = language_of(options.language, "--lang");
  app.settings.reduced_motion = true;
  return app;
}

void show(platform::Studio& studio, const RenderOptions& options) {
  scope::View& view = studio.app().view();
  view.cursor.place.sm = options.sm >= 0 ? options.sm : view.cursor.place.sm;
  if (!options.tab.empty()) {
    studio.app().run_command("tab_" + options.tab);
    view.tab_over_stage = options.over_stage;
  }
  if (!options.compare.empty()) {
    view.comparing = true;
    view.second = options.compare.find('=') != std::string::npos ? options.compare
                                                                 : fmt::format("algorithm = \"{}\"", options.compare);
  }
  if (!options.align.empty() && options.align != "work" && options.align != "time") {
    throw sim::Error("--align", fmt::format("'{}' is not one of work, time", options.align));
  }
  if (!options.align.empty()) {
    view.align = options.align == "work" ? scope::Align::work : scope::Align::time;
  }
  view.right = options.panel.empty() ? view.right : options.panel;
}

// A scenario that is kept with a moment opens there.
bool has_moment(const sim::Scenario& scenario) {
  return std::any_of(scenario.view.begin(), scenario.view.end(),
                     [](const auto& entry) { return entry.first == "t_us" || entry.first == "failure"; });
}

void write_picture(platform::Studio& studio, const RenderOptions& options) {
  if (!options.at.empty() || !has_moment(studio.app().run()->scenario())) {
    const std::string at = options.at.empty() ? "middle" : options.at;
    scope::View& view = studio.app().view();
    view.cursor.t_us = scope::moment_of(*studio.app().run(), view.cursor.place, at, "--at");
  }
  studio.settle();
  if (has_end(options.output, ".svg")) {
    return sim::write_file(options.output, studio.svg());
  }
  const auto [width, height] = pixels_of(options.size);
  platform::write_png(options.output, studio.picture(), width, height);
}

void write_film(platform::Studio& studio, const RenderOptions& options) {
  const auto [width, height] = pixels_of(options.size);
  platform::Film film(options.output, width, height, options.frames_per_second);
  scope::View& view = studio.app().view();
  const scope::Run& run = *studio.app().run();
  const scope::Place place = view.cursor.place;
  const double from = run.position({scope::moment_of(run, place, options.from, "--from"), place});
  const double to = run.position({scope::moment_of(run, place, options.to, "--to"), place});
  const int frames = std::max(2, static_cast<int>(options.seconds * options.frames_per_second));
  for (int n = 0; n < frames; ++n) {
    view.cursor.t_us = run.time_of(place, from + (to - from) * n / (frames - 1));
    studio.frame();
    film.add(studio.picture());
    show_progress(static_cast<double>(n + 1) / frames);
  }
  film.finish();
  if (!film.note().empty()) {
    fmt::print(stderr, "attoscope: {}\n", film.note());
  }
  print(film.path() + "\n");
}

// A lesson's step as it stands when it is opened.
int render_lesson(const RenderOptions& options, int width, int height) {
  const bool svg = has_end(options.output, ".svg");
  if (options.film) {
    throw sim::Error("--lesson", "a lesson's step is a picture", "leave --film out");
  }
  platform::Studio studio(app_options(options), width, height, static_cast<float>(options.scale), !svg);
  if (!studio.app().open_lesson(options.lesson, options.step)) {
    throw studio.app().failure();
  }
  studio.settle();
  svg ? sim::write_file(options.output, studio.svg())
      : platform::write_png(options.output, studio.picture(), width, height);
  return 0;
}

int render(const RenderOptions& options) {
  if (options.output.empty()) {
    throw sim::Error("render", "no file to write to", "add -o FILE.png, FILE.svg, or with --film FILE.mp4");
  }
  if (!options.film && !has_end(options.output, ".png") && !has_end(options.output, ".svg")) {
    throw sim::Error("-o", fmt::format("'{}' ends neither in .png nor in .svg", options.output),
                     "films are made with --film");
  }
  const auto [width, height] = pixels_of(options.size);
  if (!options.lesson.empty()) {
    return render_lesson(options, width, height);
  }
  const sim::Scenario scenario = scenario_called(options.scenario.empty() ? "blackboard" : options.scenario);
  const bool pixels = options.film || !has_end(options.output, ".svg");
  platform::Studio studio(app_options(options), width, height, static_cast<float>(options.scale), pixels);
  studio.app().open(scenario);
  studio.app().settle();
  if (studio.app().run() == nullptr) {
    throw studio.app().failure();
  }
  studio.frame();  // what opens and closes depends on the picture's size
  show(studio, options);
  studio.settle();
  options.film ? write_film(studio, options) : write_picture(studio, options);
  return 0;
}

}  // namespace

Action add_render(CLI::App& app) {
  auto o = std::make_shared<RenderOptions>();
  o->size = "1920x1080";
  app.add_option("scenario", o->scenario, "a scenario's file, or blackboard, lecture, realistic")
      ->type_name("SCENARIO");
  app.add_option("-o,--output", o->output, "the picture or film; required")->type_name("FILE");
  app.add_option("--at", o->at, "moment: start, middle, end, 40%, op63, 7.3us, paper 8 #2, break max_rose #1")
      ->type_name("TIME");
  app.add_option("--size", o->size, "of the picture in pixels, 1920x1080 if not given")->type_name("WxH");
  app.add_option("--scale", o->scale, "of the interface")->check(CLI::Range(0.5, 4.0));
  app.add_option("--theme", o->theme, "dark, light or projector")->type_name("NAME");
  app.add_option("--lang", o->language, "en or zh")->type_name("NAME");
  app.add_option("--tab", o->tab, "timeline, bytes, roofline, memory, sweep, measured")->type_name("NAME");
  app.add_flag("--over-stage", o->over_stage, "the tab takes the stage's place");
  app.add_option("--panel", o->panel, "right panel: program, state or softmax")->type_name("NAME");
  app.add_option("--compare", o->compare, "a second algorithm, or lines of a scenario")->type_name("NAME");
  app.add_option("--align", o->align, "compare at the same work or the same time")->type_name("work|time");
  app.add_option("--lesson", o->lesson, "a lesson's name or file, in place of a scenario")->type_name("LESSON");
  app.add_option("--step", o->step, "of the lesson, from 1")->check(CLI::Range(1, 999));
  app.add_option("--sm", o->sm, "the SM to look at")->check(CLI::Range(0, 4096));
  app.add_flag("--film", o->film, "a film: .mp4, .webm, .gif, .webp (with ffmpeg), or a folder of pictures");
  app.add_option("--from", o->from, "moment at which the film starts")->type_name("TIME");
  app.add_option("--to", o->to, "moment at which it ends")->type_name("TIME");
  app.add_option("--seconds", o->seconds, "that it lasts")->check(CLI::Range(0.1, 600.0));
  app.add_option("--fps", o->frames_per_second, "pictures a second")->check(CLI::Range(1, 60));
  return [o] { return render(*o); };
}

}  // namespace cli
