// attoscope list: what there is.
#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "sim/scenario/scenario.h"
#include "ui/cli/assets.h"
#include "ui/cli/fields.h"
#include "ui/cli/format.h"
#include "ui/cli/report_json.h"
#include "ui/cli/report_text.h"
#include "ui/cli/verbs.h"

namespace cli {
namespace {

struct ListOptions {
  std::string what;
  bool json = false;
};

/// A table and the same as JSON.
struct Listing {
  Table table;
  Json json = Json::array();
};

Listing list_algorithms() {
  Listing listing{Table({"algorithm", "title", "works on", "source"})};
  for (const std::size_t column : {1, 2, 3}) {
    listing.table.align_left(column);
  }
  for (const sim::Algorithm& a : sim::algorithms()) {
    const char* on = a.softmax ? "X" : "Q, K, V";
    listing.table.add({a.name, a.title, on, a.source});
    listing.json.push_back(
        {{"name", a.name}, {"title", a.title}, {"family", a.softmax ? "softmax" : "attention"}, {"source", a.source}});
  }
  return listing;
}

Listing list_machines() {
  Listing listing{Table({"machine", "title", "SMs", "MHz", "SMEM/SM", "L2", "HBM", "read GB/s", "fp16 TFLOP/s"})};
  listing.table.align_left(1);
  for (const std::string& name : sim::machine_names(assets_directory())) {
    const sim::Machine m = sim::load_machine(name, assets_directory());
    const double per_clock = std::max(m.rates.mma_sync_flops_per_clock, m.rates.wgmma_flops_per_clock);
    const double tflops = per_clock * m.chip.sm_count * m.chip.clock_mhz / 1e6;
    listing.table.add({name, m.title, fmt::format("{}", m.chip.sm_count), fmt::format("{}", m.chip.clock_mhz),
                       scaled(static_cast<double>(m.sm.smem_bytes), "B"), scaled(static_cast<double>(m.l2.bytes), "B"),
                       scaled(static_cast<double>(m.hbm.bytes), "B"), fmt::format("{}", m.hbm.read_gb_per_s),
                       fmt::format("{:.4g}", tflops)});
    Json row = {{"name", name}, {"title", m.title}, {"file", m.source_file}};
    for (const sim::MachineField& field : sim::machine_fields()) {
      row[field.key] = field.get(m);
    }
    listing.json.push_back(row);
  }
  return listing;
}

Listing list_presets() {
  Listing listing{Table({"preset", "title", "problem"})};
  listing.table.align_left(1);
  listing.table.align_left(2);
  for (const std::string& name : sim::preset_names(assets_directory())) {
    const sim::Scenario preset = sim::load_preset(name, assets_directory());
    const sim::Problem p = sim::checked(preset.problem, false);
    listing.table.add({name, preset.title,
                       fmt::format("H {}/{}  N {}/{}  d {}  {} {}", p.heads, p.kv_heads, p.seqlen_q, p.seqlen_kv,
                                   p.head_dim, sim::name_of(p.dtype), sim::name_of(p.mask))});
    listing.json.push_back({{"name", name},
                            {"title", preset.title},
                            {"source", preset.source},
                            {"batch", p.batch},
                            {"heads", p.heads},
                            {"kv_heads", p.kv_heads},
                            {"seqlen_q", p.seqlen_q},
                            {"seqlen_kv", p.seqlen_kv},
                            {"head_dim", p.head_dim},
                            {"dtype", sim::name_of(p.dtype)},
                            {"mask", sim::name_of(p.mask)}});
  }
  return listing;
}

Listing list_fields() {
  Listing listing{Table({"field of run --json", "unit", "badge", "what it is"})};
  for (const std::size_t column : {1, 2, 3}) {
    listing.table.align_left(column);
  }
  for (const FieldDoc& doc : field_docs()) {
    listing.table.add({doc.path, doc.unit, doc.badge, doc.text});
    listing.json.push_back({{"path", doc.path}, {"unit", doc.unit}, {"badge", doc.badge}, {"text", doc.text}});
  }
  return listing;
}

int list(const ListOptions& options) {
  struct Kind {
    const char* name;
    Listing (*make)();
  };
  static constexpr Kind kKinds[] = {
      {"algorithms", list_algorithms}, {"machines", list_machines}, {"presets", list_presets}, {"fields", list_fields}};
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    if (options.what == kind.name) {
      const Listing listing = kind.make();
      print(options.json ? dumped(listing.json) : listing.table.text(0));
      return 0;
    }
    names.emplace_back(kind.name);
  }
  throw sim::Error("list", options.what.empty() ? "what?" : fmt::format("can't list '{}'", options.what),
                   sim::suggestion(options.what, names));
}

}  // namespace

Action add_list(CLI::App& app) {
  auto options = std::make_shared<ListOptions>();
  app.add_option("what", options->what, "algorithms, machines, presets or fields");
  app.add_flag("--json", options->json, "print JSON");
  return [options] { return list(*options); };
}

}  // namespace cli
