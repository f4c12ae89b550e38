// A tile program as rows on the screen: the paper's line numbers cut off, long lines wrapped, names of tiles known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ui/window/views/context.h"

namespace views {

/// A stretch of a row of code that is drawn in one way.
struct CodePiece {
  enum class Kind : std::uint8_t { code, quiet, comment };  ///< quiet: types and casts
  std::size_t begin = 0, end = 0;
  Kind kind = Kind::code;
  scope::Family family = scope::Family::none;  ///< of the tile or tensor that it names
};

struct CodeRow {
  int line = 0;       ///< of the file, from 1
  bool first = true;  ///< of its line; the others are what did not fit
  bool last = true;
  std::size_t indent = 0;
  std::string text;  ///< without its indent
  std::vector<CodePiece> pieces;
};

using FamilyOfName = std::map<std::string, scope::Family, std::less<>>;
/// What the function's text calls tiles and tensors.
FamilyOfName names_in(const scope::Run& run, const scope::SourceFile& file, std::pair<int, int> lines);

/// A line's code and its remark, without the paper's number.
std::string code_without_number(const scope::SourceFile& file, int line);
/// Rows of at most `columns` characters.
std::vector<CodeRow> code_rows(const scope::SourceFile& file, std::pair<int, int> lines, std::size_t columns,
                               const FamilyOfName& names);

/// The variable that a loop or `const std::int32_t i = block.index()` counts with; empty: none.
std::string counter_in(std::string_view line);

/// "Dao 2023 (FlashAttention-2), Algorithm 1": what the run's algorithm is taken from.
std::string paper_of(const scope::Run& run);

/// Card over a line: the last op of it (else the first to come), with sizes and modelled time.
void hover_line(Context& context, const scope::SourceFile& file, int line);

}  // namespace views
