// Room for the spans of a kernel's SMs, each SM's in one piece, written once and not set to anything before. (Large
// pages would save a quarter of the time, but the first run may then wait for the system to find some.)
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "ui/scope/run.h"

namespace scope {

class SpanStore {
 public:
  /// `count` lanes with room for `each` spans: made at once, or with a lane's first spans. Lanes that get more move.
  void reserve(std::size_t count, std::size_t each, bool at_once);
  /// Makes `lane` longer by `count` spans that are still to be written; returns the first one's number.
  std::size_t extend(std::size_t lane, std::size_t count);
  PlacedSpan* at(std::size_t lane) { return lanes_[lane].first; }
  std::span<const PlacedSpan> spans(std::size_t lane) const { return {lanes_[lane].first, lanes_[lane].size}; }

 private:
  struct Free {
    void operator()(PlacedSpan* spans) const;
  };
  using Piece = std::unique_ptr<PlacedSpan[], Free>;
  struct Lane {
    PlacedSpan* first = nullptr;
    std::size_t size = 0, room = 0;
  };
  static Piece allocate(std::size_t spans);

  std::vector<Lane> lanes_;
  std::size_t each_ = 0;
  std::vector<Piece> pieces_;
};

}  // namespace scope
