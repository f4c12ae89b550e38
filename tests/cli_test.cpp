// The command line as a user meets it: the program itself is run, and its output looked at.
#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli_support.h"
#include "tests/measurement_support.h"

using namespace cli_test;  // NOLINT(google-build-using-namespace)

namespace {

/// Paths of all leaves; [] for elements of an array.
void add_leaves(const Json& json, const std::string& prefix, std::set<std::string>& leaves) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      add_leaves(value, prefix.empty() ? key : prefix + "." + key, leaves);
    }
  } else if (json.is_array()) {
    for (const Json& value : json) {
      add_leaves(value, prefix + "[]", leaves);
    }
  } else {
    leaves.insert(prefix);
  }
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

bool fits(const std::string& pattern, const std::string& path) {
  const std::vector<std::string> want = split(pattern, '.'), have = split(path, '.');
  return want.size() == have.size() && std::equal(want.begin(), want.end(), have.begin(),
                                                  [](const auto& a, const auto& b) { return a == "*" || a == b; });
}

}  // namespace

TEST_CASE("run --json has the contract's keys, and the golden bytes", "[cli]") {
  const Folder folder;
  const Json run = folder.json(
      "run --algorithm flash2 --machine a100-40gb --batch 1 --heads 1 --kv-heads 1 --seqlen-q 1024 --seqlen-kv 1024 "
      "--head-dim 64 --dtype fp16 --mask causal --block-q 64 --block-kv 64 --stages 1 --check --json");
  for (const char* key : {"algorithm", "machine", "problem", "schedule", "kernels", "paper", "two_level", "l2", "dram",
                          "smem", "hbm_peak_bytes", "flops", "cycles", "time_us", "bound", "utilisation", "check"}) {
    CAPTURE(key);
    CHECK(run.contains(key));
  }
  for (const char* account : {"paper", "two_level"}) {  // attention_kernels: flash2 causal
    CHECK(run.at(account).at("read_bytes") == 2359296);
    CHECK(run.at(account).at("write_bytes") == 135168);
  }
  CHECK(run.at("two_level").at("reduce_bytes") == 0);
  CHECK(run.at("two_level").at("by_tensor").at("Q").at("read_bytes") == 131072);
  for (const char* key : {"name", "grid", "blocks_per_sm", "waves", "time_us", "bound"}) {
    CHECK(run.at("kernels").at(0).contains(key));
  }
  for (const auto& [unit, busy] : run.at("utilisation").items()) {
    CAPTURE(unit);
    CHECK(busy >= 0);
    CHECK(busy <= 1);
  }
  CHECK(run.at("check").at("max_abs_error") < 0.01);
  CHECK(run.at("check").at("passed") == true);
  CHECK(run.at("check").contains("reference"));
  CHECK(run.at("time_us") > 0);
  CHECK(run.at("paper").at("badge") == "exact");
  CHECK(run.at("dram").at("badge") == "modelled");
  CHECK(run.at("badges").at("time_us") == "modelled");
}

TEST_CASE("every leaf of run --json is in the table of fields, and the other way round", "[cli]") {
  const Folder folder;
  using measurement_test::experiment_of, measurement_test::point_of;
  folder.write(
      "measured.json",
      measurement_test::file_of(
          "a100-40gb",
          {point_of(experiment_of("algorithm = 'flash_decoding'\n[problem]\nseqlen_q = 1\nseqlen_kv = 300\nheads = 2\n"
                                  "[schedule]\nsplits = 2\n"),
                    0),
           point_of(experiment_of("algorithm = 'softmax_online'\n[problem]\nrows = 8\nrow_length = 50\n"), 0)})
          .dump());
  std::set<std::string> leaves;
  for (const char* arguments :
       {"run --algorithm flash_decoding --seqlen-q 1 --seqlen-kv 300 --heads 2 --splits 2",
        "run --algorithm softmax_online --rows 8 --row-length 50 --set hbm.read_gb_per_s=900"}) {
    add_leaves(folder.json(std::string(arguments) + " --check --json --measurements measured.json"), "", leaves);
  }
  std::map<std::string, int> uses;
  for (const Json& row : folder.json("list fields --json")) {
    CHECK_FALSE(row.at("text").get<std::string>().empty());
    uses[row.at("path")] = 0;
  }
  for (const std::string& leaf : leaves) {
    int documented = 0;
    for (auto& [pattern, count] : uses) {
      if (fits(pattern, leaf)) {
        ++documented;
        ++count;
      }
    }
    CAPTURE(leaf);
    CHECK(documented == 1);
  }
  for (const auto& [pattern, count] : uses) {
    CAPTURE(pattern);
    CHECK(count > 0);
  }
}

TEST_CASE("two runs print the same, and a scenario file the same as its flags", "[cli]") {
  const Folder folder;
  const std::string flags =
      "run --algorithm flash1 --machine v100 --heads 2 --seqlen-q 200 --block-kv 32 --set l2.bytes=1e6";
  const Outcome first = folder.run(flags + " --json");
  CHECK(first.out == folder.run(flags + " --json").out);
  folder.write("mine.toml",
               "algorithm = \"flash1\"\n[machine]\nname = \"v100\"\nset.l2.bytes = 1e6\n"
               "[problem]\nheads = 2\nseqlen_q = 100\n[schedule]\nblock_kv = 32\n[view]\nzoom = 2\n");
  CHECK(first.out == folder.run("run mine.toml --seqlen-q 200 --json").out);
  CHECK(first.out == folder.run("run --scenario mine.toml --seqlen-q 200 --json").out);
}

TEST_CASE("run for people shows every section with its badge", "[cli]") {
  const Folder folder;
  const Outcome outcome = folder.run("run --preset gpt2-small --check");
  CHECK(outcome.code == 0);
  for (const char* part : {"flash2 on a100-40gb", "heads 12", "* default", "[exact]", "[modelled]", "two_level",
                           "paper", "Utilisation", "bound by", "passed"}) {
    CAPTURE(part);
    CHECK(contains(outcome.out, part));
  }
  CHECK_FALSE(contains(outcome.out, "\x1b"));  // no colours into a file
  const Json untimed = folder.json("run --no-timing --json");
  CHECK(untimed.at("time_us").is_null());
  CHECK(untimed.at("dram").at("read_bytes").is_null());
  CHECK(untimed.at("two_level").at("read_bytes") > 0);
}

TEST_CASE("the user's tensors go in and the result comes out", "[cli]") {
  const Folder folder;
  write_tensor(folder, "q.npy", {2, 16, 8});
  write_tensor(folder, "k.npy", {1, 24, 8});
  const std::string flags = "run --algorithm flash2 --q q.npy --k k.npy --v k.npy --mask causal --json --out o.npy";
  const Json run = folder.json(flags);
  CHECK(run.at("problem").at("heads") == 2);
  CHECK(run.at("problem").at("kv_heads") == 1);
  CHECK(run.at("problem").at("seqlen_q") == 16);
  CHECK(run.at("problem").at("seqlen_kv") == 24);
  CHECK(run.at("problem").at("head_dim") == 8);
  CHECK(run.at("problem").at("dtype") == "fp16");
  CHECK(run.at("check").at("passed") == true);
  const sim::NpyArray o = sim::read_npy((folder.work() / "o.npy").string());
  CHECK(o.shape == std::vector<std::int64_t>{1, 2, 16, 8});
  CHECK(o.dtype == "float16");
  // Any algorithm gives nearly the same.
  folder.json("run --algorithm standard --q q.npy --k k.npy --v k.npy --mask causal --json --out s.npy");
  const sim::NpyArray s = sim::read_npy((folder.work() / "s.npy").string());
  REQUIRE(s.values.size() == o.values.size());
  for (std::size_t i = 0; i < s.values.size(); ++i) {
    CHECK(s.values[i] == Catch::Approx(o.values[i]).margin(0.002));  // two fp16 roundings of values below 1
  }
  write_tensor(folder, "x.npy", {3, 5, 7}, sim::DType::fp32);
  const Json softmax = folder.json("run --algorithm softmax_safe --x x.npy --out y.npy --json");
  CHECK(softmax.at("problem").at("rows") == 15);
  CHECK(softmax.at("problem").at("dtype") == "fp32");
  CHECK(sim::read_npy((folder.work() / "y.npy").string()).shape == std::vector<std::int64_t>{15, 7});
}

TEST_CASE("compare puts ratios to the first beside the values", "[cli]") {
  const Folder folder;
  const Json json = folder.json("compare standard flash2 flash2@h100-sxm --seqlen 512 --json");
  REQUIRE(json.at("runs").size() == 3);
  CHECK(json.at("runs").at(2).at("machine") == "h100-sxm");
  const Json& runs = json.at("runs");
  const double want =
      runs[1]["two_level"]["read_bytes"].get<double>() / runs[0]["two_level"]["read_bytes"].get<double>();
  CHECK(json.at("ratios").at("two_level.read_bytes").at(1) == Catch::Approx(want));
  const Outcome text = folder.run("compare standard flash2 --seqlen 512");
  CHECK(contains(text.out, "two_level.read_bytes"));
  CHECK(contains(text.out, "[modelled]"));
  check_refused(folder, "compare", {"compare"});
}

TEST_CASE("a sweep has a row a point, and errors in a column", "[cli]") {
  const Folder folder;
  const Outcome csv = folder.run("sweep --over seqlen=512:4096:*2 --over block_kv=32,4096 --head-dim 128 --csv");
  CHECK(csv.code == 0);
  CHECK(csv.err.empty());
  const std::vector<std::string> lines = split(csv.out, '\n');
  REQUIRE(lines.size() == 9);
  CHECK(lines[0].substr(0, 16) == "seqlen,block_kv,");
  CHECK(contains(lines[0], ",time_us,"));
  CHECK(contains(lines[1], "512,32,"));
  CHECK(contains(lines[8], "4096,4096,,"));
  CHECK(contains(lines[8], "SMEM"));
  const Json json = folder.json("sweep --over hbm.read_gb_per_s=500:1500:+500 --over algorithm=flash1,flash2 --json");
  REQUIRE(json.at("rows").size() == 6);
  CHECK(json.at("rows").at(5).at("over").at("hbm.read_gb_per_s") == 1500);
  CHECK(json.at("rows").at(5).at("over").at("algorithm") == "flash2");
  CHECK(json.at("rows").at(0).at("time_us") > json.at("rows").at(4).at("time_us"));
  for (const Json& column : json.at("columns")) {
    CHECK_FALSE(column.at("path").get<std::string>().empty());
  }
  folder.json("sweep --over seqlen=64,128 --json");
  CHECK(folder.run("sweep --over seqlen=64,128 -o s.csv").code == 0);
  CHECK(folder.run("sweep --over seqlen=64,128 --csv").out == text_of(folder.work() / "s.csv"));
  for (const char* range : {"seqlen=1:2", "seqlen=4:2:*2", "seqlen=1:9:*1", "seqlen=1:9:+0", "seqlen=1:9:/2",
                            "seqlen=", "seqlen", "=3", "seqlen=a:b:*2", "seqlen=0:9:*2", "seqlen=1:16777216:+1",
                            "seqlen=3:7:*1.5", "hbm.read_gb_per_s=1:inf:*2", "heads=0,1"}) {
    check_refused(folder, std::string("sweep --over '") + range + "'", {"--over"});
  }
  check_refused(folder, "sweep --over seqlen=1,2 --over seqlen=3", {"twice"});
  check_refused(folder, "sweep", {"--over"});
}

TEST_CASE("explain's closed forms equal the counts", "[cli]") {
  const Folder folder;
  for (const char* algorithm : {"standard", "memory_efficient", "flash1", "flash2", "flash_decoding"}) {
    CAPTURE(algorithm);
    const Json rows = folder.json(std::string("explain --json --seqlen-q 100 --seqlen-kv 333 --heads 4 --kv-heads 2 "
                                              "--mask causal --algorithm ") +
                                  algorithm);
    int forms = 0;
    for (const Json& row : rows) {
      CAPTURE(row.dump());
      CHECK(row.contains("unit"));
      CHECK(row.contains("badge"));
      if (row.contains("formula")) {
        ++forms;
        CHECK(row.at("value") == row.at("counted"));
      }
    }
    CHECK(forms >= 10);
  }
  const Outcome text = folder.run("explain two_level.read_bytes time_us");
  for (const char* part : {"formula", "numbers", "equal", "source", "rule", "[exact]", "[modelled]"}) {
    CAPTURE(part);
    CHECK(contains(text.out, part));
  }
}

TEST_CASE("a picture shows the tab that it is asked for, beside the stage and over it", "[cli]") {
  const Folder folder;
  if (!contains(folder.run("--help").out, "render")) {
    return;  // a build without a window
  }
  for (const char* size : {"1280x720", "1920x1080"}) {
    for (const char* over : {"", "--over-stage"}) {
      CAPTURE(size, over);
      const Outcome outcome =
          folder.run(std::string("render blackboard --tab sweep -o tab.svg --size ") + size + " " + over);
      CHECK(outcome.code == 0);
      const std::string picture = text_of(folder.work() / "tab.svg");
      CHECK(contains(picture, "values simulated"));
      CHECK(contains(picture, ">HBM<") == (*over == 0));
    }
  }
}

TEST_CASE("every verb has help with an example, and the examples work", "[cli]") {
  const Folder folder;
  const Outcome help_of_all = folder.run("--help");
  CHECK(help_of_all.code == 0);
  CHECK(contains(help_of_all.out, "demo"));
  const Outcome bare = folder.run("");  // the window; or help, in a build without one
  if (contains(help_of_all.out, "window")) {
    CHECK(bare.code == 2);
    CHECK(contains(bare.err, "display"));
    CHECK(contains(bare.err, "render"));
  } else {
    CHECK(bare.out == help_of_all.out);
  }
  CHECK(folder.run("--version").code == 0);
  for (const char* verb : {"run", "compare", "sweep", "explain", "trace", "list", "demo"}) {
    CAPTURE(verb);
    const Outcome help = folder.run(std::string(verb) + " --help");
    CHECK(help.code == 0);
    const std::string start = std::string("  attoscope ");
    const std::size_t at = help.out.find(start, help.out.find("Example:"));
    REQUIRE(at != std::string::npos);
    const std::string example = help.out.substr(at + start.size(), help.out.find('\n', at) - at - start.size());
    CAPTURE(example);
    const Outcome outcome = folder.run(example);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
  }
}

TEST_CASE("list prints tables and the same as JSON", "[cli]") {
  const Folder folder;
  for (const char* what : {"algorithms", "machines", "presets"}) {
    const Json json = folder.json(std::string("list --json ") + what);
    const Outcome table = folder.run(std::string("list ") + what);
    CHECK(json.size() >= 8);
    for (const Json& row : json) {
      CHECK(contains(table.out, row.at("name").get<std::string>()));
    }
  }
}

TEST_CASE("the demo shows four algorithms beside the published figures", "[cli]") {
  const Folder folder;
  const Outcome demo = folder.run("demo");
  CHECK(demo.code == 0);
  for (const char* part : {"standard", "memory_efficient", "flash1", "flash2", "40.3 GB", "4.4 GB", "41.7 ms", "7.3 ms",
                           "66.6", "75.2", "[measured]", "backward"}) {
    CAPTURE(part);
    CHECK(contains(demo.out, part));
  }
  for (const std::string& line : split(demo.out, '\n')) {
    const auto width = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    CAPTURE(line);
    CHECK(width <= 100);
  }
}
