// The text of a tile program, cut into rows and pieces.
#include <algorithm>
#include <array>
#include <cctype>

#include "sim/algorithms/algorithms.h"
#include "ui/scope/statements.h"
#include "ui/window/views/program_parts.h"

namespace views {

namespace {

constexpr std::size_t kHanging = 4;  // columns that what did not fit stands further right

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view trimmed_right(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool is_quiet(std::string_view word) {
  constexpr std::array<std::string_view, 8> kQuiet = {"const", "auto", "std",    "int32_t",
                                                      "move",  "Tile", "Region", "int"};
  return std::find(kQuiet.begin(), kQuiet.end(), word) != kQuiet.end();
}

std::vector<CodePiece> pieces_of(std::string_view text, const FamilyOfName& names) {
  std::vector<CodePiece> pieces;
  const std::size_t comment = text.find("//");
  for (std::size_t at = 0; at < text.size();) {
    if (at >= comment) {
      pieces.push_back({at, text.size(), CodePiece::Kind::comment, scope::Family::none});
      break;
    }
    CodePiece piece{at, at + 1, CodePiece::Kind::code, scope::Family::none};
    if (is_word(text[at])) {
      while (piece.end < text.size() && is_word(text[piece.end])) {
        ++piece.end;
      }
      const std::string_view word = text.substr(at, piece.end - at);
      const auto name = names.find(word);
      piece.family = name != names.end() ? name->second : scope::Family::none;
      piece.kind = is_quiet(word) ? CodePiece::Kind::quiet : CodePiece::Kind::code;
    } else {
      while (piece.end < std::min(text.size(), comment) && !is_word(text[piece.end])) {
        ++piece.end;
      }
      const bool scope_mark = text.substr(at, piece.end - at) == "::";
      piece.kind = scope_mark ? CodePiece::Kind::quiet : CodePiece::Kind::code;
    }
    pieces.push_back(piece);
    at = piece.end;
  }
  return pieces;
}

// Where a row of at most `columns` characters ends: behind a blank, else wherever it must.
std::size_t break_at(std::string_view text, std::size_t columns) {
  if (text.size() <= columns) {
    return text.size();
  }
  const std::size_t blank = text.rfind(' ', columns);
  return blank == std::string_view::npos || blank < columns / 3 ? columns : blank + 1;
}

void add_rows(std::string_view line, int number, std::size_t columns, const FamilyOfName& names,
              std::vector<CodeRow>& rows) {
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  std::string_view rest = line.substr(indent);
  const bool only_comment = rest.substr(0, 2) == "//";
  bool comment = only_comment;
  bool first = true;
  do {
    const std::size_t own = first ? indent : std::min(indent + (only_comment ? 0 : kHanging), columns / 3);
    const std::size_t taken = own + (comment && !first ? 3 : 0);
    const std::size_t n = break_at(rest, std::max<std::size_t>(8, columns - std::min(columns, taken)));
    CodeRow row{number, first, n == rest.size(), own, std::string(trimmed_right(rest.substr(0, n))), {}};
    if (comment && !first) {
      row.text = "// " + row.text;
    }
    row.pieces = pieces_of(row.text, names);
    comment = row.text.find("//") != std::string::npos;
    rows.push_back(std::move(row));
    rest.remove_prefix(n);
    first = false;
  } while (!rest.empty());
}

}  // namespace

FamilyOfName names_in(const scope::Run& run, const scope::SourceFile& file, std::pair<int, int> lines) {
  FamilyOfName names;
  for (const sim::TensorInfo& tensor : run.plan().tensors) {
    names[tensor.name] = scope::family_of(tensor.name);
  }
  const scope::Statements& statements = scope::statements_of(file.path);
  for (int line = lines.first; line <= lines.second; ++line) {
    for (const scope::Variable& variable : statements.at(line).targets) {
      names[variable.name] = variable.family;
    }
  }
  // Statistics are ink, as all text is.
  std::erase_if(names, [](const auto& name) { return name.second >= scope::Family::statistic; });
  return names;
}

std::string code_without_number(const scope::SourceFile& file, int line) {
  const std::string& text = file.lines[static_cast<std::size_t>(line) - 1];
  if (!file.paper_line(line)) {
    return std::string(trimmed_right(text));
  }
  const std::size_t comment = text.rfind("//");
  const std::size_t digits = text.find_first_of("0123456789", comment);
  const std::size_t after = std::min(text.find_first_not_of("0123456789", digits), text.size());
  const std::size_t remark = text.find_first_not_of(' ', after);
  std::string code(trimmed_right(std::string_view(text).substr(0, comment)));
  return remark == std::string::npos ? code : code + "  // " + text.substr(remark);
}

std::vector<CodeRow> code_rows(const scope::SourceFile& file, std::pair<int, int> lines, std::size_t columns,
                               const FamilyOfName& names) {
  std::vector<CodeRow> rows;
  for (int line = lines.first; line <= lines.second; ++line) {
    add_rows(code_without_number(file, line), line, columns, names, rows);
  }
  return rows;
}

std::string counter_in(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    return {};
  }
  const bool loop = line.substr(begin, 5) == "for (";
  const std::size_t end =
      loop ? line.find_first_of(":=", line.find("std::int32_t") + 12) : line.find(" = block.index()");
  if (line.find("std::int32_t ") == std::string_view::npos || end == std::string_view::npos) {
    return {};
  }
  const std::string_view before = trimmed_right(line.substr(0, end));
  std::size_t from = before.size();
  while (from > 0 && is_word(before[from - 1])) {
    --from;
  }
  return std::string(before.substr(from));
}

std::string paper_of(const scope::Run& run) {
  for (const sim::Algorithm& algorithm : sim::algorithms()) {
    if (run.plan().algorithm == algorithm.name) {
      return algorithm.source;
    }
  }
  return {};
}

}  // namespace views
