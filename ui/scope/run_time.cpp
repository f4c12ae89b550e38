// Times and places of ops.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/base/error.h"
#include "ui/scope/run_parts.h"

namespace scope {

double KernelRun::cycles_per_us(const sim::Machine& machine) const {
  return sim::at_clock_of(machine, fit.multiplies).cycles_per_us();
}

namespace {

// Ops that end together are set apart by this, so that each has a moment of its own.
double apart(double t_us) { return std::max(1e-9, 4 * std::numeric_limits<double>::epsilon() * t_us); }

// Where the spans are not kept, ops follow each other evenly.
void spread(const BlockRun& block, BlockClock& clock) {
  const auto count = static_cast<double>(clock.done.size());
  for (std::size_t n = 0; n < clock.done.size(); ++n) {
    clock.op_begin[n] = clock.from(n);
    clock.done[n] = block.begin_us + (block.end_us - block.begin_us) * static_cast<double>(n + 1) / count;
  }
}

// A load is done when it has been issued: who uses it waits for the bytes. All else is done when its span ends.
void place(const BlockRun& block, const BlockClass& in, std::span<const PlacedSpan> spans, double issue_us,
           BlockClock& clock) {
  const double step = apart(block.end_us);
  std::size_t next = 0;
  for (std::size_t n = 0; n < clock.done.size(); ++n) {
    const double from = clock.from(n);
    double done = from;
    clock.op_begin[n] = from;
    if (next < spans.size() && spans[next].op == in.real_ops[n]) {
      const PlacedSpan& span = spans[next++];
      clock.op_begin[n] = span.begin_us;
      done = span.kind == sim::StepKind::load ? span.begin_us + issue_us : span.end_us;
    }
    clock.done[n] = std::max(done, from + step);
  }
  double latest = block.end_us;
  for (std::size_t n = clock.done.size(); n-- > 0; latest -= step) {
    clock.done[n] = std::min(clock.done[n], latest);
    clock.op_begin[n] = std::min(clock.op_begin[n], clock.done[n]);
  }
}

}  // namespace

std::shared_ptr<const BlockClock> Run::Parts::clock(std::int32_t kernel, std::uint32_t block) {
  const BlockKey key{kernel, block};
  if (last_clock.second != nullptr && last_clock.first == key) {
    return last_clock.second;
  }
  std::shared_ptr<const BlockClock> found = clocks.find(key);
  if (found == nullptr) {
    const KernelRun& of = run.kernels_[static_cast<std::size_t>(kernel)];
    const BlockClass& in = kernels[static_cast<std::size_t>(kernel)].of(block);
    auto made = std::make_shared<BlockClock>();
    made->begin_us = of.blocks[block].begin_us;
    made->op_begin.resize(in.real_ops.size());
    made->done.resize(in.real_ops.size());
    const std::span<const PlacedSpan> spans = of.spans_of(block);
    const sim::Machine& machine = run.machine();
    if (spans.empty()) {
      spread(of.blocks[block], *made);
    } else {
      place(of.blocks[block], in, spans, machine.overheads.copy_issue_cycles / of.cycles_per_us(machine), *made);
    }
    if (!made->done.empty()) {
      made->done.back() = of.blocks[block].end_us;
    }
    found = made;
    clocks.put(key, found, static_cast<std::int64_t>(in.real_ops.size() * 2 * sizeof(double)));
  }
  last_clock = {key, found};
  return found;
}

const PlaceLine& Run::Parts::line(Place place) {
  const auto [at, is_new] = lines.try_emplace({place.sm, place.slot});
  PlaceLine& line = at->second;
  if (!is_new) {
    return line;
  }
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    const KernelRun& kernel = run.kernels_[k];
    if (place.sm < 0 || place.sm >= std::ssize(kernel.lanes) || place.slot < 0 || place.slot >= kernel.blocks_per_sm) {
      continue;
    }
    const auto slot = static_cast<std::size_t>(place.sm) * static_cast<std::size_t>(kernel.blocks_per_sm) +
                      static_cast<std::size_t>(place.slot);
    for (const std::uint32_t block : kernel.on_slot[slot]) {
      const std::int64_t count = std::ssize(kernels[k].of(block).real_ops);
      const BlockRun& in = kernel.blocks[block];
      line.stays.push_back({static_cast<std::int32_t>(k), block, in.begin_us, in.end_us, line.ops, count});
      line.ops += count;
    }
  }
  return line;
}

namespace {

bool ends_before(const PlaceLine::Stay& stay, double t_us) { return stay.end_us < t_us; }

}  // namespace

// Nothing ever runs there: the first block of the kernel that runs elsewhere.
At Run::Parts::nowhere(double t_us) const {
  At at;
  at.kernel = run.kernel_at(t_us);
  const BlockClass& in = kernels[static_cast<std::size_t>(at.kernel)].of(0);
  at.op = in.real_ops.front();
  at.count = std::ssize(in.real_ops);
  at.op_begin_us = at.op_end_us = run.kernels_[static_cast<std::size_t>(at.kernel)].blocks.front().begin_us;
  at.idle = true;
  return at;
}

At Run::Parts::at(const Cursor& cursor) {
  const PlaceLine& places = line(cursor.place);
  if (places.stays.empty()) {
    return nowhere(cursor.t_us);
  }
  auto stay = std::lower_bound(places.stays.begin(), places.stays.end(), cursor.t_us, ends_before);
  At at;
  at.idle = stay == places.stays.end() || cursor.t_us < stay->begin_us;
  stay -= stay == places.stays.end() ? 1 : 0;
  const double t = std::clamp(cursor.t_us, stay->begin_us, stay->end_us);
  const std::shared_ptr<const BlockClock> times = clock(stay->kernel, stay->block);
  const KernelBlocks& kernel = kernels[static_cast<std::size_t>(stay->kernel)];
  const auto n =
      static_cast<std::size_t>(std::lower_bound(times->done.begin(), times->done.end(), t) - times->done.begin());
  at.kernel = stay->kernel;
  at.block = stay->block;
  at.slice = static_cast<std::int32_t>(stay->block / kernel.class_of.size());
  at.index = static_cast<std::int32_t>(stay->block % kernel.class_of.size());
  at.op = kernel.of(stay->block).real_ops[n];
  at.number = static_cast<std::int64_t>(n);
  at.count = stay->count;
  at.op_begin_us = times->op_begin[n];
  at.op_end_us = times->done[n];
  at.share = at.op_end_us > at.op_begin_us
                 ? std::clamp((t - at.op_begin_us) / (at.op_end_us - at.op_begin_us), 0.0, 1.0)
                 : (t >= at.op_end_us ? 1.0 : 0.0);
  return at;
}

double Run::Parts::position(const Cursor& cursor) {
  const PlaceLine& places = line(cursor.place);
  const auto stay = std::lower_bound(places.stays.begin(), places.stays.end(), cursor.t_us, ends_before);
  if (stay == places.stays.end()) {
    return static_cast<double>(places.ops);
  }
  if (cursor.t_us <= stay->begin_us) {
    return static_cast<double>(stay->first);
  }
  const std::shared_ptr<const BlockClock> times = clock(stay->kernel, stay->block);
  const auto n = static_cast<std::size_t>(std::lower_bound(times->done.begin(), times->done.end(), cursor.t_us) -
                                          times->done.begin());
  const double from = times->from(n);
  return static_cast<double>(stay->first + static_cast<std::int64_t>(n)) +
         (cursor.t_us - from) / (times->done[n] - from);
}

double Run::Parts::time_of(Place place, double position) {
  const PlaceLine& places = line(place);
  if (places.stays.empty()) {
    return 0;
  }
  position = std::clamp(position, 0.0, static_cast<double>(places.ops));
  if (position == 0) {
    return places.stays.front().begin_us;
  }
  const auto op = static_cast<std::int64_t>(std::ceil(position)) - 1;  // the one at work
  const auto stay = std::prev(std::upper_bound(places.stays.begin(), places.stays.end(), op,
                                               [](std::int64_t n, const PlaceLine::Stay& s) { return n < s.first; }));
  const std::shared_ptr<const BlockClock> times = clock(stay->kernel, stay->block);
  const auto n = static_cast<std::size_t>(op - stay->first);
  const double share = position - static_cast<double>(op), from = times->from(n);
  return share == 1 ? times->done[n] : from + share * (times->done[n] - from);
}

At Run::at(const Cursor& cursor) const { return parts_->at(cursor); }

double Run::position(const Cursor& cursor) const { return parts_->position(cursor); }

double Run::positions(Place place) const { return static_cast<double>(parts_->line(place).ops); }

double Run::time_of(Place place, double position) const { return parts_->time_of(place, position); }

double Run::op_end_us(std::int32_t kernel, std::uint32_t block, std::uint32_t op) const {
  block_run(kernel, block);  // checks
  const std::span<const PlacedSpan> spans = kernels_[static_cast<std::size_t>(kernel)].spans_of(block);
  const auto span = std::lower_bound(spans.begin(), spans.end(), op,
                                     [](const PlacedSpan& s, std::uint32_t number) { return s.op < number; });
  if (span != spans.end() && span->op == op && span->kind == sim::StepKind::load) {
    return span->end_us;
  }
  const std::vector<std::uint32_t>& real = parts_->kernels[static_cast<std::size_t>(kernel)].of(block).real_ops;
  const auto last = std::upper_bound(real.begin(), real.end(), op);
  const std::shared_ptr<const BlockClock> times = parts_->clock(kernel, block);
  return times->from(static_cast<std::size_t>(last - real.begin()));
}

}  // namespace scope
