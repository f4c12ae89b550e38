#include "sim/machine/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/base/error.h"
#include "sim/machine/machine.h"

namespace sim {
namespace {

using Point = std::map<std::string, double>;
using Json = nlohmann::json;

// A machine key and the result that determines it. `from` gives a number from the results, or none if it is not there.
struct Rule {
  const char* key;
  const char* words;  ///< which result, for the comment
  std::optional<double> (*from)(const MicrobenchResults&);
};

// Where the bandwidth of a stream is within 3 % of its best, in bytes in flight per SM.
std::optional<double> enough_in_flight(const MicrobenchResults& r) {
  const auto curve = r.results.find("in_flight.read");
  const std::optional<double> best = r.find("hbm.read");
  if (curve == r.results.end() || !best) {
    return std::nullopt;
  }
  std::optional<double> least;
  for (const MicrobenchResults::Result& result : curve->second) {
    const auto bytes = result.at.find("bytes_per_sm");
    if (bytes != result.at.end() && result.median >= 0.97 * *best && (!least || bytes->second < *least)) {
      least = bytes->second;
    }
  }
  return least;
}

std::optional<double> block_start(const MicrobenchResults& r) {
  const auto gaps = r.results.find("turnover.gap");
  if (gaps == r.results.end()) {
    return std::nullopt;
  }
  for (const MicrobenchResults::Result& result : gaps->second) {
    const auto is = [&](const char* key, double value) {
      const auto at = result.at.find(key);
      return at != result.at.end() && at->second == value;
    };
    if (is("blocks_per_sm", 2) && is("threads", 128) && is("smem_bytes", 98304) && is("life_clocks", 20000)) {
      return result.median;
    }
  }
  return std::nullopt;
}

// Of a tile's last bytes, at the clock that copies run at: its lines come one after another.
std::optional<double> tile_latency(const MicrobenchResults& r) {
  const std::optional<double> tile = r.find("cp_async.tile_hbm"), clock_mhz = r.find("clock.copy");
  const std::optional<double> port = r.find("cp_async.l2_per_sm", {{"sms", 1}, {"tiles_in_flight", 8}});
  return tile && clock_mhz && port ? std::optional<double>((*tile - 16384 / *port) * 1e3 / *clock_mhz) : std::nullopt;
}

// A warp's m16n8k16 takes 4096 FLOP, and a quarter of the SM's rate serves it.
std::optional<double> matmul_latency(const MicrobenchResults& r) {
  const std::optional<double> whole = r.find("mma.fp16_latency_read");
  const std::optional<double> rate = r.find("mma.fp16_long", {{"blocks_per_sm", 1}, {"threads", 256}});
  return whole && rate ? std::optional<double>(*whole - 4096 / (*rate / 4)) : std::nullopt;
}

// Issuing a copy by 128 threads: a slope in its bytes and what is left of the smallest.
constexpr double kTile = 16384, kSmallTile = 2048;

std::optional<double> copy_issue(const MicrobenchResults& r) {
  const std::optional<double> tile = r.find("copy_step.issue", {{"bytes", kTile}, {"threads", 128}});
  const std::optional<double> small = r.find("copy_step.issue", {{"bytes", kSmallTile}, {"threads", 128}});
  return tile && small ? std::optional<double>((*tile - *small) * kTile / (kTile - kSmallTile)) : std::nullopt;
}

std::optional<double> copy_setup(const MicrobenchResults& r) {
  const std::optional<double> slope = copy_issue(r);
  const std::optional<double> small = r.find("copy_step.issue", {{"bytes", kSmallTile}, {"threads", 128}});
  return slope ? std::optional<double>(*small - *slope * kSmallTile / kTile) : std::nullopt;
}

// A step of a row's maximum: a shuffle, and the larger of two.
std::optional<double> shuffle_step(const MicrobenchResults& r) {
  const std::optional<double> shuffle = r.find("alu.shuffle_latency"), max = r.find("alu.max_latency");
  return shuffle && max ? std::optional<double>(*shuffle + *max) : std::nullopt;
}

// Of all SMs together; the result is that of one among them.
std::optional<double> l2_write(const MicrobenchResults& r) {
  constexpr double kSms = 132;
  const std::optional<double> each = r.find("l2_shared.write", {{"sms", kSms}});
  return each ? std::optional<double>(*each * kSms) : std::nullopt;
}

const std::vector<Rule>& rules() {
  using R = MicrobenchResults;
  static const std::vector<Rule> all = {
      {"chip.clock_mhz", "phases.clock, launches of mma.sync and exp2 in turn with pauses between",
       [](const R& r) { return r.find("phases.clock"); }},
      {"chip.clock_without_mma_mhz", "clock.copy", [](const R& r) { return r.find("clock.copy"); }},
      {"rates.mma_sync_flops_per_clock", "mma.fp16_long of 256 threads",
       [](const R& r) {
         return r.find("mma.fp16_long", {{"blocks_per_sm", 1}, {"threads", 256}});
       }},
      {"rates.wgmma_flops_per_clock", "wgmma.fp16_smem of n 256, 2 warpgroups",
       [](const R& r) {
         return r.find("wgmma.fp16_smem", {{"n", 256}, {"warpgroups", 2}});
       }},
      {"rates.fp32_lanes", "fp32.fma", [](const R& r) { return r.find("fp32.fma"); }},
      {"rates.alu_lanes", "alu.max", [](const R& r) { return r.find("alu.max"); }},
      {"rates.exp_per_clock", "alu.exp2", [](const R& r) { return r.find("alu.exp2"); }},
      {"rates.smem_bytes_per_clock", "smem.read_vector", [](const R& r) { return r.find("smem.read_vector"); }},
      {"l2.bytes_per_clock", "l2.read_per_clock of 24 MiB, 264 blocks",
       [](const R& r) {
         return r.find("l2.read_per_clock", {{"blocks", 264}, {"bytes", 25165824}});
       }},
      {"l2.bytes_per_clock_per_sm", "cp_async.l2_per_sm of one SM, 8 tiles in flight",
       [](const R& r) {
         return r.find("cp_async.l2_per_sm", {{"sms", 1}, {"tiles_in_flight", 8}});
       }},
      {"l2.write_bytes_per_clock", "l2_shared.write of 132 SMs", l2_write},
      {"l2.write_bytes_per_clock_per_sm", "l2_shared.write of one SM",
       [](const R& r) {
         return r.find("l2_shared.write", {{"sms", 1}});
       }},
      {"l2.latency_cycles", "l2_latency.read", [](const R& r) { return r.find("l2_latency.read"); }},
      {"hbm.read_gb_per_s", "hbm.read", [](const R& r) { return r.find("hbm.read"); }},
      {"hbm.write_gb_per_s", "hbm.write", [](const R& r) { return r.find("hbm.write"); }},
      {"hbm.copy_gb_per_s", "hbm.copy", [](const R& r) { return r.find("hbm.copy"); }},
      {"hbm.latency_ns", "cp_async.tile_hbm, less the tile's bytes through the port", tile_latency},
      {"hbm.in_flight_bytes_per_sm", "the least of in_flight.read that gives 97 % of hbm.read", enough_in_flight},
      {"overheads.launch_us", "launch.events of one kernel of 528 empty blocks, host ahead",
       [](const R& r) {
         return r.find("launch.events", {{"blocks", 528}, {"host_ahead", 1}, {"kernels", 1}});
       }},
      {"overheads.kernel_gap_us", "launch.gap", [](const R& r) { return r.find("launch.gap"); }},
      {"overheads.block_start_cycles", "turnover.gap of 2 blocks of 128 threads, 96 KiB each", block_start},
      {"overheads.barrier_cycles", "mbarrier.handoff of 256 threads",
       [](const R& r) {
         return r.find("mbarrier.handoff", {{"threads", 256}});
       }},
      {"overheads.matmul_latency_cycles", "mma.fp16_latency_read, less the 6 clocks of work", matmul_latency},
      {"overheads.shuffle_cycles", "alu.shuffle_latency and alu.max_latency", shuffle_step},
      {"overheads.copy_issue_cycles", "copy_step.issue of 128 threads, the slope from 2 to 16 KiB", copy_issue},
      {"overheads.copy_setup_cycles", "copy_step.issue of 128 threads and 2 KiB, less its bytes", copy_setup},
      {"overheads.syncthreads_cycles", "barrier.syncthreads of 128 threads",
       [](const R& r) {
         return r.find("barrier.syncthreads", {{"threads", 128}});
       }},
      {"overheads.smem_latency_cycles", "latency.ldmatrix", [](const R& r) { return r.find("latency.ldmatrix"); }},
      {"overheads.exp_latency_cycles", "alu.exp2_latency", [](const R& r) { return r.find("alu.exp2_latency"); }},
  };
  return all;
}

double rounded(double value) { return value >= 1000 ? std::round(value) : std::stod(fmt::format("{:.4g}", value)); }

[[noreturn]] void wrong(const std::string& source, const std::string& what) {
  throw Error(source, what, "results of attoscope-microbench were expected");
}

std::string text_at(const Json& object, const char* key, const std::string& source) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end() || !found->is_string()) {
    wrong(source, fmt::format("key '{}': a text is missing", key));
  }
  return found->get<std::string>();
}

MicrobenchResults::Result read_result(const Json& json, const std::string& where) {
  MicrobenchResults::Result result;
  const auto median = json.find("median");
  if (median == json.end() || !median->is_number()) {
    wrong(where, "key 'median': a number is missing");
  }
  result.median = median->get<double>();
  result.unit = text_at(json, "unit", where);
  if (const auto at = json.find("at"); at != json.end()) {
    if (!at->is_object()) {
      wrong(where, "key 'at' is no table of numbers");
    }
    for (const auto& [name, value] : at->items()) {
      if (!value.is_number()) {
        wrong(where, fmt::format("key 'at.{}' is no number", name));
      }
      result.at[name] = value.get<double>();
    }
  }
  return result;
}

}  // namespace

std::optional<double> MicrobenchResults::find(std::string_view name, const Point& at) const {
  const auto found = results.find(std::string(name));
  if (found == results.end()) {
    return std::nullopt;
  }
  const auto same =
      std::find_if(found->second.begin(), found->second.end(), [&](const Result& r) { return r.at == at; });
  return same == found->second.end() ? std::nullopt : std::optional<double>(same->median);
}

MicrobenchResults parse_microbench(const std::string& json_text, const std::string& source) {
  if (json_text.size() > kMicrobenchBytesMax) {
    wrong(source, fmt::format("{} bytes, more than {}", json_text.size(), kMicrobenchBytesMax));
  }
  const Json json = Json::parse(json_text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    wrong(source, "no JSON object");
  }
  if (text_at(json, "format", source) != "attoscope-microbench 1") {
    wrong(source, "key 'format' is not \"attoscope-microbench 1\"");
  }
  MicrobenchResults results;
  results.source = source;
  results.date = text_at(json, "date", source).substr(0, 10);
  results.card = text_at(json.value("card", Json()), "name", source + ", card");
  results.driver = text_at(json.value("driver", Json()), "version", source + ", driver");
  const auto list = json.find("results");
  if (list == json.end() || !list->is_array()) {
    wrong(source, "key 'results': a list is missing");
  }
  for (const Json& item : *list) {
    const std::string name = text_at(item, "name", source + ", results");
    results.results[name].push_back(read_result(item, source + ", " + name));
  }
  return results;
}

std::vector<Calibrated> calibrate(const MicrobenchResults& results) {
  std::vector<Calibrated> numbers;
  for (const Rule& rule : rules()) {
    if (const std::optional<double> value = rule.from(results); value && *value > 0) {
      numbers.push_back({rule.key, rounded(*value),
                         fmt::format("gpu/microbench {}, {}, {}", rule.words, results.card, results.date)});
    }
  }
  return numbers;
}

std::string with_calibration(const std::string& machine_toml, const std::vector<Calibrated>& numbers,
                             const std::string& source) {
  std::vector<std::string> lines, out;
  std::istringstream text(machine_toml);
  for (std::string line; std::getline(text, line);) {
    lines.push_back(line);
  }
  std::size_t found = 0;
  std::string table;
  for (const std::string& line : lines) {
    if (line.size() > 2 && line.front() == '[') {
      table = line.substr(1, line.find(']') - 1);
    }
    const std::string key = table + "." + line.substr(0, line.find(' '));
    const auto number = std::find_if(numbers.begin(), numbers.end(), [&](const Calibrated& n) { return n.key == key; });
    if (number == numbers.end()) {
      out.push_back(line);
      continue;
    }
    ++found;
    while (!out.empty() && out.back().rfind('#', 0) == 0) {
      out.pop_back();  // the old source
    }
    const std::string entry = fmt::format("{} = {}", key.substr(key.find('.') + 1), number->value);
    if (entry.size() + number->source.size() + 4 <= 120) {
      out.push_back(entry + "  # " + number->source);
    } else {
      out.push_back("# " + number->source);
      out.push_back(entry);
    }
  }
  if (found != numbers.size()) {
    throw Error(source, fmt::format("{} of {} numbers have no line there", numbers.size() - found, numbers.size()),
                "start from one of assets/machines/*.toml");
  }
  return fmt::format("{}\n", fmt::join(out, "\n"));
}

}  // namespace sim
