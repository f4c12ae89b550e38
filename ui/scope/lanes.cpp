#include "ui/scope/lanes.h"

#include <algorithm>
#include <map>

namespace scope {

void LaneRow::add(LaneItem item) {
  item.begin_us = std::max(item.begin_us, end_us());
  if (item.end_us <= item.begin_us) {
    return;
  }
  if (items_.size() % kMark == 0) {
    sums_.push_back(sum_);
    ends_.push_back(end_us());
  }
  sum_[static_cast<std::size_t>(item.family)] += item.end_us - item.begin_us;
  items_.push_back(item);
}

std::size_t LaneRow::first_after(double t) const {
  const auto mark = std::upper_bound(ends_.begin() + (ends_.empty() ? 0 : 1), ends_.end(), t) - ends_.begin();
  const auto end = items_.begin() + std::min(mark * static_cast<std::ptrdiff_t>(kMark), std::ssize(items_));
  const auto begin = items_.begin() + std::max<std::ptrdiff_t>(0, mark - 1) * static_cast<std::ptrdiff_t>(kMark);
  const auto ends_by = [](const LaneItem& item, double time) { return item.end_us <= time; };
  return static_cast<std::size_t>(std::lower_bound(begin, end, t, ends_by) - items_.begin());
}

FamilyTimes LaneRow::busy_before(double t, std::size_t end) const {
  if (items_.empty()) {
    return {};
  }
  const std::size_t mark = std::min(end / kMark, sums_.size() - 1);
  FamilyTimes busy = sums_[mark];
  for (std::size_t i = mark * kMark; i < end; ++i) {
    busy[static_cast<std::size_t>(items_[i].family)] += items_[i].end_us - items_[i].begin_us;
  }
  if (end < items_.size() && items_[end].begin_us < t) {
    busy[static_cast<std::size_t>(items_[end].family)] += t - items_[end].begin_us;
  }
  return busy;
}

Lane lane_of(const sim::Op& op, Family family) {
  if (sim::moves_bytes(op.kind)) {
    return family == Family::k ? Lane::copy_k : family == Family::v ? Lane::copy_v : Lane::copy;
  }
  switch (op.kind) {
    case sim::OpKind::matmul: return Lane::tensor;
    case sim::OpKind::exp:
    case sim::OpKind::exp_diff:
    case sim::OpKind::log: return Lane::exp;
    default: return Lane::fp32;
  }
}

Family family_made(const TraceIndex& trace, const sim::Plan& plan, const sim::Op& op) {
  const TileInfo* tile = op.dst != 0 ? trace.tile(op.dst) : nullptr;
  if (tile != nullptr && tile->family != Family::none) {
    return tile->family;
  }
  return sim::moves_bytes(op.kind) ? family_of(plan.tensors[op.tensor].name) : Family::none;
}

namespace {

// What the ops of a block are, for the blocks of all slices that do the same work.
struct Kind {
  Lane lane = Lane::tensor;
  Family family = Family::none;
};

std::vector<Kind> kinds_of(const Run& run, std::int32_t kernel, std::uint32_t block) {
  const std::shared_ptr<const TraceIndex> trace = run.trace(kernel, block);
  std::vector<Kind> kinds;
  kinds.reserve(trace->trace->ops.size());
  for (const sim::Op& op : trace->trace->ops) {
    const Family family = family_made(*trace, run.plan(), op);
    kinds.push_back({lane_of(op, family), family});
  }
  return kinds;
}

bool shown(sim::StepKind kind) {
  return kind == sim::StepKind::compute || kind == sim::StepKind::load || kind == sim::StepKind::store;
}

}  // namespace

LaneIndex::LaneIndex(std::vector<Entry> entries) { build(entries); }

LaneIndex::LaneIndex(const Run& run, std::int32_t kernel, std::int32_t sm) {
  const KernelRun& k = run.kernels()[static_cast<std::size_t>(kernel)];
  const std::span<const PlacedSpan> spans = k.lane(sm);
  std::map<std::uint32_t, std::vector<Kind>> kinds;  // by the block that stands for others
  const std::vector<Kind>* known = nullptr;
  std::uint32_t known_of = 0;
  std::vector<Entry> entries;
  entries.reserve(spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const PlacedSpan& span = spans[i];
    if (!shown(span.kind)) {
      continue;
    }
    if (known == nullptr || span.block != known_of) {
      const auto blocks = static_cast<std::uint32_t>(k.kernel->blocks);
      const bool alike = !k.kernel->data_dependent;
      const auto index = static_cast<std::int32_t>(span.block % blocks);
      const std::uint32_t stands = alike ? static_cast<std::uint32_t>(k.kernel->representative(index)) : span.block;
      auto found = kinds.find(stands);
      found = found != kinds.end() ? found : kinds.emplace(stands, kinds_of(run, kernel, stands)).first;
      known = &found->second;
      known_of = span.block;
    }
    const Kind kind = span.op < known->size() ? (*known)[span.op] : Kind{};
    entries.push_back({{span.begin_us, span.end_us, static_cast<std::uint32_t>(i), kind.family}, kind.lane, span.slot});
  }
  build(entries);
}

bool LaneIndex::empty() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const auto& rows) { return rows.empty(); });
}

void LaneIndex::build(std::vector<Entry>& entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.item.begin_us < b.item.begin_us; });
  for (const Entry& entry : entries) {
    put(entry);
  }
  for (std::vector<LaneRow>& rows : rows_) {
    std::stable_sort(rows.begin(), rows.end(), [](const LaneRow& a, const LaneRow& b) { return a.slot() < b.slot(); });
  }
}

void LaneIndex::put(const Entry& entry) {
  std::vector<LaneRow>& rows = rows_[static_cast<std::size_t>(entry.lane)];
  LaneRow* first_free = nullptr;
  int of_slot = 0;
  for (LaneRow& row : rows) {
    if (row.slot() != entry.slot) {
      continue;
    }
    ++of_slot;
    if (row.end_us() <= entry.item.begin_us) {
      row.add(entry.item);
      return;
    }
    first_free = first_free == nullptr || row.end_us() < first_free->end_us() ? &row : first_free;
  }
  if (of_slot < kRowsOfSlot) {
    rows.emplace_back(entry.slot).add(entry.item);
  } else {
    first_free->add(entry.item);
  }
}

double Utilisation::mean(double from, double to) const {
  const double width = (end_us - begin_us) / static_cast<double>(share.size());
  const auto last = static_cast<std::ptrdiff_t>(share.size()) - 1;
  const auto bin = [&](double t) {
    return std::clamp(static_cast<std::ptrdiff_t>((t - begin_us) / width), std::ptrdiff_t{0}, last);
  };
  const std::ptrdiff_t begin = bin(from), end = std::max(begin + 1, bin(to));
  double sum = 0;
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    sum += static_cast<double>(share[static_cast<std::size_t>(i)]);
  }
  return sum / static_cast<double>(end - begin);
}

std::optional<Utilisation> tensor_utilisation(const Run& run, std::int32_t kernel) {
  constexpr std::size_t kSteps = 8192;
  const KernelRun& k = run.kernels()[static_cast<std::size_t>(kernel)];
  if (!k.all_spans || k.end_us <= k.begin_us) {
    return std::nullopt;
  }
  Utilisation out{k.begin_us, k.end_us, std::vector<float>(kSteps, 0)};
  const double per_us = static_cast<double>(kSteps) / (k.end_us - k.begin_us);
  double spans_us = 0;
  const auto add = [&](const PlacedSpan& span) {
    spans_us += span.end_us - span.begin_us;
    const double begin = (span.begin_us - k.begin_us) * per_us, end = (span.end_us - k.begin_us) * per_us;
    for (auto i = static_cast<std::size_t>(std::max(0.0, begin)); i < kSteps && static_cast<double>(i) < end; ++i) {
      const double part = std::min(end, static_cast<double>(i + 1)) - std::max(begin, static_cast<double>(i));
      out.share[i] += static_cast<float>(part);
    }
  };
  for (std::int32_t sm = 0; sm < run.machine().chip.sm_count; ++sm) {
    for (const PlacedSpan& span : k.lane(sm)) {
      if (span.kind == sim::StepKind::compute && span.unit == sim::Unit::tensor) {
        add(span);
      }
    }
  }
  // Blocks of an SM share its unit, so their ops together last longer than the unit works.
  const double work_us = k.timing.work[static_cast<std::size_t>(sim::Unit::tensor)] / k.cycles_per_us(run.machine());
  const double scale = spans_us > 0 ? work_us / spans_us / run.machine().chip.sm_count : 0;
  for (float& share : out.share) {
    share = std::min(1.0F, static_cast<float>(static_cast<double>(share) * scale));
  }
  return out;
}

}  // namespace scope
