#include "measure/counters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include "measure/error.h"
#include "measure/results.h"

namespace measure {
namespace {

constexpr const char* kMarker = "attoscope_point_marker";

struct Metric {
  const char* name;   // ncu's
  const char* key;    // ours
  double factor = 1;  // from ncu's base unit
};
// smem_*: the banks of the SM's memory, four bytes each; Tensor Cores and copy engine go through them too.
constexpr std::array kMetrics = {
    Metric{"gpu__time_duration.sum", "time_us", 1e-3},
    Metric{"sm__cycles_elapsed.max", "cycles"},
    Metric{"dram__bytes_read.sum", "dram_read_bytes"},
    Metric{"dram__bytes_write.sum", "dram_write_bytes"},
    Metric{"lts__t_sectors_op_read.sum", "l2_read_sectors"},
    Metric{"lts__t_sectors_op_write.sum", "l2_write_sectors"},
    Metric{"l1tex__m_xbar2l1tex_read_bytes.sum", "sm_l2_read_bytes"},
    Metric{"l1tex__m_l1tex2xbar_write_bytes.sum", "sm_l2_write_bytes"},
    Metric{"l1tex__data_bank_reads.sum", "smem_read_bytes", 4},
    Metric{"l1tex__data_bank_writes.sum", "smem_write_bytes", 4},
    Metric{"l1tex__data_pipe_lsu_wavefronts_mem_shared.sum", "smem_wavefronts"},
    Metric{"sm__inst_executed_pipe_tensor.sum", "tensor_instructions"},
    Metric{"smsp__inst_executed_pipe_xu.sum", "exp_instructions"},
    Metric{"smsp__inst_executed.sum", "warp_instructions"},
    Metric{"lts__t_sector_hit_rate.pct", "l2_hit_pct"},
    Metric{"launch__registers_per_thread", "registers"},
};

// One line of CSV; a quoted field may hold commas and doubled quotes.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += line[++i];
      } else {
        quoted = !quoted;
      }
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else if (line[i] != '\r') {
      fields.back() += line[i];
    }
  }
  return fields;
}

// To nanoseconds and bytes, should ncu have scaled its units.
double scale_of_unit(const std::string& unit) {
  static const std::map<std::string, double> kScales = {
      {"us", 1e3},     {"usecond", 1e3}, {"ms", 1e6},    {"msecond", 1e6}, {"s", 1e9},
      {"second", 1e9}, {"Kbyte", 1e3},   {"Mbyte", 1e6}, {"Gbyte", 1e9},   {"Tbyte", 1e12}};
  const auto found = kScales.find(unit);
  return found == kScales.end() ? 1 : found->second;
}

// "1,234.5" -> 1234.5; NaN if it is no number.
double number_of(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ','), text.end());
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return text.empty() || *end != '\0' ? std::nan("") : value;
}

// "(512, 1, 1)" -> 512.
std::int64_t blocks_of(const std::string& grid) {
  std::int64_t blocks = 1, number = 0;
  bool in_number = false;
  for (const char c : grid + " ") {
    if (c >= '0' && c <= '9') {
      number = 10 * number + (c - '0');
      in_number = true;
    } else if (in_number) {
      blocks *= number;
      number = 0;
      in_number = false;
    }
  }
  return blocks;
}

Json whole_if_possible(double value) {
  return value == std::floor(value) && std::fabs(value) < 9e15 ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

Json kernel_to_json(const CsvTable& table, const std::vector<std::string>& row) {
  Json json = {{"name", row[table.column("Kernel Name")]}, {"grid", blocks_of(row[table.column("Grid Size")])}};
  for (const Metric& metric : kMetrics) {
    const int column = table.column(metric.name);
    const double value = column < 0 ? std::nan("") : number_of(row[column]);
    if (!std::isnan(value)) {
      json[metric.key] = whole_if_possible(value * scale_of_unit(table.units[column]) * metric.factor);
    }
  }
  if (json.contains("cycles") && json.contains("time_us") && json["time_us"] > 0) {
    json["clock_mhz"] = std::round(10 * json["cycles"].get<double>() / json["time_us"].get<double>()) / 10;
  }
  if (json.contains("smem_read_bytes") && json.contains("smem_write_bytes")) {
    json["smem_bytes"] = json["smem_read_bytes"].get<double>() + json["smem_write_bytes"].get<double>();
    json["smem_bytes"] = whole_if_possible(json["smem_bytes"]);
  }
  return json;
}

// Rows cut at the markers: one list of kernels a point.
std::vector<Json> kernels_by_point(const CsvTable& table, const std::string& where) {
  const int name = table.column("Kernel Name");
  if (name < 0 || table.column("Grid Size") < 0) {
    throw Error(where, "has no columns 'Kernel Name' and 'Grid Size'", "ncu --csv --page raw writes them");
  }
  std::vector<Json> points;
  for (const std::vector<std::string>& row : table.rows) {
    if (row[name].find(kMarker) != std::string::npos) {
      points.push_back(Json::array());
    } else if (points.empty()) {
      throw Error(where, "begins with '" + row[name] + "', not with the marker of a point",
                  "profile attoscope-measure --profile with --profile-from-start off");
    } else {
      points.back().push_back(kernel_to_json(table, row));
    }
  }
  return points;
}

// The simulator's names for the kernels, where their number tells which is which. A grid other than the entry said is a
// mistake of the entry: said, not hidden.
void name_kernels(Json& kernels, const Json& launches, const std::string& point) {
  if (kernels.size() != launches.size()) {
    std::cerr << point << ": ran " << kernels.size() << " kernels, " << launches.size()
              << " were announced; they keep the profiler's names\n";
    return;
  }
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    if (kernels[i]["grid"] != launches[i]["grid"] && launches[i]["grid"] != 0) {
      std::cerr << point << ": kernel " << launches[i]["name"] << " ran " << kernels[i]["grid"] << " blocks, "
                << launches[i]["grid"] << " were announced\n";
    }
    kernels[i]["name"] = launches[i]["name"];
  }
}

// measure.sh puts the output of ncu --version before the table.
std::string tool_of(const std::string& csv_file) {
  std::ifstream stream(csv_file);
  for (std::string line; std::getline(stream, line) && line.find("\"ID\"") == std::string::npos;) {
    if (const std::size_t at = line.find("Version "); at != std::string::npos) {
      return "Nsight Compute " + line.substr(at + 8, line.find(' ', at + 8) - at - 8);
    }
  }
  return "Nsight Compute";
}

}  // namespace

int CsvTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

// ncu prints its own messages, and what the program prints, around the table; a row of units follows the header.
CsvTable read_ncu_csv(std::istream& stream, const std::string& where) {
  CsvTable table;
  for (std::string line; std::getline(stream, line);) {
    std::vector<std::string> fields = fields_of(line);
    if (table.columns.empty()) {
      if (fields[0] == "ID") {
        table.columns = std::move(fields);
      }
    } else if (fields.size() == table.columns.size()) {
      if (table.units.empty() && fields[0].empty()) {
        table.units = std::move(fields);
      } else if (!std::isnan(number_of(fields[0]))) {
        table.rows.push_back(std::move(fields));
      }
    }
  }
  if (table.columns.empty()) {
    throw Error(where, "holds no table of Nsight Compute", "ncu --csv --page raw --print-units base ... > FILE.csv");
  }
  table.units.resize(table.columns.size());
  const int id = table.column("ID");
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [id](const auto& a, const auto& b) { return number_of(a[id]) < number_of(b[id]); });
  return table;
}

std::string metric_names() {
  std::string names;
  for (const Metric& metric : kMetrics) {
    names += std::string(metric.name) + "\n";
  }
  return names;
}

int merge_counters(const std::string& csv_file, const std::string& order_file, const std::string& results_file) {
  std::ifstream stream(csv_file);
  if (!stream) {
    throw Error(csv_file, "can't be read");
  }
  std::vector<Json> kernels = kernels_by_point(read_ncu_csv(stream, csv_file), csv_file);
  const Json order = read_json(order_file, "attoscope-profile 1", "a list of profiled points");
  if (kernels.size() > order["points"].size()) {
    throw Error(csv_file,
                "has " + std::to_string(kernels.size()) + " points, " + order_file + " has " +
                    std::to_string(order["points"].size()),
                "both must be of the same run");
  }
  Results results = Results::open(results_file);
  int merged = 0;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const Json& record = order["points"][i];
    const Point point = point_from_json(record, order_file + ": points[" + std::to_string(i) + "]");
    name_kernels(kernels[i], record["launches"], text(point));
    if (Json* measured = results.find(point)) {
      (*measured)["counters"] = {{"tool", tool_of(csv_file)}, {"l2", record["l2"]}, {"kernels", kernels[i]}};
      ++merged;
    } else {
      std::cerr << text(point) << ": has counters, but no time in " << results_file << "; left out\n";
    }
  }
  results.save();
  return merged;
}

}  // namespace measure
