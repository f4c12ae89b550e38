// Scenario files: every field, round trips, presets, every kind of mistake, and bytes at random.
#include "sim/scenario/scenario.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "tests/catch.h"

namespace {

using sim::Scenario;
using sim::ScenarioField;

const std::string kAssets = ATTOSCOPE_SOURCE_ASSETS;

const char* kEverything = R"(title = "All \"of\" it"
source = "invented"
algorithm = "flash_decoding"
preset = "llama3-8b"
program = "mine.program"

[machine]
name = "h100-sxm"
set.hbm.read_gb_per_s = 3000.5
set."sm.smem_bytes" = 131072

[problem]
batch = 2
heads = 8
kv_heads = 4
seqlen_q = 1
seqlen_kv = 4097
head_dim = 80
dtype = "bf16"
mask = "causal"
rows = 3
row_length = 5

[schedule]
block_q = 16
block_kv = 48
stages = 3
warps = 8
splits = 7
tile = 24

[inputs]
distribution = "growing-max"
seed = 9223372036854775807
q = "q.npy"
k = "k.npy"
v = "v.npy"
x = "x.npy"

[view]
zoom = 1.0
tab = "timeline"
open = true
at = 12
"strange key" = "tab\tnewline\n\u0000end"
camera = { x = -0.5, y = 1e300, target = [1, [2.5, "three"], {}] }
big = inf
)";

/// The message that parsing gives, or "" if it succeeds.
std::string error_of(const std::string& text) {
  try {
    sim::parse_scenario(text, "mine.toml");
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

std::string experiment_error_of(const std::string& text) {
  try {
    sim::experiment_of(sim::parse_scenario(text, "mine.toml"), kAssets);
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A folder of this test's own, gone afterwards.
struct Folder {
  Folder()
      : path(std::filesystem::temp_directory_path() /
             ("attoscope-scenario-" + std::to_string(std::random_device()()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("a file can say everything", "[scenario]") {
  const Scenario s = sim::parse_scenario(kEverything, "mine.toml");
  CHECK(s.origin == "mine.toml");
  CHECK(s.title == "All \"of\" it");
  CHECK(s.machine == "h100-sxm");
  CHECK(s.algorithm == "flash_decoding");
  CHECK(s.preset == "llama3-8b");
  CHECK(s.program == "mine.program");
  CHECK(s.problem.kv_heads == 4);
  CHECK(s.problem.seqlen_kv == 4097);
  CHECK(s.problem.dtype == sim::DType::bf16);
  CHECK(s.problem.mask == sim::Mask::causal);
  CHECK(s.problem.row_length == 5);
  CHECK(s.schedule.block_kv == 48);
  CHECK(s.schedule.splits == 7);
  CHECK(s.schedule.tile == 24);
  CHECK(s.inputs.spec.distribution == sim::Distribution::growing_max);
  CHECK(s.inputs.spec.seed == 9223372036854775807u);
  CHECK(s.inputs.v == "v.npy");
  REQUIRE(s.machine_set.size() == 2);
  std::set<std::string> overridden;
  for (const auto& [key, value] : s.machine_set) {
    overridden.insert(key);
    CHECK(value == (key == "sm.smem_bytes" ? 131072 : 3000.5));
  }
  CHECK(overridden == std::set<std::string>{"hbm.read_gb_per_s", "sm.smem_bytes"});
  CHECK(s.view.size() == 7);
  // The sample gives each field of the table: a new one must be added above.
  for (const ScenarioField& field : sim::scenario_fields()) {
    CAPTURE(field.key);
    CHECK(s.given.count(field.key) == 1);
  }
}

TEST_CASE("what is printed reads back equal", "[scenario]") {
  const std::string once = sim::to_toml(sim::parse_scenario(kEverything, "a"));
  const Scenario again = sim::parse_scenario(once, "b");
  CHECK(sim::to_toml(again) == once);
  const Scenario first = sim::parse_scenario(kEverything, "a");
  for (const ScenarioField& field : sim::scenario_fields()) {
    CAPTURE(field.key);
    CHECK(field.get(first) == field.get(again));
  }
  CHECK(first.given == again.given);
  CHECK(first.machine_set == again.machine_set);
  // The view, value by value, floats as floats.
  const auto view = [&](const std::string& key) -> const sim::ViewValue& {
    const auto found =
        std::find_if(again.view.begin(), again.view.end(), [&](const auto& entry) { return entry.first == key; });
    REQUIRE(found != again.view.end());
    return found->second;
  };
  CHECK(std::get<double>(view("zoom").data) == 1.0);
  CHECK(std::get<std::int64_t>(view("at").data) == 12);
  CHECK(std::get<bool>(view("open").data));
  CHECK(std::get<std::string>(view("strange key").data) == std::string("tab\tnewline\n\0end", 16));
  CHECK(std::get<sim::ViewTable>(view("camera").data).size() == 3);
}

TEST_CASE("an empty file is the default scenario", "[scenario]") {
  const Scenario s = sim::parse_scenario("", "mine.toml");
  CHECK(s.given.empty());
  CHECK(sim::to_toml(s).empty());
  CHECK(s.machine == "a100-40gb");
  CHECK(s.algorithm == "flash2");
}

TEST_CASE("mistakes in a scenario name line, key, value and what was expected", "[scenario]") {
  CHECK(contains(error_of("\n[problem]\nsequen_q = 3\n"), "mine.toml:3: unknown key 'problem.sequen_q'"));
  CHECK(contains(error_of("\n[problem]\nsequen_q = 3\n"), "did you mean 'seqlen_q'?"));
  CHECK(contains(error_of("[problme]\nheads = 3\n"), "mine.toml:1: unknown table 'problme'"));
  CHECK(contains(error_of("[problme]\nheads = 3\n"), "did you mean 'problem'?"));
  CHECK(contains(error_of("heads = 3\n"), "'heads' belongs in [problem]"));
  CHECK(contains(error_of("problem = 3\n"), "expected a table [problem]"));
  CHECK(contains(error_of("[problem]\nheads = \"3\"\n"), "mine.toml:2: 'problem.heads' is the string \"3\""));
  CHECK(contains(error_of("[problem]\nheads = 3.0\n"), "expected a whole number from 1 to 65536"));
  CHECK(contains(error_of("[problem]\nheads = 0\n"), "'problem.heads': 0 is out of range"));
  CHECK(contains(error_of("[problem]\nheads = -9223372036854775808\n"), "is out of range"));
  CHECK(contains(error_of("[problem]\nheads = 65537\n"), "is out of range"));
  CHECK(contains(error_of("[schedule]\nwarps = 33\n"), "from 1 to 32"));
  CHECK(contains(error_of("algorithm = \"flahs2\"\n"), "did you mean 'flash2'?"));
  CHECK(contains(error_of("algorithm = 2\n"), "'algorithm' is the integer 2"));
  CHECK(contains(error_of("[problem]\ndtype = \"fp15\"\n"), "did you mean 'fp"));
  CHECK(contains(error_of("[problem]\ndtype = \"int32\"\n"), "unknown dtype 'int32'"));
  CHECK(contains(error_of("[inputs]\ndistribution = \"norml\"\n"), "did you mean 'normal'?"));
  CHECK(contains(error_of("machine = \"\"\n"), "mine.toml:1: 'machine'"));
  CHECK(contains(error_of("title = \"two\\nlines\"\n"), "expected one line of text"));
  CHECK(contains(error_of("[machine]\nnmae = \"v100\"\n"), "did you mean 'name'?"));
  CHECK(contains(error_of("[machine.set]\nhbm.red_gb_per_s = 1\n"), "mine.toml:2"));
  CHECK(contains(error_of("[machine.set]\nhbm.red_gb_per_s = 1\n"), "did you mean 'hbm.read_gb_per_s'?"));
  CHECK(contains(error_of("[machine.set]\nsm.blocks_max = 0\n"), "out of range"));
  CHECK(contains(error_of("[machine.set]\nsm.blocks_max = \"2\"\n"), "expected a number"));
  CHECK(contains(error_of("[machine.set]\nsm.blocks_max = nan\n"), "out of range"));
  CHECK(contains(error_of("[view]\nat = 1979-05-27\n"), "date"));
  CHECK(contains(error_of("view = 3\n"), "expected a table [view]"));
  CHECK(contains(error_of("[problem\n"), "mine.toml:"));
  CHECK(contains(error_of("[problem]\nheads = 1\nheads = 2\n"), "mine.toml:3"));
  CHECK(contains(error_of("\xff\xfe"), "mine.toml"));
}

TEST_CASE("texts made to break a reader are refused", "[scenario]") {
  CHECK(contains(error_of(std::string(sim::kScenarioBytesMax + 1, '#')), "larger than 1048576 bytes"));
  CHECK(error_of(std::string(sim::kScenarioBytesMax, '#')).empty());
  std::string dots = "a";
  for (int i = 0; i < 200'000; ++i) {
    dots += ".a";
  }
  CHECK(contains(error_of(dots + " = 1\n"), "dots"));
  std::string deep = "[view]\n";
  for (int i = 0; i < 40; ++i) {
    deep += "a.";
  }
  CHECK(contains(error_of(deep + "a = 1\n"), "nested deeper than"));
  CHECK_FALSE(error_of("[view]\na = " + std::string(100'000, '[')).empty());
  CHECK_FALSE(error_of("[\x01").empty());
  CHECK_FALSE(error_of("[").empty());
  CHECK_FALSE(error_of("[[").empty());
  for (const char* value : {"1979-05-27 8\n", "1979-05-27 8", "1_979-05-27 8 ", "[1979-05-27 8]",
                            "[1,\n1979-05-27 8,2]", "1979-05-27 8#", "1979-05-27 8\xC2\xA0", "1979-05-27 08:00:00"}) {
    CAPTURE(value);
    CHECK_FALSE(error_of(std::string("[view]\na = ") + value).empty());
  }
  CHECK(error_of("title = \"\xC3\xA9t\xC3\xA9\" # \xC3\xA9t\xC3\xA9\n[view]\n'\xC3\xA9' = '''\n\xC3\xA9'''\n").empty());
  CHECK(error_of("\xEF\xBB\xBF[problem]\nheads = 1\n").empty());  // a byte order mark
  CHECK(contains(error_of("\n\xC3\xA9 = 1\n"), "mine.toml:2: a character beyond ASCII"));
  CHECK(contains(error_of("[view]\na\xC3\xA9 = 1\n"), "beyond ASCII"));
  CHECK(contains(error_of("[view]\na = \"b\"\xC3\xA9\n"), "beyond ASCII"));
  CHECK(contains(error_of("[view]\na = 1\"\xC3\xA9\"\n"), "beyond ASCII"));
  CHECK(contains(error_of("[view]\na=-1=\"\xC3\xA9\"\n"), "beyond ASCII"));
  CHECK(error_of("[view]\na=[\"\xC3\xA9\",{b=\"\xC3\xA9\"}]\n").empty());
  CHECK(contains(error_of("[view]\na = \"\"\"b\\\n  \xC3\xA9\"\"\"\n"), "mine.toml:3"));
  CHECK(contains(error_of("title = \"t\"\n[view]\na = [}\n"), "mine.toml:3: this is no TOML"));
  CHECK(contains(error_of("\n[\n"), "mine.toml:2"));
  for (const char* text :
       {"a = [}", "a = [\n}", "a = [\xC2\x85]", "a = [\xE2\x80\xA8]", "a = {b = }", "a = ]", "a ="}) {
    CAPTURE(text);
    CHECK_FALSE(error_of(text).empty());
  }
  CHECK(error_of("# since 1979-05-27 8 runs\n").empty());
  CHECK(error_of(std::string(sim::kScenarioBytesMax, ' ')).empty());  // in linear time
}

TEST_CASE("mutated scenarios give a scenario that round-trips, or an Error", "[scenario]") {
  std::mt19937_64 random(1);
  const std::string base = kEverything;
  for (int i = 0; i < 3000; ++i) {
    std::string text = base;
    for (std::uint64_t count = 1 + random() % 4; count > 0; --count) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, random() % 20); break;
        default: text.insert(at, base.substr(random() % base.size(), random() % 30)); break;
      }
    }
    try {
      const std::string once = sim::to_toml(sim::parse_scenario(text, "mutant"));
      CHECK(sim::to_toml(sim::parse_scenario(once, "again")) == once);
    } catch (const sim::Error& error) {
      CHECK_FALSE(error.message().empty());
    }
  }
}

TEST_CASE("every preset loads and makes an experiment", "[scenario]") {
  const std::vector<std::string> names = sim::preset_names(kAssets);
  CHECK(names.size() >= 15);
  for (const std::string& name : names) {
    CAPTURE(name);
    const Scenario preset = sim::load_preset(name, kAssets);
    CHECK_FALSE(preset.title.empty());
    CHECK_FALSE(preset.source.empty());
    Scenario scenario;
    scenario.preset = name;
    const sim::Experiment experiment = sim::experiment_of(scenario, kAssets);
    CHECK(experiment.problem.head_dim == preset.problem.head_dim);
    CHECK(experiment.problem.heads == preset.problem.heads);
    CHECK(experiment.schedule.block_q == preset.schedule.block_q);
  }
  Scenario unknown;
  unknown.preset = "gpt2-meduim";
  CHECK_THROWS_WITH(sim::experiment_of(unknown, kAssets),
                    Catch::Matchers::ContainsSubstring("did you mean 'gpt2-medium'?"));
}

TEST_CASE("what is given goes over the preset, and K and V follow Q where the preset has them equal", "[scenario]") {
  const auto problem = [](const std::string& text) {
    return sim::experiment_of(sim::parse_scenario(text, "mine.toml"), kAssets).problem;
  };
  const sim::Problem longer = problem("preset = \"gpt2-medium\"\n[problem]\nseqlen_q = 4096\nheads = 4\n");
  CHECK(longer.seqlen_q == 4096);
  CHECK(longer.seqlen_kv == 4096);
  CHECK(longer.heads == 4);
  CHECK(longer.kv_heads == 4);
  CHECK(longer.head_dim == 64);
  CHECK(longer.mask == sim::Mask::causal);
  const sim::Problem decode = problem("preset = \"codellama-34b-decode\"\n[problem]\nseqlen_q = 2\n");
  CHECK(decode.seqlen_q == 2);
  CHECK(decode.seqlen_kv == 16384);
  CHECK(decode.kv_heads == 8);
  CHECK(problem("preset = \"gpt2-medium\"\n[problem]\nseqlen_kv = 99\n").seqlen_q == 1024);
}

TEST_CASE("an experiment needs a machine, sizes that divide and fields that mean something", "[scenario]") {
  CHECK(contains(experiment_error_of("machine = \"a100\"\n"), "did you mean 'a100-"));
  CHECK(contains(experiment_error_of("[problem]\nheads = 6\nkv_heads = 4\n"), "does not divide"));
  CHECK(contains(experiment_error_of("algorithm = \"softmax_safe\"\n[problem]\nheads = 6\n"),
                 "heads: has no meaning for softmax_safe"));
  CHECK(contains(experiment_error_of("[problem]\nrows = 6\n"), "rows: has no meaning for flash2"));
  CHECK(contains(experiment_error_of("[machine.set]\nsm.smem_bytes = 16\n"), "sm.smem_bytes_per_block"));
  const sim::Experiment changed = sim::experiment_of(
      sim::parse_scenario("[machine]\nname = \"v100\"\nset.hbm.read_gb_per_s = 5\n", "mine.toml"), kAssets);
  CHECK(changed.machine.name == "v100");
  CHECK(changed.machine.hbm.read_gb_per_s == 5);
}

TEST_CASE("paths in a scenario file are relative to its folder", "[scenario]") {
  const Folder folder;
  const std::string path = (folder.path / "mine.toml").string();
  std::ofstream(path) << "machine = \"card.toml\"\n[inputs]\nq = \"data/q.npy\"\nk = \"/abs/k.npy\"\n";
  const Scenario s = sim::load_scenario(path);
  CHECK(s.machine == (folder.path / "card.toml").string());
  CHECK(s.inputs.q == (folder.path / "data/q.npy").string());
  CHECK(s.inputs.k == "/abs/k.npy");
  CHECK(s.inputs.v.empty());
  std::ofstream(path) << "machine = \"v100\"\n";
  CHECK(sim::load_scenario(path).machine == "v100");
  CHECK_THROWS_WITH(sim::load_scenario((folder.path / "none.toml").string()),
                    Catch::Matchers::ContainsSubstring("can't open"));
  CHECK_THROWS_WITH(sim::load_scenario(folder.path.string()), Catch::Matchers::ContainsSubstring("directory"));
}

TEST_CASE("a flag's text becomes a value of its field's type", "[scenario]") {
  const ScenarioField& heads = *sim::find_scenario_field("heads");
  CHECK(std::get<std::int64_t>(sim::scenario_value(heads, "12", "--heads")) == 12);
  for (const char* text : {"", "12x", "1.0", " 1", "0x10", "one"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(sim::scenario_value(heads, text, "--heads"),
                      Catch::Matchers::ContainsSubstring("no whole number"));
  }
  CHECK_THROWS_WITH(sim::scenario_value(heads, "99999999999999999999", "--heads"),
                    Catch::Matchers::ContainsSubstring("out of range"));
  CHECK(sim::find_scenario_field("block-kv") == sim::find_scenario_field("schedule.block_kv"));
  CHECK(sim::find_scenario_field("nonsense") == nullptr);
}
