// Sizes, work and time of one op.
#include <fmt/format.h>

#include "sim/executors/io.h"
#include "ui/scope/caption.h"
#include "ui/window/views/dock_parts.h"
#include "ui/window/views/state_parts.h"

namespace views {

namespace {

constexpr const char* kTimes = " \xC3\x97 ";

std::string shape_text(sim::Shape shape) {
  return scope::count_text(shape.rows) + kTimes + scope::count_text(shape.cols);
}

class FactWriter {
 public:
  FactWriter(Context& context, std::uint32_t op)
      : c_(context), trace_(*context.frame.trace), number_(op), op_(trace_.trace->ops[op]) {}

  OpFacts write() {
    out_.title = words("dock.op." + std::string(sim::name_of(op_.kind)));
    if (sim::moves_bytes(op_.kind)) {
      write_move();
    } else if (op_.dst != 0) {
      write_operands();
      write_work();
    }
    write_time();
    return std::move(out_);
  }

 private:
  std::string words(std::string_view key) const { return std::string(c_.ui.words(key)); }
  void add(std::string_view key, std::string value) { out_.facts.push_back({words(key), std::move(value)}); }

  std::string name(const scope::TileInfo& tile) const {
    constexpr std::string_view kNames = "QKVSPOm";
    if (tile.name.empty()) {
      return words("op.tile");
    }
    const bool plain = tile.family >= scope::Family::statistic;
    return plain ? tile.name : fmt::format("[{}:{}]", kNames[static_cast<std::size_t>(tile.family)], tile.name);
  }
  void add_tile(std::string_view key, sim::TileId id) {
    if (const scope::TileInfo* tile = id != 0 ? trace_.tile(id) : nullptr) {
      out_.facts.push_back({words(key) + " " + name(*tile), tile_size(c_, *tile)});
    }
  }

  void write_move() {
    const sim::TensorInfo& tensor = c_.run.plan().tensors[op_.tensor];
    const scope::TileInfo* tile = trace_.tile(sim::reads_hbm(op_.kind) ? op_.dst : op_.a);
    const std::string moved =
        tile != nullptr && !tile->name.empty() ? name(*tile) : underlined(tensor.name, scope::family_of(tensor.name));
    out_.facts.push_back(
        {words("op.moves") + " " + moved,
         c_.ui.strings.format("op.rows_of", {{"a", scope::count_text(op_.row)},
                                             {"b", scope::count_text(op_.row + op_.shape.rows - 1)}})});
    add("op.bytes", "`" + scope::bytes_text(static_cast<double>(sim::bytes_moved(op_))) + "`");
    out_.substituted = fmt::format("{}{}{} B = {} B", shape_text(op_.shape), kTimes, sim::size_of(op_.dtype),
                                   scope::count_text(sim::bytes_moved(op_)));
  }

  void write_operands() {
    add_tile("op.reads", op_.a);
    if (op_.b != op_.a) {
      add_tile("op.reads", op_.b);
    }
    add_tile(op_.accumulate || op_.reuses_a ? "op.changes" : "op.makes", op_.dst);
  }

  void write_work() {
    sim::Counters counters;
    counters.by_tensor.resize(c_.run.plan().tensors.size());
    sim::count(op_, *trace_.kernel, counters);
    const std::int64_t flops = counters.work.matmul_flops + counters.work.other_flops;
    if (flops > 0) {
      add("op.flops", "`" + c_.ui.strings.format("op.flop_text", {{"n", scope::count_text(flops)}}) + "`");
    }
    if (counters.work.exps > 0) {
      add("op.exps", "`" + scope::count_text(counters.work.exps) + "`");
    }
    if (op_.kind == sim::OpKind::matmul) {
      out_.formula = "2 · rows · columns · inner";
      out_.substituted = fmt::format("2 · {} · {} · {} = {} FLOP", scope::count_text(op_.shape.rows),
                                     scope::count_text(op_.shape.cols), scope::count_text(op_.inner),
                                     scope::count_text(counters.work.matmul_flops));
    }
  }

  void write_time() {
    const scope::At& at = c_.frame.at;
    for (const scope::PlacedSpan& span : c_.run.kernels()[static_cast<std::size_t>(at.kernel)].spans_of(at.block)) {
      if (span.op != number_) {
        continue;
      }
      add("op.unit", words(unit_key(span)));
      out_.time_us = span.end_us - span.begin_us;
      add("op.time", "`" + micro(*out_.time_us) + "`");
      if (span.waited_us > 0) {
        add("op.waited", "`" + micro(static_cast<double>(span.waited_us)) + "`");
      }
      return;
    }
  }

  static std::string unit_key(const scope::PlacedSpan& span) {
    static constexpr std::array<const char*, sim::kUnits> kUnits = {"tensor", "fp32", "alu", "exp", "smem"};
    switch (span.kind) {
      case sim::StepKind::compute: return std::string("op.unit.") + kUnits[static_cast<std::size_t>(span.unit)];
      case sim::StepKind::load:
      case sim::StepKind::store: return "op.unit.copy";
      default: return "op.unit.order";
    }
  }

  Context& c_;
  const scope::TraceIndex& trace_;
  std::uint32_t number_;
  const sim::Op& op_;
  OpFacts out_;
};

}  // namespace

OpFacts facts_of(Context& context, std::uint32_t op) { return FactWriter(context, op).write(); }

std::string tile_size(const Context& context, const scope::TileInfo& tile) {
  return context.ui.strings.format(
      "op.in",
      {{"shape", shape_text(tile.shape)},
       {"dtype", std::string(sim::name_of(tile.dtype))},
       {"level", std::string(context.ui.words(tile.level == sim::Level::smem ? "level.smem" : "level.registers"))}});
}

}  // namespace views
