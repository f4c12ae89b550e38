#include "ui/cli/fields.h"

#include <algorithm>

namespace cli {
namespace {

/// The part of `path` up to the next dot, which is cut off.
std::string_view next_part(std::string_view& path) {
  const std::size_t dot = path.find('.');
  const std::string_view part = path.substr(0, dot);
  path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  return part;
}

bool fits(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view want = next_part(pattern);
    if (want != next_part(path) && want != "*") {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

void append_settings(std::vector<FieldDoc>& all) {
  const std::vector<FieldDoc> rows = {
      {"algorithm", "text", "", "name, as in `list algorithms`"},
      {"machine", "text", "", "name, as in `list machines`, or the machine file's"},
      {"machine_overrides.*.*", "", "", "numbers of the machine that --set replaced, by key"},
      {"problem.batch", "", "exact", "sequences"},
      {"problem.heads", "", "exact", "query heads"},
      {"problem.kv_heads", "", "exact", "heads of K and V"},
      {"problem.seqlen_q", "", "exact", "queries of a sequence"},
      {"problem.seqlen_kv", "", "exact", "keys of a sequence"},
      {"problem.head_dim", "", "exact", "elements of a head's row"},
      {"problem.mask", "text", "exact", "which keys a query sees: none, or causal (aligned bottom-right)"},
      {"problem.dtype", "text", "exact", "element type of the tensors"},
      {"problem.rows", "", "exact", "rows of a softmax"},
      {"problem.row_length", "", "exact", "elements of a softmax's row"},
      {"schedule.block_q", "", "exact", "rows of Q (or X) a block, Br; defaults filled in, as all of the schedule"},
      {"schedule.block_kv", "", "exact", "rows of K and V (columns of X) a step, Bc"},
      {"schedule.stages", "", "exact", "buffers that each of K and V has"},
      {"schedule.warps", "", "exact", "warps of a block"},
      {"schedule.splits", "", "exact", "parts that K and V are split into; 0 where the algorithm has none"},
      {"schedule.tile", "", "exact", "memory_efficient: rows and columns of the tiles inside a chunk; else 0"},
  };
  all.insert(all.end(), rows.begin(), rows.end());
}

void append_kernels(std::vector<FieldDoc>& all) {
  const std::vector<FieldDoc> rows = {
      {"kernels[].name", "text", "exact", "of the kernel; in launch order"},
      {"kernels[].grid", "", "exact", "blocks, over all heads and batch entries"},
      {"kernels[].blocks_per_sm", "", "modelled", "blocks that one SM holds at once",
       "CUDA's occupancy rules on the block's SMEM, threads and registers; the registers are an estimate."},
      {"kernels[].occupancy_limit", "text", "modelled", "what one more block would lack"},
      {"kernels[].waves", "", "modelled", "times that the grid fills the machine",
       "grid / (blocks_per_sm x SMs); the fraction is the tail in which SMs idle."},
      {"kernels[].smem_bytes_per_block", "bytes", "exact", "SMEM tiles of one block at their peak"},
      {"kernels[].registers_per_thread", "", "modelled", "registers of one thread",
       "Register tiles at their peak, spread over the block's threads, and a flat estimate for everything else."},
      {"kernels[].threads_per_block", "", "exact", "32 a warp"},
      {"kernels[].time_us", "us", "modelled", "from launch, or the end of the kernel before, to its end",
       "The event engine's: see time_us."},
      {"kernels[].bound", "text", "modelled", "what limits this kernel: see bound"},
  };
  all.insert(all.end(), rows.begin(), rows.end());
}

void append_bytes(std::vector<FieldDoc>& all) {
  const std::vector<FieldDoc> rows = {
      {"paper.read_bytes", "bytes", "exact",
       "HBM reads as the FlashAttention paper counts: each kernel of `standard` reads each operand once"},
      {"paper.write_bytes", "bytes", "exact", "HBM writes, as the paper counts"},
      {"two_level.read_bytes", "bytes", "exact",
       "HBM reads of the tile programs when SMEM starts empty and is the only cache"},
      {"two_level.write_bytes", "bytes", "exact", "HBM writes of the tile programs"},
      {"two_level.reduce_bytes", "bytes", "exact", "atomic additions of the tile programs into HBM"},
      {"two_level.by_tensor.*.read_bytes", "bytes", "exact", "this tensor's part of two_level.read_bytes"},
      {"two_level.by_tensor.*.write_bytes", "bytes", "exact", "this tensor's part of two_level.write_bytes"},
      {"two_level.by_tensor.*.reduce_bytes", "bytes", "exact", "this tensor's part of two_level.reduce_bytes"},
      {"l2.read_bytes", "bytes", "modelled", "SMs' reads that the L2 answers or fetches",
       "Every tile load of every block."},
      {"l2.write_bytes", "bytes", "modelled", "SMs' writes into the L2", "Every tile store, likewise."},
      {"l2.hit_rate", "0..1", "modelled", "part of l2.read_bytes that needs no DRAM",
       "An L2 of the machine's capacity that replaces what was used longest ago and writes dirty lines back when they "
       "leave. The blocks that are resident together go in step: each does its n-th access before any does the next."},
      {"dram.read_bytes", "bytes", "modelled", "what the L2 fetches: as Nsight Compute's dram__bytes_read counts",
       "Misses of the modelled L2: see l2.hit_rate."},
      {"dram.write_bytes", "bytes", "modelled", "what the L2 writes back during the run",
       "Dirty tiles that the modelled L2 evicts: see l2.hit_rate."},
      {"dram.dirty_bytes", "bytes", "modelled", "written data still in the L2 at the end", "As dram.write_bytes."},
  };
  all.insert(all.end(), rows.begin(), rows.end());
}

void append_chip(std::vector<FieldDoc>& all) {
  const std::vector<FieldDoc> rows = {
      {"smem.peak_bytes_per_block", "bytes", "exact", "SMEM tiles alive at once, of the kernel that needs most"},
      {"smem.operand_bytes", "bytes", "exact", "read from SMEM by matmuls, with every warp's re-reads"},
      {"registers.per_thread", "", "modelled", "registers of one thread, of the kernel that needs most",
       "Register tiles at their peak, spread over the block's threads, and a flat estimate for everything else."},
      {"hbm_peak_bytes", "bytes", "exact", "HBM in use at once: inputs, outputs and the scratch tensors then alive"},
      {"flops.matmul", "FLOP", "exact", "2 a multiply-add, of tiles as they are, unpadded"},
      {"flops.other", "FLOP", "exact", "1 an element and operation besides matmuls and exponentials"},
      {"flops.exp", "", "exact", "exponentials, those that rescale included"},
      {"flops.tensor_instructions", "", "exact", "mma.sync m16n8k16 a warp, or wgmma m64nNk16 a warpgroup"},
  };
  all.insert(all.end(), rows.begin(), rows.end());
}

void append_time(std::vector<FieldDoc>& all) {
  const std::vector<FieldDoc> rows = {
      {"cycles", "clocks", "modelled", "of the SM clock, first launch to last store", "time_us x the machine's clock."},
      {"time_us", "us", "modelled", "first launch to last store",
       "A discrete-event engine: roles of resident blocks issue their ops in order; tensor cores, FP32 lanes, special "
       "function units, SMEM port, L2 port, L2 and HBM each serve at the machine's rate with its latency; kernels "
       "start after a launch or a gap. No attention timing was fitted."},
      {"bound", "text", "modelled",
       "what limits the run: tensor core, fp32, alu, exp, smem, l2, hbm, launch or latency",
       "The busiest unit of the event engine; launch or latency where no unit is busy enough to be the reason."},
      {"utilisation.*", "0..1", "modelled", "busy part of the whole time, by unit",
       "Busy clocks of the unit in the event engine / cycles, averaged over SMs."},
      {"waits.*", "0..1", "modelled", "part of the blocks' time at work or waiting, by reason",
       "For each op, what it waited for last before it could start."},
      {"check.max_abs_error", "", "exact", "largest |error| of O (or Y) against the reference"},
      {"check.max_abs_error_lse", "", "exact", "likewise of LSE, where the algorithm returns it"},
      {"check.tolerance", "", "exact", "bound on max_abs_error, known before the run, for dtype, shape and algorithm"},
      {"check.passed", "bool", "exact", "max_abs_error is within tolerance"},
      {"check.reference", "text", "exact", "what it was compared with"},
      {"check.slices_checked", "", "exact", "heads x batch entries that were computed"},
      {"measured.time_us", "us", "measured", "median of this very run on a card; `measured` is null without one"},
      {"measured.p10_us", "us", "measured", "a tenth of its runs took less"},
      {"measured.p90_us", "us", "measured", "a tenth took more"},
      {"measured.samples", "", "measured", "runs"},
      {"measured.error", "", "modelled", "time_us / measured.time_us - 1",
       "time_us is modelled, measured.time_us not."},
      {"measured.clock_mhz", "", "measured", "SM clock in MHz while it ran"},
      {"measured.power_w", "", "measured", "of the card, in watts"},
      {"measured.l2", "text", "measured", "the L2 before each run: cold or warm"},
      {"measured.held_back", "bool", "measured", "not looked at while the model was made"},
      {"measured.card", "text", "measured", "what it ran on"},
      {"measured.driver", "text", "measured", "version of the driver"},
      {"measured.toolkit", "text", "measured", "CUDA toolkit that compiled it"},
      {"measured.date", "text", "measured", "when"},
      {"measured.conditions", "text", "measured", "how"},
      {"measured.file", "text", "measured", "where it is recorded"},
      {"*.badge", "text", "", "what the group's numbers are: exact (counted), modelled or measured"},
      {"badges.*", "text", "", "the same for leaves and maps of the top level"},
  };
  all.insert(all.end(), rows.begin(), rows.end());
}

}  // namespace

const std::vector<FieldDoc>& field_docs() {
  static const std::vector<FieldDoc> docs = [] {
    std::vector<FieldDoc> all;
    append_settings(all);
    append_kernels(all);
    append_bytes(all);
    append_chip(all);
    append_time(all);
    return all;
  }();
  return docs;
}

const FieldDoc* find_field_doc(std::string_view path) {
  const auto& docs = field_docs();
  const auto found = std::find_if(docs.begin(), docs.end(), [&](const FieldDoc& doc) { return fits(doc.path, path); });
  return found == docs.end() ? nullptr : &*found;
}

}  // namespace cli
