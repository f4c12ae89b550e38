// How far a run is, on stderr: a bar that is redrawn on a terminal, lines elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace measure {

class Progress {
 public:
  /// `work`: how much each step weighs, for the remaining time.
  explicit Progress(std::vector<double> work);
  ~Progress();
  void begin(const std::string& what);      ///< the next step
  void end(const std::string& result);      ///< of the current one
  void say(const std::string& line) const;  ///< beside the bar

 private:
  double seconds() const;
  std::string eta() const;

  std::vector<double> work_;
  double total_ = 0, done_ = 0;
  std::size_t step_ = 0;
  bool terminal_;
  std::string what_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace measure
