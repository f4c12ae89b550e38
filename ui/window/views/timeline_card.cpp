// What a span says under the pointer.
#include "ui/window/views/timeline_parts.h"

namespace views {

namespace {

// The statement, without what stands in front of it and behind it.
std::string statement(const scope::TraceIndex& trace, int line) {
  const scope::SourceFile& file = scope::source_file(trace.kernel->source_file);
  if (line < 1 || static_cast<std::size_t>(line) > file.lines.size()) {
    return {};
  }
  std::string words = file.lines[static_cast<std::size_t>(line) - 1];
  words = words.substr(0, words.find("//"));
  const std::size_t first = words.find_first_not_of(' '), last = words.find_last_not_of(' ');
  return first == std::string::npos ? "" : words.substr(first, last - first + 1);
}

}  // namespace

void span_card(Context& context, const SpanUnderPointer& under) {
  const scope::Strings& strings = context.ui.strings;
  const scope::PlacedSpan& span = *under.span;
  const std::shared_ptr<const scope::TraceIndex> trace = context.run.trace(under.kernel, span.block);
  if (span.op >= trace->trace->ops.size()) {
    return;
  }
  const sim::Op& op = trace->trace->ops[span.op];
  const SpanWords words = span_words(*trace, context.run.plan(), span);
  const auto say = [&](const char* key) { return std::string(strings.get(key)); };
  draw::HoverCard card;
  card.title = say(("dock.op." + std::string(sim::name_of(op.kind))).c_str());
  if (!words.name.empty()) {
    card.title += strings.language() == scope::Language::zh ? "\xEF\xBC\x9A" + words.name : ": " + words.name;
  }
  const std::string code = statement(*trace, op.line);
  card.rows.push_back({strings.format("dock.card.line", {{"n", std::to_string(op.line)}}),
                       code.empty() ? escaped(trace->kernel->source_file) : "`" + code + "`"});
  card.rows.push_back({say("dock.card.begins"), micro(span.begin_us)});
  card.rows.push_back({say("dock.card.lasts"), micro(span.end_us - span.begin_us)});
  if (!words.bytes.empty()) {
    card.rows.push_back({say("dock.card.bytes"), words.bytes});
    if (span.dram_bytes > 0) {
      card.rows.push_back({say("dock.card.from_dram"), scope::bytes_text(static_cast<double>(span.dram_bytes))});
    }
  }
  if (span.waited_us > 0 && span.reason != sim::WaitReason::none) {
    const std::string reason = say(("dock.wait." + std::to_string(static_cast<int>(span.reason))).c_str());
    card.rows.push_back({say("dock.card.waited"),
                         strings.format("dock.card.waited_for",
                                        {{"time", micro(static_cast<double>(span.waited_us))}, {"reason", reason}})});
  }
  card.badge = draw::Badge::modelled;
  context.ui.hover(std::move(card));
}

}  // namespace views
