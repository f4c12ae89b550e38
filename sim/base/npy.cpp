#include "sim/base/npy.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <new>
#include <string_view>

#include "sim/base/error.h"
#include "sim/base/file.h"

namespace sim {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr const char* kSaveAsFloat = "save it with np.save(file, x.astype(np.float32))";

struct Header {
  std::string descr;  // e.g. "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

// The header is a Python dict of three known keys. This reads that much of Python and no more.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  Header parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !has_descr) {
        has_descr = true;
        header.descr = descr();
      } else if (key == "fortran_order" && !has_order) {
        has_order = true;
        header.fortran_order = boolean();
      } else if (key == "shape" && !has_shape) {
        has_shape = true;
        header.shape = tuple();
      } else {
        fail("unexpected or repeated key '" + key + "'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (position_ != text_.size()) {
      fail("something follows the dict");
    }
    if (!has_descr || !has_order || !has_shape) {
      fail(std::string("key '") + (!has_descr ? "descr" : !has_order ? "fortran_order" : "shape") + "' is missing");
    }
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(source_, "its .npy header can't be read: " + what + " (at character " + std::to_string(position_) + ")",
                "the file seems damaged: write it again with np.save");
  }

  void skip_space() {
    while (position_ < text_.size() && std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }

  char peek() {
    skip_space();
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  bool accept(char wanted) {
    if (peek() != wanted || position_ >= text_.size()) {
      return false;
    }
    ++position_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) {
      fail(std::string("expected '") + wanted + "'");
    }
  }

  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') {
      fail("expected a quoted name");
    }
    const std::size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) {
      fail("a quote isn't closed");
    }
    const std::string result = printable(text_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    return result;
  }

  // A damaged header must not send control characters to the user's terminal, or a page of letters.
  static std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 40)) {
      result += c >= ' ' && c <= '~' ? c : '?';
    }
    return text.size() > 40 ? result + "..." : result;
  }

  std::string descr() {
    if (peek() == '[') {
      throw Error(source_, "holds records (a structured dtype), not plain numbers",
                  "save one field: np.save(file, x['field'].astype(np.float32))");
    }
    return quoted();
  }

  bool boolean() {
    for (const std::string_view word : {"True", "False"}) {
      if (peek() == word[0] && text_.substr(position_, word.size()) == word) {
        position_ += word.size();
        return word[0] == 'T';
      }
    }
    fail("expected True or False");
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> result;
    expect('(');
    while (!accept(')')) {
      result.push_back(integer());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return result;
  }

  std::int64_t integer() {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (peek() < '0' || peek() > '9') {
      fail("expected a size");
    }
    std::int64_t value = 0;
    for (; position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
      const int digit = text_[position_] - '0';
      if (value > (kMost - digit) / 10) {
        fail("a size is beyond 2^63");
      }
      value = value * 10 + digit;
    }
    if (position_ < text_.size() && text_[position_] == 'L') {  // Python 2's long integers
      ++position_;
    }
    return value;
  }

  std::string_view text_;
  const std::string& source_;
  std::size_t position_ = 0;
};

// Where the header is, by format version: the data follows it.
std::string_view header_text(std::span<const unsigned char> bytes, const std::string& source) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (all.substr(0, 2) == "PK") {
    throw Error(source, "is an .npz archive, not one .npy array",
                "take one array out: np.save('q.npy', np.load(file)['q'])");
  }
  if (all.substr(0, kMagic.size()) != kMagic) {
    throw Error(source, all.empty() ? "is empty" : "is no .npy file: it doesn't begin with \\x93NUMPY", kSaveAsFloat);
  }
  const auto byte = [&](std::size_t i) -> std::size_t { return i < bytes.size() ? bytes[i] : 0; };
  const std::size_t major = byte(6), minor = byte(7);
  if (bytes.size() >= 8 && (major < 1 || major > 3 || minor != 0)) {
    throw Error(source, "has .npy format version " + std::to_string(major) + "." + std::to_string(minor),
                "versions 1.0, 2.0 and 3.0 can be read: write the file with np.save");
  }
  const std::size_t begin = major == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8;
  if (major != 1) {
    length |= byte(10) << 16 | byte(11) << 24;
  }
  if (bytes.size() < begin || bytes.size() - begin < length) {
    throw Error(source, "ends inside its .npy header, after " + std::to_string(bytes.size()) + " bytes",
                "the file is cut off: copy or write it again");
  }
  return all.substr(begin, length);
}

struct Element {
  int size = 0;
  bool big_endian = false;
};

[[noreturn]] void fail_dtype(const std::string& descr, const std::string& source) {
  const char kind = descr.size() >= 2 ? descr[1] : '?';
  std::string what = "has dtype '" + descr + "'";
  std::string hint = kSaveAsFloat;
  if (kind == 'O') {
    what += ": pickled Python objects, which are never loaded";
  } else if (kind == 'V') {
    what += ": raw bytes, which is how NumPy saves bfloat16";
    hint += "; --dtype bf16 rounds it again";
  } else if (kind == 'c') {
    what += ": complex numbers";
    hint = "save its real part: np.save(file, x.real.astype(np.float32))";
  } else if (kind == 'f') {
    what += ": a float of another size";
  } else if (kind == 'i' || kind == 'u' || kind == 'b') {
    what += ": integers";
  }
  throw Error(source, what + "; float16, float32 and float64 can be read", hint);
}

Element element_of(const std::string& descr, const std::string& source) {
  const bool known_order = !descr.empty() && (descr[0] == '<' || descr[0] == '>');
  const std::string_view type = std::string_view(descr).substr(descr.empty() ? 0 : 1);
  if (!known_order || (type != "f2" && type != "f4" && type != "f8")) {
    fail_dtype(descr, source);
  }
  return {type[1] - '0', descr[0] == '>'};
}

// Elements that the shape names; checks that it is one that we take and that its bytes can be counted.
std::int64_t checked_elements(const std::vector<std::int64_t>& shape, const std::string& source) {
  if (shape.size() < 2 || shape.size() > 4) {
    throw Error(source,
                "has " + std::to_string(shape.size()) + " dimensions" + (shape.size() < 9 ? ": " : "") +
                    (shape.size() < 9 ? shape_text(shape) : ""),
                "2 to 4 are taken: (batch, heads, rows, columns), (heads, rows, columns) or (rows, columns)");
  }
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (size == 0) {
      throw Error(source, "has no elements: its shape is " + shape_text(shape), "every dimension must be at least 1");
    }
    if (elements > std::numeric_limits<std::int64_t>::max() / 8 / size) {
      throw Error(source, "has the absurd shape " + shape_text(shape), "the file seems damaged: write it again");
    }
    elements *= size;
  }
  return elements;
}

// A binary16 code's value: subnormals count in 2^-24, normals have 10 mantissa bits below a leading one.
float half_value(std::uint32_t code) {
  const std::uint32_t sign = (code & 0x8000u) << 16, exponent = code >> 10 & 31, mantissa = code & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent == 31 ? 255u : exponent + 112) << 23 | mantissa << 13);
}

// The code of a value that binary16 holds exactly.
std::uint32_t half_code(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u, exponent = bits >> 23 & 255, mantissa = bits >> 13 & 0x3ffu;
  if (exponent < 113) {
    return sign | static_cast<std::uint32_t>(std::fabs(value) * 0x1p24f);
  }
  return sign | (exponent == 255 ? 31u : exponent - 112) << 10 | mantissa;
}

float decode(const unsigned char* from, Element element, std::int64_t* narrowed) {
  std::uint64_t code = 0;
  for (int i = 0; i < element.size; ++i) {
    code |= std::uint64_t{from[i]} << 8 * (element.big_endian ? element.size - 1 - i : i);
  }
  if (element.size == 2) {
    return half_value(static_cast<std::uint32_t>(code));
  }
  if (element.size == 4) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(code));
  }
  const double wide = std::bit_cast<double>(code);
  const float value = static_cast<float>(wide);
  *narrowed += static_cast<double>(value) != wide && !std::isnan(wide) ? 1 : 0;
  return value;
}

// For each element in C order, its place in a Fortran-ordered file, where the first index runs fastest.
class FortranPlaces {
 public:
  explicit FortranPlaces(const std::vector<std::int64_t>& shape) : shape_(shape), index_(shape.size(), 0) {}

  std::int64_t next() {
    std::int64_t place = 0;
    for (std::size_t k = shape_.size(); k-- > 0;) {
      place = place * shape_[k] + index_[k];
    }
    for (std::size_t k = shape_.size(); k-- > 0 && ++index_[k] == shape_[k];) {
      index_[k] = 0;
    }
    return place;
  }

 private:
  const std::vector<std::int64_t>& shape_;
  std::vector<std::int64_t> index_;
};

std::vector<float> decode_all(std::span<const unsigned char> data, Element element, const Header& header,
                              std::int64_t elements, std::int64_t* narrowed) {
  std::vector<float> values(static_cast<std::size_t>(elements));
  FortranPlaces places(header.shape);
  for (std::int64_t i = 0; i < elements; ++i) {
    const std::int64_t place = header.fortran_order ? places.next() : i;
    values[static_cast<std::size_t>(i)] = decode(data.data() + place * element.size, element, narrowed);
  }
  return values;
}

}  // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

NpyArray parse_npy(std::span<const unsigned char> bytes, const std::string& source) {
  const std::string_view text = header_text(bytes, source);
  const auto header_end =
      static_cast<std::size_t>(reinterpret_cast<const unsigned char*>(text.data()) - bytes.data()) + text.size();
  Header header = HeaderParser(text, source).parse();
  const Element element = element_of(header.descr, source);
  const std::int64_t elements = checked_elements(header.shape, source);
  const std::span<const unsigned char> data = bytes.subspan(header_end);
  const auto held = static_cast<std::int64_t>(data.size());
  if (held != elements * element.size) {
    const std::string dtype = "float" + std::to_string(8 * element.size);
    throw Error(
        source,
        "holds " + std::to_string(held) + " bytes of data, but " + shape_text(header.shape) + " of " + dtype +
            " takes " + std::to_string(elements * element.size),
        held < elements * element.size ? "the file is cut off: copy or write it again" : "save one array a file");
  }
  NpyArray array;
  array.dtype = "float" + std::to_string(8 * element.size);
  try {
    array.values = decode_all(data, element, header, elements, &array.narrowed);
  } catch (const std::bad_alloc&) {
    throw Error(source, "no memory for its " + std::to_string(elements) + " values");
  }
  array.shape = std::move(header.shape);
  return array;
}

std::vector<unsigned char> format_npy(const std::vector<std::int64_t>& shape, std::span<const float> values,
                                      DType dtype) {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    elements *= size;
  }
  SIM_CHECK(elements == static_cast<std::int64_t>(values.size()));
  const int size = dtype == DType::fp16 ? 2 : 4;
  std::string header = std::string("{'descr': '<f") + (size == 2 ? "2" : "4") +
                       "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  header.append(63 - (10 + header.size()) % 64, ' ').push_back('\n');
  SIM_CHECK(header.size() < 65536);
  std::vector<unsigned char> bytes(kMagic.begin(), kMagic.end());
  bytes.reserve(10 + header.size() + values.size() * static_cast<std::size_t>(size));
  bytes.insert(bytes.end(),
               {1, 0, static_cast<unsigned char>(header.size() & 255), static_cast<unsigned char>(header.size() >> 8)});
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (const float value : values) {
    const float rounded = round_to(dtype, value);
    const std::uint32_t code = size == 2 ? half_code(rounded) : std::bit_cast<std::uint32_t>(rounded);
    for (int i = 0; i < size; ++i) {
      bytes.push_back(static_cast<unsigned char>(code >> 8 * i));
    }
  }
  return bytes;
}

NpyArray read_npy(const std::string& path) { return parse_npy(read_file(path), path); }

void write_npy(const std::string& path, const std::vector<std::int64_t>& shape, std::span<const float> values,
               DType dtype) {
  write_file(path, format_npy(shape, values, dtype));
}

}  // namespace sim
