// A table of a lesson's file, key by key, with errors that name file, line, key, value and what was expected.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lessons/course/lesson.h"
#include "sim/base/toml_text.h"

namespace lessons {

class TableReader {
 public:
  /// `name` is what messages call the table: "step.question".
  TableReader(const toml::table& table, std::string source, std::string name)
      : table_(table), source_(std::move(source)), name_(std::move(name)) {}

  const toml::table& table() const { return table_; }
  const std::string& source() const { return source_; }
  std::string where() const { return sim::at_line(source_, table_.source()); }
  std::string where(const std::string& key) const;  ///< of the key; of the table, if the key is not there
  int line() const { return static_cast<int>(table_.source().begin.line); }
  bool has(const std::string& key) const { return table_.contains(key); }
  std::string full(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }

  /// Throws, with the nearest, for a key that is not among them.
  void only(const std::vector<std::string>& known) const;
  void require(const std::string& key) const;
  [[noreturn]] void fail(const std::string& key, const std::string& what, const std::string& hint = {}) const;

  std::string text(const std::string& key, const std::string& otherwise = {}) const;
  std::int64_t whole(const std::string& key, std::int64_t otherwise, std::int64_t min, std::int64_t max) const;
  double number(const std::string& key, double otherwise) const;
  std::vector<std::string> texts(const std::string& key) const;
  Words words(const std::string& key) const;  ///< both languages or neither; empty if the key is not there
  std::optional<TableReader> table_at(const std::string& key) const;
  std::vector<TableReader> tables(const std::string& key) const;  ///< of an array

 private:
  [[noreturn]] void refuse(const std::string& key, const toml::node& node, const std::string& expected) const;

  const toml::table& table_;
  std::string source_, name_;
};

}  // namespace lessons
