// Runs the program as a user would, in a folder of its own.
#pragma once

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "sim/base/npy.h"
#include "tests/catch.h"

namespace cli_test {

namespace fs = std::filesystem;
using Json = nlohmann::json;

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Outcome {
  int code = -1;
  std::string out, err;
};

/// A folder of one test's own, in which the program runs; gone afterwards.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("attoscope-cli-" + std::to_string(std::random_device()()))) {
    fs::create_directories(path_ / "work");
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path work() const { return path_ / "work"; }

  /// `arguments` as a shell reads them. No display: no window opens.
  Outcome run(const std::string& arguments) const {
    const std::string command = "cd '" + work().string() +
                                "' && env -u DISPLAY -u WAYLAND_DISPLAY '" ATTOSCOPE_BINARY "' " + arguments + " >'" +
                                (path_ / "out").string() + "' 2>'" + (path_ / "err").string() + "' </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(path_ / "out"), text_of(path_ / "err")};
  }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(work())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(work() / name, std::ios::binary) << text;
  }

  Json json(const std::string& arguments) const {
    const Outcome outcome = run(arguments);
    INFO(arguments << "\n" << outcome.err);
    REQUIRE(outcome.code == 0);
    REQUIRE(outcome.err.empty());
    return Json::parse(outcome.out);
  }

 private:
  fs::path path_;
};

/// One clear message, exit code 2, nothing on stdout.
inline void check_refused(const Folder& folder, const std::string& arguments, const std::vector<std::string>& parts) {
  const Outcome outcome = folder.run(arguments);
  INFO(arguments << "\n" << outcome.out << outcome.err);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  const std::string prefix = "attoscope: error: ";
  CHECK(outcome.err.compare(0, prefix.size(), prefix) == 0);
  CHECK(outcome.err.find(prefix, 1) == std::string::npos);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') <= 12);
  CHECK_FALSE(contains(outcome.err, "fault of attoscope"));
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(contains(outcome.err, part));
  }
}

inline void write_tensor(const Folder& folder, const std::string& name, const std::vector<std::int64_t>& shape,
                         sim::DType dtype = sim::DType::fp16) {
  std::size_t size = 1;
  for (const std::int64_t extent : shape) {
    size *= static_cast<std::size_t>(extent);
  }
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    values[i] = static_cast<float>(i * 7 % 11) / 8 - 0.5F;
  }
  sim::write_npy((folder.work() / name).string(), shape, values, dtype);
}

}  // namespace cli_test
