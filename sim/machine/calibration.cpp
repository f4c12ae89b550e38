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

const std::vector<Rule>& rules() {
  using R = MicrobenchResults;
  static const std::vector<Rule> all = {
      {"chip.clock_mhz", "clock.mma_sync", [](const R& r) { return r.find("clock.mma_sync"); }},
      {"rates.mma_sync_flops_per_clock", "mma.fp16 of 512 threads",
       [](const R& r) {
         return r.find("mma.fp16", {{"threads", 512}});
       }},
      {"rates.fp32_lanes", "alu.fma", [](const R& r) { return r.find("alu.fma"); }},
      {"rates.alu_lanes", "alu.max", [](const R& r) { return r.find("alu.max"); }},
      {"rates.exp_per_clock", "alu.exp2", [](const R& r) { return r.find("alu.exp2"); }},
      {"rates.smem_bytes_per_clock", "smem.read_vector", [](const R& r) { return r.find("smem.read_vector"); }},
      {"l2.bytes_per_clock", "l2.read_per_clock of 32 MiB, 264 blocks",
       [](const R& r) {
         return r.find("l2.read_per_clock", {{"blocks", 264}, {"bytes", 33554432}});
       }},
      {"l2.bytes_per_clock_per_sm", "l2.read_some_sms_per_clock of one SM",
       [](const R& r) {
         return r.find("l2.read_some_sms_per_clock", {{"blocks", 1}, {"bytes", 16777216}});
       }},
      {"l2.latency_cycles", "latency.footprint of 16 MiB",
       [](const R& r) {
         return r.find("latency.footprint", {{"bytes", 16777216}});
       }},
      {"hbm.read_gb_per_s", "hbm.read", [](const R& r) { return r.find("hbm.read"); }},
      {"hbm.write_gb_per_s", "hbm.write", [](const R& r) { return r.find("hbm.write"); }},
      {"hbm.latency_ns", "latency.footprint_ns of 128 MiB",
       [](const R& r) {
         return r.find("latency.footprint_ns", {{"bytes", 134217728}});
       }},
      {"hbm.in_flight_bytes_per_sm", "the least of in_flight.read that gives 97 % of hbm.read", enough_in_flight},
      {"overheads.launch_us", "launch.alone", [](const R& r) { return r.find("launch.alone"); }},
      {"overheads.kernel_gap_us", "launch.gap", [](const R& r) { return r.find("launch.gap"); }},
      {"overheads.block_start_cycles", "block.start of 128 threads",
       [](const R& r) {
         return r.find("block.start", {{"threads", 128}});
       }},
      {"overheads.shuffle_cycles", "alu.shuffle_latency", [](const R& r) { return r.find("alu.shuffle_latency"); }},
  };
  return all;
}

double rounded(double value) {
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 3);
  return value >= 1000 ? std::round(value) : std::round(value / unit) * unit;
}

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
  if (median == json.end() || !median->is_number() || !(median->get<double>() > 0)) {
    wrong(where, "key 'median': a number above 0 is missing");
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
    if (const std::optional<double> value = rule.from(results)) {
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
