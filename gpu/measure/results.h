// A measurement file: assets/measurements/<card>/<name>.json. Rewritten after every point, so that a run can be
// resumed.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "measure/card.h"
#include "measure/point.h"

namespace measure {

class Results {
 public:
  /// What `file` holds already, if it exists; else nothing. Throws Error for another card's file or a broken one.
  Results(std::string file, Json header);
  /// A file that must exist.
  static Results open(const std::string& file);

  bool has(const Point& point) const { return index_.count(text(point)) != 0; }
  /// Adds a record, or replaces the one of the same point, whose counters it keeps.
  void put(const Point& point, Json record);
  /// nullptr if the point was not measured.
  Json* find(const Point& point);
  std::size_t size() const { return json_["points"].size(); }
  void save() const;  ///< all or nothing: a temporary file is renamed. To standard output if there is no file name.

 private:
  Results(std::string file, Json header, bool must_exist);

  std::string file_;
  Json json_;
  std::map<std::string, std::size_t> index_;
};

/// "format", "date", "card", "driver", "toolkit", "conditions".
Json measurement_header(const Card& card, const std::string& conditions);

/// Throws Error. `what` is for a hint: "a measurement file".
Json read_json(const std::string& file, const std::string& format, const std::string& what);
void write_text(const std::string& file, const std::string& text);

}  // namespace measure
