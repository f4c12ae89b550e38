#include "lessons/workshop/student_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "sim/algorithms/algorithms.h"
#include "sim/base/error.h"
#include "sim/base/file.h"

namespace lessons {

namespace {

namespace fs = std::filesystem;

constexpr double kCompileSeconds = 60;
constexpr std::int64_t kCompileMemory = std::int64_t{4} << 30, kCompileOutput = 32 << 10;

Sdk find_sdk() {
  std::error_code ignored;
  const fs::path beside = fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
  std::vector<Sdk> places;
  if (const char* chosen = std::getenv("ATTOSCOPE_SDK"); chosen != nullptr && *chosen != '\0') {
    places.push_back({std::string(chosen) + "/include/attoscope", std::string(chosen) + "/lib/libattoscope_student.a"});
  } else {
    places.push_back({(beside / ATTOSCOPE_SDK_INCLUDE).string(), (beside / ATTOSCOPE_SDK_LIBRARY).string()});
    places.push_back({ATTOSCOPE_SOURCE_FOLDER, ATTOSCOPE_STUDENT_LIBRARY});
  }
  std::string looked;
  for (const Sdk& place : places) {
    if (fs::exists(place.library, ignored) &&
        fs::exists(place.include_folder + "/lessons/workshop/exercise.h", ignored)) {
      return place;
    }
    looked += (looked.empty() ? "'" : ", '") + place.library + "'";
  }
  throw sim::Error("exercise", "the library for students' programs is not there: looked for " + looked,
                   "set ATTOSCOPE_SDK to the folder that holds lib/libattoscope_student.a and include/attoscope");
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos && !what.empty(); at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

// "2_online.cpp:17:5: error: ..." -> 17.
int first_error_line(const std::string& output, const std::string& name) {
  const std::string mark = name + ":";
  const std::size_t error = std::min(output.find(" error:"), output.find(" fatal error:"));
  std::size_t at = error == std::string::npos ? 0 : output.rfind('\n', error);
  at = output.find(mark, at == std::string::npos ? 0 : at);
  return at == std::string::npos ? 0 : std::atoi(output.c_str() + at + mark.size());
}

std::string main_text(const Stage& stage, const std::string& file) {
  const std::string name = fs::path(file).filename().string();
  return fmt::format(
      "#include \"{}\"\n#include \"lessons/workshop/harness.h\"\n"
      "int main(int count, char** words) {{ return exercise::run(count, words, \"{}\", ::{}); }}\n",
      file, name, stage.function);
}

class Channel {
 public:
  explicit Channel(const std::string& text) : rest_(text) {}

  void read(Recording& out) {
    for (std::size_t n = 0; !rest_.empty();) {
      const std::string_view line = rest_.substr(0, rest_.find('\n'));
      const bool whole = line.size() < rest_.size();
      if (line.starts_with("signal ")) {
        std::sscanf(std::string(line).c_str(), "signal %d %d", &out.signal_number, &out.signal_line);
      } else if (whole && line == "done") {
        out.done = true;
      } else if (n < out.cases.size() && whole) {
        out.cases[n++] = item(line);
        continue;
      }
      skip(line.size() + 1);
    }
  }

 private:
  void skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }

  Recorded item(std::string_view line) {
    Recorded result;
    if (line.starts_with("attoscope ")) {
      return program();
    }
    skip(line.size() + 1);
    const std::string text(line);
    int at = 0;
    long long ops = 0;
    if (std::sscanf(text.c_str(), "error %d %n", &result.line, &at) == 1 && at > 0) {
      result.what = Recorded::What::refused;
      const std::size_t tab = text.find('\t');
      result.message = text.substr(static_cast<std::size_t>(at), tab - static_cast<std::size_t>(at));
      result.hint = tab == std::string::npos ? "" : text.substr(tab + 1);
    } else if (std::sscanf(text.c_str(), "memory %d %lld", &result.line, &ops) == 2) {
      result.what = Recorded::What::memory;
      result.ops = ops;
    } else if (line.starts_with("thrown ")) {
      result.what = Recorded::What::thrown;
      result.message = text.substr(7);
    }
    return result;
  }

  Recorded program() {
    Recorded result;
    const std::size_t end = rest_.find("\nend\n");
    if (end == std::string_view::npos) {
      rest_ = {};
      return result;
    }
    try {
      result.program = std::make_shared<const sim::RecordedProgram>(
          sim::parse_program(std::string(rest_.substr(0, end + 5)), "recording"));
      result.what = Recorded::What::program;
    } catch (const sim::Error& error) {
      result.message = error.what();
    }
    skip(end + 5);
    return result;
  }

  std::string_view rest_;
};

std::string case_words(const Case& c, bool softmax) {
  const sim::Problem& p = c.problem;
  return softmax ? fmt::format("softmax {} {} {} {}", p.rows, p.row_length, c.schedule.block_q, c.schedule.block_kv)
                 : fmt::format("attention {} {} {} {} {}", p.seqlen_q, p.seqlen_kv, p.head_dim, c.schedule.block_q,
                               c.schedule.block_kv);
}

}  // namespace

const Sdk& sdk() {
  static const Sdk kFound = find_sdk();
  return kFound;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "attoscope-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw sim::Error(name, std::string("no folder can be made: ") + std::strerror(errno));
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Compiled compile(const Stage& stage, const std::string& file, const std::string& folder) {
  std::error_code ignored;
  const std::string whole = fs::absolute(file).string();
  if (!fs::is_regular_file(whole, ignored)) {
    throw sim::Error(file, "is no file", "'attoscope exercise start' makes it, 'exercise reset' brings it back");
  }
  if (whole.find_first_of("\"\\\n") != std::string::npos) {
    throw sim::Error(file, "has a quote, a backslash or a line's end in its path", "move the folder elsewhere");
  }
  sim::write_file(folder + "/main.cpp", main_text(stage, whole));
  const char* chosen = std::getenv("CXX");
  const std::string compiler = chosen != nullptr && *chosen != '\0' ? chosen : "c++";
  const std::string program = folder + "/program";
  const std::vector<std::string> words = {compiler,
                                          "-std=c++20",
                                          "-O0",
                                          "-Wall",
                                          "-Wextra",
                                          "-fmax-errors=5",
                                          "-I" + sdk().include_folder,
                                          "-I" + sdk().include_folder + "/lessons/workshop",
                                          folder + "/main.cpp",
                                          sdk().library,
                                          "-o",
                                          program};
  const ChildResult result = run_child(
      words, folder,
      {.seconds = kCompileSeconds, .memory_bytes = kCompileMemory, .output_bytes = kCompileOutput, .file_bytes = 0});
  if (result.exit_code == 127) {
    throw sim::Error("CXX", fmt::format("the compiler '{}' was not found", compiler),
                     "install g++ or clang++, or set CXX to one");
  }
  Compiled out;
  out.timed_out = result.timed_out;
  out.output = result.output;
  replace_all(out.output, whole, fs::path(file).filename().string());
  replace_all(out.output, folder + "/", "");
  replace_all(out.output, sdk().include_folder + "/", "");
  if (result.exit_code == 0 && fs::exists(program, ignored)) {
    out.program = program;
  } else {
    out.line = first_error_line(out.output, fs::path(file).filename().string());
  }
  return out;
}

Recording record(const Stage& stage, const std::string& program, const std::string& folder,
                 const CheckOptions& options) {
  const bool softmax = sim::find_algorithm(stage.algorithm).softmax;
  std::vector<std::string> words = {program};
  for (const Case& c : stage.cases) {
    words.push_back(case_words(c, softmax));
  }
  Recording out;
  out.cases.resize(stage.cases.size());
  ChildLimits limits;
  limits.seconds = options.seconds_max;
  limits.memory_bytes = options.memory_bytes_max;
  limits.output_bytes = options.output_bytes_max;
  out.child = run_child(words, folder, limits);
  Channel(out.child.channel).read(out);
  return out;
}

}  // namespace lessons
