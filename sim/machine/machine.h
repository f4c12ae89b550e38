// A machine: a GPU described by data. Every field's unit is in its name; where a number comes from stands beside
// it in assets/machines/*.toml.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// Which instruction multiplies tiles. It decides the rate and how often operands are read from SMEM.
enum class MatmulUnit : std::uint8_t {
  ffma,      ///< FP32 FMA lanes: for fp32 operands
  mma_sync,  ///< warp-wide mma.sync (m16n8k16); operands through ldmatrix
  wgmma,     ///< Hopper's warpgroup-wide wgmma (m64nNk16); B, and A unless in registers, read from SMEM. On a
             ///< machine with tcgen05 instead, that, at its rate, with accumulators still counted as registers.
};

struct Machine {
  std::string name;         ///< lower-case letters, digits, '-', '_', '.'; e.g. "h100-sxm"
  std::string title;        ///< e.g. "NVIDIA H100 SXM5 80 GB"
  std::string source_file;  ///< where it was loaded from, for messages

  struct Chip {
    int sm_count = 0;
    double clock_mhz = 0;              ///< SM clock of kernels with matrix instructions
    double clock_without_mma_mhz = 0;  ///< SM clock of kernels without matrix instructions; 0: clock_mhz
  } chip;

  struct Sm {
    std::int64_t smem_bytes = 0;                     ///< SMEM that resident blocks share
    std::int64_t smem_bytes_per_block = 0;           ///< the most that one block may use
    std::int64_t smem_reserved_bytes_per_block = 0;  ///< taken by the system from every resident block
    int smem_allocation_unit = 1;                    ///< SMEM is given to a block in multiples of these bytes
    std::int64_t registers = 0;                      ///< 32-bit registers
    int registers_per_thread_max = 0;
    int register_allocation_unit = 0;  ///< per thread: a warp is given 32 times a multiple of this (8: 256 a warp)
    int threads_max = 0;               ///< resident, a multiple of 32
    int blocks_max = 0;                ///< resident
  } sm;

  /// Work per SM and clock at full rate.
  struct Rates {
    double mma_sync_flops_per_clock = 0;  ///< fp16/bf16 operands, fp32 accumulation, dense; 0: none
    double wgmma_flops_per_clock = 0;     ///< wgmma or tcgen05; 0: the machine has neither
    double fp32_lanes = 0;                ///< FP32 FMA, add, multiply: elements a clock
    double alu_lanes = 0;                 ///< max, compare, select, pack and convert: 32-bit results a clock
    double exp_per_clock = 0;             ///< MUFU.EX2 and its kin
    double smem_bytes_per_clock = 0;      ///< SMEM port, reads and writes together
  } rates;

  struct L2 {
    std::int64_t bytes = 0;
    double bytes_per_clock = 0;               ///< all SMs together
    double bytes_per_clock_per_sm = 0;        ///< port of one SM
    double write_bytes_per_clock = 0;         ///< from all SMs together; 0: as reads
    double write_bytes_per_clock_per_sm = 0;  ///< from one SM; 0: as reads
    double latency_cycles = 0;                ///< hit, unloaded
    std::int64_t dirty_bytes = 0;             ///< the most it keeps unwritten; 0: all that it holds
  } l2;

  struct Hbm {
    std::int64_t bytes = 0;
    double read_gb_per_s = 0;           ///< what a long read stream achieves
    double write_gb_per_s = 0;          ///< what a long write stream achieves
    double copy_gb_per_s = 0;           ///< what a long copy achieves, both ways together; 0: no loss by turning round
    double latency_ns = 0;              ///< read that misses L2, unloaded, L2 lookup included
    double in_flight_bytes_per_sm = 0;  ///< the most bytes that one SM may have asked for and not yet got
  } hbm;

  struct Overheads {
    double launch_us = 0;              ///< from an idle stream to the first block's first instruction
    double kernel_gap_us = 0;          ///< between two dependent kernels of one stream
    double block_start_cycles = 0;     ///< from a free slot to the first op of the next block
    double barrier_cycles = 0;         ///< from the last arrival to the waiting role's next op
    double matmul_latency_cycles = 0;  ///< from a matmul's last operand to its first dependent op, beyond its work
    double shuffle_cycles = 0;         ///< one warp shuffle step of a row reduction
    double copy_issue_cycles = 0;      ///< issuing an asynchronous copy of 16 KiB, beyond its set-up
    double copy_setup_cycles = 0;      ///< and that
    double syncthreads_cycles = 0;     ///< a block's warps meet, all there
    double smem_latency_cycles = 0;    ///< ldmatrix: from its issue to its first use
    double exp_latency_cycles = 0;     ///< an exponential, likewise
  } overheads;

  /// Derived: seconds and cycles.
  double cycles_per_us() const { return chip.clock_mhz; }
  double hbm_read_bytes_per_clock() const { return hbm.read_gb_per_s * 1e3 / chip.clock_mhz; }
  double hbm_write_bytes_per_clock() const { return hbm.write_gb_per_s * 1e3 / chip.clock_mhz; }
  double matmul_flops_per_clock(MatmulUnit unit) const;  ///< per SM
  double l2_write_bytes_per_clock() const;               ///< all SMs together
  double l2_write_bytes_per_clock_per_sm() const;
};

/// One number of a machine: the row that parsing, checking, errors, overrides and documentation share.
struct MachineField {
  const char* key;   ///< "hbm.read_gb_per_s": table and key of the file, group and member of the struct
  const char* unit;  ///< "GB/s"; "" for a count
  const char* text;  ///< what it is, in words
  double min, max;   ///< inclusive
  bool or_zero;      ///< 0 is allowed below min
  bool whole;        ///< an integer
  double (*get)(const Machine&);
  void (*set)(Machine&, double);  ///< unchecked: see set_machine_field

  std::string expected() const;  ///< "a whole number from 1 to 10000"
};

/// Every number of a machine, in the order of the struct.
const std::vector<MachineField>& machine_fields();

/// The row of `key`; throws Error with the nearest key.
const MachineField& find_machine_field(std::string_view key);

/// Overrides one number (what if?), checked against its row. check_machine is the caller's, after the last override.
void set_machine_field(Machine& machine, std::string_view key, double value);

/// Two numbers that contradict each other.
struct MachineFault {
  std::string key;      ///< of the one to change
  std::string message;  ///< with both numbers
};
std::optional<MachineFault> find_machine_fault(const Machine& machine);

/// `machine` at the clock that kernels with or without matrix instructions run at.
Machine at_clock_of(Machine machine, bool with_mma);

/// Throws Error if two numbers of the machine contradict each other.
void check_machine(const Machine& machine);

/// Larger files and texts are refused.
constexpr std::size_t kMachineFileBytesMax = std::size_t{1} << 20;

/// A machine by name (from the built-in directory) or from a user's file (a name that ends in .toml or has a '/').
/// Throws Error naming file, line, key and what was expected.
Machine load_machine(const std::string& name_or_path, const std::string& assets_directory);

/// Reads a machine from TOML text; `source` is what messages call it. Any bytes give a machine or an Error.
Machine parse_machine(const std::string& toml_text, const std::string& source);

/// The machine as a file that parse_machine reads back equal.
std::string machine_to_toml(const Machine& machine);

/// Names of the built-in machines, sorted.
std::vector<std::string> machine_names(const std::string& assets_directory);

}  // namespace sim
