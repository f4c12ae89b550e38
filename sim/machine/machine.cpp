#include "sim/machine/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <type_traits>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace sim {
namespace {

template <auto Group, auto Member>
MachineField field(const char* key, const char* unit, double min, double max, const char* text, bool or_zero = false) {
  using Value = std::remove_reference_t<decltype((std::declval<Machine&>().*Group).*Member)>;
  return {key,
          unit,
          text,
          min,
          max,
          or_zero,
          std::is_integral_v<Value>,
          [](const Machine& machine) { return static_cast<double>((machine.*Group).*Member); },
          [](Machine& machine, double value) { (machine.*Group).*Member = static_cast<Value>(value); }};
}

void append(std::vector<MachineField>& all, std::initializer_list<MachineField> rows) { all.insert(all.end(), rows); }

void append_chip_and_sm(std::vector<MachineField>& all) {
  using M = Machine;
  using S = Machine::Sm;
  append(all,
         {field<&M::chip, &M::Chip::sm_count>("chip.sm_count", "", 1, 1e4, "streaming multiprocessors in use"),
          field<&M::chip, &M::Chip::clock_mhz>("chip.clock_mhz", "MHz", 1, 1e4,
                                               "SM clock of kernels with matrix instructions"),
          field<&M::chip, &M::Chip::clock_without_mma_mhz>("chip.clock_without_mma_mhz", "MHz", 1, 1e4,
                                                           "SM clock of kernels without matrix instructions", true),
          field<&M::sm, &S::smem_bytes>("sm.smem_bytes", "bytes", 16, 1 << 24, "SMEM that resident blocks share"),
          field<&M::sm, &S::smem_bytes_per_block>("sm.smem_bytes_per_block", "bytes", 16, 1 << 24,
                                                  "the most SMEM that one block may use"),
          field<&M::sm, &S::smem_reserved_bytes_per_block>("sm.smem_reserved_bytes_per_block", "bytes", 0, 1 << 16,
                                                           "SMEM taken by the system from every resident block"),
          field<&M::sm, &S::smem_allocation_unit>("sm.smem_allocation_unit", "bytes", 1, 1 << 16,
                                                  "SMEM is given to a block in multiples of this"),
          field<&M::sm, &S::registers>("sm.registers", "", 128, 1 << 24, "32-bit registers of one SM"),
          field<&M::sm, &S::registers_per_thread_max>("sm.registers_per_thread_max", "", 1, 1024,
                                                      "the most registers that one thread may use"),
          field<&M::sm, &S::register_allocation_unit>("sm.register_allocation_unit", "registers per thread", 1, 1024,
                                                      "registers are given to a thread in multiples of this"),
          field<&M::sm, &S::threads_max>("sm.threads_max", "", 32, 1 << 16, "resident threads of one SM"),
          field<&M::sm, &S::blocks_max>("sm.blocks_max", "", 1, 1024, "resident blocks of one SM")});
}

void append_rates(std::vector<MachineField>& all) {
  using M = Machine;
  using R = Machine::Rates;
  append(all, {field<&M::rates, &R::mma_sync_flops_per_clock>(
                   "rates.mma_sync_flops_per_clock", "FLOP per clock and SM", 1, 1e6,
                   "mma.sync: fp16 or bf16 operands, fp32 accumulation, dense; 0: none", true),
               field<&M::rates, &R::wgmma_flops_per_clock>("rates.wgmma_flops_per_clock", "FLOP per clock and SM", 1,
                                                           1e6, "wgmma or tcgen05, likewise; 0: neither", true),
               field<&M::rates, &R::fp32_lanes>("rates.fp32_lanes", "elements per clock and SM", 0.01, 1e6,
                                                "FP32 multiply-add, add, multiply"),
               field<&M::rates, &R::alu_lanes>("rates.alu_lanes", "elements per clock and SM", 0.01, 1e6,
                                               "max, compare, select, pack and convert"),
               field<&M::rates, &R::exp_per_clock>("rates.exp_per_clock", "elements per clock and SM", 0.01, 1e6,
                                                   "exp2 and its kin on the special function units"),
               field<&M::rates, &R::smem_bytes_per_clock>("rates.smem_bytes_per_clock", "bytes per clock and SM", 0.01,
                                                          1e6, "SMEM port, reads and writes together")});
}

void append_memory(std::vector<MachineField>& all) {
  using M = Machine;
  append(all,
         {field<&M::l2, &M::L2::bytes>("l2.bytes", "bytes", 64, 1e12, "capacity of the L2"),
          field<&M::l2, &M::L2::bytes_per_clock>("l2.bytes_per_clock", "bytes per SM clock", 0.01, 1e7,
                                                 "L2 bandwidth to all SMs together"),
          field<&M::l2, &M::L2::bytes_per_clock_per_sm>("l2.bytes_per_clock_per_sm", "bytes per SM clock", 0.01, 1e6,
                                                        "L2 port of one SM"),
          field<&M::l2, &M::L2::write_bytes_per_clock>("l2.write_bytes_per_clock", "bytes per SM clock", 0.01, 1e7,
                                                       "writes of all SMs together; 0: as reads", true),
          field<&M::l2, &M::L2::write_bytes_per_clock_per_sm>("l2.write_bytes_per_clock_per_sm", "bytes per SM clock",
                                                              0.01, 1e6, "writes of one SM; 0: as reads", true),
          field<&M::l2, &M::L2::dirty_bytes>("l2.dirty_bytes", "bytes", 64, 1e12,
                                             "the most that the L2 keeps unwritten; 0: all that it holds", true),
          field<&M::l2, &M::L2::latency_cycles>("l2.latency_cycles", "SM clocks", 1, 1e5, "L2 hit, unloaded"),
          field<&M::hbm, &M::Hbm::bytes>("hbm.bytes", "bytes", 1024, 1e15, "capacity of the HBM"),
          field<&M::hbm, &M::Hbm::read_gb_per_s>("hbm.read_gb_per_s", "GB/s", 1e-3, 1e6,
                                                 "what a long read stream achieves"),
          field<&M::hbm, &M::Hbm::write_gb_per_s>("hbm.write_gb_per_s", "GB/s", 1e-3, 1e6,
                                                  "what a long write stream achieves"),
          field<&M::hbm, &M::Hbm::copy_gb_per_s>("hbm.copy_gb_per_s", "GB/s", 1e-3, 1e6,
                                                 "what a long copy achieves, both ways together", true),
          field<&M::hbm, &M::Hbm::latency_ns>("hbm.latency_ns", "ns", 1, 1e6,
                                              "read that misses L2, unloaded, L2 lookup included"),
          field<&M::hbm, &M::Hbm::in_flight_bytes_per_sm>("hbm.in_flight_bytes_per_sm", "bytes", 1, 1e9,
                                                          "the most that one SM may have asked for and not yet got")});
}

void append_overheads(std::vector<MachineField>& all) {
  using M = Machine;
  using O = Machine::Overheads;
  append(all, {field<&M::overheads, &O::launch_us>("overheads.launch_us", "us", 0, 1e6,
                                                   "from an idle stream to the first block's first instruction"),
               field<&M::overheads, &O::kernel_gap_us>("overheads.kernel_gap_us", "us", 0, 1e6,
                                                       "between two dependent kernels of one stream"),
               field<&M::overheads, &O::block_start_cycles>("overheads.block_start_cycles", "SM clocks", 0, 1e6,
                                                            "from a free slot to the next block's first op"),
               field<&M::overheads, &O::barrier_cycles>("overheads.barrier_cycles", "SM clocks", 0, 1e6,
                                                        "from the last arrival to the waiting role's next op"),
               field<&M::overheads, &O::matmul_latency_cycles>(
                   "overheads.matmul_latency_cycles", "SM clocks", 0, 1e6,
                   "from a matmul's last operand to its first dependent op, beyond its work"),
               field<&M::overheads, &O::shuffle_cycles>("overheads.shuffle_cycles", "SM clocks", 0, 1e6,
                                                        "one warp shuffle step of a row reduction"),
               field<&M::overheads, &O::copy_issue_cycles>("overheads.copy_issue_cycles", "SM clocks", 0, 1e6,
                                                           "issuing an asynchronous copy of 16 KiB, beyond its set-up"),
               field<&M::overheads, &O::copy_setup_cycles>("overheads.copy_setup_cycles", "SM clocks", 0, 1e6,
                                                           "setting up an asynchronous copy of any size"),
               field<&M::overheads, &O::syncthreads_cycles>("overheads.syncthreads_cycles", "SM clocks", 0, 1e6,
                                                            "a block's warps meet, all there"),
               field<&M::overheads, &O::smem_latency_cycles>("overheads.smem_latency_cycles", "SM clocks", 0, 1e6,
                                                             "ldmatrix: from its issue to its first use"),
               field<&M::overheads, &O::exp_latency_cycles>("overheads.exp_latency_cycles", "SM clocks", 0, 1e6,
                                                            "an exponential: from its issue to its first use")});
}

bool is_path(const std::string& name) {
  constexpr std::string_view kSuffix = ".toml";
  const bool suffix = name.size() >= kSuffix.size() && name.substr(name.size() - kSuffix.size()) == kSuffix;
  return suffix || name.find_first_of("/\\") != std::string::npos;
}

/// "h100" means h100-sxm, though v100 is fewer letters away.
std::string hint_for(const std::string& name, const std::vector<std::string>& names) {
  const auto longer = std::find_if(names.begin(), names.end(), [&](const std::string& known) {
    return !name.empty() && known.compare(0, name.size(), name) == 0;
  });
  return longer == names.end() ? suggestion(name, names)
                               : fmt::format("did you mean '{}'? known: {}", *longer, fmt::join(names, ", "));
}

/// The whole file, or an Error; never more than the limit is read.
std::string read_machine_file(const std::string& path, const std::string& assets_directory) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(path, "is a directory; expected a machine file");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error(path, "can't open this machine file",
                hint_for(std::filesystem::path(path).stem().string(), machine_names(assets_directory)));
  }
  std::string text(kMachineFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) {
    throw Error(path, "can't read this machine file");
  }
  return text;  // one byte too many makes parse_machine refuse it
}

}  // namespace

std::string MachineField::expected() const {
  return fmt::format("{} from {} to {}{}{}{}", whole ? "a whole number" : "a number", min, max, *unit ? " " : "", unit,
                     or_zero ? ", or 0" : "");
}

const std::vector<MachineField>& machine_fields() {
  static const std::vector<MachineField> fields = [] {
    std::vector<MachineField> all;
    append_chip_and_sm(all);
    append_rates(all);
    append_memory(all);
    append_overheads(all);
    return all;
  }();
  return fields;
}

const MachineField& find_machine_field(std::string_view key) {
  const auto& fields = machine_fields();
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const MachineField& f) { return key == f.key; });
  if (found != fields.end()) {
    return *found;
  }
  std::vector<std::string> keys;
  for (const MachineField& f : fields) {
    keys.emplace_back(f.key);
  }
  throw Error("machine", fmt::format("unknown key '{}'", key), suggestion(key, keys));
}

void set_machine_field(Machine& machine, std::string_view key, double value) {
  const MachineField& f = find_machine_field(key);
  const bool in_range = (value >= f.min && value <= f.max) || (f.or_zero && value == 0);  // false for NaN
  if (!in_range) {
    throw Error(f.key, fmt::format("{} is out of range; expected {} ({})", value, f.expected(), f.text));
  }
  if (f.whole && value != std::floor(value)) {
    throw Error(f.key, fmt::format("{} is not whole; expected {} ({})", value, f.expected(), f.text));
  }
  f.set(machine, value);
}

std::optional<MachineFault> find_machine_fault(const Machine& machine) {
  const Machine::Sm& sm = machine.sm;
  if (sm.smem_bytes_per_block + sm.smem_reserved_bytes_per_block > sm.smem_bytes) {
    return MachineFault{"sm.smem_bytes_per_block",
                        fmt::format("one block's {} bytes and the {} reserved for it exceed sm.smem_bytes = {}",
                                    sm.smem_bytes_per_block, sm.smem_reserved_bytes_per_block, sm.smem_bytes)};
  }
  if (sm.registers < std::int64_t{128} * sm.register_allocation_unit) {
    return MachineFault{"sm.registers",
                        fmt::format("{} registers can't give one warp of each of the 4 sub-partitions its {} "
                                    "(32 threads x sm.register_allocation_unit = {})",
                                    sm.registers, 32 * sm.register_allocation_unit, sm.register_allocation_unit)};
  }
  if (sm.threads_max % 32 != 0) {
    return MachineFault{"sm.threads_max", fmt::format("{} threads are no multiple of a warp's 32", sm.threads_max)};
  }
  if (machine.l2.bytes > machine.hbm.bytes) {
    return MachineFault{"l2.bytes",
                        fmt::format("an L2 of {} bytes exceeds hbm.bytes = {}", machine.l2.bytes, machine.hbm.bytes)};
  }
  return std::nullopt;
}

void check_machine(const Machine& machine) {
  if (const auto fault = find_machine_fault(machine)) {
    throw Error(machine.name, fmt::format("{}: {}", fault->key, fault->message));
  }
}

Machine at_clock_of(Machine machine, bool with_mma) {
  if (!with_mma && machine.chip.clock_without_mma_mhz > 0) {
    machine.chip.clock_mhz = machine.chip.clock_without_mma_mhz;
  }
  return machine;
}

double Machine::l2_write_bytes_per_clock() const {
  return l2.write_bytes_per_clock > 0 ? l2.write_bytes_per_clock : l2.bytes_per_clock;
}

double Machine::l2_write_bytes_per_clock_per_sm() const {
  return l2.write_bytes_per_clock_per_sm > 0 ? l2.write_bytes_per_clock_per_sm : l2.bytes_per_clock_per_sm;
}

double Machine::matmul_flops_per_clock(MatmulUnit unit) const {
  switch (unit) {
    case MatmulUnit::ffma: return 2 * rates.fp32_lanes;
    case MatmulUnit::mma_sync: return rates.mma_sync_flops_per_clock;
    case MatmulUnit::wgmma: return rates.wgmma_flops_per_clock;
  }
  return 0;
}

std::vector<std::string> machine_names(const std::string& assets_directory) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(std::filesystem::path(assets_directory) / "machines", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".toml") {
      names.push_back(entry->path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Machine load_machine(const std::string& name_or_path, const std::string& assets_directory) {
  if (is_path(name_or_path)) {
    return parse_machine(read_machine_file(name_or_path, assets_directory), name_or_path);
  }
  const std::vector<std::string> names = machine_names(assets_directory);
  const std::filesystem::path directory = std::filesystem::path(assets_directory) / "machines";
  if (names.empty()) {
    throw Error("machine", fmt::format("no machine files in '{}', so no '{}'", directory.string(), name_or_path));
  }
  if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
    throw Error("machine", fmt::format("unknown machine '{}'", name_or_path), hint_for(name_or_path, names));
  }
  const std::string path = (directory / (name_or_path + ".toml")).string();
  return parse_machine(read_machine_file(path, assets_directory), path);
}

}  // namespace sim
