// The stage under the pointer: cards that say what a thing is, clicks that follow it, the wheel that zooms in.
#include <memory>

#include "tests/catch.h"
#include "tests/studio_support.h"
#include "tests/ui_driver.h"

namespace {

struct Stage {
  explicit Stage(const std::string& scenario, double share)
      : studio(tests::studio_options(), 1920, 1080, 1, false),
        hand(studio.app().ui_state(), 1, [this] { studio.frame(1.0 / 60); }) {
    tests::open_built_in(studio, scenario);
    studio.app().view().cursor.t_us = studio.app().run()->end_us() * share;
    studio.settle();
  }
  scope::View& view() { return studio.app().view(); }
  /// What lies over the picture, as text.
  std::string card() const {
    std::string words;
    for (const draw::LogEntry& entry : studio.log()) {
      words += entry.kind == draw::LogEntry::Kind::text && entry.layer > 0 ? entry.text + " " : "";
    }
    return words;
  }

  platform::Studio studio;
  tests::Hand hand;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a click on an SM looks at what runs there") {
  Stage stage("lecture", 0.4);
  REQUIRE(stage.hand.click("stage.sm.7"));
  CHECK(stage.view().cursor.place.sm == 7);
  Stage named("blackboard", 0.4);
  REQUIRE(named.hand.click("stage.sm.2"));
  CHECK(named.view().cursor.place.sm == 2);
}

TEST_CASE("pointing at a thing of the stage says what it is, how much, and how sure") {
  Stage stage("lecture", 0.4);
  int shown = 0;
  for (const draw::WidgetInfo& widget : std::vector<draw::WidgetInfo>(stage.studio.app().ui_state().widgets)) {
    if (widget.name.rfind("stage.", 0) != 0 || widget.seen.empty() || widget.name.rfind("stage.sm.1", 0) == 0) {
      continue;
    }
    INFO(widget.name);
    REQUIRE(stage.hand.hover(widget.name));
    stage.studio.frame();
    shown += stage.card().empty() ? 0 : 1;
    if (widget.name == "stage.bytes.K") {
      CHECK(contains(stage.card(), "K"));
      CHECK((contains(stage.card(), "exact") || contains(stage.card(), "modelled")));
    }
  }
  CHECK(shown > 20);
  stage.hand.leave();
  stage.studio.frame();
  CHECK(stage.card().empty());
}

TEST_CASE("the wheel zooms into a matrix down to its elements, and Esc gives the whole back") {
  Stage stage("lecture", 0.4);
  for (int n = 0; n < 30; ++n) {
    stage.hand.wheel("stage.matrix.Q", 1);
  }
  CHECK(stage.view().zoom > 8);
  CHECK(stage.view().zoomed == "Q");
  stage.studio.app().run_command("clear");
  CHECK(stage.view().zoom == 1);
}

TEST_CASE("a click on a tile or a matrix follows it") {
  Stage stage("blackboard", 0.4);
  REQUIRE(stage.hand.click("stage.matrix.K"));
  CHECK(stage.view().chosen.kind != scope::Chosen::Kind::nothing);
  stage.studio.app().run_command("clear");
  CHECK(stage.view().chosen.kind == scope::Chosen::Kind::nothing);
}
