// A lesson in the window, as a class uses it: by the names of widgets and by keys.
#include <fmt/format.h>

#include <set>

#include "tests/catch.h"
#include "tests/lesson_desk.h"
#include "ui/scope/caption.h"

using tests::Desk;
using tests::kLesson;
using tests::lesson_options;
using Kind = lessons::Question::Kind;
using Verdict = views::LessonPage::Question::Verdict;

TEST_CASE("a lesson goes forwards and back by buttons and by keys") {
  Desk desk;
  CHECK(desk.app().lesson()->id == "two");
  CHECK(desk.shows("Lesson 7"));
  desk.click("lesson.next");
  CHECK(desk.app().lesson_step() == 1);
  desk.key("PageDown");
  CHECK(desk.app().lesson_step() == 2);
  CHECK(desk.app().run()->scenario().algorithm == "standard");
  desk.key("PageUp");
  desk.click("lesson.back");
  CHECK(desk.app().lesson_step() == 0);
  desk.key("PageUp");
  CHECK(desk.app().lesson_step() == 0);
  const draw::WidgetInfo* back = desk.app().ui_state().find("lesson.back");
  REQUIRE(back != nullptr);
  CHECK_FALSE(back->enabled);
}

TEST_CASE("a step looks the same from wherever one comes") {
  Desk desk;
  std::vector<std::string> seen;
  for (int step = 0; step < 4; ++step) {
    seen.push_back(desk.picture());
    desk.key("PageDown");
  }
  for (int step = 3; step >= 0; --step) {
    desk.key("End");
    desk.key("PageUp");
    // What has been passed counts as done: the dots tell, and nothing else may.
    INFO(step);
    CHECK(desk.app().lesson_step() == step);
    const std::string now = desk.picture();
    desk.key("PageDown");
    desk.key("Right");
    desk.key("Shift+Right");
    desk.key("PageUp");
    CHECK(desk.picture() == now);
  }
}

TEST_CASE("a run is kept while steps have the same scenario") {
  Desk desk;
  const scope::Run* run = desk.app().run();
  desk.key("PageDown");
  CHECK(desk.app().run() == run);
  desk.key("PageDown");
  CHECK(desk.app().run() != run);
  desk.key("PageDown");
  CHECK(desk.app().run() == run);
}

TEST_CASE("moving inside a step leaves it where it is, with a way back to its moment") {
  Desk desk;
  const scope::Cursor moment = desk.app().view().cursor;
  CHECK(desk.app().ui_state().find("lesson.moment") == nullptr);
  CHECK(desk.shows("The lesson's own sentence."));
  desk.key("Right");
  CHECK(desk.app().lesson_step() == 0);
  CHECK_FALSE(desk.shows("The lesson's own sentence."));
  desk.click("lesson.moment");
  CHECK(desk.app().view().cursor == moment);
  CHECK(desk.app().ui_state().find("lesson.moment") == nullptr);
  desk.app().set("block_kv", "4");
  desk.studio.settle();
  CHECK(desk.app().run()->schedule().block_kv == 4);
  desk.key("M");
  CHECK(desk.app().run()->schedule().block_kv == 2);
}

TEST_CASE("the steps are listed, and any of them opened from there") {
  Desk desk;
  desk.key("I");
  CHECK(desk.page().contents);
  CHECK(desk.shows("Does not fit"));
  desk.click("lesson.step.4");
  CHECK(desk.app().lesson_step() == 3);
  CHECK_FALSE(desk.page().contents);
  desk.click("lesson.contents");
  CHECK(desk.page().contents);
  desk.click("lesson.lessons");
  CHECK(desk.app().course_open());
  CHECK(desk.app().ui_state().find("lessons.skeleton") == nullptr);  // to copy, not to learn from
  desk.click("lessons.softmax-three-ways");
  CHECK(desk.app().lesson()->id == "softmax-three-ways");
  CHECK_FALSE(desk.app().course_open());
  desk.key("Ctrl+W");
  CHECK(desk.app().lesson() == nullptr);
  desk.key("Shift+I");
  CHECK(desk.app().course_open());
  desk.key("Escape");
  CHECK_FALSE(desk.app().course_open());
}

TEST_CASE("the last step ends in the list of lessons") {
  Desk desk(5);
  desk.key("PageDown");
  CHECK(desk.app().course_open());
  CHECK(desk.app().lesson_step() == 4);
}

TEST_CASE("a choice is made by pointer or key, revealed, told right or not quite, and asked again") {
  Desk desk(2);
  REQUIRE(desk.question().choices.size() == 3);
  CHECK(desk.question().choices[0].words == "256 B");
  CHECK_FALSE(desk.question().choices[1].right);
  desk.click("lesson.choice.0");
  CHECK(desk.question().chosen == 0);
  desk.click("lesson.confidence.certain");
  CHECK(desk.question().confidence == 2);
  desk.click("lesson.reveal");
  CHECK(desk.question().verdict == Verdict::not_quite);
  CHECK(desk.question().choices[1].right);
  CHECK(desk.shows("S stays on the chip."));
  CHECK(desk.app().ui_state().find("lesson.choice.1") == nullptr);
  desk.click("lesson.again");
  CHECK_FALSE(desk.question().revealed);
  CHECK(desk.question().chosen == 0);
  desk.key("B");  // the lesson was clicked last: its keys
  CHECK(desk.question().chosen == 1);
  desk.key("3");
  CHECK(desk.question().chosen == 2);
  desk.key("2");
  desk.key("Enter");
  CHECK(desk.question().verdict == Verdict::right);
}

TEST_CASE("letters keep their meaning while the lesson has no attention") {
  Desk desk(2);
  desk.hand.move({1000, 500});
  desk.key("B");
  CHECK(desk.question().chosen == -1);
  CHECK(desk.app().view().breakpoints.size() == 1);
}

TEST_CASE("a number is typed, and Enter reveals how near it was") {
  double exact = 0;
  {
    Desk desk(3);
    CHECK(desk.question().kind == Kind::number);
    CHECK(desk.question().answer.empty());
    exact = static_cast<double>(desk.app().run()->report().two_level.read_bytes +
                                desk.app().run()->report().two_level.write_bytes);
  }
  for (const auto& [typed, verdict] : {std::pair{fmt::format("{:.0f}", exact), Verdict::right},
                                       {scope::count_text(static_cast<std::int64_t>(exact)), Verdict::right},
                                       {fmt::format("{:.1f}", exact * 1.005), Verdict::right},
                                       {fmt::format("{:.1f}", exact * 1.02), Verdict::not_quite},
                                       {std::string("many"), Verdict::not_quite},
                                       {std::string("nan"), Verdict::not_quite}}) {
    INFO(typed);
    Desk desk(3);
    desk.click("lesson.answer");
    desk.hand.type(typed);
    CHECK(desk.question().typed == typed);
    desk.key("Enter");
    CHECK(desk.question().revealed);
    CHECK(desk.question().verdict == verdict);
    CHECK(desk.question().answer == scope::count_text(static_cast<std::int64_t>(exact)) + " B");
    CHECK(desk.question().badge == draw::Badge::exact);
  }
}

TEST_CASE("revealed without an answer, nothing is called wrong") {
  Desk desk(3);
  desk.key("Enter");
  CHECK(desk.question().revealed);
  CHECK(desk.question().verdict == Verdict::none);
  CHECK_FALSE(desk.question().answer.empty());
}

TEST_CASE("a click on the stage answers") {
  Desk desk(4);
  CHECK(desk.question().clicked.empty());
  desk.click("stage.matrix.K");
  CHECK(draw::plain(desk.question().clicked) == "K");
  desk.key("Enter");
  CHECK(desk.question().verdict == Verdict::not_quite);
  CHECK(draw::plain(desk.question().answer) == "Q");
  desk.key("PageDown");
  desk.key("PageUp");
  CHECK(desk.question().revealed);
  CHECK(desk.app().view().chosen.name == "K");
  desk.click("lesson.again");
  desk.click("stage.matrix.Q");
  desk.key("Enter");
  CHECK(desk.question().verdict == Verdict::right);
}

TEST_CASE("a word under the pointer lights what it means, beside what the step lights") {
  Desk desk;
  desk.hand.leave();
  const int before = desk.lit();
  CHECK(before >= 8);  // K on the chip and in HBM
  REQUIRE(desk.hand.hover("lesson.word.Q"));
  desk.studio.frame();
  CHECK(desk.lit() > before);
  desk.hand.leave();
  desk.studio.frame();
  CHECK(desk.lit() == before);
}

TEST_CASE("a scenario that does not run says so in its place, and the lesson goes on") {
  Desk desk(5);
  REQUIRE_FALSE(desk.page().problems.empty());
  CHECK(desk.shows("needs"));
  desk.key("PageUp");
  CHECK(desk.app().lesson_step() == 3);
  CHECK(desk.page().problems.empty());
}

TEST_CASE("numbers of a run that is still being made show as dots, and come") {
  Desk desk(1, lesson_options(true));
  CHECK(desk.shows("standard attention moves"));
  CHECK_FALSE(desk.page().paragraphs.empty());
  CHECK(desk.page().paragraphs[0].find("…") == std::string::npos);
  app::App& app = desk.app();
  REQUIRE(app.open_lesson(std::string(ATTOSCOPE_SOURCE_ASSETS) + "/../lessons/skeleton", 1));
  desk.studio.frame();
  CHECK(app.lesson()->id == "skeleton");  // a frame does not wait
  desk.studio.settle();
  CHECK(desk.page().paragraphs[1].find("…") == std::string::npos);
}

TEST_CASE("another language shows the same step in its words") {
  Desk desk(2);
  desk.click("lesson.choice.1");
  const scope::Cursor moment = desk.app().view().cursor;
  desk.key("G");
  CHECK(desk.page().title == "选择");
  CHECK(desk.page().question->choices[1].words == "没有");
  CHECK(desk.page().question->chosen == 1);
  CHECK(desk.app().view().cursor == moment);
}

TEST_CASE("on a projector a remote's keys go through the steps and digits choose") {
  app::Options projector = lesson_options();
  projector.settings.theme = draw::Theme::projector;
  Desk desk(1, projector, 1280, 720);
  CHECK(desk.page().paragraphs[0].find("①") != std::string::npos);
  CHECK(desk.page().paragraphs[0].find("②") != std::string::npos);
  CHECK(desk.rings() >= 4);  // in the text and on the stage
  desk.key("PageDown");
  CHECK(desk.app().lesson_step() == 1);
  desk.key("2");
  CHECK(desk.question().chosen == 1);
  desk.click("lesson.next");
  CHECK(desk.app().lesson_step() == 2);
  desk.click("lesson.back");
  CHECK(desk.app().lesson_step() == 1);
}

TEST_CASE("at every size the panel is a column of its own and nothing in it moves from step to step") {
  for (const auto& [width, height] : {std::pair{1280, 720}, std::pair{1920, 1080}}) {
    Desk desk(1, lesson_options(), width, height);
    std::set<float> lefts, nexts;
    for (int step = 0; step < 4; ++step) {
      const app::Layout at = desk.app().layout_now();
      CHECK_FALSE(at.left_is_drawer);
      CHECK(at.left.right() <= at.stage.x);
      lefts.insert(at.stage.x);
      nexts.insert(desk.app().ui_state().find("lesson.next")->box.y);
      desk.key("PageDown");
    }
    CHECK(lefts.size() == 1);
    CHECK(nexts.size() == 1);
  }
}

TEST_CASE("what is wrong with a lesson's name or step is told in the window") {
  Desk desk;
  for (const auto& [name, step] : {std::pair{"softmax-tree-ways", 1}, {"two", 1}, {"/nowhere/lesson.toml", 1}}) {
    INFO(name);
    CHECK_FALSE(desk.app().open_lesson(name, step));
    REQUIRE(desk.app().notice());
    CHECK(desk.app().notice()->error);
    CHECK(desk.app().lesson()->id == "two");
  }
  CHECK_FALSE(desk.app().open_lesson(kLesson, 99));
  CHECK(desk.app().failure().hint().find("1 to 5") != std::string::npos);
}

TEST_CASE("the timeline is zoomed from the part that it shows") {
  Desk desk(1);
  desk.key("F2");
  desk.key("W");
  const scope::View& view = desk.app().view();
  CHECK(view.to_us > view.from_us);
  CHECK(view.to_us - view.from_us < desk.app().run()->end_us() / 2);
  CHECK(view.from_us <= view.cursor.t_us);
  CHECK(view.to_us >= view.cursor.t_us);
}

TEST_CASE("on a projector the way on leads through all of a long text") {
  app::Options options = lesson_options();
  options.settings.theme = draw::Theme::projector;
  Desk desk(1, options, 1280, 720);
  REQUIRE(desk.app().open_lesson("standard-to-flash", 6));
  desk.studio.settle();
  CHECK(desk.app().lesson_step() == 5);
  CHECK(desk.app().ui_state().scroll_room["lesson.text"] > 0);
  int pages = 0;
  for (; desk.app().lesson_step() == 5 && pages < 10; ++pages) {
    desk.key("PageDown");
  }
  CHECK(pages > 1);
  CHECK(desk.app().lesson_step() == 6);
  CHECK(desk.app().ui_state().scroll["lesson.text"] == 0);
}
