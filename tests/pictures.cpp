// Draws every view of a scenario: at its start, middle and end, in two sizes, three themes and two languages, and holds
// each picture against the rules that need no eyes: no text over text, none cut off, all of it readable. With --png it
// writes the pictures, to be looked at.
//   attoscope_pictures SCENARIO [--png FOLDER] [--view NAME] [--few]
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "tests/studio_support.h"
#include "ui/window/platform/picture.h"

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
          {"program", panel("program")},
          {"state", panel("state")},
          {"softmax", panel("softmax")},
          {"all_heads", [](app::App& app) { app.view().all_heads = true; }},
          {"controls", [](app::App& app) { app.run_command("left_panel"); }},
          {"compare", [](app::App& app) { app.view().comparing = true; }},
          {"help", [](app::App& app) { app.run_command("help"); }},
          {"palette", [](app::App& app) { app.run_command("palette"); }}};
}

struct Look {
  int width, height;
  draw::Theme theme;
  scope::Language language;
  std::string name() const {
    return fmt::format("{}x{}-{}-{}", width, height, draw::name_of(theme), scope::name_of(language));
  }
};

std::vector<Look> looks() {
  std::vector<Look> all;
  for (const auto& [width, height] : {std::pair{1280, 720}, std::pair{1920, 1080}}) {
    for (int theme = 0; theme < draw::kThemes; ++theme) {
      for (int language = 0; language < scope::kLanguages; ++language) {
        all.push_back({width, height, static_cast<draw::Theme>(theme), static_cast<scope::Language>(language)});
      }
    }
  }
  return all;
}

struct Job {
  std::string scenario, png, only_view, only_look;
  bool few = false;
};

class Gallery {
 public:
  explicit Gallery(Job job) : job_(std::move(job)) {}

  int run() {
    platform::Studio studio(tests::studio_options(), 1280, 720, 1, !job_.png.empty());
    tests::open_built_in(studio, job_.scenario);
    if (studio.app().run() == nullptr) {
      throw studio.app().failure();
    }
    const scope::View start = studio.app().view();
    int n = 0;
    for (const Look& look : looks()) {
      for (const PictureView& view : views()) {
        const bool wanted = (job_.only_view.empty() || job_.only_view == view.name) &&
                            (job_.only_look.empty() || look.name().find(job_.only_look) != std::string::npos);
        if (wanted && (!job_.few || n++ % 7 == 0)) {
          draw_view(studio, look, view, start);
        }
      }
    }
    fmt::print("{}: {} pictures, {} findings of {} kinds\n", job_.scenario, pictures_, total_, findings_.size());
    for (const auto& [what, where] : findings_) {
      fmt::print("  {}x {}\n     first in {}\n", where.first, what, where.second);
    }
    return findings_.empty() && pictures_ > 0 ? 0 : 1;
  }

 private:
  void draw_view(platform::Studio& studio, const Look& look, const PictureView& view, const scope::View& start) {
    app::App& app = studio.app();
    studio.resize(look.width, look.height, 1);
    app.settings().theme = look.theme;
    app.settings().language = look.language;
    app.view() = start;
    while (app.help_open() || app.palette_open()) {
      app.run_command("clear");
    }
    studio.frame();
    view.set(app);
    studio.settle();
    for (const char* moment : {"start", "middle", "end"}) {
      const double share = *moment == 's' ? 0 : *moment == 'm' ? 0.47 : 1;
      app.view().cursor.t_us = share * app.run()->end_us();
      studio.settle();
      look_at(studio, fmt::format("{}-{}-{}-{}", job_.scenario, view.name, moment, look.name()), look);
    }
  }

  void look_at(platform::Studio& studio, const std::string& name, const Look& look) {
    ++pictures_;
    for (const draw::Finding& finding : studio.audit()) {
      if (finding.what.find("by a layer over it") != std::string::npos) {
        continue;  // what lies under a drawer or a sheet
      }
      ++total_;
      auto& [count, first] = findings_[finding.what];
      first = count++ == 0 ? name : first;
    }
    if (studio.log().size() < 20) {
      ++findings_["the picture is nearly empty"].first;
    }
    for (const draw::LogEntry& entry : studio.log()) {
      if (entry.kind == draw::LogEntry::Kind::text && !entry.text.empty() && entry.text.front() == '<' &&
          entry.text.find('.') != std::string::npos) {
        auto& [count, first] = findings_[entry.text + " has no words"];
        first = count++ == 0 ? name : first;
      }
    }
    if (!job_.png.empty()) {
      std::filesystem::create_directories(job_.png);
      platform::write_png(fmt::format("{}/{}.png", job_.png, name), studio.picture(), look.width, look.height);
    }
  }

  Job job_;
  int pictures_ = 0, total_ = 0;
  std::map<std::string, std::pair<int, std::string>> findings_;  // count, first picture
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
