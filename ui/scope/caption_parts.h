// The parts of the sentence under the stage. Only caption*.cpp include this.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ui/scope/caption.h"

namespace scope {

/// Words for one moment of a run.
class CaptionWriter {
 public:
  CaptionWriter(const Run& run, const Frame& frame, const Strings& strings)
      : run_(run), frame_(frame), strings_(strings) {}

  /// What the op at work does: a clause without its full stop.
  std::string op_clause() const;
  /// The block waits for the op at work to begin; empty if it does not.
  std::string waiting_clause() const;
  /// Nothing is at work here.
  std::string idle_clause() const;
  /// A copy beside the op at work; empty if there is none.
  std::string flight_clause() const;

 private:
  using Values = std::vector<std::pair<std::string_view, std::string>>;
  std::string say(std::string_view key, const Values& values) const { return strings_.format(key, values); }
  const sim::Op& op() const { return *frame_.op; }
  const TileInfo* tile(sim::TileId id) const { return frame_.trace->tile(id); }
  std::string name(sim::TileId id) const { return name(tile(id)); }
  std::string name(const TileInfo* tile) const;
  std::string tensor_name(sim::TensorId tensor) const;
  std::string tensors(bool outputs, std::string_view one, std::string_view many) const;
  std::string level(sim::Level level) const;
  std::string kernel_name(std::size_t kernel) const;
  const PlacedSpan* span() const;

  std::string copy_clause() const;
  std::string matmul_clause() const;
  std::string fill_clause() const;
  std::string scale_clause() const;
  std::string add_clause() const;
  std::string mul_clause() const;
  std::string shrink_clause(sim::TileId factor) const;
  std::string scaled_clause(sim::TileId factor, std::span<const float> factors) const;
  std::string div_clause() const;
  std::string max_clause() const;
  std::string exp_diff_clause() const;
  std::string order_clause() const;
  std::string value_clause() const;

  const Run& run_;
  const Frame& frame_;
  const Strings& strings_;
};

}  // namespace scope
