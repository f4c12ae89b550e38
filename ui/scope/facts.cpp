#include "ui/scope/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <tuple>

#include "sim/analysis/quantities.h"
#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "sim/base/toml_text.h"
#include "ui/scope/caption.h"
#include "ui/scope/frame.h"
#include "ui/scope/moment.h"

namespace scope {

namespace {

using lessons::Badge;
using lessons::Quantity;
using Names = std::vector<std::string>;

constexpr std::array<const char*, 4> kLevels = {"HBM", "L2", "SMEM", "registers"};

[[noreturn]] void fail(const std::string& message, const std::string& hint = {}) {
  throw sim::Error("", message, hint);
}

Names parts_of(const std::string& name) {
  Names parts(1);
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::int32_t number_in(const std::string& part, const std::string& name) {
  std::int32_t value = 0;
  const auto [stop, fault] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (fault != std::errc() || stop != part.data() + part.size() || value < 0) {
    fail(fmt::format("'{}' is no row or column in '{}'", sim::printable(part), sim::printable(name)),
         "write at.m.0 or at.O.0.1");
  }
  return value;
}

/// Row and column: "NAME.ROW" or "NAME.ROW.COL" behind the prefix.
struct Element {
  std::string object;
  std::int32_t row = 0, col = -1;

  explicit Element(const std::string& name) {
    const Names parts = parts_of(name);
    if (parts.size() != 3 && parts.size() != 4) {
      fail(fmt::format("'{}' names no element", sim::printable(name)), "write at.m.0 or at.O.0.1");
    }
    object = parts[1];
    row = number_in(parts[2], name);
    col = parts.size() == 4 ? number_in(parts[3], name) : -1;
  }

  void check(const sim::Shape& shape, const std::string& what) {
    if (col < 0 && shape.cols > 1) {
      fail(fmt::format("{} has {} columns; which?", what, shape.cols), fmt::format("write {}.{}.0", object, row));
    }
    col = std::max(col, 0);
    if (row >= shape.rows || col >= shape.cols) {
      fail(fmt::format("{} has no element ({}, {}): it is {} x {}, counted from 0", what, row, col, shape.rows,
                       shape.cols));
    }
  }
};

std::string unblanked(std::string path) {
  std::replace(path.begin(), path.end(), ' ', '_');
  return path;
}

// ---- Values ----

void check_values(const Run& run, const At& at, double t_us) {
  if (!run.has_values()) {
    fail("this run is too large to keep values, or branches on them", "values of tiles need a smaller problem");
  }
  if (at.idle) {
    fail(fmt::format("nothing runs at {} at this place", time_text(t_us)), "choose a moment inside a block: op1, 40%");
  }
}

// What the op at work makes or uses comes first, then the newest; copies ahead of their turn, and on their way, last.
auto rank_of(const OnChip& tile, const Frame& frame) {
  const bool ahead = frame.iteration >= 0 && tile.tile->j > frame.iteration;
  return std::tuple(tile.values != nullptr, tile.result, tile.operand, !ahead, tile.tile->made_op);
}

Quantity tile_value(const Run& run, const Cursor& cursor, const std::string& name, std::size_t place) {
  Element element(name);
  const Frame frame = frame_at(run, cursor);
  check_values(run, frame.at, cursor.t_us);
  std::vector<const OnChip*> named;
  std::set<std::string> alive;
  for (const OnChip& tile : frame.tiles) {
    const std::string symbol = plain_symbol(tile.tile->symbol);
    alive.insert(symbol);
    if (tile.tile->variable == element.object || symbol == element.object) {
      named.push_back(&tile);
    }
  }
  if (named.size() <= place) {
    fail(fmt::format("there is no {}tile '{}' at {}", named.empty() ? "" : "other ", element.object,
                     time_text(cursor.t_us)),
         alive.empty() ? "no tile is alive there" : fmt::format("alive are: {}", fmt::join(alive, ", ")));
  }
  std::sort(named.begin(), named.end(),
            [&](const OnChip* a, const OnChip* b) { return rank_of(*a, frame) > rank_of(*b, frame); });
  const sim::Matrix* values = named[place]->values;
  if (values == nullptr) {
    fail(fmt::format("tile '{}' is still on its way at {}", element.object, time_text(cursor.t_us)),
         "a load's line ends when the copy has been issued; choose an op that uses it");
  }
  element.check(values->shape(), fmt::format("tile '{}'", element.object));
  return {values->at(element.row, element.col), Badge::exact};
}

Quantity tensor_value(const Run& run, const Cursor& cursor, const std::string& name) {
  Element element(name);
  const sim::TensorInfo* info = run.plan().find(element.object);
  if (info == nullptr) {
    Names names;
    for (const sim::TensorInfo& tensor : run.plan().tensors) {
      names.push_back(tensor.name);
    }
    fail(fmt::format("there is no tensor '{}'", element.object), sim::suggestion(element.object, names));
  }
  const At at = run.at(cursor);
  if (!run.has_values()) {
    check_values(run, at, cursor.t_us);
  }
  element.check(info->tensor.shape, fmt::format("tensor '{}'", element.object));
  const sim::State& state = run.state_after(at.kernel, at.block, at.op);
  const std::int64_t slice = info->tensor.slice_of(run.value_slice(at.slice));
  float value = 0;
  if (!state.values->hbm.read(info->tensor.id, slice, element.row, element.col, {1, 1}, &value)) {
    fail(fmt::format("element ({}, {}) of '{}' has not been written at {}", element.row, element.col, element.object,
                     time_text(cursor.t_us)));
  }
  return {value, Badge::exact};
}

// ---- Numbers ----

Quantity moment_value(const Run& run, const Cursor& cursor, const std::string& name) {
  const std::string key = name.substr(4);
  if (key == "t_us") {
    return {cursor.t_us, Badge::modelled};
  }
  if (key == "dram_read_bytes" || key == "dram_write_bytes") {
    return {static_cast<double>(run.bytes_at(cursor.t_us, Boundary::dram, key == "dram_write_bytes")), Badge::modelled};
  }
  const Frame frame = frame_at(run, cursor);
  if (key == "smem_bytes" || key == "register_bytes") {
    return {static_cast<double>(key == "smem_bytes" ? frame.smem_bytes : frame.register_bytes), Badge::exact};
  }
  fail(fmt::format("there is no number '{}'", sim::printable(name)),
       sim::suggestion(key, {"t_us", "smem_bytes", "register_bytes", "dram_read_bytes", "dram_write_bytes"}));
}

Quantity machine_value(const Run& run, const std::string& key) {
  return {sim::find_machine_field(key).get(run.machine()), Badge::exact};
}

const std::vector<sim::NamedNumber>& numbers_of(const Run& run) {
  std::shared_ptr<void>& kept = run.cache("quantities");
  if (kept == nullptr) {
    auto all = std::make_shared<std::vector<sim::NamedNumber>>(sim::quantities(run.report()));
    for (const auto& [key, value] : run.scenario().machine_set) {
      all->push_back({"machine_overrides." + key, value, true});
    }
    kept = all;
  }
  return *static_cast<const std::vector<sim::NamedNumber>*>(kept.get());
}

Quantity report_value(const Run& run, const std::string& name) {
  Names paths;
  for (const sim::NamedNumber& number : numbers_of(run)) {
    paths.push_back(unblanked(number.path));
    if (paths.back() == name) {
      return {number.value, number.exact ? Badge::exact : Badge::modelled};
    }
  }
  const std::string near = sim::nearest(name, paths);
  fail(fmt::format("there is no number '{}'", sim::printable(name)),
       fmt::format("{}`attoscope list fields` has the names",
                   near.empty() ? "" : fmt::format("did you mean '{}'? ", near)));
}

bool starts(const std::string& name, std::string_view prefix) { return name.compare(0, prefix.size(), prefix) == 0; }

}  // namespace

std::string plain_symbol(const std::string& symbol) {
  std::string plain;
  for (const char c : symbol) {
    plain += c == '*' ? "" : c == ' ' ? "_" : std::string(1, c);
  }
  return plain == "ℓ" ? "l" : plain == "α" ? "alpha" : plain;
}

Quantity fact_of(const Run& run, const Cursor& cursor, const std::string& name) {
  if (starts(name, "machine.")) {
    return machine_value(run, name.substr(8));
  }
  if (starts(name, "at.")) {
    return tile_value(run, cursor, name, 0);
  }
  if (starts(name, "before.")) {
    return tile_value(run, cursor, name, 1);
  }
  if (starts(name, "hbm.")) {
    return tensor_value(run, cursor, name);
  }
  return starts(name, "now.") ? moment_value(run, cursor, name) : report_value(run, name);
}

Cursor moment_in_other(const Run& other, const std::string& at) {
  Cursor there{other.end_us(), {}};
  try {
    there.t_us = moment_of(other, there.place, at, "at");
  } catch (const sim::Error&) {
    // A moment that only the step's own scenario has: then how it ends.
  }
  return there;
}

lessons::Lookup lookup_at(const Run& run, const Cursor& cursor, const std::string& at, RunOf others) {
  return [&run, cursor, at, others = std::move(others)](const std::string& scenario, const std::string& name) {
    if (scenario.empty()) {
      return fact_of(run, cursor, name);
    }
    const std::shared_ptr<const Run> other = others(scenario);
    return fact_of(*other, moment_in_other(*other, at), name);
  };
}

// ---- Things ----

Thing thing_of(const Run& run, const Cursor& cursor, const std::string& name) {
  if (std::find(kLevels.begin(), kLevels.end(), name) != kLevels.end()) {
    return Thing::level;
  }
  if (run.plan().find(name) != nullptr) {
    return Thing::tensor;
  }
  const At at = run.at(cursor);
  for (const TileInfo& tile : run.trace(at.kernel, at.block)->tiles) {
    if (!name.empty() && (tile.variable == name || plain_symbol(tile.symbol) == plain_symbol(name))) {
      return Thing::tile;
    }
  }
  return Thing::none;
}

Names things_at(const Run& run, const Cursor& cursor) {
  std::set<std::string> names(kLevels.begin(), kLevels.end());
  for (const sim::TensorInfo& tensor : run.plan().tensors) {
    names.insert(tensor.name);
  }
  const At at = run.at(cursor);
  for (const TileInfo& tile : run.trace(at.kernel, at.block)->tiles) {
    names.insert(plain_symbol(tile.symbol));
    if (!tile.temporary) {
      names.insert(tile.variable);
    }
  }
  names.erase("");
  return {names.begin(), names.end()};
}

}  // namespace scope
