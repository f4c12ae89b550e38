// A student's file, compiled, run apart and recorded.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lessons/workshop/child.h"
#include "lessons/workshop/verdict.h"
#include "sim/tile/recorded.h"

namespace lessons {

/// Where the headers and the library of student programs are: $ATTOSCOPE_SDK, beside the installed program, or the
/// build's own. Throws sim::Error naming the places that were looked at.
struct Sdk {
  std::string include_folder;  ///< has lessons/workshop/exercise.h and sim/
  std::string library;         ///< libattoscope_student.a
};
const Sdk& sdk();

/// A folder that goes when this does.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Compiled {
  std::string program;  ///< empty: it does not compile
  std::string output;   ///< the compiler's words, folders left out
  int line = 0;         ///< of the student's file, of the first error
  bool timed_out = false;
};
/// With $CXX, or c++. Throws sim::Error if there is no such compiler or no such file.
Compiled compile(const Stage& stage, const std::string& file, const std::string& folder);

/// What one case's run gave: a recorded program, or why there is none.
struct Recorded {
  enum class What { program, refused, thrown, memory, missing } what = What::missing;
  std::shared_ptr<const sim::RecordedProgram> program;
  std::string message, hint;  ///< refused: the language's; thrown: the exception's; program unreadable: why
  int line = 0;
  std::int64_t ops = 0;  ///< memory: recorded until then
};

struct Recording {
  std::vector<Recorded> cases;  ///< as many as the stage has
  ChildResult child;
  bool done = false;      ///< the harness came to its end
  int signal_line = 0;    ///< of the last op before a signal
  int signal_number = 0;  ///< as the harness told it
};
Recording record(const Stage& stage, const std::string& program, const std::string& folder,
                 const CheckOptions& options);

}  // namespace lessons
