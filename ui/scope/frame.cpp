#include "ui/scope/frame.h"

#include <algorithm>
#include <set>

namespace scope {

namespace {

// Further back than this from the op at work, no copy is still on its way.
constexpr std::size_t kSpansBack = 2048;
constexpr std::size_t kSpansAhead = 64;
constexpr std::size_t kSpansOfOthers = 96;

bool is_order(sim::OpKind kind) { return kind >= sim::OpKind::arrive && kind <= sim::OpKind::join; }

int rank(Family family) {
  static constexpr std::array<int, kFamilies> kRank = {0, 1, 2, 3, 4, 6, 5, 7};  // q k v s p o statistic none
  return kRank[static_cast<std::size_t>(family)];
}

// How many K/V tiles each block meets; of the trace asked for last.
struct Iterations {
  std::shared_ptr<const TraceIndex> trace;
  std::int32_t count = 0;
};

std::int32_t iterations_of(const Run& run, const std::shared_ptr<const TraceIndex>& trace) {
  std::shared_ptr<void>& kept = run.cache("iterations");
  if (kept == nullptr) {
    kept = std::make_shared<Iterations>();
  }
  Iterations& last = *static_cast<Iterations*>(kept.get());
  if (last.trace != trace) {
    std::set<std::int32_t> met;
    std::int32_t now = -1;
    for (const std::int32_t j : trace->iteration_of) {
      if (j != now && j >= 0) {
        met.insert(j);
      }
      now = j;
    }
    last = {trace, static_cast<std::int32_t>(met.size())};
  }
  return last.count;
}

class FrameBuilder {
 public:
  FrameBuilder(const Run& run, const Cursor& cursor)
      : run_(run), kernel_(run.kernels()[static_cast<std::size_t>(run.at(cursor).kernel)]) {
    frame_.cursor = cursor;
    frame_.at = run.at(cursor);
    const At& at = frame_.at;
    frame_.trace = run.trace(at.kernel, at.block);
    const std::vector<sim::Op>& ops = frame_.trace->trace->ops;
    op_ = at.op;
    next_ = op_ + 1;
    while (next_ < ops.size() && ops[next_].kind == sim::OpKind::release) {
      ++next_;
    }
    spans_ = kernel_.spans_of(at.block);
  }

  Frame build() {
    const At& at = frame_.at;
    frame_.iterations = iterations_of(run_, frame_.trace);
    if (!at.idle) {
      frame_.op = &frame_.trace->trace->ops[op_];
      frame_.iteration = frame_.trace->iteration_of[op_];
      find_states();
      find_flights();
      find_tiles();
      find_units();
    }
    find_sms();
    find_bytes();
    return std::move(frame_);
  }

 private:
  double t() const { return frame_.cursor.t_us; }

  // The state before comes first, so that the run keeps both.
  void find_states() {
    if (!run_.has_values()) {
      return;
    }
    const At& at = frame_.at;
    const std::uint32_t number = frame_.trace->number_of[op_];
    if (number > 0) {
      before_ = &run_.state_after(at.kernel, at.block, frame_.trace->real_ops[number - 1]);
    }
    frame_.state = &run_.state_after(at.kernel, at.block, op_);
  }

  // ---- Copies ----

  bool is_copy(const PlacedSpan& span) const {
    return span.kind == sim::StepKind::load || span.kind == sim::StepKind::store;
  }

  void find_flights() {
    const auto at = static_cast<std::size_t>(
        std::lower_bound(spans_.begin(), spans_.end(), op_,
                         [](const PlacedSpan& span, std::uint32_t op) { return span.op < op; }) -
        spans_.begin());
    const std::size_t end = std::min(spans_.size(), at + kSpansAhead);
    for (std::size_t n = at > kSpansBack ? at - kSpansBack : 0; n < end; ++n) {
      const PlacedSpan& span = spans_[n];
      if (is_copy(span) && span.begin_us < t() && t() < span.end_us) {
        add_flight(span, n);
      }
    }
  }

  void add_flight(const PlacedSpan& span, std::size_t n) {
    const std::optional<Run::Moved> moved = run_.moved(frame_.at.kernel, frame_.at.block, n);
    if (!moved) {
      return;
    }
    const sim::Op& op = frame_.trace->trace->ops[span.op];
    Flight flight;
    flight.tensor = moved->tensor;
    flight.row = moved->row;
    flight.col = moved->col;
    flight.shape = op.shape;
    flight.bytes = sim::bytes_moved(op);
    flight.store = span.kind == sim::StepKind::store;
    flight.reduce = op.kind == sim::OpKind::reduce_add;
    flight.from_dram = span.from_dram;
    flight.begin_us = span.begin_us;
    flight.end_us = span.end_us;
    flight.share = (t() - span.begin_us) / (span.end_us - span.begin_us);
    const TileInfo* tile = frame_.trace->tile(flight.store ? op.a : op.dst);
    flight.tile = tile != nullptr && flight.store && tile->temporary ? nullptr : tile;
    flight.sms = flight.store ? 1 : count_sms(*moved);
    frame_.flights.push_back(flight);
  }

  // SMs that fetch the same rectangle now, this one included.
  std::int32_t count_sms(const Run::Moved& moved) const {
    std::int32_t sms = 1;
    for_each_sm([&](std::int32_t sm, std::int32_t first_slot) {
      if (sm == frame_.cursor.place.sm) {
        return;
      }
      for (int slot = 0; slot < kernel_.blocks_per_sm; ++slot) {
        const std::optional<std::uint32_t> block = running(first_slot + slot);
        if (block && fetches(*block, moved)) {
          ++sms;
          return;
        }
      }
    });
    return sms;
  }

  bool fetches(std::uint32_t block, const Run::Moved& moved) const {
    const auto slice = block / static_cast<std::uint32_t>(kernel_.kernel->blocks);
    const std::span<const PlacedSpan> spans = kernel_.spans_of(block);
    if (spans.empty() || run_.plan().tensors[moved.tensor].tensor.slice_of(slice) != moved.slice) {
      return false;
    }
    const auto behind =
        std::partition_point(spans.begin(), spans.end(), [&](const PlacedSpan& span) { return span.begin_us < t(); });
    auto n = static_cast<std::size_t>(behind - spans.begin());
    const std::size_t end = n > kSpansOfOthers ? n - kSpansOfOthers : 0;
    while (n-- > end) {
      if (spans[n].kind == sim::StepKind::load && spans[n].end_us > t()) {
        const std::optional<Run::Moved> other = run_.moved(frame_.at.kernel, block, n);
        if (other && other->tensor == moved.tensor && other->row == moved.row && other->col == moved.col &&
            other->shape == moved.shape) {
          return true;
        }
      }
    }
    return false;
  }

  // ---- Tiles ----

  const PlacedSpan* span_of(std::uint32_t op) const {
    const auto found = std::lower_bound(spans_.begin(), spans_.end(), op,
                                        [](const PlacedSpan& span, std::uint32_t at) { return span.op < at; });
    return found != spans_.end() && found->op == op ? &*found : nullptr;
  }

  void find_tiles() {
    const bool ended = frame_.at.share >= 1;
    for (const std::uint32_t n : frame_.trace->alive_after(op_)) {
      const TileInfo& tile = frame_.trace->tiles[n];
      const bool dying = tile.dead_op < next_;  // seen until the next op begins, though its room is free once this ends
      if (!dying || !ended) {
        (tile.level == sim::Level::smem ? frame_.smem_bytes : frame_.register_bytes) += tile.bytes;
      }
      add_tile(tile, dying);
    }
    std::stable_sort(frame_.tiles.begin(), frame_.tiles.end(),
                     [](const OnChip& a, const OnChip& b) { return rank(a.tile->family) < rank(b.tile->family); });
  }

  void add_tile(const TileInfo& tile, bool dying) {
    const sim::Op& op = *frame_.op;
    OnChip on;
    on.tile = &tile;
    on.result = op.dst == tile.id;
    on.operand = op.a == tile.id || op.b == tile.id || (on.result && op.accumulate);
    if (tile.temporary && !on.result && !on.operand) {
      return;
    }
    on.state = dying ? OnChip::State::dying : OnChip::State::resident;
    const PlacedSpan* copy = tile.tensor ? span_of(tile.made_op) : nullptr;
    if (copy != nullptr && t() < copy->end_us) {
      on.state = OnChip::State::arriving;
      on.share = copy->end_us > copy->begin_us
                     ? std::clamp((t() - copy->begin_us) / (copy->end_us - copy->begin_us), 0.0, 1.0)
                     : 1;
    } else if (on.result && tile.made_op == op_ && !tile.tensor && frame_.at.share < 1) {
      on.state = OnChip::State::computing;
      on.share = frame_.at.share;
    }
    if (on.state != OnChip::State::arriving) {
      on.values = values_of(tile);
    }
    frame_.tiles.push_back(on);
  }

  // A tile that the op at work frees is as it was before.
  const sim::Matrix* values_of(const TileInfo& tile) const {
    for (const sim::State* state : {frame_.state, before_}) {
      const sim::Matrix* found = state != nullptr && state->values ? state->values->tiles.find(tile.id) : nullptr;
      if (found != nullptr) {
        return found;
      }
    }
    return nullptr;
  }

  // ---- Units ----

  void find_units() {
    if (!is_order(frame_.op->kind) && !sim::moves_bytes(frame_.op->kind)) {
      light(*frame_.op);
    }
    const auto at = static_cast<std::size_t>(
        std::lower_bound(spans_.begin(), spans_.end(), op_,
                         [](const PlacedSpan& span, std::uint32_t op) { return span.op < op; }) -
        spans_.begin());
    const std::size_t end = std::min(spans_.size(), at + kSpansAhead);
    for (std::size_t n = at > kSpansAhead ? at - kSpansAhead : 0; n < end; ++n) {
      const PlacedSpan& span = spans_[n];
      if (span.kind == sim::StepKind::compute && span.begin_us <= t() && t() < span.end_us) {
        light(frame_.trace->trace->ops[span.op]);
      }
    }
    if (!frame_.flights.empty()) {
      const Flight& flight = frame_.flights.front();
      const Family family = family_of(run_.plan().tensors[flight.tensor].name);
      set(Lamp::copy, family, flight.tile != nullptr ? flight.tile->name : std::string{});
    }
  }

  void light(const sim::Op& op) {
    const TileInfo* made = frame_.trace->tile(op.dst);
    set(lamp_of(op), made != nullptr ? made->family : Family::none, made != nullptr ? made->name : std::string{});
  }

  Lamp lamp_of(const sim::Op& op) const {
    switch (op.kind) {
      case sim::OpKind::matmul: {
        const bool on_lanes = kernel_.kernel->matmul == sim::MatmulUnit::ffma;
        return on_lanes ? Lamp::fp32 : Lamp::tensor;
      }
      case sim::OpKind::exp:
      case sim::OpKind::exp_diff:
      case sim::OpKind::log: return Lamp::exp;
      default: return Lamp::fp32;
    }
  }

  void set(Lamp lamp, Family family, const std::string& tile) {
    UnitLight& unit = frame_.units[static_cast<std::size_t>(lamp)];
    if (!unit.lit) {
      unit = {true, family, tile};
    }
  }

  // ---- The whole GPU ----

  template <typename Each>
  void for_each_sm(Each each) const {
    const auto slots = static_cast<std::int32_t>(kernel_.on_slot.size());
    for (std::int32_t sm = 0; sm * kernel_.blocks_per_sm < slots; ++sm) {
      each(sm, sm * kernel_.blocks_per_sm);
    }
  }

  // Blocks of a slot that have begun.
  std::size_t begun(std::int32_t slot) const {
    const std::vector<std::uint32_t>& blocks = kernel_.on_slot[static_cast<std::size_t>(slot)];
    return static_cast<std::size_t>(
        std::partition_point(blocks.begin(), blocks.end(),
                             [&](std::uint32_t block) { return kernel_.blocks[block].begin_us <= t(); }) -
        blocks.begin());
  }

  std::optional<std::uint32_t> running(std::int32_t slot) const {
    const std::size_t n = begun(slot);
    if (n == 0) {
      return std::nullopt;
    }
    const std::uint32_t block = kernel_.on_slot[static_cast<std::size_t>(slot)][n - 1];
    return t() < kernel_.blocks[block].end_us ? std::optional(block) : std::nullopt;
  }

  void find_sms() {
    const auto blocks = static_cast<std::uint32_t>(kernel_.kernel->blocks);
    const auto slice = static_cast<std::uint32_t>(frame_.at.slice);
    for_each_sm([&](std::int32_t, std::int32_t first_slot) {
      SmState& sm = frame_.sms.emplace_back();
      for (std::int32_t slot = first_slot; slot < first_slot + kernel_.blocks_per_sm; ++slot) {
        const std::optional<std::uint32_t> block = running(slot);
        frame_.blocks_done += static_cast<std::int64_t>(begun(slot)) - (block ? 1 : 0);
        if (!block) {
          continue;
        }
        sm.same_slice = sm.same_slice || *block / blocks == slice;
        if (!sm.busy) {
          const BlockRun& in = kernel_.blocks[*block];
          sm.busy = true;
          sm.block = *block;
          sm.share = in.end_us > in.begin_us ? (t() - in.begin_us) / (in.end_us - in.begin_us) : 1;
        }
      }
    });
  }

  void find_bytes() {
    for (const sim::TensorInfo& info : run_.plan().tensors) {
      const sim::TensorId id = info.tensor.id;
      frame_.bytes.push_back(
          {run_.bytes(id, Boundary::smem, false).at(t()), run_.bytes(id, Boundary::smem, true).at(t()),
           run_.bytes(id, Boundary::dram, false).at(t()), run_.bytes(id, Boundary::dram, true).at(t())});
    }
  }

  const Run& run_;
  const KernelRun& kernel_;
  Frame frame_;
  std::span<const PlacedSpan> spans_;  // of the focus block
  std::uint32_t op_ = 0, next_ = 0;    // at work, and the first behind it that is no release
  const sim::State* before_ = nullptr;
};

}  // namespace

Frame frame_at(const Run& run, const Cursor& cursor) { return FrameBuilder(run, cursor).build(); }

}  // namespace scope
