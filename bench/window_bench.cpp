// Speeds of the window: CPU time of a frame without its raster, from a slider to the new picture, the first picture.
#include <benchmark/benchmark.h>

#include "tests/studio_support.h"

namespace {

// A frame while the run plays, the timeline open.
void frame(benchmark::State& state, const char* scenario) {
  platform::Studio studio(tests::studio_options(), 1920, 1080, 1, false);
  tests::open_built_in(studio, scenario);
  studio.app().set_log(nullptr);
  const double end = studio.app().run()->end_us();
  double share = 0.2;
  studio.app().view().cursor.t_us = end * share;
  studio.frame();
  for (auto _ : state) {
    share = share > 0.8 ? 0.2 : share + 0.0001;
    studio.app().view().cursor.t_us = end * share;
    studio.frame();
  }
}

// From a number that moves to the frame that shows it, as while a slider is dragged.
void slider(benchmark::State& state, const char* problem, const char* key, const char* one, const char* other) {
  platform::Studio studio(tests::studio_options(), 1920, 1080, 1, false);
  studio.app().open_file(tests::built_in("lecture"));
  if (*problem != 0) {
    studio.app().open_text(problem, "benchmark");
  }
  studio.settle();
  studio.app().set_log(nullptr);
  studio.app().view().cursor.t_us = studio.app().run()->end_us() / 2;
  studio.frame();
  bool large = false;
  for (auto _ : state) {
    large = !large;
    studio.app().ui_state().dragged = "benchmark";  // no slider's name: those would follow the pointer
    studio.app().set(key, large ? one : other);
    studio.frame();
  }
}

constexpr const char* kLarge =
    "machine = \"h100-sxm\"\nalgorithm = \"flash2\"\n[problem]\nbatch = 2\nheads = 16\nseqlen_q = 8192\n"
    "head_dim = 128\n";

void first_picture(benchmark::State& state) {
  for (auto _ : state) {
    platform::Studio studio(tests::studio_options(), 1920, 1080, 1, true);
    studio.app().open_file(tests::built_in("lecture"));
    studio.app().settle();
    studio.frame();
    benchmark::DoNotOptimize(studio.picture().size());
  }
}

}  // namespace

BENCHMARK_CAPTURE(frame, blackboard, "blackboard")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(frame, lecture, "lecture")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(frame, realistic, "realistic")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(slider, lecture_block_kv, "", "block_kv", "32", "64")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(slider, flash2_8k_hbm, kLarge, "hbm.read_gb_per_s", "2000", "3000")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(slider, flash2_8k_block_kv, kLarge, "block_kv", "32", "64")->Unit(benchmark::kMillisecond);
BENCHMARK(first_picture)->Unit(benchmark::kMillisecond);
