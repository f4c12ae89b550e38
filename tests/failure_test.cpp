// A failed check, opened in the window: the student's own source, the moment, got and wanted.
#include <filesystem>
#include <random>

#include "lessons/workshop/verdict.h"
#include "sim/base/error.h"
#include "tests/catch.h"
#include "tests/studio_support.h"
#include "tests/ui_driver.h"
#include "ui/scope/failure.h"

namespace {

namespace fs = std::filesystem;

// The folder of a failure that a mutant leaves.
struct Failed {
  Failed(const std::string& stage_id, const std::string& mutant)
      : folder(fs::temp_directory_path() / ("attoscope-" + std::to_string(std::random_device()()))) {
    const std::string exercises = std::string(ATTOSCOPE_SOURCE_ASSETS) + "/../lessons/exercises";
    const lessons::Exercise exercise = lessons::load_exercise(exercises + "/online-softmax/exercise.toml");
    for (const lessons::Stage& stage : exercise.stages) {
      if (stage.id == stage_id) {
        lessons::CheckOptions options;
        options.assets = ATTOSCOPE_SOURCE_ASSETS;
        options.failure_folder = folder.string();
        verdict = check_stage(exercise, stage, stage.folder + "/mutants/" + mutant + ".cpp", options);
      }
    }
    REQUIRE_FALSE(verdict.failure_file.empty());
  }
  ~Failed() { fs::remove_all(folder); }
  fs::path folder;
  lessons::Verdict verdict;
};

std::string words_of(const platform::Studio& studio) {
  std::string all;
  for (const draw::LogEntry& entry : studio.log()) {
    all += entry.kind == draw::LogEntry::Kind::text ? entry.text + " " : "";
  }
  return all;
}

}  // namespace

TEST_CASE("a failed check opens at the moment of the first difference, beside the student's own source") {
  const Failed failed("online-softmax", "l_not_rescaled");
  platform::Studio studio(tests::studio_options(), 1920, 1080, 1, false);
  studio.app().open_file(failed.verdict.failure_file);
  studio.settle();
  const scope::Run* run = studio.app().run();
  REQUIRE(run != nullptr);

  // The moment: the value of l there is the one that the verdict complains of.
  const lessons::Difference& first = *failed.verdict.first_failed()->first;
  CHECK(first.tile == "l");
  const scope::Frame frame = scope::frame_at(*run, studio.app().view().cursor);
  CHECK(frame.op->line == failed.verdict.first_failed()->line);
  const sim::Matrix* made = frame.state->values->tiles.find(frame.op->dst);
  REQUIRE(made != nullptr);
  CHECK(made->at(first.row, 0) == Approx(first.got));

  const std::string words = words_of(studio);
  CHECK(words.find("yours") != std::string::npos);
  CHECK(words.find("1.553") != std::string::npos);
  CHECK(words.find("l_not_rescaled.cpp") != std::string::npos);
  CHECK(words.find("Milakov") == std::string::npos);  // whose lines the student's are not
  CHECK(studio.audit().empty());

  // Back and forth again.
  tests::Hand hand(studio.app().ui_state(), studio.app().scale(), [&] { studio.frame(1.0 / 60); });
  const scope::Cursor moment = studio.app().view().cursor;
  CHECK_FALSE(hand.click("failure.moment"));
  studio.app().run_command("op_back");
  studio.settle();
  CHECK_FALSE(studio.app().view().cursor == moment);
  CHECK(hand.click("failure.moment"));
  CHECK(studio.app().view().cursor == moment);

  // Another size than it was recorded at: told in place, and what was there stays.
  studio.app().set("row_length", "16");
  studio.settle();
  CHECK(studio.app().run() != nullptr);
  CHECK(std::string(studio.app().failure().what()).find("record it again") != std::string::npos);
}

TEST_CASE("failures of every stage are drawn in order") {
  const std::vector<std::pair<std::string, std::string>> all = {{"safe-softmax", "untiled"},
                                                                {"safe-softmax", "nan_swallowed"},
                                                                {"merge", "weights_swapped"},
                                                                {"attention", "o_not_rescaled"},
                                                                {"attention", "no_maximum"}};
  for (const auto& [stage, mutant] : all) {
    const Failed failed(stage, mutant);
    for (const auto& [width, height] : {std::pair{1280, 720}, std::pair{1920, 1080}}) {
      for (const scope::Language language : {scope::Language::en, scope::Language::zh}) {
        INFO(mutant << " " << width);
        app::Options options = tests::studio_options();
        options.settings.language = language;
        platform::Studio studio(options, width, height, 1, false);
        studio.app().open_file(failed.verdict.failure_file);
        studio.settle();
        REQUIRE(studio.app().run() != nullptr);
        for (const draw::Finding& finding : studio.audit()) {
          FAIL_CHECK(finding.what);
        }
      }
    }
  }
}

TEST_CASE("a failure that makes no sense is told by its key") {
  const auto message = [](const std::string& view) -> std::string {
    try {
      (void)scope::failure_of(sim::parse_scenario("[view]\n" + view, "mine.toml"));
    } catch (const sim::Error& error) {
      return error.what();
    }
    return "";
  };
  using Catch::Matchers::ContainsSubstring;
  CHECK(message("t_us = 1.0").empty());
  CHECK(message("failure = { block = 0, op = 1, en = 'a', zh = 'b', values = [] }").empty());
  CHECK_THAT(message("failure = 3"), ContainsSubstring("view.failure"));
  CHECK_THAT(message("failure = { block = -1, op = 1, en = 'a', zh = 'b', values = [] }"),
             ContainsSubstring("view.failure.block"));
  CHECK_THAT(message("failure = { block = 0, op = 1, en = 'a', values = [] }"), ContainsSubstring("view.failure.zh"));
  CHECK_THAT(message("failure = { block = 0, op = 1, en = 'a', zh = 'b', values = [3] }"),
             ContainsSubstring("view.failure.values"));
}
