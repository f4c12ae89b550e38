// What the statements of a tile program give names to, read off its text.
#pragma once

#include <string>
#include <vector>

#include "ui/scope/trace_index.h"

namespace scope {

struct Variable {
  std::string name, symbol;  ///< "Sij", "S"
  Family family = Family::none;
};

struct Statement {
  int first_line = 0;             ///< from 1; 0: no such line
  std::vector<Variable> targets;  ///< `Tile m = ..., l = ...` has two, `block.store(...)` none
  bool returns = false;           ///< a helper's result: it gets the name of what it was made from
};

/// By line - 1: the statement around each line, and the first and last line of the innermost loop around it.
struct Statements {
  explicit Statements(const SourceFile& file);
  const Statement& at(int line) const;
  std::pair<int, int> loop_of(int line) const;  ///< {0, 0}: none

 private:
  std::vector<Statement> statements_;
  std::vector<std::pair<int, int>> loops_;
};

/// Of a program that the window carries; a file that it does not has no statements. Kept.
const Statements& statements_of(const std::string& path);

}  // namespace scope
