#include "lessons/workshop/exercise_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "lessons/course/table_reader.h"
#include "lessons/workshop/budgets.h"
#include "lessons/workshop/cases.h"
#include "sim/algorithms/algorithms.h"
#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/suggest.h"

namespace lessons {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;
constexpr std::int64_t kLengthMax = 4096;  // of a case: it is looked at, and every step is compared

struct Function {
  const char* name;
  bool softmax;
};
constexpr std::array<Function, 4> kFunctions = {
    {{"safe_softmax", true}, {"online_softmax", true}, {"merged_softmax", true}, {"attention", false}}};

/// Checks that every stage has: before its own, and after.
std::vector<CheckInfo> first_checks() {
  return {{"compiles", {"It compiles", "能编译"}, 1}, {"runs", {"It runs to its end", "能运行到结束"}, 1}};
}
std::vector<CheckInfo> last_checks() {
  return {{"bytes", {"Bytes between HBM and the chip", "HBM 与片上之间的字节数"}, 1},
          {"memory", {"Bytes on the chip", "片上占用的字节数"}, 1},
          {"repeatable", {"The same program every time", "每次都是同一个程序"}, 1}};
}

std::string one_of(const TableReader& in, const std::string& key, const std::vector<std::string>& known) {
  const std::string value = in.text(key);
  if (std::find(known.begin(), known.end(), value) == known.end()) {
    in.fail(key, fmt::format("'{}' is not one of {}", value, fmt::join(known, ", ")), sim::suggestion(value, known));
  }
  return value;
}

Case case_of(const TableReader& in, bool softmax, const std::vector<CheckInfo>& checks) {
  in.require("name");
  in.require("check");
  in.require("values");
  const std::vector<std::string> shape = softmax ? std::vector<std::string>{"rows", "row_length"}
                                                 : std::vector<std::string>{"seqlen_q", "seqlen_kv", "head_dim"};
  std::vector<std::string> known = {"name", "check", "values", "block_q", "block_kv"};
  known.insert(known.end(), shape.begin(), shape.end());
  in.only(known);
  Case result;
  result.name = in.text("name");
  std::vector<std::string> ids;
  for (const CheckInfo& check : checks) {
    ids.push_back(check.id);
  }
  result.check = one_of(in, "check", ids);
  result.values = one_of(in, "values", kinds_of_values());
  if (result.values == "masked" && !softmax) {
    in.fail("values", "'masked' is for softmax stages", "attention makes its scores itself");
  }
  const auto length = [&](const char* key) {
    in.require(key);
    return static_cast<std::int32_t>(in.whole(key, 1, 1, kLengthMax));
  };
  sim::Problem& p = result.problem;
  p.dtype = sim::DType::fp32;
  if (softmax) {
    p.rows = length("rows"), p.row_length = length("row_length");
  } else {
    p.seqlen_q = length("seqlen_q"), p.seqlen_kv = length("seqlen_kv"), p.head_dim = length("head_dim");
    p.heads = p.kv_heads = 1;
  }
  result.schedule.block_q = length("block_q");
  result.schedule.block_kv = length("block_kv");
  return result;
}

std::string budget(const TableReader& in, const std::string& key) {
  in.require(key);
  check_budget(in.text(key), in.where(key));
  return in.text(key);
}

void read_checks(const TableReader& in, Stage& stage) {
  stage.checks = first_checks();
  for (const TableReader& check : in.tables("check")) {
    check.only({"id", "title", "points"});
    check.require("id");
    check.require("title");
    stage.checks.push_back({check.text("id"), check.words("title"), check.number("points", 1)});
  }
  const std::vector<CheckInfo> last = last_checks();
  stage.checks.insert(stage.checks.end(), last.begin(), last.end());
}

Stage stage_of(const TableReader& in, const std::string& folder) {
  in.only({"id", "file", "function", "algorithm", "title", "task", "passed", "hints", "tree", "state", "read_bytes_max",
           "write_bytes_max", "chip_bytes_max", "check", "case"});
  for (const char* key : {"id", "file", "function", "algorithm", "title", "task", "passed", "hints", "state"}) {
    in.require(key);
  }
  Stage stage;
  stage.id = in.text("id");
  stage.file = in.text("file");
  stage.folder = (fs::path(folder) / stage.id).string();
  std::vector<std::string> functions;
  for (const Function& function : kFunctions) {
    functions.emplace_back(function.name);
  }
  stage.function = one_of(in, "function", functions);
  stage.algorithm = one_of(in, "algorithm", sim::algorithm_names());
  stage.title = in.words("title");
  stage.task = in.words("task");
  stage.passed = in.words("passed");
  for (const TableReader& hint : in.tables("hints")) {
    hint.only({"en", "zh"});
    stage.hints.push_back({hint.text("en"), hint.text("zh")});
  }
  stage.tree = in.table()["tree"].value_or(false);
  stage.state = in.texts("state");
  stage.read_bytes_max = budget(in, "read_bytes_max");
  stage.write_bytes_max = budget(in, "write_bytes_max");
  stage.chip_bytes_max = budget(in, "chip_bytes_max");
  read_checks(in, stage);
  const bool softmax = sim::find_algorithm(stage.algorithm).softmax;
  for (const TableReader& given : in.tables("case")) {
    stage.cases.push_back(case_of(given, softmax, stage.checks));
  }
  if (stage.cases.empty()) {
    in.fail("case", "has none", "a stage needs at least one [[stage.case]]");
  }
  return stage;
}

std::string text_of(const std::string& path) {
  const std::vector<unsigned char> bytes = sim::read_file(path);
  return {bytes.begin(), bytes.end()};
}

std::string after(const std::string& text, const std::string& mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = text.find_first_not_of(' ', at + mark.size());
  return begin == std::string::npos ? "" : text.substr(begin, text.find('\n', begin) - begin);
}

std::vector<std::string> sources_in(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".cpp") {
      paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Exercise load_exercise(const std::string& path) {
  const toml::table root = sim::parse_toml(text_of(path), kFileBytesMax, path);
  const TableReader file(root, path, "");
  file.only({"exercise", "stage"});
  file.require("exercise");
  const TableReader head = *file.table_at("exercise");
  head.only({"title", "summary", "finished"});
  Exercise exercise;
  exercise.source = path;
  exercise.folder = fs::path(path).parent_path().string();
  exercise.id = fs::path(exercise.folder).filename().string();
  exercise.title = head.words("title");
  exercise.summary = head.words("summary");
  exercise.finished = head.words("finished");
  for (const TableReader& stage : file.tables("stage")) {
    exercise.stages.push_back(stage_of(stage, exercise.folder));
  }
  return exercise;
}

std::vector<Exercise> load_exercises(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (fs::exists(entry.path() / "exercise.toml", ignored)) {
      files.push_back((entry.path() / "exercise.toml").string());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Exercise> all;
  for (const std::string& file : files) {
    all.push_back(load_exercise(file));
  }
  return all;
}

const Exercise& find_exercise(const std::vector<Exercise>& all, const std::string& name) {
  std::vector<std::string> names;
  for (const Exercise& exercise : all) {
    if (exercise.id == name) {
      return exercise;
    }
    names.push_back(exercise.id);
  }
  throw sim::Error("exercise", fmt::format("there is no exercise '{}'", name), sim::suggestion(name, names));
}

std::vector<Mutant> mutants_of(const Stage& stage) {
  std::vector<Mutant> all;
  for (const std::string& path : sources_in(stage.folder + "/mutants")) {
    const std::string text = text_of(path);
    Mutant mutant{path, fs::path(path).stem().string(), after(text, "// wrong:"), "", "", -1};
    const std::string dies = after(text, "// dies:");
    mutant.check = dies.substr(0, dies.find(','));
    char tile[16] = {};
    if (dies.find(',') != std::string::npos &&
        std::sscanf(dies.c_str() + dies.find(',') + 1, " %15s at step %d", tile, &mutant.step) >= 1) {
      mutant.tile = tile;
    }
    if (mutant.wrong.empty() || mutant.check.empty()) {
      throw sim::Error(path, "does not say why it must die",
                       "its first lines are '// wrong: ...' and '// dies: CHECK'");
    }
    all.push_back(mutant);
  }
  return all;
}

std::vector<std::string> right_programs_of(const Stage& stage) {
  std::vector<std::string> all = {stage.solution()};
  const std::vector<std::string> others = sources_in(stage.folder + "/right");
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

}  // namespace lessons
