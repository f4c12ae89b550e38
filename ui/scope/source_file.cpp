// The sources of tile programs, as the build saw them, and what can be read off their text.
#include <algorithm>
#include <cctype>
#include <deque>
#include <mutex>
#include <string_view>

#include "sim/base/error.h"
#include "ui/scope/embedded_sources.h"
#include "ui/scope/trace_index.h"

namespace scope {

namespace {

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The build's own files, and those of recorded programs. Kept for ever, so that references to them hold: a file that
// comes again with another text is another entry, and the newest is found.
class Sources {
 public:
  Sources() {
    for (const EmbeddedSource& source : embedded_sources()) {
      files_.push_back({source.path, split_lines(source.text)});
    }
  }
  void remember(const std::string& path, std::string_view text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<std::string> lines = split_lines(text);
    const SourceFile* known = newest(path);
    if (known == nullptr || known->lines != lines) {
      files_.push_back({path, std::move(lines)});
    }
  }
  const SourceFile* find(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return newest(path);
  }

 private:
  const SourceFile* newest(const std::string& path) const {
    const auto found =
        std::find_if(files_.rbegin(), files_.rend(), [&](const SourceFile& f) { return f.path == path; });
    return found == files_.rend() ? nullptr : &*found;
  }

  std::mutex mutex_;  // runs are made in a thread of their own
  std::deque<SourceFile> files_;
};

Sources& sources() {
  static Sources all;
  return all;
}

std::string_view code_of(std::string_view line) { return line.substr(0, line.find("//")); }

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

// A line that says something about what follows; switches for the formatter do not.
bool is_comment(std::string_view line) {
  const std::size_t at = line.find_first_not_of(" \t");
  return at != std::string_view::npos && line.substr(at).starts_with("//") &&
         line.find("clang-format") == std::string_view::npos;
}

// Follows braces through a file: where top-level things begin and end. Braces of namespaces do not count.
class TopLevel {
 public:
  /// Lines of the thing that ends on this line, if one does.
  std::optional<std::pair<int, int>> feed(std::string_view code, int line) {
    std::optional<std::pair<int, int>> ended;
    if (is_blank(code) || code.front() == '#') {
      return ended;
    }
    if (begin_ == 0) {
      begin_ = line;
      is_namespace_ = code.starts_with("namespace");
    }
    for (const char c : code) {
      if (c == '{' && !(depth_ == 0 && is_namespace_)) {
        ++depth_;
      } else if (c == '}' && depth_ > 0 && --depth_ == 0) {
        ended = {begin_, line};
      }
    }
    const std::size_t last = code.find_last_not_of(" \t\r");
    if (depth_ == 0 && (is_namespace_ || code[last] == ';' || code[last] == '}')) {
      begin_ = 0;
    }
    return ended;
  }

 private:
  int depth_ = 0;
  int begin_ = 0;  // first line of what is open, or 0
  bool is_namespace_ = false;
};

}  // namespace

const SourceFile& source_file(const std::string& path) {
  if (const SourceFile* file = sources().find(path)) {
    return *file;
  }
  throw sim::Error("source", "there is no tile program '" + path + "'");
}

void remember_source(const std::string& path, std::string_view text) { sources().remember(path, text); }

std::optional<int> SourceFile::paper_line(int line) const {
  if (line < 1 || line > static_cast<int>(lines.size())) {
    return std::nullopt;
  }
  const std::string_view text = lines[static_cast<std::size_t>(line) - 1];
  const std::size_t comment = text.rfind("//");
  if (comment == std::string_view::npos || is_blank(text.substr(0, comment))) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(comment + 2);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  // Prose that begins with a number has one blank behind it; a remark on a numbered line has two.
  const std::string_view after = rest.substr(digits);
  if (digits == 0 || digits > 3 || !(is_blank(after) || after.starts_with("  "))) {
    return std::nullopt;
  }
  return std::stoi(std::string(rest.substr(0, digits)));
}

std::pair<int, int> SourceFile::function_around(int line) const {
  TopLevel top;
  const auto count = static_cast<int>(lines.size());
  for (int at = 1; at <= count; ++at) {
    const auto ended = top.feed(code_of(lines[static_cast<std::size_t>(at) - 1]), at);
    if (ended && ended->second >= line) {
      auto [first, last] = *ended;
      if (first > line) {
        break;
      }
      while (first > 1 && is_comment(lines[static_cast<std::size_t>(first) - 2])) {
        --first;
      }
      return {first, last};
    }
  }
  return {1, count};
}

}  // namespace scope
