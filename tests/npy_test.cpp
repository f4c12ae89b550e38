// .npy files: bytes as NumPy writes them, and everything that can be wrong with them.
#include "sim/base/npy.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "tests/catch.h"

namespace {

namespace fs = std::filesystem;
using sim::DType;
using Bytes = std::vector<unsigned char>;

// What np.save writes: magic, version, length, dict, spaces up to a multiple of 64, newline, data.
Bytes npy(const std::string& dict, const std::string& data, int major = 1, std::size_t spare = 20) {
  const std::size_t prefix = major == 1 ? 10 : 12;
  std::string header = dict + std::string(spare, ' ');  // NumPy leaves room for the first size to grow
  header += std::string(63 - (prefix + header.size()) % 64, ' ') + "\n";
  std::string file = "\x93NUMPY";
  file += static_cast<char>(major);
  file += '\0';
  for (std::size_t i = 0; i < prefix - 8; ++i) {
    file += static_cast<char>(header.size() >> 8 * i & 255);
  }
  file += header + data;
  return {file.begin(), file.end()};
}

std::string dict(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

template <typename T>
std::string raw(std::initializer_list<T> values, bool big_endian = false) {
  std::string data;
  for (const T value : values) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    const bool swap = big_endian == (std::endian::native == std::endian::little);
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      data += bytes[swap ? sizeof(T) - 1 - i : i];
    }
  }
  return data;
}

const std::string kSix = raw<float>({1, 2, 3, 4, 5, 6});

// The error that reading these bytes gives.
std::string message_of(const Bytes& bytes) {
  try {
    sim::parse_npy(bytes, "q.npy");
  } catch (const sim::Error& error) {
    CHECK(error.where() == "q.npy");
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

// A directory of its own for each: tests run side by side.
struct Directory {
  Directory() : path(fs::temp_directory_path() / ("attoscope_npy_" + std::to_string(std::random_device()()))) {
    fs::create_directories(path);
  }
  ~Directory() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }
  fs::path path;
};

}  // namespace

TEST_CASE("a file as NumPy writes it is read", "[npy]") {
  const Bytes bytes = npy(dict("<f4", "(2, 3)"), kSix);
  REQUIRE(bytes.size() == 128 + 24);
  const sim::NpyArray array = sim::parse_npy(bytes, "q.npy");
  CHECK(array.shape == std::vector<std::int64_t>{2, 3});
  CHECK(array.values == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(array.dtype == "float32");
  CHECK(array.narrowed == 0);
}

TEST_CASE("every format version, float size and byte order reads the same", "[npy]") {
  for (const int version : {1, 2, 3}) {
    for (const bool big : {false, true}) {
      const std::string order = big ? ">" : "<";
      const auto half = raw<std::uint16_t>({0x3c00, 0xc000, 0x3555, 0x0001}, big);
      const auto single = raw<float>({1, -2, 0x1.554p-2f, 0x1p-24f}, big);
      const auto twice = raw<double>({1, -2, 0x1.554p-2, 0x1p-24}, big);
      const std::vector<float> expected = {1, -2, 0x1.554p-2f, 0x1p-24f};
      CHECK(sim::parse_npy(npy(dict(order + "f2", "(2, 2)"), half, version), "").values == expected);
      CHECK(sim::parse_npy(npy(dict(order + "f4", "(2, 2)"), single, version), "").values == expected);
      CHECK(sim::parse_npy(npy(dict(order + "f8", "(2, 2)"), twice, version), "").values == expected);
    }
  }
}

TEST_CASE("all 65536 halves read and write back to the same bits", "[npy]") {
  std::string data;
  for (int code = 0; code < 65536; ++code) {
    data += raw<std::uint16_t>({static_cast<std::uint16_t>(code)});
  }
  const sim::NpyArray array = sim::parse_npy(npy(dict("<f2", "(256, 256)"), data), "");
  CHECK(array.values[0x7bff] == 65504.0f);
  CHECK(array.values[0x03ff] == 1023 * 0x1p-24f);
  CHECK(array.values[0x0400] == 0x1p-14f);
  CHECK(array.values[0xfc00] == -std::numeric_limits<float>::infinity());
  const Bytes back = sim::format_npy(array.shape, array.values, DType::fp16);
  int different = 0;
  for (std::size_t code = 0; code < 65536; ++code) {
    const bool nan = (code & 0x7c00) == 0x7c00 && (code & 0x3ff) != 0;
    const std::size_t got = back[128 + 2 * code] | static_cast<std::size_t>(back[129 + 2 * code]) << 8;
    different += nan ? (got & 0x7e00) != 0x7e00 || !std::isnan(array.values[code]) : got != code;
    if (!nan) {
      different += sim::round_to(DType::fp16, array.values[code]) != array.values[code];
    }
  }
  CHECK(different == 0);
}

TEST_CASE("float64 is narrowed, and says how many values that changed", "[npy]") {
  const std::string data = raw<double>({0.5, 0.1, 1e300, std::nan("")});
  const sim::NpyArray array = sim::parse_npy(npy(dict("<f8", "(1, 4)"), data), "");
  CHECK(array.dtype == "float64");
  CHECK(array.narrowed == 2);
  CHECK(array.values[1] == 0.1f);
  CHECK(std::isinf(array.values[2]));
  CHECK(std::isnan(array.values[3]));
}

TEST_CASE("Fortran order is turned into C order", "[npy]") {
  CHECK(sim::parse_npy(npy(dict("<f4", "(2, 3)", "True"), kSix), "").values == std::vector<float>{1, 3, 5, 2, 4, 6});
  const std::string eight = raw<float>({0, 1, 2, 3, 4, 5, 6, 7});
  const sim::NpyArray cube = sim::parse_npy(npy(dict("<f4", "(2, 2, 2)", "True"), eight), "");
  CHECK(cube.values == std::vector<float>{0, 4, 2, 6, 1, 5, 3, 7});
}

TEST_CASE("headers that other writers make are read", "[npy]") {
  const std::string variants[] = {
      "{'descr':'<f4','fortran_order':False,'shape':(2,3)}",
      "{\"shape\": (2L, 3L,), \"fortran_order\": False, \"descr\": \"<f4\",}",
      "{ 'fortran_order' : False , 'descr' : '<f4' , 'shape' : ( 2 , 3 ) , } ",
  };
  for (const std::string& header : variants) {
    CHECK(sim::parse_npy(npy(header, kSix, 1, 0), "").shape == std::vector<std::int64_t>{2, 3});
  }
}

TEST_CASE("what is no .npy file says so", "[npy]") {
  contains(message_of({}), "is empty");
  contains(message_of({'h', 'i'}), "no .npy file");
  contains(message_of({'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0}), ".npz");
  contains(message_of({0x93, 'N', 'U', 'M', 'P', 'Y', 4, 0, 0, 0, 0, 0}), "version 4.0");
}

TEST_CASE("a file cut off anywhere is an error, and so is one with more", "[npy]") {
  const Bytes whole = npy(dict("<f4", "(2, 3)"), kSix);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string message = message_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    CHECK(message.find("hint: ") != std::string::npos);
  }
  contains(message_of(npy(dict("<f4", "(2, 4)"), kSix)), "holds 24 bytes of data, but (2, 4) of float32 takes 32");
  contains(message_of(npy(dict("<f4", "(2, 2)"), kSix)), "save one array a file");
  Bytes long_header = whole;
  long_header[8] = long_header[9] = 255;
  contains(message_of(long_header), "ends inside its .npy header");
}

TEST_CASE("damaged headers are errors that say where", "[npy]") {
  for (const char* header :
       {"", "{", "}", "{}", "[1]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3}", "{'descr: 3", "{'descr': '<f4' 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'extra': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3), }"}) {
    contains(message_of(npy(header, kSix, 1, 0)), "its .npy header can't be read");
  }
  const std::string rude = message_of(npy("{'\x1b[2J\n': 1}", kSix));
  CHECK(rude.find('\x1b') == std::string::npos);
}

TEST_CASE("dtypes that can't be read name the way out", "[npy]") {
  contains(message_of(npy(dict("|O", "(2, 3)"), kSix)), "pickled");
  contains(message_of(npy(dict("<i8", "(2, 3)"), kSix)), "integers");
  contains(message_of(npy(dict("<c8", "(2, 3)"), kSix)), "x.real");
  contains(message_of(npy(dict("<V2", "(2, 3)"), kSix)), "bfloat16");
  contains(message_of(npy(dict("<f16", "(2, 3)"), kSix)), "x.astype(np.float32)");
  contains(message_of(npy(dict("|f4", "(2, 3)"), kSix)), "float16, float32 and float64 can be read");
  contains(message_of(npy(dict("", "(2, 3)"), kSix)), "has dtype ''");
  contains(message_of(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }", kSix)), "records");
}

TEST_CASE("shapes that are too flat, too deep, empty or absurd are errors", "[npy]") {
  contains(message_of(npy(dict("<f4", "()"), kSix)), "has 0 dimensions");
  contains(message_of(npy(dict("<f4", "(6,)"), kSix)), "has 1 dimensions: (6,)");
  contains(message_of(npy(dict("<f4", "(1, 1, 1, 2, 3)"), kSix)), "2 to 4 are taken");
  contains(message_of(npy(dict("<f4", "(2, 0)"), "")), "no elements");
  contains(message_of(npy(dict("<f4", "(4294967296, 4294967296)"), kSix)), "absurd");
  contains(message_of(npy(dict("<f4", "(1000000000, 1000000000)"), kSix)), "holds 24 bytes");
}

TEST_CASE("a written file is what NumPy would write", "[npy]") {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const Bytes bytes = sim::format_npy({2, 3}, values, DType::fp32);
  CHECK(bytes == npy(dict("<f4", "(2, 3)"), kSix, 1, 0));
  CHECK((bytes.size() - 24) % 64 == 0);
  const Bytes halves = sim::format_npy({1, 1, 2, 3}, values, DType::fp16);
  CHECK(halves ==
        npy(dict("<f2", "(1, 1, 2, 3)"), raw<std::uint16_t>({0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600}), 1, 0));
  CHECK(sim::parse_npy(sim::format_npy({2, 3}, values, DType::bf16), "").dtype == "float32");
}

TEST_CASE("a file survives being written and read", "[npy]") {
  const Directory directory;
  const std::vector<float> values = {0.5f, -65504, std::numeric_limits<float>::infinity(), 0x1p-24f};
  sim::write_npy(directory / "o.npy", {2, 2}, values, DType::fp16);
  sim::write_npy(directory / "o.npy", {4, 1}, values, DType::fp16);
  const sim::NpyArray array = sim::read_npy(directory / "o.npy");
  CHECK(array.values == values);
  CHECK(array.shape == std::vector<std::int64_t>{4, 1});
  CHECK(directory.files() == 1);
}

TEST_CASE("what can't be written leaves nothing behind and the old file alone", "[npy]") {
  const Directory directory;
  fs::create_directory(directory.path / "taken");
  CHECK_THROWS_AS(sim::write_npy(directory / "taken", {1, 1}, std::vector<float>{1}, DType::fp32), sim::Error);
  CHECK_THROWS_AS(sim::write_npy(directory / "no/o.npy", {1, 1}, std::vector<float>{1}, DType::fp32), sim::Error);
  CHECK(directory.files() == 1);
  if (fs::exists("/dev/full")) {
    CHECK_THROWS_AS(sim::write_npy("/dev/full", {1, 1}, std::vector<float>{1}, DType::fp32), sim::Error);
    CHECK(fs::is_character_file("/dev/full"));
  }
}

TEST_CASE("a link to the output keeps its target, and a left-over of a crash is not in the way", "[npy]") {
  const Directory directory;
  sim::write_file(directory / "real", "old");
  sim::write_file(directory / "link.part", "left over");
  sim::write_file(directory / "real.part", "left over");
  fs::create_symlink("real", directory.path / "link");
  sim::write_file(directory / "link", "new");
  CHECK(fs::is_symlink(directory.path / "link"));
  const Bytes bytes = sim::read_file(directory / "real");
  CHECK(std::string(bytes.begin(), bytes.end()) == "new");
  CHECK(directory.files() == 4);
}

TEST_CASE("what can't be read names the file", "[npy]") {
  const Directory directory;
  for (const std::string& path : {directory / "none.npy", directory.path.string()}) {
    try {
      sim::read_npy(path);
      FAIL("read " << path);
    } catch (const sim::Error& error) {
      CHECK(error.where() == path);
    }
  }
}
