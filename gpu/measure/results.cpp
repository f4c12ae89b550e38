#include "measure/results.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <utility>

#include "measure/error.h"

namespace measure {
namespace {

constexpr const char* kFormat = "attoscope-measurements 1";

std::string date_utc() {
  const std::time_t now = std::time(nullptr);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text.data();
}

bool exists(const std::string& file) { return !file.empty() && std::ifstream(file).good(); }

}  // namespace

Json measurement_header(const Card& card, const std::string& conditions) {
  int runtime = 0;
  kernels::check(cudaRuntimeGetVersion(&runtime), "asking for the runtime's version");
  Json json = {{"format", kFormat}, {"date", date_utc()}, {"card", card.to_json()}, {"driver", card.driver()}};
  json["toolkit"] = {{"compiled", version_text(CUDART_VERSION)}, {"runtime", version_text(runtime)}};
  json["conditions"] = conditions;
  json["held_back_rule"] = "a third of the problems: FNV-1a (64 bit) of the problem's text, a multiple of 3";
  return json;
}

Json read_json(const std::string& file, const std::string& format, const std::string& what) {
  std::ifstream stream(file);
  if (!stream) {
    throw Error(file, "can't be read");
  }
  try {
    Json json = Json::parse(stream);
    if (json.is_object() && json.value("format", Json()) == format && json.contains("points")) {
      return json;
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(file, error.what(), what + " is JSON");
  }
  throw Error(file, "is not " + what, "its \"format\" would be \"" + format + "\"");
}

void write_text(const std::string& file, const std::string& text) {
  const std::string temporary = file + ".new";
  std::ofstream stream(temporary, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream || std::rename(temporary.c_str(), file.c_str()) != 0) {
    throw Error(file, "can't be written");
  }
}

Results::Results(std::string file, Json header) : Results(std::move(file), std::move(header), false) {}

Results Results::open(const std::string& file) { return Results(file, Json(), true); }

Results::Results(std::string file, Json header, bool must_exist) : file_(std::move(file)), json_(std::move(header)) {
  if (must_exist || exists(file_)) {
    const Json card = must_exist ? Json() : json_["card"];
    json_ = read_json(file_, kFormat, "a measurement file");
    if (!must_exist && json_.value("card", Json()).value("name", Json()) != card["name"]) {
      throw Error(file_, "holds measurements of another card", "give -o another file");
    }
  } else {
    json_["points"] = Json::array();
  }
  for (std::size_t i = 0; i < json_["points"].size(); ++i) {
    index_[text(point_from_json(json_["points"][i], file_ + ": points[" + std::to_string(i) + "]"))] = i;
  }
}

void Results::put(const Point& point, Json record) {
  if (Json* old = find(point)) {
    if (old->contains("counters")) {
      record["counters"] = (*old)["counters"];
    }
    *old = std::move(record);
    return;
  }
  index_[text(point)] = json_["points"].size();
  json_["points"].push_back(std::move(record));
}

Json* Results::find(const Point& point) {
  const auto found = index_.find(text(point));
  return found == index_.end() ? nullptr : &json_["points"][found->second];
}

void Results::save() const {
  const std::string text = json_.dump(1) + "\n";
  if (file_.empty()) {
    std::cout << text;
  } else {
    write_text(file_, text);
  }
}

}  // namespace measure
