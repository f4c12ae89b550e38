#include "ui/cli/parallel.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "ui/cli/progress.h"

namespace cli {

void for_each_in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  const Progress progress(count);
  std::mutex mutex;  // of the next three
  std::size_t next = 0, done = 0;
  std::exception_ptr failure;
  const auto take = [&](std::size_t& index) {
    const std::lock_guard lock(mutex);
    index = next;
    return !failure && next++ < count;
  };
  const auto serve = [&] {
    for (std::size_t index = 0; take(index);) {
      std::exception_ptr thrown;
      try {
        work(index);
      } catch (...) {
        thrown = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      failure = failure ? failure : thrown;
      progress.show(++done);
    }
  };
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(processors, count); ++i) {
    threads.emplace_back(serve);
  }
  serve();
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace cli
