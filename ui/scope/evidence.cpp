#include "ui/scope/evidence.h"

#include <algorithm>
#include <map>

#include "sim/base/error.h"
#include "sim/executors/io.h"
#include "ui/scope/cells.h"
#include "ui/scope/place_blocks.h"

namespace scope {

// ---- Bytes ----

std::vector<BytesRow> bytes_table(const Run& run, const Frame& frame) {
  std::vector<BytesRow> rows;
  for (const Boundary boundary : {Boundary::smem, Boundary::dram}) {
    for (const bool write : {false, true}) {
      BytesRow& row = rows.emplace_back();
      row.boundary = boundary;
      row.write = write;
      row.exact = boundary == Boundary::smem;
      for (const sim::TensorInfo& tensor : run.plan().tensors) {
        const ByteSeries& series = run.bytes(tensor.tensor.id, boundary, write);
        row.so_far.push_back(series.at(frame.cursor.t_us));
        row.end.push_back(series.total());
        row.total_so_far += row.so_far.back();
        row.total_end += row.end.back();
      }
      if (const auto form =
              row.exact ? closed_form(run, write ? "two_level.write_bytes" : "two_level.read_bytes") : std::nullopt) {
        row.formula = form->formula;
        row.substituted = form->substituted;
        row.source = form->source;
        row.closed_form = form->value;
      }
    }
  }
  return rows;
}

std::optional<sim::ClosedForm> closed_form(const Run& run, const std::string& counter) {
  auto& kept = kept_by<std::vector<sim::ClosedForm>>(run, "closed forms");
  if (kept.empty()) {
    kept = sim::closed_forms(run.report().algorithm, run.problem(), run.schedule(), run.machine());
  }
  const auto at =
      std::find_if(kept.begin(), kept.end(), [&](const sim::ClosedForm& form) { return form.counter == counter; });
  return at != kept.end() ? std::optional(*at) : std::nullopt;
}

// ---- Roofline ----

namespace {

const std::vector<sim::Counters>& kernel_counters(const Run& run) {
  auto& kept = kept_by<std::vector<sim::Counters>>(run, "counters by kernel");
  for (std::size_t k = kept.size(); k < run.plan().kernels.size(); ++k) {
    kept.push_back(sim::count_kernel(run.plan(), run.plan().kernels[k]));
  }
  return kept;
}

double flops_of(const sim::Work& work) { return static_cast<double>(work.matmul_flops + work.other_flops); }

std::int64_t dram_bytes_at(const Run& run, double t_us) {
  return run.bytes_at(t_us, Boundary::dram, false) + run.bytes_at(t_us, Boundary::dram, true);
}

void add_point(const std::string& name, double flops, std::int64_t bytes, double us, Roofline& roofline) {
  if (flops > 0 && bytes > 0 && us > 0) {
    roofline.points.push_back({name, flops / static_cast<double>(bytes), flops / (us * 1e-6)});
  }
}

}  // namespace

Roofline roofline(const Run& run) {
  Roofline roofline;
  roofline.bandwidth = run.machine().hbm.read_gb_per_s * 1e9;
  double all = 0;
  std::int64_t most = -1;
  for (std::size_t k = 0; k < run.kernels().size(); ++k) {
    const sim::Work& work = kernel_counters(run)[k].work;
    const KernelRun& kernel = run.kernels()[k];
    const double flops = flops_of(work);
    all += flops;
    if (work.matmul_flops > most) {  // the unit of the kernel that multiplies most
      most = work.matmul_flops;
      const sim::MatmulUnit unit = most > 0 ? kernel.kernel->matmul : sim::MatmulUnit::ffma;
      roofline.peak_flops = sim::peak_flops_per_s(run.machine(), unit);
      roofline.peak_name = sim::name_of(unit);
    }
    if (run.kernels().size() > 1) {
      add_point(kernel.kernel->name, flops, dram_bytes_at(run, kernel.end_us) - dram_bytes_at(run, kernel.begin_us),
                kernel.end_us - kernel.begin_us, roofline);
    }
  }
  add_point(run.report().algorithm, all, dram_bytes_at(run, run.end_us()), run.end_us(), roofline);
  return roofline;
}

// ---- Footprints ----

namespace {

using FootprintPoint = Footprints::Point;

/// At most `most` points: the highest of those that share a place.
void thin(std::vector<FootprintPoint>& points, std::size_t most) {
  if (points.size() <= most) {
    return;
  }
  std::vector<FootprintPoint> kept;
  for (std::size_t i = 0; i < most; ++i) {
    const auto first = points.begin() + static_cast<std::ptrdiff_t>(i * points.size() / most);
    const auto end = points.begin() + static_cast<std::ptrdiff_t>((i + 1) * points.size() / most);
    kept.push_back(*std::max_element(first, end, [](const FootprintPoint& a, const FootprintPoint& b) {
      return std::pair(a.smem, a.registers) < std::pair(b.smem, b.registers);
    }));
  }
  points = std::move(kept);
}

// What an op makes is there from its beginning; what is released behind it is gone at its end.
std::vector<FootprintPoint> points_of(const Run& run, BlockRef ref) {
  const BlockTimes times(run, ref);
  const std::vector<sim::Op>& ops = times.trace().trace->ops;
  sim::FootprintExecutor executor;
  std::vector<FootprintPoint> points;
  double done_us = run.block_run(ref.kernel, ref.block).begin_us;
  for (std::uint32_t op = 0; op < ops.size(); ++op) {
    const bool release = ops[op].kind == sim::OpKind::release;
    executor.on(ops[op]);
    const sim::Footprint& now = executor.footprint();
    const double t = release ? done_us : times.begin_us(op);
    done_us = release ? done_us : times.done_us(op);
    if (!points.empty() && points.back().t_us == t && release) {
      points.pop_back();  // several releases at once
    }
    points.push_back({t, now.smem_bytes, now.register_bytes});
  }
  return points;
}

}  // namespace

Footprints footprints(const Run& run, const Cursor& cursor) {
  constexpr std::size_t kPoints = 2000;
  const At at = run.at(cursor);
  Footprints all;
  auto& kept =
      kept_by<std::map<std::pair<std::int32_t, std::uint32_t>, std::vector<FootprintPoint>>>(run, "footprints");
  const auto [found, is_new] = kept.try_emplace({at.kernel, at.block});
  if (is_new) {
    found->second = points_of(run, {at.kernel, at.block});
    thin(found->second, kPoints);
  }
  all.block = found->second;
  const std::vector<std::int64_t> hbm = sim::hbm_bytes_by_kernel(run.plan(), kernel_counters(run));
  for (std::size_t k = 0; k < hbm.size(); ++k) {
    all.hbm.emplace_back(run.kernels()[k].begin_us, hbm[k]);
  }
  const sim::Machine::Sm& sm = run.machine().sm;
  const std::int64_t threads = std::int64_t{32} * run.kernels()[static_cast<std::size_t>(at.kernel)].kernel->warps;
  constexpr std::int64_t kRegisterBytes = 4;
  all.smem_capacity = sm.smem_bytes_per_block;
  all.register_capacity = kRegisterBytes * std::min(sm.registers, threads * sm.registers_per_thread_max);
  return all;
}

// ---- Two runs ----

namespace {

/// A query by its head of the whole problem; algorithms pack the heads of a group differently into slices.
struct Query {
  std::int32_t head = 0, query = 0;
};

std::int32_t group_of(const Run& run) {
  const sim::TensorInfo* q = run.plan().find("Q");
  return q != nullptr ? std::max(1, q->tensor.shape.rows / std::max(1, run.problem().seqlen_q)) : 1;
}

Query query_of(const Run& run, std::int32_t slice, std::int32_t row) {
  if (run.plan().find("Q") == nullptr) {
    return {slice, row};
  }
  const std::int32_t queries = run.problem().seqlen_q;
  return {slice * group_of(run) + row / queries, row % queries};
}

std::optional<Cursor> when_made_in(const Run& run, Query query, std::int32_t col) {
  const std::int32_t group = group_of(run), slice = query.head / group;
  const std::int32_t row =
      (query.head % group) * (run.plan().find("Q") != nullptr ? run.problem().seqlen_q : 0) + query.query;
  const auto scores = when_made(run, Family::s, slice, row, col);
  return scores ? scores : when_made(run, Family::p, slice, row, col);
}

/// The scores at work, or those that the block made last, or will make first.
const TileInfo* scores_at(const TraceIndex& trace, std::uint32_t op) {
  const auto of_scores = [](const TileInfo* tile) {
    return tile != nullptr && (tile->family == Family::s || tile->family == Family::p) && tile->shape.cols > 0;
  };
  const sim::Op& at = trace.trace->ops[op];
  for (const sim::TileId id : {at.dst, at.a, at.b}) {
    if (of_scores(trace.tile(id))) {
      return trace.tile(id);
    }
  }
  const TileInfo* found = nullptr;
  for (const TileInfo& tile : trace.tiles) {
    if (of_scores(&tile) && (tile.made_op <= op || found == nullptr)) {
      found = &tile;
    }
  }
  return found;
}

}  // namespace

Cursor same_work(const Run& run, const Cursor& cursor, const Run& other, Place other_place) {
  if (cursor.t_us <= 0 || cursor.t_us >= run.end_us()) {
    return {cursor.t_us <= 0 ? 0 : other.end_us(), other_place};
  }
  const At at = run.at(cursor);
  const TileInfo* scores = scores_at(*run.trace(at.kernel, at.block), at.op);
  if (scores != nullptr) {
    if (const auto there = when_made_in(other, query_of(run, at.slice, scores->row), scores->col)) {
      // A store ends with its block: a moment before, the block is still there to be seen.
      const double position = other.position(*there);
      return {other.time_of(there->place, std::max(0.0, position - 0.01)), there->place};
    }
  }
  return {cursor.t_us / run.end_us() * other.end_us(), other_place};
}

Cursor same_time(const Run&, const Cursor& cursor, const Run& other, Place other_place) {
  return {std::clamp(cursor.t_us, 0.0, other.end_us()), other_place};
}

}  // namespace scope
