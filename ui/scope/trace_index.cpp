#include "ui/scope/trace_index.h"

#include <algorithm>

#include "ui/scope/places.h"
#include "ui/scope/statements.h"
#include "ui/scope/tile_names.h"

namespace scope {

namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};
constexpr std::int32_t kUnknown = -1;
constexpr std::uint32_t kMarkEvery = 256;

bool is_order(sim::OpKind kind) { return kind >= sim::OpKind::arrive; }
bool makes_tile(const sim::Op& op) {
  return op.dst != 0 && !op.accumulate && !is_order(op.kind) && !(op.kind == sim::OpKind::load && op.barrier >= 0);
}
// A load of a ring is issued far from the statement that it stands in.
bool is_ring_load(const sim::Op& op) { return op.kind == sim::OpKind::load && op.stages > 0; }

// What a statement gives each op's result: a variable, or nothing if it is used up inside.
struct Naming {
  const Variable* variable = nullptr;
  bool returned = false;  // by a helper: named as what it was made from
};

// The shortest run of kinds whose repetition the ops are.
std::size_t period(const std::vector<const sim::Op*>& ops) {
  std::vector<std::size_t> fallback(ops.size(), 0);
  for (std::size_t i = 1, k = 0; i < ops.size(); ++i) {
    while (k > 0 && ops[i]->kind != ops[k]->kind) {
      k = fallback[k - 1];
    }
    k += ops[i]->kind == ops[k]->kind ? 1 : 0;
    fallback[i] = k;
  }
  const std::size_t shift = ops.empty() ? 1 : ops.size() - fallback.back();
  return ops.size() % shift == 0 ? shift : ops.size();
}

// Gives the results of statements their variables. Ops of one statement follow each other, once or, in a loop that
// holds nothing else, several times; the last result of each time is the variable's.
class Namer {
 public:
  Namer(const sim::Trace& trace, const Statements& statements) : trace_(trace), statements_(statements) {
    namings_.resize(trace.ops.size());
    int statement = 0;
    for (const sim::Op& op : trace.ops) {
      if (is_order(op.kind)) {
        continue;
      }
      const Statement& at = statements.at(op.line);
      if (is_ring_load(op)) {
        name(op, at, 0);
        continue;
      }
      if (at.first_line != statement) {
        end_run();
        statement = at.first_line;
      }
      run_.push_back(&op);
    }
    end_run();
  }
  const Naming& of(std::size_t op) const { return namings_[op]; }

 private:
  void name(const sim::Op& op, const Statement& statement, std::size_t target) {
    Naming& naming = namings_[static_cast<std::size_t>(&op - trace_.ops.data())];
    naming.returned = statement.returns;
    if (!statement.targets.empty()) {
      naming.variable = &statement.targets[target % statement.targets.size()];
    }
  }

  void end_run() {
    if (run_.empty()) {
      return;
    }
    const Statement& statement = statements_.at(run_.front()->line);
    statement.targets.size() > 1 ? name_each(statement) : name_last(statement);
    run_.clear();
  }

  // `Tile a = ..., b = ...`: results that no other op of the run uses, in turn.
  void name_each(const Statement& statement) {
    std::size_t target = 0;
    for (const sim::Op* op : run_) {
      const bool used = std::any_of(run_.begin(), run_.end(),
                                    [&](const sim::Op* other) { return other->a == op->dst || other->b == op->dst; });
      if (makes_tile(*op) && !used) {
        name(*op, statement, target++);
      }
    }
  }

  void name_last(const Statement& statement) {
    const std::size_t each = period(run_);
    for (std::size_t end = each; end <= run_.size(); end += each) {
      for (std::size_t i = end; i-- > end - each;) {
        if (makes_tile(*run_[i])) {
          name(*run_[i], statement, 0);
          break;
        }
      }
    }
  }

  const sim::Trace& trace_;
  const Statements& statements_;
  std::vector<Naming> namings_;      // by op
  std::vector<const sim::Op*> run_;  // of one statement
};

class Indexer {
 public:
  Indexer(TraceIndex& index, const sim::Plan& plan, const Places& places, const Statements& statements)
      : index_(index), places_(places), statements_(statements), namer_(*index.trace, statements) {
    for (const sim::TensorInfo& tensor : plan.tensors) {
      tensors_.push_back({symbol_of(tensor.name), family_of(tensor.name)});
    }
  }

  void run() {
    const std::vector<sim::Op>& ops = index_.trace->ops;
    index_.tile_of.assign(index_.trace->tiles, kNone);
    index_.tiles.reserve(index_.trace->tiles);
    index_.real_ops.reserve(ops.size());
    index_.number_of.reserve(ops.size());
    index_.iteration_of.reserve(ops.size());
    for (std::uint32_t at = 0; at < ops.size(); ++at) {
      const sim::Op& op = ops[at];
      index_.number_of.push_back(static_cast<std::uint32_t>(index_.real_ops.size()));
      if (op.kind != sim::OpKind::release) {
        index_.real_ops.push_back(at);
      }
      end_tile(op, at);
      if (makes_tile(op)) {
        make_tile(op, at);
      }
      place(op);
    }
    finish_tiles();
    find_iterations();
    leave_marks();
  }

 private:
  TileInfo* find(sim::TileId id) {
    const std::uint32_t at = id < index_.tile_of.size() ? index_.tile_of[id] : kNone;
    return at != kNone ? &index_.tiles[at] : nullptr;
  }

  void end_tile(const sim::Op& op, std::uint32_t at) {
    TileInfo* tile = op.kind == sim::OpKind::release || op.reuses_a ? find(op.a) : nullptr;
    if (tile != nullptr) {
      tile->dead_op = at;
    }
  }

  void make_tile(const sim::Op& op, std::uint32_t at) {
    index_.tile_of[op.dst] = static_cast<std::uint32_t>(index_.tiles.size());
    TileInfo& tile = index_.tiles.emplace_back();
    tile.id = op.dst;
    tile.level = op.level;
    tile.dtype = op.dtype;
    tile.shape = op.shape;
    tile.bytes = op.shape.elements() * sim::size_of(op.dtype);
    tile.row = tile.col = kUnknown;
    tile.made_op = at;
    tile.dead_op = static_cast<std::uint32_t>(index_.trace->ops.size()) - 1;
    if (sim::reads_hbm(op.kind)) {
      tile.tensor = op.tensor;
    }
    if (op.stages > 0) {
      tile.stages = op.stages;
      tile.stage = static_cast<int>(loads_of_ring(op.line)++ % op.stages);
    }
    name(tile, op, namer_.of(at));
  }

  std::uint32_t& loads_of_ring(std::uint16_t line) {
    for (auto& [ring, loads] : rings_) {
      if (ring == line) {
        return loads;
      }
    }
    return rings_.emplace_back(line, 0).second;
  }

  void name(TileInfo& tile, const sim::Op& op, const Naming& naming) {
    const TileInfo* a = sim::moves_bytes(op.kind) || op.kind == sim::OpKind::fill ? nullptr : find(op.a);
    Kind kind = kind_of_result(op, a);
    if (sim::reads_hbm(op.kind)) {
      kind = tensors_[op.tensor];
    }
    tile.symbol = kind.symbol;
    tile.family = kind.family;
    if (naming.returned && a != nullptr) {
      tile.variable = a->variable;
      tile.temporary = a->temporary;
    } else if (naming.variable == nullptr) {
      tile.temporary = true;
    } else {
      const Variable& variable = *naming.variable;
      tile.variable = variable.name;
      // Once exponentiated, scores are P even in a variable called Sij.
      if (!(variable.family == Family::s && kind.family == Family::p)) {
        tile.symbol = variable.symbol;
        tile.family = variable.family != Family::none ? variable.family : kind.family;
      }
    }
  }

  // ---- Which rows and columns ----

  static void set_row(TileInfo* tile, std::int32_t row) {
    if (tile != nullptr && tile->row == kUnknown) {
      tile->row = row;
    }
  }

  void place(const sim::Op& op) {
    if (is_order(op.kind)) {
      return;
    }
    TileInfo* dst = find(op.dst);
    TileInfo* a = find(op.a);
    TileInfo* b = find(op.b);
    if (sim::writes_hbm(op.kind)) {
      place_stored(op, a);
    } else if (sim::moves_bytes(op.kind)) {
      place_loaded(op, dst);
    } else if (op.kind == sim::OpKind::matmul && dst != nullptr && a != nullptr && b != nullptr) {
      if (dst->row == kUnknown) {
        dst->row = a->row;
        dst->col = op.transpose_b ? b->row : b->col;
      }
    } else if (dst != nullptr && a != nullptr) {
      place_result(op, *dst, *a, b);
    }
  }

  void place_loaded(const sim::Op& op, TileInfo* tile) {
    const bool scattered = op.kind == sim::OpKind::gather;
    const Places::At at = places_.of(op.tensor, scattered ? gathered_row(op) : op.row, op.col);
    if (tile != nullptr) {
      tile->row = at.row;
      tile->col = at.col;
      tile->j = at.part;
    }
  }

  std::int32_t gathered_row(const sim::Op& op) const {
    const std::vector<std::int32_t>& rows = index_.trace->gathers[static_cast<std::size_t>(op.inner)].first_rows;
    return rows.empty() ? 0 : rows.front();
  }

  void place_stored(const sim::Op& op, TileInfo* tile) {
    if (tile == nullptr) {
      return;
    }
    const Places::At at = places_.of(op.tensor, op.row, op.col);
    if (tile->row == kUnknown) {
      tile->row = at.row;
      tile->col = at.col;
    }
    if (tile->family == Family::none) {
      tile->family = tensors_[op.tensor].family;
      tile->symbol = tensors_[op.tensor].symbol;
    }
  }

  // A result has the rows of its operands; of two, each knows what the other does not: a fill knows nothing.
  static void place_result(const sim::Op& op, TileInfo& dst, TileInfo& a, TileInfo* b) {
    const std::int32_t row = a.row != kUnknown || b == nullptr ? a.row : b->row;
    set_row(&a, row);
    set_row(b, row);
    set_row(&dst, row);
    const bool along_rows = op.kind == sim::OpKind::row_max || op.kind == sim::OpKind::row_sum;
    if (dst.col == kUnknown) {
      dst.col = along_rows ? 0 : a.col;
    }
    if (b != nullptr && a.col == kUnknown && b->shape == a.shape) {
      a.col = dst.col = b->col;
    }
  }

  void finish_tiles() {
    const Units units = places_.units();
    for (TileInfo& tile : index_.tiles) {
      tile.row = std::max(tile.row, 0);
      tile.col = std::max(tile.col, 0);
      switch (tile.family) {
        case Family::k:
        case Family::v: tile.j = tile.row / units.cols; break;
        case Family::s:
        case Family::p:
          tile.i = tile.row / units.rows;
          tile.j = tile.col / units.cols;
          break;
        case Family::none: break;
        default: tile.i = tile.row / units.rows;
      }
      tile.name = name_with_numbers(tile);
    }
  }

  // An op belongs to the K/V tile that its tiles say, or else to that of the op before it in the same loop. A ring's
  // loads belong to the step they are issued in.
  void find_iterations() {
    std::int32_t now = -1;
    std::pair<int, int> loop;
    for (const sim::Op& op : index_.trace->ops) {
      const std::int32_t own = is_order(op.kind) || is_ring_load(op) ? -1 : tile_worked_on(op);
      if (own >= 0) {
        now = own;
        loop = statements_.loop_of(op.line);
      } else if (op.kind != sim::OpKind::release && !is_ring_load(op) && now >= 0 &&
                 (op.line < loop.first || op.line > loop.second)) {
        now = -1;
      }
      index_.iteration_of.push_back(now);
    }
  }

  std::int32_t tile_worked_on(const sim::Op& op) {
    for (const sim::TileId id : {op.dst, op.a, op.b}) {
      const TileInfo* tile = id != 0 ? find(id) : nullptr;
      if (tile != nullptr && tile->j >= 0) {
        return tile->j;
      }
    }
    return -1;
  }

  // marks[k]: alive before op k * kMarkEvery.
  void leave_marks() {
    const std::vector<TileInfo>& tiles = index_.tiles;
    std::vector<std::uint32_t> alive;
    std::uint32_t next = 0;
    for (std::uint32_t at = 0; at < index_.trace->ops.size(); at += kMarkEvery) {
      for (; next < tiles.size() && tiles[next].made_op < at; ++next) {
        alive.push_back(next);
      }
      alive.erase(std::remove_if(alive.begin(), alive.end(), [&](std::uint32_t t) { return tiles[t].dead_op < at; }),
                  alive.end());
      index_.marks.push_back(alive);
    }
  }

  TraceIndex& index_;
  const Places& places_;
  const Statements& statements_;
  Namer namer_;
  std::vector<Kind> tensors_;                                   // by TensorId
  std::vector<std::pair<std::uint16_t, std::uint32_t>> rings_;  // line, loads so far
};

}  // namespace

const TileInfo* TraceIndex::tile(sim::TileId id) const {
  return id < tile_of.size() && tile_of[id] != kNone ? &tiles[tile_of[id]] : nullptr;
}

std::vector<std::uint32_t> TraceIndex::alive_after(std::uint32_t op) const {
  if (marks.empty()) {
    return {};
  }
  const std::size_t mark = std::min<std::size_t>(op / kMarkEvery, marks.size() - 1);
  std::vector<std::uint32_t> alive = marks[mark];
  const auto from = static_cast<std::uint32_t>(mark) * kMarkEvery;
  auto next = std::lower_bound(tiles.begin(), tiles.end(), from,
                               [](const TileInfo& tile, std::uint32_t at) { return tile.made_op < at; });
  for (; next != tiles.end() && next->made_op <= op; ++next) {
    alive.push_back(static_cast<std::uint32_t>(next - tiles.begin()));
  }
  alive.erase(std::remove_if(alive.begin(), alive.end(), [&](std::uint32_t t) { return tiles[t].dead_op <= op; }),
              alive.end());
  return alive;
}

std::shared_ptr<const TraceIndex> index_trace(std::shared_ptr<const sim::Trace> trace, const sim::Plan& plan,
                                              const sim::Kernel& kernel, std::int32_t block_q, std::int32_t block_kv) {
  auto index = std::make_shared<TraceIndex>();
  index->trace = std::move(trace);
  index->kernel = &kernel;
  const Places places(plan, kernel, block_q, block_kv);
  Indexer(*index, plan, places, statements_of(kernel.source_file)).run();
  return index;
}

}  // namespace scope
