// Machine files: TOML in, TOML out.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "sim/base/toml_text.h"
#include "sim/machine/machine.h"

namespace sim {
namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kTitleMax = 200;

std::string_view group_of(std::string_view key) { return key.substr(0, key.find('.')); }
std::string_view member_of(std::string_view key) { return key.substr(key.find('.') + 1); }

std::vector<std::string> groups() {
  std::vector<std::string> names;
  for (const MachineField& f : machine_fields()) {
    if (names.empty() || names.back() != group_of(f.key)) {
      names.emplace_back(group_of(f.key));
    }
  }
  return names;
}

/// The keys of one table, for hints.
std::vector<std::string> keys_of(std::string_view group) {
  std::vector<std::string> keys;
  for (const MachineField& f : machine_fields()) {
    if (group_of(f.key) == group) {
      keys.emplace_back(f.key);
    }
  }
  return keys;
}

void refuse_unknown_keys(const toml::table& root, const std::string& source) {
  std::vector<std::string> top = groups();
  top.insert(top.begin(), {"name", "title"});
  for (const auto& [key, node] : root) {
    const std::string_view name = key.str();
    if (std::find(top.begin(), top.end(), name) == top.end()) {
      throw Error(at_line(source, node.source()),
                  fmt::format("unknown {} '{}'", node.is_table() ? "table" : "key", printable(name)),
                  suggestion(name, top));
    }
  }
  for (const std::string& group : groups()) {
    const toml::table* table = root[group].as_table();
    if (table == nullptr) {
      continue;
    }
    const std::vector<std::string> known = keys_of(group);
    for (const auto& [key, node] : *table) {
      const std::string full = group + "." + std::string(key.str());
      if (std::find(known.begin(), known.end(), full) == known.end()) {
        throw Error(at_line(source, node.source()), fmt::format("unknown key '{}'", printable(full)),
                    suggestion(full, known));
      }
    }
  }
}

std::string text_of(const toml::table& root, const std::string& source, const char* key, std::size_t size_max) {
  const toml::node* node = root.get(key);
  if (node == nullptr) {
    throw Error(source, fmt::format("missing key '{}'; expected a string", key));
  }
  const std::string where = at_line(source, node->source());
  if (!node->is_string()) {
    throw Error(where, fmt::format("'{}' is {}; expected a string", key, described(*node)));
  }
  const std::string& text = node->as_string()->get();
  const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (text.empty() || text.size() > size_max || control) {
    throw Error(where,
                fmt::format("'{}' = \"{}\"; expected one line of 1 to {} bytes", key, printable(text), size_max));
  }
  return text;
}

std::string read_name(const toml::table& root, const std::string& source) {
  std::string name = text_of(root, source, "name", kNameMax);
  const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos;
  if (!plain) {
    throw Error(at_line(source, root.get("name")->source()),
                fmt::format("'name' = \"{}\"; expected lower-case letters, digits, '-', '_' and '.'", printable(name)));
  }
  return name;
}

const toml::table& table_of(const toml::table& root, const std::string& source, const MachineField& f) {
  const std::string group(group_of(f.key));
  const toml::node* node = root.get(group);
  if (node == nullptr) {
    throw Error(source, fmt::format("missing table [{}], which holds '{}': expected {} ({})", group, f.key,
                                    f.expected(), f.text));
  }
  if (!node->is_table()) {
    throw Error(at_line(source, node->source()),
                fmt::format("'{}' is {}; expected a table [{}]", group, described(*node), group));
  }
  return *node->as_table();
}

void read_field(const toml::table& root, const std::string& source, const MachineField& f, Machine& machine) {
  const toml::table& table = table_of(root, source, f);
  const toml::node* node = table.get(member_of(f.key));
  if (node == nullptr) {
    throw Error(at_line(source, table.source()),
                fmt::format("missing key '{}': expected {} ({})", f.key, f.expected(), f.text));
  }
  const std::string where = at_line(source, node->source());
  if (!node->is_integer() && !(node->is_floating_point() && !f.whole)) {
    throw Error(where, fmt::format("'{}' is {}; expected {} ({})", f.key, described(*node), f.expected(), f.text));
  }
  try {
    const double value =
        node->is_integer() ? static_cast<double>(node->as_integer()->get()) : node->as_floating_point()->get();
    set_machine_field(machine, f.key, value);
  } catch (const Error& error) {
    throw Error(where, fmt::format("'{}' = {}", f.key, error.message()));
  }
}

void refuse_contradictions(const toml::table& root, const std::string& source, const Machine& machine) {
  if (const auto fault = find_machine_fault(machine)) {
    const toml::node* node = root[group_of(fault->key)][member_of(fault->key)].node();
    throw Error(at_line(source, node->source()), fmt::format("'{}': {}", fault->key, fault->message));
  }
}

}  // namespace

Machine parse_machine(const std::string& toml_text, const std::string& source) {
  const toml::table root = parse_toml(toml_text, kMachineFileBytesMax, source);
  refuse_unknown_keys(root, source);
  Machine machine;
  machine.source_file = source;
  machine.name = read_name(root, source);
  machine.title = text_of(root, source, "title", kTitleMax);
  for (const MachineField& f : machine_fields()) {
    read_field(root, source, f, machine);
  }
  refuse_contradictions(root, source, machine);
  return machine;
}

std::string machine_to_toml(const Machine& machine) {
  const auto quoted = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return out + "\"";
  };
  std::string out = fmt::format("name = {}\ntitle = {}\n", quoted(machine.name), quoted(machine.title));
  std::string_view group;
  for (const MachineField& f : machine_fields()) {
    if (group_of(f.key) != group) {
      group = group_of(f.key);
      out += fmt::format("\n[{}]\n", group);
    }
    const double value = f.get(machine);
    const std::string number = f.whole ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
    out += fmt::format("{} = {}  # {}{}{}\n", member_of(f.key), number, f.text, *f.unit ? ", " : "", f.unit);
  }
  return out;
}

}  // namespace sim
