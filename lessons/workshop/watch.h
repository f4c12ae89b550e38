// Waits until one of several files is saved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lessons {

/// Looks at the files' times and sizes every 300 ms, which works everywhere (NFS, WSL), and at once where the system
/// says that something happened in their folder (inotify). Editors that write another file and rename it over this one
/// are noticed too; other files of the folder are not minded.
class FileWatch {
 public:
  /// Files of one folder.
  explicit FileWatch(std::vector<std::string> paths);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  enum class Event { saved, input, nothing };
  /// Waits for a save, for input on the descriptor (-1: none), or for the time to pass. A file that is gone is waited
  /// for; one that is still being written is given time to rest.
  Event wait(int input, double seconds);

  std::size_t saved() const { return saved_; }  ///< which file the last save was of
  /// Seconds since it was saved, by its own time where that can be.
  double since_saved() const;

 private:
  struct Stamp {
    std::int64_t size = -1, seconds = 0, nanoseconds = 0, node = 0;  ///< size -1: not there
    bool operator==(const Stamp&) const = default;
  };
  static Stamp look(const std::string& path);
  bool settle(std::size_t file);

  std::vector<std::string> paths_;
  std::vector<Stamp> last_;
  int notify_ = -1;
  std::size_t saved_ = 0;
  double saved_at_ = 0;
};

}  // namespace lessons
