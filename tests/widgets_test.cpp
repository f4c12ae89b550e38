// Each widget by mouse and by keyboard.
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/ui_driver.h"

namespace {

using Catch::Approx;
using draw::Rect;
using draw::Ui;
using draw::UiKey;
using tests::UiDriver;

UiDriver driver(UiDriver::Frame frame, float scale = 1, int width = 800, int height = 600) {
  return UiDriver(width, height, scale, draw::Theme::dark, scope::Language::en, std::move(frame));
}

const std::vector<draw::Choice> kFour = {
    {"op", "op"}, {"tile", "tile", "One tile"}, {"rows", "row block"}, {"kernel", "kernel"}};

}  // namespace

TEST_CASE("widgets: a button by mouse, by Enter and Space, a disabled one does nothing", "[widgets]") {
  for (const float scale : {1.0F, 1.5F, 2.0F}) {
    int pressed = 0, other = 0;
    UiDriver d = driver(
        [&](Ui& ui, Rect) {
          pressed += ui.button("a", {20, 20, 100, 36}, "Play") ? 1 : 0;
          other += ui.button("off", {140, 20, 100, 36}, "Off", "not now", false) ? 1 : 0;
          other += ui.icon_button("icon", {260, 20, 36, 36}, draw::Icon::help, "Help\tF1") ? 10 : 0;
        },
        scale);
    d.frame(2);
    CHECK(d.click("a"));
    CHECK(pressed == 1);
    CHECK_FALSE(d.click("no such widget"));
    d.click("off");
    CHECK(other == 0);
    d.click("icon");
    CHECK(other == 10);

    CHECK_FALSE(d.key(UiKey::enter));  // nothing has the focus: Enter is the app's
    CHECK_FALSE(d.key(UiKey::space));
    CHECK(d.tab_to("a"));
    CHECK(d.key(UiKey::enter));
    CHECK(d.key(UiKey::space));
    CHECK(pressed == 3);
    CHECK_FALSE(d.key(UiKey::left));
    d.key(UiKey::tab);
    CHECK(d.state().focused == "icon");  // past the disabled one
    d.key(UiKey::tab);
    CHECK(d.state().focused == "a");
    d.key(UiKey::tab, true);
    CHECK(d.state().focused == "icon");
    CHECK(d.key(UiKey::escape));
    CHECK(d.state().focused.empty());
    CHECK_FALSE(d.key(UiKey::escape));
  }
}

TEST_CASE("widgets: a press that is released elsewhere is no click, and others don't react meanwhile", "[widgets]") {
  int a = 0, b = 0;
  UiDriver d = driver([&](Ui& ui, Rect) {
    a += ui.button("a", {20, 20, 100, 36}, "A") ? 1 : 0;
    b += ui.button("b", {20, 80, 100, 36}, "B") ? 1 : 0;
  });
  d.frame(2);
  d.hand().drag("a", {0.5F, 0.5F}, {0.5F, 2.2F});
  d.frame();
  CHECK(a == 0);
  CHECK(b == 0);
  CHECK(d.state().dragged.empty());
}

TEST_CASE("widgets: the focus shows after Tab only, and a click ends it", "[widgets]") {
  UiDriver d = driver([](Ui& ui, Rect) {
    ui.button("a", {20, 20, 100, 36}, "A");
    ui.button("b", {140, 20, 100, 36}, "B");
    ui.button("c", {260, 20, 100, 36}, "C");
  });
  d.frame(2);
  const std::size_t before = d.log().size();
  d.click("b");
  d.hand().leave();
  CHECK(d.log().size() == before);
  d.key(UiKey::tab);  // goes on from where the click was
  CHECK(d.state().focused == "c");
  CHECK(d.log().size() == before + 1);
  d.click("a");
  CHECK_FALSE(d.state().focus_visible);
}

TEST_CASE("widgets: segments and tabs by mouse and arrows", "[widgets]") {
  int segment = 0, tab = -1;
  UiDriver d = driver([&](Ui& ui, Rect) {
    const int s = ui.segmented("step", {20, 20, 400, 32}, kFour, segment);
    segment = s >= 0 ? s : segment;
    const int t = ui.tabs("dock", {20, 80, 600, 34}, kFour, tab);
    tab = t >= 0 ? t : tab;
  });
  d.frame(2);
  d.click("step.rows");
  CHECK(segment == 2);
  d.click("dock.tile");
  CHECK(tab == 1);
  CHECK_FALSE(d.key(UiKey::left));  // no visible focus: steps through the run
  CHECK(segment == 2);
  REQUIRE(d.tab_to("step"));
  CHECK(d.key(UiKey::right));
  CHECK(segment == 3);
  d.key(UiKey::right);
  CHECK(segment == 3);
  d.key(UiKey::left);
  CHECK(segment == 2);
  d.key(UiKey::tab);
  CHECK(d.state().focused == "dock");
  d.key(UiKey::left);
  CHECK(tab == 0);
}

TEST_CASE("widgets: a slider by mouse and by arrows, to its ticks", "[widgets]") {
  float value = 0.25F, plain = 0.5F;
  int changes = 0;
  UiDriver d = driver([&](Ui& ui, Rect) {
    changes += ui.slider("speed", {20, 20, 200, 28}, value, {0, 0.25F, 0.5F, 1}) ? 1 : 0;
    ui.slider("plain", {20, 60, 200, 28}, plain, {});
  });
  d.frame(2);
  CHECK(changes == 0);
  d.drag("speed", 0.25F, 0.75F);
  CHECK(value == Approx(0.75F).margin(0.03));
  CHECK(changes > 1);
  d.drag("speed", 0.5F, 3);
  CHECK(value == 1);
  REQUIRE(d.tab_to("speed"));
  d.key(UiKey::left);
  CHECK(value == 0.5F);
  d.key(UiKey::right);
  CHECK(value == 1);
  d.key(UiKey::tab);
  d.key(UiKey::right);
  CHECK(plain == Approx(0.55F));
}

TEST_CASE("widgets: check boxes and radio buttons", "[widgets]") {
  bool on = false;
  int radio = 0;
  UiDriver d = driver([&](Ui& ui, Rect) {
    ui.check_box("check", {20, 20, 200, 24}, "Masked tiles", on);
    for (int i = 0; i < 3; ++i) {
      const std::string name = "radio." + std::to_string(i);
      radio = ui.radio(name, {20, 60.0F + 30 * static_cast<float>(i), 200, 27}, name, radio == i) ? i : radio;
    }
  });
  d.frame(2);
  d.click("check");
  CHECK(on);
  REQUIRE(d.tab_to("check"));
  d.key(UiKey::space);
  CHECK_FALSE(on);
  d.click("radio.2");
  CHECK(radio == 2);
  REQUIRE(d.tab_to("radio.1"));
  d.key(UiKey::enter);
  CHECK(radio == 1);
}

TEST_CASE("widgets: a touch area tells pointer, wheel, drag and double click", "[widgets]") {
  for (const float scale : {1.0F, 2.0F}) {
    Ui::Touch now;
    draw::Point dragged;
    float wheel = 0;
    int doubles = 0, rights = 0;
    UiDriver d = driver(
        [&](Ui& ui, Rect) {
          now = ui.touch("area", {100, 100, 200, 200});
          dragged = dragged + now.drag;
          wheel += now.wheel;
          doubles += now.double_clicked ? 1 : 0;
          rights += now.right_pressed ? 1 : 0;
        },
        scale);
    d.frame(2);
    d.hand().move({150, 170});
    d.frame();
    CHECK(now.hovered);
    CHECK(now.at.x == Approx(150));
    CHECK(now.at.y == Approx(170));
    d.hand().drag("area", {0.5F, 0.5F}, {0.75F, 1.5F});  // also beyond its edge
    CHECK(dragged.x == Approx(50).margin(0.1));
    CHECK(dragged.y == Approx(200).margin(0.1));
    d.hand().wheel("area", 2);
    CHECK(wheel == Approx(2));
    d.hand().double_click("area");
    CHECK(doubles == 1);
    d.hand().right_click("area");
    CHECK(rights == 1);
    CHECK_FALSE(d.key(UiKey::tab));  // not for the keyboard
  }
}

TEST_CASE("widgets: a splitter moves and is put back by a double click", "[widgets]") {
  float moved = 0;
  int resets = 0;
  UiDriver d = driver([&](Ui& ui, Rect) {
    bool reset = false;
    moved += ui.splitter("split", {200, 0, 8, 400}, true, reset);
    resets += reset ? 1 : 0;
  });
  d.frame(2);
  d.drag("split", 0.5F, 10.5F);
  CHECK(moved == Approx(80).margin(0.1));
  d.hand().double_click("split");
  CHECK(resets == 1);
}

TEST_CASE("widgets: text is typed, ended by Enter, left by Esc, Tab and clicks", "[widgets]") {
  for (const float scale : {1.0F, 2.0F}) {
    std::string text = "old", second;
    int entered = 0, pressed = 0;
    UiDriver d = driver(
        [&](Ui& ui, Rect) {
          entered += ui.input("text", {20, 20, 200, 36}, text, "") ? 1 : 0;
          ui.input("second", {20, 70, 200, 36}, second, "Search");
          pressed += ui.button("button", {20, 120, 100, 36}, "B") ? 1 : 0;
        },
        scale);
    d.frame(2);
    CHECK(d.shows("Search"));
    d.type("nobody listens");
    CHECK(text == "old");
    d.click("text");
    d.frame();
    CHECK(d.state().editing == "text");
    d.type("K_7 显存");  // replaces: all was selected
    CHECK(text == "K_7 显存");
    CHECK(d.key(UiKey::left));  // the text's, not the app's
    CHECK(d.key(UiKey::enter));
    CHECK(entered == 1);
    CHECK(d.state().editing.empty());
    d.type("x");
    CHECK(text == "K_7 显存");

    d.click("text");
    d.frame();
    CHECK(d.key(UiKey::tab));
    d.frame(2);
    CHECK(d.state().editing == "second");
    d.type("abc");
    CHECK(second == "abc");
    CHECK_FALSE(d.shows("Search"));
    CHECK(d.key(UiKey::escape));
    CHECK(d.state().editing.empty());
    d.frame(3);
    CHECK(d.state().editing.empty());
    d.click("second");
    d.click("button");
    CHECK(pressed == 1);
    CHECK(d.state().editing.empty());
  }
}

TEST_CASE("widgets: a text that keeps the keyboard leaves Esc, up and down to the app", "[widgets]") {
  std::string text;
  int entered = 0;
  UiDriver d = driver([&](Ui& ui, Rect) {
    entered += ui.input("palette", {20, 20, 200, 36}, text, "Command", true) ? 1 : 0;
  });
  d.frame(4);
  d.type("step");
  CHECK(text == "step");
  CHECK_FALSE(d.key(UiKey::down));
  CHECK_FALSE(d.key(UiKey::escape));
  CHECK(d.key(UiKey::enter));
  CHECK(entered == 1);
  d.hand().press({500, 500});
  d.frame(3);
  d.type("!");
  CHECK(d.state().editing == "palette");
  CHECK(text.find('!') != std::string::npos);
}

TEST_CASE("widgets: labels too long are cut inside their widget", "[widgets]") {
  const std::string label(200, 'm');
  UiDriver d = driver([&](Ui& ui, Rect) {
    bool on = true;
    ui.button("button", {20, 20, 100, 36}, label);
    ui.menu("menu", {20, 70, 100, 36}, label, kFour, 0);
    ui.radio("radio", {20, 120, 100, 27}, label, true);
    ui.check_box("check", {20, 160, 100, 24}, label, on);
    ui.segmented("segments", {20, 200, 90, 32}, kFour, 0);
    ui.tabs("tabs", {20, 240, 90, 34}, kFour, 0);
  });
  d.frame(2);
  for (const draw::LogEntry& e : d.log()) {
    if (e.kind == draw::LogEntry::Kind::text) {
      INFO(e.text);
      CHECK(e.box.x >= 20);
      CHECK(e.box.right() <= 120.5F);
    }
  }
}
