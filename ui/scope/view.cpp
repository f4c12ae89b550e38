#include "ui/scope/view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "ui/scope/evidence.h"

namespace scope {

namespace {

using sim::ViewTable;
using sim::ViewValue;

constexpr std::array<std::string_view, kTabs> kTabNames = {"timeline", "bytes",   "roofline", "memory",
                                                           "sweep",    "compare", "measured"};
constexpr std::array<std::string_view, 3> kSizeNames = {"blackboard", "lecture", "realistic"};
constexpr std::array<std::string_view, 4> kRightNames = {"", "program", "state", "softmax"};
constexpr std::array<std::string_view, 2> kAlignNames = {"time", "work"};
constexpr std::array<std::string_view, 4> kChosenNames = {"nothing", "tensor", "tile", "row"};

template <std::size_t N>
std::string name_in(const std::array<std::string_view, N>& names, std::size_t index) {
  return std::string(names[index]);
}

template <typename Enum, int N>
std::array<std::string_view, N> names_of() {
  std::array<std::string_view, N> names;
  for (int i = 0; i < N; ++i) {
    names[static_cast<std::size_t>(i)] = name_of(static_cast<Enum>(i));
  }
  return names;
}

// ---- Reading: a table with the name that messages give it. ----

struct Reader {
  const ViewTable& table;
  std::string name;  ///< "view.chosen."

  const ViewValue* find(std::string_view key) const {
    const auto at = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == key; });
    return at == table.end() ? nullptr : &at->second;
  }
  [[noreturn]] void fail(std::string_view key, const std::string& expected) const {
    throw sim::Error(name + std::string(key), "expected " + expected);
  }
  [[noreturn]] void fail_name(std::string_view key, const std::string& value,
                              const std::vector<std::string>& names) const {
    throw sim::Error(name + std::string(key), "there is no '" + value + "'", sim::suggestion(value, names));
  }
  template <typename T>
  const T* get(std::string_view key, const char* expected) const {
    const ViewValue* value = find(key);
    if (value == nullptr) {
      return nullptr;
    }
    const T* held = std::get_if<T>(&value->data);
    return held != nullptr ? held : (fail(key, expected), nullptr);
  }

  void read(std::string_view key, bool& out) const {
    if (const bool* value = get<bool>(key, "true or false")) {
      out = *value;
    }
  }
  void read(std::string_view key, std::string& out) const {
    if (const auto* value = get<std::string>(key, "a text")) {
      out = *value;
    }
  }
  template <typename Whole>
  void read_whole(std::string_view key, Whole& out, std::int64_t min, std::int64_t max) const {
    if (const auto* value = get<std::int64_t>(key, "a whole number")) {
      if (*value < min || *value > max) {
        fail(key, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
      }
      out = static_cast<Whole>(*value);
    }
  }
  void read_number(std::string_view key, double& out, double min, double max, const char* expected) const {
    const ViewValue* value = find(key);
    if (value == nullptr) {
      return;
    }
    const auto* whole = std::get_if<std::int64_t>(&value->data);
    const auto* real = std::get_if<double>(&value->data);
    const double number = whole != nullptr ? static_cast<double>(*whole) : (real != nullptr ? *real : std::nan(""));
    if (!(number >= min && number <= max)) {
      fail(key, expected);
    }
    out = number;
  }
  template <typename Enum, std::size_t N>
  void read_name(std::string_view key, Enum& out, const std::array<std::string_view, N>& names) const {
    const auto* value = get<std::string>(key, "a text");
    if (value == nullptr) {
      return;
    }
    const auto at = std::find(names.begin(), names.end(), *value);
    if (at == names.end()) {
      fail_name(key, *value, std::vector<std::string>(names.begin(), names.end()));
    }
    out = static_cast<Enum>(at - names.begin());
  }
};

constexpr std::int64_t kWholeMax = 2'000'000'000;
constexpr double kBig = 1e18;

template <typename F>
void read_tables(const Reader& in, std::string_view key, F each) {
  const auto* values = in.get<std::vector<ViewValue>>(key, "a list of tables");
  for (std::size_t i = 0; values != nullptr && i < values->size(); ++i) {
    const auto* table = std::get_if<ViewTable>(&(*values)[i].data);
    if (table == nullptr) {
      in.fail(key, "a list of tables");
    }
    each(Reader{*table, in.name + std::string(key) + "[" + std::to_string(i) + "]."});
  }
}

void read_lists(const Reader& in, View& view) {
  if (const auto* chosen = in.get<ViewTable>("chosen", "a table")) {
    const Reader of{*chosen, in.name + "chosen."};
    of.read_name("kind", view.chosen.kind, kChosenNames);
    of.read("name", view.chosen.name);
    of.read_whole("row", view.chosen.row, 0, kWholeMax);
    of.read_whole("col", view.chosen.col, 0, kWholeMax);
  }
  read_tables(in, "bookmarks", [&](const Reader& of) {
    Bookmark& mark = view.bookmarks.emplace_back();
    of.read_number("t_us", mark.t_us, 0, kBig, "a time in us");
    of.read("name", mark.name);
  });
  read_tables(in, "breakpoints", [&](const Reader& of) {
    Breakpoint& point = view.breakpoints.emplace_back();
    of.read_name("kind", point.kind, names_of<BreakKind, kBreakKinds>());
    of.read("on", point.on);
    of.read_whole("bytes", point.bytes, 0, std::int64_t{1} << 60);
    of.read("file", point.file);
    of.read_whole("line", point.line, 0, kWholeMax);
    of.read_number("t_us", point.t_us, 0, kBig, "a time in us");
  });
}

void read_stage(const Reader& in, View& view) {
  in.read("tab_over_stage", view.tab_over_stage);
  in.read("left_open", view.left_open);
  in.read("all_heads", view.all_heads);
  in.read("right", view.right);
  if (std::find(kRightNames.begin(), kRightNames.end(), view.right) == kRightNames.end()) {
    in.fail_name("right", view.right, std::vector<std::string>(kRightNames.begin() + 1, kRightNames.end()));
  }
  in.read_whole("row", view.row, -1, kWholeMax);
  in.read_number("from_us", view.from_us, 0, kBig, "a time in us");
  in.read_number("to_us", view.to_us, 0, kBig, "a time in us");
  in.read_number("zoom", view.zoom, 1, 1e6, "a number from 1 to 1000000");
  in.read_number("pan_x", view.pan_x, -1e6, 1e6, "a share of the matrix");
  in.read_number("pan_y", view.pan_y, -1e6, 1e6, "a share of the matrix");
  in.read("zoomed", view.zoomed);
}

// ---- Writing ----

/// Sets keys of a table, or removes those that say nothing new; keys that nobody here knows stay where they are.
struct Writer {
  ViewTable& table;

  void put(const char* key, ViewValue value, bool needed) {
    const auto at = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == key; });
    if (at == table.end()) {
      if (needed) {
        table.emplace_back(key, std::move(value));
      }
    } else if (needed) {
      at->second = std::move(value);
    } else {
      table.erase(at);
    }
  }
  template <typename T>
  void set(const char* key, const T& value, const T& default_value) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      put(key, {std::int64_t{value}}, value != default_value);
    } else {
      put(key, {value}, value != default_value);
    }
  }
};

ViewValue chosen_value(const Chosen& chosen) {
  return {ViewTable{{"kind", {name_in(kChosenNames, static_cast<std::size_t>(chosen.kind))}},
                    {"name", {chosen.name}},
                    {"row", {std::int64_t{chosen.row}}},
                    {"col", {std::int64_t{chosen.col}}}}};
}

ViewValue breakpoint_value(const Breakpoint& point) {
  const Breakpoint plain;
  ViewTable table{{"kind", {std::string(name_of(point.kind))}}};
  Writer out{table};
  out.set("on", point.on, plain.on);
  out.set("bytes", point.bytes, plain.bytes);
  out.set("file", point.file, plain.file);
  out.set("line", point.line, plain.line);
  out.set("t_us", point.t_us, plain.t_us);
  return {std::move(table)};
}

void put_lists(const View& view, Writer& out) {
  out.put("chosen", chosen_value(view.chosen), view.chosen != Chosen{});
  std::vector<ViewValue> bookmarks, breakpoints;
  for (const Bookmark& mark : view.bookmarks) {
    bookmarks.push_back({ViewTable{{"t_us", {mark.t_us}}, {"name", {mark.name}}}});
  }
  for (const Breakpoint& point : view.breakpoints) {
    breakpoints.push_back(breakpoint_value(point));
  }
  out.put("bookmarks", {std::move(bookmarks)}, !view.bookmarks.empty());
  out.put("breakpoints", {std::move(breakpoints)}, !view.breakpoints.empty());
}

void put_stage(const View& view, const View& plain, Writer& out) {
  out.set("tab_over_stage", view.tab_over_stage, plain.tab_over_stage);
  out.set("left_open", view.left_open, plain.left_open);
  out.set("all_heads", view.all_heads, plain.all_heads);
  out.set("right", view.right, plain.right);
  out.set("row", view.row, plain.row);
  out.set("from_us", view.from_us, plain.from_us);
  out.set("to_us", view.to_us, plain.to_us);
  out.set("zoom", view.zoom, plain.zoom);
  out.set("pan_x", view.pan_x, plain.pan_x);
  out.set("pan_y", view.pan_y, plain.pan_y);
  out.set("zoomed", view.zoomed, plain.zoomed);
}

}  // namespace

std::string_view name_of(Tab tab) { return kTabNames[static_cast<std::size_t>(tab)]; }
std::string_view name_of(Size size) { return kSizeNames[static_cast<std::size_t>(size)]; }

void put_view(const View& view, sim::Scenario& scenario) {
  const View plain;
  Writer out{scenario.view};
  out.put("t_us", {view.cursor.t_us}, true);
  out.put("sm", {std::int64_t{view.cursor.place.sm}}, true);
  out.set("slot", view.cursor.place.slot, plain.cursor.place.slot);
  out.put("unit", {std::string(name_of(view.unit))}, view.unit != plain.unit);
  out.set("speed", view.speed, plain.speed);
  out.set("playing", view.playing, plain.playing);
  out.put("size", {std::string(name_of(view.size))}, true);
  out.put("tab", {std::string(name_of(view.tab))}, view.tab != plain.tab);
  out.set("dock_open", view.dock_open, plain.dock_open);
  put_stage(view, plain, out);
  put_lists(view, out);
  out.set("comparing", view.comparing, plain.comparing);
  out.put("align", {name_in(kAlignNames, static_cast<std::size_t>(view.align))}, view.align != plain.align);
  out.set("second", view.second, plain.second);
  out.set("sweep_key", view.sweep_key, plain.sweep_key);
}

View view_of(const sim::Scenario& scenario) {
  View view;
  const Reader in{scenario.view, "view."};
  in.read_number("t_us", view.cursor.t_us, 0, kBig, "a time in us");
  in.read_whole("sm", view.cursor.place.sm, 0, kWholeMax);
  in.read_whole("slot", view.cursor.place.slot, 0, kWholeMax);
  in.read_name("unit", view.unit, names_of<StepUnit, kStepUnits>());
  in.read_number("speed", view.speed, 1e-6, INFINITY, "ops a second, or inf");
  in.read("playing", view.playing);
  in.read_name("size", view.size, kSizeNames);
  in.read_name("tab", view.tab, kTabNames);
  in.read("dock_open", view.dock_open);
  read_stage(in, view);
  read_lists(in, view);
  in.read("comparing", view.comparing);
  in.read_name("align", view.align, kAlignNames);
  in.read("second", view.second);
  in.read("sweep_key", view.sweep_key);
  const std::vector<std::string>& keys = Sweep::keys();
  if (std::find(keys.begin(), keys.end(), view.sweep_key) == keys.end()) {
    in.fail_name("sweep_key", view.sweep_key, keys);
  }
  return view;
}

Size size_of(const Run& run) {
  const sim::Problem& problem = run.problem();
  const bool softmax = run.plan().find("X") != nullptr;
  const std::int32_t rows = softmax ? problem.rows : std::max(problem.seqlen_q, problem.seqlen_kv);
  const std::int32_t cols = softmax ? problem.row_length : problem.head_dim;
  if (rows <= 16 && cols <= (softmax ? 16 : 8)) {
    return Size::blackboard;
  }
  return run.has_values() || std::max(rows, softmax ? cols : 0) <= 4096 ? Size::lecture : Size::realistic;
}

}  // namespace scope
