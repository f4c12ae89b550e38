// The text of a recorded program. An op's line:
//   kind line dtype level flags stages tensor dst a b rows cols inner row col scalar
// with flags out of t (b transposed), + (accumulates), m (a's storage is taken over), or "-" for none; what the
// language derives from its operands is left out.
#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "sim/base/error.h"
#include "sim/tile/recorded.h"

namespace sim {

namespace {

constexpr std::string_view kHeader = "attoscope program 1";
constexpr std::array<std::string_view, 3> kRoles = {"input", "output", "scratch"};

template <typename T>
void append(std::string& out, T number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  out += ' ';
  out.append(digits, end.ptr);
}

class Reader {
 public:
  Reader(const std::string& text, const std::string& source) : rest_(text), source_(source) {}

  RecordedProgram read() {
    if (!next() || line_ != kHeader) {
      fail("is no recorded program", "its first line is '" + std::string(kHeader) + "'");
    }
    while (next()) {
      const std::string_view key = word();
      if (key == "end") {
        return std::move(program_);
      }
      statement(key);
    }
    fail("ends too early", "its last line is 'end'");
  }

 private:
  [[noreturn]] void fail(const std::string& message, const std::string& hint = {}) const {
    throw Error(source_ + ":" + std::to_string(number_), message, hint);
  }

  bool next() {
    if (rest_.empty()) {
      return false;
    }
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    left_ = line_;
    ++number_;
    return true;
  }

  std::string_view word() {
    left_.remove_prefix(std::min(left_.find_first_not_of(' '), left_.size()));
    const std::string_view found = left_.substr(0, left_.find(' '));
    left_.remove_prefix(found.size());
    return found;
  }

  template <typename T>
  T number() {
    const std::string_view text = word();
    T value{};
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) {
      fail("expected a number" + (text.empty() ? "" : ", found '" + std::string(text.substr(0, 40)) + "'"));
    }
    return value;
  }

  template <typename T, typename Name>
  T named(int count, Name name_at) {
    const std::string_view text = word();
    for (int n = 0; n < count; ++n) {
      if (name_at(static_cast<T>(n)) == text) {
        return static_cast<T>(n);
      }
    }
    fail("'" + std::string(text.substr(0, 40)) + "' is not known here");
  }

  DType dtype() {
    const std::string_view text = word();
    const auto found = dtype_named(std::string(text));
    if (!found) {
      fail("'" + std::string(text.substr(0, 40)) + "' is no element type");
    }
    return *found;
  }

  void statement(std::string_view key) {
    if (key == "source") {
      program_.source_file = std::string(left_.substr(std::min<std::size_t>(1, left_.size())));
    } else if (key == "tensor") {
      tensor();
    } else if (key == "block") {
      program_.blocks.emplace_back();
    } else if (key == "show") {
      shown();
    } else if (key == "text") {
      text();
    } else {
      op(key);
    }
  }

  RecordedBlock& block() {
    if (program_.blocks.empty()) {
      fail("an op before the first block");
    }
    return program_.blocks.back();
  }

  void tensor() {
    TensorInfo info;
    info.name = std::string(word());
    info.role = named<TensorRole>(static_cast<int>(kRoles.size()),
                                  [](TensorRole role) { return kRoles[static_cast<std::size_t>(role)]; });
    info.tensor.dtype = dtype();
    info.tensor.shape = {number<std::int32_t>(), number<std::int32_t>()};
    info.slices = number<std::int32_t>();
    info.tensor.slice_divisor = number<std::int32_t>();
    if (info.tensor.shape.rows < 1 || info.tensor.shape.cols < 1 || info.slices < 1 || info.tensor.slice_divisor < 1 ||
        program_.tensors.size() > 64) {
      fail("such a tensor can't be");
    }
    info.tensor.id = static_cast<TensorId>(program_.tensors.size());
    program_.tensors.push_back(info);
  }

  void shown() {
    Shown shown;
    shown.op = block().ops.size();
    shown.step = number<std::int32_t>();
    shown.name = std::string(word());
    shown.tile = number<TileId>();
    block().shown.push_back(shown);
  }

  void text() {
    const auto bytes = number<std::size_t>();
    if (bytes > rest_.size()) {
      fail("the source is cut off");
    }
    program_.source_text = std::string(rest_.substr(0, bytes));
    rest_.remove_prefix(bytes);
    number_ += static_cast<int>(std::count(program_.source_text.begin(), program_.source_text.end(), '\n'));
  }

  void op(std::string_view kind) {
    Op op;
    left_ = line_;
    (void)kind;
    op.kind = named<OpKind>(kOpKinds, [](OpKind k) { return name_of(k); });
    op.line = number<std::uint16_t>();
    op.dtype = dtype();
    op.level = named<Level>(2, [](Level level) { return name_of(level); });
    for (const char flag : word()) {
      op.transpose_b = op.transpose_b || flag == 't';
      op.accumulate = op.accumulate || flag == '+';
      op.reuses_a = op.reuses_a || flag == 'm';
    }
    op.stages = number<std::uint8_t>();
    op.tensor = number<TensorId>();
    op.dst = number<TileId>();
    op.a = number<TileId>();
    op.b = number<TileId>();
    op.shape = {number<std::int32_t>(), number<std::int32_t>()};
    op.inner = number<std::int32_t>();
    op.row = number<std::int32_t>();
    op.col = number<std::int32_t>();
    op.scalar = number<float>();
    block().ops.push_back(op);
  }

  std::string_view rest_, line_, left_;
  const std::string& source_;
  int number_ = 0;
  RecordedProgram program_;
};

}  // namespace

void append_text(std::string& out, const Op& op) {
  out += name_of(op.kind);
  append(out, op.line);
  out.append(" ").append(name_of(op.dtype)).append(" ").append(name_of(op.level)).append(" ");
  out += op.transpose_b ? "t" : "";
  out += op.accumulate ? "+" : "";
  out += op.reuses_a ? "m" : "";
  out += op.transpose_b || op.accumulate || op.reuses_a ? "" : "-";
  append(out, static_cast<int>(op.stages));
  append(out, op.tensor);
  append(out, op.dst);
  append(out, op.a);
  append(out, op.b);
  append(out, op.shape.rows);
  append(out, op.shape.cols);
  append(out, op.inner);
  append(out, op.row);
  append(out, op.col);
  append(out, op.scalar);
  out += '\n';
}

std::string to_text(const RecordedProgram& program) {
  std::string out = std::string(kHeader) + "\nsource " + program.source_file + "\n";
  for (const TensorInfo& info : program.tensors) {
    out.append("tensor ").append(info.name).append(" ").append(kRoles[static_cast<std::size_t>(info.role)]);
    out.append(" ").append(name_of(info.tensor.dtype));
    append(out, info.tensor.shape.rows);
    append(out, info.tensor.shape.cols);
    append(out, info.slices);
    append(out, info.tensor.slice_divisor);
    out += '\n';
  }
  for (const RecordedBlock& block : program.blocks) {
    out += "block\n";
    auto shown = block.shown.begin();
    for (std::size_t n = 0; n <= block.ops.size(); ++n) {
      for (; shown != block.shown.end() && shown->op == n; ++shown) {
        out += "show";
        append(out, shown->step);
        out.append(" ").append(shown->name);
        append(out, shown->tile);
        out += '\n';
      }
      if (n < block.ops.size()) {
        append_text(out, block.ops[n]);
      }
    }
  }
  if (!program.source_text.empty()) {
    out += "text";
    append(out, program.source_text.size());
    out.append("\n").append(program.source_text);
  }
  return out + "end\n";
}

RecordedProgram parse_program(const std::string& text, const std::string& source) {
  if (text.size() > kProgramBytesMax) {
    throw Error(source, "has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(kProgramBytesMax) +
                            " are read");
  }
  return Reader(text, source).read();
}

}  // namespace sim
