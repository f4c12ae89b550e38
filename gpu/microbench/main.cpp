// attoscope-microbench [--only NAME]... [-o FILE.json]: measures the constants of a machine on the card at hand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "microbench/bench.h"
#include "microbench/card.h"

namespace microbench {
namespace {

using Json = nlohmann::ordered_json;

struct Group {
  const char* name;
  void (*measure)(Context&);
};
constexpr std::array kGroups = {
    Group{"hbm", measure_hbm},
    Group{"in_flight", measure_in_flight},
    Group{"latency", measure_latency},
    Group{"l2", measure_l2},
    Group{"smem", measure_smem},
    Group{"alu", measure_alu},
    Group{"mma", measure_mma},
    Group{"launch", measure_launch},
    Group{"barrier", measure_barrier},
    Group{"mma_feed", measure_mma_feed},
    Group{"wgmma", measure_wgmma},
    Group{"cp_async", measure_cp_async},
    Group{"tma", measure_tma},
    Group{"mbarrier", measure_mbarrier},
    Group{"issue", measure_issue},
    Group{"phases", measure_phases},
    Group{"l2_latency", measure_l2_latency},
    Group{"l2_shared", measure_l2_shared},
    Group{"turnover", measure_turnover},
    Group{"events", measure_events},
    Group{"sustained", measure_sustained},
    Group{"code", measure_code},
    Group{"pass", measure_pass},
    Group{"mma_short", measure_mma_short},
    Group{"copy_step", measure_copy_step},
};

std::string version(int number) { return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10); }

std::string date_utc() {
  const std::time_t now = std::time(nullptr);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text.data();
}

Json number_or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(nullptr); }

Json state_to_json(const CardState& state) {
  return {{"sm_clock_mhz", number_or_null(state.sm_clock_mhz)},
          {"sm_clock_max_mhz", number_or_null(state.sm_clock_max_mhz)},
          {"memory_clock_mhz", number_or_null(state.memory_clock_mhz)},
          {"power_w", number_or_null(state.power_w)},
          {"power_limit_w", number_or_null(state.power_limit_w)},
          {"temperature_c", number_or_null(state.temperature_c)}};
}

Json result_to_json(const Result& result) {
  Json json = {{"name", result.name}, {"measures", result.measures}, {"unit", result.unit}};
  for (const auto& [key, value] : result.at) {
    json["at"][key] = value;
  }
  json["median"] = median(result.samples);
  json["mean"] =
      std::accumulate(result.samples.begin(), result.samples.end(), 0.0) / static_cast<double>(result.samples.size());
  json["p10"] = quantile(result.samples, 0.1);
  json["p90"] = quantile(result.samples, 0.9);
  json["min"] = quantile(result.samples, 0);
  json["max"] = quantile(result.samples, 1);
  json["samples"] = result.samples.size();
  json["conditions"] = result.conditions;
  return json;
}

std::string pci_bus_id() {
  std::array<char, 32> id{};
  check(cudaDeviceGetPCIBusId(id.data(), id.size(), 0), "asking for the card's bus address");
  return id.data();
}

Json card_to_json(const cudaDeviceProp& card) {
  return {{"name", card.name},
          {"compute_capability", std::to_string(card.major) + "." + std::to_string(card.minor)},
          {"sm_count", card.multiProcessorCount},
          {"l2_bytes", card.l2CacheSize},
          {"hbm_bytes", card.totalGlobalMem}};
}

Context open_card() {
  int cards = 0;
  const cudaError_t error = cudaGetDeviceCount(&cards);
  if (error != cudaSuccess || cards == 0) {
    throw std::runtime_error(std::string("no CUDA card here: ") +
                             (error != cudaSuccess ? cudaGetErrorString(error) : "the driver lists none"));
  }
  Context context;
  check(cudaGetDeviceProperties(&context.card, 0), "asking for the card's properties");
  context.pci_bus_id = pci_bus_id();
  check(cudaStreamCreate(&context.stream), "creating a stream");
  return context;
}

Json open_report(const Context& context) {
  int driver = 0;
  int runtime = 0;
  check(cudaDriverGetVersion(&driver), "asking for the driver's version");
  check(cudaRuntimeGetVersion(&runtime), "asking for the runtime's version");
  const CardState before = read_card_state(context.pci_bus_id);
  Json json = {{"format", "attoscope-microbench 1"}, {"date", date_utc()}, {"card", card_to_json(context.card)}};
  json["driver"] = {{"version", before.driver}, {"cuda", version(driver)}};
  json["toolkit"] = {{"compiled", version(CUDART_VERSION)}, {"runtime", version(runtime)}};
  json["state_before"] = state_to_json(before);
  json["state_after"] = nullptr;
  json["groups"] = Json::object();
  json["results"] = Json::array();
  return json;
}

/// Measures one group into the report: its seconds, or why it failed, and its results.
bool measure(Context& context, const Group& group, Json& json) {
  const auto begin = std::chrono::steady_clock::now();
  std::string error;
  try {
    group.measure(context);
  } catch (const std::exception& failure) {
    error = failure.what();
    std::cerr << "attoscope-microbench: " << group.name << ": " << error << "\n";
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  json["groups"][group.name] = error.empty() ? Json{{"seconds", seconds}} : Json{{"error", error}};
  json["state_after"] = state_to_json(read_card_state(context.pci_bus_id));
  for (const Result& result : context.results) {
    json["results"].push_back(result_to_json(result));
  }
  context.results.clear();
  return error.empty();
}

void write(const std::string& file, const Json& json) {
  const std::string text = json.dump(1) + "\n";
  if (file.empty()) {
    std::cout << text;
  } else if (!(std::ofstream(file) << text)) {
    throw std::runtime_error(file + ": can't be written");
  }
}

int run(int argc, char** argv) {
  CLI::App app("Measures the constants of a machine on the card at hand.", "attoscope-microbench");
  std::vector<std::string> only, names;
  std::string file;
  for (const Group& group : kGroups) {
    names.emplace_back(group.name);
  }
  app.add_option("--only", only, "only these groups")->check(CLI::IsMember(names));
  app.add_option("-o", file, "where the JSON goes; without it, standard output");
  CLI11_PARSE(app, argc, argv);

  Context context = open_card();
  Json json = open_report(context);
  bool all = true;
  for (const Group& group : kGroups) {
    if (only.empty() || std::find(only.begin(), only.end(), group.name) != only.end()) {
      all = measure(context, group, json) && all;
      if (!file.empty()) {
        write(file, json);  // what is measured stays, whatever happens to the next group
      }
    }
  }
  if (file.empty()) {
    write(file, json);
  }
  cudaStreamDestroy(context.stream);
  return all ? 0 : 1;
}

}  // namespace
}  // namespace microbench

int main(int argc, char** argv) {
  try {
    return microbench::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "attoscope-microbench: " << error.what() << "\n";
    return 1;
  }
}
