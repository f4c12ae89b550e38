// Scenario files: TOML in, TOML out. Only this file of the scenario knows the TOML library.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "sim/scenario/scenario_toml.h"

namespace sim {
namespace {

using Strings = std::vector<std::string>;

constexpr int kViewDepthMax = 32;

// ---- table to scenario

/// Members of a group, "" being the top level; and there the names of the groups too.
Strings known_keys(std::string_view group) {
  Strings keys;
  for (const ScenarioField& field : scenario_fields()) {
    if (field.group() == group) {
      keys.emplace_back(field.member());
    } else if (group.empty() && std::find(keys.begin(), keys.end(), field.group()) == keys.end()) {
      keys.emplace_back(field.group());
    }
  }
  if (group.empty()) {
    keys.emplace_back("view");
  }
  return keys;
}

const toml::table& table_at(const toml::node& node, const std::string& source, const std::string& key) {
  if (!node.is_table()) {
    throw Error(at_line(source, node.source()),
                fmt::format("'{}' is {}; expected a table [{}]", key, described(node), key));
  }
  return *node.as_table();
}

[[noreturn]] void refuse_key(const toml::node& node, const std::string& source, std::string_view group,
                             std::string_view key, const Strings& known) {
  const std::string full = group.empty() ? std::string(key) : fmt::format("{}.{}", group, key);
  throw Error(at_line(source, node.source()),
              fmt::format("unknown {} '{}'", node.is_table() ? "table" : "key", printable(full)),
              suggestion(key, known));
}

void read_field(const toml::node& node, const std::string& source, const ScenarioField& field, Scenario& scenario) {
  const bool whole = field.kind == ScenarioField::Kind::whole;
  const std::string where = at_line(source, node.source());
  if (whole ? !node.is_integer() : !node.is_string()) {
    throw Error(where,
                fmt::format("'{}' is {}; expected {} ({})", field.key, described(node), field.expected(), field.text));
  }
  const ScenarioValue value = whole ? ScenarioValue(node.as_integer()->get()) : ScenarioValue(node.as_string()->get());
  try {
    set_scenario_field(scenario, field, value, "");
  } catch (const Error& error) {
    throw Error(where, fmt::format("'{}': {}", field.key, error.message()), error.hint());
  }
}

void read_group(const toml::table& table, const std::string& source, std::string_view group, Scenario& scenario) {
  for (const auto& [key, node] : table) {
    const std::string full = fmt::format("{}.{}", group, key.str());
    const ScenarioField* field = find_scenario_field(full);
    if (field == nullptr || full != field->key) {
      refuse_key(node, source, group, key.str(), known_keys(group));
    }
    read_field(node, source, *field, scenario);
  }
}

void read_override(const toml::node& node, const std::string& source, const std::string& key, Scenario& scenario) {
  const std::string where = at_line(source, node.source());
  if (!node.is_integer() && !node.is_floating_point()) {
    throw Error(where, fmt::format("machine key '{}' is {}; expected a number", printable(key), described(node)));
  }
  try {
    override_machine(
        scenario, key,
        node.is_integer() ? static_cast<double>(node.as_integer()->get()) : node.as_floating_point()->get());
  } catch (const Error& error) {
    throw Error(where, fmt::format("[machine.set] {}: {}", printable(key), printable(error.message())), error.hint());
  }
}

/// [machine.set], with keys either dotted (hbm.bytes = 1) or quoted ("hbm.bytes" = 1).
void read_overrides(const toml::table& table, const std::string& source, Scenario& scenario) {
  for (const auto& [key, node] : table) {
    if (!node.is_table()) {
      read_override(node, source, std::string(key.str()), scenario);
      continue;
    }
    for (const auto& [member, inner] : *node.as_table()) {
      read_override(inner, source, fmt::format("{}.{}", key.str(), member.str()), scenario);
    }
  }
}

/// Either machine = "NAME", or a table [machine] with name and set.
void read_machine(const toml::node& node, const std::string& source, Scenario& scenario) {
  const ScenarioField& field = *find_scenario_field("machine");
  if (!node.is_table()) {
    read_field(node, source, field, scenario);
    return;
  }
  for (const auto& [key, inner] : *node.as_table()) {
    if (key.str() == "name") {
      read_field(inner, source, field, scenario);
    } else if (key.str() == "set") {
      read_overrides(table_at(inner, source, "machine.set"), source, scenario);
    } else {
      refuse_key(inner, source, "machine", key.str(), {"name", "set"});
    }
  }
}

ViewTable view_table(const toml::table& table, const std::string& source, int depth);

ViewValue view_value(const toml::node& node, const std::string& source, int depth) {
  if (depth > kViewDepthMax) {
    throw Error(at_line(source, node.source()), fmt::format("[view] is nested deeper than {}", kViewDepthMax));
  }
  switch (node.type()) {
    case toml::node_type::string: return {node.as_string()->get()};
    case toml::node_type::integer: return {node.as_integer()->get()};
    case toml::node_type::floating_point: return {node.as_floating_point()->get()};
    case toml::node_type::boolean: return {node.as_boolean()->get()};
    case toml::node_type::table: return {view_table(*node.as_table(), source, depth + 1)};
    case toml::node_type::array: {
      std::vector<ViewValue> values;
      for (const toml::node& element : *node.as_array()) {
        values.push_back(view_value(element, source, depth + 1));
      }
      return {std::move(values)};
    }
    default: throw Error(at_line(source, node.source()), "a date or time has no place in [view]");
  }
}

ViewTable view_table(const toml::table& table, const std::string& source, int depth) {
  ViewTable result;
  for (const auto& [key, node] : table) {
    result.emplace_back(std::string(key.str()), view_value(node, source, depth));
  }
  return result;
}

// ---- scenario to text

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string key_text(const std::string& key) {
  constexpr std::string_view kBare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  return !key.empty() && key.find_first_not_of(kBare) == std::string::npos ? key : quoted(key);
}

/// A float that reads back as one: with a point, an exponent, or inf or nan.
std::string float_text(double value) {
  if (std::isnan(value)) {
    return "nan";
  }
  const std::string text = fmt::format("{}", value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string view_text(const ViewValue& value) {
  struct Printer {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return fmt::format("{}", i); }
    std::string operator()(double d) const { return float_text(d); }
    std::string operator()(const std::string& s) const { return quoted(s); }
    std::string operator()(const std::vector<ViewValue>& values) const {
      Strings parts;
      for (const ViewValue& element : values) {
        parts.push_back(view_text(element));
      }
      return fmt::format("[{}]", fmt::join(parts, ", "));
    }
    std::string operator()(const ViewTable& table) const {
      Strings parts;
      for (const auto& [key, element] : table) {
        parts.push_back(fmt::format("{} = {}", key_text(key), view_text(element)));
      }
      return parts.empty() ? "{}" : fmt::format("{{ {} }}", fmt::join(parts, ", "));
    }
  };
  return std::visit(Printer{}, value.data);
}

std::string value_text(const ScenarioValue& value) {
  const auto* whole = std::get_if<std::int64_t>(&value);
  return whole != nullptr ? fmt::format("{}", *whole) : quoted(std::get<std::string>(value));
}

std::string machine_text(const Scenario& scenario) {
  std::string out = "\n[machine]\n";
  if (scenario.given.count("machine") > 0) {
    out += fmt::format("name = {}\n", quoted(scenario.machine));
  }
  out += "\n[machine.set]\n";
  for (const auto& [key, value] : scenario.machine_set) {
    out += fmt::format("{} = {}\n", key, float_text(value));
  }
  return out;
}

}  // namespace

Scenario parse_scenario(const std::string& text, const std::string& source) {
  return scenario_from(parse_toml(text, kScenarioBytesMax, source), source);
}

ViewTable view_from(const toml::table& table, const std::string& source) { return view_table(table, source, 0); }

Scenario scenario_from(const toml::table& root, const std::string& source) {
  Scenario scenario;
  scenario.origin = source;
  const Strings known = known_keys("");
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    const ScenarioField* field = find_scenario_field(name);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      if (field != nullptr && field->member() == name) {
        throw Error(at_line(source, node.source()), fmt::format("'{}' belongs in [{}]", name, field->group()));
      }
      refuse_key(node, source, "", name, known);
    }
    if (name == "machine") {
      read_machine(node, source, scenario);
    } else if (name == "view") {
      scenario.view = view_table(table_at(node, source, name), source, 0);
    } else if (field != nullptr && field->group().empty()) {
      read_field(node, source, *field, scenario);
    } else {
      read_group(table_at(node, source, name), source, name, scenario);
    }
  }
  return scenario;
}

std::string to_toml(const Scenario& scenario) {
  std::string out, group;
  const bool machine_table = !scenario.machine_set.empty();
  for (const ScenarioField& field : scenario_fields()) {
    const bool later = machine_table && field.member() == "machine";  // as a table, after the plain keys
    if (scenario.given.count(field.key) == 0 || later) {
      continue;
    }
    if (field.group() != group) {
      group = field.group();
      out += fmt::format("\n[{}]\n", group);
    }
    out += fmt::format("{} = {}\n", field.member(), value_text(field.get(scenario)));
  }
  out += machine_table ? machine_text(scenario) : "";
  if (!scenario.view.empty()) {
    out += "\n[view]\n";
    for (const auto& [key, value] : scenario.view) {
      out += fmt::format("{} = {}\n", key_text(key), view_text(value));
    }
  }
  return out;
}

}  // namespace sim
