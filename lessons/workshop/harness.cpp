#include "lessons/workshop/harness.h"

#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "sim/base/error.h"
#include "sim/tile/recorded.h"

namespace exercise {

namespace {

// What the running block has recorded; for show() and for signals.
Trace* recording = nullptr;
std::vector<Shown>* shown = nullptr;

void send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(kChannel, text.data(), text.size());
    if (written <= 0) {
      _exit(1);  // nobody listens
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return text;
}

int last_line() { return recording == nullptr || recording->ops.empty() ? 0 : recording->ops.back().line; }

// Says what happened and where, with calls that a signal allows. What it reads may be half written: then it is a second
// crash that ends the process.
void on_signal(int number) {
  char text[64];
  char* at = text;
  const auto put = [&](int value) {
    char digits[12];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value > 0);
    *at++ = ' ';
    while (count > 0) {
      *at++ = digits[--count];
    }
  };
  std::signal(number, SIG_DFL);
  std::memcpy(at, "signal", 6);
  at += 6;
  put(number);
  put(last_line());
  *at++ = '\n';
  (void)!write(kChannel, text, static_cast<std::size_t>(at - text));
  std::raise(number);
}

void catch_signals() {
  static char stack[64 << 10];  // of its own: a program may have used up the other
  stack_t spare{};
  spare.ss_sp = stack;
  spare.ss_size = sizeof stack;
  sigaltstack(&spare, nullptr);
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM, SIGXCPU}) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    sigaction(number, &action, nullptr);
  }
}

std::vector<std::int32_t> numbers_of(const char* text) {
  std::vector<std::int32_t> numbers;
  char* end = nullptr;
  text = std::strchr(text, ' ');
  for (; text != nullptr && *text != '\0'; text = end) {
    numbers.push_back(static_cast<std::int32_t>(std::strtol(text, &end, 10)));
    if (end == text) {
      break;
    }
  }
  return numbers;
}

struct Tensors {
  std::vector<TensorInfo> all;
  Tensor add(const char* name, TensorRole role, Shape shape) {
    const Tensor tensor{static_cast<TensorId>(all.size()), DType::fp32, shape, 1};
    all.push_back({name, tensor, 1, role});
    return tensor;
  }
};

Softmax make(const std::vector<std::int32_t>& n, Tensors& tensors, SoftmaxProgram) {
  const Shape shape{n.at(0), n.at(1)};
  return {tensors.add("X", TensorRole::input, shape), tensors.add("Y", TensorRole::output, shape), n.at(2), n.at(3)};
}
std::int32_t blocks_of(const Softmax& a) { return ceil_div(a.X.shape.rows, a.Br); }

Attention make(const std::vector<std::int32_t>& n, Tensors& tensors, AttentionProgram) {
  const Shape of_q{n.at(0), n.at(2)}, of_kv{n.at(1), n.at(2)};
  Attention a;
  a.Q = tensors.add("Q", TensorRole::input, of_q);
  a.K = tensors.add("K", TensorRole::input, of_kv);
  a.V = tensors.add("V", TensorRole::input, of_kv);
  a.O = tensors.add("O", TensorRole::output, of_q);
  a.L = tensors.add("LSE", TensorRole::output, {of_q.rows, 1});
  a.Br = n.at(3);
  a.Bc = n.at(4);
  a.scale = 1.0F / std::sqrt(static_cast<float>(of_q.cols));
  return a;
}
std::int32_t blocks_of(const Attention& a) { return ceil_div(a.Q.shape.rows, a.Br); }

// One block, in program order: Block::finish(), which moves loads ahead, is the checker's.
template <typename Program, typename Arguments>
RecordedBlock record(std::int32_t index, const char* source_file, Program program, const Arguments& arguments) {
  static Trace trace;  // kept through exceptions, for memory_text
  RecordedBlock block;
  recording = &trace;
  shown = &block.shown;
  Block recorder(index, trace, source_file, 1);
  program(recorder, arguments);
  block.ops = trace.ops;
  shown = nullptr;
  return block;
}

template <typename Program>
std::string recorded(const char* words, const char* source_file, Program program) {
  RecordedProgram result;
  result.source_file = source_file;
  Tensors tensors;
  const auto arguments = make(numbers_of(words), tensors, program);
  result.tensors = tensors.all;
  for (std::int32_t i = 0; i < blocks_of(arguments); ++i) {
    result.blocks.push_back(record(i, source_file, program, arguments));
  }
  return to_text(result);
}

template <typename Program>
std::string told(const char* words, const char* source_file, Program program) {
  try {
    return recorded(words, source_file, program);
  } catch (const Error& error) {
    const std::string where = error.where();
    const std::size_t colon = where.rfind(':');
    const std::string line = colon == std::string::npos ? "0" : where.substr(colon + 1);
    return "error " + line + " " + one_line(error.message()) + "\t" + one_line(error.hint()) + "\n";
  } catch (const std::bad_alloc&) {
    const std::size_t ops = recording != nullptr ? recording->ops.size() : 0;
    const int line = last_line();
    if (recording != nullptr) {
      recording->ops = {};
    }
    return "memory " + std::to_string(line) + " " + std::to_string(ops) + "\n";
  } catch (const std::exception& error) {
    return "thrown " + one_line(error.what()) + "\n";
  } catch (...) {
    return "thrown \n";
  }
}

template <typename Program>
int run_all(int count, char** arguments, const char* source_file, Program program) {
  catch_signals();
  for (int n = 1; n < count; ++n) {
    send(told(arguments[n], source_file, program));
  }
  std::fflush(nullptr);
  send("done\n");
  _exit(0);  // what the program registered for its exit is not the checker's business
}

}  // namespace

void show(const char* name, std::int32_t j, const Tile& tile) {
  if (shown != nullptr && tile) {
    shown->push_back({recording->ops.size(), j, name, tile.id()});
  }
}

int run(int count, char** arguments, const char* source_file, SoftmaxProgram program) {
  return run_all(count, arguments, source_file, program);
}
int run(int count, char** arguments, const char* source_file, AttentionProgram program) {
  return run_all(count, arguments, source_file, program);
}

}  // namespace exercise
