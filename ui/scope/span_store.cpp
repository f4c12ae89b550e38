#include "ui/scope/span_store.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

namespace scope {

// Memory from the system is as good as spans that are still to be written.
static_assert(std::is_trivially_copyable_v<PlacedSpan> && std::is_trivially_destructible_v<PlacedSpan>);

void SpanStore::Free::operator()(PlacedSpan* spans) const { std::free(spans); }

SpanStore::Piece SpanStore::allocate(std::size_t spans) {
  void* memory = std::malloc(std::max<std::size_t>(spans, 1) * sizeof(PlacedSpan));
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return Piece(static_cast<PlacedSpan*>(memory));
}

void SpanStore::reserve(std::size_t count, std::size_t each, bool at_once) {
  lanes_.resize(count);
  each_ = each;
  if (!at_once) {
    return;
  }
  pieces_.push_back(allocate(count * each));
  for (std::size_t lane = 0; lane < count; ++lane) {
    lanes_[lane] = {pieces_.back().get() + lane * each, 0, each};
  }
}

std::size_t SpanStore::extend(std::size_t number, std::size_t count) {
  Lane& lane = lanes_[number];
  if (lane.size + count > lane.room) {
    lane.room = lane.room == 0 ? std::max(each_, count) : 2 * (lane.size + count);
    pieces_.push_back(allocate(lane.room));
    if (lane.size > 0) {
      std::memcpy(pieces_.back().get(), lane.first, lane.size * sizeof(PlacedSpan));
    }
    lane.first = pieces_.back().get();
  }
  lane.size += count;
  return lane.size - count;
}

}  // namespace scope
