// Draws every step of a lesson, before and after its question is revealed, in two sizes, three themes and two
// languages, and holds each picture against the rules that need no eyes, as pictures.cpp does. With --png it writes the
// pictures.
//   attoscope_lesson_pictures LESSON [--png FOLDER] [--step N] [--look WORDS] [--few]
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "ui/window/platform/picture.h"
#include "ui/window/platform/studio.h"

namespace {

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
  std::string lesson, png, only_look;
  int only_step = 0;
  bool few = false;
};

class Gallery {
 public:
  explicit Gallery(Job job) : job_(std::move(job)) {}

  int run() {
    app::Options options;
    options.assets = ATTOSCOPE_SOURCE_ASSETS;
    options.background = false;
    options.files = false;
    options.settings.reduced_motion = true;
    platform::Studio studio(options, 1280, 720, 1, !job_.png.empty());
    if (!studio.app().open_lesson(job_.lesson, 1)) {
      throw studio.app().failure();
    }
    const std::size_t steps = studio.app().lesson()->steps.size();
    for (const Look& look : looks()) {
      for (std::size_t n = 1; n <= steps; ++n) {
        if ((job_.only_step == 0 || static_cast<std::size_t>(job_.only_step) == n) &&
            look.name().find(job_.only_look) != std::string::npos) {
          draw_step(studio, look, static_cast<int>(n));
        }
      }
    }
    fmt::print("{}: {} pictures, {} findings of {} kinds\n", job_.lesson, pictures_, total_, findings_.size());
    for (const auto& [what, where] : findings_) {
      fmt::print("  {}x {}\n     first in {}\n", where.first, what, where.second);
    }
    return findings_.empty() && pictures_ > 0 ? 0 : 1;
  }

 private:
  void draw_step(platform::Studio& studio, const Look& look, int step) {
    app::App& app = studio.app();
    studio.resize(look.width, look.height, 1);
    app.settings().theme = look.theme;
    app.settings().language = look.language;
    app.open_lesson(job_.lesson, step);
    studio.settle();
    const bool question = app.lesson_page_now().question.has_value();
    if (question) {
      app.run_command("lesson_again");
      studio.settle();
    }
    const std::string& id = app.lesson()->steps[static_cast<std::size_t>(step - 1)].id;
    look_at(studio, fmt::format("{}-{}-asked-{}", step, id, look.name()), look);
    if (question) {
      app.run_command("lesson_reveal");
      studio.settle();
      look_at(studio, fmt::format("{}-{}-revealed-{}", step, id, look.name()), look);
    }
  }

  void find(const std::string& what, const std::string& picture) {
    auto& [count, first] = findings_[what];
    first = count++ == 0 ? picture : first;
    ++total_;
  }

  void look_at(platform::Studio& studio, const std::string& name, const Look& look) {
    if (job_.few && seen_++ % 7 != 0) {
      return;
    }
    ++pictures_;
    for (const draw::Finding& finding : studio.audit()) {
      if (finding.what.find("by a layer over it") == std::string::npos) {
        find(finding.what, name);
      }
    }
    const views::LessonPage& page = studio.app().lesson_page_now();
    for (const std::string& problem : page.problems) {
      find(problem, name);
    }
    if (page.question && !page.question->problem.empty()) {
      find(page.question->problem, name);
    }
    for (const draw::LogEntry& entry : studio.log()) {
      if (entry.kind == draw::LogEntry::Kind::text && !entry.text.empty() && entry.text.front() == '<' &&
          entry.text.find('.') != std::string::npos) {
        find(entry.text + " has no words", name);
      }
    }
    if (!job_.png.empty()) {
      std::filesystem::create_directories(job_.png);
      platform::write_png(fmt::format("{}/{}.png", job_.png, name), studio.picture(), look.width, look.height);
    }
  }

  Job job_;
  int pictures_ = 0, total_ = 0, seen_ = 0;
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
    } else if (word == "--step") {
      job.only_step = std::atoi(value().c_str());
    } else if (word == "--look") {
      job.only_look = value();
    } else if (word == "--few") {
      job.few = true;
    } else {
      job.lesson = word;
    }
  }
  try {
    return Gallery(job).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "attoscope_lesson_pictures: {}\n", error.what());
    return 2;
  }
}
