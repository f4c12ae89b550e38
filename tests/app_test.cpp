// The window as a user drives it: by the names of widgets and by keys, without a display.
#include <imgui.h>

#include <memory>
#include <set>

#include "sim/base/error.h"
#include "tests/catch.h"
#include "tests/studio_support.h"
#include "tests/ui_driver.h"
#include "ui/window/app/overlays.h"

namespace {

using app::KeyPress;

/// The window with a scenario open, and a hand.
struct Bench {
  explicit Bench(const std::string& scenario = "blackboard", int width = 1920, int height = 1080,
                 app::Options with = tests::studio_options())
      : studio(std::move(with), width, height, 1, false),
        hand(studio.app().ui_state(), 1, [this] { studio.frame(1.0 / 60); }) {
    tests::open_built_in(studio, scenario);
    REQUIRE(studio.app().run() != nullptr);
  }
  void key(const std::string& text) {
    const KeyPress press = app::parse_key(text);
    studio.frame(1.0 / 60, std::span(&press, 1));
    studio.frame(1.0 / 60);
  }
  app::App& app() { return studio.app(); }
  std::uint64_t state_hash() {
    const scope::Run& run = *app().run();
    const scope::At at = run.at(app().view().cursor);
    return run.state_after(at.kernel, at.block, at.op).hash();
  }
  double t() { return app().view().cursor.t_us; }

  platform::Studio studio;
  tests::Hand hand;
};

}  // namespace

TEST_CASE("step buttons and keys go forwards and back through the same states") {
  Bench bench;
  std::vector<std::pair<double, std::uint64_t>> seen = {{bench.t(), bench.state_hash()}};
  for (int n = 0; n < 40; ++n) {
    n % 2 == 0 ? void(bench.hand.click("topbar.step_forward")) : bench.key("Right");
    seen.emplace_back(bench.t(), bench.state_hash());
    REQUIRE(seen[seen.size() - 1].first > seen[seen.size() - 2].first);
  }
  std::set<std::uint64_t> different;
  for (const auto& [t, hash] : seen) {
    different.insert(hash);
  }
  CHECK(different.size() > 30);
  for (std::size_t n = seen.size() - 1; n-- > 0;) {
    n % 2 == 0 ? void(bench.hand.click("topbar.step_back")) : bench.key("Left");
    REQUIRE(bench.t() == seen[n].first);
    REQUIRE(bench.state_hash() == seen[n].second);
  }
}

TEST_CASE("every step size reaches the end of the run and comes back to its start") {
  Bench bench("lecture");
  for (const char* forward : {"Shift+Right", "Ctrl+Right", "PageDown", "Shift+PageDown"}) {
    INFO(forward);
    bench.key("Home");
    CHECK(bench.t() == 0);
    int steps = 0;
    while (bench.t() < bench.app().run()->end_us() && steps < 2000) {
      bench.key(forward);
      ++steps;
    }
    CHECK(bench.t() == Catch::Approx(bench.app().run()->end_us()));
    CHECK(steps < 2000);
    bench.key("Home");
    CHECK(bench.t() == 0);
  }
}

TEST_CASE("playing moves on until the end, or until Space is pressed") {
  Bench bench;
  bench.hand.click("topbar.play");
  CHECK(bench.app().view().playing);
  for (int n = 0; n < 30; ++n) {
    bench.studio.frame(0.05);
  }
  const double t = bench.t();
  CHECK(t > 0);
  bench.key("Space");
  CHECK_FALSE(bench.app().view().playing);
  const double stopped = bench.t();
  bench.studio.frame(1);
  CHECK(bench.t() == stopped);
  bench.app().view().speed = std::numeric_limits<double>::infinity();
  bench.key("Space");
  for (int n = 0; n < 400 && bench.app().view().playing; ++n) {
    bench.studio.frame(0.1);
  }
  CHECK_FALSE(bench.app().view().playing);
  CHECK(bench.t() == Catch::Approx(bench.app().run()->end_us()));
}

TEST_CASE("scrubbing puts the run where the pointer is") {
  Bench bench;
  REQUIRE(bench.hand.drag("scrub", {0.1F, 0.5F}, {0.6F, 0.5F}));
  const double t = bench.t();
  CHECK(t > bench.app().run()->end_us() * 0.3);
  CHECK(t < bench.app().run()->end_us() * 0.9);
  REQUIRE(bench.hand.drag("scrub", {0.6F, 0.5F}, {0.2F, 0.5F}));
  CHECK(bench.t() < t);
}

TEST_CASE("a breakpoint stops playing and running, forwards and back") {
  Bench bench;
  scope::Breakpoint shrink;
  shrink.kind = scope::BreakKind::alpha_below_1;
  bench.app().view().breakpoints = {shrink};
  bench.key("F5");
  const double first = bench.t();
  CHECK(first > 0);
  CHECK(first < bench.app().run()->end_us());
  REQUIRE(bench.app().notice());
  CHECK_FALSE(bench.app().notice()->error);
  bench.key("F5");
  const double second = bench.t();
  REQUIRE(second > first);
  bench.key("Shift+F5");
  CHECK(bench.t() == first);
  bench.key("Home");
  bench.app().view().speed = 100;
  bench.key("Space");
  for (int n = 0; n < 400 && bench.app().view().playing; ++n) {
    bench.studio.frame(0.02);
  }
  CHECK(bench.t() == first);
}

TEST_CASE("bookmarks are set with Ctrl and a digit and found by the digit") {
  Bench bench;
  bench.key("Right");
  bench.key("Right");
  const double t = bench.t();
  bench.key("Ctrl+3");
  bench.key("End");
  bench.key("3");
  CHECK(bench.t() == t);
  bench.key("7");
  CHECK(bench.t() == t);
  REQUIRE(bench.app().notice());
}

TEST_CASE("back to the last writer of O goes to an op that writes O") {
  Bench bench;
  bench.key("End");
  for (int n = 0; n < 3; ++n) {
    bench.key("Left");
  }
  const double t = bench.t();
  bench.key("Backspace");
  CHECK(bench.t() < t);
}

TEST_CASE("language and theme change at once, by button and by key") {
  Bench bench;
  const auto shows = [&](std::string_view words) {
    for (const draw::LogEntry& entry : bench.studio.log()) {
      if (entry.text.find(words) != std::string::npos) {
        return true;
      }
    }
    return false;
  };
  CHECK(shows("Blackboard"));
  bench.hand.click("topbar.language.zh");
  bench.studio.frame();
  CHECK(bench.app().settings().language == scope::Language::zh);
  CHECK(shows("黑板"));
  CHECK_FALSE(shows("Blackboard"));
  bench.key("G");
  CHECK(shows("Blackboard"));
  bench.key("T");
  CHECK(bench.app().settings().theme == draw::Theme::light);
  bench.key("P");
  CHECK(bench.app().settings().theme == draw::Theme::projector);
  bench.key("P");
  CHECK(bench.app().settings().theme == draw::Theme::light);
}

TEST_CASE("the palette finds a command by a few letters and runs it") {
  Bench bench;
  bench.key("Ctrl+Shift+P");
  REQUIRE(bench.app().palette_open());
  bench.hand.type("roofl");
  bench.key("Enter");
  CHECK_FALSE(bench.app().palette_open());
  CHECK(bench.app().view().tab == scope::Tab::roofline);
  bench.key("F1");
  bench.hand.type("zzzz");
  bench.key("Enter");
  bench.key("Escape");
  CHECK_FALSE(bench.app().palette_open());
}

TEST_CASE("the sheet of keys shows every key of the table, and Esc closes it") {
  Bench bench;
  bench.key("Shift+/");
  REQUIRE(bench.app().help_open());
  std::string all;
  for (const draw::LogEntry& entry : bench.studio.log()) {
    all += entry.text + "\n";
  }
  for (const app::Command& command : app::commands()) {
    const std::string key = bench.app().keys().shown(command.name);
    INFO(command.name);
    CHECK(bench.app().strings().has(std::string("command.") + command.name));
    if (!key.empty() && std::string(command.name).find("bookmark") == std::string::npos) {
      CHECK(all.find(key) != std::string::npos);
    }
  }
  bench.key("Escape");
  CHECK_FALSE(bench.app().help_open());
}

TEST_CASE("comparing shows two runs at the same work or the same time") {
  Bench bench("lecture");
  bench.key("C");
  bench.studio.settle();
  REQUIRE(bench.app().second_run() != nullptr);
  CHECK(bench.app().second_run()->scenario().algorithm == "standard");
  bench.hand.click("compare.align.time");
  CHECK(bench.app().view().align == scope::Align::time);
  bench.key("Shift+C");
  CHECK(bench.app().view().align == scope::Align::work);
  bench.key("C");
  CHECK_FALSE(bench.app().view().comparing);
}

TEST_CASE("a slider simulates again and what can't run leaves the last run with a reason") {
  Bench bench("lecture", 1920, 2160);
  const double before = bench.app().run()->end_us();
  REQUIRE(bench.hand.drag("controls.hbm", {0.5F, 0.5F}, {0.05F, 0.5F}));
  bench.studio.settle();
  CHECK(bench.app().run()->end_us() > before);
  bench.app().set("block_q", "1024");
  bench.studio.settle();
  const scope::Run* kept = bench.app().run();
  REQUIRE(kept != nullptr);
  CHECK(bench.app().failure().message().find("needs") != std::string::npos);
}

TEST_CASE("a broken scenario is told in place and nothing is lost") {
  Bench bench;
  const scope::Run* run = bench.app().run();
  for (const char* text : {"algorithm = 7", "[", "machine = \"no-such\"", "[view]\nt_us = \"soon\"", "\xff\xfe", ""}) {
    INFO(text);
    bench.app().open_text(text, "pasted");
    bench.studio.settle();
    bench.studio.frame();
  }
  bench.app().open_file("/nowhere/at/all.toml");
  REQUIRE(bench.app().notice());
  CHECK(bench.app().notice()->error);
  bench.app().open_file(tests::built_in("blackboard"));
  bench.studio.settle();
  CHECK(bench.app().run() != nullptr);
  static_cast<void>(run);
}

TEST_CASE("the present moment as a scenario's text opens at the same moment") {
  Bench bench;
  for (int n = 0; n < 11; ++n) {
    bench.key("Right");
  }
  bench.app().view().breakpoints = {scope::Breakpoint{}};
  const std::string text = sim::to_toml(bench.app().present());
  const scope::View view = bench.app().view();
  const std::uint64_t hash = bench.state_hash();
  bench.key("End");
  bench.app().open_text(text, "pasted");
  bench.studio.settle();
  CHECK(bench.app().view() == view);
  CHECK(bench.state_hash() == hash);
}

TEST_CASE("all is reached by Tab and Enter alone") {
  Bench bench;
  std::set<std::string> reached;
  for (int n = 0; n < 120; ++n) {
    bench.key("Tab");
    reached.insert(bench.app().ui_state().focused);
  }
  for (const char* name : {"topbar.play", "topbar.step_forward", "topbar.help", "topbar.algorithm", "topbar.machine"}) {
    INFO(name);
    CHECK(reached.count(name) == 1);
  }
  while (bench.app().ui_state().focused != "topbar.help") {
    bench.key("Tab");
  }
  bench.key("Enter");
  CHECK(bench.app().help_open());
}

TEST_CASE("settings survive any bytes, and writing and reading them gives the same") {
  app::Settings settings;
  settings.theme = draw::Theme::light;
  settings.language = scope::Language::zh;
  settings.scale = 1.25F;
  settings.panels = {310, 400, 200};
  settings.keys["play"] = "Ctrl+Shift+X";
  settings.key_preset = app::KeyPreset::ripes;
  std::string complaints;
  CHECK(app::parse_settings(app::to_toml(settings), "settings.toml", &complaints) == settings);
  CHECK(complaints.empty());
  app::parse_settings("theme = \"pink\"\nscale = 99\n[keys]\nplya = \"X\"\nplay = \"Hyper\"\n", "settings.toml",
                      &complaints);
  for (const char* word : {"theme", "pink", "scale", "plya", "Hyper", "settings.toml"}) {
    INFO(word);
    CHECK(complaints.find(word) != std::string::npos);
  }
  complaints.clear();
  app::parse_settings("\x01\xff = [", "settings.toml", &complaints);
  CHECK_FALSE(complaints.empty());
}

TEST_CASE("keys are parsed, shown and bound as they are written") {
  for (const app::Command& command : app::commands()) {
    for (const char* preset_keys = command.keys; *preset_keys != 0; preset_keys = "") {
      INFO(command.name);
      CHECK_FALSE(app::KeyMap().shown(command.name).empty());
    }
  }
  for (const auto preset : {app::KeyPreset::arrows, app::KeyPreset::debugger, app::KeyPreset::ripes}) {
    const app::KeyMap keys(preset);
    std::map<std::string, std::string> owner;
    for (const app::Command& command : app::commands()) {
      for (const std::string& shown : keys.all_shown(command.name)) {
        INFO(shown);
        CHECK(owner.emplace(shown, command.name).second);
      }
    }
  }
  CHECK_THROWS_AS(app::parse_key("Hyper+X"), sim::Error);
  app::KeyMap keys;
  CHECK_THROWS_WITH(keys.bind("plya", "X"), Catch::Matchers::ContainsSubstring("play"));
}
