// A mutation fuzzer of everything that reads what a user wrote: machine files, scenarios, lessons, .npy arrays,
// measurements. A reader may take its input or throw sim::Error; any other exception, and whatever a sanitizer objects
// to, is a failure.
//
//   attoscope_fuzz --seconds 5 [--seed S] [--reader machine] [--assets DIR] [--save DIR]
//   attoscope_fuzz --reader machine --replay FILE
//
// Input i is a function of (seed, i), so a seed and a count repeat a run whatever the speed.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "lessons/course/lesson.h"
#include "sim/base/error.h"
#include "sim/base/npy.h"
#include "sim/machine/machine.h"
#include "sim/measurement/measurement.h"
#if __has_include("sim/scenario/scenario.h")
#include "sim/scenario/scenario.h"
#define ATTOSCOPE_HAS_SCENARIO 1
#endif
#include "tests/measurement_support.h"

#ifndef ATTOSCOPE_SOURCE_ASSETS
#define ATTOSCOPE_SOURCE_ASSETS "assets"
#endif

// Called by a sanitizer before it ends the program; absent without one.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

namespace fs = std::filesystem;

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {  // SplitMix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(next() % limit); }

 private:
  std::uint64_t state_;
};

struct Reader {
  std::string name;
  std::vector<std::string> samples;                 // valid inputs
  std::vector<std::string> tokens;                  // pieces worth inserting
  std::function<void(const std::string&)> consume;  // throws
};

struct Options {
  double seconds = 5;
  std::uint64_t seed = 1;
  std::string assets = ATTOSCOPE_SOURCE_ASSETS, save = ".", reader, replay;
};

// The input being read, kept where a death callback finds it.
std::string current_input;
std::string current_file;

void save_input() {
  std::ofstream file(current_file, std::ios::binary);
  file << current_input;
  std::fprintf(stderr, "input (%zu bytes, saved to %s):\n", current_input.size(), current_file.c_str());
  constexpr std::size_t kMost = 4096;
  for (std::size_t i = 0; i < current_input.size() && i < kMost; ++i) {
    std::fprintf(stderr, "%02x%s", static_cast<unsigned char>(current_input[i]), i % 32 == 31 ? "\n" : "");
  }
  std::fprintf(stderr, current_input.size() > kMost ? "... (the rest is in the file)\n" : "\n");
}

void save_on_signal(int signal) {
  save_input();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string file_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> files_in(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, failed)) {
    if (entry.path().extension() == ".toml") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());  // the system's order is no order
  std::vector<std::string> texts;
  for (const fs::path& path : paths) {
    texts.push_back(file_text(path));
  }
  return texts;
}

// The words of a text, and after them `more`.
std::vector<std::string> words_and(const std::string& text, const std::vector<std::string>& more) {
  std::istringstream words(text);
  std::vector<std::string> all{std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<std::string> toml_tokens() {
  // The bytes: no UTF-8; a byte order mark; a blank that TOML doesn't know; U+FCFF, which toml++ 3.3 can't classify.
  return words_and(
      "= [ ] [[ [[[ { } \" ' \"\"\" ''' # . , - + _ 0 -1 inf nan 0x 1_0 \\u \\ 1e309 1e-320 true false a.b.c "
      "1979-05-27 2147483648 9223372036854775807 9223372036854775808 -9223372036854775808 seqlen_q machine schedule "
      "sm_count \xff \xef\xbb\xbf \xc2\xa0 \xef\xb3\xbf",
      {"\n", "]]\n", "\r\n", " 4", std::string(1, '\0'), std::string(300, '[')});
}

Reader machine_reader(const Options& options) {
  return {"machine", files_in(fs::path(options.assets) / "machines"), toml_tokens(),
          [](const std::string& text) { sim::parse_machine(text, "fuzz"); }};
}

#ifdef ATTOSCOPE_HAS_SCENARIO
Reader scenario_reader(const Options& options) {
  std::vector<std::string> samples = files_in(fs::path(options.assets) / "presets");
  for (std::string& text : files_in(fs::path(options.assets) / "scenarios")) {
    samples.push_back(std::move(text));
  }
  samples.emplace_back(
      "algorithm = \"flash2\"\nmachine = \"a100-40gb\"\n\n[problem]\nbatch = 1\nheads = 2\nkv_heads = 1\n"
      "seqlen_q = 128\nseqlen_kv = 256\nhead_dim = 64\ndtype = \"fp16\"\nmask = \"causal\"\n\n"
      "[schedule]\nblock_q = 64\nblock_kv = 64\nstages = 2\nwarps = 4\nsplits = 1\n");
  samples.emplace_back(
      "algorithm = \"softmax_online\"\nmachine = \"blackboard\"\n\n[problem]\nrows = 4\nrow_length = 8\n");
  return {"scenario", samples, toml_tokens(), [](const std::string& text) { sim::parse_scenario(text, "fuzz"); }};
}
#endif

Reader lesson_reader(const Options& options) {
  std::vector<std::string> tokens = words_and(
      "at.m.0 {at.m.0|int} {two_level.read_bytes|bytes} safe:time_us | || && ? : ( ) , sum( max( * / ^ ~ 1e400 _{ ^{ "
      "[S: ] { } paper # [[step]] [step.question] choices",
      toml_tokens());
  return {"lesson",
          {file_text(options.assets + "/../lessons/skeleton/lesson.toml")},
          tokens,
          [assets = options.assets](const std::string& text) { lessons::parse_lesson(text, "fuzz", "/none", assets); }};
}

Reader npy_reader() {
  std::vector<std::string> samples;
  const std::vector<float> values(24, 1.5f);
  const std::vector<std::vector<std::int64_t>> shapes = {{4, 6}, {2, 3, 4}, {1, 2, 3, 4}};
  for (const std::vector<std::int64_t>& shape : shapes) {
    for (const sim::DType dtype : {sim::DType::fp16, sim::DType::fp32}) {
      const std::vector<unsigned char> bytes = sim::format_npy(shape, values, dtype);
      samples.emplace_back(bytes.begin(), bytes.end());
      std::string version_2 = samples.back();
      version_2[6] = 2;
      version_2.insert(10, 2, '\0');
      samples.push_back(version_2);
    }
  }
  const std::vector<std::string> tokens = words_and(
      "'descr': 'fortran_order': 'shape': True False <f8 >f4 |O [('a','<f4')] ( ) , { } ' \" L -1 0 99999999999 "
      "4294967296 (1,1) \x93NUMPY \xff",
      {"\n", "(4, 6), }"});
  return {"npy", samples, tokens, [](const std::string& text) {
            sim::parse_npy({reinterpret_cast<const unsigned char*>(text.data()), text.size()}, "fuzz");
          }};
}

Reader measurement_reader() {
  using namespace measurement_test;  // NOLINT(google-build-using-namespace)
  const sim::Experiment flash2 = experiment_of("algorithm = 'flash2'\n[problem]\nseqlen_q = 256\n");
  Json counted = point_of(flash2, 0.1);
  counted["counters"] = counters_of(flash2, 0.1);
  const Json softmax = point_of(experiment_of("algorithm = 'softmax_safe'\n[problem]\nrows = 64\n"), 0);
  Json unmeasured = point_of(flash2, 0.1, true);
  unmeasured["power_w"] = unmeasured["cycles"] = unmeasured["clock_mhz"] = nullptr;
  return {"measurement",
          {file_of("a100-40gb", {counted, softmax}).dump(), file_of("", {unmeasured}).dump(1), file_of("", {}).dump()},
          words_and("{ } [ ] [[[[[[ , : \" \\u0000 \\ud800 null true false -1 0 1e309 -0 1.5 NaN 9223372036854775808 "
                    "\"algorithm\":\"softmax_safe\" \"kv_heads\":3 \"time_us\":{} \xff \xef\xbb\xbf",
                    {"\n", std::string(3000, '['), std::string(1, '\0')}),
          [](const std::string& text) { sim::parse_measurements(text, "fuzz"); }};
}

void mutate_once(std::string& text, const Reader& reader, Random& random) {
  const std::size_t at = random.below(text.size() + 1);
  const std::size_t length = random.below(std::size_t{1} << random.below(8));
  switch (random.below(8)) {
    case 0:
      if (at < text.size()) {
        text[at] = static_cast<char>(text[at] ^ 1 << random.below(8));
      }
      break;
    case 1:
      if (at < text.size()) {
        text[at] = static_cast<char>(random.next());
      }
      break;
    case 2: text.resize(at); break;
    case 3: text.erase(at, length); break;
    case 4: text.insert(at, reader.tokens[random.below(reader.tokens.size())]); break;
    case 5: {
      const std::string& token = reader.tokens[random.below(reader.tokens.size())];
      text.replace(at, std::min(length, token.size()), token);
      break;
    }
    case 6: {  // a piece of another sample
      const std::string& other = reader.samples[random.below(reader.samples.size())];
      text.insert(at, other.substr(random.below(other.size() + 1), length));
      break;
    }
    default: {  // a piece of itself, elsewhere
      const std::string piece = text.substr(random.below(text.size() + 1), length);
      text.insert(at, piece);
      break;
    }
  }
}

std::string mutant(const Reader& reader, Random& random) {
  std::string text = reader.samples[random.below(reader.samples.size())];
  for (std::size_t count = 1 + random.below(6); count > 0; --count) {
    mutate_once(text, reader, random);
  }
  return text;
}

enum class Outcome { accepted, refused, failed };

Outcome consume(const Reader& reader, const std::string& input, const std::string& save, const std::string& label) {
  current_input = input;
  current_file = (fs::path(save) / ("fuzz-" + reader.name + "-" + label + ".bin")).string();
  std::string what;
  try {
    reader.consume(current_input);
    return Outcome::accepted;
  } catch (const sim::Error& error) {
    if (error.message().empty()) {
      what = "a sim::Error without a message";
    } else {
      return Outcome::refused;
    }
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "something that is no std::exception";
  }
  std::fprintf(stderr, "FAILED: the %s reader threw: %s\n", reader.name.c_str(), what.c_str());
  save_input();
  return Outcome::failed;
}

// Every sample must be read as it is: a corpus that is refused at its first byte tests nothing.
bool accepts_samples(const Reader& reader, const Options& options) {
  std::size_t accepted = 0;
  for (const std::string& sample : reader.samples) {
    accepted += consume(reader, sample, options.save, "sample") == Outcome::accepted ? 1 : 0;
  }
  if (accepted == 0 || accepted != reader.samples.size()) {
    std::fprintf(stderr, "FAILED: the %s reader took %zu of %zu valid samples (assets in %s)\n", reader.name.c_str(),
                 accepted, reader.samples.size(), options.assets.c_str());
    return false;
  }
  return true;
}

bool fuzz(const std::vector<Reader>& readers, const Options& options) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  std::uint64_t executions = 0, accepted = 0;
  double elapsed = 0;
  while (elapsed < options.seconds) {
    for (int i = 0; i < 64; ++i, ++executions) {  // between two looks at the clock
      Random random(options.seed * 0x2545f4914f6cdd1du + executions);
      const Reader& reader = readers[executions % readers.size()];
      const std::string label = std::to_string(options.seed) + "-" + std::to_string(executions);
      const Outcome outcome = consume(reader, mutant(reader, random), options.save, label);
      if (outcome == Outcome::failed) {
        return false;
      }
      accepted += outcome == Outcome::accepted ? 1 : 0;
    }
    elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  std::printf("%llu executions in %.1f s: %.0f executions/s, %llu accepted, no failure\n",
              static_cast<unsigned long long>(executions), elapsed, static_cast<double>(executions) / elapsed,
              static_cast<unsigned long long>(accepted));
  return true;
}

bool parse_options(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; i += 2) {
    const std::string name = arguments[i];
    const char* value = i + 1 < count ? arguments[i + 1] : nullptr;
    if (value == nullptr) {
      return false;
    }
    if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else if (name == "--seed") {
      options.seed = std::strtoull(value, nullptr, 10);
    } else if (name == "--assets") {
      options.assets = value;
    } else if (name == "--save") {
      options.save = value;
    } else if (name == "--reader") {
      options.reader = value;
    } else if (name == "--replay") {
      options.replay = value;
    } else {
      return false;
    }
  }
  return options.replay.empty() || !options.reader.empty();
}

std::vector<Reader> chosen_readers(const Options& options) {
  std::vector<Reader> all = {npy_reader(), machine_reader(options)};
#ifdef ATTOSCOPE_HAS_SCENARIO
  all.push_back(scenario_reader(options));
#endif
  all.push_back(lesson_reader(options));
  all.push_back(measurement_reader());
  std::vector<Reader> chosen;
  for (Reader& reader : all) {
    if (options.reader.empty() || reader.name == options.reader) {
      chosen.push_back(std::move(reader));
    }
  }
  return chosen;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  const bool understood = parse_options(count, arguments, options);
  const std::vector<Reader> readers = chosen_readers(options);
  if (!understood || readers.empty()) {
    std::fprintf(stderr,
                 "usage: attoscope_fuzz [--seconds N] [--seed S] [--reader npy|machine|scenario|lesson|measurement] "
                 "[--assets DIR] [--save DIR] [--replay FILE (with --reader)]\n");
    return 2;
  }
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(save_input);
  } else {
    std::signal(SIGSEGV, save_on_signal);
  }
  std::signal(SIGABRT, save_on_signal);  // an assertion
  if (!options.replay.empty()) {
    return consume(readers[0], file_text(options.replay), options.save, "replay") == Outcome::failed ? 1 : 0;
  }
  for (const Reader& reader : readers) {
    if (!accepts_samples(reader, options)) {
      return 1;
    }
  }
  return fuzz(readers, options) ? 0 : 1;
}
