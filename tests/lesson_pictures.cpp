// Draws every step of a lesson, before and after its question is revealed, in two sizes, three themes and two
// languages, and holds each picture against the rules that need no eyes, as pictures.cpp does. With --png it writes the
// pictures.
//   attoscope_lesson_pictures LESSON [--png FOLDER] [--step N] [--look WORDS] [--few]
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "tests/album.h"
#include "tests/studio_support.h"

namespace {

struct Job {
  std::string lesson, png, only_look;
  int only_step = 0;
  bool few = false;
};

class Gallery {
 public:
  explicit Gallery(Job job) : job_(std::move(job)), album_(job_.png) {}

  int run() {
    platform::Studio studio(tests::studio_options(), 1280, 720, 1, !job_.png.empty());
    if (!studio.app().open_lesson(job_.lesson, 1)) {
      throw studio.app().failure();
    }
    const std::size_t steps = studio.app().lesson()->steps.size();
    for (const tests::Look& look : tests::looks()) {
      for (std::size_t n = 1; n <= steps; ++n) {
        if ((job_.only_step == 0 || static_cast<std::size_t>(job_.only_step) == n) &&
            look.name().find(job_.only_look) != std::string::npos) {
          draw_step(studio, look, static_cast<int>(n));
        }
      }
    }
    return album_.close(job_.lesson);
  }

 private:
  void draw_step(platform::Studio& studio, const tests::Look& look, int step) {
    if (job_.few && seen_++ % 7 != 0) {
      return;
    }
    app::App& app = studio.app();
    look.put_on(studio);
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

  void look_at(platform::Studio& studio, const std::string& name, const tests::Look& look) {
    album_.add(studio, name, look);
    const views::LessonPage& page = studio.app().lesson_page_now();
    for (const std::string& problem : page.problems) {
      album_.find(problem, name);
    }
    if (page.question && !page.question->problem.empty()) {
      album_.find(page.question->problem, name);
    }
  }

  Job job_;
  tests::Album album_;
  int seen_ = 0;
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
