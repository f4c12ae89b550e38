// Progress of lessons: its file, and the window that reads it.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/catch.h"
#include "tests/lesson_desk.h"
#include "ui/window/app/lesson_progress.h"

namespace fs = std::filesystem;
using tests::Desk;
using tests::lesson_options;
using Verdict = views::LessonPage::Question::Verdict;

namespace {

struct Home {
  Home() : folder(fs::temp_directory_path() / ("attoscope-lesson-" + std::to_string(getpid()))) {
    fs::create_directories(folder);
    setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
  }
  ~Home() {
    unsetenv("XDG_CONFIG_HOME");
    fs::remove_all(folder);
  }
  fs::path folder;
};

}  // namespace

TEST_CASE("progress is kept in a file and read again") {
  const Home home;
  app::Options files = lesson_options();
  files.files = true;
  {
    Desk desk(2, files);
    desk.click("lesson.choice.1");
    desk.click("lesson.confidence.guess");
    desk.key("Enter");
    desk.key("PageDown");
    CHECK(desk.page().steps[1].done);
  }
  const fs::path file = home.folder / "attoscope" / "progress.toml";
  REQUIRE(fs::exists(file));
  {
    Desk desk(0, files);
    CHECK(desk.app().lesson_step() == 2);
    CHECK(desk.page().steps[1].done);
    desk.key("PageUp");
    CHECK(desk.question().verdict == Verdict::right);
    CHECK(desk.question().confidence == 0);
  }
  std::ofstream(file) << "[two]\nstep = 7\ndone = [3]\n[two.answers.choice]\nchoice = 99\nrevealed = \"yes\"\n";
  Desk desk(0, files);
  REQUIRE(desk.app().notice());
  for (const char* word : {"two.step", "two.done", "choice", "revealed"}) {
    INFO(word);
    CHECK(desk.app().notice()->detail.find(word) != std::string::npos);
  }
}

TEST_CASE("nothing is written where files are not to be") {
  const Home home;
  Desk desk(2);
  desk.click("lesson.choice.1");
  desk.key("PageDown");
  CHECK(fs::is_empty(home.folder));
}

TEST_CASE("progress survives any bytes, and writing and reading it gives the same") {
  app::Progress progress;
  progress["a lesson"] = {"x", {"x", "y \"z\"\\"}, {{"x", {"4,194 B\n\x01", 2, 1, true}}, {"y", {"", -1, -1, true}}}};
  progress["b"] = {"", {}, {}};
  std::string complaints;
  CHECK(app::parse_progress(app::to_toml(progress), "progress.toml", &complaints) == progress);
  CHECK(complaints.empty());
  for (const char* text :
       {"\x01\xff = [", "a = 1", "[a]\nstep = []", "[a.answers]\nx = 3", "[a.answers.x]\nchoice = -4"}) {
    INFO(text);
    complaints.clear();
    app::parse_progress(text, "progress.toml", &complaints);
    CHECK(complaints.find("progress.toml") != std::string::npos);
  }
}
