// The contents of the picture at one moment: tiles on the chip, copies in flight, lit units, every SM's progress, bytes
// so far. A pure function of (run, cursor).
#pragma once

#include "ui/scope/run.h"

namespace scope {

struct OnChip {
  const TileInfo* tile = nullptr;
  enum class State : std::uint8_t { arriving, resident, computing, dying } state = State::resident;
  double share = 1;                     ///< arriving, computing: how far
  bool operand = false;                 ///< the op at work reads it
  bool result = false;                  ///< the op at work makes or changes it
  const sim::Matrix* values = nullptr;  ///< after the op at work; null without values or while arriving
};

/// A copy on its way, seen from the focus block, or of other SMs if they move the same.
struct Flight {
  const TileInfo* tile = nullptr;  ///< of the chip's side; null for a store of a temporary
  sim::TensorId tensor = 0;
  std::int32_t row = 0, col = 0;
  sim::Shape shape;
  std::int64_t bytes = 0;
  bool store = false, reduce = false;
  bool from_dram = false;
  double share = 0;      ///< of the way, in simulated time
  std::int32_t sms = 1;  ///< how many SMs fetch the very same bytes at this moment
  double begin_us = 0, end_us = 0;
};

struct UnitLight {
  bool lit = false;
  Family makes = Family::none;  ///< the matrix that it makes or moves
  std::string tile;             ///< its name, rich text
};
/// The order in which units are always shown.
enum class Lamp : std::uint8_t { tensor, exp, fp32, copy };  ///< fp32: FP32 and ALU lanes
inline constexpr int kLamps = 4;

struct SmState {
  bool busy = false;
  bool same_slice = false;  ///< works on the focus block's head
  std::uint32_t block = 0;  ///< of its first busy slot
  double share = 0;         ///< of the block's time that has passed
};

struct TensorBytes {
  std::int64_t smem_read = 0, smem_write = 0, dram_read = 0, dram_write = 0;
};

struct Frame {
  Cursor cursor;
  At at;
  std::shared_ptr<const TraceIndex> trace;
  const sim::Op* op = nullptr;        ///< at work
  const sim::State* state = nullptr;  ///< after `op`; null without values
  std::vector<OnChip> tiles;          ///< named ones, by family Q K V S P statistics O, then age
  std::vector<Flight> flights;
  std::array<UnitLight, kLamps> units;
  std::int64_t smem_bytes = 0, register_bytes = 0;  ///< of the focus block, exact
  std::vector<SmState> sms;
  std::vector<TensorBytes> bytes;  ///< by TensorId, so far
  std::int64_t blocks_done = 0;
  std::int32_t iteration = -1, iterations = 0;  ///< K/V tile j of the focus block, and how many it meets
};
Frame frame_at(const Run& run, const Cursor& cursor);

}  // namespace scope
