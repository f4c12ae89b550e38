// What a line of the program says under the pointer.
#include "ui/window/views/dock_parts.h"
#include "ui/window/views/program_parts.h"
#include "ui/window/views/state_parts.h"

namespace views {

namespace {

// The last op of the line that has begun; else the first one.
std::optional<std::uint32_t> op_of_line(const scope::Frame& frame, int line) {
  const std::vector<sim::Op>& ops = frame.trace->trace->ops;
  const auto is = [&](std::uint32_t n) { return ops[n].line == line && ops[n].kind != sim::OpKind::release; };
  for (std::uint32_t n = frame.at.op + 1; n-- > 0;) {
    if (is(n)) {
      return n;
    }
  }
  for (std::uint32_t n = frame.at.op + 1; n < ops.size(); ++n) {
    if (is(n)) {
      return n;
    }
  }
  return std::nullopt;
}

}  // namespace

void hover_line(Context& context, const scope::SourceFile& file, int line) {
  draw::HoverCard card;
  const auto op = op_of_line(context.frame, line);
  card.title = context.ui.strings.format("program.line", {{"n", std::to_string(line)}});
  if (op) {
    OpFacts facts = facts_of(context, *op);
    card.title += (context.ui.chinese() ? "\xEF\xBC\x9A" : ": ") + facts.title;
    for (OpFacts::Fact& fact : facts.facts) {
      card.rows.push_back({std::move(fact.label), std::move(fact.value)});
    }
    card.substituted = facts.substituted;
    card.badge = facts.time_us ? draw::Badge::modelled : draw::Badge::exact;
  }
  if (const auto paper = file.paper_line(line)) {
    card.source = escaped(context.ui.strings.format(
                      "program.paper_line", {{"n", std::to_string(*paper)}, {"paper", paper_of(context.run)}})) +
                  "\n";
  }
  card.source += context.ui.words(op ? "program.click" : "program.never");
  context.ui.hover(std::move(card));
}

}  // namespace views
