// What lies over other widgets or scrolls under them: menus, tooltips, cards, layers, panels.
#include <imgui.h>

#include <algorithm>
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

/// Where the texts of a layer are, in one box.
Rect bounds_of_layer(const draw::Log& log, int layer) {
  float left = 1e9F, top = 1e9F, right = -1e9F, bottom = -1e9F;
  for (const draw::LogEntry& e : log) {
    if (e.layer == layer) {
      left = std::min(left, e.box.x), top = std::min(top, e.box.y);
      right = std::max(right, e.box.right()), bottom = std::max(bottom, e.box.bottom());
    }
  }
  return {left, top, right - left, bottom - top};
}

struct MenuPage {
  int chosen = 0, below = 0;
  std::vector<draw::Choice> choices = kFour;
  Rect anchor{20, 20, 160, 36};
  void operator()(Ui& ui, Rect) {
    below += ui.button("below", {20, 60, 160, 200}, "Below", "a tip") ? 1 : 0;
    const int index = ui.menu("menu", anchor, choices[static_cast<std::size_t>(chosen)].label, choices, chosen, "tip");
    chosen = index >= 0 ? index : chosen;
  }
};

}  // namespace

TEST_CASE("widgets: a menu over widgets by mouse", "[widgets]") {
  MenuPage page;
  UiDriver d = driver(std::ref(page));
  d.frame(2);
  REQUIRE(d.click("menu"));
  CHECK(d.state().open_menu == "menu");
  REQUIRE(d.click("menu.rows"));
  CHECK(page.chosen == 2);
  CHECK(page.below == 0);
  CHECK(d.state().open_menu.empty());
  d.click("menu");
  d.hand().press({500, 500});  // outside: closes, and nothing else
  CHECK(d.state().open_menu.empty());
  d.click("menu");
  d.click("menu");
  CHECK(d.state().open_menu.empty());
  d.click("menu");
  d.hand().press({100, 250});  // on the button below: closes only
  d.frame();
  CHECK(page.below == 0);
  CHECK(page.chosen == 2);
  d.click("below");
  CHECK(page.below == 1);
}

TEST_CASE("widgets: a menu by keyboard", "[widgets]") {
  MenuPage page;
  UiDriver d = driver(std::ref(page));
  d.frame(2);
  REQUIRE(d.tab_to("menu"));
  CHECK(d.key(UiKey::down));
  CHECK(d.state().open_menu == "menu");
  d.key(UiKey::down);
  d.key(UiKey::enter);
  CHECK(page.chosen == 1);
  CHECK(d.state().open_menu.empty());
  d.key(UiKey::enter);
  d.key(UiKey::up);
  d.key(UiKey::up);  // round to the last
  d.key(UiKey::enter);
  CHECK(page.chosen == 3);
  d.key(UiKey::enter);
  CHECK(d.state().open_menu == "menu");
  CHECK(d.key(UiKey::escape));
  CHECK(d.state().open_menu.empty());
  CHECK(page.chosen == 3);
  CHECK(d.state().focused == "menu");
}

TEST_CASE("widgets: a long menu scrolls inside the window, at any place", "[widgets]") {
  MenuPage page;
  page.choices.clear();
  for (int i = 0; i < 60; ++i) {
    page.choices.push_back({"c" + std::to_string(i), "Choice " + std::to_string(i)});
  }
  for (const Rect anchor : {Rect{20, 20, 160, 36}, Rect{620, 540, 160, 36}, Rect{700, 300, 90, 36}}) {
    page.anchor = anchor;
    page.chosen = 0;
    UiDriver d = driver(std::ref(page));
    d.frame(2);
    d.click("menu");
    CHECK(d.state().find("menu.c0")->seen.h > 0);
    const Rect card = d.state().find("menu.card")->box;
    CHECK(d.window().contains(card));
    CHECK_FALSE(card.overlaps(anchor));
    CHECK(d.state().find("menu.c59")->seen.empty());
    d.hand().wheel("menu.c0", -100);
    CHECK_FALSE(d.state().find("menu.c59")->seen.empty());
    REQUIRE(d.click("menu.c59"));
    CHECK(page.chosen == 59);
    d.click("menu");
    d.frame();
    CHECK_FALSE(d.state().find("menu.c59")->seen.empty());  // opens at the selected row
    d.key(UiKey::down);
    d.frame();
    CHECK_FALSE(d.state().find("menu.c0")->seen.empty());  // the row of the keyboard is always seen
  }
}

TEST_CASE("widgets: a menu whose widget is gone closes", "[widgets]") {
  MenuPage page;
  bool shown = true;
  UiDriver d = driver([&](Ui& ui, Rect w) {
    if (shown) {
      page(ui, w);
    }
  });
  d.frame(2);
  d.click("menu");
  shown = false;
  d.frame(2);
  CHECK(d.state().open_menu.empty());
}

TEST_CASE("widgets: tooltips are inside the window, beside the widget, with their key", "[widgets]") {
  const Rect places[] = {{0, 0, 60, 36}, {740, 0, 60, 36}, {0, 564, 60, 36}, {740, 564, 60, 36}, {370, 280, 60, 36}};
  for (const Rect& box : places) {
    UiDriver d = driver([&](Ui& ui, Rect) {
      ui.button("a", box, "A", "Runs the kernel to the next place where a row's max rises\tShift+Space", false);
    });
    d.frame(2);
    CHECK_FALSE(d.shows("Runs", 1));
    d.hover("a");
    d.frame();
    CHECK(d.shows("Runs", 1));
    CHECK(d.shows("Shift+Space", 1));
    const Rect tip = bounds_of_layer(d.log(), 1);
    CHECK(d.window().contains(tip));
    CHECK_FALSE(tip.overlaps(box));
  }
}

TEST_CASE("widgets: a card never lies under the pointer nor outside the window", "[widgets]") {
  UiDriver d = driver([](Ui& ui, Rect window) {
    if (ui.touch("all", window).hovered) {
      draw::HoverCard card;
      card.title = "[P:P_{3,6}]";
      card.rows = {{"written", "8,192 B"}, {"time", "1.23 us"}};
      card.formula = "P_{ij} = exp(S_{ij} - m_{i})";
      card.substituted = "= 0.393";
      card.source = "a source";
      card.badge = draw::Badge::modelled;
      ui.hover(card);
    }
  });
  d.frame(2);
  for (const draw::Point at : {draw::Point{1, 1}, {799, 1}, {1, 599}, {799, 599}, {400, 300}}) {
    d.hand().move(at);
    d.frame();
    CHECK(d.shows("8,192 B", 1));
    CHECK(d.shows("modelled", 1));
    const Rect card = bounds_of_layer(d.log(), 1);
    CHECK(d.window().contains(card));
    CHECK_FALSE(card.has(at));
  }
  d.hand().leave();
  CHECK_FALSE(d.shows("8,192 B"));
}

TEST_CASE("widgets: what is drawn later, or on a higher layer, gets the pointer", "[widgets]") {
  int under = 0, over = 0, first = 0;
  bool drawer = false;
  UiDriver d = driver([&](Ui& ui, Rect) {
    if (drawer) {
      ui.p.push_layer(ImGui::GetForegroundDrawList());
      ui.shield({0, 0, 300, 300});
      first += ui.button("drawer", {20, 20, 50, 20}, "D") ? 1 : 0;
      ui.p.pop_layer();
    }
    under += ui.touch("under", {0, 0, 200, 200}).pressed ? 1 : 0;
    over += ui.touch("over", {100, 100, 50, 50}).pressed ? 1 : 0;
  });
  d.frame(2);
  d.hand().press({125, 125});
  d.hand().press({20, 180});
  CHECK(over == 1);
  CHECK(under == 1);
  drawer = true;
  d.frame(2);
  d.hand().press({125, 125});
  d.hand().press({20, 180});
  CHECK(over == 1);
  CHECK(under == 1);
  d.click("drawer");
  CHECK(first == 1);
}

TEST_CASE("widgets: a scrolling panel by wheel, bar and Tab, what is scrolled away can't be clicked", "[widgets]") {
  int last = -1;
  UiDriver d = driver([&](Ui& ui, Rect) {
    const Rect content = ui.begin_scroll("panel", {50, 50, 200, 200}, 800);
    for (int i = 0; i < 20; ++i) {
      const Rect row{content.x + 8, content.y + 40 * static_cast<float>(i) + 4, content.w - 16, 32};
      last = ui.button("row" + std::to_string(i), row, "Row") ? i : last;
    }
    ui.end_scroll();
  });
  d.frame(2);
  CHECK_FALSE(d.click("row10"));
  d.hand().wheel("row1", -8);
  CHECK(d.click("row10"));
  CHECK(last == 10);
  d.hand().wheel("row10", 100);
  CHECK(d.state().scroll["panel"] == 0);
  d.hand().drag("panel.bar", {0.5F, 0.05F}, {0.5F, 2});
  CHECK(d.state().scroll["panel"] == Approx(600));
  for (int i = 0; i < 20; ++i) {
    d.key(UiKey::tab);
    d.frame();
    INFO(d.state().focused);
    const draw::WidgetInfo* widget = d.state().find(d.state().focused);
    REQUIRE(widget != nullptr);
    CHECK(widget->seen == widget->box);
  }
  for (const draw::LogEntry& e : d.log()) {
    if (e.kind == draw::LogEntry::Kind::text) {
      CHECK(e.may_be_cut);
    }
  }
}

TEST_CASE("widgets: Tab stays on the topmost layer", "[widgets]") {
  bool dialog = false;
  UiDriver d = driver([&](Ui& ui, Rect) {
    ui.button("a", {20, 20, 100, 36}, "A");
    if (dialog) {
      ui.p.push_layer(ImGui::GetForegroundDrawList());
      ui.shield({0, 0, 800, 600});
      ui.button("yes", {100, 100, 100, 36}, "Yes");
      ui.button("no", {220, 100, 100, 36}, "No");
      ui.p.pop_layer();
    }
    ui.button("z", {20, 70, 100, 36}, "Z");
  });
  d.frame(2);
  d.key(UiKey::tab);
  CHECK(d.state().focused == "a");
  dialog = true;
  d.frame(2);
  std::vector<std::string> order;
  for (int i = 0; i < 3; ++i) {
    d.key(UiKey::tab);
    order.push_back(d.state().focused);
  }
  CHECK(order == std::vector<std::string>{"yes", "no", "yes"});
}
