// JSON Schema as far as tests/schemas use it: type, const, enum, required, properties, additionalProperties, items,
// minimum, minLength and maxLength (in characters); a keyword that it doesn't know is a finding too.
#pragma once

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace schema_check {

using Json = nlohmann::json;

inline bool has_type(const Json& value, const std::string& type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "null" && value.is_null()) || (type == "number" && value.is_number()) ||
         (type == "integer" && value.is_number_integer());
}

inline std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Validator {
 public:
  std::vector<std::string> findings;

  void check(const Json& value, const Json& schema, const std::string& at) {
    for (const auto& [keyword, rule] : schema.items()) {
      if (!holds(keyword, rule, value, schema, at)) {
        findings.push_back(at + ": " + keyword + " " + rule.dump().substr(0, 80) + ": " +
                           value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80));
      }
    }
  }

 private:
  bool holds(const std::string& keyword, const Json& rule, const Json& value, const Json& schema,
             const std::string& at) {
    if (keyword == "type") {
      return rule.is_array() ? std::any_of(rule.begin(), rule.end(),
                                           [&](const Json& type) { return has_type(value, type.get<std::string>()); })
                             : has_type(value, rule.get<std::string>());
    }
    if (keyword == "const") {
      return value == rule;
    }
    if (keyword == "enum") {
      return std::find(rule.begin(), rule.end(), value) != rule.end();
    }
    if (keyword == "minimum") {
      return !value.is_number() || value >= rule;
    }
    if (keyword == "minLength" || keyword == "maxLength") {
      const std::size_t length = value.is_string() ? characters(value.get<std::string>()) : rule.get<std::size_t>();
      return keyword == "minLength" ? length >= rule.get<std::size_t>() : length <= rule.get<std::size_t>();
    }
    return holds_inside(keyword, rule, value, schema, at);
  }

  bool holds_inside(const std::string& keyword, const Json& rule, const Json& value, const Json& schema,
                    const std::string& at) {
    if (keyword == "required") {
      return !value.is_object() || std::all_of(rule.begin(), rule.end(),
                                               [&](const Json& key) { return value.contains(key.get<std::string>()); });
    }
    if (keyword == "properties") {
      for (const auto& [key, inner] : rule.items()) {
        if (value.is_object() && value.contains(key)) {
          check(value[key], inner, at + "." + key);
        }
      }
      return true;
    }
    if (keyword == "additionalProperties") {
      const auto known = [&](const auto& item) { return schema["properties"].contains(item.key()); };
      const auto items = value.items();
      return rule.get<bool>() || !value.is_object() || std::all_of(items.begin(), items.end(), known);
    }
    if (keyword == "items") {
      for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
        check(value[i], rule, at + "[" + std::to_string(i) + "]");
      }
      return true;
    }
    return keyword == "title";
  }
};

/// What of the text breaks the schema tests/schemas/NAME.json; no JSON at all throws.
inline std::vector<std::string> findings(const std::string& text, const std::string& name) {
  std::ifstream file(std::string(ATTOSCOPE_SOURCE_ASSETS) + "/../tests/schemas/" + name + ".json");
  Validator validator;
  validator.check(Json::parse(text), Json::parse(file), name);
  return validator.findings;
}

}  // namespace schema_check
