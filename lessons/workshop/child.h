// A program run apart: with limits on time, memory and output, so that nothing it does reaches further than its exit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lessons {

struct ChildLimits {
  double seconds = 10;  ///< of the clock; then SIGTERM, and half a second later SIGKILL to its whole group
  std::int64_t memory_bytes = std::int64_t{1} << 30;  ///< of address space; 0: no limit
  std::int64_t output_bytes = 64 << 10;               ///< stdout and stderr together; then it is killed
  std::int64_t channel_bytes = 64 << 20;              ///< through descriptor 3; likewise
  std::int64_t file_bytes = std::int64_t{1} << 20;    ///< that a file it writes may grow to; 0: no limit
};

struct ChildResult {
  int exit_code = 0;
  int signal = 0;  ///< that ended it, or 0
  bool timed_out = false, too_much_output = false, too_much_sent = false;
  double seconds = 0;
  std::string output;   ///< stdout and stderr as they came, cut at the limit
  std::string channel;  ///< what it wrote to descriptor 3
};

/// Runs words[0] (looked for in PATH) with stdin closed, in `folder`, in a process group of its own that does not
/// outlive the call. Throws sim::Error if no process can be made; a program that is not there gives exit code 127.
ChildResult run_child(const std::vector<std::string>& words, const std::string& folder, const ChildLimits& limits);

}  // namespace lessons
