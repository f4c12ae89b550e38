// The panels beside the stage: program, state, softmax.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/ui_driver.h"
#include "ui/scope/caption.h"
#include "ui/scope/moves.h"
#include "ui/window/draw/audit.h"
#include "ui/window/views/panels.h"
#include "ui/window/views/stage.h"

namespace {

using draw::Rect;
using Panel = void (*)(views::Context&, const Rect&);

const std::string kAssets = ATTOSCOPE_SOURCE_ASSETS;

std::shared_ptr<const scope::Run> blackboard(const std::string& algorithm = "flash2") {
  static std::map<std::string, std::shared_ptr<const scope::Run>> runs;
  std::shared_ptr<const scope::Run>& run = runs[algorithm];
  if (run == nullptr) {
    sim::Scenario scenario = sim::load_scenario(kAssets + "/scenarios/blackboard.toml");
    scenario.algorithm = algorithm;
    run = scope::Run::make(scenario, kAssets);
  }
  return run;
}

/// One panel over a whole window.
struct Scene {
  std::shared_ptr<const scope::Run> run;
  scope::View view;
  views::Actions actions;
  Panel panel;
  tests::UiDriver driver;

  Scene(std::shared_ptr<const scope::Run> shown, Panel drawn, int width, int height,
        draw::Theme theme = draw::Theme::dark, scope::Language language = scope::Language::en)
      : run(std::move(shown)),
        panel(drawn),
        driver(width, height, 1, theme, language, [this](draw::Ui& ui, Rect window) {
          ui.p.fill(window, ui.colors().background);
          const scope::Frame frame = scope::frame_at(*run, view.cursor);
          views::Context context{ui, *run, frame, view, actions, ""};
          panel(context, window);
        }) {}

  void go(double position) {
    view.cursor.t_us = run->time_of(view.cursor.place, position);
    driver.frame(3);
  }
  int ops() const { return static_cast<int>(run->positions(view.cursor.place)); }
  scope::Frame frame() const { return scope::frame_at(*run, view.cursor); }
};

/// Boxes of the 4 px bars in ink at the left edge.
std::vector<Rect> bars(const draw::Log& log) {
  std::vector<Rect> found;
  for (const draw::LogEntry& entry : log) {
    if (entry.kind == draw::LogEntry::Kind::fill && entry.box.x < 0.5F && std::abs(entry.box.w - 4) < 0.5F &&
        entry.color == draw::palette(draw::Theme::dark).ink) {
      found.push_back(entry.box);
    }
  }
  return found;
}

/// A row whose largest exponential overflows.
std::shared_ptr<const scope::Run> from_86_to_89(const std::string& algorithm) {
  sim::Scenario scenario = sim::parse_scenario(
      "machine = \"blackboard\"\n[problem]\nrows = 1\nrow_length = 4\ndtype = \"fp32\"\n"
      "[schedule]\nblock_q = 1\nblock_kv = 2\n",
      "test");
  scenario.algorithm = algorithm;
  scenario.inputs.x = kAssets + "/../lessons/softmax-three-ways/86-89.npy";
  return scope::Run::make(scenario, kAssets);
}

void stage(views::Context& context, const Rect& area) { views::stage(context, area); }

/// How often the words stand in the colour of errors.
std::ptrdiff_t errors(Scene& scene, const std::string& words, draw::Theme theme = draw::Theme::dark) {
  return std::count_if(scene.driver.log().begin(), scene.driver.log().end(), [&](const draw::LogEntry& entry) {
    return entry.kind == draw::LogEntry::Kind::text && entry.text == words &&
           entry.color == draw::palette(theme).error_text;
  });
}

}  // namespace

TEST_CASE("panels: the bar stands at the line of the op at work, and in view, at every op", "[panels]") {
  Scene scene(blackboard(), views::program_panel, 456, 420);
  for (int op = 0; op < scene.ops(); ++op) {
    scene.go(op + 0.5);
    const scope::Frame frame = scene.frame();
    if (frame.at.idle || frame.op == nullptr) {
      continue;
    }
    const draw::WidgetInfo* line = scene.driver.state().find("program.line." + std::to_string(frame.op->line));
    INFO("op " << op << ", line " << frame.op->line);
    REQUIRE(line != nullptr);
    const std::vector<Rect> drawn = bars(scene.driver.log());
    REQUIRE_FALSE(drawn.empty());
    CHECK(std::abs(drawn.front().y - line->box.y) < 1);
    CHECK_FALSE(line->seen.empty());
  }
}

TEST_CASE("panels: a click on a line runs to it, a right click back to it", "[panels]") {
  Scene scene(blackboard(), views::program_panel, 456, 900);
  scene.go(8);
  std::set<int> lines;
  for (const sim::Op& op : scene.frame().trace->trace->ops) {
    lines.insert(op.kind == sim::OpKind::release ? 0 : op.line);
  }
  lines.erase(0);
  REQUIRE(lines.size() > 8);
  for (const int line : lines) {
    for (const bool back : {false, true}) {
      scene.go(20);
      const double before = scene.view.cursor.t_us;
      const std::string name = "program.line." + std::to_string(line);
      scene.driver.hand().wheel("program", 100);  // to the top; the panel is high enough for all
      if (!(back ? scene.driver.hand().right_click(name) : scene.driver.click(name))) {
        continue;  // scrolled out of sight
      }
      INFO("line " << line);
      CHECK(scene.view.cursor.t_us != before);
      CHECK(scene.frame().op->line == line);
    }
  }
}

TEST_CASE("panels: a double click in the gutter sets a breakpoint and takes it away", "[panels]") {
  Scene scene(blackboard(), views::program_panel, 456, 900);
  scene.go(8);
  const int line = scene.frame().op->line;
  const std::string name = "program.gutter." + std::to_string(line);
  REQUIRE(scene.driver.hand().double_click(name));
  REQUIRE(scene.view.breakpoints.size() == 1);
  CHECK(scene.view.breakpoints[0].line == line);
  CHECK(scene.view.breakpoints[0].kind == scope::BreakKind::line);
  CHECK(scene.view.breakpoints[0].file == "sim/algorithms/flash_attention_2.cpp");
}

TEST_CASE("panels: numbers shown are those of the row", "[panels]") {
  Scene state(blackboard(), views::state_panel, 456, 420), table(blackboard(), views::softmax_panel, 830, 1000);
  const auto number = [](float value, int digits) {
    std::string words = digits < 0 ? scope::value_text(value) : fmt::format("{:.{}f}", value, digits);
    if (words[0] == '-') {
      words.replace(0, 1, "\xE2\x88\x92");
    }
    return words;
  };
  for (const std::int32_t row : {0, 1}) {
    for (int op = 1; op <= state.ops(); op += 3) {
      for (Scene* scene : {&state, &table}) {
        scene->view.row = row;
        scene->go(op);
        const auto known = scope::softmax_row(*scene->run, scene->frame(), row);
        if (!known || known->steps.empty()) {
          continue;
        }
        const scope::SoftmaxRow::Step& step = known->steps.back();
        INFO("row " << row << ", op " << op);
        CHECK((!step.done_max || scene->driver.shows(number(step.m, -1))));
        CHECK((!step.done_alpha || scene->driver.shows(number(step.alpha, 3))));
        CHECK((!step.done_sum || scene->driver.shows(number(step.l, 3))));
      }
    }
  }
}

TEST_CASE("panels: a softmax program's own statements, and where it overflows", "[panels]") {
  for (const std::string algorithm : {"softmax_naive", "softmax_safe", "softmax_online"}) {
    INFO(algorithm);
    const bool naive = algorithm == "softmax_naive";
    Scene state(from_86_to_89(algorithm), views::state_panel, 456, 420),
        table(from_86_to_89(algorithm), views::softmax_panel, 456, 900);
    for (Scene* scene : {&state, &table}) {
      scene->go(scene->ops());
      CHECK(scene->driver.shows("d"));
      CHECK_FALSE(scene->driver.shows("ℓ"));
      for (const draw::Finding& finding : draw::audit(scene->driver.log(), scene->driver.window())) {
        FAIL_CHECK(algorithm << ": " << finding.what);
      }
    }
    CHECK(state.driver.shows("rowmax") != naive);
    CHECK(errors(state, "NaN") == (naive ? 1 : 0));
    CHECK(state.driver.shows("0.237") != naive);
  }
}

TEST_CASE("panels: numbers that are none stand in the error colour, elements not written nowhere", "[panels]") {
  for (const draw::Theme theme : {draw::Theme::dark, draw::Theme::light}) {
    Scene scene(from_86_to_89("softmax_naive"), stage, 1100, 760, theme);
    scene.go(0);
    CHECK_FALSE(scene.driver.shows("NaN"));
    scene.go(scene.ops());
    CHECK(scene.driver.shows("NaN"));
    CHECK(errors(scene, "NaN", theme) >= 1);
    for (const draw::Finding& finding : draw::audit(scene.driver.log(), scene.driver.window())) {
      FAIL_CHECK(finding.what);
    }
  }
  Scene safe(from_86_to_89("softmax_safe"), stage, 1100, 760);
  for (int op = 0; op <= safe.ops(); ++op) {
    safe.go(op);
    CHECK_FALSE(safe.driver.shows("NaN"));
    CHECK(errors(safe, "-inf") == 0);  // no maximum yet
  }
}

TEST_CASE("panels: a stage alone in the window is in order", "[panels]") {
  for (const int height : {560, 640, 700, 758}) {
    Scene scene(blackboard(), stage, 1600, height);
    for (const double share : {0.0, 0.3, 0.7, 1.0}) {
      scene.go(share * scene.ops());
      for (const draw::Finding& finding : draw::audit(scene.driver.log(), scene.driver.window())) {
        FAIL_CHECK(height << " at " << share << ": " << finding.what);
      }
    }
  }
}

TEST_CASE("panels: the row goes up and down within the block", "[panels]") {
  for (const auto& [panel, name] :
       {std::pair{&views::state_panel, "state"}, std::pair{&views::softmax_panel, "softmax"}}) {
    Scene scene(blackboard(), panel, 456, 420);
    scene.go(12);
    REQUIRE(scene.driver.click(std::string(name) + ".row_down"));
    CHECK(scene.view.row == 1);
    scene.driver.click(std::string(name) + ".row_down");
    CHECK(scene.view.row == 1);  // the block has two rows
    REQUIRE(scene.driver.click(std::string(name) + ".row_up"));
    CHECK(scene.view.row == 0);
  }
}

TEST_CASE("panels: nothing overlaps, is cut or hard to read", "[panels]") {
  for (const char* algorithm : {"flash2", "flash1", "standard"}) {
    for (const int width : {300, 456, 830}) {
      for (const scope::Language language : {scope::Language::en, scope::Language::zh}) {
        for (const Panel panel : {&views::program_panel, &views::state_panel, &views::softmax_panel}) {
          const draw::Theme theme = language == scope::Language::en ? draw::Theme::dark : draw::Theme::light;
          Scene scene(blackboard(algorithm), panel, width, 420, theme, language);
          for (const double share : {0.0, 0.2, 0.5, 0.73, 1.0}) {
            scene.go(share * scene.ops());
            for (const draw::Finding& finding : draw::audit(scene.driver.log(), scene.driver.window())) {
              FAIL_CHECK(algorithm << " " << width << " at " << share << ": " << finding.what);
            }
          }
        }
      }
    }
  }
}
