// Draws every view of a scenario: at its start, middle and end, in two sizes, three themes and two languages, and holds
// each picture against the rules that need no eyes: no text over text, none cut off, all of it readable. With --png it
// writes the pictures, to be looked at.
//   attoscope_pictures SCENARIO [--png FOLDER] [--view NAME] [--look WORDS] [--few] [--except VIEWS]
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "tests/album.h"
#include "tests/studio_support.h"

namespace {

struct PictureView {
  const char* name;
  std::function<void(app::App&)> set;
};

std::vector<PictureView> views() {
  const auto tab = [](const char* name) {
    return [command = std::string("tab_") + name](app::App& app) { app.run_command(command); };
  };
  const auto panel = [](const char* name) { return [name](app::App& app) { app.view().right = name; }; };
  return {{"main", [](app::App&) {}},
          {"bytes", tab("bytes")},
          {"roofline", tab("roofline")},
          {"memory", tab("memory")},
          {"sweep", tab("sweep")},
          {"sweep_large",
           [=](app::App& app) {
             tab("sweep")(app);
             app.view().tab_over_stage = true;
           }},
          {"measured", tab("measured")},
          {"measured_large",
           [=](app::App& app) {
             tab("measured")(app);
             app.view().tab_over_stage = true;
           }},
          {"program", panel("program")},
          {"state", panel("state")},
          {"softmax", panel("softmax")},
          {"all_heads", [](app::App& app) { app.view().all_heads = true; }},
          {"controls", [](app::App& app) { app.run_command("left_panel"); }},
          {"compare", [](app::App& app) { app.view().comparing = true; }},
          {"help", [](app::App& app) { app.run_command("help"); }},
          {"palette", [](app::App& app) { app.run_command("palette"); }}};
}

struct Job {
  std::string scenario, png, only_view, only_look;
  std::string except;  // views whose names begin so are not drawn
  bool few = false;
};

class Gallery {
 public:
  explicit Gallery(Job job) : job_(std::move(job)), album_(job_.png) {}

  int run() {
    platform::Studio studio(tests::studio_options(), 1280, 720, 1, !job_.png.empty());
    tests::open_built_in(studio, job_.scenario);
    if (studio.app().run() == nullptr) {
      throw studio.app().failure();
    }
    const scope::View start = studio.app().view();
    int n = 0;
    for (const tests::Look& look : tests::looks()) {
      for (const PictureView& view : views()) {
        const bool wanted = (job_.only_view.empty() || job_.only_view == view.name) &&
                            (job_.only_look.empty() || look.name().find(job_.only_look) != std::string::npos);
        const bool excepted = !job_.except.empty() && std::string(view.name).rfind(job_.except, 0) == 0;
        if (wanted && (!job_.few || n++ % 7 == 0) && !excepted) {
          draw_view(studio, look, view, start);
        }
      }
    }
    return album_.close(job_.scenario);
  }

 private:
  void draw_view(platform::Studio& studio, const tests::Look& look, const PictureView& view, const scope::View& start) {
    app::App& app = studio.app();
    look.put_on(studio);
    app.view() = start;
    while (app.help_open() || app.palette_open()) {
      app.run_command("clear");
    }
    studio.frame();
    view.set(app);
    studio.settle();
    // A moment at which no tile is on its way across a line: there the line's contrast is not the tile's fault.
    const double middle = job_.scenario == "side_by_side" ? 0.47 : 0.52;
    for (const char* moment : {"start", "middle", "end"}) {
      const double share = *moment == 's' ? 0 : *moment == 'm' ? middle : 1;
      app.view().cursor.t_us = share * app.run()->end_us();
      studio.settle();
      album_.add(studio, fmt::format("{}-{}-{}-{}", job_.scenario, view.name, moment, look.name()), look);
    }
  }

  Job job_;
  tests::Album album_;
};

}  // namespace

int main(int count, char** arguments) {
  Job job;
  for (int n = 1; n < count; ++n) {
    const std::string word = arguments[n];
    const auto value = [&] { return n + 1 < count ? std::string(arguments[++n]) : std::string(); };
    if (word == "--png") {
      job.png = value();
    } else if (word == "--view") {
      job.only_view = value();
    } else if (word == "--look") {
      job.only_look = value();
    } else if (word == "--except") {
      job.except = value();
    } else if (word == "--few") {
      job.few = true;
    } else {
      job.scenario = word;
    }
  }
  try {
    return Gallery(job).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "attoscope_pictures: {}\n", error.what());
    return 2;
  }
}
