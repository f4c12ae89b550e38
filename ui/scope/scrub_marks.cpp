// Marks over the scrub bar.
#include <algorithm>
#include <map>

#include "ui/scope/maxima.h"
#include "ui/scope/moves.h"
#include "ui/scope/place_blocks.h"

namespace scope {

namespace {

constexpr std::size_t kIterations = 400, kStores = 100;

void add_iterations(const Run& run, BlockRef ref, ScrubMarks& marks) {
  static const std::vector<MaximaOfTile> kNone;
  const std::vector<MaximaOfTile>& maxima = run.has_values() ? maxima_of(run, ref) : kNone;
  std::size_t next = 0;
  for (const IterationEnd& end : iteration_ends(run, ref)) {
    float risen = 0;
    int updates = 0;
    for (; next < maxima.size() && maxima[next].max_op <= end.op; ++next, ++updates) {
      risen += maxima[next].share_risen();
    }
    marks.iterations.push_back({end.t_us, updates > 0 ? risen / static_cast<float>(updates) : 0});
  }
}

void add_stores(const Run& run, BlockRef ref, ScrubMarks& marks) {
  const auto trace = run.trace(ref.kernel, ref.block);
  for (const std::uint32_t op : trace->real_ops) {
    const sim::Op& at = trace->trace->ops[op];
    if (sim::writes_hbm(at.kind) && run.plan().tensors[at.tensor].role == sim::TensorRole::output) {
      marks.stores.push_back(run.op_end_us(ref.kernel, ref.block, op));
    }
  }
}

/// At most `most` marks; of those that share a mark's place the tallest stands for them.
template <typename Mark, typename Taller>
void thin(std::vector<Mark>& marks, std::size_t most, Taller taller) {
  if (marks.size() <= most) {
    return;
  }
  std::vector<Mark> kept;
  for (std::size_t i = 0; i < most; ++i) {
    const auto first = marks.begin() + static_cast<std::ptrdiff_t>(i * marks.size() / most);
    const auto end = marks.begin() + static_cast<std::ptrdiff_t>((i + 1) * marks.size() / most);
    kept.push_back(*std::max_element(first, end, taller));
  }
  marks = std::move(kept);
}

ScrubMarks compute(const Run& run, Place place) {
  ScrubMarks marks;
  for (const BlockRef& ref : blocks_at(run, place)) {
    add_iterations(run, ref, marks);
    add_stores(run, ref, marks);
  }
  for (const KernelRun& kernel : run.kernels()) {
    marks.kernels.push_back(kernel.begin_us);
  }
  thin(marks.iterations, kIterations, [](const auto& a, const auto& b) { return a.rows_risen < b.rows_risen; });
  thin(marks.stores, kStores, [](double a, double b) { return a < b; });
  return marks;
}

}  // namespace

ScrubMarks scrub_marks(const Run& run, Place place) {
  auto& kept = kept_by<std::map<std::pair<std::int32_t, std::int32_t>, ScrubMarks>>(run, "scrub marks");
  const auto [at, is_new] = kept.try_emplace({place.sm, place.slot});
  if (is_new) {
    at->second = compute(run, place);
  }
  return at->second;
}

}  // namespace scope
