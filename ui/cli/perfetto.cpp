#include "ui/cli/perfetto.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "sim/analysis/simulate.h"
#include "sim/base/error.h"

namespace cli {

namespace {

using sim::Span;
using sim::StepKind;

constexpr int kLanes = sim::kUnits + 1;  // a resident role's threads: its units, and its stores
constexpr int kHbmProcess = 100000;      // beside the SMs' numbers

class Writer {
 public:
  Writer(const sim::Experiment& experiment, std::int64_t spans_max)
      : experiment_(experiment), prepared_(sim::prepare(experiment)), spans_max_(spans_max) {}

  std::string run() {
    sim::L2Model l2(prepared_.plan, experiment_.machine);
    double end_us = 0;
    for (std::size_t k = 0; k < prepared_.plan.kernels.size(); ++k) {
      end_us = add_kernel(k, l2, end_us);
    }
    name_lanes();
    return fmt::format(
        "{{\"displayTimeUnit\":\"ns\",\"metadata\":{{\"algorithm\":\"{}\",\"machine\":\"{}\",\"clock_mhz\":{}}},"
        "\"traceEvents\":[\n{}\n]}}\n",
        experiment_.algorithm, experiment_.machine.name, experiment_.machine.chip.clock_mhz, fmt::to_string(events_));
  }

 private:
  double add_kernel(std::size_t k, sim::L2Model& l2, double end_us) {
    const sim::Kernel& kernel = prepared_.plan.kernels[k];
    const sim::KernelFit fit = sim::fit_kernel(prepared_.plan, kernel, experiment_.machine);
    const sim::Machine machine = sim::at_clock_of(experiment_.machine, fit.multiplies);
    const int blocks = fit.occupancy.blocks_per_sm;
    cycles_per_us_ = machine.cycles_per_us();
    const sim::L2Kernel traffic = l2.run(k, std::int64_t{blocks} * experiment_.machine.chip.sm_count);
    const double begin_us = sim::kernel_start_us(experiment_.machine, k, end_us);
    traces_.clear();
    const sim::SpanSink sink = [&](const Span& span) { add_span(kernel, begin_us, span); };
    const sim::KernelTiming timing =
        sim::time_kernel({prepared_.plan, kernel, machine, traffic, blocks, false, &sink, {}});
    const double kernel_us = timing.cycles / cycles_per_us_;
    add("{{\"ph\":\"X\",\"pid\":{},\"tid\":0,\"ts\":{:.6f},\"dur\":{:.6f},\"cat\":\"kernel\",\"name\":\"{}\"}}",
        kHbmProcess, begin_us, kernel_us, kernel.name);
    return begin_us + kernel_us;
  }

  const sim::Op& op_of(const sim::Kernel& kernel, const Span& span) {
    const std::int32_t like = kernel.representative(static_cast<std::int32_t>(span.block % kernel.blocks));
    const auto [at, is_new] = traces_.try_emplace(like);
    if (is_new) {
      sim::record_block(kernel, like, at->second);
    }
    return at->second.ops[span.op];
  }

  void add_span(const sim::Kernel& kernel, double begin_us, const Span& span) {
    if (++spans_ > spans_max_) {
      throw sim::Error("trace", fmt::format("this run has more than {} ops to place", spans_max_),
                       "take fewer heads, a smaller --batch or a shorter sequence");
    }
    const sim::Op& op = op_of(kernel, span);
    const double ts = begin_us + span.begin / cycles_per_us_, end = begin_us + span.end / cycles_per_us_;
    const int resident = span.slot * 32 + span.role;
    lanes_.insert({span.sm, resident});
    if (span.kind == StepKind::load) {
      add_copy(span, op, ts, end);
      return;
    }
    const int lane = span.kind == StepKind::compute ? static_cast<int>(span.unit) : sim::kUnits;
    const std::string_view unit = span.kind == StepKind::compute ? sim::name_of(span.unit) : "store";
    add("{{\"ph\":\"X\",\"pid\":{},\"tid\":{},\"ts\":{:.6f},\"dur\":{:.6f},\"cat\":\"{}\",\"name\":\"{}\",\"args\":{{"
        "\"cycle\":{:.0f},\"op\":{},\"line\":{},\"block\":{}{},\"waited_cycles\":{:.1f},\"waited_for\":\"{}\"}}}}",
        span.sm, resident * kLanes + lane + 1, ts, end - ts, unit, label(op), span.begin, span.op, op.line, span.block,
        bytes_argument(op), span.waited, sim::name_of(span.reason));
    if (sim::writes_hbm(op.kind)) {
      count(ts, 0, sim::bytes_moved(op));
    }
  }

  // Copies of one block overlap: an asynchronous event each.
  void add_copy(const Span& span, const sim::Op& op, double ts, double end) {
    const char* from = span.from_dram ? "copy from DRAM" : "copy from L2";
    add("{{\"ph\":\"b\",\"pid\":{},\"tid\":0,\"id\":{},\"ts\":{:.6f},\"cat\":\"{}\",\"name\":\"{}\",\"args\":{{"
        "\"cycle\":{:.0f},\"op\":{},\"line\":{},\"block\":{}{}}}}}",
        span.sm, spans_, ts, from, label(op), span.begin, span.op, op.line, span.block, bytes_argument(op));
    add("{{\"ph\":\"e\",\"pid\":{},\"tid\":0,\"id\":{},\"ts\":{:.6f},\"cat\":\"{}\",\"name\":\"{}\"}}", span.sm, spans_,
        end, from, label(op));
    count(ts, sim::bytes_moved(op), 0);
  }

  void count(double ts, std::int64_t read, std::int64_t written) {
    read_bytes_ += read;
    written_bytes_ += written;
    add("{{\"ph\":\"C\",\"pid\":{},\"ts\":{:.6f},\"name\":\"bytes between HBM and SMs\",\"args\":{{\"read\":{},"
        "\"written\":{}}}}}",
        kHbmProcess, ts, read_bytes_, written_bytes_);
  }

  std::string label(const sim::Op& op) const {
    const std::string name(sim::name_of(op.kind));
    return sim::moves_bytes(op.kind) ? fmt::format("{} {}[{}:{}]", name, prepared_.plan.tensors[op.tensor].name, op.row,
                                                   op.row + op.shape.rows)
                                     : fmt::format("{} {}x{}", name, op.shape.rows, op.shape.cols);
  }

  static std::string bytes_argument(const sim::Op& op) {
    return sim::moves_bytes(op.kind) ? fmt::format(",\"bytes\":{}", sim::bytes_moved(op)) : std::string();
  }

  void name_lanes() {
    name_process(kHbmProcess, "GPU");
    std::set<int> named;
    for (const auto& [sm, resident] : lanes_) {
      if (named.insert(sm).second) {
        name_process(sm, fmt::format("SM {}", sm));
      }
      for (int lane = 0; lane < kLanes; ++lane) {
        const std::string_view unit = lane < sim::kUnits ? sim::name_of(static_cast<sim::Unit>(lane)) : "store";
        add("{{\"ph\":\"M\",\"pid\":{},\"tid\":{},\"name\":\"thread_name\",\"args\":{{\"name\":\"slot {}{}: {}\"}}}}",
            sm, resident * kLanes + lane + 1, resident / 32,
            resident % 32 > 0 ? fmt::format(" role {}", resident % 32) : std::string(), unit);
      }
    }
  }

  void name_process(int pid, const std::string& name) {
    add("{{\"ph\":\"M\",\"pid\":{},\"name\":\"process_name\",\"args\":{{\"name\":\"{}\"}}}}", pid, name);
    add("{{\"ph\":\"M\",\"pid\":{},\"name\":\"process_sort_index\",\"args\":{{\"sort_index\":{}}}}}", pid,
        pid == kHbmProcess ? -1 : pid);
  }

  template <typename... Values>
  void add(fmt::format_string<Values...> text, Values&&... values) {
    if (events_.size() > 0) {
      fmt::format_to(std::back_inserter(events_), ",\n");
    }
    fmt::format_to(std::back_inserter(events_), text, std::forward<Values>(values)...);
  }

  const sim::Experiment& experiment_;
  sim::Prepared prepared_;
  double cycles_per_us_ = 0;  // of the kernel that is being added
  std::int64_t spans_max_, spans_ = 0, read_bytes_ = 0, written_bytes_ = 0;
  std::map<std::int32_t, sim::Trace> traces_;  // of the running kernel
  std::set<std::pair<int, int>> lanes_;        // SM, resident role
  fmt::memory_buffer events_;
};

}  // namespace

std::string perfetto_json(const sim::Experiment& experiment, std::int64_t spans_max) {
  return Writer(experiment, spans_max).run();
}

}  // namespace cli
