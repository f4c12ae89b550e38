// Tables as CSV, RFC 4180: lines end with CR LF; a field with a comma, a quote or a line's end is quoted.
#include <fmt/format.h>

#include "ui/scope/evidence.h"
#include "ui/scope/tile_names.h"

namespace scope {

namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string out = "\"";
  for (const char c : text) {
    out += c;
    if (c == '"') {
      out += c;
    }
  }
  return out + "\"";
}

void add_line(const std::vector<std::string>& cells, std::string& out) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += (i > 0 ? "," : "") + field(cells[i]);
  }
  out += "\r\n";
}

template <typename T>
std::string text(T value) {
  return fmt::format("{}", value);
}

}  // namespace

std::string csv(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::string out;
  add_line(header, out);
  for (const std::vector<std::string>& row : rows) {
    add_line(row, out);
  }
  return out;
}

std::string csv_bytes(const Run& run, const Frame& frame) {
  std::vector<std::vector<std::string>> rows;
  for (const BytesRow& row : bytes_table(run, frame)) {
    const auto add = [&](const std::string& tensor, std::int64_t so_far, std::int64_t end, const std::string& form) {
      rows.push_back({row.boundary == Boundary::smem ? "SMEM" : "HBM", row.write ? "write" : "read", tensor,
                      text(so_far), text(end), row.exact ? "exact" : "modelled", form});
    };
    for (std::size_t i = 0; i < row.end.size(); ++i) {
      add(run.plan().tensors[i].name, row.so_far[i], row.end[i], "");
    }
    add("total", row.total_so_far, row.total_end, row.formula);
  }
  return csv({"boundary", "direction", "tensor", "bytes_so_far", "bytes_at_end", "badge", "closed_form"}, rows);
}

std::string csv_timeline(const Run& run, double from_us, double to_us, std::int32_t sm) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t k = 0; k < run.kernels().size(); ++k) {
    const KernelRun& kernel = run.kernels()[k];
    for (const PlacedSpan& span : kernel.lane(sm)) {
      if (span.end_us <= from_us || span.begin_us >= to_us) {
        continue;
      }
      const auto trace = run.trace(static_cast<std::int32_t>(k), span.block);
      const sim::Op& op = trace->trace->ops[span.op];
      const TileInfo* tile = trace->tile(op.dst != 0 ? op.dst : op.a);
      rows.push_back({kernel.kernel->name, text(sm), text(span.slot), text(span.block), text(span.op), text(op.line),
                      std::string(sim::name_of(op.kind)), tile != nullptr ? plain_name(tile->name) : "",
                      text(span.begin_us), text(span.end_us), text(span.waited_us),
                      std::string(sim::name_of(span.reason)), text(sim::bytes_moved(op)), text(span.dram_bytes)});
    }
  }
  return csv({"kernel", "sm", "slot", "block", "op", "line", "kind", "tile", "begin_us", "end_us", "waited_us",
              "waited_for", "bytes", "dram_bytes"},
             rows);
}

std::string csv_sweep(const Sweep& sweep) {
  std::vector<std::vector<std::string>> rows;
  for (const Sweep::Point& point : sweep.points()) {
    if (point.fits) {
      rows.push_back({text(point.x), text(point.smem_bytes), text(point.dram_bytes), text(point.time_us),
                      text(point.lower_bound_bytes), text(point.compulsory_bytes),
                      point.measured_us ? text(*point.measured_us) : "", ""});
    } else {
      rows.push_back({text(point.x), "", "", "", "", "", "", point.why_not});
    }
  }
  return csv({sweep.key(), "smem_bytes", "dram_bytes", "time_us", "lower_bound_bytes", "compulsory_bytes",
              "measured_us", "error"},
             rows);
}

}  // namespace scope
