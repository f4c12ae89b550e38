#include "lessons/workshop/verdict_words.h"

#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <cstring>

namespace lessons {

namespace {

std::string number(double value) {
  return std::isnan(value) ? "NaN" : std::isinf(value) ? (value > 0 ? "+inf" : "-inf") : fmt::format("{:.6g}", value);
}

std::string shape_en(const Case& c, bool softmax) {
  const sim::Problem& p = c.problem;
  const sim::Schedule& s = c.schedule;
  return softmax ? fmt::format("{} {} of {}, tiles of {} x {}", p.rows, p.rows == 1 ? "row" : "rows", p.row_length,
                               s.block_q, s.block_kv)
                 : fmt::format("Nq = {}, Nk = {}, d = {}, Br = {}, Bc = {}", p.seqlen_q, p.seqlen_kv, p.head_dim,
                               s.block_q, s.block_kv);
}

std::string shape_zh(const Case& c, bool softmax) {
  const sim::Problem& p = c.problem;
  const sim::Schedule& s = c.schedule;
  return softmax ? fmt::format("{} 行，每行 {} 个，块为 {} x {}", p.rows, p.row_length, s.block_q, s.block_kv)
                 : shape_en(c, softmax);
}

Words in_case(const Case& c, bool softmax) {
  return {fmt::format("Case '{}' ({}): ", c.name, shape_en(c, softmax)),
          fmt::format("算例“{}”（{}）：", c.name, shape_zh(c, softmax))};
}

Words operator+(const Words& a, const Words& b) { return {a.en + b.en, a.zh + b.zh}; }

std::string element(const Difference& d) {
  return d.tile == "m" || d.tile == "l" || d.tile == "L" ? fmt::format("{}[{}]", d.tile, d.row)
                                                         : fmt::format("{}[{}, {}]", d.tile, d.row, d.col);
}

std::string signal_name(int number) {
  const char* name = strsignal(number);
  return name != nullptr ? name : fmt::format("signal {}", number);
}

Words last_op(int line) {
  return line > 0 ? Words{fmt::format(" The last tile operation before that is in line {}.", line),
                          fmt::format("在此之前，最后一个块操作在第 {} 行。", line)}
                  : Words{" No tile operation came before that.", "在此之前没有任何块操作。"};
}

// What is wrong with a result, beside its number.
Words about_result(const Difference& wrong, bool anything_shown) {
  if (std::isnan(wrong.want)) {
    return {
        " This row holds a NaN, so its result must be NaN: something swallowed it. max() lets a number win over NaN.",
        "这一行含有 NaN，结果也必须是 NaN：它在某处被吞掉了。max() 会让数字胜过 NaN。"};
  }
  if (std::isnan(wrong.got)) {
    return {" NaN comes from inf - inf, 0 * inf or inf / inf: which exponent is not finite?",
            "NaN 来自 inf - inf、0 * inf 或 inf / inf：哪个指数不是有限数？"};
  }
  if (anything_shown) {
    return {" All that you showed is right at every step, so look at what comes after.",
            "你展示的每一步都正确，请检查其后的部分。"};
  }
  return {" show() your m and l to learn at which tile it begins.",
          "用 show() 展示 m 和 l，就能知道从哪个块开始出错。"};
}

}  // namespace

Words words_not_compiled(const Compiled& compiled) {
  if (compiled.timed_out) {
    return {"The compiler did not come to an end.", "编译器没有结束。"};
  }
  return compiled.line > 0 ? Words{fmt::format("The compiler refuses line {}.", compiled.line),
                                   fmt::format("编译器不接受第 {} 行。", compiled.line)}
                           : Words{"The compiler refuses the program.", "编译器不接受这个程序。"};
}

std::optional<Words> words_not_ended(const Recording& recording, const CheckOptions& options, int& line) {
  const ChildResult& child = recording.child;
  line = recording.signal_line;
  if (child.timed_out) {
    return Words{fmt::format("The program did not end within {:g} s: does a loop run for ever?", options.seconds_max),
                 fmt::format("程序在 {:g} 秒内没有结束：是否有死循环？", options.seconds_max)} +
           last_op(line);
  }
  if (child.too_much_output) {
    return Words{
        fmt::format("The program prints without end; it was stopped after {} bytes.", options.output_bytes_max),
        fmt::format("程序不停地输出；在 {} 字节后被终止。", options.output_bytes_max)};
  }
  if (child.too_much_sent) {
    return Words{"The program does millions of tile operations: does a loop run too far?",
                 "程序做了上百万次块操作：循环是否跑过了头？"};
  }
  const int signal = recording.signal_number != 0 ? recording.signal_number : child.signal;
  if (signal != 0 && !recording.done) {
    return Words{fmt::format("The program crashed ({}).", signal_name(signal)),
                 fmt::format("程序崩溃（{}）。", signal_name(signal))} +
           last_op(line);
  }
  if (!recording.done) {
    return Words{
        fmt::format("The program ended by itself (exit code {}) before it was done, as exit() does.", child.exit_code),
        fmt::format("程序还没做完就自己退出了（退出码 {}），就像调用了 exit()。", child.exit_code)};
  }
  return std::nullopt;
}

Words words_not_recorded(const Recorded& recorded, const Case& given, bool softmax) {
  const Words where = in_case(given, softmax);
  switch (recorded.what) {
    case Recorded::What::refused: {
      const std::string hint = recorded.hint.empty() ? "" : " (" + recorded.hint + ")";
      return where + Words{fmt::format("line {}: {}{}", recorded.line, recorded.message, hint),
                           fmt::format("第 {} 行：{}{}", recorded.line, recorded.message, hint)};
    }
    case Recorded::What::thrown:
      return where + Words{fmt::format("the program threw an exception: {}", recorded.message),
                           fmt::format("程序抛出了异常：{}", recorded.message)};
    case Recorded::What::memory:
      return where +
             Words{fmt::format("the program used up its memory after {} tile operations; the last is in line {}. "
                               "Does a loop run for ever?",
                               recorded.ops, recorded.line),
                   fmt::format("程序在 {} 次块操作后用完了内存；最后一次在第 {} 行。是否有死循环？", recorded.ops,
                               recorded.line)};
    default:
      return where + Words{"what the program sent can't be read. " + recorded.message,
                           "程序发出的内容无法读取。" + recorded.message};
  }
}

Words words_wrong(const CaseFindings& found, const Case& given, bool softmax) {
  const Words where = in_case(given, softmax);
  if (found.refused) {
    const std::string hint = found.refused->hint().empty() ? "" : " (" + found.refused->hint() + ")";
    const std::string text = fmt::format("{}: {}{}", found.refused->where(), found.refused->message(), hint);
    return where + Words{text, text};
  }
  if (!found.unwritten.empty()) {
    return where + Words{fmt::format("{} was never stored.", fmt::join(found.unwritten, ", ")),
                         fmt::format("{} 从未写回。", fmt::join(found.unwritten, "、"))};
  }
  if (found.state && !std::isnan(found.result->want)) {
    const Difference& d = *found.state;
    return where + Words{fmt::format("{} is first wrong after step {}: {} instead of {}.", element(d), d.step,
                                     number(d.got), number(d.want)),
                         fmt::format("{} 在第 {} 步之后首次出错：得到 {}，应为 {}。", element(d), d.step, number(d.got),
                                     number(d.want))};
  }
  const Difference& d = *found.result;
  return where +
         Words{fmt::format("{} is {} instead of {}.", element(d), number(d.got), number(d.want)),
               fmt::format("{} 得到 {}，应为 {}。", element(d), number(d.got), number(d.want))} +
         about_result(d, found.anything_shown);
}

Words words_bytes(const CaseFindings& found, const Case& given, bool softmax, std::int64_t read_max,
                  std::int64_t write_max, const Stage& stage) {
  const Words where = in_case(given, softmax);
  if (found.read_bytes > read_max) {
    return where + Words{fmt::format("the program reads {} B from HBM; {} B are enough ({}).", found.read_bytes,
                                     read_max, stage.read_bytes_max),
                         fmt::format("程序从 HBM 读取 {} B；{} B 就够了（{}）。", found.read_bytes, read_max,
                                     stage.read_bytes_max)};
  }
  return where + Words{fmt::format("the program writes {} B to HBM; {} B are enough ({}).", found.write_bytes,
                                   write_max, stage.write_bytes_max),
                       fmt::format("程序向 HBM 写入 {} B；{} B 就够了（{}）。", found.write_bytes, write_max,
                                   stage.write_bytes_max)};
}

Words words_memory(const CaseFindings& found, const Case& given, bool softmax, std::int64_t bytes_max,
                   const Stage& stage) {
  return in_case(given, softmax) +
         Words{fmt::format(
                   "in line {} a block holds {} B of tiles on the chip; it may hold {} B ({}). Work tile by tile.",
                   found.chip_line, found.chip_bytes, bytes_max, stage.chip_bytes_max),
               fmt::format("在第 {} 行，一个线程块在片上占用 {} B 的块；最多允许 {} B（{}）。请逐块处理。",
                           found.chip_line, found.chip_bytes, bytes_max, stage.chip_bytes_max)};
}

Words words_not_repeatable() {
  return {"Run twice, the program does different things: it must not depend on time, addresses or random numbers.",
          "运行两次，程序做的事不一样：它不能依赖时间、地址或随机数。"};
}

}  // namespace lessons
