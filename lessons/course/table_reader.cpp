#include "lessons/course/table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace lessons {

namespace {

/// Without blanks and line ends around it, line ends as \n.
std::string trimmed(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
  const std::size_t first = text.find_first_not_of(" \t\n");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\n") + 1 - first);
}

}  // namespace

std::string TableReader::where(const std::string& key) const {
  const toml::node* node = table_.get(key);
  return node == nullptr ? where() : sim::at_line(source_, node->source());
}

void TableReader::only(const std::vector<std::string>& known) const {
  for (const auto& [key, node] : table_) {
    const std::string name(key.str());
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw sim::Error(sim::at_line(source_, node.source()),
                       fmt::format("unknown {} '{}'", node.is_table() ? "table" : "key", sim::printable(full(name))),
                       sim::suggestion(name, known));
    }
  }
}

void TableReader::require(const std::string& key) const {
  if (!has(key)) {
    throw sim::Error(where(), fmt::format("'{}' is missing", full(key)));
  }
}

void TableReader::fail(const std::string& key, const std::string& what, const std::string& hint) const {
  throw sim::Error(where(key), fmt::format("'{}' {}", full(key), what), hint);
}

void TableReader::refuse(const std::string& key, const toml::node& node, const std::string& expected) const {
  throw sim::Error(sim::at_line(source_, node.source()),
                   fmt::format("'{}' is {}; expected {}", full(key), sim::described(node), expected));
}

std::string TableReader::text(const std::string& key, const std::string& otherwise) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return otherwise;
  }
  if (!node->is_string()) {
    refuse(key, *node, "a text");
  }
  return trimmed(node->as_string()->get());
}

std::int64_t TableReader::whole(const std::string& key, std::int64_t otherwise, std::int64_t min,
                                std::int64_t max) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return otherwise;
  }
  if (!node->is_integer() || node->as_integer()->get() < min || node->as_integer()->get() > max) {
    refuse(key, *node, fmt::format("a whole number from {} to {}", min, max));
  }
  return node->as_integer()->get();
}

double TableReader::number(const std::string& key, double otherwise) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return otherwise;
  }
  const double value = node->is_integer()          ? static_cast<double>(node->as_integer()->get())
                       : node->is_floating_point() ? node->as_floating_point()->get()
                                                   : std::nan("");
  if (!std::isfinite(value)) {
    refuse(key, *node, "a number");
  }
  return value;
}

std::vector<std::string> TableReader::texts(const std::string& key) const {
  const toml::node* node = table_.get(key);
  std::vector<std::string> all;
  if (node == nullptr) {
    return all;
  }
  if (!node->is_array()) {
    refuse(key, *node, "a list of texts");
  }
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_string()) {
      refuse(key, element, "a list of texts");
    }
    all.push_back(trimmed(element.as_string()->get()));
  }
  return all;
}

Words TableReader::words(const std::string& key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return {};
  }
  if (!node->is_table()) {
    refuse(key, *node, "both languages: { en = \"...\", zh = \"...\" }");
  }
  const TableReader languages(*node->as_table(), source_, full(key));
  languages.only({"en", "zh"});
  const Words words{languages.text("en"), languages.text("zh")};
  if (words.en.empty() != words.zh.empty()) {
    throw sim::Error(languages.where(words.en.empty() ? "zh" : "en"),
                     fmt::format("'{}' is there in {} only", full(key), words.en.empty() ? "Chinese" : "English"),
                     fmt::format("add {}.{}", full(key), words.en.empty() ? "en" : "zh"));
  }
  return words;
}

std::optional<TableReader> TableReader::table_at(const std::string& key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_table()) {
    refuse(key, *node, fmt::format("a table [{}]", full(key)));
  }
  return TableReader(*node->as_table(), source_, full(key));
}

std::vector<TableReader> TableReader::tables(const std::string& key) const {
  const toml::node* node = table_.get(key);
  std::vector<TableReader> all;
  if (node == nullptr) {
    return all;
  }
  if (!node->is_array()) {
    refuse(key, *node, fmt::format("tables [[{}]]", full(key)));
  }
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_table()) {
      refuse(key, element, "a table");
    }
    all.emplace_back(*element.as_table(), source_, full(key));
  }
  return all;
}

}  // namespace lessons
