// What the build promises to the rest: arithmetic that is the same to the bit everywhere, assets, paths.
#include <cfloat>
#include <filesystem>
#include <string>

#include "tests/catch.h"

TEST_CASE("float arithmetic is rounded after every operation") {
  STATIC_REQUIRE(FLT_EVAL_METHOD == 0);
  volatile float x = 1 + FLT_EPSILON, minus_rounded_square = -(1 + 2 * FLT_EPSILON);
  const float a = x, c = minus_rounded_square;
  CHECK(a * a + c == 0);  // fused: FLT_EPSILON^2
}

TEST_CASE("assets of the source tree are found") {
  CHECK(std::filesystem::is_directory(std::filesystem::path(ATTOSCOPE_SOURCE_ASSETS) / "machines"));
}

TEST_CASE("source paths start at the top of the tree") {
  CHECK(std::string(__FILE__) == "tests/build_test.cpp");
  CHECK(std::string(__builtin_FILE()) == "tests/build_test.cpp");
}
