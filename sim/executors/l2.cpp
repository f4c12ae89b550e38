#include "sim/executors/l2.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "sim/base/error.h"

namespace sim {

namespace {

constexpr std::int64_t kLineBytes = 32 << 10;              // what a line aims at: about a tile
constexpr std::int64_t kLinesMax = std::int64_t{1} << 26;  // of all tensors; above it sectors get taller

// Greatest common measure of where a tensor's tiles begin and end, in rows and in columns.
struct Cut {
  std::int32_t unit = 0, width = 0;
};

void cut_at(Cut& cut, const AccessRegion& region, Shape whole) {
  const auto ends_inside = [](std::int32_t end, std::int32_t size) { return end < size ? end : 0; };
  cut.unit = std::gcd(std::gcd(cut.unit, region.row),
                      std::gcd(ends_inside(region.row + region.shape.rows, whole.rows), region.row_step));
  cut.width = std::gcd(std::gcd(cut.width, region.col),
                       std::gcd(ends_inside(region.col + region.shape.cols, whole.cols), region.col_step));
}

}  // namespace

L2Model::L2Model(const Plan& plan, const Machine& machine)
    : plan_(plan),
      capacity_bytes_(machine.l2.bytes),
      dirty_limit_(machine.l2.dirty_bytes > 0 ? machine.l2.dirty_bytes : machine.l2.bytes),
      lines_(plan.tensors.size()),
      slots_(1) {
  std::vector<Cut> cuts(plan.tensors.size());
  for (const Kernel& kernel : plan.kernels) {
    classes_.push_back(accesses_of(kernel));
    for (const AccessClass& in : classes_.back()) {
      for (const Access& access : in.accesses) {
        for (std::uint32_t r = 0; r < access.regions; ++r) {
          cut_at(cuts[access.tensor], in.regions[access.first_region + r], plan.tensors[access.tensor].tensor.shape);
        }
      }
    }
  }
  for (std::size_t t = 0; t < plan.tensors.size(); ++t) {
    choose_lines(static_cast<TensorId>(t), cuts[t].unit, cuts[t].width, plan.tensors[t].slices);
  }
}

void L2Model::choose_lines(TensorId tensor, std::int32_t unit, std::int32_t width, std::int32_t slices) {
  Lines& lines = lines_[tensor];
  lines.shape = plan_.tensors[tensor].tensor.shape;
  lines.element_bytes = size_of(plan_.tensors[tensor].tensor.dtype);
  width = width > 0 ? width : lines.shape.cols;
  unit = unit > 0 ? unit : ceil_div(lines.shape.rows, 64);
  lines.first = static_cast<std::int64_t>(slot_of_line_.size());
  for (;; unit *= 2) {
    const std::int64_t sector_bytes = std::int64_t{unit} * width * lines.element_bytes;
    const auto sectors = static_cast<std::int32_t>(std::clamp<std::int64_t>(kLineBytes / sector_bytes, 1, 64));
    lines.down = ceil_div(lines.shape.rows, unit * sectors);
    lines.across = ceil_div(lines.shape.cols, width);
    const std::int64_t last = lines.first + std::int64_t{lines.down} * lines.across * slices;
    if (last <= kLinesMax || unit >= lines.shape.rows) {
      lines.unit = Divisor(unit);
      lines.height = Divisor(unit * sectors);
      lines.width = Divisor(width);
      slot_of_line_.resize(static_cast<std::size_t>(last), 0);
      return;
    }
  }
}

std::int32_t L2Model::Divisor::divide(std::int32_t n) const {
  __extension__ using Wide = unsigned __int128;
  return by_ == 1 ? n : static_cast<std::int32_t>(static_cast<Wide>(magic_) * static_cast<std::uint32_t>(n) >> 64);
}

L2Kernel L2Model::run(std::size_t k, std::int64_t wave) {
  const Kernel& kernel = plan_.kernels[k];
  L2Kernel result;
  result.classes = std::move(classes_[k]);
  result.entries.resize(1);
  for (Slot& slot : slots_) {
    slot.entry = 0;
  }
  const std::int64_t written_back_before = written_back_;
  SIM_CHECK(wave > 0);

  std::int64_t block = 0;
  for (std::size_t first_group = 0; block < kernel.total_blocks(); first_group = result.groups.size()) {
    block = add_wave(kernel, block, std::min(block + wave, kernel.total_blocks()), result);
    run_wave(kernel, first_group, result);
  }
  result.dram_write_bytes = written_back_ - written_back_before;
  return result;
}

// Cuts blocks [block, end) of the grid by slice and class.
std::int64_t L2Model::add_wave(const Kernel& kernel, std::int64_t block, std::int64_t end, L2Kernel& result) {
  while (block < end) {
    const auto index = static_cast<std::int32_t>(block % kernel.blocks);
    const auto in = std::upper_bound(result.classes.begin(), result.classes.end(), index,
                                     [](std::int32_t i, const AccessClass& c) { return i < c.first; }) -
                    1;
    const std::int64_t count = std::min<std::int64_t>(end - block, in->first + in->count - index);
    result.groups.push_back({block, count, &*in, result.entry_of.size()});
    result.entry_of.resize(result.entry_of.size() + in->accesses.size());
    block += count;
  }
  return block;
}

// All blocks of the wave go in step.
void L2Model::run_wave(const Kernel& kernel, std::size_t first_group, L2Kernel& result) {
  for (std::size_t a = 0, left = 1; left > 0; ++a) {
    left = 0;
    for (std::size_t g = first_group; g < result.groups.size(); ++g) {
      if (a < result.groups[g].accesses->accesses.size()) {
        access_group(result.groups[g], a, kernel.blocks, result);
        ++left;
      }
    }
  }
}

void L2Model::access_group(const L2Group& group, std::size_t a, std::int32_t blocks, L2Kernel& kernel) {
  const AccessClass& in = *group.accesses;
  const Access& access = in.accesses[a];
  const std::int64_t slice = group.first_block / blocks;
  const auto first = static_cast<std::int32_t>(group.first_block % blocks) - in.first;
  const bool reads = reads_hbm(access.kind);
  const std::int64_t times = access.same_for_all ? 1 : group.count;
  kernel.entry_of[group.first_entry_index + a] = static_cast<std::uint32_t>(kernel.entries.size());
  for (std::int64_t n = 0; n < times; ++n) {
    const auto entry = static_cast<std::uint32_t>(kernel.entries.size());
    const Outcome outcome = touch(access, in, first + static_cast<std::int32_t>(n), slice, entry);
    kernel.entries.push_back({outcome.miss_bytes, outcome.entry});
    kernel.dram_read_bytes += outcome.miss_bytes;
    kernel.hit_bytes += reads ? outcome.hit_bytes : 0;
  }
  (reads ? kernel.read_bytes : kernel.write_bytes) += access.bytes * group.count;
  if (reads && access.same_for_all) {
    kernel.hit_bytes += access.bytes * (group.count - 1);
  }
}

L2Model::Outcome L2Model::touch(const Access& access, const AccessClass& in, std::int32_t step, std::int64_t slice,
                                std::uint32_t entry) {
  const Lines& lines = lines_[access.tensor];
  const std::int64_t first =
      lines.first + plan_.tensors[access.tensor].tensor.slice_of(slice) * (std::int64_t{lines.down} * lines.across);
  Outcome outcome;
  for (std::uint32_t r = access.first_region; r < access.first_region + access.regions; ++r) {
    const AccessRegion& region = in.regions[r];
    const std::int32_t row = region.row + step * region.row_step, end = row + region.shape.rows;
    const std::int32_t col = region.col + step * region.col_step;
    const std::int32_t height = lines.height.by(), width = lines.width.by(), unit = lines.unit.by();
    for (std::int32_t i = lines.height.divide(row); i * height < end; ++i) {
      const std::int32_t low = lines.unit.divide(std::max(row - i * height, 0));
      const std::int32_t high = lines.unit.divide(std::min(end - i * height, height) + unit - 1);
      const std::uint64_t sectors =
          (high == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << high) - 1) & ~((std::uint64_t{1} << low) - 1);
      for (std::int32_t j = lines.width.divide(col); j * width < col + region.shape.cols; ++j) {
        const std::uint32_t slot = slot_of(first + std::int64_t{i} * lines.across + j, access.tensor);
        touch_line(slots_[slot], i, j, sectors, access.kind, entry, outcome);
        make_newest(slot);
      }
    }
  }
  while (held_bytes_ > capacity_bytes_ && slots_[0].newer != slots_[0].older) {
    evict_oldest();
  }
  while (dirty_bytes_ > dirty_limit_) {
    clean_oldest();
  }
  return outcome;
}

void L2Model::touch_line(Slot& slot, std::int32_t i, std::int32_t j, std::uint64_t sectors, OpKind kind,
                         std::uint32_t entry, Outcome& outcome) {
  const Lines& lines = lines_[slot.tensor];
  const std::uint64_t missing = sectors & ~slot.present;
  const std::int64_t missing_bytes = missing != 0 ? bytes_of(lines, i, j, missing) : 0;
  held_bytes_ += missing_bytes;
  if (kind != OpKind::store) {
    // A reduction reads what it adds to.
    outcome.miss_bytes += missing_bytes;
    outcome.hit_bytes += bytes_of(lines, i, j, sectors) - missing_bytes;
    outcome.entry = std::max(outcome.entry, (sectors & slot.present) != 0 ? slot.entry : 0);
  }
  slot.present |= sectors;
  if (writes_hbm(kind)) {
    dirty_bytes_ += bytes_of(lines, i, j, sectors & ~slot.dirty);
    if (slot.dirty == 0) {
      dirtied_.push_back(slot.line);
    }
    slot.dirty |= sectors;
  } else if (missing != 0) {
    slot.entry = entry;
  }
}

// The last line and the last sector of a ragged tensor are smaller.
std::int64_t L2Model::bytes_of(const Lines& lines, std::int32_t i, std::int32_t j, std::uint64_t sectors) const {
  const std::int32_t height = lines.height.by(), unit = lines.unit.by();
  const std::int64_t width = std::min(lines.width.by(), lines.shape.cols - j * lines.width.by());
  const std::int32_t last = lines.unit.divide(lines.shape.rows - 1 - i * height);
  std::int64_t rows = std::int64_t{std::popcount(sectors)} * unit;
  if (last < 64 && (sectors >> last & 1) != 0) {
    rows -= i * height + (last + 1) * unit - lines.shape.rows;
  }
  return rows * width * lines.element_bytes;
}

std::int64_t L2Model::bytes_of(const Slot& slot, std::uint64_t sectors) const {
  const Lines& lines = lines_[slot.tensor];
  const std::int64_t in_slice = (slot.line - lines.first) % (std::int64_t{lines.down} * lines.across);
  return bytes_of(lines, static_cast<std::int32_t>(in_slice / lines.across),
                  static_cast<std::int32_t>(in_slice % lines.across), sectors);
}

std::uint32_t L2Model::slot_of(std::int64_t line, TensorId tensor) {
  std::uint32_t& number = slot_of_line_[static_cast<std::size_t>(line)];
  if (number != 0) {
    unlink(number);
    return number;
  }
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  number = free_slots_.back();
  free_slots_.pop_back();
  slots_[number] = {};
  slots_[number].line = line;
  slots_[number].tensor = tensor;
  return number;
}

void L2Model::unlink(std::uint32_t slot) {
  slots_[slots_[slot].newer].older = slots_[slot].older;
  slots_[slots_[slot].older].newer = slots_[slot].newer;
}

// The list runs from the head's `newer` (oldest) to the head's `older` (newest).
void L2Model::make_newest(std::uint32_t slot) {
  const std::uint32_t newest = slots_[0].older;
  slots_[slot].older = newest;
  slots_[slot].newer = 0;
  slots_[newest].newer = slot;
  slots_[0].older = slot;
}

void L2Model::evict_oldest() {
  const std::uint32_t number = slots_[0].newer;
  const Slot& slot = slots_[number];
  held_bytes_ -= bytes_of(slot, slot.present);
  write_back(slots_[number]);
  unlink(number);
  slot_of_line_[static_cast<std::size_t>(slot.line)] = 0;
  free_slots_.push_back(number);
}

void L2Model::write_back(Slot& slot) {
  const std::int64_t bytes = bytes_of(slot, slot.dirty);
  written_back_ += bytes;
  dirty_bytes_ -= bytes;
  slot.dirty = 0;
}

// Lines that have been evicted since are no longer there, or clean, and write nothing.
void L2Model::clean_oldest() {
  const std::uint32_t number = slot_of_line_[static_cast<std::size_t>(dirtied_.front())];
  dirtied_.pop_front();
  if (number != 0) {
    write_back(slots_[number]);
  }
}

}  // namespace sim
