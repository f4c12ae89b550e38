#include "ui/cli/format.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace cli {
namespace {

bool wants_colours() {
  static const bool wanted = [] {
    const char* term = std::getenv("TERM");
    return isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr && term != nullptr &&
           std::string_view(term) != "dumb";
  }();
  return wanted;
}

std::string padded(const std::string& text, int width, bool left) {
  const std::string blanks(static_cast<std::size_t>(std::max(0, width - display_width(text))), ' ');
  return left ? text + blanks : blanks + text;
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::string thousands(std::int64_t value) {
  std::string digits = fmt::format("{}", value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) {
    digits.insert(at - 3, ",");
  }
  return digits;
}

std::string scaled(double value, const char* unit) {
  static constexpr std::array<const char*, 7> kPrefixes = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t step = 0;
  while (std::abs(value) >= 999.95 && step + 1 < kPrefixes.size()) {
    value /= 1000;
    ++step;
  }
  const double size = std::abs(value);
  const int digits = step == 0 && value == std::floor(value) ? 0 : size < 10 ? 2 : size < 100 ? 1 : 0;
  return fmt::format("{:.{}f} {}{}", value, digits, kPrefixes[step], unit);
}

std::string time_text(double microseconds) {
  if (microseconds < 999.95) {
    return fmt::format("{:.2f} us", microseconds);
  }
  return microseconds < 999950 ? fmt::format("{:.3f} ms", microseconds / 1e3)
                               : fmt::format("{:.3f} s", microseconds / 1e6);
}

std::string with_unit(double value, std::string_view unit) {
  if (unit == "bytes") {
    return scaled(value, "B");
  }
  if (unit == "FLOP") {
    return scaled(value, "FLOP");
  }
  if (unit == "us") {
    return time_text(value);
  }
  if (unit == "0..1") {
    return fmt::format("{:.1f} %", 100 * value);
  }
  return value == std::floor(value) && std::abs(value) < 1e15 ? thousands(static_cast<std::int64_t>(value))
                                                              : fmt::format("{:.4g}", value);
}

std::string painted(Paint paint, std::string_view text) {
  static constexpr std::array<const char*, 6> kCodes = {"0", "1", "2", "32", "33", "31"};
  if (paint == Paint::plain || !wants_colours()) {
    return std::string(text);
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(paint)], text);
}

std::string badge_text(std::string_view badge) {
  const Paint paint = badge == "exact" ? Paint::green : badge == "modelled" ? Paint::yellow : Paint::dim;
  return painted(paint, fmt::format("[{}]", badge));
}

std::string bar(double fraction, int width) {
  const double clamped = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  const int filled = static_cast<int>(std::lround(clamped * width));
  std::string out;
  for (int i = 0; i < width; ++i) {
    out += i < filled ? "█" : "·";
  }
  return out;
}

int display_width(std::string_view text) {
  int width = 0;
  bool escape = false;
  for (const char c : text) {
    if (escape) {
      escape = c != 'm';
    } else if (c == '\x1b') {
      escape = true;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++width;
    }
  }
  return width;
}

std::string wrapped(std::string_view text, int indent, int width) {
  const std::string blanks(static_cast<std::size_t>(indent), ' ');
  std::string out, line = blanks;
  bool empty = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!empty && display_width(line) + 1 + display_width(word) > width) {
      out += line + "\n";
      line = blanks;
      empty = true;
    }
    line += empty ? "" : " ";
    line += word;
    empty = false;
  }
  return out + line + "\n";
}

std::string csv_cell(std::string text) {
  for (char& c : text) {
    c = c == '\n' || c == '\r' ? ' ' : c;
  }
  if (text.find_first_of(",\"") == std::string::npos) {
    return text;
  }
  for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2)) {
    text.insert(at, "\"");
  }
  return "\"" + text + "\"";
}

Table::Table(std::vector<std::string> header) : left_(header.size(), false) {
  left_.at(0) = true;
  rows_.push_back(std::move(header));
}

void Table::add(std::vector<std::string> row) {
  row.resize(left_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text(int indent) const {
  std::vector<int> widths(left_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], display_width(row[c]));
    }
  }
  int total = 2 * (static_cast<int>(widths.size()) - 1);
  for (const int width : widths) {
    total += width;
  }
  const std::string blanks(static_cast<std::size_t>(indent), ' ');
  std::string out;
  const bool no_header = std::all_of(rows_[0].begin(), rows_[0].end(), [](const auto& cell) { return cell.empty(); });
  for (std::size_t r = no_header ? 1 : 0; r < rows_.size(); ++r) {
    if (std::find(rules_.begin(), rules_.end(), r) != rules_.end()) {
      out += blanks + painted(Paint::dim, std::string(static_cast<std::size_t>(total), '-')) + "\n";
    }
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      line += c == 0 ? "" : "  ";
      line += padded(rows_[r][c], widths[c], left_[c]);
    }
    line = without_trailing_blanks(line);
    out += blanks + (r == 0 ? painted(Paint::bold, line) : line) + "\n";
  }
  return out;
}

}  // namespace cli
