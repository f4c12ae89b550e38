// Occupancy against CUDA's occupancy calculator, and each limit one step below and at its edge.
#include "sim/machine/occupancy.h"

#include <string>

#include "sim/base/error.h"
#include "tests/catch.h"

namespace {

using sim::BlockResources;
using sim::Machine;
using sim::Occupancy;

Machine built_in(const std::string& name) { return sim::load_machine(name, ATTOSCOPE_SOURCE_ASSETS); }

int blocks(const Machine& machine, std::int64_t smem_bytes, int threads, int registers) {
  return sim::occupancy(machine, {smem_bytes, threads, registers}).blocks_per_sm;
}

std::string limit(const Machine& machine, std::int64_t smem_bytes, int threads, int registers) {
  return sim::occupancy(machine, {smem_bytes, threads, registers}).limit;
}

std::string error_of(const Machine& machine, const BlockResources& block) {
  try {
    sim::occupancy(machine, block);
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr std::int64_t kKb = 1024;

}  // namespace

TEST_CASE("occupancy equals CUDA's calculator", "[occupancy]") {
  struct Row {
    const char* machine;
    std::int64_t smem_bytes;
    int threads, registers, blocks;
    const char* limit;
  };
  const Row rows[] = {
      {"a100-40gb", 0, 128, 232, 2, "registers"},     // FlashAttention-2's usual block
      {"a100-40gb", 0, 128, 128, 4, "registers"},     //
      {"a100-40gb", 0, 128, 168, 3, "registers"},     // 12 warps of 5376
      {"a100-40gb", 0, 256, 64, 4, "registers"},      //
      {"a100-40gb", 0, 256, 24, 8, "threads"},        // full
      {"a100-40gb", 0, 1024, 64, 1, "registers"},     //
      {"a100-40gb", 0, 32, 32, 32, "blocks"},         //
      {"a100-40gb", 64 * kKb, 128, 64, 2, "SMEM"},    // 2 x 65 of 164 KB
      {"a100-40gb", 48 * kKb, 128, 64, 3, "SMEM"},    // 3 x 49
      {"a100-40gb", 163 * kKb, 128, 255, 1, "SMEM"},  // the most that a block may use
      {"h100-sxm", 64 * kKb, 128, 64, 3, "SMEM"},     // 3 x 65 of 228 KB
      {"h100-sxm", 113 * kKb, 128, 64, 2, "SMEM"},    // 2 x 114: to the byte
      {"h100-sxm", 227 * kKb, 384, 168, 1, "SMEM"},   // FlashAttention-3
      {"h100-sxm", 0, 384, 168, 1, "registers"},      // 12 warps x 5376 = 64512
      {"h100-sxm", 0, 512, 128, 1, "registers"},      //
      {"v100", 48 * kKb, 128, 64, 2, "SMEM"},         // nothing reserved
      {"v100", 96 * kKb, 1024, 64, 1, "SMEM"},        //
      {"rtx4090", 0, 256, 32, 6, "threads"},          // 1536 threads
      {"rtx4090", 0, 32, 32, 24, "blocks"},           //
      {"rtx4090", 48 * kKb, 128, 64, 2, "SMEM"},      // 2 x 49 of 100 KB
      {"b200", 0, 128, 255, 2, "registers"},          // rounded up to 256
      {"blackboard", 96, 128, 0, 2, "blocks"},        //
      {"blackboard", 256, 128, 0, 2, "blocks"},       //
  };
  for (const Row& row : rows) {
    CAPTURE(row.machine, row.smem_bytes, row.threads, row.registers);
    const Occupancy result = sim::occupancy(built_in(row.machine), {row.smem_bytes, row.threads, row.registers});
    CHECK(result.blocks_per_sm == row.blocks);
    CHECK(result.limit == row.limit);
  }
}

TEST_CASE("each limit of occupancy, at its edge and one step beyond", "[occupancy]") {
  const Machine a100 = built_in("a100-40gb");
  // 164 KB / 2 = 82 KB, less the reserved 1 KB.
  CHECK(blocks(a100, 81 * kKb, 128, 32) == 2);
  CHECK(blocks(a100, 81 * kKb + 1, 128, 32) == 1);
  // 164 KB / 3 = 55978.67 bytes, in units of 128: 55936, less 1024.
  CHECK(blocks(a100, 54912, 128, 32) == 3);
  CHECK(blocks(a100, 54913, 128, 32) == 2);
  // 4 blocks of 4 warps leave 4096 registers to each warp.
  CHECK(blocks(a100, 0, 128, 128) == 4);
  CHECK(blocks(a100, 0, 128, 129) == 3);
  // Registers come 8 at a time.
  CHECK(blocks(a100, 0, 128, 121) == 4);
  CHECK(blocks(a100, 0, 128, 73) == blocks(a100, 0, 128, 80));
  // A sub-partition of 16384 registers holds 12 warps of 1280, 10 of 1536.
  CHECK(blocks(a100, 0, 128, 40) == 12);
  CHECK(blocks(a100, 0, 128, 41) == 10);
  // Threads are whole warps.
  CHECK(blocks(a100, 0, 64, 16) == 32);
  CHECK(blocks(a100, 0, 65, 16) == 21);
  CHECK(blocks(a100, 0, 1024, 32) == 2);
  CHECK(limit(a100, 0, 65, 16) == "threads");
}

TEST_CASE("a warp's registers come from one sub-partition", "[occupancy]") {
  // 65536 / (5 warps x 6144) would be 2 blocks; each quarter holds only 2 warps of 6144, so 8 warps: 1 block.
  CHECK(blocks(built_in("a100-40gb"), 0, 160, 192) == 1);
}

TEST_CASE("a block that can't fit says why, with the numbers", "[occupancy]") {
  const Machine a100 = built_in("a100-40gb");
  const std::string smem = error_of(a100, {163 * kKb + 1, 128, 32});
  CHECK(contains(smem, "a100-40gb"));
  CHECK(contains(smem, "166913"));
  CHECK(contains(smem, "166912"));
  CHECK(contains(smem, "1 more"));
  const std::string registers = error_of(a100, {0, 512, 255});
  CHECK(contains(registers, "16 warps x 8192"));
  CHECK(contains(registers, "131072"));
  CHECK(contains(registers, "65536"));
  CHECK(contains(error_of(a100, {0, 1025, 32}), "1025"));
  CHECK(contains(error_of(a100, {0, 0, 32}), "0 threads"));
  CHECK(contains(error_of(a100, {0, -5, 32}), "-5"));
  CHECK(contains(error_of(a100, {-1, 128, 32}), "-1"));
  CHECK(contains(error_of(a100, {0, 128, 256}), "255"));
  CHECK(contains(error_of(a100, {0, 128, -1}), "-1"));
  CHECK(contains(error_of(built_in("blackboard"), {384, 128, 0}), "128 more"));
  CHECK(error_of(a100, {163 * kKb, 128, 255}).empty());

  Machine odd = a100;  // a machine made by hand, past the checks of a file
  odd.sm.smem_reserved_bytes_per_block = 2 * kKb;
  CHECK(contains(error_of(odd, {163 * kKb, 128, 32}), "166912 + 2048 reserved"));
}

TEST_CASE("more of a resource never gives more blocks", "[occupancy]") {
  const Machine h100 = built_in("h100-sxm");
  int last = 1 << 20;
  for (std::int64_t smem = 0; smem <= h100.sm.smem_bytes_per_block; smem += 997) {
    const int now = blocks(h100, smem, 96, 24);
    REQUIRE(now <= last);
    REQUIRE(now >= 1);
    REQUIRE(now * (smem + h100.sm.smem_reserved_bytes_per_block) <= h100.sm.smem_bytes);
    last = now;
  }
  last = 1 << 20;
  for (int registers = 1; registers <= 255; ++registers) {
    const int now = blocks(h100, 0, 96, registers);
    REQUIRE(now <= last);
    last = now;
  }
}
