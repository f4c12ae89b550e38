// The window with a lesson open, and a hand.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/catch.h"
#include "tests/studio_support.h"
#include "tests/ui_driver.h"

namespace tests {

inline const std::string kLesson = std::string(ATTOSCOPE_SOURCE_ASSETS) + "/../tests/fixtures/lessons/two";

inline app::Options lesson_options(bool background = false) {
  app::Options options = studio_options();
  options.background = background;
  return options;
}

struct Desk {
  explicit Desk(int step = 1, app::Options with = lesson_options(), int width = 1920, int height = 1080)
      : studio(std::move(with), width, height, 1, false),
        hand(studio.app().ui_state(), studio.app().scale(), [this] { studio.frame(1.0 / 60); }) {
    REQUIRE(app().open_lesson(kLesson, step));
    studio.settle();
  }
  app::App& app() { return studio.app(); }
  const views::LessonPage& page() { return app().lesson_page_now(); }
  const views::LessonPage::Question& question() { return *page().question; }
  void key(const std::string& text) {
    const app::KeyPress press = app::parse_key(text);
    studio.frame(1.0 / 60, std::span(&press, 1));
    studio.settle();
  }
  void click(const std::string& name) {
    INFO(name);
    REQUIRE(hand.click(name));
    studio.settle();
  }
  bool shows(std::string_view words) {
    std::string all;
    for (const draw::LogEntry& entry : studio.log()) {
      all += entry.kind == draw::LogEntry::Kind::text ? entry.text : "";
    }
    return all.find(words) != std::string::npos;
  }
  /// All that is drawn, in a form that can be compared.
  std::string picture() {
    hand.leave();
    studio.settle();
    return studio.svg();
  }
  /// Numbers 1 to 9 drawn by themselves, small: those in rings.
  int rings() {
    int count = 0;
    for (const draw::LogEntry& entry : studio.log()) {
      const bool digit = entry.kind == draw::LogEntry::Kind::text && entry.text.size() == 1 && entry.text[0] >= '1' &&
                         entry.text[0] <= '9';
      count += digit && entry.style.px == 11 && entry.style.face == draw::Face::mono ? 1 : 0;
    }
    return count;
  }
  int lit() { return static_cast<int>(brackets().size()); }
  /// Corners drawn around things: three points in two lines.
  std::vector<draw::Rect> brackets() {
    std::vector<draw::Rect> all;
    for (const draw::LogEntry& entry : studio.log()) {
      const bool corner = entry.kind == draw::LogEntry::Kind::stroke && entry.points.size() == 3 && !entry.closed &&
                          entry.thickness == 2 && entry.points[0].y == entry.points[1].y &&
                          entry.points[1].x == entry.points[2].x && entry.color == draw::palette(draw::Theme::dark).ink;
      corner ? void(all.push_back(entry.box)) : void();
    }
    return all;
  }

  platform::Studio studio;
  tests::Hand hand;
};

}  // namespace tests
