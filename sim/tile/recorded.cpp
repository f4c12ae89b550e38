#include "sim/tile/recorded.h"

#include "sim/base/error.h"
#include "sim/base/file.h"

namespace sim {

namespace {

// The tiles of one playing, by id.
class Player {
 public:
  Player(Block& block, const RecordedProgram& program) : block_(block), program_(program) {}

  void on(const Op& op) {
    line_ = op.line;
    switch (op.kind) {
      case OpKind::load: return keep(op, block_.load(region(op), op.stages, op.level, line_));
      case OpKind::store: return block_.store(region(op), tile(op.a), line_);
      case OpKind::reduce_add: return block_.reduce_add(region(op), tile(op.a), line_);
      case OpKind::fill: return keep(op, block_.fill(op.scalar, positive(op.shape), line_));
      case OpKind::matmul: return multiply(op);
      case OpKind::release: return take(op.a).release(line_);
      case OpKind::add:
      case OpKind::sub:
      case OpKind::mul:
      case OpKind::div:
      case OpKind::max: return keep(op, binary(op));
      case OpKind::row_max: return keep(op, rowmax(tile(op.a), line_));
      case OpKind::row_sum: return keep(op, rowsum(tile(op.a), line_));
      default: return keep(op, unary(op));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { block_.fail(line_, message); }

  Tile& tile(TileId id) {
    if (id >= tiles_.size() || !tiles_[id]) {
      fail("tile " + std::to_string(id) + " is not there: it has ended, or was moved from",
           "a tile that std::move hands on can't be used again");
    }
    return tiles_[id];
  }
  [[noreturn]] void fail(const std::string& message, const std::string& hint) const {
    block_.fail(line_, message, hint);
  }
  Tile take(TileId id) { return std::move(tile(id)); }

  Shape positive(Shape shape) const {
    if (shape.rows <= 0 || shape.cols <= 0) {
      fail("a tile of " + std::to_string(shape.rows) + "x" + std::to_string(shape.cols) + " elements");
    }
    return shape;
  }

  Region region(const Op& op) const {
    if (op.tensor >= program_.tensors.size()) {
      fail("tensor " + std::to_string(op.tensor) + " does not exist");
    }
    return {program_.tensors[op.tensor].tensor, op.row, op.col, op.shape};
  }

  // The first operand: read, or for the last time if the result takes over its storage.
  Operand first(const Op& op) {
    return op.reuses_a ? Operand(std::move(tile(op.a)), line_) : Operand(tile(op.a), line_);
  }

  Tile binary(const Op& op) {
    const Operand a = first(op), b(tile(op.b), line_);
    switch (op.kind) {
      case OpKind::add: return a + b;
      case OpKind::sub: return a - b;
      case OpKind::mul: return a * b;
      case OpKind::div: return a / b;
      default: return max(a, *b.tile, line_);
    }
  }

  Tile unary(const Op& op) {
    switch (op.kind) {
      case OpKind::convert: return convert(op.dtype, first(op));
      case OpKind::scale: return op.scalar * first(op);
      case OpKind::exp: return exp(first(op));
      case OpKind::exp_diff: return exp_diff(first(op), tile(op.b), op.scalar, line_);
      case OpKind::log: return log(first(op));
      case OpKind::mask: return causal_mask(first(op), {op.inner, op.col + op.inner}, op.row, 0);
      default: fail("a recorded program has no " + std::string(name_of(op.kind)));
    }
  }

  void multiply(const Op& op) {
    const Tile &a = tile(op.a), &b = tile(op.b);
    if (op.accumulate) {
      op.transpose_b ? mma(tile(op.dst), a, T(b), line_) : mma(tile(op.dst), a, b, line_);
    } else {
      keep(op, op.transpose_b ? dot(a, T(b), line_) : dot(a, b, line_));
    }
  }

  void keep(const Op& op, Tile result) {
    if (result.id() != op.dst) {
      fail("tile " + std::to_string(op.dst) + " is out of order: the next one is " + std::to_string(result.id()));
    }
    tiles_.resize(result.id() + 1);
    tiles_[result.id()] = std::move(result);
  }

  Block& block_;
  const RecordedProgram& program_;
  std::vector<Tile> tiles_;
  int line_ = 0;
};

std::string described(const TensorInfo& info) {
  return info.name + " " + std::to_string(info.tensor.shape.rows) + "x" + std::to_string(info.tensor.shape.cols) + " " +
         std::string(name_of(info.tensor.dtype)) + ", " + std::to_string(info.slices) + " slices";
}

bool same(const TensorInfo& a, const TensorInfo& b) {
  return a.name == b.name && a.tensor.shape == b.tensor.shape && a.tensor.dtype == b.tensor.dtype &&
         a.slices == b.slices && a.tensor.slice_divisor == b.tensor.slice_divisor;
}

void check_fits(const Plan& plan, const RecordedProgram& program) {
  constexpr const char* kHint = "a recorded program runs at the sizes it was recorded at: record it again";
  if (plan.kernels.size() != 1) {
    throw Error("program", "'" + plan.algorithm + "' has " + std::to_string(plan.kernels.size()) + " kernels",
                "a recorded program replaces an algorithm of one kernel");
  }
  if (plan.tensors.size() != program.tensors.size()) {
    throw Error("program", program.source_file + " was recorded with " + std::to_string(program.tensors.size()) +
                               " tensors; '" + plan.algorithm + "' has " + std::to_string(plan.tensors.size()));
  }
  for (std::size_t n = 0; n < plan.tensors.size(); ++n) {
    if (!same(plan.tensors[n], program.tensors[n])) {
      throw Error("program",
                  program.source_file + " was recorded with " + described(program.tensors[n]) + "; the scenario has " +
                      described(plan.tensors[n]),
                  kHint);
    }
  }
  if (static_cast<std::size_t>(plan.kernels[0].blocks) != program.blocks.size()) {
    throw Error("program",
                program.source_file + " was recorded with " + std::to_string(program.blocks.size()) +
                    " blocks; the scenario has " + std::to_string(plan.kernels[0].blocks),
                kHint);
  }
}

}  // namespace

void play(Block& block, const RecordedProgram& program) {
  SIM_CHECK(block.index() >= 0 && static_cast<std::size_t>(block.index()) < program.blocks.size());
  Player player(block, program);
  for (const Op& op : program.blocks[static_cast<std::size_t>(block.index())].ops) {
    player.on(op);
  }
}

Plan with_program(Plan plan, std::shared_ptr<const RecordedProgram> program) {
  check_fits(plan, *program);
  Kernel& kernel = plan.kernels[0];
  kernel.source_file = program->source_file.c_str();  // lives as long as the kernel's program
  kernel.source_text = std::shared_ptr<const std::string>(program, &program->source_text);
  kernel.program = [program](Block& block) { play(block, *program); };
  kernel.same_work_as = nullptr;
  kernel.data_dependent = false;
  kernel.paper_reads.clear();
  return plan;
}

std::shared_ptr<const RecordedProgram> load_program(const std::string& path) {
  const std::vector<unsigned char> bytes = read_file(path);
  return std::make_shared<const RecordedProgram>(parse_program({bytes.begin(), bytes.end()}, path));
}

}  // namespace sim
