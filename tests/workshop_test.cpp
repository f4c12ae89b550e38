// What runs and judges a student's program: limits that hold, a truth that agrees with the reference, failures that
// come back from their file.
#include <cmath>
#include <filesystem>
#include <random>

#include "lessons/workshop/cases.h"
#include "lessons/workshop/child.h"
#include "lessons/workshop/exercise_file.h"
#include "lessons/workshop/truth.h"
#include "lessons/workshop/verdict.h"
#include "sim/analysis/reference.h"
#include "sim/base/error.h"
#include "sim/base/file.h"
#include "tests/catch.h"

using namespace lessons;
using Catch::Matchers::ContainsSubstring;

namespace {

ChildResult shell(const std::string& command, ChildLimits limits = {}) {
  return run_child({"sh", "-c", command}, "/tmp", limits);
}

Case softmax_case(const std::string& values, std::int32_t rows, std::int32_t length, std::int32_t tile) {
  Case c;
  c.name = values;
  c.values = values;
  c.problem.rows = rows, c.problem.row_length = length;
  c.problem.dtype = sim::DType::fp32;
  c.schedule.block_q = 1, c.schedule.block_kv = tile;
  return c;
}

Case attention_case(const std::string& values) {
  Case c = softmax_case(values, 1, 1, 3);
  c.problem.seqlen_q = 4, c.problem.seqlen_kv = 11, c.problem.head_dim = 6;
  c.problem.heads = c.problem.kv_heads = 1;
  return c;
}

const std::string kExercises = std::string(ATTOSCOPE_SOURCE_ASSETS) + "/../lessons/exercises";

}  // namespace

TEST_CASE("a child's exit code, output and channel come back") {
  const ChildResult result = shell("echo words; echo more >&2; echo secret >&3; exit 7");
  CHECK(result.exit_code == 7);
  CHECK(result.signal == 0);
  CHECK_THAT(result.output, ContainsSubstring("words") && ContainsSubstring("more"));
  CHECK(result.channel == "secret\n");
  CHECK(shell("cat").output.empty());  // nothing to read
  CHECK(run_child({"no-such-program-anywhere"}, "/tmp", {}).exit_code == 127);
  CHECK(shell("kill -SEGV $$").signal == 11);
}

TEST_CASE("a child that goes on for ever is ended, and all that it started") {
  ChildLimits limits;
  limits.seconds = 0.3;
  const ChildResult slept = shell("sleep 60 & sleep 60", limits);
  CHECK(slept.timed_out);
  CHECK(slept.seconds < 10);
  const ChildResult deaf = shell("trap '' TERM; while :; do :; done", limits);
  CHECK(deaf.timed_out);
  CHECK(deaf.signal == 9);
  // It ends at once, but a child of its own keeps the pipe open.
  const ChildResult left = shell("sleep 60 & exit 0");
  CHECK(left.exit_code == 0);
  CHECK(left.seconds < 10);
}

TEST_CASE("a child that prints, sends or takes too much is ended") {
  ChildLimits limits;
  limits.output_bytes = 1000;
  limits.channel_bytes = 500;
  const ChildResult printed = shell("yes", limits);
  CHECK(printed.too_much_output);
  CHECK(printed.output.size() == 1000);
  const ChildResult sent = shell("yes >&3", limits);
  CHECK(sent.too_much_sent);
  CHECK(sent.channel.size() == 500);
  limits = {};
  limits.memory_bytes = 64 << 20;
  CHECK(run_child({"sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}"}, "/tmp", limits)
            .output.find("200000000") == std::string::npos);
  limits = {};
  limits.file_bytes = 1000;
  const std::string file =
      std::filesystem::temp_directory_path() / ("attoscope-" + std::to_string(std::random_device()()));
  shell("head -c 100000 /dev/zero > " + file, limits);
  CHECK(std::filesystem::file_size(file) <= 1000);
  std::filesystem::remove(file);
}

TEST_CASE("the truth agrees with the reference") {
  for (const std::string values : {"integers", "normal", "growing", "falling", "large", "negative", "worked"}) {
    INFO(values);
    const Case c = softmax_case(values, 3, 10, 3);
    const CaseValues in = values_of(c, true);
    const Truth truth(c, in, true);
    std::vector<double> y(30), sums(3);
    sim::softmax_reference(in.x.data(), 3, 10, y.data(), sums.data());
    for (std::int32_t r = 0; r < 3; ++r) {
      CHECK(truth.lse(r) == Approx(sums[static_cast<std::size_t>(r)]));
      for (std::int32_t k = 0; k < 10; ++k) {
        CHECK(truth.y(r, k) == Approx(y[static_cast<std::size_t>(r * 10 + k)]).margin(1e-300));
      }
    }
    const Case a = attention_case(values);
    const CaseValues qkv = values_of(a, false);
    const Truth heads(a, qkv, false);
    std::vector<double> o(24), lse(4);
    sim::attention_reference(a.problem, qkv.q.data(), qkv.k.data(), qkv.v.data(), 1 / std::sqrt(6.0), o.data(),
                             lse.data());
    for (std::int32_t r = 0; r < 4; ++r) {
      CHECK(heads.lse(r) == Approx(lse[static_cast<std::size_t>(r)]));
      for (std::int32_t k = 0; k < 6; ++k) {
        CHECK(heads.output(r, k) == Approx(o[static_cast<std::size_t>(r * 6 + k)]).margin(1e-12));
      }
    }
  }
}

TEST_CASE("inputs are what their names say") {
  const auto x = [](const std::string& values) { return values_of(softmax_case(values, 4, 12, 3), true).x; };
  const auto tile_max = [](const std::vector<float>& row, int tile) {
    return *std::max_element(row.begin() + 3 * tile, row.begin() + 3 * tile + 3);
  };
  for (int tile = 1; tile < 4; ++tile) {
    CHECK(tile_max(x("growing"), tile) > tile_max(x("growing"), tile - 1));
    CHECK(tile_max(x("falling"), tile) < tile_max(x("falling"), tile - 1));
    CHECK(tile_max(x("growing"), tile) - tile_max(x("growing"), tile - 1) < 5);  // old tiles still count
  }
  const std::vector<float> large = x("large");
  CHECK(std::isinf(std::exp(*std::max_element(large.begin(), large.end()))));
  CHECK(*std::min_element(large.begin(), large.end()) < -1000);
  CHECK(std::exp(x("negative")[0]) == 0.0F);
  const std::vector<float> masked = x("masked");
  CHECK(std::isinf(masked[0]));
  CHECK(std::isinf(masked[2]));  // all of the first row's first tile
  CHECK(std::all_of(masked.end() - 12, masked.end(), [](float v) { return std::isinf(v); }));
  const std::vector<float> nan = x("nan");
  CHECK(std::count_if(nan.begin(), nan.end(), [](float v) { return std::isnan(v); }) == 1);
  CHECK(std::isnan(nan[12 + 6]));
  CHECK(x("worked")[3] == 4.0F);
  CHECK(x("normal") == x("normal"));
}

TEST_CASE("every exercise loads and says all in both languages") {
  const std::vector<Exercise> all = load_exercises(kExercises);
  REQUIRE_FALSE(all.empty());
  const Exercise& ladder = find_exercise(all, "online-softmax");
  CHECK(ladder.stages.size() == 4);
  std::size_t mutants = 0;
  for (const Stage& stage : ladder.stages) {
    INFO(stage.id);
    CHECK(stage.hints.size() == 3);
    for (const Words& words : stage.hints) {
      CHECK_FALSE((words.en.empty() || words.zh.empty()));
    }
    for (const CheckInfo& check : stage.checks) {
      CHECK_FALSE((check.title.en.empty() || check.title.zh.empty()));
    }
    CHECK(right_programs_of(stage).size() >= 4);  // the solution and three others
    mutants += mutants_of(stage).size();
    for (const Mutant& mutant : mutants_of(stage)) {
      INFO(mutant.name);
      CHECK(std::any_of(stage.checks.begin(), stage.checks.end(),
                        [&](const CheckInfo& check) { return check.id == mutant.check; }));
    }
  }
  CHECK(mutants >= 15);
}

TEST_CASE("an exercise's file with a mistake is refused with file, line and key") {
  const std::string good = [] {
    const auto bytes = sim::read_file(kExercises + "/online-softmax/exercise.toml");
    return std::string(bytes.begin(), bytes.end());
  }();
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("attoscope-" + std::to_string(std::random_device()()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "exercise.toml";
  const auto message = [&](const std::string& from, const std::string& to) -> std::string {
    std::string text = good;
    REQUIRE(text.find(from) != std::string::npos);
    sim::write_file(path, text.replace(text.find(from), from.size(), to));
    try {
      load_exercise(path);
    } catch (const sim::Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("[exercise]", "[exercise]").empty());
  CHECK_THAT(message("[exercise]", "[exercise"), ContainsSubstring("exercise.toml:"));
  CHECK_THAT(message("function = \"", "function = \"x"), ContainsSubstring("is not one of"));
  CHECK_THAT(message("algorithm = \"", "algorithm = \"x"), ContainsSubstring("is not one of"));
  CHECK_THAT(message("values = \"integers\"", "values = \"integer\""), ContainsSubstring("did you mean"));
  CHECK_THAT(message("read_bytes_max = \"", "read_bytes_max = \"Z * "),
             ContainsSubstring("exercise.toml:") && ContainsSubstring("no letter 'Z'"));
  CHECK_THAT(message("hints =", "hint ="), ContainsSubstring("hint"));
  CHECK_THAT(message("block_kv = ", "block_kv = -"), ContainsSubstring("block_kv"));
  std::filesystem::remove_all(folder);
}
