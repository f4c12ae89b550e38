// What lessons and exercises can refer to by name: numbers of the report and the machine, values of tiles at a moment,
// things to point at.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lessons/course/expression.h"
#include "ui/scope/run.h"

namespace scope {

/// - "two_level.read_bytes": every number of `attoscope run --json`, by its path; kernels are counted from 0
///   ("kernels.0.grid"), blanks in names are written _ ("utilisation.tensor_core").
/// - "machine.sm.smem_bytes_per_block": numbers of the machine.
/// - "now.t_us", "now.smem_bytes", "now.register_bytes", "now.dram_read_bytes", "now.dram_write_bytes": at the cursor;
///   the block's and, so far, the run's.
/// - "at.m.0", "at.O.0.1": row (and column) of the tile alive at the cursor's place that the program or the picture
/// calls
///   so ("l" is ℓ, "alpha" α); after the op at work. Of several, the one that the op makes or uses, or the newest;
///   copies ahead of their turn come last. The column may be left out of a tile of one.
/// - "before.m.0": of several, the next one: what m was, while the op at work makes the new one.
/// - "hbm.O.0.1": an element of a tensor, in the slice of the block at work, after the op at work.
/// Throws sim::Error, without a `where`, for what is not there.
lessons::Quantity fact_of(const Run& run, const Cursor& cursor, const std::string& name);

/// Another scenario of the lesson, simulated. Throws sim::Error.
using RunOf = std::function<std::shared_ptr<const Run>(const std::string& scenario)>;

/// Where another scenario of the lesson stands: at the same moment in words, or, if it has none such, at its end.
Cursor moment_in_other(const Run& other, const std::string& at);
/// Names at a moment of a run; with a prefix, those of other scenarios. `at` is the moment in words.
lessons::Lookup lookup_at(const Run& run, const Cursor& cursor, const std::string& at, RunOf others);

/// What `highlight` and questions name.
enum class Thing : std::uint8_t { none, tensor, tile, level };
/// A level ("HBM", "L2", "SMEM", "registers"), a tensor of the plan by its name, or a tile of the block at the cursor
/// by variable or symbol.
Thing thing_of(const Run& run, const Cursor& cursor, const std::string& name);
/// All that could be named there, for messages.
std::vector<std::string> things_at(const Run& run, const Cursor& cursor);

/// A tile's symbol as it is typed: "m" of "*m*", "l" of "*ℓ*", "alpha" of "*α*".
std::string plain_symbol(const std::string& symbol);

}  // namespace scope
