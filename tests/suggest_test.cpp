#include "sim/base/suggest.h"

#include "tests/catch.h"

namespace {

const std::vector<std::string> kAlgorithms = {"standard", "memory_efficient", "flash1", "flash2", "flash_decoding"};

}  // namespace

TEST_CASE("the nearest name forgives inserting, deleting, replacing and swapping letters", "[suggest]") {
  CHECK(sim::nearest("flash22", kAlgorithms) == "flash2");
  CHECK(sim::nearest("flsh2", kAlgorithms) == "flash2");
  CHECK(sim::nearest("flesh2", kAlgorithms) == "flash2");
  CHECK(sim::nearest("falsh2", kAlgorithms) == "flash2");
  CHECK(sim::nearest("standrad", kAlgorithms) == "standard");
  CHECK(sim::nearest("flash-decode", kAlgorithms) == "flash_decoding");
  CHECK(sim::nearest("FLASH2", kAlgorithms) == "flash2");
}

TEST_CASE("a swap costs less than two replacements", "[suggest]") {
  CHECK(sim::nearest("ab", {"cd", "ba"}) == "ba");
  CHECK(sim::nearest("abc", {"xyc", "acb"}) == "acb");
}

TEST_CASE("of equally near names the first wins", "[suggest]") {
  CHECK(sim::nearest("flash", kAlgorithms) == "flash1");
  CHECK(sim::nearest("flash3", kAlgorithms) == "flash1");
}

TEST_CASE("nothing is suggested when more than half of the letters differ", "[suggest]") {
  CHECK(sim::nearest("xyzzy", kAlgorithms).empty());
  CHECK(sim::nearest("", kAlgorithms).empty());
  CHECK(sim::nearest("flash2", {}).empty());
  CHECK(sim::nearest("abcd", {"abxy"}) == "abxy");
  CHECK(sim::nearest("abcd", {"axyz"}).empty());
  CHECK(sim::nearest(std::string(100000, 'a'), kAlgorithms).empty());
}

TEST_CASE("a suggestion names the nearest and all that are known", "[suggest]") {
  CHECK(sim::suggestion("fp61", {"fp32", "fp16"}) == "did you mean 'fp16'? known: fp32, fp16");
  CHECK(sim::suggestion("qqqqqq", {"fp32", "fp16"}) == "known: fp32, fp16");
  CHECK(sim::suggestion("fp16", {}).empty());
}
