// Numbers, tables and bars as text. Colours appear on a terminal only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

std::string thousands(std::int64_t value);           ///< "4,587,520"
std::string scaled(double value, const char* unit);  ///< "4.59 MB": four digits and a decimal prefix
std::string time_text(double microseconds);          ///< "41.7 us", "7.30 ms"

/// A value as its unit asks: bytes and FLOP scaled, microseconds as time, anything else plain.
std::string with_unit(double value, std::string_view unit);

enum class Paint : std::uint8_t { plain, bold, dim, green, yellow, red };

/// `text` in a colour if stdout is a terminal that wants colours.
std::string painted(Paint paint, std::string_view text);

/// "[exact]", "[modelled]", "[measured]".
std::string badge_text(std::string_view badge);

/// A bar of `width` characters, `fraction` of it filled.
std::string bar(double fraction, int width);

/// Columns on a terminal: characters, not bytes, and no escape sequences.
int display_width(std::string_view text);

/// `text` broken into lines of at most `width` columns, each after `indent` blanks.
std::string wrapped(std::string_view text, int indent, int width);

/// `text` as a cell of a CSV file: on one line, and in quotes if it needs them.
std::string csv_cell(std::string text);

/// Rows of cells, aligned: the first column left, the others right unless said otherwise. A header of empty cells is
/// not shown.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);
  void align_left(std::size_t column) { left_.at(column) = true; }
  void rule() { rules_.push_back(rows_.size()); }  ///< a line before the next row
  std::string text(int indent = 2) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<bool> left_;
  std::vector<std::size_t> rules_;
};

}  // namespace cli
