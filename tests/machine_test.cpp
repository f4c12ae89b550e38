// Machine files: the built-in ones, round trips, every kind of mistake, and bytes at random.
#include "sim/machine/machine.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "tests/catch.h"

namespace {

using sim::Machine;
using sim::MachineField;

const std::string kAssets = ATTOSCOPE_SOURCE_ASSETS;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string built_in_text(const std::string& name) { return text_of(kAssets + "/machines/" + name + ".toml"); }

/// A valid file, one key a line: "[hbm]" is followed by its keys.
std::string plain_text() { return sim::machine_to_toml(sim::load_machine("a100-40gb", kAssets)); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// The file with the line of `key` (the first that starts so) replaced.
std::string with_line(const std::string& text, const std::string& key, const std::string& line) {
  const std::size_t at = text.find("\n" + key + " =") + 1;
  REQUIRE(at != std::string::npos + 1);
  return text.substr(0, at) + line + text.substr(text.find('\n', at));
}

int line_of(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

/// The message that parsing gives, or "" if it succeeds.
std::string error_of(const std::string& text) {
  try {
    sim::parse_machine(text, "mine.toml");
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

std::string load_error_of(const std::string& name) {
  try {
    sim::load_machine(name, kAssets);
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

bool same_numbers(const Machine& a, const Machine& b) {
  const auto& fields = sim::machine_fields();
  return std::all_of(fields.begin(), fields.end(), [&](const MachineField& f) { return f.get(a) == f.get(b); });
}

}  // namespace

TEST_CASE("every built-in machine loads under its name", "[machine]") {
  const std::vector<std::string> expected{"a100-40gb", "a100-80gb", "b200",    "blackboard",
                                          "h100-sxm",  "h200-sxm",  "rtx4090", "v100"};
  CHECK(sim::machine_names(kAssets) == expected);
  for (const std::string& name : expected) {
    CAPTURE(name);
    const Machine machine = sim::load_machine(name, kAssets);
    CHECK(machine.name == name);
    CHECK_FALSE(machine.title.empty());
    CHECK(contains(machine.source_file, name + ".toml"));
    CHECK(same_numbers(machine, sim::load_machine(kAssets + "/machines/" + name + ".toml", "nowhere")));
    CHECK(machine.hbm.read_gb_per_s * 1e3 / machine.chip.clock_mhz == machine.hbm_read_bytes_per_clock());
    // A miss in the L2 takes longer than a hit, and the L2 gives more than the HBM.
    CHECK(machine.hbm.latency_ns * machine.chip.clock_mhz / 1e3 > machine.l2.latency_cycles);
    CHECK(machine.l2.bytes_per_clock > machine.hbm_read_bytes_per_clock());
    // Little's law: all SMs together can fill the HBM.
    CHECK(machine.hbm.in_flight_bytes_per_sm * machine.chip.sm_count / machine.hbm.latency_ns >=
          machine.hbm.read_gb_per_s);
  }
}

TEST_CASE("the built-in files agree with the datasheets' peaks", "[machine]") {
  const auto tflops = [](const char* name, sim::MatmulUnit unit, double mhz) {
    const Machine machine = sim::load_machine(name, kAssets);
    return machine.matmul_flops_per_clock(unit) * machine.chip.sm_count * mhz * 1e-6;
  };
  using sim::MatmulUnit;
  CHECK(tflops("a100-40gb", MatmulUnit::mma_sync, 1410) == Catch::Approx(312).epsilon(0.005));
  CHECK(tflops("a100-80gb", MatmulUnit::ffma, 1410) == Catch::Approx(19.5).epsilon(0.005));
  CHECK(tflops("h100-sxm", MatmulUnit::wgmma, 1830) == Catch::Approx(989).epsilon(0.005));
  CHECK(tflops("h200-sxm", MatmulUnit::ffma, 1980) == Catch::Approx(66.9).epsilon(0.02));  // measured: 126.4 lanes
  CHECK(tflops("v100", MatmulUnit::mma_sync, 1530) == Catch::Approx(125).epsilon(0.005));
  CHECK(tflops("rtx4090", MatmulUnit::mma_sync, 2520) == Catch::Approx(165).epsilon(0.005));
  CHECK(tflops("b200", MatmulUnit::wgmma, 1850) == Catch::Approx(2250).epsilon(0.005));
  CHECK(tflops("blackboard", MatmulUnit::wgmma, 1000) == 0);
}

TEST_CASE("every key of a built-in file names its source", "[machine]") {
  for (const std::string& name : sim::machine_names(kAssets)) {
    std::istringstream lines(built_in_text(name));
    std::string line, before;
    std::size_t keys = 0;
    while (std::getline(lines, line)) {
      const bool number = contains(line, " = ") && line[0] != '#' && !contains(line, "\"");
      if (number) {
        ++keys;
        CAPTURE(name, line);
        const std::size_t at = line.find("  # ");
        const std::string comment = at != std::string::npos ? line.substr(at + 4) : before.substr(0, 2);
        CHECK(((at != std::string::npos && comment.size() >= 8) || comment == "# "));
      }
      before = line;
    }
    CHECK(keys == sim::machine_fields().size());
  }
}

TEST_CASE("a machine survives the way through its text", "[machine]") {
  for (const std::string& name : sim::machine_names(kAssets)) {
    Machine machine = sim::load_machine(name, kAssets);
    machine.title = "a \"quoted\" title, C:\\gpu, 四";
    machine.hbm.latency_ns = 1.0 / 3;
    machine.hbm.latency_ns += 300;
    const std::string text = sim::machine_to_toml(machine);
    const Machine back = sim::parse_machine(text, "copy");
    CHECK(back.name == machine.name);
    CHECK(back.title == machine.title);
    CHECK(same_numbers(machine, back));
    CHECK(sim::machine_to_toml(back) == text);
  }
}

TEST_CASE("every field survives at both ends of its range", "[machine]") {
  for (const MachineField& f : sim::machine_fields()) {
    for (const double value : {f.min, f.max}) {
      CAPTURE(f.key, value);
      Machine machine = sim::load_machine("a100-40gb", kAssets);
      sim::set_machine_field(machine, f.key, value);
      CHECK(f.get(machine) == value);
      if (!sim::find_machine_fault(machine)) {
        CHECK(same_numbers(machine, sim::parse_machine(sim::machine_to_toml(machine), "copy")));
      }
    }
  }
}

TEST_CASE("the table of fields is fit to be shown", "[machine]") {
  std::vector<std::string> keys;
  for (const MachineField& f : sim::machine_fields()) {
    CAPTURE(f.key);
    keys.emplace_back(f.key);
    CHECK(contains(f.key, "."));
    CHECK(std::string(f.text).size() > 5);
    CHECK(f.min < f.max);
    CHECK(&sim::find_machine_field(f.key) == &f);
    Machine machine;  // each row sets its own member and no other
    f.set(machine, 1);
    for (const MachineField& other : sim::machine_fields()) {
      const bool is_default = other.get(machine) == other.get(Machine{});
      CHECK((is_default || std::string(other.key) == f.key));
    }
    CHECK(f.get(machine) == 1);
  }
  std::sort(keys.begin(), keys.end());
  CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
}

TEST_CASE("a misspelt key: file, line, key and the nearest", "[machine]") {
  const std::string text = replaced(plain_text(), "\nlatency_ns", "\nlatencyns");
  const std::string error = error_of(text);
  CHECK(contains(error, "mine.toml:" + std::to_string(line_of(text, "latencyns")) + ": unknown key 'hbm.latencyns'"));
  CHECK(contains(error, "hint: did you mean 'hbm.latency_ns'?"));
  CHECK(contains(error_of("naem = \"x\"\n" + plain_text()), "mine.toml:1: unknown key 'naem'"));
  CHECK(contains(error_of(plain_text() + "[hbn]\nx = 1\n"), "unknown table 'hbn'"));
  CHECK(contains(error_of(plain_text() + "[hbn]\nx = 1\n"), "'hbm'"));
}

TEST_CASE("a missing key: which, and what is expected", "[machine]") {
  const std::string text = plain_text();
  for (const MachineField& f : sim::machine_fields()) {
    const std::string key = f.key;
    const std::size_t group = text.find("[" + key.substr(0, key.find('.')) + "]");
    const std::size_t line = text.find("\n" + key.substr(key.find('.') + 1) + " =", group);
    const std::string error = error_of(text.substr(0, line) + text.substr(text.find('\n', line + 1)));
    CAPTURE(key, error);
    CHECK(contains(error, "missing key '" + key + "': expected a "));
    CHECK(contains(error, f.unit));
    CHECK(contains(error, f.text));
    CHECK(contains(error, "mine.toml:" + std::to_string(line_of(text, "[" + key.substr(0, key.find('.')) + "]"))));
  }
  CHECK(contains(error_of(replaced(text, "name = ", "# ")), "missing key 'name'"));
  CHECK(contains(error_of(replaced(text, "title = ", "# ")), "missing key 'title'"));
  CHECK(contains(error_of("name = \"x\"\ntitle = \"x\"\n"), "missing table [chip], which holds 'chip.sm_count'"));
  CHECK(contains(error_of(""), "mine.toml: missing key 'name'"));
}

TEST_CASE("a value of the wrong type", "[machine]") {
  const std::string text = plain_text();
  const std::string where = "mine.toml:" + std::to_string(line_of(text, "sm_count")) + ": 'chip.sm_count' is ";
  const auto with = [&](const std::string& value) {
    return error_of(with_line(text, "sm_count", "sm_count = " + value));
  };
  CHECK(contains(with("\"many\""), where + "the string \"many\"; expected a whole number from 1 to 10000"));
  CHECK(contains(with("108.0"), where + "the float 108"));
  CHECK(contains(with("true"), where + "the boolean true"));
  CHECK(contains(with("[108]"), where + "an array"));
  CHECK(contains(with("{ x = 1 }"), where + "a table"));
  CHECK(contains(with("2020-05-14"), where + "a date or time"));
  CHECK(contains(error_of("name = 5\ntitle = \"x\""), "mine.toml:1: 'name' is the integer 5; expected a string"));
  CHECK(contains(error_of("name = \"Big GPU\"\ntitle = \"x\""), "'name' = \"Big GPU\"; expected lower-case letters"));
  CHECK(contains(error_of("name = \"x\"\ntitle = \"\""), "'title'"));
  CHECK(contains(error_of("name = \"x\"\ntitle = \"\\u001b[31m\""), "'title'"));
  CHECK_FALSE(contains(error_of("name = \"x\"\ntitle = \"\\u001b[31m\""), "\x1b"));
  CHECK(
      contains(error_of("chip = 5\nname = \"x\"\ntitle = \"x\""), "'chip' is the integer 5; expected a table [chip]"));
  CHECK(error_of(with_line(text, "clock_mhz", "clock_mhz = 1410")).empty());  // an integer is a number
}

TEST_CASE("a value out of range", "[machine]") {
  const std::string text = plain_text();
  const auto with = [&](const std::string& key, const std::string& value) {
    return error_of(with_line(text, key, key + " = " + value));
  };
  CHECK(contains(with("sm_count", "0"), "'chip.sm_count' = 0 is out of range; expected a whole number from 1"));
  CHECK(contains(with("sm_count", "-108"), "-108 is out of range"));
  CHECK(contains(with("sm_count", "1000000"), "1000000 is out of range"));
  CHECK(contains(with("sm_count", "9223372036854775807"), "out of range"));
  CHECK(contains(with("read_gb_per_s", "0"), "'hbm.read_gb_per_s' = 0 is out of range; expected a number from"));
  CHECK(contains(with("read_gb_per_s", "0"), "GB/s"));
  for (const char* value : {"nan", "-nan", "inf", "-inf", "1e300", "-1.0", "1e-300"}) {
    CAPTURE(value);
    CHECK(contains(with("read_gb_per_s", value), "out of range"));
  }
  CHECK(with("wgmma_flops_per_clock", "0").empty());
  CHECK(contains(with("wgmma_flops_per_clock", "1e-9"), "or 0"));
  CHECK(contains(with("wgmma_flops_per_clock", "-4096"), "or 0"));
}

TEST_CASE("numbers that contradict each other", "[machine]") {
  const std::string text = plain_text();
  const auto with = [&](const std::string& key, const std::string& value) {
    return error_of(with_line(text, key, key + " = " + value));
  };
  const std::string smem = with("smem_bytes_per_block", "167937");
  CHECK(contains(smem, "mine.toml:" + std::to_string(line_of(text, "smem_bytes_per_block")) + ": "));
  CHECK(contains(smem, "167937"));
  CHECK(contains(smem, "sm.smem_bytes = 167936"));
  CHECK(contains(with("threads_max", "2047"), "2047"));
  CHECK(contains(with("registers", "1023"), "1023"));
  CHECK(with("registers", "1024").empty());
  CHECK(contains(with("bytes", "1000000000000"), "hbm.bytes = 42949672960"));  // the first "bytes" is the L2's
}

TEST_CASE("broken TOML says where", "[machine]") {
  const std::string text = plain_text();
  CHECK(contains(error_of(with_line(text, "sm_count", "sm_count = = 3")),
                 "mine.toml:" + std::to_string(line_of(text, "sm_count")) + ": "));
  CHECK(contains(error_of(text + "[chip]\n"), "mine.toml:"));
  CHECK(contains(error_of("name = \"x\"\nname = \"y\"\n"), "mine.toml:2: "));
  CHECK(contains(error_of("name = \"\xff\xfe\"\n"), "mine.toml:1: "));
  CHECK(contains(error_of(std::string(64, '\0')), "mine.toml:1: "));
  CHECK(contains(error_of(text + std::string(sim::kMachineFileBytesMax, ' ')), "larger than 1048576 bytes"));
  CHECK(error_of(text + std::string(sim::kMachineFileBytesMax - text.size(), '\n')).empty());
}

TEST_CASE("lines that the TOML library does not survive are refused", "[machine]") {
  for (const std::string header : {"\xC3\xA9 = 1", "a = \xC2\xB5", "'''", "\"\"\"#", "[[[1]]]", "[[=", "[=", "[", "[[",
                                   "[ [a]]", "\t[[\t=", "[\r\n", "[\\", "[[#", "[.a]"}) {
    CAPTURE(header);
    CHECK(contains(error_of("a = 1\n" + header + "\n"), "mine.toml:2: "));
    CHECK(contains(error_of("\xEF\xBB\xBF" + header), "mine.toml:1: "));
    CHECK(contains(error_of("\r\n\r\n" + header), "mine.toml:3: "));
  }
}

TEST_CASE("text made to exhaust the stack is refused", "[machine]") {
  for (const std::string link : {"a.", "[", "{a=", "{a.a.a.a.a.a.a=", "[{a.a.a.a.a=", "[\n{a.a.a.a.a=", "\"a\" . "}) {
    for (const std::string head : {"", "[", "x = "}) {
      for (const std::size_t length : {std::size_t{30'000}, sim::kMachineFileBytesMax - 100}) {
        std::string text = head;
        while (text.size() + link.size() < length) {
          text += link;
        }
        CAPTURE(head, link, length);
        CHECK_FALSE(error_of(text + "a = 1\n").empty());
        CHECK_FALSE(error_of(text + "a]\n").empty());
      }
    }
  }
}

TEST_CASE("unknown machines and unreadable files", "[machine]") {
  const std::string typo = load_error_of("h100-sxn");
  CHECK(contains(typo, "unknown machine 'h100-sxn'"));
  CHECK(contains(typo, "'h100-sxm'"));
  CHECK(contains(load_error_of("h100"), "did you mean 'h100-sxm'? known: a100-40gb, "));
  CHECK(contains(load_error_of("../machines/h100-sxn.toml"), "can't open"));
  CHECK(contains(load_error_of("./h100-sxn.toml"), "'h100-sxm'"));
  CHECK(contains(load_error_of(kAssets + "/"), "is a directory"));
  CHECK(contains(load_error_of(""), "unknown machine ''"));
  CHECK_THROWS_WITH(sim::load_machine("h100-sxm", "/nowhere/at/all"), Catch::Matchers::ContainsSubstring("/nowhere"));
  CHECK(contains(load_error_of(std::string("h100-sxm\0x", 10)), "unknown machine"));
}

TEST_CASE("a user's own file works wherever a name does, and a huge one is refused", "[machine]") {
  const std::filesystem::path directory = std::filesystem::temp_directory_path() / "attoscope_machine_test";
  std::filesystem::create_directories(directory);
  const std::string mine = (directory / "mine.toml").string();
  std::ofstream(mine) << plain_text();
  CHECK(sim::load_machine(mine, "nowhere").name == "a100-40gb");
  CHECK(sim::load_machine(mine, "nowhere").source_file == mine);
  std::ofstream(mine) << std::string(3 * sim::kMachineFileBytesMax, '#');
  CHECK(contains(load_error_of(mine), "larger than"));
  std::filesystem::remove_all(directory);
}

TEST_CASE("overriding one number", "[machine]") {
  Machine machine = sim::load_machine("h200-sxm", kAssets);
  sim::set_machine_field(machine, "hbm.read_gb_per_s", 4000);
  sim::set_machine_field(machine, "chip.sm_count", 66);
  CHECK(machine.hbm.read_gb_per_s == 4000);
  CHECK(machine.chip.sm_count == 66);
  const auto error = [&](const char* key, double value) -> std::string {
    const Machine before = machine;
    try {
      sim::set_machine_field(machine, key, value);
    } catch (const sim::Error& e) {
      CHECK(same_numbers(before, machine));
      return e.what();
    }
    return "";
  };
  CHECK(contains(error("hbm.read_gbps", 4000), "unknown key 'hbm.read_gbps'"));
  CHECK(contains(error("hbm.read_gbps", 4000), "did you mean 'hbm.read_gb_per_s'?"));
  CHECK(contains(error("chip.sm_count", 1.5), "1.5 is not whole"));
  CHECK(contains(error("chip.sm_count", 0), "out of range"));
  CHECK(contains(error("hbm.latency_ns", std::numeric_limits<double>::quiet_NaN()), "out of range"));
  CHECK(contains(error("hbm.latency_ns", std::numeric_limits<double>::infinity()), "out of range"));

  sim::set_machine_field(machine, "sm.smem_bytes", 65536);  // less than one block may use: found at the end
  CHECK_THROWS_AS(sim::check_machine(machine), sim::Error);
  sim::set_machine_field(machine, "sm.smem_bytes_per_block", 64512);
  CHECK_NOTHROW(sim::check_machine(machine));
}

TEST_CASE("any bytes give a machine or an Error", "[machine][property]") {
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const std::string seeds[] = {plain_text(), built_in_text("h100-sxm"), built_in_text("blackboard")};
  const std::string alphabet = "=[]{}.\"'#\n\r\t ,-+_0123456789eEinfatrux\\\x00\x7f\x80\xc3\xff";
  int accepted = 0;
  for (int run = 0; run < 2000; ++run) {
    std::string text = seeds[below(std::size(seeds))];
    const std::size_t edits = 1 + below(8);
    for (std::size_t i = 0; i < edits; ++i) {
      const std::size_t at = below(text.size());
      const char letter = below(4) == 0 ? static_cast<char>(below(256)) : alphabet[below(alphabet.size())];
      switch (below(5)) {
        case 0: text[at] = letter; break;
        case 1: text.insert(at, 1, letter); break;
        case 2: text.erase(at, 1 + below(20)); break;
        case 3: text.insert(at, text.substr(below(text.size()), below(60))); break;
        default: text.resize(std::max<std::size_t>(1, at)); break;
      }
    }
    try {
      const Machine machine = sim::parse_machine(text, "fuzz");
      REQUIRE_FALSE(sim::find_machine_fault(machine));
      REQUIRE(same_numbers(machine, sim::parse_machine(sim::machine_to_toml(machine), "copy")));
      ++accepted;
    } catch (const sim::Error& error) {
      const std::string message = error.what();
      REQUIRE(message.rfind("fuzz", 0) == 0);
      REQUIRE(message.size() < 2000);
    }
  }
  CHECK(accepted > 50);  // edits inside comments; if none, the fuzz is too wild to reach the checks
}
