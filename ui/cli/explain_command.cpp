// attoscope explain: where a number comes from.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "sim/analysis/closed_forms.h"
#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "ui/cli/assets.h"
#include "ui/cli/fields.h"
#include "ui/cli/format.h"
#include "ui/cli/report_json.h"
#include "ui/cli/report_text.h"
#include "ui/cli/scenario_flags.h"
#include "ui/cli/verbs.h"

namespace cli {
namespace {

constexpr int kWidth = 100;
constexpr int kDiffers = 1;

struct ExplainOptions {
  std::shared_ptr<ScenarioFlags> scenario;
  std::vector<std::string> counters;
};

/// One number: its row of the table, what was counted and, where there is one, its closed form.
struct Explained {
  std::string path;
  const FieldDoc* doc = nullptr;
  Json counted;
  const sim::ClosedForm* form = nullptr;
  bool differs() const { return form != nullptr && counted.is_number() && counted.get<std::int64_t>() != form->value; }
};

/// Paths of all numbers of a run, but for its settings and its kernels.
void append_paths(const Json& json, const std::string& prefix, std::vector<std::string>& paths) {
  for (const auto& [key, value] : json.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    const bool setting = path == "problem" || path == "schedule" || path == "machine_overrides" || path == "check";
    if (value.is_object() && !setting) {
      append_paths(value, path, paths);
    } else if (value.is_number() || value.is_null()) {
      paths.push_back(path);
    }
  }
  const bool top = prefix.empty();
  if (top) {
    paths.emplace_back("bound");
    paths.erase(std::remove(paths.begin(), paths.end(), "check"), paths.end());
    std::sort(paths.end() - 1, paths.end());
  }
}

Explained explained(const std::string& path, const Json& run, const std::vector<sim::ClosedForm>& forms) {
  Explained result{path, find_field_doc(path), value_at(run, path), nullptr};
  const auto form = std::find_if(forms.begin(), forms.end(), [&](const auto& f) { return f.counter == path; });
  result.form = form == forms.end() ? nullptr : &*form;
  return result;
}

std::string exact_text(const Json& value, const FieldDoc& doc) {
  if (value.is_number_integer()) {
    const auto whole = value.get<std::int64_t>();
    const std::string unit = *doc.unit == '\0' ? "" : fmt::format(" {}", doc.unit);
    return thousands(whole) + unit;
  }
  return value.is_number()   ? with_unit(value.get<double>(), doc.unit)
         : value.is_string() ? value.get<std::string>()
                             : "not there (see --no-timing)";
}

/// The meaning of the letters in `formula`: whole words of it.
std::string letters_of(const std::string& formula) {
  std::string out;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (const sim::FormulaLetter& letter : sim::formula_letters()) {
    const std::string name = letter.letter;
    bool found = false;
    for (std::size_t at = formula.find(name); at != std::string::npos && !found; at = formula.find(name, at + 1)) {
      const std::size_t end = at + name.size();
      found = (at == 0 || !is_word(formula[at - 1])) && (end == formula.size() || !is_word(formula[end]));
    }
    if (found) {
      out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", name, letter.meaning);
    }
  }
  return out;
}

std::string labelled(const char* label, const std::string& text) {
  constexpr int kLabel = 11;
  std::string block = wrapped(text, kLabel, kWidth);
  return fmt::format("  {:<9}{}", label, block.substr(kLabel));
}

std::string explanation_text(const Explained& e) {
  const FieldDoc& doc = *e.doc;
  std::string out = fmt::format("{} {}\n", painted(Paint::bold, e.path), badge_text(doc.badge));
  out += labelled("is", doc.text);
  if (e.form != nullptr) {
    out += labelled("formula", e.form->formula);
    out += labelled("numbers", e.form->substituted);
    out += labelled("result", exact_text(Json(e.form->value), doc));
    out += labelled("counted", exact_text(e.counted, doc) +
                                   (e.differs() ? painted(Paint::red, "  DIFFERS") : painted(Paint::green, "  equal")));
    out += labelled("source", e.form->source);
    const std::string letters = letters_of(e.form->formula);
    out += letters.empty() ? "" : labelled("where", letters);
    return out;
  }
  out += labelled("value", exact_text(e.counted, doc));
  return out + (*doc.rule == '\0' ? "" : labelled("rule", doc.rule));
}

Json explanation_json(const Explained& e) {
  Json json = {{"counter", e.path}, {"unit", e.doc->unit}, {"badge", e.doc->badge}, {"text", e.doc->text}};
  if (e.form != nullptr) {
    json["formula"] = e.form->formula;
    json["substituted"] = e.form->substituted;
    json["value"] = e.form->value;
    json["source"] = e.form->source;
  } else {
    json["rule"] = e.doc->rule;
  }
  json["counted"] = e.counted;
  return json;
}

std::string list_text(const std::vector<Explained>& all) {
  Table table({"counter", "value", "badge", "formula, or what it is"});
  table.align_left(2);
  table.align_left(3);
  for (const Explained& e : all) {
    const bool untouched = e.form == nullptr && e.counted.is_number_integer() && e.counted.get<std::int64_t>() == 0;
    if (untouched && e.path.find(".by_tensor.") != std::string::npos) {
      continue;
    }
    const bool number = e.counted.is_number();
    table.add({e.path, number ? with_unit(e.counted.get<double>(), e.doc->unit) : exact_text(e.counted, *e.doc),
               e.doc->badge, e.form != nullptr ? e.form->formula : e.doc->text});
  }
  return table.text(0) + "\n'attoscope explain COUNTER' puts the numbers in.\n";
}

int explain(const ExplainOptions& options) {
  const sim::Scenario scenario = scenario_of(*options.scenario);
  const sim::Experiment experiment = sim::experiment_of(scenario, assets_directory());
  const bool timing = !options.scenario->no_timing;
  const sim::Report report = sim::simulate(experiment, options.scenario->options());
  const Json run = report_json(report, scenario.machine_set, timing);
  const auto forms = sim::closed_forms(report.algorithm, report.problem, report.schedule, experiment.machine);
  std::vector<std::string> known;
  append_paths(run, "", known);
  std::vector<Explained> all;
  for (const std::string& path : options.counters.empty() ? known : options.counters) {
    if (std::find(known.begin(), known.end(), path) == known.end()) {
      const std::string near = sim::nearest(path, known);
      throw sim::Error("explain", fmt::format("unknown counter '{}'", path),
                       near.empty() ? "'attoscope explain' alone lists them" : fmt::format("did you mean '{}'?", near));
    }
    all.push_back(explained(path, run, forms));
  }
  const std::string heading = heading_text(report, scenario.schedule, scenario.machine_set) + "\n";
  if (options.scenario->json) {
    Json json = Json::array();
    for (const Explained& e : all) {
      json.push_back(explanation_json(e));
    }
    print(dumped(json));
  } else if (options.counters.empty()) {
    print(heading + list_text(all));
  } else {
    std::string text;
    for (const Explained& e : all) {
      text += (text.empty() ? "" : "\n") + explanation_text(e);
    }
    print(heading + text);
  }
  return std::any_of(all.begin(), all.end(), [](const Explained& e) { return e.differs(); }) ? kDiffers : 0;
}

}  // namespace

Action add_explain(CLI::App& app) {
  auto options = std::make_shared<ExplainOptions>();
  options->scenario = add_scenario_flags(app, false);
  app.add_option("counters", options->counters, "fields of run --json, such as two_level.read_bytes; none: list them")
      ->type_name("COUNTER ...");
  return [options] { return explain(*options); };
}

}  // namespace cli
