#include "sim/executors/access.h"

namespace sim {

AccessClass accesses_of(const Trace& trace, std::int32_t index) {
  AccessClass result;
  result.first = index;
  for (const Op& op : trace.ops) {
    if (!moves_bytes(op.kind)) {
      continue;
    }
    Access access{op.kind, op.tensor, true, static_cast<std::uint32_t>(result.regions.size()), 1, bytes_moved(op)};
    if (op.kind == OpKind::gather) {
      const GatherRows& rows = trace.gathers[static_cast<std::size_t>(op.inner)];
      access.regions = static_cast<std::uint32_t>(rows.first_rows.size());
      for (const std::int32_t row : rows.first_rows) {
        result.regions.push_back({row, 0, {rows.rows_each, op.shape.cols}});
      }
    } else {
      result.regions.push_back({op.row, op.col, op.shape});
    }
    result.accesses.push_back(access);
  }
  return result;
}

namespace {

AccessClass record_accesses(const Kernel& kernel, std::int32_t index, Trace& trace) {
  record_block(kernel, index, trace);
  return accesses_of(trace, index);
}

// Is `other`, `blocks` blocks on, where the steps of `base` lead?
bool follows(const AccessClass& base, const AccessClass& other, std::int32_t blocks) {
  if (base.accesses.size() != other.accesses.size() || base.regions.size() != other.regions.size()) {
    return false;
  }
  for (std::size_t r = 0; r < base.regions.size(); ++r) {
    const AccessRegion &a = base.regions[r], &b = other.regions[r];
    if (!(a.shape == b.shape) || a.row + blocks * a.row_step != b.row || a.col + blocks * a.col_step != b.col) {
      return false;
    }
  }
  return true;
}

void set_steps(AccessClass& base, const AccessClass& next) {
  for (std::size_t r = 0; r < base.regions.size() && r < next.regions.size(); ++r) {
    base.regions[r].row_step = next.regions[r].row - base.regions[r].row;
    base.regions[r].col_step = next.regions[r].col - base.regions[r].col;
  }
  for (Access& access : base.accesses) {
    for (std::uint32_t r = access.first_region; r < access.first_region + access.regions; ++r) {
      access.same_for_all = access.same_for_all && base.regions[r].row_step == 0 && base.regions[r].col_step == 0;
    }
  }
}

// Blocks [first, last] have the same work: one class if their addresses move evenly, else one each.
void add_run(const Kernel& kernel, std::int32_t first, std::int32_t last, Trace& trace,
             std::vector<AccessClass>& classes) {
  AccessClass base = record_accesses(kernel, first, trace);
  if (last > first) {
    AccessClass learned = base;
    set_steps(learned, record_accesses(kernel, first + 1, trace));
    const AccessClass end = record_accesses(kernel, last, trace);
    if (follows(learned, end, last - first)) {
      learned.count = last - first + 1;
      classes.push_back(std::move(learned));
      return;
    }
  }
  classes.push_back(std::move(base));
  for (std::int32_t index = first + 1; index <= last; ++index) {
    classes.push_back(record_accesses(kernel, index, trace));
  }
}

}  // namespace

std::vector<AccessClass> accesses_of(const Kernel& kernel) {
  std::vector<AccessClass> classes;
  Trace trace;
  for (std::int32_t first = 0; first < kernel.blocks;) {
    std::int32_t last = first;
    while (last + 1 < kernel.blocks && kernel.representative(last + 1) == kernel.representative(first)) {
      ++last;
    }
    add_run(kernel, first, last, trace, classes);
    first = last + 1;
  }
  return classes;
}

}  // namespace sim
