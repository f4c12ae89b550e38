// Run::make: one pass of the timing engine, whose spans become the run's.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.h"
#include "ui/scope/run_parts.h"
#include "ui/scope/span_store.h"

namespace scope {

namespace {

// Does the timing engine hand over a span for this op? Loads, stores, and computation that keeps a unit busy.
bool takes_time(const sim::Op& op) {
  switch (op.kind) {
    case sim::OpKind::arrive:
    case sim::OpKind::wait:
    case sim::OpKind::fork:
    case sim::OpKind::join:
    case sim::OpKind::release: return false;
    case sim::OpKind::fill: return op.level == sim::Level::registers;
    default: return true;
  }
}

BlockClass class_of(const sim::Trace& trace) {
  BlockClass result;
  result.of_role.resize(trace.roles.size());
  std::uint32_t accesses = 0;
  for (std::uint32_t at = 0; at < trace.ops.size(); ++at) {
    const sim::Op& op = trace.ops[at];
    if (op.kind != sim::OpKind::release) {
      result.real_ops.push_back(at);
    }
    if (takes_time(op)) {
      result.of_role[op.role].push_back(static_cast<std::uint32_t>(result.spans.size()));
      result.spans.push_back({at, accesses, static_cast<std::uint32_t>(sim::bytes_moved(op)), op.tensor});
      accesses += sim::moves_bytes(op.kind) ? 1 : 0;
    }
  }
  return result;
}

KernelBlocks blocks_of(const sim::Kernel& kernel) {
  KernelBlocks result;
  std::map<std::int32_t, std::uint32_t> number;
  sim::Trace trace;
  for (std::int32_t index = 0; index < kernel.blocks; ++index) {
    const std::int32_t like = kernel.representative(index);
    const auto [at, is_new] = number.try_emplace(like, static_cast<std::uint32_t>(result.classes.size()));
    if (is_new) {
      sim::record_block(kernel, like, trace);
      result.classes.push_back(class_of(trace));
    }
    result.class_of.push_back(at->second);
  }
  return result;
}

std::int64_t count_spans(const sim::Kernel& kernel, const KernelBlocks& blocks) {
  std::int64_t spans = 0;
  for (const std::uint32_t c : blocks.class_of) {
    spans += std::ssize(blocks.classes[c].spans);
  }
  return spans * kernel.slices;
}

}  // namespace

/// Takes the engine's spans and makes a Run of them.
class RunBuilder {
 public:
  RunBuilder(const sim::Scenario& scenario, const std::string& assets, const RunOptions& options) : run_(new Run) {
    run_->scenario_ = scenario;
    run_->options_ = options;
    run_->experiment_ = sim::experiment_of(scenario, assets);
    run_->prepared_ = sim::prepare(run_->experiment_);
    for (const sim::Kernel& kernel : run_->prepared_.plan.kernels) {
      if (kernel.source_text) {
        remember_source(kernel.source_file, *kernel.source_text);
      }
    }
    run_->parts_ = std::make_shared<Run::Parts>(*run_);
    parts().series.resize(run_->plan().tensors.size());
    const sim::Machine& machine = run_->machine();
    run_->options_.kept_sm = std::clamp(options.kept_sm, 0, machine.chip.sm_count - 1);
  }

  std::shared_ptr<Run> build() {
    record_blocks();
    const sim::SimulationObserver observer{
        [this](std::size_t k, double begin_us, const sim::KernelFit& fit, const sim::L2Kernel& traffic) {
          begin_kernel(k, begin_us, fit, traffic);
        },
        [this](const sim::Span& span) { add(span); }, [this](const sim::KernelTiming& timing) { end_kernel(timing); }};
    sim::SimulateOptions options;
    options.observer = &observer;
    run_->report_ = sim::simulate(run_->experiment_, options);
    run_->kernels_.back().end_us = run_->end_us();  // to the last bit
    for (std::array<ByteSeries, 4>& of_tensor : parts().series) {
      for (ByteSeries& series : of_tensor) {
        series.finish(run_->end_us());
      }
    }
    return run_;
  }

 private:
  static constexpr std::uint32_t kNoLane = ~std::uint32_t{0};
  struct Placing {                  // a block
    std::uint32_t first = kNoLane;  // span in its SM's lane
    std::uint32_t number_in_group = 0;
    const sim::Access* accesses = nullptr;
    const std::uint32_t* entry_of = nullptr;  // L2's entries of its accesses: of the first of its group
    const BlockClass* in = nullptr;
    bool started = false;
  };
  struct Upcoming {
    ExpectedSpan span;
    std::uint32_t rank = 0;  // in the trace's order
  };
  struct Line {  // a block's role
    const Upcoming* next = nullptr;
    double end_us = -1;  // so far; before its first span, less than 0
  };
  struct Stored {
    double t_us = 0;
    std::int64_t bytes = 0;
    sim::TensorId tensor = 0;
  };

  Run::Parts& parts() { return *run_->parts_; }

  void record_blocks() {
    std::int64_t all = 0;
    for (const sim::Kernel& kernel : run_->plan().kernels) {
      parts().kernels.push_back(blocks_of(kernel));
      spans_.push_back(count_spans(kernel, parts().kernels.back()));
      all += spans_.back();
    }
    if (all > run_->options_.ops_max) {
      throw sim::Error(run_->scenario_.algorithm,
                       fmt::format("has {} ops to place in time, more than {}", all, run_->options_.ops_max),
                       "take fewer heads, a smaller batch or a shorter sequence");
    }
    all_spans_ = all <= run_->options_.spans_max;
    run_->kernels_.resize(run_->plan().kernels.size());
  }

  void begin_kernel(std::size_t k, double begin_us, const sim::KernelFit& fit, const sim::L2Kernel& traffic) {
    kernel_ = &run_->kernels_[k];
    blocks_ = &parts().kernels[k];
    traffic_ = &traffic;
    blocks_->addresses = traffic.classes;
    kernel_->kernel = &run_->plan().kernels[k];
    kernel_->begin_us = kernel_begin_us_ = begin_us;
    kernel_->fit = fit;
    kernel_->blocks_per_sm = fit.occupancy.blocks_per_sm;
    cycles_per_us_ = kernel_->cycles_per_us(run_->machine());
    issue_us_ = run_->machine().overheads.copy_issue_cycles / cycles_per_us_;
    kernel_->all_spans = all_spans_;
    const auto blocks = static_cast<std::size_t>(kernel_->kernel->total_blocks());
    kernel_->blocks.assign(blocks, {});
    kernel_->block_spans.assign(blocks, {0, 0});
    unpaid_.clear();
    for (const sim::L2Entry& entry : traffic.entries) {
      unpaid_.push_back(static_cast<std::uint32_t>(entry.miss_bytes));
    }
    stored_.clear();
    prepare_blocks();
    make_room(static_cast<std::size_t>(spans_[k]));
  }

  void prepare_blocks() {
    roles_ = 1;
    for (const BlockClass& c : blocks_->classes) {
      roles_ = std::max(roles_, c.of_role.size());
    }
    list_upcoming();
    placing_.resize(kernel_->blocks.size());
    lines_.assign(kernel_->blocks.size() * roles_, {});
    for (const sim::L2Group& group : traffic_->groups) {
      for (std::int64_t n = 0; n < group.count; ++n) {
        const auto block = static_cast<std::size_t>(group.first_block + n);
        const std::uint32_t c = blocks_->class_of[block % blocks_->class_of.size()];
        placing_[block] = {kNoLane,
                           static_cast<std::uint32_t>(n),
                           group.accesses->accesses.data(),
                           traffic_->entry_of.data() + group.first_entry_index,
                           &blocks_->classes[c],
                           false};
        for (std::size_t role = 0; role < blocks_->classes[c].of_role.size(); ++role) {
          lines_[block * roles_ + role].next = upcoming_[c * roles_ + role].data();
        }
      }
    }
  }

  // Each role's spans in one piece, as its blocks come upon them.
  void list_upcoming() {
    upcoming_.assign(blocks_->classes.size() * roles_, {});
    for (std::size_t c = 0; c < blocks_->classes.size(); ++c) {
      const BlockClass& in = blocks_->classes[c];
      for (std::size_t role = 0; role < in.of_role.size(); ++role) {
        std::vector<Upcoming>& list = upcoming_[c * roles_ + role];
        list.reserve(in.of_role[role].size());
        for (const std::uint32_t rank : in.of_role[role]) {
          list.push_back({in.spans[rank], rank});
        }
      }
    }
  }

  void make_room(std::size_t spans) {
    const auto sms = static_cast<std::size_t>(run_->machine().chip.sm_count);
    std::size_t largest = 0;
    for (const BlockClass& c : blocks_->classes) {
      largest = std::max(largest, c.spans.size());
    }
    kept_.clear();
    for (std::size_t sm = 0; sm < sms; ++sm) {
      kept_.push_back(keeps(static_cast<std::int32_t>(sm)) ? 1 : 0);
    }
    store_ = std::make_shared<SpanStore>();
    store_->reserve(sms, spans / sms + spans / sms / 16 + largest, all_spans_);
  }

  bool keeps(std::int32_t sm) const {
    const std::int32_t sms = run_->machine().chip.sm_count, away = std::abs(sm - run_->options_.kept_sm);
    return all_spans_ || away <= 1 || away == sms - 1;
  }

  [[gnu::noinline]] void start(const sim::Span& span, double begin_us, Placing& placing) {
    const auto number = static_cast<std::size_t>(span.block);
    kernel_->blocks[number] = {span.sm, span.slot, begin_us, begin_us};
    placing.started = true;
    if (kept_[static_cast<std::size_t>(span.sm)] != 0) {
      const std::size_t count = placing.in->spans.size();
      placing.first = static_cast<std::uint32_t>(store_->extend(static_cast<std::size_t>(span.sm), count));
      kernel_->block_spans[number] = {placing.first, static_cast<std::uint32_t>(count)};
    }
  }

  void add(const sim::Span& span) {
    const auto number = static_cast<std::size_t>(span.block);
    const double begin = kernel_begin_us_ + span.begin / cycles_per_us_;
    const double end = kernel_begin_us_ + span.end / cycles_per_us_;
    Line& line = lines_[number * roles_ + static_cast<std::size_t>(span.role)];
    Placing& placing = placing_[number];
    if (line.end_us < 0 && !placing.started) {
      start(span, begin, placing);
    }
    const Upcoming& what = *line.next++;
    const bool load = span.kind == sim::StepKind::load;
    line.end_us = std::max(line.end_us, load ? begin + issue_us_ : end);
    const std::uint32_t dram_bytes = what.span.bytes > 0 ? count_bytes(placing, what.span, load, end) : 0;
    if (kept_[static_cast<std::size_t>(span.sm)] != 0) {
      keep(span, what, {begin, end}, dram_bytes);
    }
  }

  [[gnu::noinline]] void keep(const sim::Span& span, const Upcoming& what, std::pair<double, double> us,
                              std::uint32_t dram_bytes) {
    const auto number = static_cast<std::size_t>(span.block);
    store_->at(static_cast<std::size_t>(span.sm))[placing_[number].first + what.rank] = {
        us.first,
        us.second,
        static_cast<float>(span.waited / cycles_per_us_),
        what.span.op,
        static_cast<std::uint32_t>(number),
        dram_bytes,
        span.kind,
        span.unit,
        span.reason,
        static_cast<std::uint8_t>(span.role),
        static_cast<std::uint8_t>(span.slot),
        span.from_dram};
  }

  // Returns what of them comes from DRAM: the first to ask for an entry pays.
  [[gnu::noinline]] std::uint32_t count_bytes(const Placing& placing, const ExpectedSpan& what, bool load, double end) {
    const std::uint32_t entry =
        placing.entry_of[what.access] + (placing.accesses[what.access].same_for_all ? 0 : placing.number_in_group);
    const std::uint32_t dram_bytes = std::exchange(unpaid_[entry], 0);
    std::array<ByteSeries, 4>& series = parts().series[what.tensor];
    series[2].add(end, dram_bytes);
    series[load ? 0 : 1].add(end, what.bytes);
    if (!load) {
      stored_.push_back({end, what.bytes, what.tensor});
    }
    return dram_bytes;
  }

  void end_kernel(const sim::KernelTiming& timing) {
    kernel_->timing = timing;
    kernel_->end_us = kernel_->begin_us + timing.cycles / cycles_per_us_;
    const auto sms = static_cast<std::size_t>(run_->machine().chip.sm_count);
    for (std::size_t sm = 0; sm < sms; ++sm) {
      kernel_->lanes.push_back(store_->spans(sm));
    }
    kernel_->store = store_;
    order_blocks(sms);
    write_back();
  }

  void order_blocks(std::size_t sms) {
    const auto slots = static_cast<std::size_t>(kernel_->blocks_per_sm);
    kernel_->on_slot.resize(sms * slots);
    for (std::uint32_t number = 0; number < kernel_->blocks.size(); ++number) {
      BlockRun& block = kernel_->blocks[number];
      check_complete(number);
      for (std::size_t role = 0; role < roles_; ++role) {
        block.end_us = std::max(block.end_us, lines_[number * roles_ + role].end_us);
      }
      block.end_us = std::min(block.end_us, kernel_->end_us);
      auto& line = kernel_->on_slot[static_cast<std::size_t>(block.sm) * slots + static_cast<std::size_t>(block.slot)];
      if (!line.empty()) {
        // A store may land when the next block has begun.
        BlockRun& before = kernel_->blocks[line.back()];
        before.end_us = std::min(before.end_us, block.begin_us);
      }
      line.push_back(number);
    }
  }

  void check_complete(std::size_t number) const {
    SIM_CHECK(placing_[number].started);
    const std::size_t c = blocks_->class_of[number % blocks_->class_of.size()];
    for (std::size_t role = 0; role < placing_[number].in->of_role.size(); ++role) {
      const std::vector<Upcoming>& list = upcoming_[c * roles_ + role];
      SIM_CHECK(lines_[number * roles_ + role].next == list.data() + list.size());
    }
  }

  // What the model says DRAM has got in this kernel, spread over the times of its stores; if it stores nothing, over
  // those of the next kernel that does, or of the last.
  void write_back() {
    owed_ += traffic_->dram_write_bytes;
    if (stored_.empty()) {
      stored_.swap(last_stored_);
    }
    std::int64_t all = 0, passed = 0, given = 0;
    for (const Stored& store : stored_) {
      all += store.bytes;
    }
    for (const Stored& store : stored_) {
      passed += store.bytes;
      const auto due = passed == all
                           ? owed_
                           : static_cast<std::int64_t>(static_cast<double>(owed_) * static_cast<double>(passed) /
                                                       static_cast<double>(all));
      parts().series[store.tensor][3].add(store.t_us, due - given);
      given = due;
    }
    owed_ -= given;
    last_stored_.swap(stored_);
  }

  std::shared_ptr<Run> run_;
  double cycles_per_us_ = 0, issue_us_ = 0, kernel_begin_us_ = 0;
  bool all_spans_ = true;
  std::vector<std::int64_t> spans_;  // by kernel
  KernelRun* kernel_ = nullptr;      // the one being placed; likewise the next
  KernelBlocks* blocks_ = nullptr;
  const sim::L2Kernel* traffic_ = nullptr;
  std::size_t roles_ = 1;
  std::vector<std::vector<Upcoming>> upcoming_;  // by class and role
  std::vector<Placing> placing_;                 // by block
  std::vector<Line> lines_;                      // by block and role
  std::vector<std::uint8_t> kept_;               // by SM: are its spans kept?
  std::vector<std::uint32_t> unpaid_;  // by entry of L2: bytes from DRAM, until its first reader has been found
  std::shared_ptr<SpanStore> store_;
  std::vector<Stored> stored_, last_stored_;
  std::int64_t owed_ = 0;  // bytes that DRAM has got and no store has been charged with
};

std::shared_ptr<Run> Run::make(const sim::Scenario& scenario, const std::string& assets, const RunOptions& options) {
  return RunBuilder(scenario, assets, options).build();
}

}  // namespace scope
