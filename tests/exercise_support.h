// A student's folder of an exercise, for the tests of attoscope exercise.
#pragma once

#include "tests/cli_support.h"
#include "tests/schema_check.h"

namespace cli_test {

inline const std::string kName = "online-softmax";
inline const std::string kFirst = "1_safe_softmax.cpp";
inline const fs::path kSource = fs::path(ATTOSCOPE_SOURCE_ASSETS) / "../lessons/exercises/online-softmax";

/// A folder where the exercise has been started; commands run beside it and find it.
struct Student : Folder {
  Student() {
    const Outcome outcome = run("exercise start --lang en");
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
  }
  fs::path file(const std::string& name) const { return work() / kName / name; }
  void put(const std::string& name, const std::string& text) const {
    fs::remove(file(name));
    std::ofstream(file(name), std::ios::binary) << text;
  }
  void solve(const std::string& stage, const std::string& name) const {
    put(name, text_of(kSource / stage / "solution.cpp"));
  }
  /// As if the stage had passed.
  void pass(const std::string& stage) const {
    std::string state = text_of(file(".attoscope.toml"));
    const std::string head = "[stages.\"" + stage + "\"]\npassed = ";
    const std::size_t at = state.find(head + "false");
    REQUIRE(at != std::string::npos);
    put(".attoscope.toml", state.replace(at + head.size(), 5, "true"));
  }
};

inline void check_schema(const std::string& text, const std::string& schema) {
  CHECK(schema_check::findings(text, schema) == std::vector<std::string>());
}

inline void check_prints(const Folder& folder, const std::string& arguments, int code,
                         const std::vector<std::string>& parts) {
  const Outcome outcome = folder.run(arguments);
  INFO(arguments << "\n" << outcome.out << outcome.err);
  CHECK(outcome.code == code);
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(contains(outcome.out, part));
  }
}

/// What the first command that the text names after `mark` is.
inline std::string command_after(const std::string& text, const std::string& mark) {
  const std::size_t at = text.find("attoscope ", text.find(mark));
  REQUIRE(at != std::string::npos);
  return text.substr(at + 10, text.find('\n', at) - at - 10);
}

}  // namespace cli_test
