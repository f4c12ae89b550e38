// The tab "Simulated vs measured": marks, cards, clicks, and what stands there without measurements.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/album.h"
#include "tests/catch.h"
#include "tests/measurement_support.h"
#include "tests/studio_support.h"
#include "tests/ui_driver.h"
#include "ui/scope/evidence.h"
#include "ui/scope/measured.h"

namespace {

namespace fs = std::filesystem;
using measurement_test::Json;

sim::Experiment experiment(const std::string& algorithm, int seqlen, const std::string& more = "") {
  return measurement_test::experiment_of(
      "machine = \"blackboard\"\nalgorithm = \"" + algorithm + "\"\n[problem]\nseqlen_q = " + std::to_string(seqlen) +
      "\nseqlen_kv = " + std::to_string(seqlen) +
      "\nhead_dim = 4\ndtype = \"fp32\"\n[schedule]\nblock_q = 4\nblock_kv = 4\n" + more);
}

/// The project's assets with measurements of the blackboard machine: FlashAttention-2 on 16 and 32 keys, the latter
/// held back, and standard attention on 16.
struct Assets {
  explicit Assets(const std::string& text = "") {
    static int number = 0;
    folder = fs::temp_directory_path() /
             ("attoscope_measured_" + std::to_string(::getpid()) + "_" + std::to_string(number++));
    fs::create_directories(folder / "measurements" / "blackboard");
    for (const fs::directory_entry& entry : fs::directory_iterator(ATTOSCOPE_SOURCE_ASSETS)) {
      if (entry.path().filename() != "measurements") {
        fs::create_directory_symlink(entry.path(), folder / entry.path().filename());
      }
    }
    std::ofstream(folder / "measurements" / "blackboard" / "made.json") << (text.empty() ? made() : text);
  }
  ~Assets() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  Assets(const Assets&) = delete;
  Assets& operator=(const Assets&) = delete;

  static std::string made() {
    return measurement_test::file_of("blackboard", {measurement_test::point_of(experiment("flash2", 16), 0.05),
                                                    measurement_test::point_of(experiment("flash2", 32), -0.3, true),
                                                    measurement_test::point_of(experiment("standard", 16), 0.02)})
        .dump();
  }

  fs::path folder;
};

/// The window with the tab open.
struct Bench {
  explicit Bench(const Assets& assets, const std::string& scenario = kRun, int width = 1920, int height = 1080)
      : studio(options(assets), width, height, 1, false),
        hand(studio.app().ui_state(), 1, [this] { studio.frame(1.0 / 60); }) {
    studio.app().open_text(scenario, "test");
    studio.settle();
    REQUIRE(studio.app().run() != nullptr);
    studio.app().run_command("tab_measured");
    studio.settle();
  }

  static app::Options options(const Assets& assets) {
    app::Options options = tests::studio_options();
    options.assets = assets.folder.string();
    return options;
  }

  bool shows(const std::string& words) const {
    const auto has = [&](const draw::LogEntry& e) {
      return e.kind == draw::LogEntry::Kind::text && e.text.find(words) != std::string::npos;
    };
    return std::any_of(studio.log().begin(), studio.log().end(), has);
  }

  /// What lies over the picture says, without spaces.
  std::string card() const {
    std::string words;
    for (const draw::LogEntry& e : studio.log()) {
      words += e.kind == draw::LogEntry::Kind::text && e.layer > 0 ? e.text : "";
    }
    words.erase(std::remove(words.begin(), words.end(), ' '), words.end());
    return words;
  }

  /// Where a time stands on the chart, whose axes are 1.4 times as long at either end as its points are far apart.
  draw::Point at(const scope::Measured& measured, double measured_us, double simulated_us) {
    double low = INFINITY, high = 0;
    for (const sim::Comparison& c : measured.comparisons()) {
      low = std::min({low, c.measured_us, c.simulated_us});
      high = std::max({high, c.measured_us, c.simulated_us});
    }
    const draw::Rect plot = studio.app().ui_state().find("measured.scatter")->box;
    const auto share = [&](double us) {
      return static_cast<float>(std::log(us / (low / 1.4)) / std::log(high * 1.4 / (low / 1.4)));
    };
    return {plot.x + share(measured_us) * plot.w, plot.bottom() - share(simulated_us) * plot.h};
  }
  static constexpr const char* kRun =
      "machine = \"blackboard\"\nalgorithm = \"flash2\"\n[problem]\nseqlen_q = 16\nseqlen_kv = 16\nhead_dim = 4\n"
      "dtype = \"fp32\"\n[schedule]\nblock_q = 4\nblock_kv = 4\n";

  platform::Studio studio;
  tests::Hand hand;
};

void compare_all(scope::Measured& measured) {
  for (int n = 0; n < 2000 && measured.unfinished(true); ++n) {
    measured.advance(true);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace

TEST_CASE("measured points are read and compared in the background as at once") {
  const Assets assets;
  const sim::Machine machine = sim::load_machine("blackboard", assets.folder.string());
  scope::Measured slow(machine, false, assets.folder.string(), true),
      quick(machine, false, assets.folder.string(), false);
  CHECK_FALSE(slow.loaded());
  quick.advance(false);
  CHECK(quick.loaded());
  CHECK(quick.comparisons().empty());
  quick.advance(true);
  compare_all(slow);
  REQUIRE(slow.done());
  REQUIRE(quick.done());
  REQUIRE(slow.comparisons().size() == 3);
  CHECK(slow.machines() == std::vector<std::string>{"blackboard"});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(slow.comparisons()[i].simulated_us == quick.comparisons()[i].simulated_us);
    CHECK(slow.comparisons()[i].error == Catch::Approx(std::array{0.05, -0.3, 0.02}[i]));
  }
  CHECK(slow.summaries().back().algorithm == "all");
  CHECK(scope::csv_measured(slow).find("\r\nflash2,0,") != std::string::npos);
}

TEST_CASE("the window goes on while points are compared") {
  const Assets assets;
  app::Options options = Bench::options(assets);
  options.background = true;
  platform::Studio studio(options, 1280, 720, 1, false);
  studio.app().open_text(Bench::kRun, "test");
  studio.settle();
  studio.app().run_command("tab_measured");
  int frames = 0;
  for (; frames < 2000 && (frames < 2 || studio.app().measuring()); ++frames) {
    studio.frame(1.0 / 60);
    CHECK(studio.app().animating() == studio.app().measuring());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  studio.frame(1.0 / 60);
  CHECK_FALSE(studio.app().animating());
  CHECK(studio.app().ui_state().find("measured.scatter") != nullptr);
  CHECK(studio.app().ui_state().find("scrub.measured") != nullptr);
}

TEST_CASE("a mark stands at its times, its card says what ran, and a click opens it") {
  const Assets assets;
  Bench bench(assets);
  scope::Measured measured(bench.studio.app().run()->machine(), false, assets.folder.string(), false);
  measured.advance(true);
  REQUIRE(measured.comparisons().size() == 3);
  CHECK(bench.shows("this run"));
  CHECK(bench.shows("+5.0 %"));  // beside the time and in the card of the run

  const sim::Comparison& other = measured.comparisons()[1];
  const draw::Point at = bench.at(measured, other.measured_us, other.simulated_us);
  bench.hand.move(at);
  const std::string card = bench.card();
  INFO(card);
  for (const char* words : {"FlashAttention-2", "N32", "Br4",
                            "\xE2\x88\x92"
                            "30.0%",
                            "Testcard", "580.1", "2026-11-22", "L2cold", "modelled", "measured", "Heldback:"}) {
    CHECK(card.find(words) != std::string::npos);
  }

  bench.hand.press(at);
  bench.studio.settle();
  const scope::Run& run = *bench.studio.app().run();
  CHECK(run.problem().seqlen_kv == 32);
  CHECK(run.schedule().block_q == 4);
  CHECK(measured.find(run).point->problem.seqlen_kv == 32);
  CHECK(run.report().time_us == other.simulated_us);
}

TEST_CASE("a point of another algorithm is opened with all of its fields") {
  const Assets assets;
  Bench bench(assets);
  scope::Measured measured(bench.studio.app().run()->machine(), false, assets.folder.string(), false);
  measured.advance(true);
  const sim::Comparison& other = measured.comparisons()[2];
  bench.hand.press(bench.at(measured, other.measured_us, other.simulated_us));
  bench.studio.settle();
  CHECK(bench.studio.app().run()->scenario().algorithm == "standard");
  CHECK(bench.studio.app().run()->report().time_us == other.simulated_us);
  CHECK(bench.hand.hover("measured.bars"));
  CHECK(bench.hand.hover("scrub.measured"));
}

TEST_CASE("without measurements the tab says so") {
  const Assets assets;
  SECTION("of the machine") {
    Bench bench(assets, "machine = \"h100-sxm\"\n[problem]\nseqlen_q = 256\n");
    CHECK(bench.shows("Nothing has been measured on h100-sxm"));
    CHECK(bench.shows("blackboard"));
    CHECK(bench.studio.app().ui_state().find("measured.scatter") == nullptr);
  }
  SECTION("of the run: the others are still shown") {
    Bench bench(assets, std::string(Bench::kRun) + "warps = 2\n");
    CHECK(bench.shows("This run has not been measured"));
    CHECK_FALSE(bench.shows("this run"));
    CHECK(bench.studio.app().ui_state().find("measured.scatter") != nullptr);
  }
  SECTION("of a machine whose numbers are changed") {
    Bench bench(assets);
    bench.studio.app().set("hbm.read_gb_per_s", "1");
    bench.studio.settle();
    CHECK(bench.shows("no card is like it"));
    CHECK_FALSE(bench.shows("+5.0 %"));
  }
}

TEST_CASE("a measurement file that is wrong is told in place") {
  const Assets assets("{\"format\": \"attoscope-measurements 1\"}");
  Bench bench(assets);
  CHECK(bench.shows("made.json"));
  bench.studio.app().view().tab = scope::Tab::timeline;
  bench.studio.settle();
  CHECK_FALSE(bench.studio.app().notice().has_value());
}

TEST_CASE("a sweep finds the values that were measured") {
  const Assets assets;
  const auto files = sim::measurements_for("blackboard", assets.folder.string());
  const sim::Scenario scenario = sim::parse_scenario(Bench::kRun, "test");
  for (const char* key : {"seqlen", "hbm_gb_per_s"}) {
    INFO(key);
    scope::Sweep sweep(scenario, key, assets.folder.string());
    while (!sweep.done()) {
      sweep.compute_one();
      sweep.find_measured(files);
    }
    for (const scope::Sweep::Point& point : sweep.points()) {
      const bool of_seqlen = std::string(key) == "seqlen";
      CHECK(point.measured_us.has_value() ==
            (point.fits && (of_seqlen ? point.x == 16 || point.x == 32 : point.x == sweep.current())));
    }
  }
}

TEST_CASE("the tab is drawn without overlaps in every look") {
  const Assets assets;
  Bench bench(assets);
  tests::Album album("");
  for (const tests::Look& look : tests::looks()) {
    look.put_on(bench.studio);
    for (const bool large : {false, true}) {
      bench.studio.app().view().tab_over_stage = large;
      bench.studio.settle();
      bench.studio.app().run_command("tab_measured");
      bench.studio.settle();
      album.add(bench.studio, look.name() + (large ? " large" : ""), look);
    }
  }
  CHECK(album.close("measured") == 0);
}
