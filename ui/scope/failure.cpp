#include "ui/scope/failure.h"

#include <algorithm>

#include "sim/base/error.h"

namespace scope {

namespace {

const sim::ViewValue* find(const sim::ViewTable& table, const char* key) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == key; });
  return found == table.end() ? nullptr : &found->second;
}

template <typename T>
T read(const sim::ViewTable& table, const char* key, const char* expected) {
  const sim::ViewValue* value = find(table, key);
  const T* data = value != nullptr ? std::get_if<T>(&value->data) : nullptr;
  if (data == nullptr) {
    throw sim::Error(std::string("view.failure.") + key, std::string("is not ") + expected);
  }
  return *data;
}

double number(const sim::ViewTable& table, const char* key) {
  const sim::ViewValue* value = find(table, key);
  if (value != nullptr && std::holds_alternative<std::int64_t>(value->data)) {
    return static_cast<double>(std::get<std::int64_t>(value->data));
  }
  return read<double>(table, key, "a number");
}

std::int64_t whole(const sim::ViewTable& table, const char* key) {
  const auto value = read<std::int64_t>(table, key, "a whole number");
  if (value < 0 || value > 0x7fffffff) {
    throw sim::Error(std::string("view.failure.") + key, "is " + std::to_string(value), "it counts from 0");
  }
  return value;
}

}  // namespace

std::optional<Failure> failure_of(const sim::Scenario& scenario) {
  const sim::ViewValue* value = find(scenario.view, "failure");
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto* table = std::get_if<sim::ViewTable>(&value->data);
  if (table == nullptr) {
    throw sim::Error("view.failure", "is no table");
  }
  Failure failure;
  failure.block = static_cast<std::uint32_t>(whole(*table, "block"));
  failure.op = static_cast<std::uint32_t>(whole(*table, "op"));
  failure.en = read<std::string>(*table, "en", "words");
  failure.zh = read<std::string>(*table, "zh", "words");
  for (const sim::ViewValue& row : read<std::vector<sim::ViewValue>>(*table, "values", "a list")) {
    const auto* cells = std::get_if<sim::ViewTable>(&row.data);
    if (cells == nullptr) {
      throw sim::Error("view.failure.values", "has an entry that is no table");
    }
    failure.values.push_back(
        {read<std::string>(*cells, "tile", "a tile's name"), static_cast<std::int32_t>(whole(*cells, "row")),
         static_cast<std::int32_t>(whole(*cells, "col")), number(*cells, "got"), number(*cells, "want")});
  }
  return failure;
}

Cursor cursor_of(const Run& run, const Failure& failure) {
  const KernelRun& kernel = run.kernels().front();
  const auto block = std::min(failure.block, static_cast<std::uint32_t>(kernel.blocks.size() - 1));
  const BlockRun& where = run.block_run(0, block);
  const auto ops = static_cast<std::uint32_t>(run.trace(0, block)->trace->ops.size());
  const std::uint32_t op = std::min(failure.op, ops - 1);
  return {run.op_end_us(0, block, op), {where.sm, where.slot}};
}

}  // namespace scope
