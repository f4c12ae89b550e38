// .attoscope.toml: read and written.
#include <fmt/format.h>

#include "lessons/course/table_reader.h"
#include "lessons/workshop/workspace.h"
#include "sim/base/error.h"

namespace lessons {

namespace {

constexpr std::size_t kStateBytesMax = 1 << 20;
constexpr std::int64_t kVersion = 1;
constexpr int kHintsMax = 1000;
constexpr const char* kStartAgain =
    "remove it and run 'attoscope exercise start' here again: your programs stay, what had passed is forgotten";

bool flag(const TableReader& in, const std::string& key) {
  const toml::node* node = in.table().get(key);
  if (node != nullptr && !node->is_boolean()) {
    in.fail(key, fmt::format("is {}; expected true or false", sim::described(*node)), kStartAgain);
  }
  return node != nullptr && node->as_boolean()->get();
}

void read_stages(const TableReader& root, Progress& progress) {
  const std::optional<TableReader> stages = root.table_at("stages");
  if (!stages) {
    return;
  }
  for (const auto& [key, node] : stages->table()) {
    const std::string id(key.str());
    const std::optional<TableReader> stage = stages->table_at(id);
    stage->only({"passed", "hints"});
    progress.stages[id] = {flag(*stage, "passed"), static_cast<int>(stage->whole("hints", 0, 0, kHintsMax))};
  }
}

Progress read_progress(const TableReader& root) {
  const std::int64_t version = root.whole("version", kVersion, 1, std::numeric_limits<std::int32_t>::max());
  if (version > kVersion) {
    root.fail("version", fmt::format("is {}; this attoscope knows {}", version, kVersion),
              std::string("it was written by a newer attoscope: use that one, or ") + kStartAgain);
  }
  root.only({"version", "exercise", "language", "stages", "given"});
  root.require("exercise");
  Progress progress;
  progress.exercise = root.text("exercise");
  const std::string language = root.text("language", "en");
  if (language != "en" && language != "zh") {
    root.fail("language", fmt::format("is '{}'; expected en or zh", sim::printable(language)));
  }
  progress.language = language == "zh" ? Language::zh : Language::en;
  read_stages(root, progress);
  if (const std::optional<TableReader> given = root.table_at("given")) {
    for (const auto& [key, node] : given->table()) {
      progress.given[std::string(key.str())] = given->text(std::string(key.str()));
    }
  }
  return progress;
}

/// As a basic string of TOML.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<int>(c));
    } else {
      out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
  }
  return out + "\"";
}

}  // namespace

Progress parse_progress(const std::string& text, const std::string& source) {
  try {
    const toml::table table = sim::parse_toml(text, kStateBytesMax, source);
    return read_progress(TableReader(table, source, ""));
  } catch (const sim::Error& error) {
    throw sim::Error(error.where(), error.message(), error.hint().empty() ? kStartAgain : error.hint());
  }
}

std::string to_toml(const Progress& progress) {
  std::string out = fmt::format(
      "# Kept by 'attoscope exercise': what has passed, and which hints were shown.\nversion = {}\nexercise = {}\n"
      "language = \"{}\"\n",
      kVersion, quoted(progress.exercise), progress.language == Language::zh ? "zh" : "en");
  for (const auto& [id, stage] : progress.stages) {
    out += fmt::format("\n[stages.{}]\npassed = {}\nhints = {}\n", quoted(id), stage.passed, stage.hints);
  }
  out += "\n[given]\n";
  for (const auto& [name, hash] : progress.given) {
    out += fmt::format("{} = {}\n", quoted(name), quoted(hash));
  }
  return out;
}

}  // namespace lessons
