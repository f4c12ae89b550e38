// A bar on stderr while many points are simulated.
#pragma once

#include <cstddef>

namespace cli {

/// Shown if stderr is a terminal; gone with the object.
class Progress {
 public:
  explicit Progress(std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(std::size_t done) const;

 private:
  std::size_t total_;
  bool shown_;
};

}  // namespace cli
