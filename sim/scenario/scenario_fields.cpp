// The table of a scenario's fields.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "sim/scenario/scenario.h"

namespace sim {
namespace {

using Strings = std::vector<std::string>;
using Field = ScenarioField;
using Kind = ScenarioField::Kind;
using Family = ScenarioField::Family;
using S = Scenario;

Strings dtype_names() { return {"fp32", "fp16", "bf16"}; }
Strings mask_names() { return {"none", "causal"}; }

template <auto Group, auto Member>
Field whole(const char* key, std::int64_t min, std::int64_t max, Family family, const char* text) {
  using Value = std::remove_reference_t<decltype((std::declval<S&>().*Group).*Member)>;
  return {
      key,
      text,
      Kind::whole,
      min,
      max,
      nullptr,
      family,
      [](const S& s) { return ScenarioValue(static_cast<std::int64_t>((s.*Group).*Member)); },
      [](S& s, const ScenarioValue& value) { (s.*Group).*Member = static_cast<Value>(std::get<std::int64_t>(value)); }};
}

template <auto Member>
Field text(const char* key, const char* words, Strings (*choices)() = nullptr) {
  return {key,
          words,
          choices == nullptr ? Kind::text : Kind::choice,
          0,
          0,
          choices,
          Family::any,
          [](const S& s) { return ScenarioValue(s.*Member); },
          [](S& s, const ScenarioValue& value) { s.*Member = std::get<std::string>(value); }};
}

template <auto Member>
Field npy_path(const char* key, Family family, const char* words) {
  return {key,
          words,
          Kind::text,
          0,
          0,
          nullptr,
          family,
          [](const S& s) { return ScenarioValue(s.inputs.*Member); },
          [](S& s, const ScenarioValue& value) { s.inputs.*Member = std::get<std::string>(value); }};
}

Field choice(const char* key, const char* words, Strings (*choices)(), Family family, ScenarioValue (*get)(const S&),
             void (*set)(S&, const ScenarioValue&)) {
  return {key, words, Kind::choice, 0, 0, choices, family, get, set};
}

void append(std::vector<Field>& all, std::initializer_list<Field> rows) { all.insert(all.end(), rows); }

void append_top(std::vector<Field>& all) {
  append(all, {text<&S::title>("title", "one line that says what this is"),
               text<&S::source>("source", "where the numbers come from"),
               text<&S::machine>("machine", "name of a built-in machine, or a machine file"),
               text<&S::algorithm>("algorithm", "which algorithm runs", algorithm_names),
               text<&S::program>("program", "a recorded tile program that runs instead of the algorithm's own"),
               text<&S::preset>("preset", "a model's sizes, for what is not given")});
}

// Every upper bound here is one that checked() also holds, or a looser one.
void append_problem(std::vector<Field>& all) {
  using P = Problem;
  constexpr auto kAttention = Family::attention;
  constexpr std::int64_t kLength = 1 << 24, kHeads = 1 << 16;
  append(all, {whole<&S::problem, &P::batch>("problem.batch", 1, kHeads, kAttention, "sequences"),
               whole<&S::problem, &P::heads>("problem.heads", 1, kHeads, kAttention, "query heads"),
               whole<&S::problem, &P::kv_heads>("problem.kv_heads", 1, kHeads, kAttention,
                                                "heads of K and V, a divisor of heads; default: as many"),
               whole<&S::problem, &P::seqlen_q>("problem.seqlen_q", 1, kLength, kAttention, "queries of a sequence"),
               whole<&S::problem, &P::seqlen_kv>("problem.seqlen_kv", 1, kLength, kAttention,
                                                 "keys of a sequence; default: as many as queries"),
               whole<&S::problem, &P::head_dim>("problem.head_dim", 1, 1024, kAttention, "elements of a head's row"),
               choice(
                   "problem.dtype", "element type of the tensors", dtype_names, Family::any,
                   [](const S& s) { return ScenarioValue(std::string(name_of(s.problem.dtype))); },
                   [](S& s, const ScenarioValue& v) { s.problem.dtype = *dtype_named(std::get<std::string>(v)); }),
               choice(
                   "problem.mask", "which keys a query sees; causal is aligned bottom-right", mask_names, kAttention,
                   [](const S& s) { return ScenarioValue(std::string(name_of(s.problem.mask))); },
                   [](S& s, const ScenarioValue& v) {
                     s.problem.mask = std::get<std::string>(v) == "causal" ? Mask::causal : Mask::none;
                   }),
               whole<&S::problem, &P::rows>("problem.rows", 1, kLength, Family::softmax, "rows of a softmax"),
               whole<&S::problem, &P::row_length>("problem.row_length", 1, kLength, Family::softmax,
                                                  "elements of a softmax's row")});
}

void append_schedule(std::vector<Field>& all) {
  using C = Schedule;
  constexpr std::int64_t kLength = 1 << 24;
  append(all,
         {whole<&S::schedule, &C::block_q>("schedule.block_q", 1, kLength, Family::any, "rows of Q (or X) a block, Br"),
          whole<&S::schedule, &C::block_kv>("schedule.block_kv", 1, kLength, Family::any,
                                            "rows of K and V (columns of X) a step, Bc"),
          whole<&S::schedule, &C::stages>("schedule.stages", 1, 64, Family::any, "buffers that each of K and V has"),
          whole<&S::schedule, &C::warps>("schedule.warps", 1, 32, Family::any, "warps of a block"),
          whole<&S::schedule, &C::splits>("schedule.splits", 1, 1 << 16, Family::attention,
                                          "flash_decoding: parts that K and V are split into"),
          whole<&S::schedule, &C::tile>("schedule.tile", 1, kLength, Family::attention,
                                        "memory_efficient: rows and columns of the tiles inside a chunk")});
}

void append_inputs(std::vector<Field>& all) {
  using I = Scenario::Inputs;
  append(all, {choice(
                   "inputs.distribution", "how made-up values are spread", distribution_names, Family::any,
                   [](const S& s) { return ScenarioValue(std::string(name_of(s.inputs.spec.distribution))); },
                   [](S& s, const ScenarioValue& v) {
                     s.inputs.spec.distribution = distribution_named(std::get<std::string>(v));
                   }),
               {"inputs.seed", "of made-up values", Kind::whole, 0, std::numeric_limits<std::int64_t>::max(), nullptr,
                Family::any, [](const S& s) { return ScenarioValue(static_cast<std::int64_t>(s.inputs.spec.seed)); },
                [](S& s, const ScenarioValue& v) {
                  s.inputs.spec.seed = static_cast<std::uint64_t>(std::get<std::int64_t>(v));
                }},
               npy_path<&I::q>("inputs.q", Family::attention, ".npy file of Q"),
               npy_path<&I::k>("inputs.k", Family::attention, ".npy file of K"),
               npy_path<&I::v>("inputs.v", Family::attention, ".npy file of V"),
               npy_path<&I::x>("inputs.x", Family::softmax, ".npy file of a softmax's rows")});
}

}  // namespace

std::string_view ScenarioField::group() const {
  const std::string_view all = key;
  const std::size_t dot = all.find('.');
  return dot == std::string_view::npos ? std::string_view() : all.substr(0, dot);
}

std::string_view ScenarioField::member() const {
  const std::string_view all = key;
  const std::size_t dot = all.find('.');
  return dot == std::string_view::npos ? all : all.substr(dot + 1);
}

std::string ScenarioField::expected() const {
  switch (kind) {
    case Kind::whole: return fmt::format("a whole number from {} to {}", min, max);
    case Kind::choice: return fmt::format("one of {}", fmt::join(choices(), ", "));
    default: return "one line of text";
  }
}

const std::vector<ScenarioField>& scenario_fields() {
  static const std::vector<ScenarioField> fields = [] {
    std::vector<ScenarioField> all;
    append_top(all);
    append_problem(all);
    append_schedule(all);
    append_inputs(all);
    return all;
  }();
  return fields;
}

const ScenarioField* find_scenario_field(std::string_view name) {
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  const auto& fields = scenario_fields();
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const ScenarioField& f) { return wanted == f.key || wanted == f.member(); });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace sim
