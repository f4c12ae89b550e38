#include "ui/scope/caption.h"

#include <algorithm>

#include "ui/scope/caption_parts.h"

namespace scope {

namespace {

constexpr int kWords = 16, kCharacters = 40;  // what a class reads at a glance

/// The words that are seen: marks of rich text left out.
std::string without_marks(const std::string& rich) {
  std::string out;
  for (std::size_t i = 0; i < rich.size(); ++i) {
    const char c = rich[i];
    if (c == '\\' && i + 1 < rich.size()) {
      out += rich[++i];
    } else if (c == '[' && i + 2 < rich.size() && rich[i + 2] == ':') {
      i += 2;
    } else if (c != '*' && c != '`' && c != '{' && c != '}' && c != ']' && c != '_' && c != '^') {
      out += c;
    }
  }
  return out;
}

/// English: at most 16 words. Chinese: at most 40 characters, blanks not counted.
bool short_enough(const std::string& rich, Language language) {
  const std::string text = without_marks(rich);
  if (language == Language::en) {
    return std::count(text.begin(), text.end(), ' ') < kWords;
  }
  const auto characters = std::count_if(
      text.begin(), text.end(), [](char c) { return c != ' ' && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return characters <= kCharacters;
}

}  // namespace

std::string caption(const Run& run, const Frame& frame, const Strings& strings) {
  const CaptionWriter writer(run, frame, strings);
  if (frame.at.idle || frame.op == nullptr || frame.cursor.t_us <= 0 || frame.cursor.t_us >= run.end_us()) {
    return strings.format("caption.alone", {{"main", writer.idle_clause()}});
  }
  const std::string waiting = writer.waiting_clause();
  if (!waiting.empty()) {
    return strings.format("caption.alone", {{"main", waiting}});
  }
  const std::string main = writer.op_clause(), flight = writer.flight_clause();
  if (!flight.empty()) {
    const std::string both = strings.format("caption.with_flight", {{"main", main}, {"flight", flight}});
    if (short_enough(both, strings.language())) {
      return both;
    }
  }
  return strings.format("caption.alone", {{"main", main}});
}

std::string progress(const Run& run, const Frame& frame, const Strings& strings) {
  const std::string number = count_text(std::min(frame.at.number + 1, frame.at.count)),
                    count = count_text(frame.at.count);
  if (run.kernels().size() < 2) {
    return strings.format("progress.op", {{"number", number}, {"count", count}});
  }
  return strings.format("progress.kernel_op", {{"kernel", count_text(frame.at.kernel + 1)},
                                               {"kernels", count_text(std::ssize(run.kernels()))},
                                               {"number", number},
                                               {"count", count}});
}

// ---- Names ----

std::string CaptionWriter::name(const TileInfo* tile) const {
  constexpr std::string_view kLetters = "QKVSPOm";
  if (tile == nullptr || tile->name.empty()) {
    return std::string(strings_.get("caption.a_tile"));
  }
  if (tile->family == Family::none) {
    return tile->name;
  }
  return std::string("[") + kLetters[static_cast<std::size_t>(tile->family)] + ":" + tile->name + "]";
}

std::string CaptionWriter::tensor_name(sim::TensorId tensor) const {
  TileInfo as_tile;
  as_tile.name = run_.plan().tensors[tensor].name;
  as_tile.family = family_of(as_tile.name);
  for (std::size_t at = as_tile.name.find('_'); at != std::string::npos; at = as_tile.name.find('_', at + 2)) {
    as_tile.name.insert(at, "\\");
  }
  return name(&as_tile);
}

std::string CaptionWriter::tensors(bool outputs, std::string_view one, std::string_view many) const {
  std::vector<std::string> names;
  for (const sim::TensorInfo& tensor : run_.plan().tensors) {
    if (tensor.role == (outputs ? sim::TensorRole::output : sim::TensorRole::input)) {
      names.push_back(tensor_name(tensor.tensor.id));
    }
  }
  std::string list = names.empty() ? std::string() : names.front();
  for (std::size_t i = 1; i < names.size(); ++i) {
    list = say(i + 1 == names.size() ? "caption.list_last" : "caption.list", {{"before", list}, {"last", names[i]}});
  }
  return say(names.size() == 1 ? one : many, {{"tensors", list}});
}

std::string CaptionWriter::level(sim::Level level) const {
  return std::string(strings_.get(level == sim::Level::smem ? "caption.to_smem" : "caption.to_registers"));
}

std::string CaptionWriter::kernel_name(std::size_t kernel) const {
  return "`" + run_.kernels()[kernel].kernel->name + "`";
}

// ---- Beside the op at work ----

std::string CaptionWriter::idle_clause() const {
  const double t = frame_.cursor.t_us;
  const auto& kernels = run_.kernels();
  if (t >= run_.end_us()) {
    return tensors(true, "caption.end_one", "caption.end_many");
  }
  if (t <= 0) {
    return tensors(false, "caption.begin_one", "caption.begin_many");
  }
  const auto next = static_cast<std::size_t>(run_.kernel_at(t));
  if (t < kernels[next].begin_us) {
    return next == 0 ? say("caption.launch", {{"kernel", kernel_name(0)}})
                     : say("caption.gap", {{"before", kernel_name(next - 1)}, {"kernel", kernel_name(next)}});
  }
  const std::string sm = std::to_string(frame_.cursor.place.sm);
  const BlockRun& block = run_.block_run(frame_.at.kernel, frame_.at.block);
  const bool here = block.sm == frame_.cursor.place.sm && block.slot == frame_.cursor.place.slot;
  if (here && frame_.at.kernel == static_cast<std::int32_t>(next) && t <= block.begin_us) {
    return say("caption.block_start", {{"sm", sm}, {"kernel", kernel_name(next)}});
  }
  return say("caption.idle", {{"sm", sm}});
}

std::string CaptionWriter::flight_clause() const {
  const Flight* best = nullptr;
  for (const Flight& flight : frame_.flights) {
    const bool own = flight.tile != nullptr && sim::reads_hbm(op().kind) && flight.tile->id == op().dst;
    const bool begun = flight.share > 0 && flight.share < 1;
    if (flight.tile != nullptr && !own && begun && !(flight.store && sim::writes_hbm(op().kind)) &&
        (best == nullptr || (best->store && !flight.store))) {
      best = &flight;
    }
  }
  if (best == nullptr) {
    return {};
  }
  const std::string bytes = bytes_text(static_cast<double>(best->bytes));
  return best->store ? say("caption.flight_store", {{"tile", name(best->tile)}, {"bytes", bytes}})
                     : say("caption.flight_load",
                           {{"tile", name(best->tile)}, {"bytes", bytes}, {"level", level(best->tile->level)}});
}

const PlacedSpan* CaptionWriter::span() const {
  const auto spans = run_.kernels()[static_cast<std::size_t>(frame_.at.kernel)].spans_of(frame_.at.block);
  const auto at = std::lower_bound(spans.begin(), spans.end(), frame_.at.op,
                                   [](const PlacedSpan& span, std::uint32_t number) { return span.op < number; });
  return at != spans.end() && at->op == frame_.at.op ? &*at : nullptr;
}

std::string CaptionWriter::waiting_clause() const {
  const PlacedSpan* placed = frame_.at.share > 0 ? nullptr : span();
  if (placed == nullptr || placed->waited_us <= 0 || frame_.cursor.t_us >= placed->begin_us) {
    return {};
  }
  const bool for_copy = placed->reason == sim::WaitReason::hbm || placed->reason == sim::WaitReason::l2;
  for (const Flight& flight : frame_.flights) {
    const bool awaited = flight.tile != nullptr && !flight.store &&
                         (flight.tile->id == op().a || flight.tile->id == op().b || flight.tile->id == op().dst);
    if (for_copy && awaited && !sim::reads_hbm(op().kind)) {
      return say(flight.from_dram ? "caption.waits_tile_hbm" : "caption.waits_tile_l2",
                 {{"tile", name(flight.tile)}, {"bytes", bytes_text(static_cast<double>(flight.bytes))}});
    }
  }
  switch (placed->reason) {
    case sim::WaitReason::hbm: return say("caption.waits_hbm", {});
    case sim::WaitReason::l2: return say("caption.waits_l2", {});
    case sim::WaitReason::barrier: return say("caption.waits_barrier", {});
    case sim::WaitReason::tensor_busy: return say("caption.waits_tensor", {});
    case sim::WaitReason::fp32_busy: return say("caption.waits_fp32", {});
    case sim::WaitReason::alu_busy: return say("caption.waits_alu", {});
    case sim::WaitReason::exp_busy: return say("caption.waits_exp", {});
    case sim::WaitReason::smem_busy: return say("caption.waits_smem", {});
    case sim::WaitReason::latency: return say("caption.waits_latency", {});
    case sim::WaitReason::none: break;
  }
  return {};
}

}  // namespace scope
