#include "ui/scope/statements.h"

#include <cctype>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "sim/base/error.h"
#include "ui/scope/tile_names.h"

namespace scope {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string_view code_of(std::string_view line) { return trimmed(line.substr(0, line.find("//"))); }

bool ends_statement(std::string_view code) {
  return code.empty() || code.back() == ';' || code.back() == '{' || code.back() == '}' || code.back() == ':';
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view word_at_front(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_word(text[n])) {
    ++n;
  }
  return text.substr(0, n);
}

// "m = fill(a, b), l = fill(c)" -> "m = fill(a, b)", "l = fill(c)".
std::vector<std::string_view> declarators(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    depth += c == '(' || c == '{' || c == '[' ? 1 : 0;
    depth -= c == ')' || c == '}' || c == ']' ? 1 : 0;
    if (c == ',' && depth == 0) {
      parts.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

// The variable of "x = ..." or "x.push_back(...)"; empty for anything else.
std::string target_of(std::string_view text) {
  const std::string_view word = word_at_front(text);
  const std::string_view rest = trimmed(text.substr(word.size()));
  const bool assigned = rest.starts_with("=") && !rest.starts_with("==");
  return !word.empty() && (assigned || rest.starts_with(".push_back(")) ? std::string(word) : std::string{};
}

void add_target(Statement& statement, std::string_view text) {
  if (const std::string name = target_of(text); !name.empty()) {
    statement.targets.push_back({name, symbol_of(name), family_of(name)});
  }
}

Statement parse(std::string_view text, int first_line) {
  Statement result;
  result.first_line = first_line;
  result.returns = word_at_front(text) == "return";
  if (text.starts_with("Tile ")) {
    for (const std::string_view part : declarators(text.substr(5))) {
      add_target(result, part);
    }
  } else {
    add_target(result, text);
  }
  return result;
}

bool opens_loop(std::string_view code) { return code.starts_with("for (") || code.starts_with("while ("); }

// Innermost loop of every line: loops that begin later overwrite the lines of those around them.
std::vector<std::pair<int, int>> find_loops(const std::vector<std::string>& lines) {
  std::vector<std::pair<int, int>> loops(lines.size());
  for (std::size_t first = 0; first < lines.size(); ++first) {
    if (!opens_loop(code_of(lines[first]))) {
      continue;
    }
    int depth = 0;
    std::size_t last = first;
    for (bool opened = false; last < lines.size(); ++last) {
      for (const char c : code_of(lines[last])) {
        depth += c == '{' ? 1 : (c == '}' ? -1 : 0);
        opened = opened || c == '{';
      }
      if (opened && depth <= 0) {
        break;
      }
    }
    for (std::size_t i = first; i <= last && i < lines.size(); ++i) {
      loops[i] = {static_cast<int>(first) + 1, static_cast<int>(last) + 1};
    }
  }
  return loops;
}

}  // namespace

Statements::Statements(const SourceFile& file) : loops_(find_loops(file.lines)) {
  std::string text;
  int first_line = 1;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string_view code = code_of(file.lines[i]);
    if (text.empty()) {
      first_line = static_cast<int>(i) + 1;
    }
    text += (text.empty() ? "" : " ") + std::string(code);
    if (ends_statement(code)) {
      statements_.resize(i + 1, parse(text, first_line));
      text.clear();
    }
  }
  statements_.resize(file.lines.size());
}

const Statement& Statements::at(int line) const {
  static const Statement kNone;
  return line >= 1 && line <= static_cast<int>(statements_.size()) ? statements_[static_cast<std::size_t>(line) - 1]
                                                                   : kNone;
}

std::pair<int, int> Statements::loop_of(int line) const {
  return line >= 1 && line <= static_cast<int>(loops_.size()) ? loops_[static_cast<std::size_t>(line) - 1]
                                                              : std::pair{0, 0};
}

const Statements& statements_of(const std::string& path) {
  static std::mutex mutex;
  static std::map<const SourceFile*, std::unique_ptr<const Statements>> all;  // source files stay where they are
  static const Statements kNone{SourceFile{}};
  const SourceFile* file = nullptr;
  try {
    file = &source_file(path);
  } catch (const sim::Error&) {
    return kNone;
  }
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<const Statements>& statements = all[file];
  if (!statements) {
    statements = std::make_unique<const Statements>(*file);
  }
  return *statements;
}

}  // namespace scope
