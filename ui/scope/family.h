// Which matrix of attention a tensor or tile is: what its colour says.
#pragma once

#include <cstdint>

namespace scope {

/// `statistic`: m, l, alpha, LSE, D. `none`: nothing of these.
enum class Family : std::uint8_t { q, k, v, s, p, o, statistic, none };
inline constexpr int kFamilies = 8;

}  // namespace scope
