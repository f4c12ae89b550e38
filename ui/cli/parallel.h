// Several simulations at a time.
#pragma once

#include <cstddef>
#include <functional>

namespace cli {

/// Calls work(0), ..., work(count - 1), as many at a time as there are processors, with a progress bar. Throws what the
/// first of them to fail has thrown, once all have ended.
void for_each_in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace cli
